//! The driver that carries out the engine's effects in order.
//!
//! One task owns the [`Engine`](bellhop_engine::Engine), the clock and the line; it takes asks
//! from the window, frames from the service and time from the machine, gives them to the engine
//! and does what comes back. It decides nothing: whoever looks for a rule finds it in the engine.
//!
//! Invariant (law 2): a change is stored before it is published and before anything is sent
//! because of it. What cannot be stored is kept and tried again, while the live chat goes on in
//! memory; an ask that needs storing says so.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod driver;
mod link;
mod persist;
mod quarantine;
mod window;

pub use bellhop_engine::AlertIntent;
pub use bellhop_link::{BellhopService, BoxFuture, ChatService, Line, ServiceAddress};
pub use bellhop_store::{OpenError, Opened, SealKey, SetAside, Store, StoreError};

use bellhop_model::{
    Agent, ChatId, PersonalSettings,
    history::{HistoryCursor, HistoryPage},
    view::{Ask, AskProblem, Connection, HistoryChat, NoticeBody, Update, WorkspaceView},
};
use driver::{Driver, Request};
use std::{fmt, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Rows in one page of the history.
const HISTORY_PAGE_ROWS: u32 = 50;

/// Who gets the updates of the view. Called by the driver's task: it must not block.
pub type Watcher = Arc<dyn Fn(Update) + Send + Sync>;

/// The part of the program that can show things outside the window. All of it is called by the
/// driver's task and must return at once.
pub trait Shell: Send + Sync {
    /// A new request; called once for each.
    fn alert(&self, intent: AlertIntent);
    /// What was alerted of this chat is no longer so.
    fn withdraw(&self, chat_id: ChatId);
    /// How many requests wait.
    fn waiting(&self, count: u32);
    fn show_window(&self);
    /// The personal settings, at the start and whenever they change.
    fn settings(&self, settings: &PersonalSettings);
    /// The agent, whenever she or her availability changes.
    fn me(&self, me: &Agent);
    /// The connection, whenever its word changes; at the start nothing is connected.
    fn connection(&self, word: Connection);
}

/// What a client is made of.
pub struct ClientConfig {
    pub service: Arc<dyn ChatService>,
    pub store: Store,
    /// The agent's token.
    pub token: String,
    /// The workspace as it is known before the service has answered.
    pub workspace: WorkspaceView,
    /// The program's name and version, said to the service.
    pub client: String,
    pub shell: Arc<dyn Shell>,
}

/// Why a client could not be started. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the cache cannot be read: {0}")]
    Load(#[from] StoreError),
}

/// A running client. Clones are the same client.
#[derive(Clone)]
pub struct Client {
    requests: mpsc::UnboundedSender<Request>,
    store: Store,
}

impl Client {
    /// Reads the cache and begins to connect. The task it starts is named `bellhop-client` in the
    /// log and ends with [`Client::stop`].
    pub async fn start(config: ClientConfig) -> Result<Self, StartError> {
        let (requests, inbox) = mpsc::unbounded_channel();
        let store = config.store.clone();
        let driver = Driver::new(config, inbox).await?;
        tokio::spawn(driver.run());
        Ok(Self { requests, store })
    }

    /// Carries out a wish. `Ok` means that it is stored, not that the service has granted it.
    pub async fn ask(&self, ask: Ask) -> Result<(), AskProblem> {
        let (reply, answer) = oneshot::channel();
        self.tell(Request::Ask { ask: Box::new(ask), reply });
        answer.await.unwrap_or(Err(AskProblem::NotReady))
    }

    /// Sends the view to this watcher from now on, and to no other: first all of it, then what
    /// changes, at most once in 16 ms.
    pub fn watch(&self, watcher: Watcher) {
        self.tell(Request::Watch { watcher });
    }

    /// The ended chats, newest first, 50 at a time.
    pub async fn history_page(
        &self,
        before: Option<HistoryCursor>,
    ) -> Result<HistoryPage, AskProblem> {
        self.store.history_page(before, HISTORY_PAGE_ROWS).await.map_err(unreadable)
    }

    /// One ended chat with its transcript.
    pub async fn history_chat(&self, chat_id: ChatId) -> Result<Option<HistoryChat>, AskProblem> {
        self.store.history_chat(chat_id).await.map_err(unreadable)
    }

    /// A notification of this chat was activated, or its "serve": shows the window on exactly
    /// that chat, if there is one.
    pub fn activated(&self, chat_id: ChatId, serve: bool) {
        self.tell(Request::Activated { chat_id, serve });
    }

    /// Shows a notice to the agent.
    pub fn raise_notice(&self, body: NoticeBody) {
        self.tell(Request::Notice { body });
    }

    /// The machine woke from sleep. The driver notices it by itself within two seconds; this is
    /// quicker.
    pub fn woke(&self) {
        self.tell(Request::Woke);
    }

    /// The machine is about to sleep.
    pub fn suspending(&self) {
        self.tell(Request::Suspending);
    }

    /// The operating system says that the network is another one, or gone, or back.
    pub fn network_changed(&self) {
        self.tell(Request::NetworkChanged);
    }

    /// Stores what is left, drops the line and closes the cache. Everything asked before is done,
    /// everything asked after is answered [`AskProblem::NotReady`].
    pub async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        self.tell(Request::Stop { reply });
        // An error means that it had stopped before.
        let _ = stopped.await;
    }

    fn tell(&self, request: Request) {
        // The driver's end is gone only after `stop`.
        if self.requests.send(request).is_err() {
            tracing::debug!("asked after the client had stopped");
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the token.
        f.debug_struct("ClientConfig").field("client", &self.client).finish_non_exhaustive()
    }
}

fn unreadable(error: StoreError) -> AskProblem {
    AskProblem::NotStored { detail: error.to_string() }
}
