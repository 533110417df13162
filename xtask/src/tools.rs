//! cargo-deny and cargo-nextest: found, or fetched ready-made into target/tools.
//!
//! Invariant: nothing is installed outside the target folder.

use crate::{paths, process, step};
use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A tool of cargo's that does not come with Rust.
pub(crate) struct Tool {
    /// What one types after `cargo`.
    verb: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool { verb: "deny", version: "0.20.2" };
pub(crate) const NEXTEST: Tool = Tool { verb: "nextest", version: "0.9.148" };

impl Tool {
    /// The tool, ready to be given its arguments.
    pub(crate) fn command(&self) -> Result<Command> {
        let program = self.find_or_fetch()?;
        let mut command = Command::new(program);
        process::without_cargos_own(&mut command);
        command.current_dir(paths::root()).arg(self.verb);
        Ok(command)
    }

    fn name(&self) -> String {
        format!("cargo-{}", self.verb)
    }

    fn find_or_fetch(&self) -> Result<PathBuf> {
        let name = self.name();
        if self.works(Path::new(&name)) {
            return Ok(name.into());
        }
        let tools = paths::target()?.join("tools");
        let scripts = if cfg!(windows) { "venv/Scripts" } else { "venv/bin" };
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        let places = [tools.join(scripts).join(&file), tools.join("bin").join(&file)];
        if let Some(place) = places.iter().find(|place| self.works(place)) {
            return Ok(place.clone());
        }
        let fetched = step::quiet(&format!("fetching {name} {}", self.version), || {
            self.fetch_ready_made(&tools.join("venv"), &places[0])
        });
        if fetched.is_err() {
            step::loud(&format!("compiling {name} {} instead", self.version), || {
                let mut cargo = process::cargo();
                cargo.args(["install", "--locked", &name, "--version", self.version, "--root"]);
                process::run(cargo.arg(&tools))
            })?;
        }
        places
            .into_iter()
            .find(|place| self.works(place))
            .with_context(|| format!("{name} was installed, but does not run"))
    }

    /// PyPI has both tools as compiled programs: seconds instead of many minutes.
    fn fetch_ready_made(&self, venv: &Path, place: &Path) -> Result<()> {
        let python = if cfg!(windows) { "python" } else { "python3" };
        let own_python = place.with_file_name(format!("python{}", env::consts::EXE_SUFFIX));
        if !own_python.exists() {
            process::output(Command::new(python).args(["-m", "venv"]).arg(venv))?;
        }
        let package = format!("astral-dev-toolchain-{}=={}", self.name(), self.version);
        process::output(Command::new(own_python).args(["-m", "pip", "install", "-q", &package]))?;
        anyhow::ensure!(self.works(place), "{} does not run here", place.display());
        Ok(())
    }

    fn works(&self, program: &Path) -> bool {
        process::succeeds(Command::new(program).args([self.verb, "--version"]))
    }
}
