//! Starting and stopping a service.
//!
//! Invariants: one process owns a data directory (a lock that dies with the process); nothing
//! listens before the journal is folded; after [`Running::stop`] the journal is closed and
//! everybody was told.

use crate::{
    account::{Account, AdminWish, KeptFile, Viewer},
    address::Proxies,
    clock::Clock,
    config::{Config, Tuning},
    crowd::{Crowd, Share},
    door::Door,
    files::{Files, Shelf, Swept},
    fold::{self, LoadError},
    history, http,
    hub::{self, AdminProblem, Hub, HubHandle, Job, Listed, Team, Tools},
    journal::{Journal, JournalError, JournalReader, KeptTicket, KeyError, OpenError, key_of},
    metrics::Metrics,
    password,
    place::Atlas,
    sockets::Sockets,
    tickets::{
        Sink,
        roster::{Asked, Roster},
        sender::Sender,
        zendesk::Desk,
    },
    tls::{self, TlsError},
};
use bellhop_model::{
    Agent, AgentId, FileId, FileRules, Setup, Shortcut, Trigger, ban::ListedBan, frame::Workspace,
};
use bellhop_sealed::SealKey;
use std::{
    fs::{self, File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// The journal's file in the data directory.
pub const JOURNAL_FILE: &str = "journal.db";
const LOCK_FILE: &str = "service.lock";
/// Where a service that runs says how administrators' commands reach it.
pub const OFFICE_FILE: &str = "service.admin";

/// How long sockets have to say goodbye.
const GOODBYE: Duration = Duration::from_secs(4);

/// Why a service does not start. Nothing stored was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data directory {path} cannot be used: {source}")]
    DataDir { path: PathBuf, source: io::Error },
    #[error("another service uses the data directory {path}")]
    InUse { path: PathBuf },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error("the database of addresses {path} cannot be read: {source}")]
    GeoIp { path: PathBuf, source: maxminddb::MaxMindDbError },
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A service that runs. Dropping it without [`Running::stop`] is like killing it: nothing stored
/// is lost, but nobody is told.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    /// It speaks TLS.
    secure: bool,
    workspace: Workspace,
    hub: HubHandle,
    reader: JournalReader,
    /// The way to who knows the support agents, where tickets are kept elsewhere.
    roster: Option<mpsc::Sender<Asked>>,
    /// The hub's, and that of the connections.
    tasks: (JoinHandle<()>, JoinHandle<()>),
    stop: watch::Sender<bool>,
    /// Ends when every socket has ended.
    sockets_open: mpsc::Receiver<()>,
    lock: File,
}

/// Starts a service.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config) -> Result<Running, StartError> {
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let secure = tls.is_some();
    let lock = own(&config.data_dir)?;
    forget_office(&config.data_dir)?;
    let path = config.data_dir.join(JOURNAL_FILE);
    let key = key_of(config.key, &config.data_dir, &path)?;
    let atlas = atlas(config.geoip.as_deref())?;
    let desk = match &config.tickets {
        Sink::Local | Sink::AsBefore => None,
        Sink::Zendesk(account) => Some(Desk::new(account.clone())?),
    };
    let mut journal = Journal::open(&path, &key).await?;
    if !matches!(config.tickets, Sink::AsBefore) {
        journal.let_tickets_go(desk.is_some()).await?;
    }
    history::bring_up(&mut journal).await?;
    let rules = hub::account_rules(&config);
    let folded = Box::pin(fold::load(&journal.reader(), rules)).await?;
    let files = files(&config, &key, &folded.account)?;
    let mut clock = Clock::starting_at(folded.newest);
    journal.forget_what_is_old(clock.now()).await?;

    let (listener, addr) = listen(config.listen).await?;
    let workspace = Workspace {
        id: workspace_id(&mut journal).await?,
        name: config.workspace_name.clone(),
        site_url: config.demo_site.then(|| url(secure, "http", addr, "/")),
    };

    let reader = journal.reader();
    let (events, began_at, newest) = (folded.account.head(), folded.began_at, folded.newest);
    let news = Arc::<Notify>::default();
    let (tuning, metrics) = (config.tuning, Arc::<Metrics>::default());
    let tools = Tools { metrics: metrics.clone(), tickets: news.clone(), files: files.clone() };
    let (hub, hub_task) =
        Hub::start(journal, folded, clock, workspace.clone(), tuning.clone(), tools);
    let (stop, stopping) = watch::channel(false);
    let mut roster = None;
    if let Some(desk) = desk {
        let moved = reader.moved().await?;
        let (reader, hub, stopping) = (reader.clone(), hub.clone(), stopping.clone());
        let (workspace, clock) = (workspace.id.clone(), Clock::starting_at(newest));
        let sender = Sender { desk, reader, hub, news, stopping, workspace, moved, clock };
        roster = Some(tend(sender, metrics.clone()));
    }
    let (open, sockets_open) = mpsc::channel(1);
    let tuning = Arc::new(tuning);
    let kept = reader.clone();
    let (told, atlas) = (stopping.clone(), Arc::new(atlas));
    let tools = (metrics.clone(), atlas, files);
    let sockets = Sockets::new(hub.clone(), reader, tuning.clone(), tools, told, open);
    let router = http::router(sockets, config.demo_site, config.metrics);
    let proxies = Proxies(config.trusted_proxies.into());
    let inside = inside(&tuning);
    let door = Door { router, tls, proxies, inside, metrics, tuning, stopping };
    let http_task = tokio::spawn(door.open(listener));
    tracing::info!(%addr, events = events.0, snapshot = began_at.0, "the service listens");
    let (reader, tasks) = (kept, (hub_task, http_task));
    Ok(Running { addr, secure, workspace, hub, reader, roster, tasks, stop, sockets_open, lock })
}

/// What lies there of files, in line with the journal.
fn files(config: &Config, key: &[u8; 32], account: &Account) -> Result<Files, StartError> {
    let dir = |source| StartError::DataDir { path: config.data_dir.clone(), source };
    let files = Files::open(&config.data_dir, &SealKey::new(*key), &config.tuning).map_err(dir)?;
    let Swept { removed, unknown, missing, left } = files.shelf().sweep(account).map_err(dir)?;
    if removed > 0 {
        tracing::info!(removed, "what was left of uploads, or was deleted, is gone");
    }
    if left > 0 {
        tracing::warn!(left, "the next start tries again what could not be done about files");
    }
    if unknown > 0 {
        tracing::warn!(unknown, "there are files that the journal does not know; they are left");
    }
    if missing > 0 {
        tracing::error!(missing, "files that were sent are not there");
    }
    Ok(files)
}

/// A service that was killed is heard no more where it was: somebody else may listen there by now.
fn forget_office(dir: &Path) -> Result<(), StartError> {
    match fs::remove_file(dir.join(OFFICE_FILE)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StartError::DataDir { path: dir.to_owned(), source })
        }
        _ => Ok(()),
    }
}

async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    Ok((listener, addr))
}

/// Begins to give tickets away, and to ask who the support agents are there; that is asked for by
/// what is returned, too.
fn tend(sender: Sender, metrics: Arc<Metrics>) -> mpsc::Sender<Asked> {
    let (ask, asked) = mpsc::channel(1);
    let Sender { desk, hub, stopping, .. } = &sender;
    let (desk, hub, stopping) = (desk.clone(), hub.clone(), stopping.clone());
    tokio::spawn(Roster { desk, hub, metrics, asked, stopping }.run());
    tokio::spawn(sender.run());
    ask
}

/// Who is let in, and how often, for each address.
fn inside(tuning: &Tuning) -> Arc<Crowd> {
    Crowd::new(Share {
        places: tuning.connections_per_address,
        entries: tuning.new_connections_per_address,
        said: tuning.frames_per_address,
    })
}

impl Running {
    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where desktop programs connect.
    #[must_use]
    pub fn agent_url(&self) -> String {
        url(self.secure, "ws", self.addr, "/agent")
    }

    /// Where the demonstration site is, where it is served.
    #[must_use]
    pub fn site_url(&self) -> Option<String> {
        self.workspace.site_url.clone()
    }

    /// Differs between workspaces and never changes.
    #[must_use]
    pub fn workspace_id(&self) -> String {
        self.workspace.id.clone()
    }

    /// Adds an agent.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn add_agent(
        &self,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Result<Agent, AdminProblem> {
        let (name, email) = (name.into(), email.into());
        let added = self.hub.ask(|answer| Job::AddAgent { name, email, answer }).await;
        added.map_err(|_| AdminProblem::Stopping)?
    }

    /// The agent with this address; upper and lower case do not matter.
    pub async fn agent_by_email(&self, email: impl Into<String>) -> Option<Agent> {
        let email = email.into();
        self.hub.ask(|answer| Job::AgentByEmail { email, answer }).await.ok().flatten()
    }

    /// Changes how the account is set up, and returns how it is then.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn admin(&self, wish: AdminWish) -> Result<Setup, AdminProblem> {
        let done = self.hub.ask(|answer| Job::Admin { wish, answer }).await;
        done.map_err(|_| AdminProblem::Stopping)?
    }

    /// The bans in which `search` stands, newest first.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn bans(&self, search: &str) -> Result<Vec<ListedBan>, AdminProblem> {
        let search = search.to_owned();
        let bans = self.hub.ask(|answer| Job::Bans { search, answer }).await;
        bans.map_err(|_| AdminProblem::Stopping)
    }

    /// The account's agents, in which departments and roles they are, and its hours.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn team(&self) -> Result<Team, AdminProblem> {
        self.hub.ask(|answer| Job::Team { answer }).await.map_err(|_| AdminProblem::Stopping)
    }

    /// All shortcuts of the account, whoever's they are, in the order of their names.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn shortcuts(&self) -> Result<Vec<Shortcut>, AdminProblem> {
        let all = self.hub.ask(|answer| Job::Shortcuts { answer }).await;
        all.map_err(|_| AdminProblem::Stopping)
    }

    /// All triggers, stock ones among them, in the order of their ids.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn triggers(&self) -> Result<Vec<Trigger>, AdminProblem> {
        let all = self.hub.ask(|answer| Job::Triggers { answer }).await;
        all.map_err(|_| AdminProblem::Stopping)
    }

    /// The account's known tags, in order.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn known_tags(&self) -> Result<Vec<String>, AdminProblem> {
        let all = self.hub.ask(|answer| Job::KnownTags { answer }).await;
        all.map_err(|_| AdminProblem::Stopping)
    }

    /// What may be sent in chats besides pictures.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn file_rules(&self) -> Result<FileRules, AdminProblem> {
        let viewer = Viewer::Agent(AgentId(0));
        let rules = self.hub.ask(|answer| Job::FileRulesAsked { viewer, answer }).await;
        // No agent is refused.
        rules.ok().and_then(Result::ok).ok_or(AdminProblem::Stopping)
    }

    /// The files that were sent in chats and are there, in the order of their ids.
    ///
    /// # Errors
    /// [`AdminProblem::Stopping`].
    pub async fn files(&self) -> Result<Vec<(FileId, KeptFile)>, AdminProblem> {
        let all = self.hub.ask(|answer| Job::Files { answer }).await;
        all.map_err(|_| AdminProblem::Stopping)
    }

    /// Makes a token for an agent: 256 random bits in hexadecimal. It is told once; the service
    /// keeps its hash alone, and it never expires. Tokens issued before stay valid.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn issue_token(&self, agent: AgentId) -> Result<String, AdminProblem> {
        let token = new_token().map_err(|_| AdminProblem::NoRandom)?;
        let (kept, lifetime) = (token.clone(), None);
        let issue = |answer| Job::IssueToken { agent, token: kept, lifetime, answer };
        let issued = self.hub.ask(issue).await;
        issued.map_err(|_| AdminProblem::Stopping)??;
        Ok(token)
    }

    /// Gives an agent a password to sign in with, in the place of the one before. Her tokens stay
    /// valid.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn set_password(&self, agent: AgentId, password: &str) -> Result<(), AdminProblem> {
        let team = self.team().await?;
        let known = team.agents.iter().find(|known| known.id == agent);
        let known = known.ok_or(AdminProblem::NoSuchAgent { agent_id: agent })?;
        password::check_new(password, &known.email, &known.display_name)?;
        let hash = password::hash(password)?;
        let set = self.hub.ask(|answer| Job::SetPassword { agent, hash, answer }).await;
        set.map_err(|_| AdminProblem::Stopping)?
    }

    /// Makes every token of an agent worthless; lines they opened end. Answers how many.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn revoke_tokens(&self, agent: AgentId) -> Result<u64, AdminProblem> {
        let revoked = self.hub.ask(|answer| Job::RevokeTokens { agent, answer }).await;
        revoked.map_err(|_| AdminProblem::Stopping)?
    }

    /// All agents, and what lets each of them in.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn agents(&self) -> Result<Vec<Listed>, AdminProblem> {
        let listed = self.hub.ask(|answer| Job::ListAgents { answer }).await;
        listed.map_err(|_| AdminProblem::Stopping)?
    }

    /// Asks for the support agents where tickets are kept, and answers their addresses. Where that
    /// fails, those that were known stay.
    ///
    /// # Errors
    /// See [`AdminProblem`].
    pub async fn fetch_support_agents(&self) -> Result<Vec<String>, AdminProblem> {
        let roster = self.roster.as_ref().ok_or(AdminProblem::NoDesk)?;
        let (answer, answered) = oneshot::channel();
        roster.send(answer).await.map_err(|_| AdminProblem::Stopping)?;
        answered.await.map_err(|_| AdminProblem::Stopping)?
    }

    /// The newest tickets, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`AdminProblem::StorageUnavailable`].
    pub async fn tickets(&self, limit: u32) -> Result<Vec<KeptTicket>, AdminProblem> {
        self.reader.tickets(limit).await.map_err(|error| {
            tracing::warn!(%error, "tickets cannot be read");
            AdminProblem::StorageUnavailable
        })
    }

    /// Stops: everybody is told, what is under way is stored, the journal is closed.
    pub async fn stop(self) {
        let Self { hub, tasks, stop, mut sockets_open, lock, .. } = self;
        let (hub_task, http_task) = tasks;
        let _ = stop.send(true);
        if timeout(GOODBYE, sockets_open.recv()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        http_task.abort();
        // Both errors mean that the hub has ended by itself.
        let _ = hub.ask(|answer| Job::Stop { answer }).await;
        let _ = hub_task.await;
        drop(lock);
        tracing::info!("the service has stopped");
    }
}

/// Opens the journal of a service that does not run, and its files, for reading alone; nothing in the
/// directory is changed. Nobody else has it for as long as the lock lives.
///
/// # Errors
/// There is no journal, it is in use, or it cannot be opened.
pub(crate) async fn read_alone(
    data_dir: &Path,
    key: Option<[u8; 32]>,
) -> Result<(JournalReader, Shelf, File), StartError> {
    let path = data_dir.join(JOURNAL_FILE);
    if !path.exists() {
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(OpenError::Io { path, source }.into());
    }
    let lock = own(data_dir)?;
    let key = SealKey::new(key_of(key, data_dir, &path)?);
    let reader = JournalReader::alone(&path, &key).await?;
    Ok((reader, Shelf::at(data_dir, key), lock))
}

/// Makes the data directory this process's own.
pub(crate) fn own(dir: &Path) -> Result<File, StartError> {
    let io = |source| StartError::DataDir { path: dir.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(io)?;
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let lock = options.open(dir.join(LOCK_FILE)).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn atlas(geoip: Option<&Path>) -> Result<Atlas, StartError> {
    let Some(path) = geoip else { return Ok(Atlas::default()) };
    Atlas::open(path).map_err(|source| StartError::GeoIp { path: path.to_owned(), source })
}

async fn workspace_id(journal: &mut Journal) -> Result<String, StartError> {
    if let Some(id) = journal.meta("workspace_id").await? {
        return Ok(id);
    }
    let id = random_hex::<16>().map_err(StartError::Random)?;
    journal.set_meta("workspace_id", &id).await?;
    Ok(id)
}

/// 256 random bits in hexadecimal.
pub(crate) fn new_token() -> Result<String, getrandom::Error> {
    random_hex::<32>()
}

pub(crate) fn random_hex<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random)?;
    Ok(hex::encode(random))
}

/// The address of something here; with TLS, `http` is `https` and `ws` is `wss`.
fn url(secure: bool, scheme: &str, addr: SocketAddr, path: &str) -> String {
    format!("{scheme}{}://{}{path}", if secure { "s" } else { "" }, reachable(addr))
}

/// An address of this machine under which a listener is reached from this machine.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
