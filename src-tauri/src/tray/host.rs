//! Whether anything shows our tray icon.
//!
//! Windows and macOS always do. On Linux a host announces itself on the session bus; it may come
//! and go with the desktop's panel.

use crate::desktop::Desktop;
use tauri::{AppHandle, Manager};

#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(app: AppHandle) {
    app.state::<Desktop>().set_tray_is_shown(true);
}

/// Follows the watcher that tray hosts register with.
#[cfg(target_os = "linux")]
pub(crate) fn watch(app: AppHandle) {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    tauri::async_runtime::spawn(async move {
        let shown = |owned| app.state::<Desktop>().set_tray_is_shown(owned);
        if let Err(error) = crate::bus::follow_owner(WATCHER, shown).await {
            tracing::info!("no session bus to find a tray on: {error}");
        }
    });
}
