//! The command line: what can be asked, and the page of help that a newcomer reads first.
//!
//! Left to others: doing any of it.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, runs and tests Bellhop, the desktop program for people who answer live chats.",
    after_help = "\
Two commands are enough to begin with:

  cargo xtask run     install what is missing, build, open the program
  cargo xtask test    install what the tests need besides, run every test

The first run downloads and compiles a few hundred crates and takes some minutes; the
second reaches the window in seconds. On Debian and Ubuntu missing packages are installed
with apt-get (through sudo unless you are root); on other systems you are told what is
missing and how to get it. Nothing outside this folder is changed apart from that, except
by the program itself, which keeps its data where your desktop keeps programs' data.

`cargo xtask TASK --help` tells more about one task."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Build the program and open it; with no display, on a virtual one
    Run(Run),
    /// Run every test: style, lints, licences, doc tests and all the tests of the workspace
    ///
    /// With FILTER, only the tests whose name contains it, and no other check.
    Test {
        /// Part of the names of the tests to run
        filter: Vec<String>,
    },
    /// Walk through a whole chat, from the visitor's question to the transcript
    ///
    /// Shows agent and visitor side by side, or without a display works on a virtual one.
    /// Succeeds only if every step was really observed.
    Demo {
        /// Write a numbered picture of the window and of the visitor's page at each step
        #[arg(long, value_name = "DIR")]
        shots: Option<PathBuf>,
        /// Handed to the demonstration as they are
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Measure the program against its peers, one JSON object a line
    Bench {
        /// Which measurements (P1, P2, …); all of them when none is named. Options are handed on
        #[arg(value_name = "ID", trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Install what building needs, and nothing else
    Setup {
        /// Also what the tests need: a virtual display, a WebDriver, Chromium, a key store, …
        #[arg(long)]
        tests: bool,
    },
    /// Build the dashboard (WebAssembly) into ui/dist
    Ui {
        /// Quick to build, slow to run, with names in stack traces
        #[arg(long)]
        dev: bool,
    },
    /// Draw icons/*.png, .ico and .icns again from the vector drawings
    Icons,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Take a picture of the window once it is painted, then end the program
    ///
    /// Always uses a virtual display, so that nothing else of your screen is in the picture.
    #[arg(long, value_name = "FILE.png")]
    pub(crate) shot: Option<PathBuf>,
    /// Build as for users: slower to build, faster to run
    #[arg(long)]
    pub(crate) release: bool,
    /// Handed to the program as they are
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_on_one_page_and_names_both_commands() {
        let help = Cli::command().render_help().to_string();
        assert!(help.lines().count() <= 40, "{help}");
        assert!(help.contains("cargo xtask run") && help.contains("cargo xtask test"));
    }
}
