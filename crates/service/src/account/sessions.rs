//! Who is away from the site, or does nothing there, and since when; and which agents are connected.
//!
//! Not journaled: after a restart everybody counts as having left at that moment, so a visitor
//! has the whole time to come back, and an agent the time to connect again.

use super::{Account, queue::Class};
use crate::address::Address;
use bellhop_model::{
    AgentId, Availability, Chat, ChatId, ChatState, Timestamp, VisitorId, chat::LineBody,
    people::Origin,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An agent whose line breaks may be back in a moment; what waits for her waits as long.
pub const AGENT_GRACE_MS: i64 = 10_000;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions {
    /// Visitors who have a page open.
    pub(super) here: HashMap<VisitorId, Whence>,
    /// Those of them whose address is known, by it.
    at: HashMap<Address, BTreeSet<VisitorId>>,
    pub(super) gone: Gone,
    /// Who is connected, and since when.
    agents_here: BTreeMap<AgentId, Timestamp>,
    /// When agents who were here lost their last line.
    agents_gone: BTreeMap<AgentId, Timestamp>,
    /// What waits, and whether an agent who is connected may serve it, as it was looked at last.
    pub(super) served: BTreeMap<Class, bool>,
    started_at: Timestamp,
}

/// Where a visitor's newest page was asked for from.
#[derive(Debug, Clone, Default)]
pub(super) struct Whence {
    /// That of this machine itself is nobody's.
    pub(super) address: Option<Address>,
    pub(super) user_agent: String,
}

impl Sessions {
    fn seen_from(&mut self, visitor: &VisitorId, address: Option<Address>) {
        let Some(known) = self.here.get_mut(visitor) else { return };
        let before = std::mem::replace(&mut known.address, address);
        if before == address {
            return;
        }
        self.at_no_more(visitor, before);
        if let Some(address) = address {
            self.at.entry(address).or_default().insert(visitor.clone());
        }
    }

    fn at_no_more(&mut self, visitor: &VisitorId, address: Option<Address>) {
        if let Some(address) = address
            && let Some(others) = self.at.get_mut(&address)
        {
            others.remove(visitor);
            if others.is_empty() {
                self.at.remove(&address);
            }
        }
    }
}

/// Visitors with a chat who have no page open, and visitors who do nothing on theirs, and when
/// something comes of it. Those of whom nothing does, for an agent is still in a chat that is over,
/// are in no order, so that a step looks at those alone whose time has come, however many are away.
#[derive(Debug, Clone, Default)]
pub(super) struct Gone {
    away: HashMap<VisitorId, Away>,
    due: BTreeSet<(Timestamp, VisitorId)>,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    since: Timestamp,
    /// A page is open, and nothing is done there.
    idle: bool,
    due: Option<Timestamp>,
}

impl Gone {
    /// Who is away already has been so since then.
    fn add(&mut self, visitor: &VisitorId, since: Timestamp, idle: bool) {
        if self.away.get(visitor).is_some_and(|away| away.idle == idle) {
            return;
        }
        self.remove(visitor);
        self.away.insert(visitor.clone(), Away { since, idle, due: None });
    }

    fn remove(&mut self, visitor: &VisitorId) {
        if let Some((visitor, Away { due: Some(due), .. })) = self.away.remove_entry(visitor) {
            self.due.remove(&(due, visitor));
        }
    }

    fn get(&self, visitor: &VisitorId) -> Option<Away> {
        self.away.get(visitor).copied()
    }

    /// Something comes of it then, or nothing.
    fn set_due(&mut self, visitor: &VisitorId, due: Option<Timestamp>) {
        let Some(away) = self.away.get_mut(visitor) else { return };
        if let Some(before) = std::mem::replace(&mut away.due, due) {
            self.due.remove(&(before, visitor.clone()));
        }
        self.due.extend(due.map(|due| (due, visitor.clone())));
    }

    fn is_due(&self, visitor: &VisitorId, now: Timestamp) -> bool {
        self.get(visitor).and_then(|away| away.due).is_some_and(|due| due <= now)
    }

    /// When something comes of it first.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Those of whom something comes by now.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = &VisitorId> {
        let due = self.due.iter().take_while(move |(due, _)| *due <= now);
        due.map(|(_, visitor)| visitor)
    }
}

impl Account {
    /// The visitor has a page open, and does something there.
    pub fn visitor_here(&mut self, visitor: &VisitorId) {
        self.sessions.gone.remove(visitor);
        self.changed();
        self.sessions.here.entry(visitor.clone()).or_default();
    }

    /// A visitor who is here is at this address.
    pub(crate) fn seen_from(&mut self, visitor: &VisitorId, address: Address) {
        self.sessions.seen_from(visitor, Some(address));
    }

    /// The visitors who are here and at this address.
    pub(crate) fn visitors_at(&self, address: Address) -> impl Iterator<Item = &VisitorId> {
        self.sessions.at.get(&address).into_iter().flatten()
    }

    /// A visitor who is here has a browser that calls itself so.
    pub(crate) fn seen_with(&mut self, visitor: &VisitorId, user_agent: &str) {
        if let Some(known) = self.sessions.here.get_mut(visitor) {
            user_agent.clone_into(&mut known.user_agent);
        }
    }

    /// What is kept with a chat, or a message, that a visitor begins now. Which way they came is for
    /// whoever shows visits to add.
    pub(super) fn origin_of(&self, visitor: &VisitorId) -> Origin {
        let Some(whence) = self.sessions.here.get(visitor) else { return Origin::default() };
        let address = whence.address.filter(|address| !self.is_our_own(*address));
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        Origin { address, user_agent: whence.user_agent.clone(), path: Vec::new() }
    }

    /// The visitor's last page was closed, at `now`.
    pub fn visitor_gone(&mut self, visitor: &VisitorId, now: Timestamp) {
        let address = self.sessions.here.remove(visitor).and_then(|whence| whence.address);
        self.sessions.at_no_more(visitor, address);
        if self.chat_of(visitor).is_some() {
            self.sessions.gone.add(visitor, now, false);
            self.reckon_with_absence(visitor);
        } else {
            self.sessions.gone.remove(visitor);
        }
    }

    /// The visitor has a page open, and has done nothing there `since` then.
    pub(crate) fn visitor_idle(&mut self, visitor: &VisitorId, since: Timestamp) {
        self.sessions.gone.add(visitor, since, true);
        self.reckon_with_absence(visitor);
    }

    /// When something comes of it that a visitor is away may be another time now: they left, or
    /// their chat changed.
    pub(super) fn reckon_with_absence(&mut self, visitor: &VisitorId) {
        let Some(away) = self.sessions.gone.get(visitor) else { return };
        let due = match self.chat_of(visitor) {
            Some(chat) if !chat.state.is_over() => self.times_out_at(chat),
            // The chat stays until the agents in it have left or continued it.
            Some(chat) if !chat.belongs_to_history() => None,
            // Of a chat that is over nothing comes by that; it may come back for some time.
            _ if away.idle => None,
            _ => Some(away.since.plus(self.rules.visitor_timeout_ms)),
        };
        self.sessions.gone.set_due(visitor, due);
        self.changed();
    }

    /// Called once the journal is folded: nobody has a page open yet.
    pub fn everybody_gone(&mut self, now: Timestamp) {
        self.forget(now);
        self.sessions.gone = Gone::default();
        let visitors = self.chats.values().map(|chat| chat.visitor.id.clone());
        for visitor in visitors.collect::<Vec<_>>() {
            self.sessions.gone.add(&visitor, now, false);
            self.reckon_with_absence(&visitor);
        }
        self.sessions.started_at = now;
        self.arm_chats();
    }

    /// The agent's desktop program is connected, at `now`.
    pub fn agent_here(&mut self, agent: AgentId, now: Timestamp) {
        self.sessions.agents_here.entry(agent).or_insert(now);
        self.sessions.agents_gone.remove(&agent);
        self.desks.touch(agent);
        self.changed();
    }

    /// The agent's last line was lost, at `now`.
    pub fn agent_gone(&mut self, agent: AgentId, now: Timestamp) {
        if self.sessions.agents_here.remove(&agent).is_some() {
            self.sessions.agents_gone.insert(agent, now);
            self.desks.touch(agent);
            self.changed();
        }
    }

    /// The agents who are connected.
    pub(super) fn agents_here(&self) -> impl Iterator<Item = AgentId> + '_ {
        self.sessions.agents_here.keys().copied()
    }

    /// The agent is connected, whatever she chose to be.
    #[must_use]
    pub fn is_here(&self, agent: AgentId) -> bool {
        self.sessions.agents_here.contains_key(&agent)
    }

    /// Since when the agent is connected.
    pub(super) fn here_since(&self, agent: AgentId) -> Timestamp {
        self.sessions.agents_here.get(&agent).copied().unwrap_or_default()
    }

    /// The agent is connected and online: she chose to be, and is within hours.
    #[must_use]
    pub fn is_online(&self, agent: AgentId) -> bool {
        self.is_here(agent) && self.availability_now(agent) == Some(Availability::Online)
    }

    /// The agent can be handed something: she is connected, and not invisible.
    #[must_use]
    pub fn can_be_handed(&self, agent: AgentId) -> bool {
        let availability = self.availability_now(agent);
        self.is_here(agent) && availability.is_some_and(|a| a != Availability::Invisible)
    }

    /// From when on nothing waits for the agent any more, because she is not there; `None` while
    /// she is.
    pub(super) fn given_up_at(&self, agent: AgentId) -> Option<Timestamp> {
        if self.can_be_handed(agent) {
            return None;
        }
        if self.is_here(agent) {
            return Some(Timestamp(0));
        }
        let since = self.sessions.agents_gone.get(&agent).copied();
        Some(since.unwrap_or(self.sessions.started_at).plus(AGENT_GRACE_MS))
    }

    /// Takes over who is away, and what triggers are doing, from the account before it was folded
    /// anew. What they were doing in chats follows from the journal: the chats may be others.
    pub fn sessions_from(&mut self, before: &Self) {
        self.sessions = before.sessions.clone();
        let away: Vec<VisitorId> = self.sessions.gone.away.keys().cloned().collect();
        for visitor in away {
            self.reckon_with_absence(&visitor);
        }
        for agent in self.sessions.agents_here.keys() {
            self.desks.touch(*agent);
        }
        self.clockwork.wind_up();
        self.changes = before.changes;
        self.changed();
        self.runs = before.runs.without_chats();
        self.arm_chats();
    }

    /// What a step begins with: looks at the clock, and ends the sessions that are over with no fact
    /// to tell: the agents had left, and the visitor is away too long or has been silent too long.
    pub fn forget(&mut self, now: Timestamp) {
        self.look_at_the_clock(now);
        self.archive_done();
        self.archive_left_before(now.plus(-self.rules.session_idle_ms));
        let away: Vec<(VisitorId, Option<ChatId>)> = self
            .sessions
            .gone
            .due(now)
            .map(|visitor| (visitor.clone(), self.current.get(visitor).copied()))
            .collect();
        for (visitor, current) in away {
            // Something may have been said in the chat since.
            self.reckon_with_absence(&visitor);
            if !self.sessions.gone.is_due(&visitor, now) {
                continue;
            }
            if let Some(chat) = current
                && self.chats.get(&chat).is_some_and(Chat::belongs_to_history)
            {
                self.archive(chat);
            }
            if self.chat_of(&visitor).is_none() {
                self.sessions.gone.remove(&visitor);
            }
        }
    }

    /// When a chat ends because its visitor is away, where they are, or because they do nothing and
    /// nobody says anything. A request waits for its agent however long that takes (domain.md 9).
    pub(super) fn times_out_at(&self, chat: &Chat) -> Option<Timestamp> {
        let away = self.sessions.gone.get(&chat.visitor.id)?;
        if !away.idle {
            let since = away.since.max(opened_at(chat));
            return Some(since.plus(self.rules.visitor_timeout_ms));
        }
        let said_at = chat.transcript.last().map_or(chat.requested_at, |line| line.at);
        let silent = away.since.max(said_at).plus(self.rules.session_idle_ms);
        (chat.state == ChatState::Served).then_some(silent)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::{Desk, MINA, visitor};
    use proptest::prelude::*;

    /// What happens to a visitor next.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Asks(usize),
        Goes(usize),
        Returns(usize),
        Served,
        Continued(usize),
        Waits(i64),
    }

    const NAMES: [&str; 4] = ["jun", "sora", "ara", "hyun"];

    fn step() -> impl Strategy<Value = Step> {
        let who = 0..NAMES.len();
        prop_oneof![
            who.clone().prop_map(Step::Asks),
            who.clone().prop_map(Step::Goes),
            who.clone().prop_map(Step::Returns),
            Just(Step::Served),
            who.prop_map(Step::Continued),
            (0_i64..90_000).prop_map(Step::Waits),
        ]
    }

    /// When each chat that is not over ends because its visitor is away, by looking at all of them.
    fn ends_of_all(desk: &Desk) -> Vec<(Timestamp, ChatId)> {
        let chats = desk.account.chats.values().filter(|chat| !chat.state.is_over());
        let current = chats.filter(|chat| {
            desk.account.chat_of(&chat.visitor.id).is_some_and(|current| current.id == chat.id)
        });
        current.filter_map(|chat| Some((desk.account.times_out_at(chat)?, chat.id))).collect()
    }

    proptest! {
        #[test]
        fn domain_9_who_is_away_too_long_is_found_as_if_all_were_looked_at(
            steps in prop::collection::vec(step(), 1..60),
        ) {
            let mut desk = Desk::new();
            for step in steps {
                match step {
                    Step::Asks(who) => {
                        desk.account.visitor_here(&visitor(NAMES[who]).id);
                        desk.says(NAMES[who], "Hello");
                    }
                    Step::Goes(who) => desk.account.visitor_gone(&visitor(NAMES[who]).id, desk.now),
                    Step::Returns(who) => desk.account.visitor_here(&visitor(NAMES[who]).id),
                    Step::Served => drop(desk.agent(MINA, bellhop_model::Command::ServeNext)),
                    Step::Continued(who) => {
                        let of = desk.account.chat_of(&visitor(NAMES[who]).id);
                        if let Some(chat_id) = of.map(|chat| chat.id) {
                            let _ = desk.agent(MINA, bellhop_model::Command::ContinueChat { chat_id });
                        }
                    }
                    Step::Waits(millis) => desk.now = desk.now.plus(millis),
                }
                let all = ends_of_all(&desk);
                if let Some(first) = all.iter().map(|(at, _)| *at).min() {
                    let next = desk.account.next_due(false);
                    prop_assert!(next.is_some_and(|next| next <= first), "{next:?} {first:?}");
                }
                let mut due: Vec<_> =
                    all.iter().filter(|(at, _)| *at <= desk.now).map(|(_, chat)| *chat).collect();
                due.sort_unstable();
                let ended = desk.account.due(desk.now).into_iter();
                let ended: Vec<_> = ended.filter_map(|fact| match fact {
                    bellhop_model::Fact::ChatEnded { chat_id, .. } => Some(chat_id),
                    _ => None,
                }).collect();
                prop_assert_eq!(&ended, &due);
                desk.pass(0);
                let is_over = |id: &ChatId| {
                    desk.account.chat(*id).is_none_or(|chat| chat.state.is_over())
                };
                prop_assert!(due.iter().all(is_over));
            }
        }
    }
}
