//! What administrators may say of routing, and of what each agent can and gets.

use super::{Account, SetupProblem};
use bellhop_model::{
    Availability, Fact, limits,
    routing::{IdleRule, Routing, newest_skills},
    rules,
};

/// The shortest and the longest time a request waits for a skill, in milliseconds (domain.md 8:
/// 5 to 300 s).
const SKILLS_FOR_MS: std::ops::RangeInclusive<i64> = 5_000..=300_000;
/// The shortest and the longest time it waits for one agent alone, in milliseconds.
const HOLD_FOR_MS: std::ops::RangeInclusive<i64> = 5_000..=3_600_000;

/// An agent's own limit of chats, as an administrator wishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnLimit {
    /// As it is.
    Kept,
    /// None of her own.
    None,
    Chats(u8),
}

/// Why a routing cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingProblem {
    #[error("a chat limit is a number from 0 to {most}")]
    ChatLimit { most: usize },
    #[error("a request waits for a skill for 5 to 300 seconds")]
    SkillsFor,
    #[error("a request waits for one agent for 5 to 3600 seconds")]
    HoldFor,
    #[error("an agent who takes nothing is made away or invisible, after one miss or more")]
    Idle,
    #[error("an agent has at most {most} skills")]
    TooManySkills { most: usize },
    #[error("the skill {skill:?} is not allowed: {problem}")]
    Skill { skill: String, problem: bellhop_model::refusal::TagProblem },
}

impl Account {
    pub(super) fn set_routing(&self, routing: &Routing) -> Result<Option<Fact>, SetupProblem> {
        check_limit(routing.chat_limit.map(|limit| limit.chats))?;
        if !SKILLS_FOR_MS.contains(&routing.skills_for_ms) {
            return Err(RoutingProblem::SkillsFor.into());
        }
        if routing.hold_for_ms.is_some_and(|hold| !HOLD_FOR_MS.contains(&hold)) {
            return Err(RoutingProblem::HoldFor.into());
        }
        let never = |idle: IdleRule| idle.misses == 0 || idle.to == Availability::Online;
        if routing.idle.is_some_and(never) {
            return Err(RoutingProblem::Idle.into());
        }
        let routing = routing.clone();
        Ok((self.routing != routing).then_some(Fact::RoutingSaved { routing }))
    }

    /// Without `skills`, those she has are left.
    pub(super) fn set_agent_routing(
        &self,
        email: &str,
        skills: Option<&[String]>,
        limit: OwnLimit,
    ) -> Result<Option<Fact>, SetupProblem> {
        let agent_id = self.agent_with(email)?;
        let before = self.desks.get(agent_id).cloned().unwrap_or_default();
        let chat_limit = match limit {
            OwnLimit::Kept => before.chat_limit,
            OwnLimit::None => None,
            OwnLimit::Chats(chats) => Some(chats),
        };
        check_limit(chat_limit)?;
        let skills = skills.map_or_else(|| Ok(before.skills.clone()), checked_skills)?;
        let changed = skills != before.skills || chat_limit != before.chat_limit;
        Ok(changed.then_some(Fact::AgentRoutingSaved { agent_id, skills, chat_limit }))
    }
}

fn check_limit(limit: Option<u8>) -> Result<(), RoutingProblem> {
    let most = limits::CHAT_LIMIT;
    match limit {
        Some(limit) if usize::from(limit) > most => Err(RoutingProblem::ChatLimit { most }),
        _ => Ok(()),
    }
}

fn checked_skills(skills: &[String]) -> Result<Vec<String>, RoutingProblem> {
    for skill in skills {
        rules::check_tag(skill).map_err(|refusal| match refusal {
            bellhop_model::Refusal::TagInvalid { tag, reason } => {
                RoutingProblem::Skill { skill: tag, problem: reason }
            }
            _ => RoutingProblem::TooManySkills { most: limits::SKILLS },
        })?;
    }
    let mut each = skills.to_vec();
    each.sort_unstable();
    each.dedup();
    if each.len() > limits::SKILLS {
        return Err(RoutingProblem::TooManySkills { most: limits::SKILLS });
    }
    Ok(newest_skills(skills))
}
