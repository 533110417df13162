//! What the window, the tray and the notifications talk to.
//!
//! Before the start is through there is no engine, only a [`Stage`]; afterwards everything goes to
//! the [`Client`]. Invariant: the window has exactly one source of its view at any time.

use crate::{notifier::Notifier, words::Words};
use bellhop_client::Client;
use bellhop_model::{
    Availability,
    view::{Ask, AskProblem, NoticeBody, Stage, Update, View, WorkspaceView},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tauri::ipc::Channel;
use tokio::sync::mpsc;

/// The state that Tauri manages.
pub(crate) struct Desktop {
    inner: Mutex<Inner>,
    words: RwLock<Arc<Words>>,
}

#[derive(Default)]
struct Inner {
    /// Held for as long as the process lives: it owns the data directory.
    lock: Option<std::fs::File>,
    stage: Stage,
    channel: Option<Channel<Update>>,
    client: Option<Client>,
    notifier: Option<Notifier>,
    embedded: Option<bellhop_service::Running>,
    site_url: Option<String>,
    unlock: Option<mpsc::UnboundedSender<String>>,
    early_notices: Vec<NoticeBody>,
    tray_is_shown: bool,
    warned_before_close: bool,
    may_exit: bool,
}

impl Desktop {
    pub(crate) fn new(words: Words) -> Self {
        Self { inner: Mutex::default(), words: RwLock::new(Arc::new(words)) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held left whole values behind: each is set in one step.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The window listens here from now on.
    pub(crate) fn watch(&self, channel: Channel<Update>) {
        let mut inner = self.inner();
        inner.channel = Some(channel);
        inner.show();
    }

    /// How far the start has come.
    pub(crate) fn set_stage(&self, stage: Stage) {
        let mut inner = self.inner();
        inner.stage = stage;
        inner.show();
    }

    /// The start is through: from here on the client is the source of the view.
    pub(crate) fn start_done(&self, client: Client, notifier: Notifier) {
        let mut inner = self.inner();
        for notice in inner.early_notices.drain(..) {
            client.raise_notice(notice);
        }
        inner.client = Some(client);
        inner.notifier = Some(notifier);
        inner.stage = Stage::Ready;
        inner.show();
    }

    pub(crate) fn client(&self) -> Result<Client, AskProblem> {
        self.inner().client.clone().ok_or(AskProblem::NotReady)
    }

    /// Keeps the data directory ours.
    pub(crate) fn keep_lock(&self, lock: std::fs::File) {
        self.inner().lock = Some(lock);
    }

    /// Keeps the embedded service alive until [`Desktop::shut_down`].
    pub(crate) fn keep_service(&self, running: bellhop_service::Running) {
        self.inner().embedded = Some(running);
    }

    pub(crate) fn set_workspace(&self, workspace: &WorkspaceView) {
        self.inner().site_url.clone_from(&workspace.site_url);
    }

    pub(crate) fn site_url(&self) -> Option<String> {
        self.inner().site_url.clone()
    }

    /// A notice for the agent; one raised before the client exists is shown with the first view.
    pub(crate) fn raise_notice(&self, notice: NoticeBody) {
        let mut inner = self.inner();
        match &inner.client {
            Some(client) => client.raise_notice(notice),
            None => inner.early_notices.push(notice),
        }
    }

    /// Where passphrases go while the start waits for one.
    pub(crate) fn await_unlock(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.inner().unlock = Some(sender);
        receiver
    }

    pub(crate) fn unlock(&self, passphrase: String) -> Result<(), AskProblem> {
        let sent = self.inner().unlock.as_ref().map(|waiting| waiting.send(passphrase));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(AskProblem::NotReady),
        }
    }

    /// Sends a wish that has no text box waiting for its answer: from the tray.
    pub(crate) fn wish(&self, ask: Ask) {
        let Ok(client) = self.client() else { return };
        tauri::async_runtime::spawn(async move {
            if let Err(problem) = client.ask(ask).await {
                tracing::info!("a wish from the tray was not granted: {problem}");
            }
        });
    }

    pub(crate) fn words(&self) -> Arc<Words> {
        Arc::clone(&self.words.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_words(&self, words: Words) {
        *self.words.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(words);
    }

    pub(crate) fn set_tray_is_shown(&self, shown: bool) {
        self.inner().tray_is_shown = shown;
    }

    pub(crate) fn tray_is_shown(&self) -> bool {
        self.inner().tray_is_shown
    }

    /// True the first time it is asked.
    pub(crate) fn warn_before_close(&self) -> bool {
        !std::mem::replace(&mut self.inner().warned_before_close, true)
    }

    pub(crate) fn allow_exit(&self) {
        self.inner().may_exit = true;
    }

    pub(crate) fn may_exit(&self) -> bool {
        self.inner().may_exit
    }

    /// Lets the client write what it has and stops the embedded service.
    pub(crate) fn shut_down(&self) {
        let (client, embedded, notifier) = {
            let mut inner = self.inner();
            // From here on a second start takes over instead of raising a window that goes.
            inner.may_exit = true;
            (inner.client.take(), inner.embedded.take(), inner.notifier.take())
        };
        tauri::async_runtime::block_on(async {
            if let Some(notifier) = notifier {
                notifier.withdraw_all().await;
            }
            if let Some(client) = client {
                client.stop().await;
            }
            if let Some(embedded) = embedded {
                embedded.stop().await;
            }
        });
    }
}

impl Inner {
    /// Gives the window its view, whichever source has it.
    fn show(&self) {
        let Some(channel) = self.channel.clone() else { return };
        match &self.client {
            Some(client) => client.watch(Arc::new(move |update| deliver(&channel, update))),
            None => {
                let view = View { stage: self.stage.clone(), ..View::default() };
                deliver(&channel, Update::Snapshot { rev: 0, view: Box::new(view) });
            }
        }
    }
}

/// A window that is being reloaded does not listen; it asks for a snapshot when it is back.
fn deliver(channel: &Channel<Update>, update: Update) {
    if let Err(error) = channel.send(update) {
        tracing::debug!("the window does not listen: {error}");
    }
}

/// A command of the tray, named as the window names its own.
pub(crate) fn availability_ask(availability: Availability) -> Ask {
    command_ask(bellhop_model::Command::SetAvailability { availability })
}

/// The same for serving the request that waits longest.
pub(crate) fn serve_next_ask() -> Ask {
    command_ask(bellhop_model::Command::ServeNext)
}

fn command_ask(command: bellhop_model::Command) -> Ask {
    let id = bellhop_model::CommandId(uuid::Uuid::now_v7());
    Ask::Command { id, command }
}
