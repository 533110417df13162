//! Agents and visitors.

use crate::{
    AgentId, Fact, Timestamp, VisitorId,
    visit::{Place, Step},
};
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
    /// Where they were when they asked (domain.md 13). Of who is on the site now it is said beside
    /// this, in [`crate::visit::Visit`].
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
    /// What agents wrote down of them; no visitor ever sees it.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    /// Start of this visit.
    pub arrived_at: Timestamp,
}

/// Where a visitor's browser asked from, what it called itself, and which way it came (domain.md 13).
/// It is kept for the history alone: agents' programs are not told of it with the chat.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// One of IPv4, or the first of the network of IPv6 (64 bits) that they were in; empty where it
    /// is nobody's: the service's own machine, or a proxy that does not say for whom it speaks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The `User-Agent`, as one plain line of at most [`crate::limits::USER_AGENT_CHARS`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The pages of the visit until then, oldest first: the web path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Step>,
}

impl Origin {
    /// Nothing is known of it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// What agents wrote down of a visitor: it stays with the visitor over all visits, and a
/// ticket's requester is taken from it. Each field is empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// What agents call them, whatever name they give themselves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Agents' note on them, for each other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Contact {
    /// Nothing is written down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.name, &self.email, &self.phone, &self.note].iter().all(|text| text.is_empty())
    }
}

impl VisitorProfile {
    /// The language to address them in: the page's, else their browser's.
    #[must_use]
    pub fn speaks(&self) -> &str {
        if self.page.language.is_empty() { &self.language } else { &self.page.language }
    }

    /// The name agents wrote down, or the one the visitor gave, or the short id.
    #[must_use]
    pub fn label(&self) -> String {
        if self.contact.name.is_empty() {
            self.name.clone().unwrap_or_else(|| self.id.label())
        } else {
            self.contact.name.clone()
        }
    }

    /// Carries out one fact about this visitor that is about none of their chats. Whether it was
    /// one.
    pub fn apply(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::ContactSaved { visitor_id, contact, .. } if *visitor_id == self.id => {
                self.contact.clone_from(contact);
                true
            }
            _ => false,
        }
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
