//! The workspace inside the program: the chat service on loopback, and its first agent.

use crate::secrets::Keys;
use bellhop_model::view::WorkspaceView;
use bellhop_service::{Config, Running, StartError};
use std::{net::SocketAddr, path::Path};

/// Where the embedded service listens unless `BELLHOP_LISTEN` says otherwise: one place, so that
/// the demonstration site's address stays the same from day to day.
const USUAL_ADDRESS: &str = "127.0.0.1:47900";
const AGENT_EMAIL: &str = "agent@bellhop.localhost";

#[derive(Debug, thiserror::Error)]
pub(crate) enum EmbeddedError {
    #[error("BELLHOP_LISTEN is {value:?}, which is not an address such as 127.0.0.1:47900")]
    Address { value: String },
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Account(String),
}

/// A workspace to sign in to.
pub(crate) struct Workspace {
    pub(crate) running: Option<Running>,
    pub(crate) agent_url: String,
    pub(crate) view: WorkspaceView,
}

/// Starts the service. Where the usual address is taken by somebody else it takes a free one.
pub(crate) async fn start(data_dir: &Path, keys: &Keys) -> Result<Workspace, EmbeddedError> {
    let asked = std::env::var("BELLHOP_LISTEN").ok();
    let value = asked.clone().unwrap_or_else(|| USUAL_ADDRESS.to_owned());
    let listen: SocketAddr =
        value.parse().map_err(|_| EmbeddedError::Address { value: value.clone() })?;
    let config = |listen| Config {
        data_dir: data_dir.join("service"),
        listen,
        key: Some(keys.journal()),
        workspace_name: "Bellhop".to_owned(),
        demo_site: true,
        ..Config::default()
    };
    let running = match bellhop_service::start(config(listen)).await {
        Err(StartError::Listen { .. }) if asked.is_none() => {
            bellhop_service::start(config(SocketAddr::new(listen.ip(), 0))).await?
        }
        result => result?,
    };
    Ok(Workspace {
        agent_url: running.agent_url(),
        view: WorkspaceView {
            name: "Bellhop".to_owned(),
            embedded: true,
            site_url: running.site_url(),
            ..WorkspaceView::default()
        },
        running: Some(running),
    })
}

/// A token for the first agent, who is made if nobody is there yet.
pub(crate) async fn first_token(running: &Running) -> Result<String, EmbeddedError> {
    let account = |error: &dyn std::fmt::Display| EmbeddedError::Account(error.to_string());
    let agent = match running.agent_by_email(AGENT_EMAIL).await {
        Some(agent) => agent,
        None => {
            running.add_agent(&own_name(), AGENT_EMAIL).await.map_err(|error| account(&error))?
        }
    };
    running.issue_token(agent.id).await.map_err(|error| account(&error))
}

/// The name under which the operating system knows the agent.
fn own_name() -> String {
    ["USER", "USERNAME"]
        .iter()
        .find_map(|variable| std::env::var(variable).ok())
        .and_then(|name| bellhop_model::rules::clean_name(&name))
        .filter(|name| name != "root")
        .unwrap_or_else(|| "Agent".to_owned())
}
