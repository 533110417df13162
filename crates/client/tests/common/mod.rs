//! Mina: an agent with the client, its cache and a window that only remembers.

#![allow(dead_code, reason = "each test file uses its part")]

use anyhow::{Context, Result, bail};
use bellhop_client::{
    AlertIntent, BellhopService, ChatService, Client, ClientConfig, SealKey, ServiceAddress, Shell,
    Store,
};
use bellhop_model::{
    Agent, ChatId, Command, CommandId, PersonalSettings,
    chat::LineBody,
    view::{Ask, AskProblem, Connection, Patch, Update, View, WorkspaceView},
};
use bellhop_testkit::{actors::new_command_id, wait::PATIENCE};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::sync::watch;

/// What the shell was told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) alerts: Mutex<Vec<AlertIntent>>,
    pub(crate) withdrawn: Mutex<Vec<ChatId>>,
    pub(crate) waiting: Mutex<Vec<u32>>,
    pub(crate) shown: Mutex<u32>,
    pub(crate) settings: Mutex<Vec<PersonalSettings>>,
    pub(crate) me: Mutex<Vec<Agent>>,
    /// Panics instead of alerting.
    pub(crate) clumsy: bool,
}

impl Shell for Recorder {
    fn alert(&self, intent: AlertIntent) {
        assert!(!self.clumsy, "a shell that panics");
        self.alerts.lock().unwrap().push(intent);
    }

    fn withdraw(&self, chat_id: ChatId) {
        self.withdrawn.lock().unwrap().push(chat_id);
    }

    fn waiting(&self, count: u32) {
        self.waiting.lock().unwrap().push(count);
    }

    fn show_window(&self) {
        *self.shown.lock().unwrap() += 1;
    }

    fn settings(&self, settings: &PersonalSettings) {
        self.settings.lock().unwrap().push(settings.clone());
    }

    fn me(&self, me: &Agent) {
        self.me.lock().unwrap().push(me.clone());
    }

    fn connection(&self, _: Connection) {}
}

/// What the window has, and what it was told to show.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) view: View,
    pub(crate) rev: u64,
    pub(crate) focused: Vec<ChatId>,
}

impl Seen {
    fn take(&mut self, update: Update) {
        match update {
            Update::Snapshot { rev, view } => {
                self.view = *view;
                self.rev = rev;
            }
            Update::Patches { rev, patches } => {
                assert_eq!(rev, self.rev + 1, "revisions have no gaps");
                self.rev = rev;
                for patch in patches {
                    if let Patch::Focus { chat_id } = patch {
                        self.focused.push(chat_id);
                    }
                    self.view.apply(patch);
                }
            }
        }
    }

    /// What was said in a chat.
    pub(crate) fn said(&self, chat: ChatId) -> Vec<String> {
        let lines = self.view.chat(chat).into_iter().flat_map(|chat| &chat.lines);
        lines
            .filter_map(|line| match &line.body {
                LineBody::Said { message } => Some(message.text.clone()),
                _ => None,
            })
            .collect()
    }

    /// Nothing said here waits for the service.
    pub(crate) fn all_sent(&self, chat: ChatId) -> bool {
        self.view.chat(chat).is_some_and(|chat| chat.pending.is_empty())
    }
}

pub(crate) struct Mina {
    pub(crate) client: Client,
    pub(crate) store: Store,
    pub(crate) shell: Arc<Recorder>,
    seen: watch::Receiver<Seen>,
    dir: Arc<TempDir>,
}

impl Mina {
    /// Starts with an empty cache.
    pub(crate) async fn start(url: &str, token: &str) -> Result<Self> {
        let dir = Arc::new(tempfile::Builder::new().prefix("client-").tempdir()?);
        Self::start_with(service(url)?, token, dir, Recorder::default()).await
    }

    pub(crate) async fn start_with(
        service: Arc<dyn ChatService>,
        token: &str,
        dir: Arc<TempDir>,
        shell: Recorder,
    ) -> Result<Self> {
        let shell = Arc::new(shell);
        let store = open(dir.path()).await?;
        let client = Client::start(ClientConfig {
            service,
            store: store.clone(),
            token: token.to_owned(),
            workspace: WorkspaceView::default(),
            client: "bellhop/test".to_owned(),
            shell: shell.clone(),
        })
        .await?;
        let (tell, seen) = watch::channel(Seen::default());
        client.watch(Arc::new(move |update| tell.send_modify(|seen| seen.take(update))));
        Ok(Self { client, store, shell, seen, dir })
    }

    /// Ends the program and starts it again on the same cache.
    pub(crate) async fn restart(self, url: &str, token: &str) -> Result<Self> {
        self.client.stop().await;
        Self::start_with(service(url)?, token, self.dir, Recorder::default()).await
    }

    /// Waits until the window shows it.
    pub(crate) async fn see(&mut self, what: &str, is_so: impl Fn(&Seen) -> bool) -> Result<Seen> {
        if let Ok(seen) = tokio::time::timeout(PATIENCE, self.seen.wait_for(is_so)).await {
            return Ok(seen.context("the client has ended")?.clone());
        }
        let last = self.now();
        bail!("waited for {what}; last seen: {:#?} {:#?}", last.view, last.focused)
    }

    pub(crate) async fn online(&mut self) -> Result<()> {
        let is_online = |seen: &Seen| seen.view.connection.word == Connection::Online;
        self.see("Online", is_online).await.map(drop)
    }

    pub(crate) fn now(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub(crate) async fn command(&self, command: Command) -> Result<CommandId, AskProblem> {
        let id = new_command_id();
        self.client.ask(Ask::Command { id, command }).await.map(|()| id)
    }

    pub(crate) async fn say(&self, chat_id: ChatId, text: &str) -> Result<CommandId, AskProblem> {
        self.command(Command::Say { chat_id, text: text.to_owned() }).await
    }

    /// Waits for a request and serves it.
    pub(crate) async fn serve_next(&mut self) -> Result<ChatId> {
        self.see("a request", |seen| !seen.view.requests().is_empty()).await?;
        self.command(Command::ServeNext).await?;
        let seen = self.see("the chat", |seen| !seen.focused.is_empty()).await?;
        Ok(*seen.focused.last().context("focused")?)
    }
}

pub(crate) fn service(url: &str) -> Result<Arc<dyn ChatService>> {
    let address = ServiceAddress { url: url.parse()? };
    Ok(Arc::new(BellhopService::new(address)))
}

pub(crate) async fn open(dir: &Path) -> Result<Store> {
    Ok(Store::open(dir, &SealKey::new([9; 32])).await?.store)
}
