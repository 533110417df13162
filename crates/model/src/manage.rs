//! What an agent wishes of the account itself and not of a chat: a frame of its own on the agents'
//! socket, answered like a command.

use crate::{
    AgentId, CommandId, DepartmentId, FileId, OfflineMessageId, Seq, TeamChatId, VisitorId,
    ban::Banned,
    record::RecordId,
    shortcut::{Scope, Shortcut},
};
use serde::{Deserialize, Serialize};

/// A wish with the name its client gave it, which no command has either (law 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedManagement {
    pub id: CommandId,
    pub wish: Management,
}

/// What an agent wishes of the account, as far as her role allows it
/// ([`crate::permission`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Management {
    /// These are the members of the department, in any order (domain.md 14,
    /// `edit_department_agents`).
    SetDepartmentMembers {
        department_id: DepartmentId,
        members: Vec<AgentId>,
    },
    /// This agent gets so many chats at a time; without a number, as many as the account says
    /// (domain.md 14, `set_agent_chat_limit`).
    SetAgentChatLimit {
        agent_id: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_limit: Option<u8>,
    },
    /// Make a shortcut, or change the one of this name (domain.md 4, `manage_shortcuts`).
    PutShortcut {
        shortcut: Shortcut,
    },
    RemoveShortcut {
        name: String,
    },
    /// Give shortcuts another scope, all of them or none.
    ReassignShortcuts {
        names: Vec<String>,
        scope: Scope,
    },
    /// Say that an offline message was read, or not (domain.md 16, `view_past_chats`).
    MarkOfflineMessage {
        message_id: OfflineMessageId,
        unread: bool,
    },
    /// Answer an offline message; the visitor sees it when they are on the site again.
    AnswerOfflineMessage {
        message_id: OfflineMessageId,
        text: String,
    },
    /// Delete a chat of the history, or an offline message, for good (domain.md 13, `delete_chats`).
    DeleteRecord {
        id: RecordId,
    },
    /// Say what visitors see of the agent herself; what is left out stays (domain.md 1).
    SetProfile {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tagline: Option<String>,
    },
    /// Have no picture.
    RemoveAvatar,
    /// This is the visitor's contact information; an empty field is one that is not known (R-063,
    /// `edit_visitor_information`).
    SetContact {
        visitor_id: VisitorId,
        name: String,
        email: String,
        phone: String,
    },
    /// This is the agents' note on the visitor; an empty one is none (domain.md 13,
    /// `edit_visitor_notes`).
    SetVisitorNote {
        visitor_id: VisitorId,
        note: String,
    },
    /// Ban the visitor's browser, and with `address` everybody at the address it is at now
    /// (domain.md 12, `manage_bans`).
    BanVisitor {
        visitor_id: VisitorId,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        address: bool,
    },
    /// Ban everybody at an address of IPv4, or in the network of IPv6 (64 bits) that it is in.
    BanAddress {
        address: String,
        #[serde(default)]
        reason: String,
    },
    /// Ban them no more.
    LiftBan {
        banned: Banned,
    },
    /// Say something to colleagues; the team chat is that of exactly these agents.
    SayToTeam {
        to: Vec<AgentId>,
        text: String,
    },
    /// The agent has read a team chat up to the message of this number.
    ReadTeamChat {
        team_chat_id: TeamChatId,
        up_to: Seq,
    },
    /// Send a file to colleagues, which is refused.
    SendFileToTeam {
        to: Vec<AgentId>,
        #[serde(default)]
        name: String,
    },
    /// Delete a file that was sent in a chat, for good (domain.md 13); the owner and administrators
    /// may.
    DeleteFile {
        file_id: FileId,
    },
    /// Give tickets of the agent's own chats to the support agent with this address from now on;
    /// empty: to nobody.
    SetTicketAssignee {
        email: String,
    },
    /// A kind this version does not know; the service refuses it by name.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Management: "kind");
