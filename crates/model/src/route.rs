//! Where a request goes: who may serve a chat while it waits.
//!
//! Invariant: a route is the fold of its chat's lines and of nothing else, so that a chat that
//! comes back from the history goes the same way. Whether a route admits an agent is decided
//! here, for the service and for the desktop alike.

use crate::{
    AgentId, Chat, ChatState, DepartmentId, Refusal, Setup, Timestamp, TranscriptLine,
    chat::LineBody,
    routing::{RoutingMode, UnassignedReason},
};
use serde::{Deserialize, Serialize};

/// Who may serve a chat while it waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Route {
    /// Only members of this department serve it; without one, everybody does.
    #[serde(default)]
    pub department: Option<DepartmentRef>,
    /// It waits for this agent alone.
    #[serde(default)]
    pub held_for: Option<Hold>,
    /// They transferred it to their own department and do not serve it again, for as long as the
    /// chat lives or until somebody invites them (R-096; section 10, point 1).
    #[serde(default)]
    pub excluded: Vec<AgentId>,
    /// They were asked to serve it since it waits, and did not; it is not assigned to them again
    /// (domain.md 8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<AgentId>,
    /// It could be assigned to nobody since it waits, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unassigned: Option<UnassignedReason>,
}

/// A department as a chat knows it: by its id, and by the name it had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DepartmentRef {
    pub id: DepartmentId,
    pub name: String,
}

/// A chat that waits for one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hold {
    pub agent_id: AgentId,
    pub since: Timestamp,
}

/// Where a chat is transferred to. A department is named as it was called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Destination {
    Department {
        department_id: DepartmentId,
        name: String,
    },
    Agent {
        agent_id: AgentId,
    },
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Destination: "kind");

/// Why a chat waits no more for one agent, or for one department, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The agent did not take it in time.
    NotTaken,
    /// The agent is not there any more, or invisible.
    AgentGone,
    /// Nobody is left in the department who may serve it, or it was disabled: everybody serves it.
    DepartmentClosed,
    /// A reason this version does not know.
    #[serde(other)]
    Unknown,
}

impl Route {
    /// The route of a chat with these lines.
    #[must_use]
    pub fn of(lines: &[TranscriptLine]) -> Self {
        let mut route = Self::default();
        for line in lines {
            route.follow(line);
        }
        route
    }

    /// What one more line of its chat does to it.
    pub fn follow(&mut self, line: &TranscriptLine) {
        match &line.body {
            LineBody::ForDepartment { department_id, department } => {
                self.department =
                    Some(DepartmentRef { id: *department_id, name: department.clone() });
            }
            LineBody::Transferred { agent_id, to, excluded, .. } => {
                if *excluded && !self.excluded.contains(agent_id) {
                    self.excluded.push(*agent_id);
                }
                self.waits_anew();
                match to {
                    Destination::Department { department_id, name } => {
                        self.department =
                            Some(DepartmentRef { id: *department_id, name: name.clone() });
                        self.held_for = None;
                    }
                    Destination::Agent { agent_id } => {
                        self.excluded.retain(|id| id != agent_id);
                        self.held_for = Some(Hold { agent_id: *agent_id, since: line.at });
                    }
                    Destination::Unknown => {}
                }
            }
            LineBody::Invited { invited_id, .. } => self.excluded.retain(|id| id != invited_id),
            LineBody::Assigned { agent_id, .. } => {
                self.held_for = Some(Hold { agent_id: *agent_id, since: line.at });
            }
            LineBody::Unassigned { reason } => self.unassigned = Some(*reason),
            LineBody::Released { reason, .. } => match (reason, self.held_for.take()) {
                (ReleaseReason::DepartmentClosed, _) | (_, None) => self.department = None,
                (ReleaseReason::NotTaken, Some(hold)) if !self.missed.contains(&hold.agent_id) => {
                    self.missed.push(hold.agent_id);
                }
                (_, Some(_)) => {}
            },
            LineBody::AgentJoined { .. } | LineBody::Ended { .. } | LineBody::CameBack => {
                self.held_for = None;
                self.waits_anew();
            }
            LineBody::Said { .. }
            | LineBody::AgentLeft { .. }
            | LineBody::Continued { .. }
            | LineBody::Tagged { .. }
            | LineBody::Offered { .. }
            | LineBody::RatingRequested { .. }
            | LineBody::Rated { .. }
            | LineBody::FileDeleted { .. } => {}
        }
    }

    /// Who missed it, and why nobody could be found, is of one wait alone.
    fn waits_anew(&mut self) {
        self.missed.clear();
        self.unassigned = None;
    }

    /// Whether `agent` may serve what goes this way.
    #[must_use]
    pub fn admits(&self, agent: AgentId, setup: &Setup) -> bool {
        match self.held_for {
            Some(hold) => hold.agent_id == agent && !self.excluded.contains(&agent),
            None => self.is_by_hand(setup) && self.leads_to(agent, setup),
        }
    }

    /// Whether it may be assigned to `agent`, as far as the route says.
    #[must_use]
    pub fn leads_to(&self, agent: AgentId, setup: &Setup) -> bool {
        let member = |desk: &DepartmentRef| setup.is_member(agent, desk.id);
        !self.excluded.contains(&agent) && self.department.as_ref().is_none_or(member)
    }

    /// Agents take it by hand while it waits for nobody alone. Where requests are assigned, that is
    /// only what everybody was asked about in vain.
    fn is_by_hand(&self, setup: &Setup) -> bool {
        setup.routing != RoutingMode::Assigned
            || self.unassigned == Some(UnassignedReason::AllMissed)
    }

    /// That it can be assigned to nobody for this reason is news: the first reason is told, and
    /// the one that opens it to everybody.
    #[must_use]
    pub fn tells(&self, reason: UnassignedReason) -> bool {
        self.unassigned.is_none()
            || (reason == UnassignedReason::AllMissed && self.unassigned != Some(reason))
    }

    /// The same, saying why not.
    ///
    /// # Errors
    /// Why `agent` may not serve what goes this way.
    pub fn check(
        &self,
        agent: AgentId,
        setup: &Setup,
        name_of: &dyn Fn(AgentId) -> String,
    ) -> Result<(), Refusal> {
        if self.admits(agent, setup) {
            return Ok(());
        }
        Err(match (self.held_for, &self.department) {
            _ if self.excluded.contains(&agent) => Refusal::Excluded,
            (Some(hold), _) => Refusal::HeldForAnother { name: name_of(hold.agent_id) },
            (None, _) if self.leads_to(agent, setup) => Refusal::NotAssigned,
            (None, desk) => {
                let name = desk.as_ref().map(|desk| desk.name.clone());
                Refusal::OtherDepartment { department: name.unwrap_or_default() }
            }
        })
    }
}

impl Chat {
    /// It waits, and the agent may serve it: it counts in her button.
    #[must_use]
    pub fn is_offered_to(&self, agent: AgentId, setup: &Setup) -> bool {
        self.state == ChatState::Waiting && self.route.admits(agent, setup)
    }
}
