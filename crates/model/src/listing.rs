//! Lists that may be long: a client asks for them page by page, when it needs them.
//!
//! Each list has a version, the number of the last event that may have changed it. A client is told
//! the versions when it connects, and asks anew for what it has in another.

use crate::{
    AgentId, OfflineMessageId, Refusal, Seq, Timestamp, VisitorId,
    ban::ListedBan,
    monitor::{AgentNow, QueueNow},
    offline::OfflineMessage,
    shortcut::Shortcut,
    visit::Step,
};
use serde::{Deserialize, Serialize};

/// The versions of all lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Versions {
    #[serde(default)]
    pub shortcuts: Seq,
    #[serde(default)]
    pub tags: Seq,
    #[serde(default)]
    pub offline_messages: Seq,
    #[serde(default)]
    pub bans: Seq,
}

/// One page that a client asks for. `request` is its own, and comes back with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAsked {
    pub request: u64,
    #[serde(flatten)]
    pub of: Listing,
}

/// Which list, and after which of its entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Listing {
    /// The agent's own shortcuts and those of all and of her departments, by name.
    Shortcuts {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// The account's known tags, in order.
    Tags {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Offline messages, newest first, those before this one.
    OfflineMessages {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<OfflineMessageId>,
    },
    /// The bans in which `search` stands, newest first; `before` is the number of the last one of
    /// the page before (domain.md 12).
    Bans {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        search: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Seq>,
    },
    /// Where a visitor went in this visit, oldest page first; nothing of one who is not on the
    /// site. It has no version.
    Path { visitor_id: VisitorId },
    /// What is so at this moment, in numbers; of agents, those behind this one (domain.md 14,
    /// `view_monitor`). It has no version.
    Monitor {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<AgentId>,
    },
    /// A list this version does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Listing: "what");

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub request: u64,
    pub version: Seq,
    /// There is a page after this one.
    pub more: bool,
    #[serde(flatten)]
    pub page: Page,
}

/// What is on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Page {
    Shortcuts {
        shortcuts: Vec<Shortcut>,
    },
    Tags {
        tags: Vec<String>,
    },
    OfflineMessages {
        offline_messages: Vec<OfflineMessage>,
    },
    Bans {
        bans: Vec<ListedBan>,
    },
    Path {
        path: Vec<Step>,
    },
    Monitor {
        /// The moment that it tells of.
        at: Timestamp,
        /// Chats that an agent is in and that are not over.
        served: u32,
        /// All queues, on each page.
        queues: Vec<QueueNow>,
        agents: Vec<AgentNow>,
    },
    /// The agent may not have the list. Before, `unknown` was said instead, and is by older services.
    Refused {
        refusal: Refusal,
    },
    /// A list that this version, or the service, does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Page: "what");
