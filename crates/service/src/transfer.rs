//! A whole account as one stream of JSON lines: out of one service, into another.
//!
//! Invariants: a stream is taken whole or not at all (its last line counts and sums up all before
//! it, and the events must make an account); what a service already has is never mixed with what
//! comes in. The stream is chats in clear: it is as secret as they are. The page
//! docs/export.md describes it for programs in any language.

mod export;
mod import;

pub use export::export;
pub use import::import;

use crate::{
    fold::LoadError,
    journal::{JournalError, KeyError, OpenError, PasswordRow, TicketRow, TokenRow},
    running::StartError,
};
use bellhop_model::{Event, FileId};
use serde::{Deserialize, Serialize};
use std::{io, path::PathBuf};

/// The version of the stream.
pub(crate) const STREAM: u32 = 3;
/// The oldest version of it that is read: it had no tickets.
const OLDEST_STREAM: u32 = 1;
/// The version of a stream in which there are no files.
const WITHOUT_FILES: u32 = 2;
/// Bytes of a file on one line.
const FILE_PART: usize = 192 * 1024;
/// Rows in one transaction, and read at one time.
const PAGE: u32 = 1000;

/// One line. Its one member says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first line.
    BellhopExport(Head),
    Event(Box<Event>),
    Answer(Answer),
    Ticket(Box<TicketRow>),
    Token(TokenRow),
    Password(PasswordRow),
    /// A file of a chat; its bytes follow, in parts.
    File(FileHead),
    FilePart(FilePart),
    /// The last line.
    End(End),
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    version: u32,
    workspace_id: String,
    /// Hashes of tokens and passwords are in the stream.
    secrets: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    command: String,
    outcome: serde_json::Value,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct FileHead {
    id: FileId,
    bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct FilePart {
    /// Base64.
    data: String,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct End {
    /// Lines before this one.
    lines: u64,
    /// SHA-256 of all bytes before this line, in hexadecimal.
    sha256: String,
}

/// What went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    pub events: u64,
    pub answers: u64,
    pub tickets: u64,
    pub tokens: u64,
    pub passwords: u64,
    pub files: u64,
}

/// Why an account did not go through. What was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the stream cannot be read or written: {0}")]
    Io(#[from] io::Error),
    #[error("there is {path} already; import into a directory of its own")]
    Occupied { path: PathBuf },
    #[error(
        "the journal {path} is of an older version; start this version's service with it once, \
         which brings it up to date"
    )]
    Older { path: PathBuf },
    /// What is wrong is told without what was said.
    #[error("line {line} of the stream is {what}")]
    Line { line: u64, what: &'static str },
    #[error("the stream's events make no account: {0}")]
    NoAccount(LoadError),
}
