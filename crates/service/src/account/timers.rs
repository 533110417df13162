//! What happens by itself: triggers, chats whose visitor went away, and chats that have
//! waited for one agent long enough.

use super::{Account, SESSION_IDLE_MS};
use bellhop_model::{ChatId, EndedBy, Fact, Timestamp};

/// What the settings say of the stock trigger "First Reply", and of automatic messages.
#[derive(Debug, Clone, Default)]
pub struct FirstReply {
    /// Milliseconds after the request.
    pub after_ms: i64,
    /// The name that automatic messages are sent under, where a trigger says no other.
    pub name: String,
}

impl Account {
    /// The facts that are due at `now`, in a fixed order. Automatic messages are sent only while
    /// somebody is there to answer (`staffed`; domain.md 11), after [`Self::step_triggers`].
    #[must_use]
    pub fn due(&self, now: Timestamp, staffed: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        let away = self.sessions.gone.before(now.plus(-self.rules.visitor_timeout_ms));
        let mut timed_out: Vec<ChatId> = away
            .filter_map(|visitor| self.chat_of(visitor))
            .filter(|chat| !chat.state.is_over())
            .filter(|chat| self.times_out_at(chat).is_some_and(|at| at <= now))
            .map(|chat| chat.id)
            .collect();
        timed_out.sort_unstable();
        if staffed {
            facts.extend(self.triggered(now, &timed_out));
        }
        let held = self.holds_over(now);
        facts.extend(
            held.filter(|(id, _)| timed_out.binary_search(id).is_err())
                .map(|(chat_id, reason)| Fact::ChatReleased { chat_id, reason }),
        );
        facts.extend(
            timed_out.into_iter().map(|chat_id| Fact::ChatEnded { chat_id, by: EndedBy::Timeout }),
        );
        facts
    }

    /// The next moment at which [`Self::due`] or [`Self::forget`] has something to do.
    #[must_use]
    pub fn next_due(&self, staffed: bool) -> Option<Timestamp> {
        let run = self.next_run().filter(|_| staffed);
        let idle = self.queue.first_left_at().map(|at| at.plus(SESSION_IDLE_MS));
        [run, self.next_away(), idle, self.next_hold_over()].into_iter().flatten().min()
    }

    /// When the first visitor who is away is so for too long, where that means something.
    fn next_away(&self) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        for (since, visitor) in self.sessions.gone.in_order() {
            // Nobody times out sooner than the time to be away allows, so the first few decide.
            let soonest = since.plus(self.rules.visitor_timeout_ms);
            if next.is_some_and(|next| next <= soonest) {
                break;
            }
            let at = match self.chat_of(visitor) {
                Some(chat) if !chat.state.is_over() => self.times_out_at(chat),
                Some(chat) if !chat.belongs_to_history() => None,
                _ => Some(soonest),
            };
            next = next.into_iter().chain(at).min();
        }
        next
    }
}
