//! The names that visitors gave last, each with the chat it was given in: a name goes with its chat
//! when that is deleted.

use bellhop_model::{ChatId, VisitorId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Names {
    given: HashMap<VisitorId, Given>,
    /// Whose name was given in a chat, so that a deletion need not look at all of them.
    #[serde(skip)]
    in_chats: HashMap<ChatId, VisitorId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Given {
    name: String,
    chat_id: ChatId,
}

impl Names {
    pub(super) fn get(&self, visitor: &VisitorId) -> Option<&String> {
        self.given.get(visitor).map(|given| &given.name)
    }

    /// A visitor gave a name in a chat. An empty one is what is left of a name in a chat that was
    /// deleted later.
    pub(super) fn give(&mut self, visitor: &VisitorId, chat_id: ChatId, name: &str) {
        let before = if name.is_empty() {
            self.given.remove(visitor)
        } else {
            self.in_chats.insert(chat_id, visitor.clone());
            let given = Given { name: name.to_owned(), chat_id };
            self.given.insert(visitor.clone(), given)
        };
        if let Some(before) = before.filter(|before| before.chat_id != chat_id || name.is_empty()) {
            self.in_chats.remove(&before.chat_id);
        }
    }

    /// What was given in this chat is given no more.
    pub(super) fn forget_chat(&mut self, chat_id: ChatId) {
        if let Some(visitor) = self.in_chats.remove(&chat_id) {
            self.given.remove(&visitor);
        }
    }

    /// Gives back what a snapshot does not keep.
    pub(super) fn index_all(&mut self) {
        let of = self.given.iter().map(|(visitor, given)| (given.chat_id, visitor.clone()));
        self.in_chats = of.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_13_a_name_goes_with_the_chat_it_was_given_in_last() {
        let jun = VisitorId("jun".to_owned());
        let [first, second] = [ChatId(1), ChatId(2)];
        let mut names = Names::default();
        names.give(&jun, first, "Jun");
        names.give(&jun, second, "Jun Park");
        names.forget_chat(first);
        assert_eq!(names.get(&jun).unwrap(), "Jun Park");
        names.index_all();
        names.forget_chat(second);
        assert_eq!((names.get(&jun), names.in_chats.len()), (None, 0));
        names.give(&jun, first, "Jun");
        names.give(&jun, second, "");
        assert_eq!((names.get(&jun), names.in_chats.len()), (None, 0), "as it is read again");
    }
}
