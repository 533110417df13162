//! `bellhop-service admin add-agent` and its like: who works here, and what lets them in.

use crate::admin::{Place, known, lines};
use anyhow::ensure;
use bellhop_model::Agent;
use bellhop_service::{AdminWish, Listed, Running, Team};
use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Add an agent, and print a token for her.
    ///
    /// The token is told once, does not expire and opens everything that she may do. The first
    /// agent is the owner.
    AddAgent {
        #[command(flatten)]
        place: Place,
        /// What visitors and colleagues see.
        #[arg(long)]
        name: String,
        /// Her address, by which she signs in and by which the other commands know her.
        #[arg(long)]
        email: String,
    },
    /// Print a line for each agent: number, name, e-mail, whether she has a password, how many
    /// tokens, and whether she is disabled.
    ListAgents {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON object, with her role and departments.
        #[arg(long)]
        json: bool,
    },
    /// Give an agent another name or another address. Her chats, tokens and password stay.
    RenameAgent(Rename),
    /// Let an agent work here no more.
    ///
    /// Her tokens are worth nothing at once, lines they opened end, and she cannot sign in. She
    /// leaves her chats; those that nobody else is in wait again. What she said stays hers.
    DisableAgent(Whom),
    /// Let a disabled agent work here again. Her password is what it was; she needs another token.
    EnableAgent(Whom),
    /// Give an agent a password to sign in with: the first line of the standard input.
    ///
    /// It takes the place of the one before. It has at least 10 characters and is none that
    /// everybody guesses.
    SetPassword {
        #[command(flatten)]
        whom: Whom,
        /// Make every token that she has worthless, so that she must sign in with it.
        #[arg(long)]
        revoke_tokens: bool,
    },
    /// Make every token of an agent worthless. Lines that they opened end at once.
    RevokeTokens(Whom),
    /// Print another token for an agent; it never expires.
    IssueToken(Whom),
}

/// One agent.
#[derive(Debug, Args)]
pub(crate) struct Whom {
    #[command(flatten)]
    place: Place,
    /// Her address; upper and lower case do not matter.
    #[arg(long)]
    email: String,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Rename {
    #[command(flatten)]
    whom: Whom,
    /// What visitors and colleagues see from now on.
    #[arg(long, group = "change")]
    name: Option<String>,
    /// The address that takes the place of this one.
    #[arg(long, group = "change", value_name = "EMAIL")]
    new_email: Option<String>,
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::AddAgent { place, .. } | Self::ListAgents { place, .. } => place,
            Self::RenameAgent(Rename { whom, .. })
            | Self::SetPassword { whom, .. }
            | Self::DisableAgent(whom)
            | Self::EnableAgent(whom)
            | Self::RevokeTokens(whom)
            | Self::IssueToken(whom) => &whom.place,
        }
    }
}

/// Does it, and tells what was asked for.
pub(crate) async fn change(running: &Running, admin: Admin, input: &str) -> anyhow::Result<String> {
    match admin {
        Admin::AddAgent { name, email, .. } => {
            let agent = running.add_agent(name, email).await?;
            return Ok(running.issue_token(agent.id).await?);
        }
        Admin::ListAgents { json, .. } => return list(running, json).await,
        Admin::RenameAgent(Rename { whom, name, new_email }) => {
            running.admin(AdminWish::SaveAgent { email: whom.email, name, new_email }).await?;
        }
        Admin::DisableAgent(Whom { email, .. }) => {
            running.admin(AdminWish::SwitchAgent { email, enabled: false }).await?;
        }
        Admin::EnableAgent(Whom { email, .. }) => {
            running.admin(AdminWish::SwitchAgent { email, enabled: true }).await?;
        }
        Admin::SetPassword { whom, revoke_tokens } => {
            let agent = known(running, &whom.email).await?;
            let password = input.lines().next().unwrap_or_default();
            ensure!(!password.is_empty(), "the standard input has no password");
            running.set_password(agent.id, password).await?;
            if revoke_tokens {
                return revoke(running, &agent).await;
            }
        }
        Admin::RevokeTokens(whom) => {
            return revoke(running, &known(running, &whom.email).await?).await;
        }
        Admin::IssueToken(whom) => {
            let agent = known(running, &whom.email).await?;
            return Ok(running.issue_token(agent.id).await?);
        }
    }
    Ok(String::new())
}

async fn revoke(running: &Running, agent: &Agent) -> anyhow::Result<String> {
    Ok(format!("{} tokens revoked", running.revoke_tokens(agent.id).await?))
}

async fn list(running: &Running, json: bool) -> anyhow::Result<String> {
    let agents = running.agents().await?;
    if json {
        let team = running.team().await?;
        return lines(agents.iter().map(|listed| as_json(&team, listed)));
    }
    let told = agents.into_iter().map(|Listed { agent, enabled, has_password, tokens }| {
        let password = if has_password { "password" } else { "no password" };
        let disabled = if enabled { "" } else { "\tdisabled" };
        let Agent { id, display_name, email, .. } = agent;
        format!("{id}\t{display_name}\t{email}\t{password}\t{tokens} tokens{disabled}")
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
}

fn as_json(team: &Team, listed: &Listed) -> Value {
    let Listed { agent, enabled, has_password, tokens } = listed;
    let Agent { id, display_name, email, availability } = agent;
    let hers = team.setup.departments.iter().filter(|known| known.members.contains(id));
    let departments: Vec<&str> = hers.map(|known| known.name.as_str()).collect();
    json!({
        "id": id, "name": display_name, "email": email, "enabled": enabled,
        "availability": availability, "role": team.roles.own(*id).role,
        "departments": departments, "has_password": has_password, "tokens": tokens,
    })
}
