//! The agents' socket: what a desktop program and the service say to each other.
//!
//! JSON text messages, one frame each. docs/protocol.md is the contract; a test reads every frame
//! shown there with these types.

use crate::{
    Agent, ChatId, CommandId, Event, Refusal, Seq, Setup, Timestamp,
    command::NamedCommand,
    listing::{Listed, PageAsked, Versions},
    live::Live,
    manage::NamedManagement,
    permission::OwnRole,
};
use serde::{Deserialize, Serialize};

/// The version of both sockets' language.
pub const PROTOCOL: u32 = 1;

/// What a desktop program says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame. `cursor` is the number of the last event the client has stored; 0 at
    /// first (law 5).
    Hello {
        protocol: u32,
        token: String,
        cursor: Seq,
        client: String,
    },
    Command(NamedCommand),
    /// A wish about the account itself, answered like a command.
    Manage(NamedManagement),
    /// Asks for one page of a list.
    List(PageAsked),
    /// The agent types in a chat, or stopped. Renewed every
    /// [`crate::limits::TYPING_RENEW_MS`] while it goes on.
    Typing {
        chat_id: ChatId,
        on: bool,
    },
    /// Asks for a [`ServerFrame::Digest`].
    Ping,
}

crate::tagged!(ClientFrame: "frame");

/// What the service says to a desktop program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all frames are events")]
pub enum ServerFrame {
    /// The token is good. `head` is the number of the newest event; everything after the cursor
    /// follows, then [`ServerFrame::CaughtUp`].
    Welcome { protocol: u32, me: Agent, workspace: Workspace, head: Seq, now: Timestamp },
    /// The line ends here, and why. The client acts on `code`.
    Rejected(Rejection),
    /// How the account is set up at the welcome's `head`; events change it from there on.
    Setup(Setup),
    /// The agent's own role: after the setup, and whenever it allows something else.
    Permissions(OwnRole),
    /// The versions of the lists at the welcome's `head`.
    Lists(Versions),
    /// One page of a list.
    Listed(Listed),
    /// A durable event. `prev` is the number delivered to this client before it, so that a hole
    /// is seen at once (law 5).
    Event { prev: Seq, event: Event },
    /// Everything up to the digest's number has been delivered; the live lane follows.
    CaughtUp { digest: Digest },
    /// The answer to a command, or to a wish about the account.
    Answer { id: CommandId, outcome: Outcome },
    /// Latest values. With `reset` everything known of the live lane before is void.
    Live { reset: bool, values: Vec<Live> },
    /// The answer to a ping, and an unasked sign of life.
    Digest(Digest),
    /// A frame this version does not know; it counts as a sign of life.
    #[serde(other)]
    Unknown,
}

crate::tagged!(ServerFrame: "frame");

/// The workspace an agent is signed in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Never changes and differs between workspaces: a cache belongs to exactly one.
    pub id: String,
    pub name: String,
    /// Where the demonstration site is, where the service serves one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_url: Option<String>,
}

/// A summary of what a caught-up client must have; a difference is a resync and an alarm (law 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest {
    /// Number of the newest event.
    pub last: Seq,
    /// Chats waiting that this agent may serve ([`crate::Chat::is_offered_to`]).
    pub waiting: u32,
    /// Chats this agent is in.
    pub open: u32,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Outcome {
    /// Done and durable. `last` is the number of the last event it made; the events themselves
    /// come in their order like all others. `chat_id` is the chat it was about.
    Accepted {
        last: Seq,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
    },
    Refused {
        refusal: Refusal,
    },
}

crate::tagged!(Outcome: "outcome");

/// Why the service does not talk to a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Rejection {
    #[error("the token is not valid; sign in again")]
    BadToken,
    #[error("the service speaks protocol {speaks}, this program speaks {asked}")]
    ProtocolUnknown { asked: u32, speaks: u32 },
    #[error("the frame could not be read: {detail}")]
    BadFrame { detail: String },
    #[error("the frame is larger than {limit} bytes")]
    FrameTooLarge { limit: usize },
    #[error("the client read too slowly; it may come back and resume")]
    TooSlow,
    #[error("too many from this address; try again in {retry_for_ms} ms")]
    TooFast { retry_for_ms: u64 },
    #[error("the client's cursor {cursor} is ahead of the journal ({head})")]
    CursorAhead { cursor: Seq, head: Seq },
    #[error("what you may see has changed; connect again")]
    RightsChanged,
    /// All that a banned visitor is told (domain.md 12).
    #[error("chat is not available")]
    NotAvailable,
    #[error("the service is stopping")]
    Stopping,
    #[error("the service cannot store anything now")]
    StorageUnavailable,
    #[error("the service closed the line for a reason this version does not know")]
    #[serde(other)]
    Unknown,
}

crate::tagged!(Rejection: "code");

impl Rejection {
    /// Trying again unchanged can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::TooSlow
                | Self::TooFast { .. }
                | Self::RightsChanged
                | Self::Stopping
                | Self::StorageUnavailable
                | Self::Unknown
        )
    }
}
