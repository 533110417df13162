//! From a data directory to a connected window, step by step.
//!
//! keys → service → cache → connection. A step that fails leaves everything stored as it was and
//! shows the window what is wrong and with which file ([`Stage::Stuck`]); it never goes on with
//! less than it should have (law 11).

use crate::{
    desktop::Desktop,
    embedded::{self, Workspace},
    notifier::Notifier,
    owner::Ownership,
    presence,
    secrets::{self, Keys, Opened, SecretsError},
    tray, window,
    words::Words,
};
use bellhop_client::{
    AlertIntent, BellhopService, Client, ClientConfig, OpenError, ServiceAddress, Shell, Store,
};
use bellhop_model::{
    Agent, ChatId, PersonalSettings,
    view::{Connection, NoticeBody, Stage, StuckProblem, WorkspaceView},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tauri::{AppHandle, Manager};

/// What this program calls itself towards a service.
const CLIENT: &str = concat!("bellhop/", env!("CARGO_PKG_VERSION"));

/// Starts everything in the background; the window shows how far it has come.
pub(crate) fn spawn(app: &AppHandle, data_dir: PathBuf, ownership: Option<Ownership>) {
    let app = app.clone();
    let Some(ownership) = ownership else {
        let problem = StuckProblem::InUse { path: data_dir.display().to_string() };
        app.state::<Desktop>().set_stage(Stage::Stuck { problem });
        return;
    };
    let raised = app.clone();
    let lock = ownership.listen(move || {
        let desktop = raised.state::<Desktop>();
        if desktop.may_exit() {
            return false;
        }
        window::show(&raised);
        desktop.raise_notice(NoticeBody::SecondStart);
        true
    });
    app.state::<Desktop>().keep_lock(lock);
    tauri::async_runtime::spawn(async move {
        if let Err(problem) = bring_up(&app, &data_dir).await {
            tracing::error!("the program cannot go on: {problem:?}");
            app.state::<Desktop>().set_stage(Stage::Stuck { problem });
        }
    });
}

async fn bring_up(app: &AppHandle, data_dir: &Path) -> Result<(), StuckProblem> {
    let desktop = app.state::<Desktop>();
    let mut keys = unlocked(&desktop, data_dir).await?;
    let workspace = workspace(data_dir, &keys).await?;
    let token = token(&workspace, &mut keys).await?;
    let store = open_cache(&desktop, data_dir, &keys).await?;
    let address = workspace.agent_url.parse().map_err(|error| StuckProblem::Service {
        detail: format!("{} is not an address: {error}", workspace.agent_url),
    })?;
    if let Some(running) = workspace.running {
        desktop.keep_service(running);
    }
    desktop.set_workspace(&workspace.view);
    let remote = !workspace.view.embedded;
    let notifier = Notifier::start(app.clone());
    let client = Client::start(ClientConfig {
        service: Arc::new(BellhopService::new(ServiceAddress { url: address })),
        store,
        token,
        workspace: workspace.view,
        client: CLIENT.to_owned(),
        shell: Arc::new(Port { app: app.clone(), notifier: notifier.clone() }),
    })
    .await
    .map_err(|error| StuckProblem::DataDirectory {
        path: data_dir.display().to_string(),
        detail: error.to_string(),
    })?;
    presence::watch(client.clone(), remote);
    desktop.start_done(client, notifier);
    Ok(())
}

/// The keys, from the key store or by asking for the passphrase until it is right.
async fn unlocked(desktop: &Desktop, data_dir: &Path) -> Result<Keys, StuckProblem> {
    let stuck = |error: SecretsError| error.into_problem(data_dir);
    let choose = match secrets::open(data_dir).await.map_err(stuck)? {
        Opened::Keys(keys) => return Ok(keys),
        Opened::NeedsPassphrase { choose } => choose,
    };
    let mut passphrases = desktop.await_unlock();
    desktop.set_stage(Stage::NeedsPassphrase { choose, wrong: false });
    while let Some(passphrase) = passphrases.recv().await {
        match secrets::unlock(data_dir, passphrase).await {
            Ok(keys) => {
                desktop.set_stage(Stage::Starting);
                return Ok(keys);
            }
            Err(SecretsError::WrongPassphrase) => {
                desktop.set_stage(Stage::NeedsPassphrase { choose, wrong: true });
            }
            Err(error) => return Err(stuck(error)),
        }
    }
    Err(StuckProblem::KeyStore { detail: "the passphrase form was closed".into() })
}

/// The stand-alone service that the environment names, or the embedded one.
async fn workspace(data_dir: &Path, keys: &Keys) -> Result<Workspace, StuckProblem> {
    if let Ok(agent_url) = std::env::var("BELLHOP_SERVICE_URL") {
        let view = WorkspaceView { name: agent_url.clone(), ..WorkspaceView::default() };
        return Ok(Workspace { running: None, agent_url, view });
    }
    embedded::start(data_dir, keys)
        .await
        .map_err(|error| StuckProblem::Service { detail: error.to_string() })
}

/// The agent's token, from the key store; the embedded service gives one at the first start, and
/// `BELLHOP_TOKEN` one for a stand-alone service, which is asked for once.
async fn token(workspace: &Workspace, keys: &mut Keys) -> Result<String, StuckProblem> {
    let account = match &workspace.running {
        Some(running) => running.workspace_id(),
        None => workspace.agent_url.clone(),
    };
    let key_store = |error: SecretsError| StuckProblem::KeyStore { detail: error.to_string() };
    let given = std::env::var("BELLHOP_TOKEN").ok().filter(|_| workspace.running.is_none());
    if let Some(token) = given {
        if keys.token(&account).await.map_err(key_store)?.as_ref() != Some(&token) {
            keys.set_token(&account, &token).await.map_err(key_store)?;
        }
        return Ok(token);
    }
    if let Some(token) = keys.token(&account).await.map_err(key_store)? {
        return Ok(token);
    }
    let Some(running) = &workspace.running else {
        return Err(StuckProblem::Service {
            detail: format!(
                "there is no token for {}; set BELLHOP_TOKEN once",
                workspace.agent_url
            ),
        });
    };
    let token = embedded::first_token(running)
        .await
        .map_err(|error| StuckProblem::Service { detail: error.to_string() })?;
    keys.set_token(&account, &token).await.map_err(key_store)?;
    Ok(token)
}

async fn open_cache(
    desktop: &Desktop,
    data_dir: &Path,
    keys: &Keys,
) -> Result<Store, StuckProblem> {
    let opened = Store::open(&data_dir.join("cache"), &keys.cache()).await.map_err(|error| {
        let detail = error.to_string();
        match error {
            OpenError::Newer { path, found, known } => {
                StuckProblem::CacheNewer { path: path.display().to_string(), found, known }
            }
            OpenError::WrongKey { path } => {
                StuckProblem::KeyMissing { path: path.display().to_string(), detail }
            }
            _ => StuckProblem::DataDirectory { path: data_dir.display().to_string(), detail },
        }
    })?;
    if let Some(aside) = opened.set_aside {
        desktop.raise_notice(NoticeBody::CacheSetAside {
            path: aside.path.display().to_string(),
            detail: aside.detail,
        });
    }
    Ok(opened.store)
}

/// How the client reaches the tray, the notifications and the window.
struct Port {
    app: AppHandle,
    notifier: Notifier,
}

impl Shell for Port {
    fn alert(&self, intent: AlertIntent) {
        self.notifier.alert(intent);
    }

    fn withdraw(&self, chat_id: ChatId) {
        self.notifier.withdraw(chat_id);
    }

    fn waiting(&self, count: u32) {
        tray::set_waiting(&self.app, count);
    }

    fn show_window(&self) {
        window::show(&self.app);
    }

    fn settings(&self, settings: &PersonalSettings) {
        self.notifier.settings(settings);
        tray::set_muted(&self.app, !settings.notify_requests && !settings.sound_requests);
        self.app.state::<Desktop>().set_words(Words::new(settings.language));
        tray::refresh(&self.app);
    }

    fn me(&self, me: &Agent) {
        tray::set_availability(&self.app, me.availability);
    }

    fn connection(&self, word: Connection) {
        tray::set_offline(&self.app, word == Connection::Offline);
    }
}
