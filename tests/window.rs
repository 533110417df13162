//! The real program in its window: few stories, each whole.

#![cfg(target_os = "linux")]

#[path = "window/embedded.rs"]
mod embedded;
#[path = "window/hostile.rs"]
mod hostile;
#[path = "window/locked.rs"]
mod locked;
#[path = "window/untrayed.rs"]
mod untrayed;

use anyhow::{Context, Result};
use bellhop_testkit::{
    actors::SocketVisitor,
    desk::Desk,
    window::{self, Window},
};
use std::path::PathBuf;

fn program() -> PathBuf {
    window::program(env!("CARGO_BIN_EXE_bellhop"))
}

/// The program on its embedded workspace, online.
async fn opened(desk: &mut Desk) -> Result<Window> {
    let window = Window::open(desk, &program()).await?;
    window.wait_connection("Online").await?;
    Ok(window)
}

/// A visitor of the shop whose address the window shows.
async fn visitor(window: &Window, name: &str) -> Result<SocketVisitor> {
    let shown = window.wait_text("site-url", "http://127.0.0.1:").await?.text;
    let address = shown.split("http://").nth(1).context("the shop's address")?;
    let host = address.split(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or_default();
    SocketVisitor::arrive(&format!("ws://{host}/visitor"), name).await
}
