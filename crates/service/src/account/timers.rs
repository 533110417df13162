//! What happens by itself: triggers, chats whose visitor went away, and chats that have
//! waited for one agent long enough.

use super::{Account, SESSION_IDLE_MS};
use bellhop_model::{Chat, ChatId, EndedBy, Fact, Timestamp};

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
    /// again until nothing is due. Automatic messages are sent only while somebody is there to
    /// answer (`staffed`; domain.md 11), after [`Self::step_triggers`].
    #[must_use]
    pub fn due(&self, now: Timestamp, staffed: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut timed_out: Vec<ChatId> = self
            .away_chats()
            .filter(|chat| self.times_out_at(chat).is_some_and(|at| at <= now))
            .map(|chat| chat.id)
            .collect();
        timed_out.sort_unstable();
        if staffed {
            facts.extend(self.triggered(now, &timed_out));
        }
        let held = self.holds_over(now);
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

    /// The next moment at which [`Self::due`] or [`Self::forget`] has something to do.
    #[must_use]
    pub fn next_due(&self, staffed: bool) -> Option<Timestamp> {
        let run = self.next_run().filter(|_| staffed);
        let away = self.away_chats().filter_map(|chat| self.times_out_at(chat)).min();
        let gone = self
            .sessions
            .gone
            .iter()
            .filter(|(visitor, _)| self.chat_of(visitor).is_none_or(Chat::belongs_to_history));
        let gone = gone.map(|(_, since)| since.plus(self.rules.visitor_timeout_ms)).min();
        let idle = self.queue.first_left_at().map(|at| at.plus(SESSION_IDLE_MS));
        let [hold, turn] = [self.next_hold_over(), self.next_turn()];
        let given = self.next_assignment(self.this_step());
        [run, away, gone, idle, hold, turn, given].into_iter().flatten().min()
    }

    /// Chats that are not over and whose visitor is away.
    fn away_chats(&self) -> impl Iterator<Item = &Chat> {
        let chats = self.sessions.gone.keys().filter_map(|visitor| self.chat_of(visitor));
        chats.filter(|chat| !chat.state.is_over())
    }
}
