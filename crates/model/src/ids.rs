//! Ids as types of their own, so that a chat's number cannot stand where an
//! agent's belongs.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// An agent of the account.
    AgentId
}
number_id! {
    /// A chat: one session of one visitor, from its request to its end, however often it comes back.
    ChatId
}
number_id! {
    /// A chat of agents among themselves.
    TeamChatId
}
number_id! {
    /// A department of the account.
    DepartmentId
}
number_id! {
    /// A role of the account.
    RoleId
}
number_id! {
    /// A trigger of the account.
    TriggerId
}
number_id! {
    /// A message that a visitor left while nobody was there.
    OfflineMessageId
}
number_id! {
    /// The number of a durable event in the account's journal. The first is 1; 0 means "none yet".
    Seq
}

impl Seq {
    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A visitor's browser. Derived by the service from the key that the browser keeps, so knowing
/// an id does not allow to speak for it. Hexadecimal, 24 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitorId(pub String);

impl VisitorId {
    /// The short form shown where the visitor has given no name, such as `#4821`.
    #[must_use]
    pub fn label(&self) -> String {
        let digits = self
            .0
            .bytes()
            .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        format!("#{}", 1000 + digits % 9000)
    }
}

impl fmt::Display for VisitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A file in a chat. Made by the service at random, so it cannot be guessed. Hexadecimal, 32
/// characters: it becomes a file's name, so nothing else is read from a wire or an import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct FileId(pub String);

/// A text that is no [`FileId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file's id has 32 hexadecimal characters in lower case")]
pub struct NotAFileId;

impl TryFrom<String> for FileId {
    type Error = NotAFileId;

    fn try_from(text: String) -> Result<Self, NotAFileId> {
        Self::read(&text).ok_or(NotAFileId)
    }
}

impl FileId {
    /// Characters of an id.
    pub const CHARS: usize = 32;

    /// The id that somebody wrote, where it has the form of one: lower case and no path.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_one = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == Self::CHARS && text.bytes().all(is_one)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name a client gives to a command, made once and repeated with every retry (law 6).
/// A UUID, version 7. The id of a message is the id of the command that said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub uuid::Uuid);

impl CommandId {
    /// A version 7 id from a moment and 10 random bytes; both come from the caller (law 1).
    #[must_use]
    pub fn from_parts(at: crate::Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.0).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
