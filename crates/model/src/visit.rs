//! A visit: what agents are shown of somebody who is on the site, besides who they are
//! (domain.md 7; ).

use crate::{AgentId, Timestamp, people::Page};
use serde::{Deserialize, Serialize};

/// What is so of a visitor's visit at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Visit {
    #[serde(default)]
    pub category: Category,
    /// The agents in the visitor's chat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served_by: Vec<AgentId>,
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
    /// Since when they are on the page they look at.
    pub page_since: Timestamp,
    /// Pages looked at in this visit, the one of now included.
    #[serde(default)]
    pub pages: u32,
    /// Visits so far, this one included, as their browser counts them.
    #[serde(default)]
    pub visits: u32,
    /// Chats so far.
    #[serde(default)]
    pub chats: u32,
}

/// In which group of the visitor list somebody stands. Where several fit, the first one counts
/// (domain.md 7).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// They asked, and an agent who is signed in may serve them.
    Incoming,
    /// Their chat waits for one agent alone.
    Assigned,
    /// An agent is in their chat.
    Served,
    /// They opened the chat and said nothing yet.
    ButtonClicked,
    /// An automatic message was sent to them, and nobody is in their chat.
    TriggerActivated,
    /// They move about on the site.
    #[default]
    Active,
    /// They are on the site and have done nothing for ten minutes.
    Idle,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Where somebody is, as well as that can be told. What is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1, two letters, such as `KR`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub city: String,
    #[serde(default)]
    pub known_by: KnownBy,
}

impl Place {
    /// Nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.country.is_empty()
    }
}

/// What a place follows from, the least sure first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// The region in the browser's language.
    #[default]
    Language,
    /// The browser's time zone.
    TimeZone,
    /// The address, in a database that the operator gave to the service.
    Address,
    /// Something this version does not know.
    #[serde(other)]
    Unknown,
}

/// One page of a visit, and since when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub at: Timestamp,
    pub page: Page,
}
