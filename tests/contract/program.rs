//! The desktop program without its window: store, client and a shell that only keeps what it is
//! told. The view is kept as a window keeps it, from a snapshot and patches.

use anyhow::{Context, Result, ensure};
use bellhop_client::{
    AlertIntent, BellhopService, Client, ClientConfig, SealKey, ServiceAddress, Shell, Store,
};
use bellhop_model::{
    Agent, ChatId, Command, PersonalSettings,
    view::{Ask, Connection, NoticeBody, Update, View, WorkspaceView},
};
use bellhop_testkit::{
    actors::new_command_id,
    wait::{NotYet, wait_for, wait_within},
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;

const KEY: [u8; 32] = [9; 32];

/// What the shell was told.
#[derive(Default)]
struct Told {
    withdrawn: Mutex<Vec<ChatId>>,
}

impl Shell for Told {
    fn alert(&self, _intent: AlertIntent) {}
    fn withdraw(&self, chat_id: ChatId) {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).push(chat_id);
    }
    fn waiting(&self, _count: u32) {}
    fn show_window(&self) {}
    fn settings(&self, _settings: &PersonalSettings) {}
    fn me(&self, _me: &Agent) {}
    fn connection(&self, _word: Connection) {}
}

#[derive(Default)]
struct Mirror {
    rev: u64,
    view: View,
    /// Notices that were dismissed or replaced count too.
    notices: Vec<NoticeBody>,
    gap: bool,
}

impl Mirror {
    fn take(&mut self, update: Update) {
        match update {
            Update::Snapshot { rev, view } => {
                self.notices.extend(view.notices.iter().map(|n| n.body.clone()));
                (self.rev, self.view) = (rev, *view);
            }
            Update::Patches { rev, patches } => {
                self.gap |= rev != self.rev + 1;
                self.rev = rev;
                for patch in patches {
                    if let bellhop_model::view::Patch::NoticeRaised { notice } = &patch {
                        self.notices.push(notice.body.clone());
                    }
                    self.view.apply(patch);
                }
            }
        }
    }
}

pub(crate) struct Program {
    client: Client,
    store: Store,
    mirror: Arc<Mutex<Mirror>>,
    told: Arc<Told>,
    url: String,
    token: String,
    dir: TempDir,
}

impl Program {
    pub(crate) async fn start(url: &str, token: &str) -> Result<Self> {
        Self::start_in(tempfile::tempdir()?, url, token).await
    }

    async fn start_in(dir: TempDir, url: &str, token: &str) -> Result<Self> {
        let store = open(dir.path()).await?;
        let told = Arc::new(Told::default());
        let client = Client::start(ClientConfig {
            service: Arc::new(BellhopService::new(ServiceAddress { url: url.parse()? })),
            store: store.clone(),
            token: token.to_owned(),
            workspace: WorkspaceView::default(),
            client: "contract".into(),
            shell: told.clone(),
        })
        .await?;
        let mirror = Arc::new(Mutex::new(Mirror::default()));
        let keeping = mirror.clone();
        client.watch(Arc::new(move |update| {
            keeping.lock().unwrap_or_else(PoisonError::into_inner).take(update);
        }));
        let (url, token) = (url.to_owned(), token.to_owned());
        Ok(Self { client, store, mirror, told, url, token, dir })
    }

    /// Ended and started again on the same cache.
    pub(crate) async fn restarted(self) -> Result<Self> {
        let Self { client, store, url, token, dir, .. } = self;
        client.stop().await;
        store.close().await;
        Self::start_in(dir, &url, &token).await
    }

    pub(crate) async fn stop(self) {
        self.client.stop().await;
        self.store.close().await;
    }

    pub(crate) fn view(&self) -> View {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner).view.clone()
    }

    /// The notices ever raised that are such.
    pub(crate) fn notices(&self, is_such: impl Fn(&NoticeBody) -> bool) -> Vec<NoticeBody> {
        let mirror = self.mirror.lock().unwrap_or_else(PoisonError::into_inner);
        mirror.notices.iter().filter(|n| is_such(n)).cloned().collect()
    }

    pub(crate) async fn wait(&self, what: &str, is_so: impl Fn(&View) -> bool) -> Result<()> {
        wait_for(what, async || {
            let view = self.view();
            if is_so(&view) { Ok(()) } else { Err(NotYet::seen(format!("{view:?}"))) }
        })
        .await?;
        let gap = self.mirror.lock().unwrap_or_else(PoisonError::into_inner).gap;
        ensure!(!gap, "a revision was left out");
        Ok(())
    }

    pub(crate) async fn wait_online(&self) -> Result<()> {
        self.wait("Online", |v| v.connection.word == Connection::Online).await
    }

    pub(crate) async fn wait_withdrawn(&self, chat_id: ChatId, limit: Duration) -> Result<()> {
        wait_within("the alert to be withdrawn", limit, async || {
            let withdrawn =
                self.told.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let there = withdrawn.contains(&chat_id);
            if there { Ok(()) } else { Err(NotYet::seen(format!("{withdrawn:?}"))) }
        })
        .await
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Result<()> {
        self.client.ask(ask).await.context("the client refuses")
    }

    pub(crate) async fn command(&self, command: Command) -> Result<()> {
        self.ask(Ask::Command { id: new_command_id(), command }).await
    }
}

async fn open(dir: &Path) -> Result<Store> {
    let opened = Store::open(dir, &SealKey::new(KEY)).await?;
    ensure!(opened.set_aside.is_none(), "the cache was put aside");
    Ok(opened.store)
}
