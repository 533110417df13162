//! Agents and visitors.

use crate::{AgentId, Timestamp, VisitorId};
use serde::{Deserialize, Serialize};

/// A person who answers chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: AgentId,
    /// What visitors and colleagues see.
    pub display_name: String,
    pub email: String,
    pub availability: Availability,
}

/// An agent's picture, as the service drew it (domain.md 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Avatar {
    /// Another one with every picture; where it is served.
    pub name: String,
    /// A PNG file in hexadecimal.
    pub png: String,
}

/// What an agent chose to be (domain.md 3). Reconnecting never changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    #[default]
    Online,
    Away,
    Invisible,
}

/// A visitor as an agent knows them. Every text in it comes from the visitor's side and is
/// hostile until shown as plain text (law 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitorProfile {
    pub id: VisitorId,
    /// The name the visitor gave, where they gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The visitor's language as their browser says it, such as `ko-KR`.
    #[serde(default)]
    pub language: String,
    /// The browser, such as "Chromium 156", read by the service from the user agent.
    #[serde(default)]
    pub browser: String,
    /// The operating system, such as "Linux", read in the same way.
    #[serde(default)]
    pub platform: String,
    /// The page looked at now, or last.
    pub page: Page,
    /// Where the visitor came from; empty where the browser does not say.
    #[serde(default)]
    pub referrer: String,
    /// Start of this visit.
    pub arrived_at: Timestamp,
}

impl VisitorProfile {
    /// The language to address them in: the page's, else their browser's.
    #[must_use]
    pub fn speaks(&self) -> &str {
        if self.page.language.is_empty() { &self.language } else { &self.page.language }
    }

    /// The name, or the short id of a visitor without one.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.label())
    }
}

/// A page of the web site, as the visitor's browser names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    pub url: String,
    pub title: String,
    /// The language of the page, such as `ko`; empty where that is not known. The widget speaks
    /// it, and so do automatic messages.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
}
