//! What sockets ask of the hub, and what it tells them.

use super::{Revoked, Told};
use crate::{
    account::{
        AdminWish, AgentRouting, AgentWish, Counts, FileFrom, Hidden, HoursNow, KeptFile,
        SetupProblem, Viewer, VisitorWish,
    },
    address::Address,
    avatar::NotTaken,
    journal::{Actor, TicketNote},
    password::PasswordProblem,
    tickets::users::SupportAgents,
};
use bellhop_model::{
    Agent, AgentId, ChatId, CommandId, Contact, DepartmentId, FileId, FileRules, Permission,
    Routing, SentFile, Seq, Setup, Shortcut, Timestamp, Trigger, VisitorId,
    ban::ListedBan,
    file::FileRefusal,
    frame::{Digest, Rejection, ServerFrame, Workspace},
    listing::{PageAsked, Versions},
    people::{Avatar, Page},
    permission::Roles,
    record::RecordId,
    rules::FileName,
    visit::Place,
    visitor_frame::VisitorServerFrame,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// One thing for the hub to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// An agent's socket is there. It is owed everything after its cursor.
    AgentHere {
        agent: AgentId,
        cursor: Seq,
        answer: oneshot::Sender<Result<Subscription, Rejection>>,
    },
    /// An agent's socket fell behind while it caught up, and begins to listen anew.
    Resubscribe {
        agent: AgentId,
        answer: oneshot::Sender<Result<Subscription, Rejection>>,
    },
    AgentGone {
        agent: AgentId,
    },
    AgentCommand {
        agent: AgentId,
        wish: AgentWish,
        answers: mpsc::UnboundedSender<ServerFrame>,
    },
    /// An agent's socket asks for a page of a list.
    List {
        agent: AgentId,
        asked: PageAsked,
        answers: mpsc::UnboundedSender<ServerFrame>,
    },
    AgentTyping {
        agent: AgentId,
        chat_id: ChatId,
        on: bool,
    },
    VisitorHere {
        arrival: Box<Arrival>,
        cursor: Seq,
        socket: u64,
        out: mpsc::Sender<VisitorOut>,
        answer: oneshot::Sender<Result<VisitorWelcome, Rejection>>,
    },
    VisitorGone {
        visitor: VisitorId,
        socket: u64,
    },
    VisitorPage {
        visitor: VisitorId,
        page: Page,
    },
    /// The visitor moved the mouse or pressed a key.
    VisitorActive {
        visitor: VisitorId,
    },
    /// The visitor opened the chat in a page, or closed it.
    VisitorOpens {
        visitor: VisitorId,
        socket: u64,
        open: bool,
    },
    /// What the visitor asks next is for this department.
    VisitorDepartment {
        visitor: VisitorId,
        department: Option<DepartmentId>,
    },
    /// What the visitor asks next is for an agent with these skills.
    VisitorSkills {
        visitor: VisitorId,
        skills: Vec<String>,
    },
    VisitorTyping {
        visitor: VisitorId,
        on: bool,
    },
    VisitorWish {
        visitor: VisitorId,
        /// What to answer to; a name is not answered.
        id: Option<CommandId>,
        wish: VisitorWish,
        out: mpsc::Sender<VisitorOut>,
    },
    /// The agent who may sign in with this address, where there is one.
    SigningIn {
        email: String,
        answer: oneshot::Sender<Option<Agent>>,
    },
    AddAgent {
        name: String,
        email: String,
        answer: oneshot::Sender<Result<Agent, AdminProblem>>,
    },
    AgentByEmail {
        email: String,
        answer: oneshot::Sender<Option<Agent>>,
    },
    Admin {
        wish: AdminWish,
        answer: oneshot::Sender<Result<Setup, AdminProblem>>,
    },
    Team {
        answer: oneshot::Sender<Team>,
    },
    Shortcuts {
        answer: oneshot::Sender<Vec<Shortcut>>,
    },
    Triggers {
        answer: oneshot::Sender<Vec<Trigger>>,
    },
    KnownTags {
        answer: oneshot::Sender<Vec<String>>,
    },
    SetAvatar {
        agent: AgentId,
        avatar: Avatar,
        answer: oneshot::Sender<Result<(), NotTaken>>,
    },
    IssueToken {
        agent: AgentId,
        token: String,
        /// `None`: it never expires.
        lifetime: Option<Duration>,
        answer: oneshot::Sender<Result<Option<Timestamp>, AdminProblem>>,
    },
    RevokeToken {
        token: String,
        answer: oneshot::Sender<Result<(), AdminProblem>>,
    },
    RevokeTokens {
        agent: AgentId,
        answer: oneshot::Sender<Result<u64, AdminProblem>>,
    },
    SetPassword {
        agent: AgentId,
        hash: String,
        answer: oneshot::Sender<Result<(), AdminProblem>>,
    },
    /// What is written down of these visitors, in their order.
    ContactsOf {
        visitors: Vec<VisitorId>,
        answer: oneshot::Sender<Vec<Contact>>,
    },
    /// Whether an agent's role allows anything of this.
    May {
        agent: AgentId,
        permission: Permission,
        answer: oneshot::Sender<bool>,
    },
    /// Somebody is about to send a file of this name: whether its bytes are to be taken.
    FileOffered {
        from: FileFrom,
        id: CommandId,
        name: FileName,
        answer: oneshot::Sender<Result<Offer, FileRefusal>>,
    },
    /// Its bytes are on the disk.
    FileArrived {
        from: FileFrom,
        id: CommandId,
        name: FileName,
        file: SentFile,
        answer: oneshot::Sender<FileAnswer>,
    },
    /// Somebody wants to see a file.
    FileAsked {
        viewer: Viewer,
        file: FileId,
        answer: oneshot::Sender<Result<KeptFile, FileRefusal>>,
    },
    /// Which files may be sent, as far as this one may send and see any.
    FileRulesAsked {
        viewer: Viewer,
        answer: oneshot::Sender<Result<FileRules, FileRefusal>>,
    },
    /// All files that are there.
    Files {
        answer: oneshot::Sender<Vec<(FileId, KeptFile)>>,
    },
    /// What is known of a ticket that is given away; answers whether it is stored.
    TicketNoted {
        of: RecordId,
        note: TicketNote,
        answer: oneshot::Sender<bool>,
    },
    /// These are the support agents where tickets are kept.
    SupportAgents {
        agents: SupportAgents,
        answer: oneshot::Sender<Result<Setup, AdminProblem>>,
    },
    ListAgents {
        answer: oneshot::Sender<Result<Vec<Listed>, AdminProblem>>,
    },
    /// The bans in which this stands.
    Bans {
        search: String,
        answer: oneshot::Sender<Vec<ListedBan>>,
    },
    /// For whoever watches the service.
    Numbers {
        answer: oneshot::Sender<Numbers>,
    },
    /// Close the journal and end.
    Stop {
        answer: oneshot::Sender<()>,
    },
}

impl Job {
    /// The command it is, where it is one that may be repeated.
    pub(super) fn command(&self) -> Option<(Actor, CommandId)> {
        match self {
            Self::AgentCommand { agent, wish, .. } => Some((Actor::Agent(*agent), wish.id())),
            Self::VisitorWish { visitor, id: Some(id), .. } => {
                Some((Actor::Visitor(visitor.clone()), *id))
            }
            Self::FileOffered { from, id, .. } | Self::FileArrived { from, id, .. } => {
                Some((from.into(), *id))
            }
            _ => None,
        }
    }
}

/// What becomes of a file whose bytes are not here yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Its bytes are awaited.
    Send,
    /// It was taken before, under the same id.
    TakenBefore,
}

/// What becomes of a file whose bytes are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileAnswer {
    pub(crate) told: Result<(), FileRefusal>,
    /// An event speaks of these bytes, or may do so.
    pub(crate) keep: bool,
}

/// What is so at this moment, in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) agents: u64,
    pub(crate) agent_sockets: u64,
    pub(crate) visitors: u64,
    pub(crate) visitor_sockets: u64,
    pub(crate) waiting: u64,
    pub(crate) served: u64,
    pub(crate) events: u64,
}

/// Why an administrator's wish was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminProblem {
    #[error("there is no agent {agent_id}")]
    NoSuchAgent { agent_id: AgentId },
    #[error(transparent)]
    Setup(#[from] SetupProblem),
    #[error("the agent is disabled; enable her first")]
    Disabled,
    #[error("the service cannot store anything now")]
    StorageUnavailable,
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error("tickets are kept here: the support agents are those that `admin support` names")]
    NoDesk,
    #[error("this is an account of chats alone: it has no tickets to assign")]
    NoTickets,
    #[error("the support agents cannot be had: {why}")]
    Desk { why: String },
    #[error("the system gives no random numbers")]
    NoRandom,
    #[error("the service is stopping")]
    Stopping,
}

/// What every agent's socket is told.
#[derive(Debug, Clone)]
pub(crate) enum Out {
    /// A durable event, as the frame that carries it, and the counts after it.
    Event {
        seq: Seq,
        /// As it is for a client that has the event with the number before it.
        frame: Utf8Bytes,
        counts: Counts,
        /// The agents who are told of it, where not all are.
        audience: Option<Arc<[AgentId]>>,
        /// Where it remarks on a past chat, the agents who were in that: nobody else is told of it
        /// but who may view past chats.
        of_past: Option<Arc<[AgentId]>>,
    },
    Live(Told),
    /// The roles have changed.
    Roles(Arc<Roles>),
    /// The line ends here.
    Cut(Rejection),
    /// The line ends here, where this let it in.
    Revoked(Revoked),
}

/// How an account is set up, and who works in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub setup: Setup,
    pub agents: Vec<Agent>,
    pub roles: Roles,
    /// The account's hours first, then those of departments.
    pub hours: Vec<HoursNow>,
    pub routing: Routing,
    /// Of whom something is known.
    pub desks: Vec<AgentRouting>,
    /// For how many days chats are kept after their end; without a number, until they are deleted.
    pub retention: Option<u32>,
}

/// An agent, and what lets her in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub agent: Agent,
    /// She works here.
    pub enabled: bool,
    pub has_password: bool,
    /// Tokens that have not expired.
    pub tokens: u64,
}

/// An agent's place in the stream: everything after `counts.last` comes over `ring`.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) ring: broadcast::Receiver<Out>,
    pub(crate) me: Agent,
    pub(crate) workspace: Workspace,
    pub(crate) setup: Setup,
    pub(crate) roles: Arc<Roles>,
    pub(crate) lists: Versions,
    pub(crate) counts: Counts,
    /// What she is not told of the events up to there.
    pub(crate) hidden: Option<Hidden>,
    /// The live lane as it is, in frames; visitors only for who sees them.
    pub(crate) live: Vec<Utf8Bytes>,
    pub(crate) now: Timestamp,
}

impl Counts {
    /// What an agent must have who has got everything up to these counts.
    pub(crate) fn digest(&self, agent: AgentId) -> Digest {
        Digest {
            last: self.last,
            waiting: self.waiting.get(&agent).copied().unwrap_or_default(),
            open: self.open.get(&agent).copied().unwrap_or_default(),
        }
    }
}

/// What one visitor's socket is told. Boxed, for each line has room for some of them from the
/// beginning, and there are many lines.
#[derive(Debug, Clone)]
pub(crate) enum VisitorOut {
    Frame(Box<VisitorServerFrame>),
    /// The line ends here.
    Cut(Box<Rejection>),
}

impl VisitorOut {
    pub(crate) fn frame(frame: VisitorServerFrame) -> Self {
        Self::Frame(Box::new(frame))
    }

    pub(crate) fn cut(rejection: Rejection) -> Self {
        Self::Cut(Box::new(rejection))
    }
}

/// A visitor's first word: who, and where.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// `None`: nobody's, and not limited.
    pub(crate) address: Option<Address>,
    pub(crate) visitor: VisitorId,
    pub(crate) language: String,
    pub(crate) browser: String,
    pub(crate) platform: String,
    /// What both were read from, as one plain line.
    pub(crate) user_agent: String,
    pub(crate) page: Page,
    pub(crate) referrer: String,
    pub(crate) place: Place,
    /// As the browser counts them.
    pub(crate) visits: u32,
}

/// What a visitor's socket says first, in order.
#[derive(Debug)]
pub(crate) struct VisitorWelcome {
    pub(crate) frames: Vec<VisitorServerFrame>,
}
