//! Routing: how a request finds its agent (domain.md 8).

use crate::{Availability, limits};
use serde::{Deserialize, Serialize};

/// Who is told of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutingMode {
    /// Everybody who may serve it; who is first, serves it.
    #[default]
    Broadcast,
    /// One agent at a time, chosen by the service; nobody else serves it.
    Assigned,
    /// As assigned, and besides agents take what waits by hand.
    Hybrid,
}

/// How requests are routed. The defaults are the vendor's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    pub mode: RoutingMode,
    /// How many chats an agent gets; without it, as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_limit: Option<ChatLimit>,
    /// Milliseconds for which a request waits for one agent alone; without it, until she takes it
    /// or is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_for_ms: Option<i64>,
    /// What becomes of an agent who takes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<IdleRule>,
    /// What is assigned to an agent is served by her at once, without a click.
    pub auto_accept: bool,
    /// Milliseconds for which a request waits for an agent who has all skills it asks for.
    pub skills_for_ms: i64,
}

/// How many chats an agent may have that she answered within the last ten minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLimit {
    /// 0 to [`limits::CHAT_LIMIT`].
    pub chats: u8,
    /// Agents have limits of their own; `chats` is that of who has none.
    pub of_each: bool,
    /// An agent may choose her own.
    pub by_agents: bool,
}

/// After so many requests in a row that an agent did not take, she is this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleRule {
    pub misses: u8,
    /// Away or invisible.
    pub to: Availability,
}

/// Why a waiting request was assigned to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnassignedReason {
    /// Nobody who may serve it is online.
    NobodyThere,
    /// Who may serve it is asked about another request, or at the limit of chats.
    AllBusy,
    /// Nobody who could take one has the skills it asks for.
    NoSkill,
    /// Everybody who is there was asked and did not take it. Whoever may serve it takes it by hand.
    AllMissed,
    /// A reason this version does not know.
    #[serde(other)]
    Unknown,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            mode: RoutingMode::Broadcast,
            chat_limit: None,
            hold_for_ms: Some(30_000),
            idle: None,
            auto_accept: false,
            skills_for_ms: 30_000,
        }
    }
}

/// The newest skills, each once and in their order: what is no skill, and what is more than
/// [`limits::SKILLS`], is left out.
#[must_use]
pub fn newest_skills(asked: &[String]) -> Vec<String> {
    let mut skills: Vec<String> = Vec::new();
    for skill in asked.iter().rev().filter(|skill| crate::rules::check_tag(skill).is_ok()) {
        if skills.len() < limits::SKILLS && !skills.contains(skill) {
            skills.push(skill.clone());
        }
    }
    skills.reverse();
    skills
}
