//! `bellhop-service admin role`: what an administrator says of roles and permissions.

use crate::admin::{Place, lines};
use anyhow::Context as _;
use bellhop_model::{Extent, Permission, Role};
use bellhop_service::{AdminWish, Running, Team};
use clap::Subcommand;
use serde_json::json;

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make a role, or change what one allows. What is not said stays, and is as an agent's in a
    /// new one.
    Put {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
        /// How far a permission reaches, such as `edit_chat_tags=yes`; once for each.
        #[arg(long = "grant", value_name = "PERMISSION=VALUE", value_parser = grant)]
        grants: Vec<(Permission, Extent)>,
    },
    /// Give an agent a role, in the place of the one she had.
    Give {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        email: String,
        /// The role's name.
        #[arg(long)]
        role: String,
    },
    /// Print all roles, what they allow and who has them.
    List {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Put { place, .. } | Self::Give { place, .. } | Self::List { place, .. } => place,
        }
    }

    /// What the account is asked for; nothing for a list.
    fn wish(self) -> Option<AdminWish> {
        Some(match self {
            Self::Put { name, grants, .. } => AdminWish::PutRole { name, grants },
            Self::Give { email, role, .. } => AdminWish::GiveRole { email, role },
            Self::List { .. } => return None,
        })
    }
}

fn grant(text: &str) -> anyhow::Result<(Permission, Extent)> {
    let (name, value) = text.split_once('=').context("PERMISSION=VALUE is expected")?;
    let permission = Permission::ALL.into_iter().find(|known| known.name() == name);
    let permission = permission.with_context(|| {
        format!(
            "there is no permission {name}; there are {}",
            Permission::ALL.map(Permission::name).join(", ")
        )
    })?;
    let extents = permission.extents();
    let extent = extents.iter().copied().find(|known| known.name() == value);
    let extent = extent.with_context(|| {
        let names: Vec<&str> = extents.iter().map(|known| known.name()).collect();
        format!("{name} is {}", names.join(" or "))
    })?;
    Ok((permission, extent))
}

/// Does it, and tells how the roles are then.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let json = matches!(admin, Admin::List { json: true, .. });
    if let Some(wish) = admin.wish() {
        running.admin(wish).await?;
    }
    let team = running.team().await?;
    if json {
        lines(team.roles.all().iter().map(|role| as_json(&team, role)))
    } else {
        Ok(table(&team))
    }
}

/// Who has it by their addresses, as they are given.
fn as_json(team: &Team, role: &Role) -> serde_json::Value {
    let agents: Vec<&str> = agents(team, role).collect();
    json!({ "id": role.id, "name": role.name, "permissions": role.permissions, "agents": agents })
}

fn agents<'a>(team: &'a Team, role: &Role) -> impl Iterator<Item = &'a str> {
    let id = role.id;
    let agents = team.agents.iter().filter(move |agent| team.roles.role_of(agent.id) == id);
    agents.map(|agent| agent.email.as_str())
}

/// One line a role: its name, its permissions, the agents who have it.
fn table(team: &Team) -> String {
    let lines = team.roles.all().into_iter().map(|role| {
        let agents: Vec<&str> = agents(team, &role).collect();
        let agents = if agents.is_empty() { "nobody".to_owned() } else { agents.join(", ") };
        let permissions = role.permissions.iter();
        let permissions: Vec<String> =
            permissions.map(|(p, extent)| format!("{}={}", p.name(), extent.name())).collect();
        format!("{}\t{}\t{agents}", role.name, permissions.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
