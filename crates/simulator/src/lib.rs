//! Scripted visitors and colleagues for a chat service: to try it, to show it, to load it.
//!
//! [`script`] decides, purely and from a seed; [`actors`] carry out over the public sockets of
//! docs/protocol.md and nothing else; [`watch`] checks that the service keeps its word. [`run`]
//! brings them together and counts.
//!
//! Invariant: it knows of a service what a stranger knows, an address and tokens.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod actors;
pub mod chance;
mod line;
mod pace;
mod plan;
mod run;
pub mod script;
pub mod stock;
mod totals;
pub mod watch;

pub use plan::{Plan, PlanError, VISITORS};
pub use run::{Report, run};
pub use totals::Totals;
