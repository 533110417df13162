//! The queue: which chats wait, in which order, and how many chats each agent is in.
//!
//! Invariant: it lists exactly what the chats themselves say. A chat is taken out before a fact
//! changes it and put back after, so no list can drift from its chats.

use bellhop_model::{AgentId, Author, Chat, ChatId, ChatState, Timestamp, chat::LineBody};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The lists that are kept so that nobody has to walk over all chats.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// Longest waiting first; between equals the older chat.
    waiting: BTreeSet<(Timestamp, ChatId)>,
    /// Waiting for the first time and without an automatic message.
    unanswered: BTreeSet<(Timestamp, ChatId)>,
    /// Ended, and nobody is in them, by the moment they ended.
    left: BTreeSet<(Timestamp, ChatId)>,
    open: Arc<BTreeMap<AgentId, u32>>,
}

impl Queue {
    pub(super) fn enter(&mut self, chat: &Chat) {
        if chat.state == ChatState::Waiting {
            self.waiting.insert((chat.waiting_since, chat.id));
            if !chat.was_served() && !has_automatic_message(chat) {
                self.unanswered.insert((chat.waiting_since, chat.id));
            }
        }
        if let Some(ended_at) = chat.ended_at.filter(|_| chat.belongs_to_history()) {
            self.left.insert((ended_at, chat.id));
        }
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                *open.entry(*agent).or_default() += 1;
            }
        }
    }

    /// Must see the chat as it was when it entered.
    pub(super) fn leave(&mut self, chat: &Chat) {
        self.waiting.remove(&(chat.waiting_since, chat.id));
        self.unanswered.remove(&(chat.waiting_since, chat.id));
        if let Some(ended_at) = chat.ended_at {
            self.left.remove(&(ended_at, chat.id));
        }
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                if let Some(count) = open.get_mut(agent) {
                    *count = count.saturating_sub(1);
                }
            }
            open.retain(|_, count| *count > 0);
        }
    }

    /// The request that waits longest.
    pub(super) fn longest_waiting(&self) -> Option<ChatId> {
        self.waiting.first().map(|(_, id)| *id)
    }

    pub(super) fn waiting_count(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// Requests nobody and nothing has answered, longest waiting first.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = (Timestamp, ChatId)> + '_ {
        self.unanswered.iter().copied()
    }

    /// The chat that was left first, where that was at or before `limit`.
    pub(super) fn left_before(&self, limit: Timestamp) -> Option<ChatId> {
        self.left.first().filter(|(at, _)| *at <= limit).map(|(_, id)| *id)
    }

    /// When the chat that was left first was left.
    pub(super) fn first_left_at(&self) -> Option<Timestamp> {
        self.left.first().map(|(at, _)| *at)
    }

    pub(super) fn open(&self) -> Arc<BTreeMap<AgentId, u32>> {
        self.open.clone()
    }
}

fn has_automatic_message(chat: &Chat) -> bool {
    chat.transcript.iter().any(|line| {
        matches!(&line.body, LineBody::Said { message }
            if matches!(message.author, Author::Trigger { .. }))
    })
}
