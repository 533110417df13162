//! A visitor with a browser: headless Chromium on a real page with the real widget.

use crate::{
    desk::Desk,
    driver::Driver,
    surface::{Seen, Surface, hook},
    wait::{NotYet, wait_for},
};
use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Chromium without what it does for its own sake.
const FLAGS: [&str; 7] = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
];

/// How the browser is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Headless,
    /// On the desk's screen, for a person to watch.
    OnScreen,
}

/// A line of the widget as the visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `mine`, `theirs`, `joined`, `left`, `ended`, `continued`.
    pub kind: String,
    pub text: String,
}

/// The visitor.
#[derive(Debug)]
pub struct Visitor {
    driver: Option<Driver>,
    page: Surface,
    widget: Surface,
    profile: PathBuf,
}

impl Visitor {
    /// Opens a page in a browser of its own; `name` keeps several visitors apart.
    pub async fn open(desk: &mut Desk, name: &str, url: &str, shown: Shown) -> Result<Self> {
        let profile = desk.dir().join(format!("browser-{name}"));
        let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        // As high inside as the program's window.
        flags.push("--window-size=1240,900".into());
        if shown == Shown::Headless {
            flags.push("--headless=new".into());
        }
        let options = json!({ "binary": browser(), "args": flags });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let label = format!("browser of {name}");
        let driver = Driver::start(desk, &label, chrome_driver, capabilities).await?;
        let page = Surface::document(driver.client.clone());
        let widget = Surface::widget(driver.client.clone());
        driver.client.goto(url).await.with_context(|| format!("opening {url}"))?;
        Ok(Self { driver: Some(driver), page, widget, profile })
    }

    /// Moves the browser's window, where it has one, to this place and size.
    pub async fn place(&self, [x, y, width, height]: [u32; 4]) -> Result<()> {
        Ok(self.page.client().set_window_rect(x, y, width, height).await?)
    }

    /// The page around the widget.
    pub fn page(&self) -> &Surface {
        &self.page
    }

    /// The widget's inside.
    pub fn widget(&self) -> &Surface {
        &self.widget
    }

    /// Moves to another page of the site.
    pub async fn go(&self, url: &str) -> Result<()> {
        self.page.client().goto(url).await.with_context(|| format!("opening {url}"))
    }

    pub async fn reload(&self) -> Result<()> {
        Ok(self.page.client().refresh().await?)
    }

    /// Opens the widget where it is closed.
    pub async fn open_widget(&self) -> Result<()> {
        let input = hook("input");
        wait_for("the widget's text box", async || {
            if !self.widget.visible(&input).await.map_err(|e| format!("{e:#}"))?.is_empty() {
                return Ok(());
            }
            self.widget.click(&hook("launcher")).await.map_err(|e| format!("{e:#}"))?;
            Err(NotYet::seen("the launcher was clicked; no text box yet"))
        })
        .await
    }

    /// Writes a message and sends it.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.widget.type_and_enter(&hook("input"), text).await
    }

    /// Fills in a name; it goes with the first message.
    pub async fn give_name(&self, name: &str) -> Result<()> {
        self.widget.type_text(&hook("name"), name).await
    }

    /// The lines of the chat.
    pub async fn lines(&self) -> Result<Vec<Line>> {
        let seen = self.widget.read("[data-line]").await?;
        let line = |s: Seen| Line { kind: s.attribute("data-line").to_owned(), text: s.text };
        Ok(seen.into_iter().map(line).collect())
    }

    /// Waits until there is a line of this kind that contains `part`.
    pub async fn wait_line(&self, kind: &str, part: &str) -> Result<Line> {
        wait_for(&format!("a line \"{kind}\" with {part:?} on the visitor's page"), async || {
            let lines = self.lines().await.map_err(|e| format!("{e:#}"))?;
            let found = lines.iter().find(|l| l.kind == kind && l.text.contains(part)).cloned();
            found.ok_or_else(|| NotYet::seen(format!("{lines:?}")))
        })
        .await
    }

    /// A picture of the page.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        self.page.screenshot(path).await.context("the visitor's page")
    }

    /// Closes the browser.
    pub async fn close(mut self) {
        if let Some(driver) = self.driver.take() {
            driver.close().await;
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        // The browser leads a group of its own, which the driver's end does not reach. It names
        // itself in its profile's lock: "host-pid".
        let lock = fs::read_link(self.profile.join("SingletonLock")).ok();
        let pid = lock.as_deref().and_then(Path::to_str).and_then(|l| l.rsplit('-').next());
        if let Some(Ok(pid)) = pid.map(str::parse::<i32>) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// The Chromium to use; `CHROMIUM_BIN` names another.
fn browser() -> PathBuf {
    let named = std::env::var_os("CHROMIUM_BIN").map(PathBuf::from);
    let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    named
        .or_else(|| known.iter().map(PathBuf::from).find(|p| p.exists()))
        .unwrap_or_else(|| PathBuf::from("/usr/bin/chromium"))
}

fn chrome_driver(desk: &Desk, port: u16) -> std::process::Command {
    let mut command = desk.command("chromedriver");
    command.arg(format!("--port={port}"));
    command
}
