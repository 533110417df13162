//! The real chat service, to be stopped, killed and started again under the same address.
//!
//! It runs in a runtime of its own, so that [`ServiceHost::kill`] drops every one of its tasks
//! where they stand: no goodbye to a client, no last write.

use crate::{
    actors::{SocketAgent, SocketVisitor, capital},
    desk::free_port,
    wait::{NotYet, PATIENCE, wait_for},
};
use anyhow::{Context, Result, bail};
use bellhop_model::Agent;
use bellhop_service::{AdminWish, Config, Running};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};

/// The journal's key; the same at every start.
const KEY: [u8; 32] = [7; 32];

/// The service with its data and its address.
#[derive(Debug)]
pub struct ServiceHost {
    config: Config,
    address: SocketAddr,
    up: Option<Up>,
    /// Where the host chose the directory itself; removed when all above is gone.
    #[allow(dead_code)]
    dir: Option<TempDir>,
}

struct Up {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
    running: Option<Arc<Running>>,
}

impl std::fmt::Debug for Up {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Up")
    }
}

impl ServiceHost {
    /// A service with a demonstration site and fresh data.
    pub async fn start(workspace: &str) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("service-").tempdir()?;
        let data_dir = dir.path().join("data");
        let host = Self::start_in(workspace, data_dir, |_| {}).await?;
        Ok(Self { dir: Some(dir), ..host })
    }

    /// A service with its data in this directory, its configuration changed as the test needs.
    pub async fn start_in(
        workspace: &str,
        data_dir: PathBuf,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self> {
        // The port is chosen here, so that the service comes back under the same one.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut config = Config {
            data_dir,
            listen: address,
            key: Some(KEY),
            workspace_name: workspace.to_owned(),
            demo_site: true,
            ..Config::default()
        };
        change(&mut config);
        let mut host = Self { config, address, up: None, dir: None };
        host.start_again().await?;
        Ok(host)
    }

    /// Starts it under its old address with its old data.
    pub async fn start_again(&mut self) -> Result<()> {
        if self.up.is_some() {
            bail!("the service is running already");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("service")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let mut up = Up { runtime: Some(runtime), handle, running: None };
        let started = up.handle.spawn(bellhop_service::start(self.config.clone())).await?;
        up.running = Some(Arc::new(started.context("the service does not start")?));
        self.up = Some(up);
        Ok(())
    }

    /// Ends it as its operator would, with a goodbye to every client.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(mut up) = self.up.take() {
            let running = up.running.take().and_then(Arc::into_inner);
            up.handle.spawn(running.context("the service is still asked")?.stop()).await?;
        }
        self.wait_down().await
    }

    /// Ends it in the middle of whatever it does.
    pub async fn kill(&mut self) -> Result<()> {
        drop(self.up.take());
        self.wait_down().await
    }

    async fn wait_down(&self) -> Result<()> {
        let address = self.address;
        wait_for("the service's port to be closed", async || match TcpStream::connect(address) {
            Ok(_) => Err(NotYet::seen("it still answers")),
            Err(_) => Ok(()),
        })
        .await
    }

    async fn ask<T, F>(&self, question: impl FnOnce(Arc<Running>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let up = self.up.as_ref().context("the service is down")?;
        let running = up.running.clone().context("the service is down")?;
        up.handle.spawn(question(running)).await?
    }

    /// The agent of this first name, made when there is none, and a fresh token for her.
    pub async fn agent(&self, name: &str) -> Result<(Agent, String)> {
        let (display, email) = (capital(name), format!("{name}@example.com"));
        self.ask(async move |service: Arc<Running>| {
            let agent = match service.agent_by_email(&email).await {
                Some(agent) => agent,
                None => service.add_agent(&display, &email).await?,
            };
            let token = service.issue_token(agent.id).await?;
            Ok((agent, token))
        })
        .await
    }

    /// Changes how the account is set up.
    pub async fn admin(&self, wish: AdminWish) -> Result<()> {
        self.ask(async move |service: Arc<Running>| {
            service.admin(wish).await?;
            Ok(())
        })
        .await
    }

    /// An agent of this name, connected and caught up.
    pub async fn agent_actor(&self, name: &str) -> Result<SocketAgent> {
        let (_, token) = self.agent(name).await?;
        SocketAgent::connect(&self.agent_url(), &token).await
    }

    /// A visitor of this name, on the site's first page, who has said nothing yet.
    pub async fn visitor_actor(&self, name: &str) -> Result<SocketVisitor> {
        SocketVisitor::arrive(&self.visitor_url(), name).await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where agents connect.
    pub fn agent_url(&self) -> String {
        format!("ws://{}/agent", self.address)
    }

    /// Where visitors' widgets connect.
    pub fn visitor_url(&self) -> String {
        format!("ws://{}/visitor", self.address)
    }

    /// A page of the demonstration site; `""` is its first.
    pub fn site_url(&self, page: &str) -> String {
        format!("http://{}/{page}", self.address)
    }

    /// Where the journal lies.
    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }
}

/// Every task ends where it stands. They are waited for, on a thread where that is allowed: a journal
/// that is still being closed when the process exits ends it with a segmentation fault.
impl Drop for Up {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let ending = std::thread::spawn(move || runtime.shutdown_timeout(PATIENCE));
        if ending.join().is_err() {
            eprintln!("the service's runtime did not end well");
        }
    }
}
