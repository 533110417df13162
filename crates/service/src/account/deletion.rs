//! Chats and offline messages that are deleted for good: by who may (domain.md 13, 14), or because the
//! account keeps them no longer.
//!
//! Invariant: the account after a deletion is the one that its journal makes when the words of what
//! was deleted are gone from it ([`crate::redact`]): nothing that is kept beyond the deletion depends
//! on them, or it is taken away with them.

use super::{Account, SetupProblem};
use bellhop_model::{
    AgentId, Chat, ChatId, Event, Fact, Permission, Refusal, Timestamp, record::RecordId,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest that chats are kept for a time: a hundred years.
const MOST_DAYS: u32 = 36_500;

impl Account {
    /// Carries out that a chat was deleted. That it was its visitor's last one is still known.
    pub(super) fn apply_chat_deleted(&mut self, id: ChatId) -> bool {
        self.archive(id);
        self.names.forget_chat(id);
        self.past.remove(&id).is_some()
    }

    /// Carries out what is said of offline messages, and what follows for the greetings.
    pub(super) fn apply_to_offline(&mut self, event: &Event) {
        if let Fact::OfflineMessageDeleted { message_id, .. } = event.fact {
            for (visitor, answer) in self.offline.answers_to(message_id) {
                self.triggers.said_in_chat(&visitor, answer);
            }
        }
        self.offline.apply(event.seq, event.at, &event.fact);
    }

    /// An agent deletes a record, where her role lets her.
    pub(super) fn delete_record(&self, agent: AgentId, id: RecordId) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::DeleteChats)?;
        Ok(vec![self.deletion(id, Some(agent))?])
    }

    /// The fact that deletes a record; `None` where it is not to be deleted by itself.
    pub(crate) fn expired(
        &self,
        id: RecordId,
        ended_at: Timestamp,
        now: Timestamp,
    ) -> Option<Fact> {
        if ended_at >= self.keeps_from(now)? {
            return None;
        }
        self.deletion(id, None).ok()
    }

    /// What ended before this moment is kept no longer; `None` where it is kept until somebody
    /// deletes it.
    #[must_use]
    pub(crate) fn keeps_from(&self, now: Timestamp) -> Option<Timestamp> {
        self.retention.map(|days| now.plus(-i64::from(days) * DAY_MS))
    }

    /// For how many days chats are kept after their end.
    #[must_use]
    pub fn retention(&self) -> Option<u32> {
        self.retention
    }

    pub(super) fn set_retention(&self, days: Option<u32>) -> Result<Option<Fact>, SetupProblem> {
        if days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
            return Err(SetupProblem::Retention { most: MOST_DAYS });
        }
        Ok((self.retention != days).then_some(Fact::RetentionSaved { days }))
    }

    fn deletion(&self, id: RecordId, agent_id: Option<AgentId>) -> Result<Fact, Refusal> {
        match id {
            RecordId::Chat(chat_id) => match self.chats.get(&chat_id) {
                Some(chat) if !Chat::belongs_to_history(chat) => Err(Refusal::ChatNotEnded),
                None if !self.past.contains_key(&chat_id) => Err(Refusal::NoSuchChat { chat_id }),
                _ => Ok(Fact::ChatDeleted { chat_id, agent_id }),
            },
            RecordId::OfflineMessage(message_id) if self.offline.has_record(message_id) => {
                Ok(Fact::OfflineMessageDeleted { message_id, agent_id })
            }
            RecordId::OfflineMessage(message_id) => Err(Refusal::NoSuchMessage { message_id }),
        }
    }
}
