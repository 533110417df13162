//! Routing: to whom a waiting request is assigned, and how many chats an agent gets (domain.md 8).
//!
//! Invariant: a request that is assigned waits for one agent alone, and each agent is asked about
//! one at a time. Who missed one is not asked about it again. One that can be assigned to nobody
//! says why in its transcript; where everybody missed it, it is taken by hand.

use super::{Account, desks::Desk, queue::Class};
use bellhop_model::{
    AgentId, Availability, ChatId, Extent, Fact, Permission, Refusal, Route, Seq, Timestamp,
    route::ReleaseReason,
    routing::{ChatLimit, RoutingMode, UnassignedReason},
};
use std::collections::BTreeSet;

/// An agent who may be given a request.
#[derive(Debug)]
struct Candidate<'a> {
    agent: AgentId,
    desk: Option<&'a Desk>,
    /// She is asked about a request now.
    asked: bool,
    chats: usize,
    /// How many more she gets.
    room: usize,
    free_since: Timestamp,
    given_at: Seq,
}

impl Candidate<'_> {
    fn is_free(&self) -> bool {
        !self.asked && self.room > 0
    }

    fn has(&self, skills: &[String]) -> bool {
        let hers = self.desk.map(|desk| desk.skills.as_slice()).unwrap_or_default();
        skills.iter().all(|skill| hers.contains(skill))
    }

    /// Who is smallest is chosen: who is in no chat before all others, and of those the one who is
    /// free longest; else who has fewest; among equals whose turn is longest ago.
    fn rank(&self) -> (usize, Timestamp, Seq, AgentId) {
        let free_since = if self.chats == 0 { self.free_since } else { Timestamp(0) };
        (self.chats, free_since, self.given_at, self.agent)
    }
}

impl Account {
    /// The service chooses who is asked about a request.
    pub(super) fn assigns(&self) -> bool {
        self.routing.mode != RoutingMode::Broadcast
    }

    /// How many chats the agent gets; nothing where there is no limit.
    #[must_use]
    pub fn chat_limit(&self, agent: AgentId) -> Option<u8> {
        let ChatLimit { chats, of_each, by_agents } = self.routing.chat_limit?;
        let own = self.desks.get(agent).and_then(|desk| desk.chat_limit);
        Some(own.filter(|_| of_each || by_agents).unwrap_or(chats))
    }

    /// The agent has as many chats as she gets (domain.md 8).
    #[must_use]
    pub fn is_at_limit(&self, agent: AgentId, now: Timestamp) -> bool {
        self.room(agent, now) == 0
    }

    fn room(&self, agent: AgentId, now: Timestamp) -> usize {
        let Some(limit) = self.chat_limit(agent).map(usize::from) else { return usize::MAX };
        let load = self.desks.get(agent).map_or(0, |desk| desk.load(now, limit));
        limit.saturating_sub(load)
    }

    /// The agents of whom it may have changed since this was asked last whether they are at their
    /// limit.
    pub fn limits_turned(&mut self, now: Timestamp) -> BTreeSet<AgentId> {
        self.desks.turned(now)
    }

    /// Whether the limit lets the agent serve a request that goes this way now. What waits for her
    /// alone she may always take, and in hybrid routing whatever she takes by hand.
    pub(super) fn check_limit(
        &self,
        agent: AgentId,
        route: &Route,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let by_hand = self.routing.mode == RoutingMode::Hybrid || route.held_for.is_some();
        match self.chat_limit(agent) {
            Some(limit) if !by_hand && self.is_at_limit(agent, now) => {
                Err(Refusal::AtLimit { limit })
            }
            _ => Ok(()),
        }
    }

    /// An agent chooses her own limit, where she may.
    pub(super) fn choose_limit(
        &self,
        agent: AgentId,
        limit: Option<u8>,
    ) -> Result<Option<Fact>, Refusal> {
        if !self.routing.chat_limit.is_some_and(|rule| rule.by_agents) {
            return Err(Refusal::LimitNotYours);
        }
        self.own_limit(agent, limit)
    }

    /// An agent says how many chats another one gets, or she herself, as far as her role allows it
    /// (domain.md 14). It counts where the account lets agents have limits of their own, as that
    /// which an administrator says.
    pub(super) fn set_limit_of(
        &self,
        agent: AgentId,
        of: AgentId,
        limit: Option<u8>,
    ) -> Result<Option<Fact>, Refusal> {
        let permission = Permission::SetAgentChatLimit;
        let extent = self.roles.require(agent, permission)?;
        if of != agent && extent != Extent::Account {
            return Err(Refusal::not_permitted(permission));
        }
        if !self.agents.contains_key(&of) {
            return Err(Refusal::NoSuchAgent { agent_id: of });
        }
        self.own_limit(of, limit)
    }

    fn own_limit(&self, agent: AgentId, limit: Option<u8>) -> Result<Option<Fact>, Refusal> {
        let most = bellhop_model::limits::CHAT_LIMIT as u8;
        if let Some(limit) = limit.filter(|limit| *limit > most) {
            return Err(Refusal::LimitTooHigh { limit, most });
        }
        let desk = self.desks.get(agent);
        let changed = desk.and_then(|desk| desk.chat_limit) != limit;
        Ok(changed.then(|| Fact::AgentRoutingSaved {
            agent_id: agent,
            skills: desk.map(|desk| desk.skills.clone()).unwrap_or_default(),
            chat_limit: limit,
        }))
    }

    /// Who takes nothing is made idle with the release of what she missed.
    pub(super) fn idled_by(&self, chat: ChatId, reason: ReleaseReason) -> Option<Fact> {
        let missed = self.assigns() && reason == ReleaseReason::NotTaken;
        let rule = self.routing.idle.filter(|_| missed)?;
        let agent_id = self.chats.get(&chat)?.route.held_for?.agent_id;
        let missed = self.desks.get(agent_id).map_or(0, |desk| desk.misses).saturating_add(1);
        let online = self.agents.get(&agent_id)?.availability == Availability::Online;
        (online && missed >= rule.misses).then_some(Fact::AvailabilitySet {
            agent_id,
            availability: rule.to,
            missed: Some(missed),
        })
    }

    /// To whom what waits is assigned now, longest waiting first, and what can be assigned to
    /// nobody.
    pub(super) fn assignments(&self, now: Timestamp) -> Vec<Fact> {
        let mut facts = Vec::new();
        if !self.assigns() {
            return facts;
        }
        let unasked = self.queue.groups().filter(|(class, _)| class.asked().is_none());
        let open = unasked.filter(|(class, _)| !self.is_closed_to(&class.route));
        let mut groups: Vec<_> =
            open.map(|(class, group)| (class, group.waiting.iter().copied())).collect();
        // The first of each group that is still to be looked at.
        let firsts = groups.iter_mut().zip(0_usize..);
        let mut next: BTreeSet<_> =
            firsts.filter_map(|((_, waiting), at)| Some((waiting.next()?, at))).collect();
        if next.is_empty() {
            return facts;
        }
        let mut all = self.candidates(now);
        let mut turn = self.head;
        while let Some(((since, chat_id), at)) = next.pop_first() {
            let Some((class, waiting)) = groups.get_mut(at) else { break };
            match self.choose(class, since, &mut all, now) {
                Ok(chosen) => {
                    turn = turn.next();
                    let agent_id = chosen.agent;
                    facts.push(Fact::ChatAssigned { chat_id, agent_id });
                    chosen.given_at = turn;
                    chosen.room -= 1;
                    if self.routing.auto_accept {
                        chosen.chats += 1;
                        facts.push(Fact::AgentJoined { chat_id, agent_id });
                    } else {
                        chosen.asked = true;
                    }
                }
                Err(reason) if class.route.tells(reason) => {
                    facts.push(Fact::ChatUnassigned { chat_id, reason });
                }
                // What waits behind it in its group waits in vain as well.
                Err(_) => continue,
            }
            next.extend(waiting.next().map(|place| (place, at)));
        }
        facts
    }

    /// The agent for a chat of this class that waits since then.
    fn choose<'a, 'b>(
        &self,
        class: &Class,
        since: Timestamp,
        all: &'b mut [Candidate<'a>],
        now: Timestamp,
    ) -> Result<&'b mut Candidate<'a>, UnassignedReason> {
        let route = &class.route;
        let may = |one: &&mut Candidate<'_>| route.leads_to(one.agent, &self.setup);
        let mut there = all.iter_mut().filter(may).peekable();
        if there.peek().is_none() {
            return Err(UnassignedReason::NobodyThere);
        }
        let mut unasked = there.filter(|one| !route.missed.contains(&one.agent)).peekable();
        if unasked.peek().is_none() {
            return Err(UnassignedReason::AllMissed);
        }
        let mut free = unasked.filter(|one| one.is_free()).peekable();
        if free.peek().is_none() {
            return Err(UnassignedReason::AllBusy);
        }
        // After a while it waits for them no more.
        let waits = since.plus(self.routing.skills_for_ms) > now;
        let skills = if waits { class.skills.as_slice() } else { &[] };
        let able = free.filter(|one| one.has(skills));
        able.min_by_key(|one| one.rank()).ok_or(UnassignedReason::NoSkill)
    }

    /// Everybody who is online.
    fn candidates(&self, now: Timestamp) -> Vec<Candidate<'_>> {
        let online = self.agents.keys().copied().filter(|agent| self.is_online(*agent));
        let asked: BTreeSet<AgentId> =
            self.queue.groups().filter_map(|(class, _)| class.asked()).collect();
        let candidates = online.map(|agent| {
            let desk = self.desks.get(agent);
            let free_since = desk.map(|desk| desk.free_since).unwrap_or_default();
            Candidate {
                agent,
                desk,
                asked: asked.contains(&agent),
                chats: desk.map_or(0, Desk::chats),
                room: self.room(agent, now),
                free_since: free_since.max(self.here_since(agent)),
                given_at: desk.map(|desk| desk.given_at).unwrap_or_default(),
            }
        });
        candidates.collect()
    }

    /// When somebody may get another chat, or a request waits no more for a skill.
    pub(super) fn next_assignment(&self, now: Timestamp) -> Option<Timestamp> {
        let limited = self.routing.chat_limit.is_some();
        let relief = limited.then(|| self.desks.next_relief(now)).flatten();
        let waits_for = self.routing.skills_for_ms;
        let waiting = self.queue.groups().filter(|(class, _)| !class.skills.is_empty());
        let first = waiting.filter(|_| self.assigns()).filter_map(|(_, group)| {
            let mut waits = group.waiting.range((now.plus(1 - waits_for), ChatId(0))..);
            waits.next().map(|(since, _)| since.plus(waits_for))
        });
        relief.into_iter().chain(first).min()
    }
}
