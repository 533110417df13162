//! `bellhop-service admin department`: what an administrator says of departments.

use crate::Place;
use bellhop_service::{AdminWish, Running, Team};
use clap::Subcommand;

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make a department, or enable it again; one that is there keeps its members.
    Add {
        #[command(flatten)]
        place: Place,
        /// What agents see when they transfer a chat to it.
        #[arg(long)]
        name: String,
        /// What it is for. Left as it is where it is not given.
        #[arg(long)]
        description: Option<String>,
    },
    /// Give a department another name. Its chats and members stay.
    Rename {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
        /// The new name.
        #[arg(long)]
        to: String,
    },
    /// Let requests be made for it, and chats be transferred to it, again.
    Enable {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Take a department out of use. What waits for it then waits for every agent; its members
    /// and its history stay.
    Disable {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Say who its members are: exactly the agents named here, nobody where none is named.
    Members {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
        /// The email address of a member; once for each.
        #[arg(long = "email", value_name = "EMAIL")]
        emails: Vec<String>,
    },
    /// Print all departments with their members.
    List {
        #[command(flatten)]
        place: Place,
    },
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Add { place, .. }
            | Self::Rename { place, .. }
            | Self::Enable { place, .. }
            | Self::Disable { place, .. }
            | Self::Members { place, .. }
            | Self::List { place } => place,
        }
    }

    /// What the account is asked for; nothing for a list.
    fn wish(self) -> Option<AdminWish> {
        Some(match self {
            Self::Add { name, description, .. } => AdminWish::PutDepartment { name, description },
            Self::Rename { name, to, .. } => AdminWish::RenameDepartment { name, to },
            Self::Enable { name, .. } => AdminWish::EnableDepartment { name, enabled: true },
            Self::Disable { name, .. } => AdminWish::EnableDepartment { name, enabled: false },
            Self::Members { name, emails, .. } => AdminWish::SetMembers { name, emails },
            Self::List { .. } => return None,
        })
    }
}

/// Does it, and prints how the departments are then.
#[expect(clippy::print_stdout, reason = "it is what the administrator asked for")]
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    if let Some(wish) = admin.wish() {
        running.admin(wish).await?;
    }
    println!("{}", table(&running.team().await?));
    Ok(())
}

/// One line a department: its number, its name, whether it is disabled, its members.
fn table(team: &Team) -> String {
    let Team { agents, setup, .. } = team;
    let lines = setup.departments.iter().map(|department| {
        let members = agents.iter().filter(|agent| department.members.contains(&agent.id));
        let members: Vec<&str> = members.map(|agent| agent.email.as_str()).collect();
        let members = if members.is_empty() { "no members".to_owned() } else { members.join(", ") };
        let disabled = if department.enabled { "" } else { " (disabled)" };
        format!("{}\t{}{disabled}\t{members}", department.id, department.name)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "there are no departments".to_owned() } else { lines.join("\n") }
}
