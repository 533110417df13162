//! Answering a request one only looked at.
//!
//! Enter serves the request; the reply goes out when the chat has become the agent's. Invariant:
//! until then the text stays in its box, and when somebody else was faster it is still there, the
//! transcript with it, and the reason beside it.

use super::{CallProblem, Effect, State};
use bellhop_model::{
    ChatId, Command, Refusal,
    view::{AskProblem, ChatView, Wished},
};
use std::collections::{BTreeMap, BTreeSet};

/// Replies on their way into chats that are not yet the agent's.
#[derive(Debug, Default)]
pub struct Replies {
    waiting: BTreeMap<ChatId, String>,
    /// Why the last thing said in a chat was not taken; shown beside its text box.
    pub problems: BTreeMap<ChatId, CallProblem>,
    /// Notices that say what stands beside a text box already.
    pub told: BTreeSet<u64>,
    /// The request that was looked at and is gone; kept until the agent leaves it.
    pub taken: Option<Taken>,
}

/// A request somebody else serves now, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub chat: ChatView,
    /// Who serves it, where that is known.
    pub by: Option<String>,
}

impl Replies {
    /// A reply waits for this chat to become the agent's.
    #[must_use]
    pub fn waits(&self, chat_id: ChatId) -> bool {
        self.waiting.contains_key(&chat_id)
    }

    /// This chat is the one that was looked at and taken by somebody else.
    #[must_use]
    pub fn is_taken(&self, chat_id: ChatId) -> bool {
        self.taken.as_ref().is_some_and(|taken| taken.chat.head.id == chat_id)
    }

    /// The chat could not be served: the reply stays in its box. Says whether one was waiting.
    pub(super) fn give_up(&mut self, chat_id: ChatId, problem: CallProblem) -> bool {
        let waited = self.waiting.remove(&chat_id).is_some();
        if waited {
            self.problems.insert(chat_id, problem);
        }
        waited
    }
}

impl State {
    pub(super) fn reply_to_request(
        &mut self,
        chat_id: ChatId,
        text: String,
        effects: &mut Vec<Effect>,
    ) {
        if self.reply.waits(chat_id) {
            return;
        }
        if !self.may_serve() {
            self.reply.problems.insert(chat_id, CallProblem::Said(AskProblem::Offline));
            return;
        }
        self.reply.problems.remove(&chat_id);
        self.reply.waiting.insert(chat_id, text);
        effects.push(Effect::Command(Command::Serve { chat_id }));
    }

    /// Sends the replies whose chats have become the agent's.
    pub(super) fn send_replies(&mut self, effects: &mut Vec<Effect>) {
        let view = &self.view;
        let ready: Vec<ChatId> = self
            .reply
            .waiting
            .keys()
            .copied()
            .filter(|id| view.chat(*id).is_some_and(|c| c.head.mine && !c.head.state.is_over()))
            .collect();
        for chat_id in ready {
            if let Some(text) = self.reply.waiting.remove(&chat_id) {
                self.say(chat_id, &text, effects);
            }
        }
    }

    /// The service refused to let the agent serve.
    /// Says whether the reason is told beside the text box already.
    pub(super) fn serve_refused(&mut self, wished: Wished, refusal: &Refusal) -> bool {
        match wished {
            Wished::Serve(Some(chat_id)) => {
                self.serving = false;
                let problem = AskProblem::Refused { refusal: refusal.clone() };
                let waited = self.reply.give_up(chat_id, CallProblem::Said(problem));
                if let (Some(taken), Refusal::AlreadyServed { by }) =
                    (self.reply.taken.as_mut(), refusal)
                    && taken.chat.head.id == chat_id
                {
                    taken.by = Some(by.clone());
                    return true;
                }
                waited
            }
            Wished::Serve(None) => {
                self.serving = false;
                false
            }
            _ => false,
        }
    }

    /// A chat leaves the view. Where it is the request being looked at, what was seen of it and
    /// what was written stays until the agent leaves.
    pub(super) fn keep_taken(&mut self, chat_id: ChatId) {
        let waited = self.reply.waiting.remove(&chat_id).is_some();
        if self.place.shown != Some(chat_id) {
            return;
        }
        let Some(chat) = self.view.chat(chat_id).filter(|c| !c.head.mine) else { return };
        let by = match self.reply.problems.get(&chat_id) {
            Some(CallProblem::Said(AskProblem::Refused {
                refusal: Refusal::AlreadyServed { by },
            })) => Some(by.clone()),
            _ => super::select::first_agent(&self.view, chat),
        };
        let written = !self.drafts.text(chat_id).trim().is_empty();
        if waited || written || chat.head.state != bellhop_model::ChatState::Missed {
            self.reply.taken = Some(Taken { chat: chat.clone(), by });
        }
    }
}

/// The agent left the request that somebody else serves: nothing of it is kept.
pub(super) fn put_away_taken(state: &mut State) {
    let keep = state
        .reply
        .taken
        .as_ref()
        .is_some_and(|taken| state.place.shown == Some(taken.chat.head.id));
    if !keep && let Some(taken) = state.reply.taken.take() {
        state.reply.problems.remove(&taken.chat.head.id);
        state.books.remove(&taken.chat.head.id);
    }
}
