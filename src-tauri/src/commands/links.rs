//! Addresses that open outside the program, at the agent's click (reliability.md S4).

use crate::desktop::Desktop;
use bellhop_model::span;
use tauri::State;

/// Opens an address from a transcript in the agent's browser or mail program. The rule is checked
/// here again, for the window may be made to say anything.
#[tauri::command]
pub(crate) fn open_link(href: String) {
    if span::may_open(&href) {
        open(&href);
    } else {
        tracing::warn!("an address of a kind that is not opened was refused");
    }
}

/// Opens the demonstration site.
#[tauri::command]
pub(crate) fn open_site(desktop: State<'_, Desktop>) {
    if let Some(url) = desktop.site_url() {
        open(&url);
    }
}

/// By argument list, never through a shell.
fn open(href: &str) {
    if let Err(error) = open::that_detached(href) {
        tracing::warn!("no program to open an address with: {error}");
    }
}
