//! Chats in which nothing can be said any more leave the whole state; what may still be asked about
//! them stays as a [`PastChat`].

use super::{Account, MESSAGE_BYTES, PastChat};
use bellhop_model::{AgentId, Chat, ChatId, ChatState, EndedBy, Timestamp, chat::LineBody};

impl Account {
    /// The visitor's next word belongs to this chat.
    pub(super) fn make_current(&mut self, id: ChatId) {
        let Some(chat) = self.chats.get(&id) else { return };
        let before = self.current.insert(chat.visitor.id.clone(), id);
        if let Some(before) = before.filter(|before| *before != id) {
            self.done.push(before);
        }
    }

    /// Of chats in which nothing can be said any more, keeps only what is still asked about them.
    pub(super) fn archive_done(&mut self) {
        for id in std::mem::take(&mut self.done) {
            let Some(chat) = self.chats.get(&id) else { continue };
            if chat.belongs_to_history() && !self.may_come_back(chat) {
                self.archive(id);
            }
        }
    }

    pub(super) fn archive(&mut self, id: ChatId) {
        let Some(chat) = self.chats.remove(&id) else { return };
        self.queue.leave(&chat, &[]);
        self.lookups.leave(&chat);
        self.origins.remove(&id);
        self.triggers.forget_chat(id);
        let rated = chat.rating();
        let (rating, comment) = (rated.map(|rated| rated.0), rated.and_then(|rated| rated.1));
        let is_rating = |body: &LineBody| matches!(body, LineBody::Rated { .. });
        let past = PastChat {
            agents: everybody_in(&chat),
            rating,
            comment: comment.map(ToOwned::to_owned),
            ratings: chat.transcript.iter().filter(|line| is_rating(&line.body)).count(),
            tags: chat.tags,
        };
        self.past.insert(id, past);
    }

    /// The agents left it, and its visitor's session goes on.
    pub(super) fn may_come_back(&self, chat: &Chat) -> bool {
        chat.state == ChatState::Ended
            && matches!(chat.ended_by, Some(EndedBy::Agent { .. }))
            && self.current.get(&chat.visitor.id) == Some(&chat.id)
    }

    /// The next word brings it back: there is room for any.
    pub(super) fn would_come_back(&self, chat: &Chat) -> bool {
        self.may_come_back(chat) && self.check_room(chat.id, MESSAGE_BYTES).is_ok()
    }

    pub(super) fn archive_left_before(&mut self, limit: Timestamp) {
        while let Some(id) = self.queue.left_before(limit) {
            self.archive(id);
        }
    }
}

/// Everybody who is or was in a chat, in the order they joined.
pub(super) fn everybody_in(chat: &Chat) -> Vec<AgentId> {
    let mut agents = Vec::new();
    for line in &chat.transcript {
        if let LineBody::AgentJoined { agent_id, .. } = &line.body
            && !agents.contains(agent_id)
        {
            agents.push(*agent_id);
        }
    }
    agents
}
