//! The floor: an empty Tauri program, built with the product's own profile. What a program on
//! this stack takes before it does anything.

use super::Contestant;
use crate::measure::{app::App, desk::Desk, machine};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The floor's name in the report.
pub(crate) const NAME: &str = "empty Tauri program";

/// The empty program and its desk.
#[derive(Debug)]
pub(crate) struct Floor {
    desk: Desk,
    program: PathBuf,
}

/// Round trips between the backend and its page, in milliseconds.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Hops {
    pub(crate) hops_ms: Vec<f64>,
}

impl Floor {
    pub(crate) fn prepare(work: &Path) -> Result<Self> {
        let program = build(work)?;
        let mut desk = Desk::new()?;
        // As the product decides for itself where there is no graphics card (performance.md 2).
        desk.set("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        Ok(Self { desk, program })
    }

    /// Sends `count` messages from the backend to the page, each after the page confirmed the one
    /// before, and tells how long each took there and back.
    pub(crate) fn hops(&self, count: usize) -> Result<Hops> {
        let mut command = Command::new(&self.program);
        command.env("FLOOR_HOPS", count.to_string());
        let mut app = self.desk.start(command)?;
        let (_, line) = app.wait_said("hops_ms", Duration::from_mins(1))?;
        serde_json::from_str(&line).context("the floor's report of its hops")
    }
}

impl Contestant for Floor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn start(&mut self) -> Result<App> {
        self.desk.start(Command::new(&self.program))
    }

    fn settle(&mut self, app: &mut App) -> Result<()> {
        app.wait_said("FLOOR_READY", Duration::from_secs(30)).map(drop)
    }
}

/// Builds it where it is not built yet. Minutes at first, for it has its own dependencies so that
/// nothing of the product's can get into it.
fn build(work: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("floor");
    let manifest = source.join("Cargo.toml");
    if !manifest.is_file() {
        bail!("the floor's sources are not at {}", source.display());
    }
    let target = work.join("floor");
    let program = target.join("release/bellhop-floor");
    if !program.is_file() {
        crate::say(format_args!("building the empty Tauri program (some minutes, once)"));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet", "--manifest-path"]).arg(&manifest);
    command.arg("--target-dir").arg(&target);
    machine::run(command).context("building the empty Tauri program")?;
    Ok(program)
}
