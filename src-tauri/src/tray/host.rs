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
    tauri::async_runtime::spawn(async move {
        if let Err(error) = follow(&app).await {
            tracing::info!("no session bus to find a tray on: {error}");
        }
    });
}

#[cfg(target_os = "linux")]
async fn follow(app: &AppHandle) -> zbus::Result<()> {
    use futures_util::StreamExt;
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    let name = zbus::names::BusName::try_from(WATCHER)?;
    app.state::<Desktop>().set_tray_is_shown(names.name_has_owner(name).await?);
    while let Some(change) = changes.next().await {
        let owned = change.args()?.new_owner().is_some();
        app.state::<Desktop>().set_tray_is_shown(owned);
    }
    Ok(())
}
