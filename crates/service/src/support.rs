//! `bellhop-service admin support`, `admin support-agents` and `admin tickets`: what becomes of chats
//! that are over.

use crate::admin::{Place, lines};
use anyhow::Context as _;
use bellhop_model::AccountKind;
use bellhop_service::{AdminWish, Config, KeptTicket, Running, Settings};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Tickets that are printed.
const PRINTED: u32 = 1_000;

/// What the account is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Chat,
    ChatSupport,
}

/// See [`crate::admin::Admin`].
#[derive(Debug, Args)]
pub(crate) struct Support {
    #[command(flatten)]
    pub(crate) place: Place,
    /// `chat-support` makes a ticket of each chat that is over.
    #[arg(long)]
    kind: Kind,
    /// The address of a support agent, whom agents may let their tickets be given to; once for each.
    /// Where tickets go to Zendesk Support, the service asks there who they are instead.
    #[arg(long = "agent", value_name = "EMAIL")]
    agents: Vec<String>,
}

/// See [`crate::admin::Admin`].
#[derive(Debug, Args)]
pub(crate) struct Tickets {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Each as a JSON object.
    #[arg(long)]
    json: bool,
}

/// See [`crate::admin::Admin`].
#[derive(Debug, Args)]
pub(crate) struct Fetch {
    /// The service's settings, which name the account of Zendesk Support.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The data directory; it goes before that of the settings.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Fetch {
    /// A service on a free port of loopback that keeps tickets where the settings say.
    pub(crate) fn service(&self) -> anyhow::Result<Config> {
        let Settings { data_dir, config, .. } = Settings::read(&self.config)?;
        let data_dir = self.data.clone().or(data_dir);
        let data_dir = data_dir.context("the data directory is not named: --data DIR")?;
        Ok(Config { data_dir, tickets: config.tickets, ..Config::default() })
    }
}

/// Asks for the support agents, and tells their addresses.
pub(crate) async fn fetch(running: &Running) -> anyhow::Result<String> {
    Ok(running.fetch_support_agents().await?.join("\n"))
}

/// Does it, and tells how it is then.
pub(crate) async fn set(running: &Running, wish: Support) -> anyhow::Result<String> {
    let kind = match wish.kind {
        Kind::Chat => AccountKind::Chat,
        Kind::ChatSupport => AccountKind::ChatSupport,
    };
    let setup = running.admin(AdminWish::SetSupport { kind, agents: wish.agents }).await?;
    let agents = setup.support.agents.join(", ");
    let agents = if agents.is_empty() { "no support agents" } else { &agents };
    Ok(match setup.support.kind {
        AccountKind::Chat => format!("chat\t{agents}"),
        AccountKind::ChatSupport => format!("chat and support\t{agents}"),
    })
}

/// Tells the newest tickets.
pub(crate) async fn list(running: &Running, wish: &Tickets) -> anyhow::Result<String> {
    let tickets = running.tickets(PRINTED).await?;
    if wish.json {
        return lines(tickets.iter().map(|KeptTicket { ticket, state, remote, why }| {
            json!({
                "chat": ticket.of, "state": state, "assignee": ticket.assignee,
                "subject": ticket.subject, "remote": remote, "why": why,
            })
        }));
    }
    let told = tickets.into_iter().map(|KeptTicket { ticket, state, remote, why }| {
        let assignee = ticket.assignee.as_deref().unwrap_or("nobody");
        let where_to = remote.or(why).unwrap_or_default();
        format!("{}\t{state}\t{assignee}\t{}\t{where_to}", ticket.of, ticket.subject)
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
}
