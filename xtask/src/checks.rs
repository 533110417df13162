//! `cargo xtask test`: everything that must hold before a change is taken in.
//!
//! Invariant: one failing check does not hide another; all run, the tests last, so that their
//! summary is the end of what is printed, and every failure is named in the closing line.
//! Left to others: what a window test needs around it (`crates/testkit`).

use crate::{
    dashboard, process,
    setup::{self, For},
    step, tools,
};
use anyhow::{Context, Result, bail};

/// One check: what is announced, and what is done.
type Check = (&'static str, fn() -> Result<()>);

const CHECKS: &[Check] = &[
    ("style (cargo fmt)", style),
    ("lints (cargo clippy)", lints),
    ("licences and sources (cargo deny)", licences),
    ("examples in the documentation (cargo test --doc)", examples),
];

pub(crate) fn test(filter: &[String]) -> Result<()> {
    setup::setup(For::Tests)?;
    dashboard::build(dashboard::Profile::Release)?;
    let mut failed = Vec::new();
    // Who asks for one test waits for that one alone.
    let checks = if filter.is_empty() { CHECKS } else { &[] };
    for (what, check) in checks {
        if let Err(problem) = step::loud(what, check) {
            eprintln!("  {problem:#}");
            failed.push(*what);
        }
    }
    if let Err(problem) = tests(filter) {
        eprintln!("  {problem:#}");
        failed.push("tests (cargo nextest)");
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join("; "));
    }
    Ok(())
}

fn style() -> Result<()> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))
        .context("`cargo fmt --all` puts it right")
}

/// A second time with the dashboard's sample data, which is in nothing that is built otherwise; of
/// the same workspace, so that nothing but the dashboard is looked at again.
fn lints() -> Result<()> {
    for features in [None, Some("--features=bellhop-ui/preview")] {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--workspace", "--all-targets"]).args(features);
        process::run(clippy.args(["--", "--deny", "warnings"]))?;
    }
    Ok(())
}

fn licences() -> Result<()> {
    let mut deny = tools::DENY.command()?;
    process::run(deny.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))
}

fn examples() -> Result<()> {
    process::run(process::cargo().args(["test", "--workspace", "--doc", "--quiet"]))
}

/// Compiled first, as a step of its own, so that both durations can be read.
fn tests(filter: &[String]) -> Result<()> {
    step::loud("compiling the tests", || {
        process::run(tools::NEXTEST.command()?.args(["run", "--workspace", "--no-run"]))
    })?;
    let mut nextest = tools::NEXTEST.command()?;
    process::run(nextest.args(["run", "--workspace"]).args(filter))
}
