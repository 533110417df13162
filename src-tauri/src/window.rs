//! The one window.

use crate::desktop::Desktop;
use bellhop_model::view::NoticeBody;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
    webview::{self, PageLoadEvent},
};

/// The label the capability names.
pub(crate) const LABEL: &str = "main";

/// A page that is not there by then is waited for in sight.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens the window. It shows the dashboard and can be led nowhere else (reliability.md S3).
///
/// What the web view keeps lies in the data directory too, so that two programs never share it.
pub(crate) fn open(app: &tauri::App, data_dir: &Path) -> tauri::Result<()> {
    let first_sight = FirstSight::default();
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .visible(false)
        .data_directory(data_dir.join("window"))
        .on_page_load({
            let first_sight = first_sight.clone();
            move |window, page| {
                if page.event() == PageLoadEvent::Started {
                    first_sight.show(&window);
                }
            }
        })
        .title("Bellhop")
        .inner_size(1180.0, 760.0)
        .min_inner_size(420.0, 480.0)
        .on_navigation(is_ours)
        .on_new_window(|_, _| webview::NewWindowResponse::Deny)
        .build()?;
    first_sight.show_within(PATIENCE, window.clone());
    let app = app.handle().clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            close_requested(&app, api);
        }
    });
    Ok(())
}

/// Shows the window once, when it has something to show. A window that is in sight before makes
/// WebKitGTK wait for the first picture of a page, on the thread that would give it the page: half
/// a second in which nothing happens.
#[derive(Debug, Clone, Default)]
struct FirstSight(Arc<AtomicBool>);

impl FirstSight {
    fn show(&self, window: &WebviewWindow) {
        if !self.0.swap(true, Ordering::Relaxed)
            && let Err(error) = window.show()
        {
            tracing::warn!("the window could not be shown: {error}");
        }
    }

    fn show_within(self, patience: Duration, window: WebviewWindow) {
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(patience).await;
            self.show(&window);
        });
    }
}

/// The dashboard's own pages, as the three systems name them.
fn is_ours(url: &url::Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        "about" => url.as_str() == "about:blank",
        _ => false,
    }
}

/// Closing hides the window where a tray keeps the program. Where there is none the first try
/// says so and the second one quits: requests would otherwise be missed without a word.
fn close_requested(app: &AppHandle, api: &tauri::CloseRequestApi) {
    let desktop = app.state::<Desktop>();
    if desktop.tray_is_shown() {
        api.prevent_close();
        if let Some(window) = app.get_webview_window(LABEL)
            && let Err(error) = window.hide()
        {
            tracing::warn!("the window could not be hidden: {error}");
        }
    } else if desktop.warn_before_close() {
        api.prevent_close();
        desktop.raise_notice(NoticeBody::NoTray);
    } else {
        desktop.allow_exit();
        app.exit(0);
    }
}

/// Brings the window to the agent, from the tray and from the task bar alike.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    for step in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = step {
            tracing::warn!("the window could not be brought up: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn s3_the_window_goes_nowhere_but_to_the_dashboard() {
        let url = |text: &str| text.parse().unwrap();
        assert!(is_ours(&url("tauri://localhost/index.html")));
        assert!(is_ours(&url("http://tauri.localhost/")));
        for elsewhere in [
            "https://shop.example/",
            "http://tauri.localhost.shop.example/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "tauri://elsewhere/",
        ] {
            assert!(!is_ours(&url(elsewhere)), "{elsewhere}");
        }
    }
}
