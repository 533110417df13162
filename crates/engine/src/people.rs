//! Agents and visitors as they are now.
//!
//! Invariant: agents come from the journal, presence and visitors from the live lane; a reset of
//! the live lane forgets the latter and never the former (law 4).

use bellhop_model::{
    Agent, AgentId, Fact, VisitorId, VisitorProfile, live::Presence, view::Colleague,
};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct People {
    agents: BTreeMap<AgentId, Agent>,
    presence: BTreeMap<AgentId, Presence>,
    visitors: BTreeMap<VisitorId, VisitorProfile>,
    me: Option<AgentId>,
    /// The agent who works here has as many chats as she gets.
    at_limit: bool,
}

impl People {
    pub(crate) fn new(agents: Vec<Agent>, me: Option<AgentId>) -> Self {
        let agents = agents.into_iter().map(|agent| (agent.id, agent)).collect();
        Self { agents, me, ..Self::default() }
    }

    pub(crate) fn me(&self) -> Option<&Agent> {
        self.agents.get(&self.me?)
    }

    /// The agent who works here, as the service knows her. Whether that is news.
    pub(crate) fn set_me(&mut self, me: Agent) -> bool {
        self.me = Some(me.id);
        self.agents.insert(me.id, me.clone()).as_ref() != Some(&me)
    }

    pub(crate) fn agents(&self) -> Vec<Agent> {
        self.agents.values().cloned().collect()
    }

    /// The name an agent has now; one that is not known goes by her number.
    pub(crate) fn name_of(&self, id: AgentId) -> String {
        self.agents.get(&id).map_or_else(|| format!("#{id}"), |agent| agent.display_name.clone())
    }

    /// Carries out an event about agents. Whether there was something to carry out.
    pub(crate) fn apply(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::AgentSaved { agent } => {
                self.agents.insert(agent.id, agent.clone());
                true
            }
            Fact::AvailabilitySet { agent_id, availability, .. } => {
                if let Some(agent) = self.agents.get_mut(agent_id) {
                    agent.availability = *availability;
                }
                true
            }
            _ => false,
        }
    }

    pub(crate) fn set_presence(&mut self, id: AgentId, presence: Presence) -> bool {
        self.presence.insert(id, presence) != Some(presence)
    }

    /// Whether the agent who works here has as many chats as she gets. Whether that is news.
    pub(crate) fn set_at_limit(&mut self, at_limit: bool) -> bool {
        std::mem::replace(&mut self.at_limit, at_limit) != at_limit
    }

    pub(crate) fn is_at_limit(&self) -> bool {
        self.at_limit
    }

    /// A visitor is here, or has moved. The live lane leaves agents' note out: what an event said
    /// of it stays.
    pub(crate) fn visitor_here(&mut self, mut visitor: VisitorProfile) {
        if let Some(known) = self.visitors.get_mut(&visitor.id)
            && visitor.contact.note.is_empty()
        {
            visitor.contact.note = std::mem::take(&mut known.contact.note);
        }
        self.visitors.insert(visitor.id.clone(), visitor);
    }

    /// Carries out a fact about a visitor. Whether they are here and it was one.
    pub(crate) fn apply_to_visitor(&mut self, id: &VisitorId, fact: &Fact) -> bool {
        self.visitors.get_mut(id).is_some_and(|visitor| visitor.apply(fact))
    }

    pub(crate) fn visitor_gone(&mut self, id: &VisitorId) -> bool {
        self.visitors.remove(id).is_some()
    }

    pub(crate) fn visitor(&self, id: &VisitorId) -> Option<&VisitorProfile> {
        self.visitors.get(id)
    }

    pub(crate) fn visitors(&self) -> impl Iterator<Item = &VisitorProfile> {
        self.visitors.values()
    }

    /// The live lane begins anew; returns who was here.
    pub(crate) fn reset_live(&mut self) -> Vec<VisitorId> {
        self.presence.clear();
        std::mem::take(&mut self.visitors).into_keys().collect()
    }

    /// Forgets the agents, except the one who works here: she is known from the welcome.
    pub(crate) fn clear_agents(&mut self) {
        let me = self.me;
        self.agents.retain(|id, _| Some(*id) == me);
    }

    /// Everybody else, in the order of their ids.
    pub(crate) fn colleagues(&self) -> Vec<Colleague> {
        self.agents
            .values()
            .filter(|agent| Some(agent.id) != self.me)
            .map(|agent| Colleague {
                agent: agent.clone(),
                presence: self.presence.get(&agent.id).copied().unwrap_or_default(),
            })
            .collect()
    }
}
