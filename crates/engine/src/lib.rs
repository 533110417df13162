//! The agent side's brain: pure decisions from inputs to effects.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod io;

pub use io::{AlertIntent, Effect, EngineConfig, Input};

use bellhop_model::{ChatId, Timestamp, stored::Stored, view::View};

/// The engine.
#[derive(Debug)]
pub struct Engine {
    view: View,
}

impl Engine {
    #[must_use]
    pub fn new(_stored: Stored, _config: EngineConfig, _now: Timestamp) -> Self {
        Self { view: View::default() }
    }
    pub fn handle(&mut self, _input: Input, _now: Timestamp) -> Vec<Effect> {
        Vec::new()
    }
    pub fn wake_at(&self) -> Option<Timestamp> {
        None
    }
    pub fn view(&self) -> View {
        self.view.clone()
    }
    pub fn wanted(&self, _input: &Input) -> Option<ChatId> {
        None
    }
}
