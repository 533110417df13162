//! `bellhop-service admin trigger`: what an administrator says of automatic messages.

use crate::admin::{Place, lines};
use anyhow::{Context as _, bail};
use bellhop_model::Trigger;
use bellhop_service::{AdminWish, Running};
use clap::Subcommand;
use serde_json::Value;

/// Every name that a trigger may have in JSON, so that a misspelt one is not passed over.
const NAMES: [&str; 16] = [
    "id",
    "name",
    "enabled",
    "on",
    "needs",
    "conditions",
    "what",
    "is",
    "value",
    "actions",
    "do",
    "text",
    "translations",
    "for_ms",
    "tag",
    "once",
];

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make a trigger, or change the one of this name: the standard input is a JSON object as
    /// `list --json` prints them, and as docs/protocol.md describes them.
    Put(Place),
    /// Let a trigger do what it says.
    Enable {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Let a trigger do nothing.
    Disable {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Remove a trigger; a stock one as well.
    Remove {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
    },
    /// Print all triggers.
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
            Self::Put(place)
            | Self::Enable { place, .. }
            | Self::Disable { place, .. }
            | Self::Remove { place, .. }
            | Self::List { place, .. } => place,
        }
    }
}

/// Does it, or tells the list.
pub(crate) async fn change(running: &Running, admin: Admin, input: &str) -> anyhow::Result<String> {
    let wish = match admin {
        Admin::Put(_) => AdminWish::PutTrigger { trigger: read(input)? },
        Admin::Enable { name, .. } => AdminWish::EnableTrigger { name, enabled: true },
        Admin::Disable { name, .. } => AdminWish::EnableTrigger { name, enabled: false },
        Admin::Remove { name, .. } => AdminWish::RemoveTrigger { name },
        Admin::List { json, .. } => {
            let all = running.triggers().await?;
            if json {
                return lines(all);
            }
            return Ok(all.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
    };
    running.admin(wish).await?;
    Ok(String::new())
}

fn read(text: &str) -> anyhow::Result<Trigger> {
    let value: Value = serde_json::from_str(text).context("the trigger is not JSON")?;
    check_names(&value)?;
    serde_json::from_value(value).context("this is no trigger")
}

fn check_names(value: &Value) -> anyhow::Result<()> {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !NAMES.contains(&name.as_str()) {
                    bail!("a trigger has no {name:?}");
                }
                if name != "translations" {
                    check_names(value)?;
                }
            }
            Ok(())
        }
        Value::Array(values) => values.iter().try_for_each(check_names),
        _ => Ok(()),
    }
}

/// The name, whether it is enabled, on what it waits, and how much it has of what.
fn line(trigger: &Trigger) -> String {
    let on = serde_json::to_value(trigger.on).unwrap_or_default();
    let state = if trigger.enabled { "enabled" } else { "disabled" };
    let once = if trigger.once { "\tonce" } else { "" };
    let (conditions, actions) = (trigger.conditions.len(), trigger.actions.len());
    let on = on.as_str().unwrap_or_default();
    format!("{}\t{state}\t{on}\t{conditions} conditions\t{actions} actions{once}", trigger.name)
}
