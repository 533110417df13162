//! The real program in its window, driven through `WebKitGTK`'s `WebDriver`.
//!
//! The program runs with nothing changed but its environment; what is asserted is what a person
//! sees. Opening again after [`Window::quit`] keeps the desk's data directory, as a restart does.

use crate::{
    desk::Desk,
    driver::Driver,
    process::Log,
    screen::ScreenView,
    surface::{Seen, Surface, hook},
    wait::{NotYet, wait_for},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What the window's title contains.
pub const TITLE: &str = "Bellhop";

/// What the program logs when its window has painted.
const UI_READY: &str = "UI_READY";

/// The program under test: `BELLHOP_BIN` where it is set (a release build, say), or the one that
/// cargo built for the test.
pub fn program(built: &str) -> PathBuf {
    std::env::var_os("BELLHOP_BIN").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

/// A line of the transcript as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `said`, `joined`, `left`, `ended`, `continued`, `came-back`, `tagged`.
    pub kind: String,
    /// `visitor`, `agent`, `trigger`; empty for a line that nobody said.
    pub from: String,
    pub text: String,
}

/// The program's window.
#[derive(Debug)]
pub struct Window {
    driver: Driver,
    surface: Surface,
}

impl Window {
    /// Starts the program and waits until its window has painted.
    pub async fn open(desk: &mut Desk, program: &Path) -> Result<Self> {
        ensure!(program.exists(), "{} is not there: build the program first", program.display());
        let options = json!({ "binary": program, "args": [] });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let driver = Driver::start(desk, "program", webkit_driver, capabilities).await?;
        let surface = Surface::document(driver.client.clone());
        let window = Self { driver, surface };
        let log = window.log().clone();
        wait_for("the window's first paint", async || {
            if log.contains(UI_READY) { Ok(()) } else { Err(NotYet::seen(log.text())) }
        })
        .await?;
        Ok(window)
    }

    /// The program's log.
    pub fn log(&self) -> &Log {
        self.driver.log()
    }

    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Ends the program at once, as the end of the session would. Its data stay.
    pub async fn quit(self) {
        self.driver.close().await;
    }

    /// The program was told to end by other means; waits until it has.
    pub async fn wait_ended(self, desk: &Desk) -> Result<()> {
        let screen = ScreenView::of(desk.display())?;
        wait_for("the program to end", async || {
            let windows = screen.windows(TITLE)?;
            let answers = self.surface.client().title().await;
            match (windows.is_empty(), answers) {
                (true, Err(_)) => Ok(()),
                (_, answer) => Err(NotYet::seen(format!("{windows:?}; its page says {answer:?}"))),
            }
        })
        .await?;
        self.driver.abandon();
        Ok(())
    }

    pub async fn click(&self, name: &str) -> Result<()> {
        self.surface.click(&hook(name)).await
    }

    /// Waits until the thing with this hook is shown.
    pub async fn wait(&self, name: &str) -> Result<Seen> {
        self.surface.wait(&hook(name)).await
    }

    pub async fn wait_gone(&self, name: &str) -> Result<()> {
        self.surface.wait_gone(&hook(name)).await
    }

    pub async fn wait_text(&self, name: &str, part: &str) -> Result<Seen> {
        self.surface.wait_text(&hook(name), part).await
    }

    /// Waits until the connection is said with this word (or one of them: `Online|온라인`).
    pub async fn wait_connection(&self, words: &str) -> Result<()> {
        let said = |s: &Seen| words.split('|').any(|word| s.text.contains(word));
        let what = format!("the connection to be said as {words}");
        self.surface.wait_seen(&what, &hook("connection"), said).await?;
        Ok(())
    }

    /// The lines of the transcript that is shown.
    pub async fn lines(&self) -> Result<Vec<Line>> {
        let seen = self.surface.visible(&format!("{} [data-line]", hook("transcript"))).await?;
        let line = |s: Seen| Line {
            kind: s.attribute("data-line").to_owned(),
            from: s.attribute("data-from").to_owned(),
            text: s.text,
        };
        Ok(seen.into_iter().map(line).collect())
    }

    /// Waits until the transcript has a line of this kind that contains `part`.
    pub async fn wait_line(&self, kind: &str, part: &str) -> Result<Line> {
        wait_for(&format!("a line \"{kind}\" with {part:?} in the window"), async || {
            let lines = self.lines().await.map_err(|e| format!("{e:#}"))?;
            let found = lines.iter().find(|l| l.kind == kind && l.text.contains(part)).cloned();
            found.ok_or_else(|| NotYet::seen(format!("{lines:?}")))
        })
        .await
    }

    /// Types a message and sends it with Enter.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.surface.type_and_enter(&hook("composer"), text).await
    }

    /// Leaves a mark in the page; it is lost when the page is loaded anew.
    pub async fn mark(&self) -> Result<()> {
        self.surface.evaluate("window.testkitMark = true;").await.map(drop)
    }

    /// The page has not been loaded anew since [`Window::mark`].
    pub async fn is_marked(&self) -> Result<bool> {
        Ok(self.surface.evaluate("return window.testkitMark === true;").await? == json!(true))
    }

    /// A picture of what the window shows.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        self.surface.screenshot(path).await.context("the window")
    }
}

fn webkit_driver(desk: &Desk, port: u16) -> std::process::Command {
    let mut command = desk.command("WebKitWebDriver");
    command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
    command.env("TAURI_WEBVIEW_AUTOMATION", "true");
    command
}
