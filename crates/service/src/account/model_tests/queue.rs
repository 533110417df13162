//! The queue, said over again and simply: who may serve what, by the journal alone.

use super::name_of;
use bellhop_model::{
    AgentId, Author, Availability, ChatId, DepartmentId, Event, Fact, Hours, Refusal, Routing,
    Timestamp,
    hours::Week,
    route::{Destination, ReleaseReason},
    routing::{RoutingMode, UnassignedReason},
};
use std::collections::{BTreeMap, BTreeSet};

/// A request that waits.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) since: Timestamp,
    pub(super) held_for: Option<AgentId>,
}

/// What an administrator, or she herself, said of an agent.
#[derive(Debug, Clone, Default)]
struct Desk {
    skills: Vec<String>,
    limit: Option<u8>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    pub(super) requests: BTreeMap<ChatId, Request>,
    departments: BTreeMap<ChatId, DepartmentId>,
    excluded: BTreeSet<(ChatId, AgentId)>,
    members: BTreeMap<DepartmentId, Vec<AgentId>>,
    enabled: BTreeSet<DepartmentId>,
    /// Chats that an agent is asked into with the next fact.
    invited: BTreeSet<ChatId>,
    /// Chats that an agent begins with the next facts.
    begun: BTreeSet<ChatId>,
    routing: Routing,
    desks: BTreeMap<AgentId, Desk>,
    hours: BTreeMap<Option<DepartmentId>, Hours>,
    availability: BTreeMap<AgentId, Availability>,
    /// Who did not take what she was asked about, while it waits.
    missed: BTreeSet<(ChatId, AgentId)>,
    /// What everybody missed.
    by_hand: BTreeSet<ChatId>,
    /// Who was asked by the service, and not by a colleague.
    asked: BTreeMap<ChatId, AgentId>,
    /// What a request asks for.
    skills: BTreeMap<ChatId, Vec<String>>,
    /// Who is in which chat, and when she did something there last.
    pub(super) inside: BTreeMap<(ChatId, AgentId), Timestamp>,
    pub(super) over: BTreeSet<ChatId>,
    pub(super) begun_ever: BTreeSet<ChatId>,
    /// The request that was served last, by whom and when.
    last_served: Option<(ChatId, AgentId, Timestamp)>,
}

impl Queue {
    fn waits(&mut self, chat: ChatId, since: Timestamp, held_for: Option<AgentId>) {
        assert!(self.requests.insert(chat, Request { since, held_for }).is_none());
        self.over.remove(&chat);
        self.waits_no_more(chat);
    }

    fn waits_no_more(&mut self, chat: ChatId) {
        self.missed.retain(|(id, _)| *id != chat);
        self.by_hand.remove(&chat);
        self.asked.remove(&chat);
    }

    pub(super) fn follow(&mut self, event: &Event) {
        match &event.fact {
            Fact::ChatRequested { chat_id, .. } | Fact::ChatCameBack { chat_id } => {
                self.begun_ever.insert(*chat_id);
                self.waits(*chat_id, event.at, None);
            }
            Fact::ChatStarted { chat_id, .. } => {
                self.begun_ever.insert(*chat_id);
                self.begun.insert(*chat_id);
            }
            Fact::DepartmentChosen { chat_id, department_id, .. } => {
                self.departments.insert(*chat_id, *department_id);
            }
            Fact::SkillsAsked { chat_id, skills } => {
                self.skills.insert(*chat_id, skills.clone());
            }
            Fact::ChatTransferred { chat_id, agent_id, to, waits_from, .. } => {
                for request in self.requests.values() {
                    assert!(request.since < *waits_from, "not at the bottom of the queue (R-097)");
                }
                self.transferred(*chat_id, *agent_id, to, *waits_from);
            }
            Fact::AgentInvited { chat_id, invited_id, .. } => {
                self.excluded.remove(&(*chat_id, *invited_id));
                self.invited.insert(*chat_id);
            }
            Fact::AgentJoined { chat_id, agent_id } => {
                self.inside.insert((*chat_id, *agent_id), event.at);
                if self.requests.contains_key(chat_id) {
                    self.last_served = Some((*chat_id, *agent_id, event.at));
                }
                self.skills.remove(chat_id);
                self.waits_no_more(*chat_id);
                let ways = [
                    self.requests.remove(chat_id).is_some(),
                    self.invited.remove(chat_id),
                    self.begun.remove(chat_id),
                ];
                let ways = ways.iter().filter(|way| **way).count();
                assert_eq!(ways, 1, "exactly one agent serves a request (R-018)");
            }
            Fact::ChatEnded { chat_id, .. } => {
                self.requests.remove(chat_id);
                self.skills.remove(chat_id);
                self.over.insert(*chat_id);
                self.waits_no_more(*chat_id);
            }
            fact => {
                self.follow_agents(fact, event.at);
                self.follow_setup(fact);
            }
        }
    }

    fn transferred(&mut self, chat: ChatId, by: AgentId, to: &Destination, since: Timestamp) {
        match to {
            Destination::Department { department_id, .. } => {
                self.waits(chat, since, None);
                self.departments.insert(chat, *department_id);
                if self.members[department_id].contains(&by) {
                    self.excluded.insert((chat, by));
                }
            }
            Destination::Agent { agent_id } => {
                self.waits(chat, since, Some(*agent_id));
                self.excluded.remove(&(chat, *agent_id));
            }
            Destination::Unknown => panic!("not a destination of this version"),
        }
    }

    fn follow_agents(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::ChatAssigned { chat_id, agent_id } => {
                self.requests.get_mut(chat_id).unwrap().held_for = Some(*agent_id);
                self.asked.insert(*chat_id, *agent_id);
            }
            Fact::ChatUnassigned { chat_id, reason: UnassignedReason::AllMissed } => {
                self.by_hand.insert(*chat_id);
            }
            Fact::ChatReleased { chat_id, reason } => {
                let held = self.requests.get_mut(chat_id).unwrap().held_for.take();
                if let (ReleaseReason::NotTaken, Some(agent)) = (reason, held) {
                    self.missed.insert((*chat_id, agent));
                }
                self.asked.remove(chat_id);
                if *reason == ReleaseReason::DepartmentClosed {
                    self.departments.remove(chat_id);
                }
            }
            Fact::AgentLeft { chat_id, agent_id } => {
                self.inside.remove(&(*chat_id, *agent_id));
            }
            Fact::MessagePosted { chat_id, message } => {
                if let Author::Agent { agent_id } = message.author
                    && let Some(last) = self.inside.get_mut(&(*chat_id, agent_id))
                {
                    *last = at;
                }
            }
            Fact::ChatContinued { chat_id, agent_id } => {
                self.over.remove(chat_id);
                self.inside.insert((*chat_id, *agent_id), at);
            }
            Fact::AvailabilitySet { agent_id, availability, .. } => {
                self.availability.insert(*agent_id, *availability);
            }
            _ => {}
        }
    }

    fn follow_setup(&mut self, fact: &Fact) {
        match fact {
            Fact::RoutingSaved { routing } => self.routing = routing.clone(),
            Fact::AgentRoutingSaved { agent_id, skills, chat_limit } => {
                let desk = Desk { skills: skills.clone(), limit: *chat_limit };
                self.desks.insert(*agent_id, desk);
            }
            Fact::HoursSaved { department_id, hours } => {
                self.hours.insert(*department_id, hours.clone());
            }
            Fact::DepartmentSaved { department } => {
                self.members.insert(department.id, department.members.clone());
                if department.enabled {
                    self.enabled.insert(department.id);
                } else {
                    self.enabled.remove(&department.id);
                }
            }
            _ => {}
        }
    }

    /// An agent is outside the account's hours, or those of each of her departments. A week of
    /// these tests is open at all times, or never.
    pub(super) fn is_outside(&self, agent: AgentId) -> bool {
        let closed = |scope: Option<DepartmentId>| {
            let hours = self.hours.get(&scope).filter(|hours| hours.enabled)?;
            Some(hours.week == Week::default())
        };
        if let Some(closed) = closed(None) {
            return closed;
        }
        let hers = self.members.iter().filter(|(_, members)| members.contains(&agent));
        let mut hers = hers.map(|(id, _)| *id).filter(|id| self.enabled.contains(id)).peekable();
        hers.peek().is_some() && hers.all(|id| closed(Some(id)) == Some(true))
    }

    fn availability(&self, agent: AgentId) -> Availability {
        let chosen = self.availability.get(&agent).copied().unwrap_or_default();
        if self.is_outside(agent) { Availability::Invisible } else { chosen }
    }

    /// `here`: the agents who are connected.
    pub(super) fn is_online(&self, agent: AgentId, here: &BTreeSet<AgentId>) -> bool {
        here.contains(&agent) && self.availability(agent) == Availability::Online
    }

    pub(super) fn can_be_handed(&self, agent: AgentId, here: &BTreeSet<AgentId>) -> bool {
        here.contains(&agent) && self.availability(agent) != Availability::Invisible
    }

    fn load(&self, agent: AgentId, now: Timestamp) -> usize {
        let counts = |((chat, who), at): &(&(ChatId, AgentId), &Timestamp)| {
            *who == agent && !self.over.contains(chat) && now.since(**at) < 600_000
        };
        self.inside.iter().filter(counts).count()
    }

    pub(super) fn limit(&self, agent: AgentId) -> Option<u8> {
        let limit = self.routing.chat_limit?;
        let own = self.desks.get(&agent).and_then(|desk| desk.limit);
        Some(own.filter(|_| limit.of_each || limit.by_agents).unwrap_or(limit.chats))
    }

    pub(super) fn is_full(&self, agent: AgentId, now: Timestamp) -> bool {
        self.limit(agent).is_some_and(|limit| self.load(agent, now) >= usize::from(limit))
    }

    /// She may choose how many chats she gets.
    pub(super) fn chooses_limit(&self) -> bool {
        self.routing.chat_limit.is_some_and(|limit| limit.by_agents)
    }

    /// The limit lets her serve it.
    pub(super) fn has_room(&self, chat: ChatId, agent: AgentId, now: Timestamp) -> bool {
        let held = self.requests.get(&chat).is_some_and(|request| request.held_for.is_some());
        held || self.routing.mode == RoutingMode::Hybrid || !self.is_full(agent, now)
    }

    fn leads_to(&self, chat: ChatId, agent: AgentId) -> bool {
        let member = |department: &DepartmentId| self.members[department].contains(&agent);
        !self.excluded.contains(&(chat, agent)) && self.departments.get(&chat).is_none_or(member)
    }

    pub(super) fn admits(&self, chat: ChatId, agent: AgentId) -> bool {
        let Some(request) = self.requests.get(&chat) else { return false };
        let by_hand = self.routing.mode != RoutingMode::Assigned || self.by_hand.contains(&chat);
        match request.held_for {
            Some(held) => held == agent && !self.excluded.contains(&(chat, agent)),
            None => by_hand && self.leads_to(chat, agent),
        }
    }

    /// What the agent serves next, or why nothing.
    pub(super) fn next_for(&self, agent: AgentId, now: Timestamp) -> Result<ChatId, Refusal> {
        let offered = self.requests.iter().filter(|(id, _)| self.admits(**id, agent));
        let mut offered: Vec<_> = offered.map(|(id, request)| (request.since, *id)).collect();
        offered.sort_unstable();
        let next = offered.iter().find(|(_, id)| self.has_room(*id, agent, now));
        let full = self.limit(agent).filter(|_| !offered.is_empty());
        let full = full.map(|limit| Refusal::AtLimit { limit });
        let none = self
            .faster_than(agent, now)
            .map_or(Refusal::NobodyWaiting, |by| Refusal::AlreadyServed { by: name_of(by) });
        next.map(|(_, id)| *id).ok_or(full.unwrap_or(none))
    }

    /// Who served what she may have seen waiting the moment before.
    fn faster_than(&self, agent: AgentId, now: Timestamp) -> Option<AgentId> {
        let (chat, by, at) = self.last_served?;
        let inside = self.agents_in(chat);
        let offered = self.routing.mode != RoutingMode::Assigned && self.leads_to(chat, agent);
        let faster = inside.contains(&by) && !inside.contains(&agent) && offered;
        (faster && now.since(at) <= 5_000).then_some(by)
    }

    /// The agents who are in a chat that goes on; nobody is in one that is over or waits.
    pub(super) fn agents_in(&self, chat: ChatId) -> Vec<AgentId> {
        if self.over.contains(&chat) {
            return Vec::new();
        }
        self.inside.keys().filter(|(id, _)| *id == chat).map(|(_, agent)| *agent).collect()
    }

    /// any other department in which somebody else may serve it, and her
    /// own only while somebody else is online in it who may.
    pub(super) fn may_transfer(
        &self,
        (agent, chat): (AgentId, ChatId),
        to: DepartmentId,
        here: &BTreeSet<AgentId>,
    ) -> bool {
        let members = &self.members[&to];
        let serves = |id: &&AgentId| **id != agent && !self.excluded.contains(&(chat, **id));
        let mut others = members.iter().filter(serves);
        let somebody = if members.contains(&agent) {
            others.any(|id| self.is_online(*id, here))
        } else {
            others.next().is_some()
        };
        self.agents_in(chat) == [agent] && self.enabled.contains(&to) && somebody
    }

    /// The skills a request asks for, as long as it waits for them.
    fn wants(&self, chat: ChatId, now: Timestamp) -> &[String] {
        let waits = self.requests[&chat].since.plus(self.routing.skills_for_ms) > now;
        let skills = self.skills.get(&chat).filter(|_| waits);
        skills.map(Vec::as_slice).unwrap_or_default()
    }

    fn can(&self, agent: AgentId, skills: &[String]) -> bool {
        let hers = self.desks.get(&agent).map(|desk| desk.skills.as_slice()).unwrap_or_default();
        skills.iter().all(|skill| hers.contains(skill))
    }

    /// The service may ask this agent about this request now (domain.md 8): it leads to her, she
    /// has not missed it, can what it asks for, is online, has room and is asked about nothing
    /// else; nobody else who could be asked has fewer chats; and nothing waits longer that she
    /// could be asked about.
    pub(super) fn check_assigned(
        &self,
        (chat, agent): (ChatId, AgentId),
        now: Timestamp,
        here: &BTreeSet<AgentId>,
    ) {
        assert_ne!(self.routing.mode, RoutingMode::Broadcast);
        let fits = |id: ChatId, agent: AgentId| {
            let free = self.requests.get(&id).is_some_and(|request| request.held_for.is_none());
            free && self.leads_to(id, agent)
                && !self.missed.contains(&(id, agent))
                && self.can(agent, self.wants(id, now))
        };
        // Also what a colleague hands her waits for her alone.
        let is_asked =
            |agent: AgentId| self.requests.values().any(|one| one.held_for == Some(agent));
        let is_free = |agent: AgentId| {
            self.is_online(agent, here) && !is_asked(agent) && !self.is_full(agent, now)
        };
        assert!(fits(chat, agent), "{chat} to {agent}");
        assert!(is_free(agent), "{agent} is asked about something else, full, or not online");
        let chats = |agent: AgentId| {
            let inside =
                self.inside.keys().filter(|(id, who)| *who == agent && !self.over.contains(id));
            inside.count()
        };
        for other in here.iter().filter(|other| fits(chat, **other) && is_free(**other)) {
            assert!(chats(agent) <= chats(*other), "{other} has fewer chats than {agent}");
        }
        let place = |id: &ChatId| (self.requests[id].since, *id);
        let longer = self.requests.keys().filter(|id| place(id) < place(&chat));
        for other in longer {
            assert!(!fits(*other, agent), "{other} waits longer than {chat}");
        }
    }
}
