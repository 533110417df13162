//! `bellhop-service admin role`: what an administrator says of roles and permissions.

use crate::Place;
use anyhow::Context as _;
use bellhop_model::{Agent, Extent, Permission};
use bellhop_service::{AdminWish, Running, Team};
use clap::Subcommand;

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
    },
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Put { place, .. } | Self::Give { place, .. } | Self::List { place } => place,
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

/// Does it, and prints how the roles are then.
#[expect(clippy::print_stdout, reason = "it is what the administrator asked for")]
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    if let Some(wish) = admin.wish() {
        running.admin(wish).await?;
    }
    println!("{}", table(&running.team().await?));
    Ok(())
}

/// One line a role: its name, its permissions, the agents who have it.
fn table(team: &Team) -> String {
    let lines = team.roles.all().into_iter().map(|role| {
        let has = |agent: &&Agent| team.roles.role_of(agent.id) == role.id;
        let agents: Vec<&str> = team.agents.iter().filter(has).map(|a| a.email.as_str()).collect();
        let agents = if agents.is_empty() { "nobody".to_owned() } else { agents.join(", ") };
        let permissions = role.permissions.iter();
        let permissions: Vec<String> =
            permissions.map(|(p, extent)| format!("{}={}", p.name(), extent.name())).collect();
        format!("{}\t{}\t{agents}", role.name, permissions.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
