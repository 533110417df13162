//! The window's view of everything.

use crate::desktop::Desktop;
use bellhop_model::view::Update;
use tauri::{State, ipc::Channel};

/// Sends a snapshot now and every later change over this channel, instead of any channel given
/// before: a reloaded window starts anew with it (law 7).
#[tauri::command]
pub(crate) fn watch(desktop: State<'_, Desktop>, channel: Channel<Update>) {
    desktop.watch(channel);
}

/// The window has painted for the first time. Tests and benchmarks wait for this line.
#[tauri::command]
pub(crate) fn ready() {
    tracing::info!(target: "bellhop", "UI_READY");
}
