//! `bellhop-service admin ban`: who is kept from chatting.

use crate::admin::{Place, lines};
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
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
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

/// Does it; a list is told.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let wish = match admin {
        Admin::Add { who, reason, .. } => AdminWish::Ban { banned: who.banned(), reason },
        Admin::Remove { who, .. } => AdminWish::LiftBan { banned: who.banned() },
        Admin::List { search, json, .. } => return list(running, &search, json).await,
    };
    running.admin(wish).await?;
    Ok(String::new())
}

async fn list(running: &Running, search: &str, json: bool) -> anyhow::Result<String> {
    let bans = running.bans(search).await?;
    if json {
        return lines(bans);
    }
    let team = running.team().await?;
    let told = bans.iter().map(|listed| {
        let by = team.agents.iter().find(|agent| Some(agent.id) == listed.ban.agent_id);
        line(listed, by.map_or("an administrator", |agent| &agent.email))
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
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
