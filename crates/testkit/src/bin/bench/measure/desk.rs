//! A desk of its own for a program: a screen, a session bus and folders that nobody else uses.
//!
//! There is no window manager: nothing but the program draws, and nothing else is measured.

use super::{app::App, machine, pixels::Screen};
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::PermissionsExt, fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><keep_umask/><listen>unix:dir=FOLDER</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#;

/// The desk. Everything started on it ends with it.
#[derive(Debug)]
pub(crate) struct Desk {
    environment: BTreeMap<String, String>,
    /// In the order they were started; ended in the opposite order.
    helpers: Vec<App>,
    pub(crate) screen: Screen,
    /// Programs that refuse to be root run as this user.
    user: Option<u32>,
    folder: tempfile::TempDir,
}

impl Desk {
    /// A desk for a program that runs as we do.
    pub(crate) fn new() -> Result<Self> {
        Self::with_user(None)
    }

    /// A desk for a program that refuses to run as root.
    pub(crate) fn unprivileged() -> Result<Self> {
        Self::with_user(machine::unprivileged())
    }

    fn with_user(user: Option<u32>) -> Result<Self> {
        machine::need(&[("Xvfb", "xvfb"), ("dbus-daemon", "dbus-daemon")])?;
        let folder = tempfile::Builder::new().prefix("bellhop-bench-").tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let (server, number) = start_server(folder.path())?;
        let (bus, address) = start_bus(folder.path())?;
        let display = format!(":{number}");
        let screen = Screen::open(&display, &folder.path().join("screen"))?;
        let mut desk =
            Self { environment: BTreeMap::new(), helpers: vec![server, bus], screen, user, folder };
        desk.set("DISPLAY", &display);
        desk.set("DBUS_SESSION_BUS_ADDRESS", &address);
        desk.set("LANG", "C.UTF-8");
        desk.set("GDK_BACKEND", "x11");
        // No accessibility bus: it is no part of the desk, and looking for it costs a start.
        desk.set("NO_AT_BRIDGE", "1");
        desk.set("GTK_A11Y", "none");
        for (variable, name) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            let path = desk.room(name)?;
            desk.set(variable, &path.to_string_lossy());
        }
        Ok(desk)
    }

    /// Sets a variable of the environment of everything started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The address of the session bus.
    pub(crate) fn bus(&self) -> &str {
        &self.environment["DBUS_SESSION_BUS_ADDRESS"]
    }

    /// A folder of this name on the desk, owned by the program's user.
    pub(crate) fn room(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::create_dir_all(&path)?;
        self.give(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        Ok(path)
    }

    /// Makes a file or folder the program's own.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        if let Some(user) = self.user {
            chown(path, Some(user), Some(user)).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// Puts the environment and the user into a command.
    pub(crate) fn dress(&self, command: &mut Command) {
        command
            .envs(&self.environment)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
            .current_dir(self.folder.path());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
    }

    /// Starts a program on the desk.
    pub(crate) fn start(&self, mut command: Command) -> Result<App> {
        self.dress(&mut command);
        App::start(command, None)
    }

    /// Starts a program that stays until the desk goes.
    pub(crate) fn keep(&mut self, mut command: Command, input: Option<&[u8]>) -> Result<&mut App> {
        self.dress(&mut command);
        self.helpers.push(App::start(command, input)?);
        self.helpers.last_mut().context("a helper was just added")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        while let Some(helper) = self.helpers.pop() {
            drop(helper);
        }
    }
}

fn start_server(folder: &Path) -> Result<(App, String)> {
    let screen = folder.join("screen");
    fs::create_dir_all(&screen)?;
    let mut command = Command::new("Xvfb");
    // Without a cursor: it would be drawn into the screen and is no program's picture.
    command
        .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
        .args(["-noreset", "-nocursor", "-ac", "-fbdir"])
        .arg(&screen);
    let mut server = App::start(command, None)?;
    let number = first_line(&mut server, |line| line.parse::<u32>().is_ok())?;
    Ok((server, number))
}

fn start_bus(folder: &Path) -> Result<(App, String)> {
    let configuration = folder.join("bus.conf");
    let sockets = folder.join("bus");
    fs::create_dir_all(&sockets)?;
    fs::write(&configuration, BUS.replace("FOLDER", &sockets.to_string_lossy()))?;
    let mut command = Command::new("dbus-daemon");
    command.args(["--nofork", "--print-address=1"]);
    command.arg(format!("--config-file={}", configuration.display()));
    let mut bus = App::start(command, None)?;
    let address = first_line(&mut bus, |line| line.starts_with("unix:"))?;
    Ok((bus, address))
}

fn first_line(app: &mut App, is_it: impl Fn(&str) -> bool) -> Result<String> {
    machine::wait_for("a helper's first line", Duration::from_secs(10), || {
        app.still_runs()?;
        Ok(app.words().lines().find(|line| is_it(line)).map(str::to_owned))
    })
}
