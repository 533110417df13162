//! What an agent is not told whose role does not let her view past chats (domain.md 14): chats in
//! which nothing can be said any more, and in which she never was.
//!
//! Invariant: what she is told comes to the same counts (law 5). A chat whose beginning her program
//! has is told on as far as it changes who waits and who serves; any other is left out as a whole.

use super::{Account, queue::Queue};
use bellhop_model::{AgentId, ChatId, Fact, Permission};
use std::collections::HashSet;

/// Leaves events out for one agent who catches up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden {
    past: HashSet<ChatId>,
    /// Those of them whose beginning was left out.
    left_out: HashSet<ChatId>,
}

impl Hidden {
    /// Whether the next event, with this fact, is left out.
    pub(crate) fn hides(&mut self, fact: &Fact) -> bool {
        let Some(chat) = fact.chat_id() else { return false };
        if matches!(fact, Fact::ChatRequested { .. } | Fact::ChatStarted { .. })
            && self.past.contains(&chat)
        {
            self.left_out.insert(chat);
        }
        self.left_out.contains(&chat) || (!Queue::is_moved_by(fact) && self.past.contains(&chat))
    }

    /// The same agent goes on from where she was: a chat that was left out until there stays so.
    pub(crate) fn goes_on_from(&mut self, before: Self) {
        self.left_out = before.left_out;
    }
}

impl Account {
    /// What is hidden from an agent, as things are; `None`: she may view past chats.
    pub(crate) fn hidden_from(&self, agent: AgentId) -> Option<Hidden> {
        let may = self.roles.extent(agent, Permission::ViewPastChats).allows();
        (!may).then(|| self.past_without(agent))
    }

    pub(super) fn past_without(&self, agent: AgentId) -> Hidden {
        let others = self.past.iter().filter(|(_, past)| !past.agents.contains(&agent));
        Hidden { past: others.map(|(id, _)| *id).collect(), left_out: HashSet::new() }
    }

    /// Who was in the past chat that a fact only remarks on: nobody else is told of it but who may
    /// view past chats. `None` where everybody is.
    pub(crate) fn remarks_on_past_of(&self, fact: &Fact) -> Option<&[AgentId]> {
        let past = self.past.get(&fact.chat_id()?)?;
        (!Queue::is_moved_by(fact)).then_some(past.agents.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::{Desk, HANA, IDLE_MS, MINA};
    use bellhop_model::{Command, EndedBy, Event, Extent};

    /// What Hana is told of a chat whose program has so many events already.
    fn told(desk: &Desk, cursor: usize, of: ChatId) -> Vec<&Fact> {
        let mut hidden = desk.account.hidden_from(HANA).unwrap();
        let told = desk.journal[cursor..].iter().filter(|event| !hidden.hides(&event.fact));
        told.map(|event| &event.fact).filter(|fact| fact.chat_id() == Some(of)).collect()
    }

    fn all(desk: &Desk, of: ChatId) -> Vec<&Fact> {
        let facts = desk.journal.iter().map(|event: &Event| &event.fact);
        facts.filter(|fact| fact.chat_id() == Some(of)).collect()
    }

    #[test]
    fn domain_14_who_may_not_view_past_chats_is_told_of_those_she_was_in_and_those_that_go_on() {
        let mut desk = Desk::new();
        assert_eq!(desk.account.hidden_from(HANA), None);
        desk.agents_may(Permission::ViewPastChats, Extent::None);
        assert_eq!(desk.account.hidden_from(MINA), None, "the owner may");

        let others = desk.says("jun", "Hello");
        let begun = desk.journal.len();
        desk.serve(MINA, others);
        desk.says("jun", "Do you make a moon jar?");
        let tag = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            Command::SetTags { chat_id: others, tags }
        };
        desk.agent(MINA, tag(&["jar"])).unwrap();
        desk.agent(MINA, Command::EndChat { chat_id: others }).unwrap();
        let hers = desk.says("ara", "Hello");
        desk.serve(HANA, hers);
        desk.agent(HANA, Command::EndChat { chat_id: hers }).unwrap();
        assert_eq!(told(&desk, 0, others), all(&desk, others), "jun may bring it back");

        desk.pass(IDLE_MS + 1);
        let goes_on = desk.says("sol", "Hello");
        assert_eq!(told(&desk, 0, others), [] as [&Fact; 0]);
        assert_eq!(told(&desk, 0, hers), all(&desk, hers));
        assert_eq!(told(&desk, 0, goes_on), all(&desk, goes_on));

        let known = told(&desk, begun, others);
        assert!(known.iter().all(|fact| Queue::is_moved_by(fact)), "nothing said: {known:?}");
        let ended =
            |fact: &&Fact| matches!(fact, Fact::ChatEnded { by: EndedBy::Agent { .. }, .. });
        assert_eq!(
            known.iter().filter(|fact| ended(fact)).count(),
            1,
            "or it would go on for ever"
        );

        let tagged = desk.agent(MINA, tag(&[])).unwrap().facts;
        assert_eq!(desk.account.remarks_on_past_of(&tagged[0]), Some(&[MINA][..]));
        assert_eq!(told(&desk, desk.journal.len() - 1, others), [] as [&Fact; 0]);
        for fact in all(&desk, goes_on) {
            assert_eq!(desk.account.remarks_on_past_of(fact), None);
        }
    }

    #[test]
    fn domain_14_a_chat_that_ends_while_she_catches_up_is_told_or_left_out_as_a_whole() {
        let mut desk = Desk::new();
        desk.agents_may(Permission::ViewPastChats, Extent::None);
        let over = desk.says("jun", "Hello");
        desk.ends("jun");
        let waits = desk.says("ara", "Hello");
        let mut hidden = desk.account.hidden_from(HANA).unwrap();
        assert!(all(&desk, over).into_iter().all(|fact| hidden.hides(fact)));
        assert!(!all(&desk, waits).into_iter().any(|fact| hidden.hides(fact)));

        desk.ends("ara");
        desk.says("sol", "Hello");
        let mut anew = desk.account.hidden_from(HANA).unwrap();
        anew.goes_on_from(hidden);
        let end = |chat_id| Fact::ChatEnded { chat_id, by: EndedBy::Visitor };
        assert!(!anew.hides(&end(waits)), "or it would wait for ever");
        assert!(anew.hides(&end(over)), "her program knows no such chat");
    }
}
