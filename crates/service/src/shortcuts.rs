//! `bellhop-service admin shortcut`: what an administrator says of shortcuts.

use crate::admin::{Place, known, lines};
use anyhow::Context as _;
use bellhop_model::{
    DepartmentId,
    shortcut::{Scope, Shortcut},
};
use bellhop_service::{AdminWish, Running, Team};
use clap::{Args, Subcommand};

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make a shortcut, or change the one of this name. It is for all agents, unless an agent or
    /// departments are named.
    Put {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        shortcut: Said,
    },
    /// Make or change many: the standard input has one as a JSON object on each line, as `list
    /// --json` prints them.
    Load(Place),
    /// Remove a shortcut.
    Remove {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Print all shortcuts.
    List {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Said {
    #[arg(long)]
    name: String,
    #[arg(long)]
    message: String,
    /// What the visitor may answer by a click, parted by `/`, such as `Yes/No`.
    #[arg(long)]
    options: Option<String>,
    /// A tag of the chat in which it is used; once for each.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// It is this agent's alone.
    #[arg(long, value_name = "EMAIL", conflicts_with = "departments")]
    agent: Option<String>,
    /// It is for the agents in this department; once for each.
    #[arg(long = "department", value_name = "NAME")]
    departments: Vec<String>,
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Put { place, .. }
            | Self::Load(place)
            | Self::Remove { place, .. }
            | Self::List { place, .. } => place,
        }
    }
}

/// Does it, and tells what was asked for.
pub(crate) async fn change(running: &Running, admin: Admin, input: &str) -> anyhow::Result<String> {
    match admin {
        Admin::Put { shortcut, .. } => {
            let shortcut = shortcut.shortcut(running).await?;
            running.admin(AdminWish::PutShortcut { shortcut }).await?;
        }
        Admin::Load(_) => return Ok(format!("{} shortcuts", load(running, input).await?)),
        Admin::Remove { name, .. } => {
            running.admin(AdminWish::RemoveShortcut { name }).await?;
        }
        Admin::List { json, .. } => {
            let all = running.shortcuts().await?;
            if json {
                return lines(all);
            }
            let team = running.team().await?;
            let told: Vec<String> = all.iter().map(|shortcut| line(shortcut, &team)).collect();
            return Ok(told.join("\n"));
        }
    }
    Ok(String::new())
}

async fn load(running: &Running, input: &str) -> anyhow::Result<usize> {
    let mut count = 0;
    for (number, line) in input.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = || format!("line {}", number + 1);
        let shortcut = serde_json::from_str(line).with_context(at)?;
        running.admin(AdminWish::PutShortcut { shortcut }).await.with_context(at)?;
        count += 1;
    }
    Ok(count)
}

impl Said {
    async fn shortcut(self, running: &Running) -> anyhow::Result<Shortcut> {
        let scope = match (&self.agent, &self.departments[..]) {
            (Some(email), _) => Scope::Agent { agent_id: known(running, email).await?.id },
            (None, []) => Scope::All,
            (None, names) => {
                let team = &running.team().await?;
                let ids: anyhow::Result<_> =
                    names.iter().map(|name| department(team, name)).collect();
                Scope::Departments { department_ids: ids? }
            }
        };
        let options = self.options.as_deref().unwrap_or_default().split('/');
        let options = options.map(str::trim).filter(|option| !option.is_empty());
        Ok(Shortcut {
            name: self.name,
            message: self.message,
            options: options.map(ToOwned::to_owned).collect(),
            tags: self.tags,
            scope,
        })
    }
}

fn department(team: &Team, name: &str) -> anyhow::Result<DepartmentId> {
    let wanted = name.trim().to_lowercase();
    let known = team.setup.departments.iter().find(|known| known.name.to_lowercase() == wanted);
    Ok(known.with_context(|| format!("there is no department {name:?}"))?.id)
}

/// The name, for whom it is, its options and tags, and its message on one line.
fn line(shortcut: &Shortcut, team: &Team) -> String {
    let scope = match &shortcut.scope {
        Scope::All => "all".to_owned(),
        Scope::Agent { agent_id } => {
            let agent = team.agents.iter().find(|agent| agent.id == *agent_id);
            agent.map(|agent| agent.email.clone()).unwrap_or_default()
        }
        Scope::Departments { department_ids } => {
            let names = department_ids.iter().filter_map(|id| team.setup.department(*id));
            names.map(|department| department.name.as_str()).collect::<Vec<_>>().join(", ")
        }
        Scope::Unknown => String::new(),
    };
    let message: Vec<&str> = shortcut.message.split_whitespace().collect();
    let (options, tags) = (shortcut.options.join("/"), shortcut.tags.join(" "));
    format!("{}\t{scope}\t{options}\t{tags}\t{}", shortcut.name, message.join(" "))
}
