//! Being told to end by the operating system: at a log-out, or by whoever started the program.
//!
//! It is the agent's quitting without her: what is under way is stored and the service stopped.

use tauri::AppHandle;

/// Quits in order at SIGTERM and SIGINT; a second one ends the program at once.
#[cfg(unix)]
pub(crate) fn obey(app: &AppHandle) {
    use crate::desktop::Desktop;
    use tauri::Manager;
    use tokio::signal::unix::{SignalKind, signal};
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let (mut terminate, mut interrupt) =
            match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
                (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!("signals end the program without its goodbyes: {error}");
                    return;
                }
            };
        let mut told_before = false;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if told_before {
                std::process::exit(1);
            }
            told_before = true;
            tracing::info!("told to end");
            app.state::<Desktop>().allow_exit();
            app.exit(0);
        }
    });
}

#[cfg(not(unix))]
pub(crate) fn obey(_app: &AppHandle) {}
