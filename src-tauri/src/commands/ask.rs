//! The agent's wishes.

use crate::desktop::Desktop;
use bellhop_model::view::{Ask, AskProblem};
use tauri::State;

/// Hands an [`Ask`] to the engine. What it changes comes back through the view.
#[tauri::command]
pub(crate) async fn ask(desktop: State<'_, Desktop>, ask: Ask) -> Result<(), AskProblem> {
    desktop.client()?.ask(ask).await
}

/// The passphrase that the start waits for, where there is no key store.
#[tauri::command]
pub(crate) fn unlock(desktop: State<'_, Desktop>, passphrase: String) -> Result<(), AskProblem> {
    desktop.unlock(passphrase)
}
