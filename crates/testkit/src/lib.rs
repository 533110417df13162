//! What tests are made of.
//!
//! A private [`desk`] with its [`notifications`], [`tray`] and [`screen`]; the program in its
//! [`window`]; a [`visitor`] with a browser; the real [`service`]; actors who speak the two
//! sockets' language themselves ([`actors`]); [`proxy`] for bad networks; and the whole
//! [`story`], walked by the test and by the demo alike.
//!
//! Invariant: nothing here sleeps for a while and hopes; see [`wait`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod actors;
pub mod cache;
pub mod desk;
mod driver;
pub mod machine;
pub mod notifications;
pub mod pictures;
pub mod process;
pub mod proxy;
pub mod screen;
pub mod service;
pub mod story;
pub mod surface;
pub mod tray;
pub mod visitor;
pub mod wait;
pub mod window;
