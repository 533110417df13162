//! The machine that is measured on: how busy it is, who we are on it, what is installed.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Above this load average times say more about the other programs than about this one.
pub(crate) const BUSY: f64 = 1.5;

/// The user that programs run as that refuse to be root; `nobody` on Debian.
const NOBODY: u32 = 65_534;

/// The load average of the last minute.
pub(crate) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("/proc/loadavg")?;
    parse_load(&text).context("/proc/loadavg has no number")
}

fn parse_load(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Whether this process may do anything.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The user that a program which refuses root is to run as: `None` where we are no root anyway.
pub(crate) fn unprivileged() -> Option<u32> {
    is_root().then_some(NOBODY)
}

/// A command run as root, through `sudo` where needed.
pub(crate) fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Empties the page cache, so that the next start reads from the disk.
pub(crate) fn drop_caches() -> Result<()> {
    run(Command::new("sync"))?;
    let mut command = as_root("sh");
    command.args(["-c", "echo 3 > /proc/sys/vm/drop_caches"]);
    run(command).context("the page cache can be emptied by root alone").map(drop)
}

/// Runs to the end; what it printed is told where it fails.
pub(crate) fn run(mut command: Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| name.clone())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} ended with {}: {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is in the path.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A user's path often lacks the folders of daemons, which users may run all the same.
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/games"].map(Into::into))
        .any(|folder| folder.join(program).is_file())
}

/// Installs the Debian packages of those programs that are missing, and says so.
pub(crate) fn need(programs: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        programs.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    crate::say(format_args!("installing {} (Debian packages)", missing.join(", ")));
    let install = |update: bool| {
        if update {
            let mut command = as_root("apt-get");
            command.arg("update");
            run(command)?;
        }
        let mut command = as_root("env");
        // The run level of maintenance: the packages' own daemons are not started.
        command.args(["RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y"]);
        command.arg("--no-install-recommends").args(&missing);
        run(command)
    };
    // The package lists of a fresh machine are empty or old.
    install(false)
        .or_else(|_| install(true))
        .with_context(|| format!("could not install {}; install it by hand", missing.join(" ")))?;
    match programs.iter().find(|(program, _)| !has(program)) {
        Some((program, package)) => bail!("{package} is installed but {program} is not there"),
        None => Ok(()),
    }
}

/// Copies a folder, without source maps, into one that everybody may read.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if entry.path().extension().is_none_or(|e| e != "map") {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Looks again and again until there is something, or says what was waited for.
pub(crate) fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let until = std::time::Instant::now() + limit;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if std::time::Instant::now() > until {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Tries again and again until it works, or says what the last try failed with.
pub(crate) fn try_for<T>(
    what: &str,
    limit: Duration,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let mut last = None;
    let done = wait_for(what, limit, || match attempt() {
        Ok(done) => Ok(Some(done)),
        Err(error) => {
            last = Some(error);
            Ok(None)
        }
    });
    done.map_err(|vain| last.map_or(vain, |last| last.context(format!("{what} never came up"))))
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("a free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_the_first_number() {
        assert_eq!(parse_load("0.42 0.36 0.30 1/123 4567\n"), Some(0.42));
        assert_eq!(parse_load(""), None);
    }

    #[test]
    fn a_wait_ends_with_what_it_waited_for() {
        let vain = wait_for("a miracle", Duration::ZERO, || Ok(None::<()>)).unwrap_err();
        assert!(vain.to_string().contains("a miracle"));
        assert_eq!(wait_for("it", Duration::ZERO, || Ok(Some(1))).unwrap(), 1);
    }
}
