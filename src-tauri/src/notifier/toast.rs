//! One notification of the operating system, through notify-rust.
//!
//! A handle that is dropped loses its clicks on Linux, so each toast has a task that holds it
//! until it is answered or withdrawn. Dropping [`Shown`] withdraws.

use notify_rust::{Notification, NotificationResponse, Timeout};
use tokio::sync::oneshot;

/// What stands on it, already plain and short.
pub(crate) struct Text {
    pub(crate) title: String,
    pub(crate) body: String,
    /// The label of the action that serves, where there is one chat to serve.
    pub(crate) serve: Option<String>,
}

/// What the agent did with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Opened,
    Serve,
    Closed,
}

/// A toast on the screen.
pub(crate) struct Shown {
    withdraw: oneshot::Sender<()>,
    gone: oneshot::Receiver<()>,
}

impl Shown {
    /// Takes it off the screen and waits until it is.
    pub(crate) async fn close(self) {
        drop(self.withdraw);
        if self.gone.await.is_err() {
            tracing::debug!("a notification ended by itself");
        }
    }
}

/// Shows it; `done` gets the answer, or why it could not be shown. It is not called for a toast
/// that was withdrawn.
pub(crate) fn show(
    text: Text,
    open: String,
    done: impl FnOnce(Result<Answer, String>) + Send + 'static,
) -> Shown {
    let (withdraw, withdrawn) = oneshot::channel();
    let (is_gone, gone) = oneshot::channel();
    tauri::async_runtime::spawn(async move {
        if let Some(result) = live(text, open, withdrawn).await {
            done(result);
        }
        drop(is_gone);
    });
    Shown { withdraw, gone }
}

fn answer_of(response: &NotificationResponse) -> Answer {
    match response {
        NotificationResponse::Default => Answer::Opened,
        NotificationResponse::Action(key) if key == "serve" => Answer::Serve,
        NotificationResponse::Action(key) if key == "default" => Answer::Opened,
        _ => Answer::Closed,
    }
}

fn notification(text: &Text, open: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Bellhop")
        .summary(&text.title)
        .body(&text.body)
        .icon("bellhop")
        .timeout(Timeout::Never)
        .action("default", open);
    if let Some(serve) = &text.serve {
        notification.action("serve", serve);
    }
    notification
}

#[cfg(target_os = "linux")]
async fn live(
    mut text: Text,
    open: String,
    withdrawn: oneshot::Receiver<()>,
) -> Option<Result<Answer, String>> {
    if super::markup::is_read().await {
        text.title = escaped(&text.title);
        text.body = escaped(&text.body);
    }
    let mut notification = notification(&text, &open);
    notification.hint(notify_rust::Hint::DesktopEntry("net.bellhop.desktop".into()));
    let shown = tokio::time::timeout(SHOW_TIMEOUT, notification.show_async()).await;
    let handle = match shown {
        Ok(Ok(handle)) => handle,
        Ok(Err(error)) => return Some(Err(error.to_string())),
        Err(_elapsed) => return Some(Err("the notification daemon does not answer".into())),
    };
    let (answered, answer) = oneshot::channel();
    let waiting = handle.wait_for_action_async(|response: &NotificationResponse| {
        if answered.send(answer_of(response)).is_err() {
            tracing::debug!("a notification was answered while it was withdrawn");
        }
    });
    tokio::select! {
        () = waiting => Some(Ok(answer.await.unwrap_or(Answer::Closed))),
        // Dropping the sender counts as the wish.
        _ = withdrawn => {
            handle.close_async().await;
            None
        }
    }
}

/// How long a notification daemon may take before it counts as absent (reliability.md 7).
#[cfg(target_os = "linux")]
pub(super) const SHOW_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(3);

#[cfg(target_os = "linux")]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// On Windows and macOS the handle blocks a thread until it is answered and cannot be taken back
/// from elsewhere; a withdrawn toast is left to its end and its answer is not heard.
#[cfg(not(target_os = "linux"))]
async fn live(
    text: Text,
    open: String,
    withdrawn: oneshot::Receiver<()>,
) -> Option<Result<Answer, String>> {
    let (answered, answer) = oneshot::channel();
    let shown = tokio::task::spawn_blocking(move || {
        let handle = notification(&text, &open).show()?;
        handle.wait_for_response(|response: &NotificationResponse| {
            if answered.send(answer_of(response)).is_err() {
                tracing::debug!("a notification was answered after it was withdrawn");
            }
        })
    });
    tokio::select! {
        result = shown => Some(match result {
            Ok(Ok(())) => Ok(answer.await.unwrap_or(Answer::Closed)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }),
        _ = withdrawn => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn s6_no_markup_of_a_visitor_reaches_the_daemon() {
        assert_eq!(escaped("<b>&Jun</b>"), "&lt;b&gt;&amp;Jun&lt;/b&gt;");
    }

    #[test]
    fn only_the_serve_action_serves() {
        assert_eq!(answer_of(&NotificationResponse::Action("serve".into())), Answer::Serve);
        assert_eq!(answer_of(&NotificationResponse::Action("else".into())), Answer::Closed);
        assert_eq!(answer_of(&NotificationResponse::Default), Answer::Opened);
    }
}
