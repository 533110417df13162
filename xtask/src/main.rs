//! `cargo xtask`: every task of the project, from a bare machine to the open window.
//!
//! Invariant: a task first makes sure of what it needs and says what it does and how long it took,
//! so that the two commands of the README are all that a newcomer has to know.
//! Left to others: how the real window is driven (`crates/testkit`), what the program does.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod checks;
mod cli;
mod dashboard;
mod icons;
mod paths;
mod process;
mod program;
mod setup;
mod step;
mod suites;
mod tools;
mod virtual_desktop;

use clap::Parser;
use cli::{Cli, Task};
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Setup { tests } => {
            setup::setup(if tests { setup::For::Tests } else { setup::For::Building })
        }
        Task::Ui { dev } => dashboard::set_up_and_build(if dev {
            dashboard::Profile::Dev
        } else {
            dashboard::Profile::Release
        }),
        Task::Run(run) => program::run(&run),
        Task::Test { filter } => checks::test(&filter),
        Task::Demo { shots, arguments } => suites::demo(shots.as_deref(), &arguments),
        Task::Bench { arguments } => suites::bench(&arguments),
        Task::Icons => icons::draw(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nerror: {problem:#}");
            ExitCode::FAILURE
        }
    }
}
