//! Actors who speak the two sockets' language themselves: [`SocketAgent`] and [`SocketVisitor`].
//!
//! They are fast, exact and strict: each checks what it is sent against docs/protocol.md (the
//! number before, above all) and fails with what it saw. For what a person sees there are
//! [`crate::window`] and [`crate::visitor`].

mod agent;
mod line;
mod visitor;

pub use agent::SocketAgent;
pub use line::Line;
pub use visitor::SocketVisitor;

use bellhop_model::{CommandId, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// A command's id, as a client makes it.
pub fn new_command_id() -> CommandId {
    CommandId(uuid::Uuid::now_v7())
}

/// The time by this machine.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// "mina" as a display name: "Mina".
pub(crate) fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}
