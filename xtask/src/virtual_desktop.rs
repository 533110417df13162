//! A desk without a screen: display, window manager, session bus and key store, all its own.
//!
//! Invariant: nothing of the user's own session is seen or touched; the program's data and the key
//! store's files are in target/virtual-desktop, kept from one run to the next, and all processes
//! end with this one.
//! Left to others: the private desks of the tests (`crates/testkit`), which share nothing.

use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const SCREEN: &str = "1280x800x24";
/// For a process to print its first line.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct VirtualDesktop {
    folder: PathBuf,
    display: String,
    bus: String,
    /// In the order in which they were started; ended in the reverse.
    processes: Vec<Child>,
}

impl VirtualDesktop {
    pub(crate) fn start() -> Result<Self> {
        let folder = paths::target()?.join("virtual-desktop");
        for name in ["data", "share", "run"] {
            fs::create_dir_all(folder.join(name))
                .with_context(|| format!("cannot make {}", folder.join(name).display()))?;
        }
        private(&folder)?;
        private(&folder.join("run"))?;
        let mut desktop =
            Self { folder, display: String::new(), bus: String::new(), processes: Vec::new() };
        let mut xvfb = bound_to_this("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]);
        desktop.display = format!(":{}", desktop.spawn_for_line(&mut xvfb)?);
        let mut bus = bound_to_this("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        bus.env("XDG_RUNTIME_DIR", desktop.folder.join("run"));
        desktop.bus = desktop.spawn_for_line(&mut bus)?;
        let mut openbox = bound_to_this("openbox");
        openbox.arg("--sm-disable");
        desktop.spawn(&mut openbox)?;
        desktop.start_key_store()?;
        Ok(desktop)
    }

    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets a program run on this desk and keep its data there.
    pub(crate) fn lend_to(&self, command: &mut Command) {
        self.environment(command);
        if std::env::var_os("BELLHOP_DATA_DIR").is_none() {
            command.env("BELLHOP_DATA_DIR", self.folder.join("data"));
        }
    }

    fn environment(&self, command: &mut Command) {
        command
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("XDG_RUNTIME_DIR", self.folder.join("run"))
            // Assistive technology has a bus of its own, which is not started here.
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY");
    }

    /// A real key store, so that the program opens as it does on a desk where somebody is logged
    /// in. Its password is made up once and kept beside it, readable by this user alone: what
    /// this guards is a developer's try-out, not anybody's chats.
    fn start_key_store(&mut self) -> Result<()> {
        let password = self.key_store_password()?;
        let mut keyring = bound_to_this("gnome-keyring-daemon");
        keyring.args(["--foreground", "--components=secrets", "--unlock"]);
        keyring.env("XDG_DATA_HOME", self.folder.join("share")).stdin(Stdio::piped());
        self.environment(&mut keyring);
        let child = self.spawn(&mut keyring)?;
        let mut stdin = child.stdin.take().context("the key store takes no password")?;
        stdin.write_all(password.as_bytes()).context("the key store takes no password")?;
        drop(stdin);
        self.wait_for_name("org.freedesktop.secrets")
    }

    fn key_store_password(&self) -> Result<String> {
        let file = self.folder.join("key-store-password");
        if let Ok(password) = fs::read_to_string(&file)
            && !password.is_empty()
        {
            return Ok(password);
        }
        let mut random = [0_u8; 32];
        fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let password = random.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        fs::write(&file, &password)?;
        private(&file)?;
        Ok(password)
    }

    fn wait_for_name(&self, name: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let mut ask = Command::new("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus"]);
        ask.args(["/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner"]);
        ask.arg(format!("string:{name}"));
        self.environment(&mut ask);
        while !process::output(&mut ask)?.contains("boolean true") {
            if Instant::now() > until {
                bail!("nobody owns {name} on the session bus after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn spawn(&mut self, command: &mut Command) -> Result<&mut Child> {
        self.environment(command);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.keep(command)
    }

    /// Starts a process that prints, as its first line, where it can be found.
    fn spawn_for_line(&mut self, command: &mut Command) -> Result<String> {
        let log = self.folder.join("log");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let shown = process::shown(command);
        let stdout = self.keep(command)?.stdout.take();
        let mut line = String::new();
        BufReader::new(stdout.context("no standard output")?).read_line(&mut line)?;
        if line.trim().is_empty() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!("{shown} did not start: {}", said.trim());
        }
        Ok(line.trim().to_owned())
    }

    fn keep(&mut self, command: &mut Command) -> Result<&mut Child> {
        let child =
            command.spawn().with_context(|| format!("cannot start {}", process::shown(command)))?;
        self.processes.push(child);
        self.processes.last_mut().context("the process just started is gone")
    }
}

impl Drop for VirtualDesktop {
    fn drop(&mut self) {
        while let Some(mut child) = self.processes.pop() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A process that the kernel ends when xtask ends, however that comes about.
fn bound_to_this(program: &str) -> Command {
    if process::is_installed("setpriv") {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", program]);
        command
    } else {
        Command::new(program)
    }
}

/// Readable by this user alone.
#[cfg(unix)]
fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .with_context(|| format!("cannot make {} private", path.display()))
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<()> {
    Ok(())
}
