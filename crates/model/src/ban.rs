//! Bans: who is kept from chatting, and why (domain.md 12).

use crate::{AgentId, Seq, Timestamp, VisitorId};
use serde::{Deserialize, Serialize};

/// Who is banned: one browser, or everybody who comes from one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Banned {
    Visitor {
        visitor_id: VisitorId,
    },
    /// An address of IPv4, or the first one of a network of IPv6 (64 bits).
    Address {
        address: String,
    },
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Banned: "kind");

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    pub banned: Banned,
    /// What the visitor was called then; for the list alone, and empty for a bare address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The agent who banned; an administrator at the service's machine where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
}

/// A ban with the number and the moment of its event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedBan {
    pub seq: Seq,
    pub at: Timestamp,
    #[serde(flatten)]
    pub ban: Ban,
}
