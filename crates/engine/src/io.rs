//! What goes into the engine and what comes out.
//!
//! The driver executes the effects of one input in their order. It carries them out to the letter
//! and knows nothing of why.

use bellhop_model::{
    ChatId, CommandId, Timestamp,
    frame::{ClientFrame, ServerFrame},
    stored::StoreOp,
    view::{Ask, AskProblem, HistoryChat, LinkProblem, NoticeBody, Patch, WorkspaceView},
};

/// What the engine cannot know by itself.
#[derive(Clone)]
pub struct EngineConfig {
    /// The agent's token; empty while nobody is signed in.
    pub token: String,
    /// The program's name and version, said to the service.
    pub client: String,
    /// Where the jitter begins.
    pub seed: u64,
    /// The workspace as it is known before the service has answered.
    pub workspace: WorkspaceView,
}

impl std::fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the token.
        f.debug_struct("EngineConfig").field("client", &self.client).finish_non_exhaustive()
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all inputs are frames")]
pub enum Input {
    /// The driver is ready. The first input.
    Started,
    /// It is [`crate::Engine::wake_at`] or later.
    Tick,
    /// The line that [`Effect::Connect`] asked for stands.
    Connected,
    /// It did not come to stand, or is over.
    LinkLost { problem: LinkProblem },
    /// The service said something.
    Frame { frame: ServerFrame },
    /// The agent wishes something. `fresh` is a new id that the engine may give to a command it
    /// makes. Answered by [`Effect::Answer`] in the effects of this very input.
    Ask { ask_no: u64, ask: Ask, fresh: CommandId },
    /// The rows of the last [`Input::Ask`] could not be stored. The rest of its effects was not
    /// carried out: the engine takes it back.
    AskNotStored { ask_no: u64, detail: String },
    /// Something else could not be stored. The driver keeps it and tries again with the next.
    StoreFailed { detail: String },
    /// The cache can be written again.
    StoreRecovered,
    /// A notification was activated, or its "serve".
    Activated { chat_id: ChatId, serve: bool, fresh: CommandId },
    /// The transcript of a chat that an event speaks of and that is no longer in memory; see
    /// [`crate::Engine::wanted`].
    Recalled { chat: Box<HistoryChat> },
    /// Another part of the program has something to say to the agent.
    Notice { body: NoticeBody },
    /// The machine slept, or its clock was set: no line and no timer can be trusted.
    Woke,
    /// The machine is about to sleep.
    Suspending,
    /// The operating system says that the network is another one, or gone, or back.
    NetworkChanged,
    /// The program ends: nothing may be left unstored.
    Stopping,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// In one transaction. Where it fails, see [`Input::AskNotStored`] and
    /// [`Input::StoreFailed`].
    Store(Vec<StoreOp>),
    /// To the window, in order.
    Publish(Vec<Patch>),
    /// Open a line; a line that is open or opening is dropped before.
    Connect,
    /// Drop the line, whatever it claims. Nothing of it is heard any more.
    Disconnect,
    Send(ClientFrame),
    Answer {
        ask_no: u64,
        result: Result<(), AskProblem>,
    },
    /// Tell the agent of a new request. Given once for each.
    Alert(AlertIntent),
    /// The request is served or gone, or the invitation is answered: take back what was told of it.
    Withdraw {
        chat_id: ChatId,
    },
    /// For the tray.
    Waiting {
        count: u32,
        longest_since: Option<Timestamp>,
    },
    ShowWindow,
}

/// That a request, or an invitation into a chat, should be told of. Whether and how is decided by the notifier's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertIntent {
    pub chat_id: ChatId,
    /// A chat that comes back is told of again, with another moment here. Of an invitation it is the
    /// moment.
    pub waiting_since: Timestamp,
    /// The visitor's name or short id. Hostile text.
    pub visitor: String,
    /// What the visitor said first since they wait; empty where they said nothing yet. Hostile
    /// text.
    pub first_words: String,
    /// The colleague who asked this agent into the chat, where it is no request.
    pub invited_by: Option<String>,
}
