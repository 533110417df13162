//! Routing: to whom a waiting request is assigned, and how many chats an agent gets (domain.md 8).
//!
//! Invariant: a request that is assigned waits for one agent alone, and each agent is asked about
//! one at a time. Who missed one is not asked about it again. One that can be assigned to nobody
//! says why in its transcript; where everybody missed it, it is taken by hand.

use super::{Account, desks::Desk};
use bellhop_model::{
    AgentId, Availability, Chat, ChatId, Fact, Refusal, Seq, Timestamp,
    route::ReleaseReason,
    routing::{ChatLimit, RoutingMode, UnassignedReason},
};

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
        let Some(limit) = self.chat_limit(agent) else { return usize::MAX };
        let load = self.desks.get(agent).map_or(0, |desk| desk.load(now));
        usize::from(limit).saturating_sub(load)
    }

    /// Whether the limit lets the agent serve this request now. What waits for her alone she may
    /// always take, and in hybrid routing whatever she takes by hand.
    pub(super) fn check_limit(
        &self,
        agent: AgentId,
        chat: &Chat,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let by_hand = self.routing.mode == RoutingMode::Hybrid || chat.route.held_for.is_some();
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
        let most = bellhop_model::limits::CHAT_LIMIT as u8;
        if let Some(limit) = limit.filter(|limit| *limit > most) {
            return Err(Refusal::LimitTooHigh { limit, most });
        }
        let desk = self.desks.get(agent).cloned().unwrap_or_default();
        let changed = desk.chat_limit != limit;
        Ok(changed.then_some(Fact::AgentRoutingSaved {
            agent_id: agent,
            skills: desk.skills,
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
        let mut all = self.candidates(now);
        let untold =
            |route: &bellhop_model::Route| route.held_for.is_none() && route.unassigned.is_none();
        let mut turn = self.head;
        let some_untold = self.queue.routes().any(untold);
        for chat in self.queue.waiting().filter_map(|(_, id)| self.chats.get(&id)) {
            if !some_untold && !all.iter().any(Candidate::is_free) {
                break;
            }
            if chat.route.held_for.is_some() || self.is_closed_to(&chat.route) {
                continue;
            }
            match self.choose(chat, &mut all, now) {
                Ok(chosen) => {
                    turn = turn.next();
                    let (chat_id, agent_id) = (chat.id, chosen.agent);
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
                Err(reason) if chat.route.tells(reason) => {
                    facts.push(Fact::ChatUnassigned { chat_id: chat.id, reason });
                }
                Err(_) => {}
            }
        }
        facts
    }

    fn choose<'a, 'b>(
        &self,
        chat: &Chat,
        all: &'b mut [Candidate<'a>],
        now: Timestamp,
    ) -> Result<&'b mut Candidate<'a>, UnassignedReason> {
        let may = |one: &&mut Candidate<'_>| chat.route.leads_to(one.agent, &self.setup);
        let mut there = all.iter_mut().filter(may).peekable();
        if there.peek().is_none() {
            return Err(UnassignedReason::NobodyThere);
        }
        let mut unasked = there.filter(|one| !chat.route.missed.contains(&one.agent)).peekable();
        if unasked.peek().is_none() {
            return Err(UnassignedReason::AllMissed);
        }
        let mut free = unasked.filter(|one| one.is_free()).peekable();
        if free.peek().is_none() {
            return Err(UnassignedReason::AllBusy);
        }
        let skills = self.skills_asked_by(chat, now);
        let able = free.filter(|one| one.has(skills));
        able.min_by_key(|one| one.rank()).ok_or(UnassignedReason::NoSkill)
    }

    /// Everybody who is online.
    fn candidates(&self, now: Timestamp) -> Vec<Candidate<'_>> {
        let online = self.agents.keys().copied().filter(|agent| self.is_online(*agent));
        let held = |agent| {
            let mut held = self.queue.routes().filter_map(|route| route.held_for);
            held.any(|hold| hold.agent_id == agent)
        };
        let candidates = online.map(|agent| {
            let desk = self.desks.get(agent);
            let free_since = desk.map(|desk| desk.free_since).unwrap_or_default();
            Candidate {
                agent,
                desk,
                asked: held(agent),
                chats: desk.map_or(0, Desk::chats),
                room: self.room(agent, now),
                free_since: free_since.max(self.here_since(agent)),
                given_at: desk.map(|desk| desk.given_at).unwrap_or_default(),
            }
        });
        candidates.collect()
    }

    /// The skills a request asks for, as long as it waits for them.
    fn skills_asked_by(&self, chat: &Chat, now: Timestamp) -> &[String] {
        let waits = chat.waiting_since.plus(self.routing.skills_for_ms) > now;
        let skills = self.skills.get(&chat.id).filter(|_| waits);
        skills.map(Vec::as_slice).unwrap_or_default()
    }

    /// When somebody may get another chat, or a request waits no more for a skill.
    pub(super) fn next_assignment(&self, now: Timestamp) -> Option<Timestamp> {
        let limited = self.desks.iter().filter(|_| self.routing.chat_limit.is_some());
        let relief = limited.filter_map(|(_, desk)| desk.next_relief(now)).min();
        let waiting = self.skills.keys().filter_map(|id| self.chats.get(id));
        let waiting = waiting.filter(|_| self.assigns());
        let skills = waiting.map(|chat| chat.waiting_since.plus(self.routing.skills_for_ms));
        relief.into_iter().chain(skills.filter(|at| *at > now)).min()
    }
}
