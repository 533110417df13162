//! What the product is measured beside: programs of others, and floors.
//!
//! Each brings its own server on loopback and a way to send it a message, so that "a message
//! arrives" means the same for all: somebody else sent it, a server passed it on.

pub(crate) mod converse;
pub(crate) mod floor;
pub(crate) mod hexchat;
pub(crate) mod xmpp;

use crate::measure::{app::App, desk::Desk};
use anyhow::Result;

/// A program that can be started on its desk again and again.
pub(crate) trait Contestant {
    /// As the report names it.
    fn name(&self) -> &'static str;

    fn desk(&self) -> &Desk;

    /// Starts it; what it needs (server, session, profile) is there already.
    fn start(&mut self) -> Result<App>;

    /// Waits until it is signed in and its conversation is open.
    fn settle(&mut self, app: &mut App) -> Result<()>;
}

/// A contestant that shows what is sent to it.
pub(crate) trait Receiver: Contestant {
    /// Sends one message into the conversation that is open.
    fn send(&mut self, text: &str) -> Result<()>;
}
