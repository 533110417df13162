//! Settings > Personal: what the agent decides for herself on this machine.

use serde::{Deserialize, Serialize};

/// The agent's personal settings (domain.md 2). The request in the dashboard never depends on
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonalSettings {
    /// Raise a notification of the operating system for a new request.
    pub notify_requests: bool,
    /// Play a sound for a new request.
    pub sound_requests: bool,
    pub language: Language,
    pub theme: Theme,
}

impl Default for PersonalSettings {
    fn default() -> Self {
        Self {
            notify_requests: true,
            sound_requests: true,
            language: Language::System,
            theme: Theme::System,
        }
    }
}

/// The language of the dashboard, the notifications and the tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// As the operating system says.
    #[default]
    System,
    Korean,
    English,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}
