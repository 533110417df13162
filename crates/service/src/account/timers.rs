//! What happens by itself besides triggers: chats whose visitor went away or does nothing, and chats
//! that have waited for one agent long enough.

use super::Account;
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
    /// The facts that are due at `now`, in a fixed order; more may follow from them, so it is asked
    /// again until nothing is due. What triggers do then, is told by [`Self::step_trigger`].
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Fact> {
        let mut facts = Vec::new();
        let away = self.sessions.gone.due(now).filter_map(|visitor| self.chat_of(visitor));
        let mut timed_out: Vec<ChatId> =
            away.filter(|chat| !chat.state.is_over()).map(|chat| chat.id).collect();
        timed_out.sort_unstable();
        let held = self.holds_over(now).into_iter();
        for (chat_id, reason) in held.filter(|(id, _)| timed_out.binary_search(id).is_err()) {
            facts.push(Fact::ChatReleased { chat_id, reason });
            facts.extend(self.idled_by(chat_id, reason));
        }
        facts.extend(
            timed_out.into_iter().map(|chat_id| Fact::ChatEnded { chat_id, by: EndedBy::Timeout }),
        );
        // What is assigned follows from what has become of the others.
        if facts.is_empty() { self.assignments(now) } else { facts }
    }

    /// The next moment at which [`Self::due`], [`Self::step_trigger`] or [`Self::forget`] has something to do.
    #[must_use]
    pub fn next_due(&self, staffed: bool) -> Option<Timestamp> {
        let run = self.next_run().filter(|_| staffed);
        let idle = self.queue.first_left_at().map(|at| at.plus(self.rules.session_idle_ms));
        let [hold, turn] = [self.next_hold_over(), self.next_turn()];
        let given = self.next_assignment(self.this_step());
        [run, self.sessions.gone.next(), idle, hold, turn, given].into_iter().flatten().min()
    }
}
