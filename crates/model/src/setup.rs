//! How an account is set up: what is neither a chat nor an agent, and the rules that follow.
//!
//! Invariant: it is a fold of the account's events; a client is told the whole of it at the
//! welcome and folds on from there, so both ends answer "who may serve this" in the same way.

use crate::{AgentId, DepartmentId, Fact, Refusal, Route, RoutingMode};
use serde::{Deserialize, Serialize};

/// A department: the agents who serve its requests (domain.md 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// A disabled one is no target, and nothing can be asked of it.
    pub enabled: bool,
    /// In the order of their ids, each once.
    pub members: Vec<AgentId>,
}

/// What the account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    #[default]
    Chat,
    /// Each chat that is over becomes a ticket.
    ChatSupport,
}

/// Whether chats become tickets, and who may be given them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Support {
    #[serde(default)]
    pub kind: AccountKind,
    /// Addresses of the support agents, in small letters and in order, each once.
    #[serde(default)]
    pub agents: Vec<String>,
}

impl Support {
    /// An account of chats alone, with nobody named.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The address as it is kept, where it is a support agent's. Empty is nobody's: tickets
    /// are made without an assignee then.
    ///
    /// # Errors
    /// Why it cannot be given tickets.
    pub fn assignee(&self, email: &str) -> Result<Option<String>, Refusal> {
        let email = email.trim().to_lowercase();
        if email.is_empty() {
            return Ok(None);
        }
        let is_one = self.agents.binary_search(&email).is_ok();
        // Where there are no tickets, nobody is given any.
        if self.kind == AccountKind::ChatSupport && is_one {
            Ok(Some(email))
        } else {
            Err(Refusal::NotASupportAgent { email })
        }
    }
}

/// How the account is set up now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Setup {
    /// In the order of their ids, disabled ones too.
    #[serde(default)]
    pub departments: Vec<Department>,
    /// How requests are routed: where they are assigned, nobody takes them by hand.
    #[serde(default)]
    pub routing: RoutingMode,
    /// Chats can be rated (domain.md 5: off until it is enabled).
    #[serde(default)]
    pub ratings: bool,
    #[serde(default, skip_serializing_if = "Support::is_nothing")]
    pub support: Support,
}

impl Setup {
    /// Carries out one fact. Whether it was about the setup.
    pub fn apply(&mut self, fact: &Fact) -> bool {
        let department = match fact {
            Fact::RoutingSaved { routing } => {
                self.routing = routing.mode;
                return true;
            }
            Fact::RatingSwitched { enabled } => {
                self.ratings = *enabled;
                return true;
            }
            Fact::SupportSaved { support } => {
                self.support.clone_from(support);
                return true;
            }
            Fact::DepartmentSaved { department } => department,
            _ => return false,
        };
        match self.departments.binary_search_by_key(&department.id, |known| known.id) {
            Ok(at) => self.departments[at] = department.clone(),
            Err(at) => self.departments.insert(at, department.clone()),
        }
        true
    }

    #[must_use]
    pub fn department(&self, id: DepartmentId) -> Option<&Department> {
        let at = self.departments.binary_search_by_key(&id, |known| known.id).ok()?;
        self.departments.get(at)
    }

    /// The agent is one of the department's; of one that is not there, nobody is.
    #[must_use]
    pub fn is_member(&self, agent: AgentId, department: DepartmentId) -> bool {
        self.department(department).is_some_and(|d| d.members.contains(&agent))
    }

    /// Whether `agent` may transfer a chat with this route to `department` now. Her own
    /// department only while somebody else who may serve the chat is online in it; each
    /// department she is in counts as her own.
    ///
    /// # Errors
    /// Why not.
    pub fn check_transfer(
        &self,
        agent: AgentId,
        route: &Route,
        department: DepartmentId,
        is_online: &dyn Fn(AgentId) -> bool,
    ) -> Result<&Department, Refusal> {
        let target = self
            .department(department)
            .ok_or(Refusal::NoSuchDepartment { department_id: department })?;
        let name = || target.name.clone();
        if !target.enabled {
            return Err(Refusal::DepartmentDisabled { department: name() });
        }
        let others = |id: &&AgentId| **id != agent && !route.excluded.contains(id);
        let mut others = target.members.iter().filter(others);
        let own = target.members.contains(&agent);
        if own && !others.clone().any(|id| is_online(*id)) {
            return Err(Refusal::NobodyElseOnline { department: name() });
        }
        if others.next().is_none() {
            return Err(Refusal::DepartmentEmpty { department: name() });
        }
        Ok(target)
    }
}
