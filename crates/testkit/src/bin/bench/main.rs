//! The benchmarks (docs/benchmarks.md): the product beside its peers, measured in the same call,
//! one JSON object a line on standard output. What is being done is told on the error stream.
//!
//! Invariant: product and peer are measured by the same code, in turn, and decided by their ratio;
//! a row that cannot be measured is printed all the same, does not hold and says why.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod idle;
mod live;
mod measure;
mod model;
mod notify;
mod peers;
mod product;
mod report;
mod seed;
mod service;
mod sizes;
mod start;
mod suite;
mod tape;
mod wire;

use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// What the bench is called with.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", about = "Measures Bellhop beside its peers; see docs/benchmarks.md")]
struct Options {
    /// The rows, such as P2 P3b; all when none is named.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// The program as users have it.
    #[arg(long, default_value = "target/release/bellhop")]
    program: PathBuf,
    /// Where peers, the floor and the seeded cache are kept between runs.
    #[arg(long, default_value = "target/bench")]
    work: PathBuf,
    /// Measure although the machine is busy; each row says so.
    #[arg(long)]
    force: bool,
    /// Few and short measurements, to see that each row works; each row says so.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    role: service::host::Role,
}

/// Tells on the error stream what is being done.
fn say(what: std::fmt::Arguments<'_>) {
    eprintln!("bench: {what}");
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(played) = options.role.play() {
        return played.map_or_else(
            |error| {
                say(format_args!("the measured process: {error:#}"));
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    match suite::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
