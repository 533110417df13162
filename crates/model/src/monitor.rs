//! The monitor: what is so of the whole account at one moment, in numbers (domain.md 14,
//! `view_monitor`). A client asks for it as a list ([`crate::listing::Listing::Monitor`]).

use crate::{AgentId, DepartmentId, Timestamp, live::Presence};
use serde::{Deserialize, Serialize};

/// What waits for one department, or for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueNow {
    /// Without one: requests that are for no department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<DepartmentId>,
    /// Requests that wait, whoever may serve them.
    pub waiting: u32,
    /// Since when the one waits that waits longest; not there where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<Timestamp>,
}

/// An agent at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentNow {
    pub agent_id: AgentId,
    pub presence: Presence,
    /// Chats that go on and that she is in.
    pub chats: u32,
    /// How many she gets (domain.md 8); without a limit, not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_limit: Option<u8>,
}
