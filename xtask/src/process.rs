//! Other programs: started, waited for, and named when they fail.
//!
//! Invariant: an error says which command failed and how, in words that can be pasted into a shell.

use anyhow::{Context, Result, bail};
use std::{env, ffi::OsStr, process::Command};

/// Runs a command with this terminal as its own; an error unless it exits with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and gives its standard output; an error, with what it said, unless it exits with 0.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}\n{}", shown(command), output.status, said.trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a command runs and exits with 0, whatever it prints.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether a program of this name is in PATH.
pub(crate) fn is_installed(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&file).is_file()))
}

/// `cargo`, as if called from a shell: without what `cargo xtask` has set for xtask itself.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    without_cargos_own(&mut command);
    command.current_dir(crate::paths::root());
    command
}

/// Takes away the variables that cargo sets for the program that it runs.
pub(crate) fn without_cargos_own(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];
        if ours.contains(&text.as_ref())
            || text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(&name);
        }
    }
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let quote = |part: &OsStr| {
        let text = part.to_string_lossy().into_owned();
        let plain = !text.is_empty()
            && text.chars().all(|c| c.is_alphanumeric() || "-_=./:,+@^~$".contains(c));
        if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
    };
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(quote)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("apt-get");
        command.args(["install", "-y", "it's here"]);
        assert_eq!(shown(&command), r"apt-get install -y 'it'\''s here'");
    }

    #[test]
    fn a_missing_program_is_named() {
        let problem = run(&mut Command::new("bellhop-has-no-such-tool")).unwrap_err();
        assert!(format!("{problem:#}").contains("cannot start bellhop-has-no-such-tool"));
    }
}
