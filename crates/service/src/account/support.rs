//! Tickets as far as the account decides about them: whether there are any, and whom they are given
//! to.

use super::{Account, SetupProblem};
use bellhop_model::{
    AccountKind, AgentId, Fact, Refusal, Support,
    limits::{EMAIL_CHARS, SUPPORT_AGENTS},
    rules,
};
use std::collections::BTreeSet;

impl Account {
    pub(super) fn apply_support(&mut self, fact: &Fact) {
        match fact {
            Fact::SupportSaved { .. } => drop(self.setup.apply(fact)),
            Fact::TicketAssigneeSet { agent_id, email } => match email {
                Some(email) => drop(self.assignees.insert(*agent_id, email.clone())),
                None => drop(self.assignees.remove(agent_id)),
            },
            _ => {}
        }
    }

    /// The support agent whom tickets of this agent's chats are given to now: one who is no support
    /// agent any more is given none.
    #[must_use]
    pub fn ticket_assignee(&self, agent: AgentId) -> Option<&str> {
        let chosen = self.assignees.get(&agent)?;
        let is_one = self.setup.support.agents.binary_search(chosen).is_ok();
        is_one.then_some(chosen)
    }

    /// Effective from here on; tickets that are there do not change.
    pub(super) fn set_ticket_assignee(
        &self,
        agent: AgentId,
        email: &str,
    ) -> Result<Vec<Fact>, Refusal> {
        let email = self.setup.support.assignee(email)?;
        if self.assignees.get(&agent) == email.as_ref() {
            return Ok(Vec::new());
        }
        Ok(vec![Fact::TicketAssigneeSet { agent_id: agent, email }])
    }

    pub(super) fn set_support(
        &self,
        kind: AccountKind,
        agents: &[String],
    ) -> Result<Option<Fact>, SetupProblem> {
        let agents =
            agents.iter().map(|email| rules::clean_line(email, EMAIL_CHARS).to_lowercase());
        let agents: BTreeSet<String> = agents.filter(|email| !email.is_empty()).collect();
        if agents.len() > SUPPORT_AGENTS {
            return Err(Refusal::limit("support_agents", SUPPORT_AGENTS).into());
        }
        let support = Support { kind, agents: agents.into_iter().collect() };
        Ok((self.setup.support != support).then_some(Fact::SupportSaved { support }))
    }
}
