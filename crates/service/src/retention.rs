//! `bellhop-service admin retention`: for how long chats are kept.

use crate::admin::Place;
use bellhop_service::{AdminWish, Running};
use clap::Args;

/// Say for how long chats and offline messages are kept after their end, or tell it. What is kept no
/// longer is deleted for good.
#[derive(Debug, Args)]
pub(crate) struct Retention {
    #[command(flatten)]
    pub(crate) place: Place,
    /// For so many days.
    #[arg(long, conflicts_with = "forever")]
    days: Option<u32>,
    /// Until somebody deletes them.
    #[arg(long)]
    forever: bool,
}

/// Does it, and tells how it is then.
pub(crate) async fn set(running: &Running, wish: &Retention) -> anyhow::Result<String> {
    if wish.days.is_some() || wish.forever {
        running.admin(AdminWish::SetRetention { days: wish.days }).await?;
    }
    Ok(match running.team().await?.retention {
        Some(days) => format!("chats are kept for {days} days after their end"),
        None => "chats are kept until somebody deletes them".to_owned(),
    })
}
