//! Alerts: the agent is told of each request, and of each invitation, exactly once
//! (reliability.md R4).
//!
//! Invariant: that a request was alerted is stored before it is; a request is alerted again only
//! when it waits anew. Requests are alerted while the view is true, never while catching up: what
//! was served meanwhile is no news. What was alerted is withdrawn when it is not so any more, also
//! where that came to be while this program was away.

use crate::{chats::words_since_waiting, io::AlertIntent};
use bellhop_model::{AgentId, Chat, ChatId, ChatState, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A request's first words follow it at once; so long it waits for them.
const WORDS_MS: i64 = 500;

/// What is to be done about a chat.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    Nothing,
    Raise(AlertIntent),
    Withdraw,
}

/// What an alert that is not withdrawn yet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Request,
    Invitation,
}

#[derive(Debug, Default)]
pub(crate) struct Alerts {
    alerted: BTreeMap<ChatId, Timestamp>,
    /// Requests that were alerted and not withdrawn.
    raised: BTreeSet<ChatId>,
    /// Chats whose invitation was alerted and not withdrawn.
    invited: BTreeSet<ChatId>,
    /// Requests that have said nothing yet, and until when that is waited for.
    wordless: BTreeMap<ChatId, Timestamp>,
}

impl Alerts {
    /// What was alerted before this start; `stands` says what of it is still so since then.
    pub(crate) fn new(
        alerted: Vec<(ChatId, Timestamp)>,
        stands: impl Fn(ChatId, Timestamp) -> Option<About>,
    ) -> Self {
        let of = |about: About| {
            let still = alerted.iter().filter(|(id, since)| stands(*id, *since) == Some(about));
            still.map(|(id, _)| *id).collect()
        };
        let (raised, invited) = (of(About::Request), of(About::Invitation));
        let (alerted, wordless) = (alerted.into_iter().collect(), BTreeMap::new());
        Self { alerted, raised, invited, wordless }
    }

    /// Looks at a chat that may have changed. `None`: it is gone, or this agent may not serve it.
    pub(crate) fn review(&mut self, id: ChatId, chat: Option<&Chat>, now: Timestamp) -> Alert {
        let Some(chat) = chat.filter(|chat| chat.state == ChatState::Waiting) else {
            self.wordless.remove(&id);
            return if self.raised.remove(&id) { Alert::Withdraw } else { Alert::Nothing };
        };
        if self.alerted.get(&id) == Some(&chat.waiting_since) {
            return Alert::Nothing;
        }
        let words = words_since_waiting(chat);
        if words.is_empty() {
            let until = *self.wordless.entry(id).or_insert_with(|| now.plus(WORDS_MS));
            if now < until {
                return Alert::Nothing;
            }
        }
        self.wordless.remove(&id);
        self.alerted.insert(id, chat.waiting_since);
        self.raised.insert(id);
        Alert::Raise(AlertIntent {
            chat_id: id,
            waiting_since: chat.waiting_since,
            visitor: chat.visitor.label(),
            first_words: words.to_owned(),
            invited_by: None,
        })
    }

    /// Looks at a chat this agent may have been asked into: each invitation is told once, and
    /// taken back when she has answered it, wherever she did: she said something or left. So it is
    /// when the chat is over or gone. `me`: who she is, where that is known.
    pub(crate) fn review_invitation(
        &mut self,
        id: ChatId,
        chat: Option<&Chat>,
        me: Option<AgentId>,
    ) -> Alert {
        let open = chat.zip(me).and_then(|(chat, me)| Some((chat, chat.invitation(me)?)));
        let Some((chat, (at, by))) = open else {
            return if self.invited.remove(&id) { Alert::Withdraw } else { Alert::Nothing };
        };
        if self.alerted.insert(id, at) == Some(at) {
            return Alert::Nothing;
        }
        self.invited.insert(id);
        Alert::Raise(AlertIntent {
            chat_id: id,
            waiting_since: at,
            visitor: chat.visitor.label(),
            first_words: chat.first_words().to_owned(),
            invited_by: Some(by.to_owned()),
        })
    }

    /// The agent looks at a chat. Whether an invitation into it is to be taken back: she has it
    /// before her.
    pub(crate) fn looked_at(&mut self, id: ChatId) -> bool {
        self.invited.remove(&id)
    }

    /// The requests whose words have been waited for long enough.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<ChatId> {
        self.wordless.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect()
    }

    /// The view is not true any more; what has not been alerted yet is looked at again when it
    /// is.
    pub(crate) fn line_lost(&mut self) {
        self.wordless.clear();
    }

    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.wordless.values().min().copied()
    }
}
