//! What stands in the text boxes (law 8).
//!
//! Invariant: a text belongs to its chat from the first keystroke. Nothing but typing in that
//! chat's box, sending it, or getting an unsent text back changes it; what the backend remembers
//! is taken only where the window has nothing of its own.

use super::{CallProblem, Effect, State};
use bellhop_model::{
    ChatId, Command, Refusal, rules,
    view::{Ask, AskProblem},
};
use std::collections::{BTreeMap, BTreeSet};

/// The texts of all boxes.
#[derive(Debug, Default)]
pub struct Drafts {
    texts: BTreeMap<ChatId, Draft>,
    /// Chats in which the agent's typing sign is on.
    typing: BTreeSet<ChatId>,
}

/// The text of one box.
#[derive(Debug, Default)]
struct Draft {
    text: String,
    /// Rises whenever the text was changed by something else than typing in the box, which then
    /// shows the new text.
    epoch: u64,
}

/// What the agent does with a text box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftAction {
    Typed {
        chat_id: ChatId,
        text: String,
    },
    /// Enter.
    Send {
        chat_id: ChatId,
    },
}

impl Drafts {
    /// What stands in the box of this chat.
    #[must_use]
    pub fn text(&self, chat_id: ChatId) -> &str {
        self.texts.get(&chat_id).map_or("", |d| d.text.as_str())
    }

    /// See [`Draft::epoch`].
    #[must_use]
    pub fn epoch(&self, chat_id: ChatId) -> u64 {
        self.texts.get(&chat_id).map_or(0, |d| d.epoch)
    }

    /// What the backend remembers of a box the window knows nothing of.
    pub fn offer(&mut self, chat_id: ChatId, text: &str) {
        if !text.is_empty() && !self.texts.contains_key(&chat_id) {
            self.put(chat_id, text.to_owned());
        }
    }

    /// A text that was not taken returns, before whatever was typed since.
    pub fn give_back(&mut self, chat_id: ChatId, text: &str) {
        let since = self.text(chat_id);
        let whole = if since.is_empty() { text.to_owned() } else { format!("{text}\n{since}") };
        self.put(chat_id, whole);
    }

    /// Takes `text` out of the box: all of it, or what stands before words typed since.
    pub(super) fn take(&mut self, chat_id: ChatId, text: &str) {
        let rest = self.text(chat_id).strip_prefix(text).map(|r| r.trim_start().to_owned());
        if let Some(rest) = rest {
            self.put(chat_id, rest);
        }
    }

    /// Takes the typing sign back; says whether it was on.
    pub(super) fn stop_typing(&mut self, chat_id: ChatId) -> bool {
        self.typing.remove(&chat_id)
    }

    fn put(&mut self, chat_id: ChatId, text: String) {
        let draft = self.texts.entry(chat_id).or_default();
        draft.text = text;
        draft.epoch += 1;
    }
}

impl State {
    pub(super) fn write(&mut self, action: DraftAction, effects: &mut Vec<Effect>) {
        match action {
            DraftAction::Typed { chat_id, text } => self.typed(chat_id, text, effects),
            DraftAction::Send { chat_id } => self.send(chat_id, effects),
        }
    }

    fn typed(&mut self, chat_id: ChatId, text: String, effects: &mut Vec<Effect>) {
        // A request is only looked at: its visitor learns nothing.
        let mine = self.view.chat(chat_id).is_some_and(|c| c.head.mine && !c.head.state.is_over());
        let on = !text.trim().is_empty();
        if mine && on {
            self.drafts.typing.insert(chat_id);
            effects.push(Effect::Ask(Ask::Typing { chat_id, on: true }));
        } else if self.drafts.stop_typing(chat_id) {
            effects.push(Effect::Ask(Ask::Typing { chat_id, on: false }));
        }
        self.drafts.texts.entry(chat_id).or_default().text.clone_from(&text);
        self.reply.problems.remove(&chat_id);
        effects.push(Effect::Draft { chat_id, text });
    }

    fn send(&mut self, chat_id: ChatId, effects: &mut Vec<Effect>) {
        let text = self.drafts.text(chat_id).to_owned();
        match rules::check_text(&text) {
            Ok(()) => {}
            Err(Refusal::TextEmpty) => return,
            Err(refusal) => {
                let problem = CallProblem::Said(AskProblem::Refused { refusal });
                self.reply.problems.insert(chat_id, problem);
                return;
            }
        }
        let Some(head) = self.view.chat(chat_id).map(|c| &c.head) else { return };
        if head.mine && !head.state.is_over() {
            self.say(chat_id, &text, effects);
        } else if head.is_request() {
            self.reply_to_request(chat_id, text, effects);
        }
    }

    /// Says `text` and clears the box of that chat alone.
    pub(super) fn say(&mut self, chat_id: ChatId, text: &str, effects: &mut Vec<Effect>) {
        self.drafts.take(chat_id, text);
        self.drafts.stop_typing(chat_id);
        self.reply.problems.remove(&chat_id);
        effects.push(Effect::Command(Command::Say { chat_id, text: text.to_owned() }));
        let left = self.drafts.text(chat_id).to_owned();
        effects.push(Effect::Draft { chat_id, text: left });
        effects.push(Effect::FlushDraft(chat_id));
    }
}
