//! Who works here: what administrators say of agents.
//!
//! Invariant: a disabled agent is in no chat and is handed nothing; somebody who is not disabled is
//! the owner. What lets her in is the journal's (`crate::journal`) and goes with the same event.

use super::{Account, SetupProblem};
use bellhop_model::{
    Agent, AgentId, Chat, ChatState, Fact,
    limits::{EMAIL_CHARS, NAME_CHARS},
    permission::OWNER,
    rules,
};

impl Account {
    /// The agent is there and was not disabled.
    #[must_use]
    pub fn is_enabled(&self, agent: AgentId) -> bool {
        self.agents.contains_key(&agent) && !self.disabled.contains(&agent)
    }

    /// An agent who is not there yet.
    ///
    /// # Errors
    /// [`SetupProblem::Incomplete`], [`SetupProblem::NotAnEmail`], [`SetupProblem::EmailTaken`].
    pub fn new_agent(&self, name: &str, email: &str) -> Result<Agent, SetupProblem> {
        let id = AgentId(self.agents.keys().next_back().map_or(1, |last| last.0 + 1));
        let (display_name, email) = (checked_name(name)?, checked_email(email)?);
        self.check_free(&email, id)?;
        Ok(Agent { id, display_name, email, availability: bellhop_model::Availability::default() })
    }

    /// The agent has another name or address; what is not said stays.
    pub(super) fn save_agent(
        &self,
        email: &str,
        name: Option<&str>,
        new_email: Option<&str>,
    ) -> Result<Option<Fact>, SetupProblem> {
        let id = self.agent_with(email)?;
        let before = &self.agents[&id];
        let display_name = name.map_or_else(|| Ok(before.display_name.clone()), checked_name)?;
        let email = new_email.map_or_else(|| Ok(before.email.clone()), checked_email)?;
        self.check_free(&email, id)?;
        let agent = Agent { display_name, email, ..before.clone() };
        Ok((agent != *before).then_some(Fact::AgentSaved { agent }))
    }

    /// The agent works here no more, or again.
    pub(super) fn switch_agent(
        &self,
        email: &str,
        enabled: bool,
    ) -> Result<Option<Fact>, SetupProblem> {
        let agent_id = self.agent_with(email)?;
        if !enabled && self.roles.role_of(agent_id) == OWNER && !self.has_other_owner(agent_id) {
            return Err(SetupProblem::LastOwner);
        }
        let changed = self.is_enabled(agent_id) != enabled;
        Ok(changed.then_some(Fact::AgentSwitched { agent_id, enabled }))
    }

    /// Somebody else who works here is the owner.
    pub(super) fn has_other_owner(&self, agent: AgentId) -> bool {
        let mut others = self.agents.keys().filter(|id| **id != agent);
        others.any(|id| self.is_enabled(*id) && self.roles.role_of(*id) == OWNER)
    }

    /// The agent leaves every chat; those she served alone wait again.
    pub(super) fn left_by(&self, agent: AgentId) -> Vec<Fact> {
        let mut hers: Vec<&Chat> =
            self.chats.values().filter(|chat| chat.agents.contains(&agent)).collect();
        hers.sort_unstable_by_key(|chat| chat.id);
        let mut facts = Vec::new();
        for chat in hers {
            let chat_id = chat.id;
            facts.push(Fact::AgentLeft { chat_id, agent_id: agent });
            if chat.state == ChatState::Served && chat.agents == [agent] {
                facts.push(Fact::ChatCameBack { chat_id });
            }
        }
        facts
    }

    fn check_free(&self, email: &str, agent: AgentId) -> Result<(), SetupProblem> {
        match self.agent_by_email(email) {
            Some(other) if other.id != agent => {
                Err(SetupProblem::EmailTaken { email: email.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

fn checked_name(name: &str) -> Result<String, SetupProblem> {
    let name = rules::clean_line(name, NAME_CHARS);
    if name.is_empty() { Err(SetupProblem::Incomplete) } else { Ok(name) }
}

fn checked_email(email: &str) -> Result<String, SetupProblem> {
    let clean = rules::clean_line(email, usize::MAX);
    if clean.is_empty() {
        Err(SetupProblem::Incomplete)
    } else if !rules::is_email(&clean) || clean.chars().count() > EMAIL_CHARS {
        Err(SetupProblem::NotAnEmail { email: rules::clean_line(email, EMAIL_CHARS) })
    } else {
        Ok(clean)
    }
}

#[cfg(test)]
mod tests {
    use crate::account::{
        AdminWish, SetupProblem,
        tests::{Desk, HANA, MINA},
    };
    use bellhop_model::{
        AgentId, Availability, ChatState, Command, Fact, Refusal,
        routing::{Routing, RoutingMode},
    };

    impl Desk {
        fn switches(&mut self, email: &str, enabled: bool) -> Result<bool, SetupProblem> {
            self.admin(&AdminWish::SwitchAgent { email: email.to_owned(), enabled })
        }

        fn saves(&mut self, email: &str, name: &str, to: &str) -> Result<bool, SetupProblem> {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let (name, new_email) = (some(name), some(to));
            self.admin(&AdminWish::SaveAgent { email: email.to_owned(), name, new_email })
        }
    }

    const HER: &str = "Hana@shop.example";

    #[test]
    fn an_agent_gets_another_name_and_address_of_her_own() {
        let mut desk = Desk::new();
        assert_eq!(desk.saves(HER, "Hana \u{202e}Kim", ""), Ok(true));
        assert_eq!(desk.saves(HER, "", "hana.kim@shop.example"), Ok(true));
        assert_eq!(desk.saves("hana.kim@shop.example", "Hana Kim", ""), Ok(false), "it is so");
        let agent = desk.account.agent(HANA).unwrap();
        assert_eq!((&*agent.display_name, &*agent.email), ("Hana Kim", "hana.kim@shop.example"));
        let gone = SetupProblem::NoSuchAgent { email: HER.to_owned() };
        assert_eq!(desk.saves(HER, "Hana", ""), Err(gone));
        let email = "MINA@shop.example".to_owned();
        let taken = Err(SetupProblem::EmailTaken { email: email.clone() });
        assert_eq!(desk.saves("hana.kim@shop.example", "", &email), taken);
        for email in ["hana", "@shop.example", "ha na@shop.example"] {
            let wrong = Err(SetupProblem::NotAnEmail { email: email.to_owned() });
            assert_eq!(desk.saves("hana.kim@shop.example", "", email), wrong);
        }
        assert_eq!(desk.saves("hana.kim@shop.example", " \n ", ""), Err(SetupProblem::Incomplete));
        let long = format!("{}@shop.example", "x".repeat(300));
        assert!(matches!(
            desk.account.new_agent("Sora", &long),
            Err(SetupProblem::NotAnEmail { email }) if email.len() < 300
        ));
        assert_eq!(desk.account.new_agent("Sora", " s@x ").unwrap().id, AgentId(3));
    }

    #[test]
    fn whoever_is_disabled_is_in_no_chat_and_what_she_served_alone_waits_again() {
        let mut desk = Desk::new();
        for agent in [MINA, HANA] {
            desk.account.agent_here(agent, desk.now);
        }
        let [alone, together, ended] = ["jun", "ara", "sora"].map(|name| desk.says(name, "Hello"));
        for chat_id in [alone, together, ended] {
            desk.serve(HANA, chat_id);
        }
        desk.agent(MINA, Command::Serve { chat_id: together }).unwrap_err();
        let invite = Command::Invite { chat_id: together, agent_id: MINA, note: None };
        desk.agent(HANA, invite).unwrap();
        desk.ends("sora");
        assert_eq!(desk.switches(HER, false), Ok(true));
        assert_eq!(desk.switches(HER, false), Ok(false), "she is");
        let state = |desk: &Desk, id| desk.account.chat(id).map(|chat| chat.state);
        assert_eq!(state(&desk, alone), Some(ChatState::Waiting));
        assert_eq!(state(&desk, together), Some(ChatState::Served));
        let in_it = |desk: &Desk, id| desk.account.chat(id).is_some_and(|c| !c.agents.is_empty());
        assert!(in_it(&desk, together) && !in_it(&desk, ended));
        assert!(!desk.account.is_online(HANA) && !desk.account.is_enabled(HANA));
        let to = Command::TransferToAgent { chat_id: together, agent_id: HANA, note: None };
        let not_there = Refusal::AgentNotThere { name: "Hana".to_owned() };
        assert_eq!(desk.agent(MINA, to), Err(not_there));
        desk.serve(MINA, alone);

        assert_eq!(desk.switches(HER, true), Ok(true));
        assert!(desk.account.is_online(HANA));
        let again = desk.says("byul", "Hello");
        desk.serve(HANA, again);
    }

    #[test]
    fn domain_8_nothing_is_assigned_to_whoever_is_disabled_and_nothing_waits_for_her() {
        let mut desk = Desk::new();
        let routing = Routing { mode: RoutingMode::Assigned, ..Routing::default() };
        desk.admin(&AdminWish::SetRouting { routing }).unwrap();
        desk.account.agent_here(HANA, desk.now);
        let chat_id = desk.says("jun", "Hello");
        desk.pass(0);
        let held = |desk: &Desk| desk.account.chat(chat_id).and_then(|c| c.route.held_for);
        assert_eq!(held(&desk).map(|hold| hold.agent_id), Some(HANA));
        desk.account.agent_here(MINA, desk.now);
        desk.switches(HER, false).unwrap();
        desk.pass(0);
        assert_eq!(held(&desk).map(|hold| hold.agent_id), Some(MINA));
    }

    #[test]
    fn a_department_whose_members_are_all_disabled_keeps_no_request() {
        let mut desk = Desk::new();
        let name = "Kiln".to_owned();
        for wish in [
            AdminWish::PutDepartment { name: name.clone(), description: None },
            AdminWish::SetMembers { name, emails: vec![HER.to_owned()] },
        ] {
            desk.admin(&wish).unwrap();
        }
        let kiln = desk.account.setup().departments[0].id;
        let waiting = desk.asks_for("jun", kiln);
        assert!(desk.agent(MINA, Command::Serve { chat_id: waiting }).is_err());
        desk.switches(HER, false).unwrap();
        desk.pass(0);
        desk.serve(MINA, waiting);
        let next = desk.asks_for("ara", kiln);
        desk.serve(MINA, next);
    }

    #[test]
    fn domain_14_the_last_owner_who_works_here_is_not_disabled() {
        let mut desk = Desk::new();
        let owner = "mina@shop.example";
        assert_eq!(desk.switches(owner, false), Err(SetupProblem::LastOwner));
        let give = |email: &str, role: &str| AdminWish::GiveRole {
            email: email.to_owned(),
            role: role.to_owned(),
        };
        desk.admin(&give(HER, "Owner")).unwrap();
        desk.switches(HER, false).unwrap();
        assert_eq!(desk.switches(owner, false), Err(SetupProblem::LastOwner));
        assert_eq!(desk.admin(&give(owner, "Agent")), Err(SetupProblem::LastOwner));
        desk.switches(HER, true).unwrap();
        assert_eq!(desk.switches(owner, false), Ok(true));
        let kept = desk.account.agent(MINA).unwrap().availability;
        assert_eq!(kept, Availability::Online, "what she chose is hers");
        let facts = desk.journal.iter().filter(|e| matches!(e.fact, Fact::AgentSwitched { .. }));
        assert_eq!(facts.count(), 3);
    }
}
