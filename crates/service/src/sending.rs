//! `bellhop-service admin file`: which files may be sent in chats, and which were.

use crate::{
    admin::{Place, lines},
    tags::Switch,
};
use anyhow::Context as _;
use bellhop_model::FileId;
use bellhop_service::{AdminWish, FileWish, KeptFile, Running};
use clap::Subcommand;
use serde_json::json;

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Whether documents may be sent; at first they may. Pictures always may.
    Sending {
        #[command(flatten)]
        place: Place,
        allowed: Switch,
    },
    /// Let files of an extension be sent, besides pdf, png, jpeg, gif and txt.
    Allow {
        #[command(flatten)]
        place: Place,
        /// Without the dot; once for each.
        #[arg(long = "extension", value_name = "EXTENSION", required = true)]
        extensions: Vec<String>,
    },
    /// And no more. Those that every account has stay.
    Disallow {
        #[command(flatten)]
        place: Place,
        /// Without the dot; once for each.
        #[arg(long = "extension", value_name = "EXTENSION", required = true)]
        extensions: Vec<String>,
    },
    /// Print the extensions that may be sent now, one a line.
    Allowed {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON string.
        #[arg(long)]
        json: bool,
    },
    /// Print a line for each file: id, chat, kind, bytes, name.
    List {
        #[command(flatten)]
        place: Place,
        /// Only those of this chat.
        #[arg(long)]
        chat: Option<u64>,
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Delete a file for good. What was said about it in the chat stays.
    Delete {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        id: String,
    },
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Sending { place, .. }
            | Self::Allow { place, .. }
            | Self::Disallow { place, .. }
            | Self::Allowed { place, .. }
            | Self::List { place, .. }
            | Self::Delete { place, .. } => place,
        }
    }
}

/// Does it, or tells a list.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let wish = match admin {
        Admin::Sending { allowed, .. } => FileWish::Switch { sending: allowed == Switch::On },
        Admin::Allow { extensions, .. } => FileWish::Allow { extensions },
        Admin::Disallow { extensions, .. } => FileWish::Disallow { extensions },
        Admin::Delete { id, .. } => {
            let file_id = FileId::read(&id).context("an id has 32 hexadecimal characters")?;
            FileWish::Delete { file_id }
        }
        Admin::Allowed { json, .. } => {
            let rules = running.file_rules().await?;
            let allowed = rules.allowed();
            return if json { lines(allowed) } else { Ok(allowed.join("\n")) };
        }
        Admin::List { chat, json, .. } => {
            let mut files = running.files().await?;
            files.retain(|(_, kept)| chat.is_none_or(|chat| kept.chat_id.0 == chat));
            return list(files, json);
        }
    };
    running.admin(AdminWish::Files(wish)).await?;
    Ok(String::new())
}

fn list(files: Vec<(FileId, KeptFile)>, json: bool) -> anyhow::Result<String> {
    if json {
        return lines(files.iter().map(|(id, KeptFile { chat_id, name, kind, bytes, .. })| {
            json!({ "id": id, "chat": chat_id, "kind": kind.name(), "bytes": bytes, "name": name })
        }));
    }
    let told = files.iter().map(|(id, KeptFile { chat_id, name, kind, bytes, .. })| {
        format!("{id}\t{chat_id}\t{}\t{bytes}\t{name}", kind.name())
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
}
