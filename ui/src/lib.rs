//! The dashboard: what the agent looks at.
//!
//! A projection of the backend's view (law 7): `bridge` receives it, `state` keeps it and decides
//! what the agent's acts mean, `components` show it, `dom` does what needs the document itself,
//! `words` and `dates` say it in the agent's language. The crate knows nothing of ours but
//! `bellhop-model`, and its components render natively, so most of it is tested without a browser.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod bridge;
pub mod components;
pub mod dates;
pub mod dom;
pub mod runner;
pub mod state;
pub mod words;

/// Starts the dashboard in the page; called once by `boot.js`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn boot() {
    app::start();
}
