//! `demo` and `bench`: builds what they look at and hands over to the testkit's programs.
//!
//! Left to others: the story and the measurements themselves (`crates/testkit`).

use crate::{
    dashboard, paths, process,
    program::has_screen,
    setup::{self, For},
    step,
};
use anyhow::Result;
use std::{
    path::{Path, absolute},
    time::{Duration, Instant},
};

/// Comfortably below the load at which the bench refuses to start.
const QUIET: f64 = 1.2;
/// After this the bench itself says that the machine is busy, and how to insist.
const PATIENCE: Duration = Duration::from_mins(5);

/// Walks through a whole chat before one's eyes.
pub(crate) fn demo(shots: Option<&Path>, arguments: &[String]) -> Result<()> {
    let usual = Path::new("target/demo");
    let shots = shots.or_else(|| {
        (!has_screen()).then(|| {
            step::note("there is no display here: the pictures go to target/demo");
            usual
        })
    });
    prepare(For::Tests, false)?;
    let mut demo = testkit("demo", false)?;
    if let Some(shots) = shots {
        demo.arg("--shots").arg(absolute(shots)?);
    }
    process::run(demo.args(arguments))
}

/// Measures the program as users have it.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    if needs_the_program(arguments) {
        prepare(For::Measuring, true)?;
    } else {
        setup::setup(For::Building)?;
    }
    let mut bench = testkit("bench", true)?;
    if !arguments.iter().any(|argument| argument == "--force") {
        wait_for_quiet()?;
    }
    process::run(bench.args(arguments))
}

/// The rows of the service (S1, S2, …) need neither the desktop program nor what it is beside.
fn needs_the_program(arguments: &[String]) -> bool {
    let mut ids = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    ids.peek().is_none() || ids.any(|id| !id.starts_with(['S', 's']))
}

/// The bench refuses a busy machine, and what was just built has made it one: the load average
/// takes a minute or two to forget.
fn wait_for_quiet() -> Result<()> {
    let load = || std::fs::read_to_string("/proc/loadavg").ok().as_deref().and_then(load_in);
    let is_busy = || load().is_some_and(|load| load > QUIET);
    if is_busy() {
        step::quiet("waiting for the machine to become quiet", || {
            let until = Instant::now() + PATIENCE;
            while is_busy() && Instant::now() < until {
                std::thread::sleep(Duration::from_secs(2));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The load average of the last minute.
fn load_in(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

fn prepare(purpose: For, release: bool) -> Result<()> {
    setup::setup(purpose)?;
    dashboard::build(dashboard::Profile::Release)?;
    step::loud("building the program", || {
        let mut cargo = process::cargo();
        cargo.args(["build", "--package", "bellhop"]);
        if release {
            // As the bundler builds it: the dashboard comes from inside the program.
            cargo.args(["--release", "--features", "custom-protocol"]);
        }
        process::run(&mut cargo)
    })
}

/// Built in a step of its own, so that its output begins with what it has to say.
fn testkit(binary: &str, release: bool) -> Result<std::process::Command> {
    let what = format!("building the {binary}");
    step::loud(&what, || {
        let mut cargo = process::cargo();
        cargo.args(["build", "--package", "bellhop-testkit", "--bin", binary]);
        if release {
            cargo.arg("--release");
        }
        process::run(&mut cargo)
    })?;
    let mut command = std::process::Command::new(paths::built(binary, release)?);
    process::without_cargos_own(&mut command);
    command.current_dir(paths::root()).arg("--program").arg(paths::built("bellhop", release)?);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_rows_alone_need_no_program() {
        let needs = |words: &[&str]| {
            needs_the_program(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert!(needs(&[]) && needs(&["--quick"]) && needs(&["S1", "P2"]));
        assert!(!needs(&["S1", "s3", "--force"]));
    }

    #[test]
    fn the_load_is_that_of_the_last_minute() {
        assert_eq!(load_in("1.53 2.07 0.99 3/512 4711\n"), Some(1.53));
        assert_eq!(load_in(""), None);
    }
}
