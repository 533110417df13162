//! What the agent sees. Components read small answers of the state (`state::select`) and dispatch
//! actions; they decide nothing.
//!
//! Invariant (law 9): text that a visitor can set is printed as text nodes and attribute values
//! only; a link is a button that asks the backend to open it.

pub mod bar;
pub mod chat;
pub mod common;
pub mod composer;
pub mod connection;
pub mod dashboard;
pub mod details;
pub mod end_dialog;
pub mod history;
pub mod home;
pub mod line;
pub mod lists;
pub mod notices;
pub mod panes;
pub mod queue;
pub mod settings;
pub mod stages;
pub mod tabs;
pub mod transcript;
pub mod visitors;

#[cfg(test)]
mod tests;
