//! `bellhop-service admin ban`: who is kept from chatting.

use crate::Place;
use bellhop_model::{
    VisitorId,
    ban::{Banned, ListedBan},
};
use bellhop_service::{AdminWish, Running};
use clap::{Args, Subcommand};

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Ban a visitor or an address. The oldest of 5,000 addresses falls out when there is one more.
    Add {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        who: Who,
        /// For whoever reads the list.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Ban them no more.
    Remove {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        who: Who,
    },
    /// Print the bans, newest first: visitor or address, name, reason, by whom.
    List {
        #[command(flatten)]
        place: Place,
        /// Only those in which this stands, in whichever case.
        #[arg(long, default_value = "")]
        search: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// A visitor's id, 24 hexadecimal characters: this browser.
    #[arg(long, value_name = "ID")]
    visitor: Option<String>,
    /// An address of IPv4, or of IPv6 with its whole network (64 bits): everybody there.
    #[arg(long)]
    address: Option<String>,
}

impl Who {
    fn banned(self) -> Banned {
        match (self.visitor, self.address) {
            (Some(id), _) => Banned::Visitor { visitor_id: VisitorId(id) },
            (None, address) => Banned::Address { address: address.unwrap_or_default() },
        }
    }
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Add { place, .. } | Self::Remove { place, .. } | Self::List { place, .. } => {
                place
            }
        }
    }
}

/// Does it; a list is printed.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    match admin {
        Admin::Add { who, reason, .. } => {
            running.admin(AdminWish::Ban { banned: who.banned(), reason }).await?;
        }
        Admin::Remove { who, .. } => {
            running.admin(AdminWish::LiftBan { banned: who.banned() }).await?;
        }
        Admin::List { search, .. } => print(running, &search).await?,
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the administrator asked for")]
async fn print(running: &Running, search: &str) -> anyhow::Result<()> {
    let team = running.team().await?;
    for listed in running.bans(search).await? {
        let by = team.agents.iter().find(|agent| Some(agent.id) == listed.ban.agent_id);
        println!("{}", line(&listed, by.map_or("an administrator", |agent| &agent.email)));
    }
    Ok(())
}

fn line(listed: &ListedBan, by: &str) -> String {
    let ListedBan { ban, .. } = listed;
    let whom: &str = match &ban.banned {
        Banned::Visitor { visitor_id } => &visitor_id.0,
        Banned::Address { address } => address,
        Banned::Unknown => "?",
    };
    format!("{whom}\t{}\t{}\t{by}", ban.name, ban.reason)
}
