//! Who is away from the site, and since when.
//!
//! Not journaled: after a restart everybody counts as having left at that moment, so a visitor
//! has the whole time to come back.

use super::{Account, SESSION_IDLE_MS};
use bellhop_model::{Chat, ChatId, Timestamp, VisitorId, chat::LineBody};
use std::collections::BTreeMap;

/// Visitors with a chat who have no page open.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions {
    pub(super) gone: BTreeMap<VisitorId, Timestamp>,
}

impl Account {
    /// The visitor has a page open.
    pub fn visitor_here(&mut self, visitor: &VisitorId) {
        self.sessions.gone.remove(visitor);
    }

    /// The visitor's last page was closed, at `now`.
    pub fn visitor_gone(&mut self, visitor: &VisitorId, now: Timestamp) {
        if self.chat_of(visitor).is_some() {
            self.sessions.gone.entry(visitor.clone()).or_insert(now);
        }
    }

    /// Called once the journal is folded: nobody has a page open yet.
    pub fn everybody_gone(&mut self, now: Timestamp) {
        self.forget(now);
        let visitors = self.chats.values().map(|chat| (chat.visitor.id.clone(), now));
        self.sessions.gone = visitors.collect();
    }

    /// Takes over who is away from an account that is folded anew.
    pub fn sessions_from(&mut self, before: &Self) {
        self.sessions = before.sessions.clone();
    }

    /// Ends the sessions that are over with no fact to tell: the agents had left, and the visitor
    /// is away too long or has been silent too long.
    pub fn forget(&mut self, now: Timestamp) {
        self.archive_done();
        self.archive_left_before(now.plus(-SESSION_IDLE_MS));
        let limit = self.rules.visitor_timeout_ms;
        let away: Vec<(VisitorId, ChatId)> = self
            .sessions
            .gone
            .iter()
            .filter(|(_, since)| now.since(**since) >= limit)
            .filter_map(|(visitor, _)| Some((visitor.clone(), *self.current.get(visitor)?)))
            .collect();
        for (visitor, chat) in away {
            if self.chats.get(&chat).is_some_and(Chat::belongs_to_history) {
                self.archive(chat);
            }
            if !self.chats.contains_key(&chat) {
                self.sessions.gone.remove(&visitor);
            }
        }
    }

    /// When a chat ends because its visitor is away, where they are.
    pub(super) fn times_out_at(&self, chat: &Chat) -> Option<Timestamp> {
        let gone = self.sessions.gone.get(&chat.visitor.id)?;
        let since = (*gone).max(opened_at(chat));
        Some(since.plus(self.rules.visitor_timeout_ms))
    }
}

/// When the chat was asked for, came back or was continued, whichever was last: a chat that an
/// agent continues while the visitor is away gets the whole time anew.
fn opened_at(chat: &Chat) -> Timestamp {
    let reopened = chat
        .transcript
        .iter()
        .rev()
        .find(|line| matches!(line.body, LineBody::Continued { .. } | LineBody::CameBack));
    reopened.map_or(chat.requested_at, |line| line.at)
}
