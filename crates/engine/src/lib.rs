//! The agent side's brain: pure decisions from inputs to effects (law 1).
//!
//! [`Engine::handle`] takes one [`Input`] and the time and returns [`Effect`]s, which the driver
//! (crate `bellhop-client`) executes in order. No clock, no randomness, no I/O: ids and the seed
//! of the jitter come from the driver.
//!
//! | question | module |
//! |---|---|
//! | when to connect, when a line is dead | `connection` |
//! | has everything been delivered | `ledger` |
//! | what does an event do to a chat | `chats` (and `bellhop_model::fold`) |
//! | what does a frame of the service lead to | `frames` |
//! | may the agent do that, and what is stored of it | `asks`, `undo` |
//! | when is a command sent, sent again, given up | `outbox` |
//! | is the agent told of a request | `alerts` |
//! | does the visitor see that the agent types | `typing` |
//! | what is written to the cache | `mirror` |
//! | what is the window told | `publish`, `notices` |
//!
//! Invariant (law 2): in the effects of every input, what is stored comes before what is
//! published, and that before what is done.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod alerts;
mod asks;
mod chats;
mod connection;
mod engine;
mod frames;
mod io;
mod ledger;
mod mirror;
mod notices;
mod outbox;
mod people;
mod publish;
mod typing;
mod undo;

#[cfg(test)]
mod tests;

pub use engine::Engine;
pub use io::{AlertIntent, Effect, EngineConfig, Input};
