//! The live lane: latest values that are never journaled (law 4).

use crate::{
    AgentId, Availability, ChatId, VisitorId, VisitorProfile, hours::OutsideHours, visit::Visit,
};
use serde::{Deserialize, Serialize};

/// One latest value. A newer one for the same key replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all values are visitors")]
pub enum Live {
    /// A visitor is on the site, moved to another page, or stands in another group.
    VisitorHere {
        visitor: VisitorProfile,
        #[serde(default)]
        visit: Visit,
    },
    /// A visitor is no longer on the site.
    VisitorGone { visitor_id: VisitorId },
    /// Somebody is typing in a chat, or stopped.
    Typing { chat_id: ChatId, who: Typist, on: bool },
    /// What an agent is for her colleagues now.
    AgentPresence {
        agent_id: AgentId,
        presence: Presence,
        /// She is invisible because of the hours, whatever she chose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outside_hours: Option<OutsideHours>,
        /// She has as many chats as she gets (domain.md 8).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        at_limit: bool,
    },
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Live: "kind");

/// Who is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Typist {
    Visitor,
    Agent { agent_id: AgentId },
}

crate::tagged!(Typist: "kind");

/// What is so, as opposed to what the agent chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    Away,
    Invisible,
    /// Not connected.
    #[default]
    Offline,
}

impl Presence {
    /// What an agent with this choice is while `connected`.
    #[must_use]
    pub fn of(availability: Availability, connected: bool) -> Self {
        match (connected, availability) {
            (false, _) => Self::Offline,
            (true, Availability::Online) => Self::Online,
            (true, Availability::Away) => Self::Away,
            (true, Availability::Invisible) => Self::Invisible,
        }
    }
}
