//! `bellhop-service admin tag` and `admin rating`: what an administrator says of both.

use crate::admin::{Place, lines};
use bellhop_service::{AdminWish, Running};
use clap::{Subcommand, ValueEnum};

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Put tags into the list of known ones.
    Add {
        #[command(flatten)]
        place: Place,
        /// The tag; once for each.
        #[arg(long = "tag", value_name = "TAG", required = true)]
        tags: Vec<String>,
    },
    /// Take tags out of the list. Chats that have them keep them.
    Remove {
        #[command(flatten)]
        place: Place,
        /// The tag; once for each.
        #[arg(long = "tag", value_name = "TAG", required = true)]
        tags: Vec<String>,
    },
    /// Whether agents may give tags that are not in the list; at first they may.
    Creating {
        #[command(flatten)]
        place: Place,
        allowed: Switch,
    },
    /// Print the known tags, one a line.
    List {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON string.
        #[arg(long)]
        json: bool,
    },
}

/// Whether visitors can rate chats; at first they cannot. Without a word it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Rating {
    #[command(flatten)]
    pub(crate) place: Place,
    enabled: Option<Switch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Add { place, .. }
            | Self::Remove { place, .. }
            | Self::Creating { place, .. }
            | Self::List { place, .. } => place,
        }
    }
}

/// Does it, or tells the list.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let wish = match admin {
        Admin::Add { tags, .. } => AdminWish::KnowTags { tags },
        Admin::Remove { tags, .. } => AdminWish::ForgetTags { tags },
        Admin::Creating { allowed, .. } => {
            AdminWish::AllowNewTags { allowed: allowed == Switch::On }
        }
        Admin::List { json, .. } => {
            let tags = running.known_tags().await?;
            return if json { lines(tags) } else { Ok(tags.join("\n")) };
        }
    };
    running.admin(wish).await?;
    Ok(String::new())
}

/// Switches ratings on or off, or tells which they are.
pub(crate) async fn rating(running: &Running, rating: &Rating) -> anyhow::Result<String> {
    let Some(switch) = rating.enabled else {
        let on = running.team().await?.setup.ratings;
        return Ok(if on { "on" } else { "off" }.to_owned());
    };
    running.admin(AdminWish::SwitchRatings { enabled: switch == Switch::On }).await?;
    Ok(String::new())
}
