//! The history, page by page, from the cache: it needs no connection.

use crate::desktop::Desktop;
use bellhop_model::{
    ChatId,
    history::{HistoryCursor, HistoryPage},
    view::{AskProblem, HistoryChat},
};
use tauri::State;

/// The page after `before`, or the newest.
#[tauri::command]
pub(crate) async fn history_page(
    desktop: State<'_, Desktop>,
    before: Option<HistoryCursor>,
) -> Result<HistoryPage, AskProblem> {
    desktop.client()?.history_page(before).await
}

/// One ended chat with its transcript.
#[tauri::command]
pub(crate) async fn history_chat(
    desktop: State<'_, Desktop>,
    chat_id: ChatId,
) -> Result<Option<HistoryChat>, AskProblem> {
    desktop.client()?.history_chat(chat_id).await
}
