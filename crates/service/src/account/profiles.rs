//! What agents tell visitors of themselves (domain.md 1): display name, tagline, avatar.
//!
//! Invariant: an agent changes her own profile and no other; a picture is one that this program
//! made (`crate::avatar`), whatever was sent.

use super::Account;
use bellhop_model::{
    Agent, AgentId, Fact, Refusal,
    limits::{NAME_CHARS, TAGLINE_CHARS},
    people::Avatar,
    refusal::FieldProblem,
    rules,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Profiles(BTreeMap<AgentId, Profile>);

/// What there is of an agent besides her name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Profile {
    tagline: String,
    avatar: Option<Avatar>,
}

impl Profiles {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::TaglineSet { agent_id, tagline } => {
                self.0.entry(*agent_id).or_default().tagline.clone_from(tagline);
            }
            Fact::AvatarSet { agent_id, avatar } => {
                self.0.entry(*agent_id).or_default().avatar.clone_from(avatar);
            }
            _ => {}
        }
    }
}

impl Account {
    /// What stands under the agent's name; none where she says nothing.
    pub(super) fn tagline(&self, agent: AgentId) -> Option<String> {
        let profile = self.profiles.0.get(&agent)?;
        Some(profile.tagline.clone()).filter(|tagline| !tagline.is_empty())
    }

    /// The name of the agent's picture.
    pub(super) fn avatar_name(&self, agent: AgentId) -> Option<String> {
        Some(self.profiles.0.get(&agent)?.avatar.as_ref()?.name.clone())
    }

    /// The pictures that agents have now.
    pub fn avatars(&self) -> impl Iterator<Item = &Avatar> {
        self.profiles.0.values().filter_map(|profile| profile.avatar.as_ref())
    }

    /// The agent is called so, and this stands under her name; what is not said stays.
    pub(super) fn set_profile(
        &self,
        agent: AgentId,
        display_name: Option<&str>,
        tagline: Option<&str>,
    ) -> Result<Vec<Fact>, Refusal> {
        let mut facts = Vec::new();
        if let Some(name) = display_name {
            let name = checked("display_name", name, NAME_CHARS)?;
            if name.is_empty() {
                return Err(Refusal::field("display_name", FieldProblem::Empty));
            }
            let known = self.agents.get(&agent).filter(|known| known.display_name != name);
            facts.extend(known.map(|known| Fact::AgentSaved {
                agent: Agent { display_name: name, ..known.clone() },
            }));
        }
        if let Some(tagline) = tagline {
            let tagline = checked("tagline", tagline, TAGLINE_CHARS)?;
            if self.tagline(agent).unwrap_or_default() != tagline {
                facts.push(Fact::TaglineSet { agent_id: agent, tagline });
            }
        }
        Ok(facts)
    }

    /// The agent has this picture, or none; nothing where it is so already.
    #[must_use]
    pub fn avatar_set(&self, agent: AgentId, avatar: Option<Avatar>) -> Option<Fact> {
        let name = avatar.as_ref().map(|avatar| avatar.name.clone());
        (self.avatar_name(agent) != name).then_some(Fact::AvatarSet { agent_id: agent, avatar })
    }
}

/// One plain line of at most so many characters; a longer one is refused.
fn checked(field: &str, text: &str, limit: usize) -> Result<String, Refusal> {
    let line = rules::clean_line(text, usize::MAX);
    if line.chars().count() > limit {
        return Err(Refusal::field(field, FieldProblem::TooLong));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use crate::account::tests::{Desk, HANA, MINA};
    use bellhop_model::{
        Fact, Refusal, Seq, VisitorId,
        limits::{NAME_CHARS, TAGLINE_CHARS},
        manage::Management,
        people::Avatar,
        refusal::FieldProblem,
        visitor_frame::VisitorLine,
    };

    fn set(display_name: Option<&str>, tagline: Option<&str>) -> Management {
        Management::SetProfile {
            display_name: display_name.map(ToOwned::to_owned),
            tagline: tagline.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn domain_1_an_agent_sets_her_name_and_tagline_and_the_visitor_sees_them() {
        let mut desk = Desk::new();
        let granted =
            desk.manages(HANA, set(Some(" Hana  K. "), Some("Glazes\nand clay"))).unwrap();
        assert_eq!(granted.facts.len(), 2);
        let again = desk.manages(HANA, set(Some("Hana K."), Some("Glazes and clay"))).unwrap();
        assert_eq!(again.facts, []);
        let avatar = Avatar { name: "abc".to_owned(), png: "00".to_owned() };
        let fact = desk.account.avatar_set(HANA, Some(avatar.clone())).unwrap();
        desk.record(vec![fact]);
        assert_eq!(desk.account.avatar_set(HANA, Some(avatar.clone())), None);
        assert_eq!(desk.account.avatars().collect::<Vec<_>>(), [&avatar]);

        let chat = desk.says("jun", "Hello");
        desk.serve(HANA, chat);
        let jun = VisitorId("jun".to_owned());
        let joined = desk.account.visitor_sight(&jun, Seq(0)).lines.pop().unwrap().line;
        let expected = VisitorLine::Joined {
            name: "Hana K.".to_owned(),
            tagline: Some("Glazes and clay".to_owned()),
            avatar: Some("abc".to_owned()),
        };
        assert_eq!(joined, expected);
        assert_eq!(desk.account.agent(MINA).unwrap().display_name, "Mina", "nobody else's");

        desk.manages(HANA, set(None, Some(""))).unwrap();
        desk.manages(HANA, Management::RemoveAvatar).unwrap();
        assert_eq!(desk.account.avatars().next(), None);
        let joined = desk.account.visitor_sight(&jun, Seq(0)).lines.pop().unwrap().line;
        assert!(matches!(joined, VisitorLine::Joined { tagline: None, avatar: None, .. }));
    }

    #[test]
    fn domain_1_names_and_taglines_have_limits() {
        let mut desk = Desk::new();
        let long = |chars: usize| "가".repeat(chars + 1);
        let field = |field: &str, problem| Err(Refusal::field(field, problem));
        let told = desk.manages(HANA, set(Some(&long(NAME_CHARS)), None));
        assert_eq!(told, field("display_name", FieldProblem::TooLong));
        let told = desk.manages(HANA, set(Some(" \u{202E}"), Some("fine")));
        assert_eq!(told, field("display_name", FieldProblem::Empty));
        let told = desk.manages(HANA, set(None, Some(&long(TAGLINE_CHARS))));
        assert_eq!(told, field("tagline", FieldProblem::TooLong));
        let changed = desk.journal.iter().any(|e| matches!(e.fact, Fact::TaglineSet { .. }));
        assert!(!changed, "all of it or nothing");
    }
}
