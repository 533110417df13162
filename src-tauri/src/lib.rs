//! The shell: the only crate that knows Tauri. It translates and never decides.
//!
//! [`startup`] opens what the program needs, in order: data directory, keys, embedded service,
//! cache, connection. [`desktop`] is what the window and the tray talk to from then on;
//! [`notifier`] tells the operating system, [`tray`] and [`window`] are the two ways to reach the
//! program. What is decided about chats is decided in `bellhop-engine`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(target_os = "linux")]
mod bus;
mod commands;
mod desktop;
mod embedded;
mod gpu;
mod notifier;
mod owner;
mod paths;
mod presence;
pub mod secrets;
mod signals;
mod startup;
mod tray;
mod window;
mod words;

use std::process::ExitCode;
use tauri::Manager;
use tracing::Level;
use tracing_subscriber::{
    filter::{Targets, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Runs the program until the agent quits it.
pub fn run() -> ExitCode {
    start_log();
    gpu::choose_renderer();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::warn!("another TLS provider was installed first");
    }
    let data_dir = match paths::data_dir() {
        Ok(dir) => dir,
        Err(error) => {
            tracing::error!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let ownership = match owner::claim(&data_dir) {
        Ok(owner::Claim::Ours(ownership)) => Some(ownership),
        Ok(owner::Claim::HandedOver) => {
            tracing::info!(
                "Bellhop is already running with {}; its window was raised",
                data_dir.display()
            );
            return ExitCode::SUCCESS;
        }
        // The window says so: there may be no terminal to read it on.
        Err(error) => {
            tracing::error!("{error}");
            None
        }
    };
    match build(data_dir, ownership) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build(
    data_dir: std::path::PathBuf,
    ownership: Option<owner::Ownership>,
) -> Result<(), tauri::Error> {
    let app = tauri::Builder::default()
        .manage(desktop::Desktop::new(words::Words::at_start()))
        .invoke_handler(tauri::generate_handler![
            commands::view::watch,
            commands::view::ready,
            commands::ask::ask,
            commands::ask::unlock,
            commands::history::history_page,
            commands::history::history_chat,
            commands::links::open_link,
            commands::links::open_site,
        ])
        .setup(move |app| {
            window::open(app, &data_dir)?;
            tray::build(app.handle())?;
            signals::obey(app.handle());
            startup::spawn(app.handle(), data_dir, ownership);
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        // The last window closing is not the agent quitting: the tray keeps the program.
        tauri::RunEvent::ExitRequested { api, code: None, .. }
            if !app.state::<desktop::Desktop>().may_exit() =>
        {
            api.prevent_exit();
        }
        tauri::RunEvent::Exit => app.state::<desktop::Desktop>().shut_down(),
        _ => {}
    });
    Ok(())
}

/// Logs go to the error stream: names of what happened and ids, never a visitor's words (law 11).
fn start_log() {
    // `Targets` and not `EnvFilter`: half a megabyte less, for spans that nobody filters by.
    let asked = std::env::var("BELLHOP_LOG").ok().and_then(|asked| asked.parse().ok());
    let usual = || Targets::new().with_default(Level::WARN).with_target("bellhop", Level::INFO);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let filter: Targets = asked.unwrap_or_else(usual);
    let discreet = filter_fn(bellhop_service::may_be_logged);
    tracing_subscriber::registry().with(lines).with(filter).with(discreet).init();
}
