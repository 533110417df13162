//! Refusals: why a wish is not granted, each with a code that never changes.

use crate::{
    AgentId, ChatId, DepartmentId, FileId, OfflineMessageId, Permission, TeamChatId, Timestamp,
    VisitorId,
};
use serde::{Deserialize, Serialize};

/// Why a command was refused. Nothing was changed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Refusal {
    #[error("nobody is waiting")]
    NobodyWaiting,
    #[error("{by} is already serving this chat")]
    AlreadyServed { by: String },
    #[error("there is no chat {chat_id}")]
    NoSuchChat { chat_id: ChatId },
    #[error("you are not in this chat")]
    NotInChat,
    #[error("this chat has ended")]
    ChatEnded,
    #[error("this chat has not ended")]
    ChatNotEnded,
    #[error("the message is empty")]
    TextEmpty,
    #[error("the message has {chars} characters; {limit} are allowed")]
    TextTooLong { chars: usize, limit: usize },
    #[error("the tag {tag:?} is not allowed: {reason}")]
    TagInvalid { tag: String, reason: TagProblem },
    #[error("{count} tags are too many; {limit} are allowed")]
    TooManyTags { count: usize, limit: usize },
    #[error("too many commands; try again in {retry_for_ms} ms")]
    TooFast { retry_for_ms: u64 },
    #[error("this chat is for the department {department}")]
    OtherDepartment { department: String },
    #[error("this chat waits for {name} alone")]
    HeldForAnother { name: String },
    #[error("requests are assigned here, and this one is not assigned to you")]
    NotAssigned,
    #[error("you have as many chats as you get: {limit}")]
    AtLimit { limit: u8 },
    #[error("agents do not choose their limit of chats here")]
    LimitNotYours,
    #[error("a limit of {limit} chats is too high; {most} is the highest")]
    LimitTooHigh { limit: u8, most: u8 },
    #[error("you transferred this chat to your own department")]
    Excluded,
    #[error("there is no department {department_id}")]
    NoSuchDepartment { department_id: DepartmentId },
    #[error("the department {department} is disabled")]
    DepartmentDisabled { department: String },
    #[error("nobody in the department {department} may serve this chat")]
    DepartmentEmpty { department: String },
    #[error("{department} is your own department, and nobody else who may serve is online in it")]
    NobodyElseOnline { department: String },
    #[error("{with} is in this chat too")]
    NotAlone { with: String },
    #[error("there is no agent {agent_id}")]
    NoSuchAgent { agent_id: AgentId },
    #[error("{name} is not there")]
    AgentNotThere { name: String },
    #[error("{name} is in this chat already")]
    AlreadyInChat { name: String },
    #[error("a chat cannot be handed to oneself")]
    ToOneself,
    #[error("nobody else is in this chat")]
    LastInChat,
    #[error("it is outside operating hours, so you are invisible")]
    OutsideHours {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens_at: Option<Timestamp>,
    },
    #[error("there is no shortcut {name:?}")]
    NoSuchShortcut { name: String },
    #[error("there is another shortcut {name:?}")]
    ShortcutNameTaken { name: String },
    #[error("{tag:?} is none of the account's tags")]
    TagUnknown { tag: String },
    #[error("chat rating is not enabled")]
    RatingDisabled,
    #[error("no agent has been in this chat")]
    NothingToRate,
    #[error("somebody is there to ask")]
    SomebodyIsThere,
    #[error("there is no offline message {message_id}")]
    NoSuchMessage { message_id: OfflineMessageId },
    #[error("{field} is not right: {problem}")]
    FieldInvalid { field: String, problem: FieldProblem },
    #[error("more than {limit} {what} are not allowed")]
    LimitReached { what: String, limit: usize },
    #[error("your role does not allow it ({permission})")]
    NotPermitted { permission: String },
    #[error("there is no visitor {visitor_id}")]
    NoSuchVisitor { visitor_id: VisitorId },
    #[error("this visitor is not on the site")]
    VisitorNotHere,
    #[error("this visitor is in a chat already")]
    VisitorInChat { chat_id: ChatId },
    #[error("there is no team chat {team_chat_id}")]
    NoSuchTeamChat { team_chat_id: TeamChatId },
    ///
    #[error("no files are sent in team chats")]
    NoFilesInTeamChats,
    #[error("there is no file {file_id}, or no more")]
    NoSuchFile { file_id: FileId },
    #[error("it is not known which address this visitor is at")]
    AddressUnknown,
    /// All that a banned visitor is told (domain.md 12).
    #[error("chat is not available")]
    NotAvailable,
    #[error("{email} is not the address of a support agent")]
    NotASupportAgent { email: String },
    #[error("this service does not know the command")]
    UnknownCommand,
    #[error("the service cannot store anything now; the message is kept and sent again")]
    StorageUnavailable,
    /// A code this version does not know.
    #[error("the service refused it for a reason this version does not know")]
    #[serde(other)]
    Unknown,
}

crate::tagged!(Refusal: "code");

impl Refusal {
    /// The agent's role does not allow it.
    #[must_use]
    pub fn not_permitted(permission: Permission) -> Self {
        Self::NotPermitted { permission: permission.name().to_owned() }
    }

    /// A field of something that is to be kept is not right.
    #[must_use]
    pub fn field(field: &str, problem: FieldProblem) -> Self {
        Self::FieldInvalid { field: field.to_owned(), problem }
    }

    /// There are as many as there may be.
    #[must_use]
    pub fn limit(what: &str, limit: usize) -> Self {
        Self::LimitReached { what: what.to_owned(), limit }
    }

    /// The same command may succeed later, unchanged (law 10).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::TooFast { .. } | Self::StorageUnavailable)
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldProblem {
    #[error("it is empty")]
    Empty,
    #[error("it is too long")]
    TooLong,
    #[error("these are too many")]
    TooMany,
    #[error("it has something that is not allowed there")]
    NotAllowed,
    #[error("this version does not know why")]
    #[serde(other)]
    Unknown,
}

/// What is wrong with a tag (domain.md 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagProblem {
    #[error("it is empty")]
    Empty,
    #[error("it has more than 140 characters")]
    TooLong,
    #[error("it contains a blank")]
    Blank,
    #[error("it contains a character that is neither a letter, a digit, '-' nor '_'")]
    SpecialCharacter,
}
