//! Whether the notification daemon of a Linux desktop reads markup in what is shown.
//!
//! A daemon that does would take a visitor's `<b>` for bold and a link for a link. To ask it takes
//! a line to the bus of its own (notify-rust), so the answer holds until the daemon is another.

use super::toast::SHOW_TIMEOUT;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the daemon answered; there is one at a time.
static ANSWER: Mutex<Option<bool>> = Mutex::new(None);

fn answer() -> MutexGuard<'static, Option<bool>> {
    ANSWER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets the answer whenever the daemon is another.
pub(super) fn watch() {
    const DAEMON: &str = "org.freedesktop.Notifications";
    tauri::async_runtime::spawn(async {
        if let Err(error) = crate::bus::follow_owner(DAEMON, |_| *answer() = None).await {
            tracing::info!("no session bus to find a notification daemon on: {error}");
        }
        // Nobody says any more when the daemon changes.
        *answer() = Some(true);
    });
}

/// Text for it is escaped.
pub(super) async fn is_read() -> bool {
    let known = *answer();
    if let Some(known) = known {
        return known;
    }
    let asked = tokio::task::spawn_blocking(notify_rust::get_capabilities);
    match tokio::time::timeout(SHOW_TIMEOUT, asked).await {
        Ok(Ok(Ok(capabilities))) => {
            let read = capabilities.iter().any(|c| c == "body-markup");
            *answer() = Some(read);
            read
        }
        // Escaped text that is not read as markup is ugly; unescaped text that is read is unsafe.
        _ => true,
    }
}
