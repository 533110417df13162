//! The visitors' socket: what the widget in a web page and the service say to each other.
//!
//! A visitor sees one chat, their own, and of it only what concerns them: no tags, no agent ids,
//! no numbers of the account's journal.

use crate::{
    CommandId, DepartmentId, FileId, Rating, SentFile, Seq, Timestamp, file::FileTerms,
    frame::Rejection, people::Page,
};
use serde::{Deserialize, Serialize};

/// What the widget says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum VisitorClientFrame {
    /// The first frame. `key` is the browser's secret, 32 hexadecimal characters made once and
    /// kept by it; `cursor` is the number of the last line it has (0 at first).
    Hello {
        protocol: u32,
        key: String,
        cursor: Seq,
        language: String,
        page: Page,
        #[serde(default)]
        referrer: String,
        /// The browser's, such as `Asia/Seoul`; empty where it does not say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        time_zone: String,
        /// Visits so far, this one included, as the browser counts them; 0 where it does not.
        #[serde(default, skip_serializing_if = "is_none")]
        visits: u32,
    },
    /// The visitor moved within the site.
    Page {
        page: Page,
    },
    /// The visitor says something; the first one asks for a chat. Repeated with the same
    /// id until it is taken.
    Say {
        id: CommandId,
        text: String,
    },
    /// The visitor moved the mouse or pressed a key; said once in a while, as long as they do.
    Active,
    /// The visitor opened the chat, or closed it.
    Widget {
        open: bool,
    },
    Typing {
        on: bool,
    },
    /// The visitor gives their name.
    Name {
        name: String,
    },
    /// What the visitor asks next is for this department, or for everybody. A department that is
    /// not there or disabled counts as everybody.
    Department {
        department_id: Option<DepartmentId>,
    },
    /// What the visitor asks next is for an agent with these skills, the newest last; the five
    /// newest count (domain.md 8).
    Skills {
        skills: Vec<String>,
    },
    /// The visitor leaves a message, for nobody is there (domain.md 16). `email` may be empty.
    Leave {
        id: CommandId,
        text: String,
        #[serde(default)]
        email: String,
    },
    /// The visitor rates the chat, changes that, or with `null` takes it back (domain.md 5).
    Rate {
        id: CommandId,
        rating: Option<Rating>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// The visitor ends the chat.
    End {
        id: CommandId,
    },
    Ping,
}

crate::tagged!(VisitorClientFrame: "frame");

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_none(visits: &u32) -> bool {
    *visits == 0
}

/// What the service says to the widget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum VisitorServerFrame {
    /// The line stands. Lines after the cursor follow, oldest first. With `reset` the widget
    /// forgets the lines it has: they belong to a chat that is over.
    Welcome {
        protocol: u32,
        /// Whether an agent is there to answer.
        staffed: bool,
        /// Whether it is within the hours of the account, or of the department the visitor chose
        /// (domain.md 10).
        #[serde(default = "within_hours")]
        open: bool,
        /// The next opening, where it is closed and one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens_at: Option<Timestamp>,
        /// Where the visitor's chat stands.
        chat: VisitorChatState,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        reset: bool,
        now: Timestamp,
        /// Chats can be rated.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ratings: bool,
        /// Which files may be sent, and what opens those in the chat. A service that does not tell
        /// takes none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        files: Option<Box<FileTerms>>,
    },
    Rejected(Rejection),
    /// One line of the visitor's chat. `prev` is the number sent before it in this chat, 0 for
    /// the first; a hole is healed by reconnecting with the cursor.
    Line {
        prev: Seq,
        seq: Seq,
        at: Timestamp,
        line: VisitorLine,
    },
    /// A `say` or an `end` was taken and is stored, or was refused.
    Taken {
        id: CommandId,
    },
    Refused {
        id: CommandId,
        refusal: crate::Refusal,
    },
    /// Where the visitor's chat stands has changed, or whether somebody is there.
    State {
        chat: VisitorChatState,
        staffed: bool,
        #[serde(default = "within_hours")]
        open: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens_at: Option<Timestamp>,
    },
    /// An automatic message while the visitor has no chat. It is a line of the chat they ask
    /// for, with the same id.
    Greeting {
        id: CommandId,
        name: String,
        text: String,
        at: Timestamp,
    },
    /// Somebody of the team is typing, or stopped.
    Typing {
        name: String,
        on: bool,
    },
    Pong,
    #[serde(other)]
    Unknown,
}

crate::tagged!(VisitorServerFrame: "frame");

/// A service that does not tell has no hours.
fn within_hours() -> bool {
    true
}

/// Where a visitor's chat stands, in the visitor's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitorChatState {
    /// No chat, or only ones the visitor ended before this visit.
    #[default]
    None,
    Waiting,
    Served,
    /// No agent is in it; writing again brings it back (domain.md 9).
    Left,
    /// The visitor ended it. Writing again asks for a new chat.
    Ended,
}

/// One line of a chat as its visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum VisitorLine {
    /// The visitor's own words; `id` is the id of their `say`. Where it is a file, `text` is its
    /// name, and `id` that it was sent with.
    Mine {
        id: CommandId,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Box<SentFile>>,
    },
    /// Words of an agent or of an automatic message, under this name; or an agent's file.
    Theirs {
        id: CommandId,
        name: String,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Box<SentFile>>,
    },
    /// A file is there no more.
    FileDeleted {
        file_id: FileId,
        name: String,
    },
    /// The visitor may answer by a click; whatever they say counts as an answer.
    Options {
        options: Vec<String>,
    },
    /// Somebody of the team asks for a rating.
    RatingRequested {
        name: String,
    },
    /// The visitor's own rating; none where it was taken back.
    Rated {
        rating: Option<Rating>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    Joined {
        name: String,
        /// What stands under the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tagline: Option<String>,
        /// The name of a picture, served under `/avatar/`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        avatar: Option<String>,
    },
    LeftChat {
        name: String,
    },
    /// The chat ended; `mine` when the visitor ended it.
    Ended {
        mine: bool,
    },
    /// An agent reopened it.
    Continued {
        name: String,
    },
}

crate::tagged!(VisitorLine: "kind");
