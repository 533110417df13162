//! `bellhop-service admin department`: what an administrator says of departments.

use crate::admin::{Place, lines};
use bellhop_model::Department;
use bellhop_service::{AdminWish, Running, Team};
use clap::Subcommand;
use serde_json::json;

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
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
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
            | Self::List { place, .. } => place,
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

/// Does it, and tells how the departments are then.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let json = matches!(admin, Admin::List { json: true, .. });
    if let Some(wish) = admin.wish() {
        running.admin(wish).await?;
    }
    let team = running.team().await?;
    if json {
        lines(team.setup.departments.iter().map(|one| as_json(&team, one)))
    } else {
        Ok(table(&team))
    }
}

/// Its members by their addresses, as they are given.
fn as_json(team: &Team, department: &Department) -> serde_json::Value {
    let Department { id, name, description, enabled, .. } = department;
    let members: Vec<&str> = members(team, department).collect();
    json!({ "id": id, "name": name, "description": description, "enabled": enabled, "members": members })
}

fn members<'a>(team: &'a Team, department: &'a Department) -> impl Iterator<Item = &'a str> {
    let members = team.agents.iter().filter(|agent| department.members.contains(&agent.id));
    members.map(|agent| agent.email.as_str())
}

/// One line a department: its number, its name, whether it is disabled, its members.
fn table(team: &Team) -> String {
    let lines = team.setup.departments.iter().map(|department| {
        let members: Vec<&str> = members(team, department).collect();
        let members = if members.is_empty() { "no members".to_owned() } else { members.join(", ") };
        let disabled = if department.enabled { "" } else { " (disabled)" };
        format!("{}\t{}{disabled}\t{members}", department.id, department.name)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "there are no departments".to_owned() } else { lines.join("\n") }
}
