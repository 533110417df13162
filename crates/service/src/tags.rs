//! `bellhop-service admin tag` and `admin rating`: what an administrator says of both.

use crate::Place;
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
    },
}

/// Whether visitors can rate chats; at first they cannot.
#[derive(Debug, clap::Args)]
pub(crate) struct Rating {
    #[command(flatten)]
    pub(crate) place: Place,
    enabled: Switch,
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
            | Self::List { place } => place,
        }
    }
}

/// Does it, or prints the list.
#[expect(clippy::print_stdout, reason = "it is what the administrator asked for")]
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    let wish = match admin {
        Admin::Add { tags, .. } => AdminWish::KnowTags { tags },
        Admin::Remove { tags, .. } => AdminWish::ForgetTags { tags },
        Admin::Creating { allowed, .. } => {
            AdminWish::AllowNewTags { allowed: allowed == Switch::On }
        }
        Admin::List { .. } => {
            for tag in running.known_tags().await? {
                println!("{tag}");
            }
            return Ok(());
        }
    };
    running.admin(wish).await?;
    Ok(())
}

/// Switches ratings on or off.
pub(crate) async fn rating(running: &Running, rating: &Rating) -> anyhow::Result<()> {
    let enabled = rating.enabled == Switch::On;
    running.admin(AdminWish::SwitchRatings { enabled }).await?;
    Ok(())
}
