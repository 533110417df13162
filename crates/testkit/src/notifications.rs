//! The desktop's notification daemon, ours: it keeps what it was told and can play the person who
//! clicks.
//!
//! A desk without one has none at all (its bus activates nothing), which is a case of its own.

#![allow(clippy::used_underscore_binding)] // zbus reads the arguments that a test needs not

use crate::wait::{NotYet, wait_for};
use anyhow::Result;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zbus::{Connection, OwnedVariant, interface, object_server::SignalEmitter};

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// A notification as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub id: u32,
    pub app: String,
    /// The id it was asked to replace, 0 for none.
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    /// Key and label, in order.
    pub actions: Vec<(String, String)>,
    pub hints: BTreeMap<String, String>,
}

impl Shown {
    /// The key of the action whose key or label contains `part`, whatever its case.
    pub fn action(&self, part: &str) -> Option<&str> {
        let part = part.to_lowercase();
        let says = |text: &String| text.to_lowercase().contains(&part);
        self.actions.iter().find(|(key, label)| says(key) || says(label)).map(|(key, _)| &**key)
    }
}

#[derive(Debug, Default)]
struct Record {
    shown: Vec<Shown>,
    /// What the program took back by itself.
    withdrawn: Vec<u32>,
}

type Shared = Arc<Mutex<Record>>;

struct Daemon {
    record: Shared,
    capabilities: Vec<String>,
    last_id: u32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    fn get_capabilities(&self) -> Vec<String> {
        self.capabilities.clone()
    }

    #[allow(clippy::unused_self)]
    fn get_server_information(&self) -> (String, String, String, String) {
        ("testkit".into(), "bellhop".into(), "1".into(), "1.2".into())
    }

    // The interface is the desktop's.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn notify(
        &mut self,
        app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        _timeout: i32,
    ) -> u32 {
        let id = if replaces == 0 {
            self.last_id += 1;
            self.last_id
        } else {
            replaces
        };
        let actions = actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let hints = hints.into_iter().map(|(name, value)| (name, format!("{value:?}"))).collect();
        let shown = Shown { id, app, replaces, summary, body, actions: actions.collect(), hints };
        lock(&self.record).shown.push(shown);
        id
    }

    async fn close_notification(
        &self,
        id: u32,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        lock(&self.record).withdrawn.push(id);
        Ok(Self::notification_closed(&emitter, id, CLOSED_BY_CALL).await?)
    }

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;
}

const CLOSED_BY_PERSON: u32 = 2;
const CLOSED_BY_CALL: u32 = 3;

fn lock(record: &Shared) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The daemon, as the test sees it. Dropping it makes the daemon leave the bus.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    record: Shared,
}

impl Notifications {
    /// A daemon with bodies, actions and markup, as most have them.
    pub async fn start(bus: &str) -> Result<Self> {
        Self::with_capabilities(bus, &["body", "actions", "body-markup", "persistence"]).await
    }

    /// A daemon with exactly these capabilities.
    pub async fn with_capabilities(bus: &str, capabilities: &[&str]) -> Result<Self> {
        let record = Shared::default();
        let capabilities = capabilities.iter().map(ToString::to_string).collect();
        let daemon = Daemon { record: record.clone(), capabilities, last_id: 0 };
        let connection = zbus::connection::Builder::address(bus)
            .serve_at(PATH, daemon)
            .name(NAME)
            .build()
            .await?;
        Ok(Self { connection, record })
    }

    /// Everything that was shown, oldest first.
    pub fn shown(&self) -> Vec<Shown> {
        lock(&self.record).shown.clone()
    }

    /// The ids that the program withdrew.
    pub fn withdrawn(&self) -> Vec<u32> {
        lock(&self.record).withdrawn.clone()
    }

    /// Waits for one whose summary or body contains `part` and which is not withdrawn.
    pub async fn wait_shown(&self, part: &str) -> Result<Shown> {
        wait_for(&format!("a notification that says {part:?}"), async || {
            let record = lock(&self.record);
            let is_it = |n: &&Shown| n.summary.contains(part) || n.body.contains(part);
            match record.shown.iter().rev().find(is_it) {
                Some(found) if !record.withdrawn.contains(&found.id) => Ok(found.clone()),
                other => Err(NotYet::seen(format!("{other:?} of {record:?}"))),
            }
        })
        .await
    }

    /// Waits until the program has taken this one back.
    pub async fn wait_withdrawn(&self, id: u32) -> Result<()> {
        wait_for(&format!("notification {id} to be withdrawn"), async || {
            let withdrawn = self.withdrawn();
            if withdrawn.contains(&id) {
                return Ok(());
            }
            Err(NotYet::seen(format!("withdrawn: {withdrawn:?}")))
        })
        .await
    }

    /// Clicks an action; `default` is a click on the notification itself. A click closes it.
    pub async fn invoke(&self, id: u32, action_key: &str) -> Result<()> {
        let daemon = self.connection.object_server().interface::<_, Daemon>(PATH).await?;
        let emitter = daemon.signal_emitter();
        Daemon::action_invoked(emitter, id, action_key).await?;
        Daemon::notification_closed(emitter, id, CLOSED_BY_PERSON).await?;
        Ok(())
    }

    /// Swipes it away without acting on it.
    pub async fn dismiss(&self, id: u32) -> Result<()> {
        let daemon = self.connection.object_server().interface::<_, Daemon>(PATH).await?;
        Daemon::notification_closed(daemon.signal_emitter(), id, CLOSED_BY_PERSON).await?;
        Ok(())
    }
}
