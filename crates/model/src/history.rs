//! Ended chats as the history lists them.

use crate::{ChatId, ChatState, EndedBy, Timestamp};
use serde::{Deserialize, Serialize};

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub chat_id: ChatId,
    /// The visitor's name or short id.
    pub visitor: String,
    pub state: ChatState,
    pub requested_at: Timestamp,
    pub ended_at: Timestamp,
    pub ended_by: Option<EndedBy>,
    /// Names of the agents who were in it, in the order they joined.
    pub agents: Vec<String>,
    pub tags: Vec<String>,
    /// The first thing the visitor said, cut to one line.
    pub first_words: String,
    pub messages: u32,
}

/// A page of the history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryPage {
    pub entries: Vec<HistoryEntry>,
    /// Give it back as `before` for the next page; `None` when this is the last.
    pub next: Option<HistoryCursor>,
}

/// The place after the last row of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryCursor {
    pub ended_at: Timestamp,
    pub chat_id: ChatId,
}
