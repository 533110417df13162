//! What happens by itself: the stock trigger, chats whose visitor went away, and chats that have
//! waited for one agent long enough.

use super::{Account, SESSION_IDLE_MS};
use bellhop_model::{
    Author, Chat, ChatId, CommandId, EndedBy, Fact, Message, Timestamp, VisitorProfile,
};

/// The stock trigger "First Reply": an automatic message to a request that nobody has served yet,
/// once in a chat (domain.md 11).
#[derive(Debug, Clone, Default)]
pub struct FirstReply {
    /// Milliseconds after the request.
    pub after_ms: i64,
    /// The name it is sent under.
    pub name: String,
}

impl FirstReply {
    fn text(visitor: &VisitorProfile) -> &'static str {
        if visitor.speaks().to_ascii_lowercase().starts_with("ko") {
            "문의해 주셔서 감사합니다. 곧 상담사가 답변해 드리겠습니다. 잠시만 기다려 주세요."
        } else {
            "Thank you for getting in touch. Somebody will be with you shortly."
        }
    }
}

impl Account {
    /// The facts that are due at `now`, in a fixed order; more may follow from them, so it is asked
    /// again until nothing is due. Automatic messages are sent only while
    /// somebody is there to answer (`staffed`; domain.md 11).
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
            let limit = now.plus(-self.rules.first_reply.after_ms);
            let late = self.queue.unanswered().take_while(|(since, _)| *since <= limit);
            let late = late.filter(|(_, id)| timed_out.binary_search(id).is_err());
            let late = late.filter_map(|(_, id)| self.chats.get(&id));
            facts.extend(late.map(|chat| self.first_reply(chat, now)));
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
        let reply = self.queue.unanswered().next().filter(|_| staffed);
        let reply = reply.map(|(since, _)| since.plus(self.rules.first_reply.after_ms));
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
        [reply, away, gone, idle, hold, turn, given].into_iter().flatten().min()
    }

    /// Chats that are not over and whose visitor is away.
    fn away_chats(&self) -> impl Iterator<Item = &Chat> {
        let chats = self.sessions.gone.keys().filter_map(|visitor| self.chat_of(visitor));
        chats.filter(|chat| !chat.state.is_over())
    }

    fn first_reply(&self, chat: &Chat, now: Timestamp) -> Fact {
        // One automatic message a chat, so chat and moment name it; no randomness here (law 1).
        let mut random = [0; 10];
        random[..8].copy_from_slice(&chat.id.0.to_be_bytes());
        let message = Message {
            id: CommandId::from_parts(now, random),
            author: Author::Trigger { name: self.rules.first_reply.name.clone() },
            text: FirstReply::text(&chat.visitor).to_owned(),
            at: now,
        };
        Fact::MessagePosted { chat_id: chat.id, message }
    }
}
