//! What the desktop backend tells its window, and what the window asks of it.
//!
//! The window is a projection (law 7): it starts from a [`View`] and applies numbered
//! [`Patch`]es. [`View::apply`] is the one meaning of a patch; both ends use it, and a test shows
//! that applying patches equals a fresh snapshot.

use crate::{
    Agent, AgentId, ChatId, ChatState, Command, CommandId, EndedBy, Message, PersonalSettings,
    Refusal, Setup, Timestamp, TranscriptLine, VisitorId, VisitorProfile, frame::Rejection,
    live::Presence,
};
use serde::{Deserialize, Serialize};

/// What goes over the one channel from the backend to the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// Everything, at revision `rev`.
    Snapshot { rev: u64, view: Box<View> },
    /// What changed between `rev - 1` and `rev`. A window that is not at `rev - 1` asks for a
    /// snapshot.
    Patches { rev: u64, patches: Vec<Patch> },
}

/// All that the window shows, except what it asks for page by page (the history).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct View {
    pub stage: Stage,
    pub me: Option<Agent>,
    pub workspace: Option<WorkspaceView>,
    pub connection: ConnectionView,
    pub colleagues: Vec<Colleague>,
    /// The departments, for a transfer.
    #[serde(default)]
    pub setup: Setup,
    /// The waiting chats and those the agent is in, in the order of their ids.
    pub chats: Vec<ChatView>,
    /// Everybody on the site now, in the order of their ids.
    pub visitors: Vec<VisitorProfile>,
    pub settings: PersonalSettings,
    pub notices: Vec<Notice>,
}

/// How far the program has come, before it can show chats.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    #[default]
    Starting,
    /// There is no key store; the cache's key comes from a passphrase (law 11).
    NeedsPassphrase {
        /// Nothing is stored yet: the agent chooses the passphrase.
        choose: bool,
        /// The last one given does not open the cache.
        wrong: bool,
    },
    /// The program cannot go on, and why; nothing stored was changed.
    Stuck {
        problem: StuckProblem,
    },
    Ready,
}

/// Why the program cannot go on. `detail` is for the one who can mend it and names the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StuckProblem {
    /// The cache was made by a newer version of the program.
    CacheNewer { path: String, found: i64, known: i64 },
    /// The key store holds no key that opens the files that are there.
    KeyMissing { path: String, detail: String },
    /// The key store answers with an error or not at all.
    KeyStore { detail: String },
    /// The data directory cannot be used.
    DataDirectory { path: String, detail: String },
    /// Another process of this program owns the data directory and does not answer.
    InUse { path: String },
    /// The embedded service does not start.
    Service { detail: String },
}

/// Where the agent works.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkspaceView {
    pub name: String,
    /// The service runs inside this program.
    pub embedded: bool,
    /// Where the demonstration site is.
    pub site_url: Option<String>,
    /// Somebody has asked here before; until then the agent is shown how to begin.
    pub had_chats: bool,
}

/// The connection in the four words an agent sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    #[default]
    Offline,
    Connecting,
    CatchingUp,
    Online,
}

/// The connection, and how old the view is while it is not Online.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionView {
    pub word: Connection,
    /// The last moment the view was true, by this machine's clock; `None` before the first time.
    pub as_of: Option<Timestamp>,
    /// When the next try is due, by this machine's clock.
    pub retry_at: Option<Timestamp>,
    pub problem: Option<LinkProblem>,
    /// The service's clock less this machine's, in milliseconds. Added to the local time wherever
    /// a service's moment is shown as an age.
    pub clock_skew_ms: i64,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkProblem {
    /// No answer at the service's address.
    Unreachable { detail: String },
    /// It stopped answering.
    Silent,
    /// It closed the line.
    Closed { detail: String },
    /// It sent something that is not its language: invalid UTF-8, nested too deep, too large.
    BadFrame { detail: String },
    /// It refused to talk, and why.
    Rejected { rejection: Rejection },
    /// It belongs to another workspace than the cache.
    OtherWorkspace { expected: String, found: String },
}

impl LinkProblem {
    /// What was found wrong, in the words of whoever found it.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Unreachable { detail }
            | Self::Closed { detail }
            | Self::BadFrame { detail }
            | Self::Rejected { rejection: Rejection::BadFrame { detail } } => Some(detail),
            Self::Silent | Self::Rejected { .. } | Self::OtherWorkspace { .. } => None,
        }
    }
}

/// Another agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colleague {
    pub agent: Agent,
    pub presence: Presence,
}

/// A chat as the window shows it: a request, or one the agent is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatView {
    pub head: ChatHead,
    pub lines: Vec<TranscriptLine>,
    /// What the agent said and the service has not yet confirmed, in order.
    pub pending: Vec<PendingMessage>,
    /// What stood in the text box when the program last heard of it (law 8).
    pub draft: String,
}

/// What a chat's tab, row and header show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatHead {
    pub id: ChatId,
    pub visitor: VisitorProfile,
    pub state: ChatState,
    /// The agent is in it.
    pub mine: bool,
    pub requested_at: Timestamp,
    pub waiting_since: Timestamp,
    /// It waits for the second time or more.
    pub came_back: bool,
    pub agents: Vec<AgentId>,
    pub tags: Vec<String>,
    pub ended_by: Option<EndedBy>,
    /// Messages that arrived while the chat was not looked at.
    pub unread: u32,
    pub visitor_typing: bool,
    /// Since when the visitor waits for an answer.
    pub unanswered_since: Option<Timestamp>,
    /// The visitor is on the site now.
    pub visitor_here: bool,
}

impl ChatHead {
    /// Nobody serves it: it counts in the button at the bottom left.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.state == ChatState::Waiting
    }
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMessage {
    pub id: CommandId,
    pub text: String,
    pub at: Timestamp,
    pub state: SendState,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendState {
    /// Stored here; waits for the connection.
    Queued,
    /// Sent; not yet confirmed.
    Sending,
    /// Refused; stays until the agent tries again or discards it.
    Failed { refusal: Refusal },
}

/// Something the agent should know, shown until dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: u64,
    pub at: Timestamp,
    pub body: NoticeBody,
}

/// What a refused command was to do. Not the command itself: the window would have to be able to
/// read every command there is, to say of most that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wished {
    /// Serve this request, or the next.
    Serve(Option<ChatId>),
    Say,
    Tags,
    End,
    Continue,
    Availability,
    Transfer,
    Invite,
    Leave,
    Other,
}

impl From<&Command> for Wished {
    fn from(command: &Command) -> Self {
        match command {
            Command::ServeNext => Self::Serve(None),
            Command::Serve { chat_id } => Self::Serve(Some(*chat_id)),
            Command::Say { .. } | Command::SayShortcut { .. } => Self::Say,
            Command::SetTags { .. } => Self::Tags,
            Command::EndChat { .. } => Self::End,
            Command::ContinueChat { .. } => Self::Continue,
            Command::SetAvailability { .. } => Self::Availability,
            Command::TransferToDepartment { .. } | Command::TransferToAgent { .. } => {
                Self::Transfer
            }
            Command::Invite { .. } => Self::Invite,
            Command::LeaveChat { .. } => Self::Leave,
            _ => Self::Other,
        }
    }
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeBody {
    /// A command was refused.
    Refused { wished: Wished, refusal: Refusal },
    /// The view did not agree with the service and was made anew.
    Resynced { detail: String },
    /// Notifications of the operating system cannot be shown.
    NoNotifications { detail: String },
    /// The bell cannot be rung.
    NoSound { detail: String },
    /// There is no tray; closing the window ends the program.
    NoTray,
    /// The cache was damaged: the file was put aside under this path and a fresh one begun.
    CacheSetAside { path: String, detail: String },
    /// The cache cannot be written; what happens now is shown but not kept.
    CacheUnwritable { detail: String },
    /// A second copy of the program was started and handed over to this one.
    SecondStart,
    /// The service tells of something that this version of the program does not know.
    NewerService,
}

/// One change of the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a patch lives for a moment, in a list of a few")]
pub enum Patch {
    Stage {
        stage: Stage,
    },
    Me {
        me: Agent,
    },
    Workspace {
        workspace: WorkspaceView,
    },
    Connection {
        connection: ConnectionView,
    },
    Colleagues {
        colleagues: Vec<Colleague>,
    },
    Setup {
        setup: Setup,
    },
    /// A chat is new to the view, or changed in more than the patches below say.
    ChatPut {
        chat: Box<ChatView>,
    },
    ChatHead {
        head: Box<ChatHead>,
    },
    LineAdded {
        chat_id: ChatId,
        line: TranscriptLine,
    },
    Pending {
        chat_id: ChatId,
        pending: Vec<PendingMessage>,
    },
    /// What stands in a chat's text box, as far as the program has stored it.
    Draft {
        chat_id: ChatId,
        draft: String,
    },
    ChatGone {
        chat_id: ChatId,
    },
    VisitorPut {
        visitor: VisitorProfile,
    },
    VisitorGone {
        visitor_id: VisitorId,
    },
    VisitorsCleared,
    Settings {
        settings: PersonalSettings,
    },
    NoticeRaised {
        notice: Notice,
    },
    NoticeGone {
        id: u64,
    },
    /// Not state: show exactly this chat now (a notification was activated, a request served).
    Focus {
        chat_id: ChatId,
    },
    /// Not state: an ended chat was added to the history.
    HistoryChanged,
    /// Not state: an ended chat was deleted, so that it is in the history no more.
    HistoryGone {
        chat_id: ChatId,
    },
}

impl View {
    /// The chat with this id, where the view has it.
    #[must_use]
    pub fn chat(&self, id: ChatId) -> Option<&ChatView> {
        self.position(id).ok().map(|at| &self.chats[at])
    }

    /// The requests, longest waiting first.
    #[must_use]
    pub fn requests(&self) -> Vec<&ChatView> {
        let mut waiting: Vec<_> = self.chats.iter().filter(|c| c.head.is_request()).collect();
        waiting.sort_by_key(|c| (c.head.waiting_since, c.head.id));
        waiting
    }

    /// Carries out one patch. A patch about a chat that is not here changes nothing.
    pub fn apply(&mut self, patch: Patch) {
        match patch {
            Patch::Stage { stage } => self.stage = stage,
            Patch::Me { me } => self.me = Some(me),
            Patch::Workspace { workspace } => self.workspace = Some(workspace),
            Patch::Connection { connection } => self.connection = connection,
            Patch::Colleagues { colleagues } => self.colleagues = colleagues,
            Patch::Setup { setup } => self.setup = setup,
            Patch::ChatPut { chat } => match self.position(chat.head.id) {
                Ok(at) => self.chats[at] = *chat,
                Err(at) => self.chats.insert(at, *chat),
            },
            Patch::ChatHead { head } => {
                if let Ok(at) = self.position(head.id) {
                    self.chats[at].head = *head;
                }
            }
            Patch::LineAdded { chat_id, line } => {
                if let Ok(at) = self.position(chat_id) {
                    self.chats[at].lines.push(line);
                }
            }
            Patch::Pending { chat_id, pending } => {
                if let Ok(at) = self.position(chat_id) {
                    self.chats[at].pending = pending;
                }
            }
            Patch::Draft { chat_id, draft } => {
                if let Ok(at) = self.position(chat_id) {
                    self.chats[at].draft = draft;
                }
            }
            Patch::ChatGone { chat_id } => {
                if let Ok(at) = self.position(chat_id) {
                    self.chats.remove(at);
                }
            }
            Patch::VisitorPut { visitor } => {
                match self.visitors.binary_search_by(|v| v.id.cmp(&visitor.id)) {
                    Ok(at) => self.visitors[at] = visitor,
                    Err(at) => self.visitors.insert(at, visitor),
                }
            }
            Patch::VisitorGone { visitor_id } => {
                if let Ok(at) = self.visitors.binary_search_by(|v| v.id.cmp(&visitor_id)) {
                    self.visitors.remove(at);
                }
            }
            Patch::VisitorsCleared => self.visitors.clear(),
            Patch::Settings { settings } => self.settings = settings,
            Patch::NoticeRaised { notice } => self.notices.push(notice),
            Patch::NoticeGone { id } => self.notices.retain(|n| n.id != id),
            Patch::Focus { .. } | Patch::HistoryChanged | Patch::HistoryGone { .. } => {}
        }
    }

    fn position(&self, id: ChatId) -> Result<usize, usize> {
        self.chats.binary_search_by_key(&id, |c| c.head.id)
    }
}

/// What the window asks of the backend, besides the pages of the history. Each carries an id made
/// by the window, for a reload repeats what was under way (law 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A command for the service.
    Command {
        id: CommandId,
        command: Command,
    },
    /// Try a failed message again.
    SendAgain {
        id: CommandId,
    },
    /// Give a failed message up.
    Discard {
        id: CommandId,
    },
    /// The agent types in a chat, or stopped. Said at every keystroke; the engine
    /// decides what goes over the line.
    Typing {
        chat_id: ChatId,
        on: bool,
    },
    /// What stands in the text box of a chat (law 8).
    Draft {
        chat_id: ChatId,
        text: String,
    },
    /// The chat that is looked at, `None` for another page or a window out of focus.
    Attend {
        chat_id: Option<ChatId>,
    },
    SaveSettings {
        settings: PersonalSettings,
    },
    DismissNotice {
        id: u64,
    },
    /// Connect now instead of waiting for the next try.
    ConnectNow,
}

/// What an [`Ask`] answers, besides what the patches show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskProblem {
    /// The program is not ready for it: see [`View::stage`].
    #[error("the program is not ready")]
    NotReady,
    /// Serving needs the connection: somebody else may have served it.
    #[error("not connected")]
    Offline,
    /// A rule that is checked here already.
    #[error("{refusal}")]
    Refused { refusal: Refusal },
    /// It could not be stored, so it was not done.
    #[error("it could not be stored: {detail}")]
    NotStored { detail: String },
}

/// A transcript opened from the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryChat {
    pub entry: crate::history::HistoryEntry,
    pub visitor: VisitorProfile,
    pub lines: Vec<TranscriptLine>,
}

impl PendingMessage {
    /// The message it will be, for showing it in the transcript.
    #[must_use]
    pub fn as_message(&self, me: AgentId) -> Message {
        Message {
            id: self.id,
            author: crate::Author::Agent { agent_id: me },
            text: self.text.clone(),
            at: self.at,
            file: None,
        }
    }
}
