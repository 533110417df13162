//! The real program in its window: few stories, each whole.

#![cfg(target_os = "linux")]

#[path = "window/broken.rs"]
mod broken;
#[path = "window/embedded.rs"]
mod embedded;
#[path = "window/hostile.rs"]
mod hostile;
#[path = "window/locked.rs"]
mod locked;
#[path = "window/machine.rs"]
mod machine;
#[path = "window/untrayed.rs"]
mod untrayed;
#[path = "window/wide.rs"]
mod wide;

use anyhow::Result;
use bellhop_testkit::{
    actors::SocketVisitor,
    desk::Desk,
    window::{self, Window},
};
use std::path::PathBuf;

fn program() -> PathBuf {
    window::program(env!("CARGO_BIN_EXE_bellhop"))
}

/// The program on its embedded workspace, online, with the shop whose address it shows.
async fn opened(desk: &mut Desk) -> Result<(Window, Shop)> {
    let window = Window::open(desk, &program()).await?;
    window.wait_connection("Online").await?;
    let shop = Shop::shown(&window).await?;
    Ok((window, shop))
}

/// The demonstration site of an embedded workspace.
struct Shop {
    visitor_url: String,
}

impl Shop {
    /// As the window's home page shows it while nobody waits.
    async fn shown(window: &Window) -> Result<Self> {
        let shown = window.wait_text("site-url", "http://127.0.0.1:").await?.text;
        let host = shown.trim_start_matches("http://").trim_end_matches('/').trim();
        Ok(Self { visitor_url: format!("ws://{host}/visitor") })
    }

    /// A visitor who has said nothing yet.
    async fn visitor(&self, name: &str) -> Result<SocketVisitor> {
        SocketVisitor::arrive(&self.visitor_url, name).await
    }
}

/// The button offers to serve so many.
async fn wait_requests(window: &Window, count: u32) -> Result<()> {
    window.wait_text("serve", &format!("Serve {count} request")).await.map(drop)
}
