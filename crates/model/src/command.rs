//! Commands: what an agent wishes to happen.

use crate::{AgentId, Availability, ChatId, CommandId, DepartmentId, VisitorId};
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
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Command {
    /// Serve the request that waits longest (section 10, point 3 of the requirements).
    ServeNext,
    /// Serve exactly this request.
    Serve { chat_id: ChatId },
    /// Write to a visitor who is on the site and in no chat; the chat begins with it.
    StartChat { visitor_id: VisitorId, text: String },
    /// Say something in a chat the agent is in.
    Say { chat_id: ChatId, text: String },
    /// Say what a shortcut says, or what the agent made of it; the shortcut's options and tags go
    /// along (domain.md 4).
    SayShortcut { chat_id: ChatId, shortcut: String, text: String },
    /// Replace the chat's tags.
    SetTags { chat_id: ChatId, tags: Vec<String> },
    /// Leave the chat; it ends when no agent is left in it (R-075; section 10, point 7).
    EndChat { chat_id: ChatId },
    /// Reopen a chat that the visitor ended.
    ContinueChat { chat_id: ChatId },
    /// Hand the chat to a department and leave it; it waits at the bottom of the
    /// queue. `note` is for whoever serves it next.
    TransferToDepartment {
        chat_id: ChatId,
        department_id: DepartmentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Hand the chat to an agent and leave it. It waits for that agent alone, until it is
    /// taken or given back to the queue.
    TransferToAgent {
        chat_id: ChatId,
        agent_id: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Add another agent to the chat and stay in it.
    Invite {
        chat_id: ChatId,
        agent_id: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Ask the visitor for a rating.
    RequestRating { chat_id: ChatId },
    /// Leave the chat to the colleagues who are in it.
    LeaveChat { chat_id: ChatId },
    /// Choose an availability.
    SetAvailability { availability: Availability },
    /// Choose how many chats to get, where the account lets agents choose (domain.md 1); without
    /// a number, what the account says.
    SetChatLimit {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_limit: Option<u8>,
    },
    /// A kind this version does not know; the service refuses it by name.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Command: "kind");

impl Command {
    /// The chat it is about, where it names one.
    #[must_use]
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::Serve { chat_id }
            | Self::Say { chat_id, .. }
            | Self::SayShortcut { chat_id, .. }
            | Self::RequestRating { chat_id }
            | Self::SetTags { chat_id, .. }
            | Self::EndChat { chat_id }
            | Self::ContinueChat { chat_id }
            | Self::TransferToDepartment { chat_id, .. }
            | Self::TransferToAgent { chat_id, .. }
            | Self::Invite { chat_id, .. }
            | Self::LeaveChat { chat_id } => Some(*chat_id),
            Self::ServeNext
            | Self::StartChat { .. }
            | Self::SetAvailability { .. }
            | Self::SetChatLimit { .. }
            | Self::Unknown => None,
        }
    }
}
