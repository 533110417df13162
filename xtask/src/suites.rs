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
use std::path::{Path, absolute};

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
    prepare(For::Measuring, true)?;
    let mut bench = testkit("bench", true)?;
    process::run(bench.args(arguments))
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
