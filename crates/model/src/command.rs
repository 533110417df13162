//! Commands: what an agent wishes to happen.

use crate::{Availability, ChatId, CommandId};
use serde::{Deserialize, Serialize};

/// A wish with the name its client gave it. A repeat of the same id gets the first answer and
/// changes nothing (law 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCommand {
    pub id: CommandId,
    pub command: Command,
}

/// What an agent wishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Command {
    /// Serve the request that waits longest (section 10, point 3 of the requirements).
    ServeNext,
    /// Serve exactly this request.
    Serve { chat_id: ChatId },
    /// Say something in a chat the agent is in.
    Say { chat_id: ChatId, text: String },
    /// Replace the chat's tags.
    SetTags { chat_id: ChatId, tags: Vec<String> },
    /// Leave the chat; it ends when no agent is left in it (R-075; section 10, point 7).
    EndChat { chat_id: ChatId },
    /// Reopen a chat that the visitor ended.
    ContinueChat { chat_id: ChatId },
    /// Choose an availability.
    SetAvailability { availability: Availability },
    /// A kind this version does not know; the service refuses it by name.
    #[serde(other)]
    Unknown,
}

impl Command {
    /// The chat it is about, where it names one.
    #[must_use]
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::Serve { chat_id }
            | Self::Say { chat_id, .. }
            | Self::SetTags { chat_id, .. }
            | Self::EndChat { chat_id }
            | Self::ContinueChat { chat_id } => Some(*chat_id),
            Self::ServeNext | Self::SetAvailability { .. } | Self::Unknown => None,
        }
    }
}
