//! The way to the backend: the only code that touches `window.__TAURI__`.
//!
//! Messages cross as JSON text, read and written by serde on both sides, so that a number is the
//! same number here as there. Invariant: what cannot be read is an error with its reason, never a
//! guess.

#[cfg(feature = "preview")]
pub mod preview;
mod tauri;

use crate::state::CallProblem;
use bellhop_model::{
    ChatId,
    history::{HistoryCursor, HistoryPage},
    view::{Ask, HistoryChat, Update},
};
use serde_json::json;
use std::rc::Rc;

/// Who answers the window.
#[derive(Debug, Clone)]
pub enum Backend {
    Tauri(tauri::Core),
    #[cfg(feature = "preview")]
    Preview(preview::Preview),
}

type Watcher = Rc<dyn Fn(Update)>;

impl Backend {
    /// The program behind this window.
    pub fn find() -> Result<Self, String> {
        match tauri::Core::find() {
            Some(core) => Ok(Self::Tauri(core)),
            #[cfg(feature = "preview")]
            None => Ok(Self::Preview(preview::Preview::new())),
            #[cfg(not(feature = "preview"))]
            None => Err("window.__TAURI__ is not there".to_owned()),
        }
    }

    /// From now on updates go to `watcher`, a snapshot first. Replaces the one before.
    pub async fn watch(&self, watcher: Watcher) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.watch(watcher).await,
            #[cfg(feature = "preview")]
            Self::Preview(preview) => {
                preview.watch(watcher);
                Ok(())
            }
        }
    }

    /// Asks for something to be done.
    pub async fn ask(&self, ask: &Ask) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.call("ask", &json!({ "ask": ask })).await,
            #[cfg(feature = "preview")]
            Self::Preview(preview) => preview.ask(ask),
        }
    }

    /// A page of the history, newest first.
    pub async fn history_page(
        &self,
        before: Option<HistoryCursor>,
    ) -> Result<HistoryPage, CallProblem> {
        match self {
            Self::Tauri(core) => core.call("history_page", &json!({ "before": before })).await,
            #[cfg(feature = "preview")]
            Self::Preview(preview) => Ok(preview.history_page(before)),
        }
    }

    /// A transcript of the history.
    pub async fn history_chat(
        &self,
        chat_id: ChatId,
    ) -> Result<Option<Box<HistoryChat>>, CallProblem> {
        match self {
            Self::Tauri(core) => core.call("history_chat", &json!({ "chatId": chat_id })).await,
            #[cfg(feature = "preview")]
            Self::Preview(preview) => Ok(preview.history_chat(chat_id).map(Box::new)),
        }
    }

    /// Gives the passphrase of the cache.
    pub async fn unlock(&self, passphrase: &str) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.call("unlock", &json!({ "passphrase": passphrase })).await,
            #[cfg(feature = "preview")]
            Self::Preview(preview) => {
                preview.unlock(passphrase);
                Ok(())
            }
        }
    }

    /// Opens an address outside the program; the backend checks it once more.
    pub async fn open_link(&self, href: &str) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.call("open_link", &json!({ "href": href })).await,
            #[cfg(feature = "preview")]
            Self::Preview(_) => Ok(()),
        }
    }

    /// Opens the demonstration site in the browser.
    pub async fn open_site(&self) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.call("open_site", &json!({})).await,
            #[cfg(feature = "preview")]
            Self::Preview(_) => Ok(()),
        }
    }

    /// Says that the window shows something. Once.
    pub async fn ready(&self) -> Result<(), CallProblem> {
        match self {
            Self::Tauri(core) => core.call("ready", &json!({})).await,
            #[cfg(feature = "preview")]
            Self::Preview(_) => Ok(()),
        }
    }
}
