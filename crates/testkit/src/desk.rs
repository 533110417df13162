//! A private desktop for one test: a session bus, a screen, a window manager, a home and, where
//! wanted, an unlocked key store.
//!
//! Nothing of it is shared with the machine or with another test: the bus has no service
//! activation, so only what the test puts there answers; the screen's number is free; every
//! folder lies in a temporary directory. Unless the test says that it [`Desk::passed`], dropping
//! the desk prints every log; a window that was not closed leaves a picture of the screen.

use crate::{
    process::{Log, Process},
    proxy::Chance,
    wait::{NotYet, wait_for},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const BUS_CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><keep_umask/><listen>unix:dir=@DIR@</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#;

/// Where the windows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// No screen: a bus and folders only.
    None,
    /// A virtual one of this size, with a window manager.
    Virtual { width: u32, height: u32 },
    /// The one of the person in front of the machine.
    Existing { display: String },
}

/// What stands on the desk.
#[derive(Debug, Clone)]
pub struct Furniture {
    pub screen: Screen,
    /// An unlocked key store answers on the bus.
    pub key_store: bool,
}

impl Default for Furniture {
    fn default() -> Self {
        Self { screen: Screen::Virtual { width: 1280, height: 800 }, key_store: true }
    }
}

/// The desk itself.
#[derive(Debug)]
pub struct Desk {
    name: String,
    env: BTreeMap<String, String>,
    processes: Vec<Process>,
    logs: Vec<(String, Log)>,
    passed: bool,
    /// Dropped after the processes that use it.
    dir: TempDir,
}

impl Desk {
    /// A desk with a screen and a key store. The name is the test's and names its pictures.
    pub async fn new(name: &str) -> Result<Self> {
        Self::furnished(name, &Furniture::default()).await
    }

    /// A desk with exactly this on it.
    pub async fn furnished(name: &str, furniture: &Furniture) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("desk-").tempdir()?;
        let mut desk = Self {
            name: name.to_owned(),
            env: BTreeMap::new(),
            processes: Vec::new(),
            logs: Vec::new(),
            passed: false,
            dir,
        };
        desk.lay_out_folders()?;
        desk.start_bus().await?;
        desk.start_screen(&furniture.screen).await?;
        if furniture.key_store {
            desk.start_key_store().await?;
        }
        Ok(desk)
    }

    fn lay_out_folders(&mut self) -> Result<()> {
        for (variable, folder) in [
            ("HOME", "home"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
            ("BELLHOP_DATA_DIR", "bellhop"),
        ] {
            let path = self.dir.path().join(folder);
            fs::create_dir_all(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
            self.set_env(variable, path.to_string_lossy());
        }
        for (variable, value) in [
            ("GDK_BACKEND", "x11"),
            // The only renderer flag under which a WebDriver screenshot answers.
            ("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1"),
            ("NO_AT_BRIDGE", "1"),
            ("GTK_A11Y", "none"),
            ("LANG", "C.UTF-8"),
        ] {
            self.set_env(variable, value);
        }
        // A bell that rings and that nobody hears: most machines that run tests have no loudspeaker.
        fs::write(self.dir.path().join("home/.asoundrc"), "pcm.!default { type null }\n")?;
        self.speak("en");
        // The same at every start, so that a visitor's page finds the embedded service again.
        self.set_env("BELLHOP_LISTEN", format!("127.0.0.1:{}", free_port()?));
        Ok(())
    }

    async fn start_bus(&mut self) -> Result<()> {
        let config = self.dir.path().join("bus.conf");
        fs::write(&config, BUS_CONFIG.replace("@DIR@", &self.dir.path().to_string_lossy()))?;
        let mut command = self.command("dbus-daemon");
        command.arg(format!("--config-file={}", config.display()));
        command.args(["--nofork", "--print-address=1"]);
        let address = self.first_line("dbus-daemon", command, |l| l.starts_with("unix:")).await?;
        // Nor does anything here hear the machine's own system bus.
        self.set_env("DBUS_SYSTEM_BUS_ADDRESS", address.clone());
        self.set_env("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    async fn start_screen(&mut self, screen: &Screen) -> Result<()> {
        match screen {
            Screen::None => {}
            Screen::Existing { display } => {
                // The home is another one from here on; the screen's secret stays in the old one.
                let secret = std::env::var("XAUTHORITY")
                    .ok()
                    .or_else(|| Some(format!("{}/.Xauthority", std::env::var("HOME").ok()?)));
                if let Some(secret) = secret {
                    self.set_env("XAUTHORITY", secret);
                }
                self.set_env("DISPLAY", display);
            }
            Screen::Virtual { width, height } => {
                let mut command = self.command("Xvfb");
                command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0"]);
                command.arg(format!("{width}x{height}x24"));
                let number = self.first_line("Xvfb", command, |l| l.parse::<u32>().is_ok()).await?;
                self.set_env("DISPLAY", format!(":{number}"));
                let mut command = self.command("openbox");
                command.arg("--sm-disable");
                self.spawn("openbox", command, None)?;
            }
        }
        Ok(())
    }

    async fn start_key_store(&mut self) -> Result<()> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets", "--unlock"]);
        self.spawn("gnome-keyring", command, Some(b"the password of this desk's login"))?;
        self.wait_for_owner("org.freedesktop.secrets").await
    }

    /// Waits until somebody on the bus owns this name.
    pub async fn wait_for_owner(&self, name: &'static str) -> Result<()> {
        let bus = zbus::connection::Builder::address(self.bus()).build().await?;
        let names = zbus::fdo::DBusProxy::new(&bus).await?;
        wait_for(&format!("{name} on the session bus"), async || {
            if names.name_has_owner(name.try_into()?).await? {
                return Ok(());
            }
            Err(NotYet::seen("nobody owns the name"))
        })
        .await
    }

    /// The address of the session bus.
    pub fn bus(&self) -> &str {
        self.env.get("DBUS_SESSION_BUS_ADDRESS").map_or("", String::as_str)
    }

    /// The X display, empty where the desk has none.
    pub fn display(&self) -> &str {
        self.env.get("DISPLAY").map_or("", String::as_str)
    }

    /// The program's data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("bellhop")
    }

    /// The folder under which everything of this desk lies.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// From now on ALSA writes what is played to this file instead of nowhere.
    ///
    /// # Errors
    /// The sound card's settings cannot be written.
    pub fn record_sound(&self) -> Result<PathBuf> {
        let home = self.dir.path().join("home");
        let played = home.join("played");
        let file = format!("type file file \"{}\" format raw slave.pcm null", played.display());
        let card = format!("pcm.!default {{ type plug slave.pcm {{ {file} }} }}\n");
        fs::write(home.join(".asoundrc"), card)?;
        Ok(played)
    }

    /// Sets a variable for everything started from now on.
    pub fn set_env(&mut self, variable: &str, value: impl Into<String>) {
        self.env.insert(variable.to_owned(), value.into());
    }

    /// The language of this desk's person, `en` or `ko`.
    pub fn speak(&mut self, language: &str) {
        if language == "ko" {
            self.set_env("LC_MESSAGES", "ko_KR.UTF-8");
            self.set_env("LANGUAGE", "ko");
        }
        self.set_env("BELLHOP_LANG", language);
    }

    pub fn unset_env(&mut self, variable: &str) {
        self.env.remove(variable);
    }

    /// A command that runs at this desk.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .envs(&self.env)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_CURRENT_DESKTOP")
            .env_remove("LC_ALL");
        for foreign in ["BELLHOP_SERVICE_URL", "BELLHOP_TOKEN", "DBUS_SESSION_BUS_ADDRESS"] {
            if !self.env.contains_key(foreign) {
                command.env_remove(foreign);
            }
        }
        command
    }

    /// Starts something that stays until the desk is dropped.
    pub fn spawn(&mut self, label: &str, command: Command, input: Option<&[u8]>) -> Result<Log> {
        let process = self.start(label, command, input)?;
        let log = process.log().clone();
        self.processes.push(process);
        Ok(log)
    }

    /// Starts something that the caller owns; its log is printed with the others.
    pub fn start(
        &mut self,
        label: &str,
        command: Command,
        input: Option<&[u8]>,
    ) -> Result<Process> {
        let process = Process::start(label, command, input)?;
        self.logs.push((label.to_owned(), process.log().clone()));
        Ok(process)
    }

    async fn first_line(
        &mut self,
        label: &str,
        command: Command,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let log = self.spawn(label, command, None)?;
        wait_for(&format!("the first line of {label}"), async || {
            let text = log.text();
            // Only whole lines: a number still being written would be another one.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            whole.lines().find(|l| is_it(l)).map(str::to_owned).ok_or_else(|| NotYet::seen(text))
        })
        .await
    }

    /// A picture of the whole screen.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let done = self.camera(path).output();
        let done = done.context("ImageMagick's import does not start")?;
        ensure!(done.status.success(), "import: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// The command that takes a picture of the whole screen.
    fn camera(&self, path: &Path) -> Command {
        let mut command = self.command("import");
        command.args(["-window", "root"]).arg(path);
        command
    }

    /// The same for the moment at which a test fails, into a folder that outlives the desk.
    pub(crate) fn failure_camera(&self) -> Option<(Command, PathBuf)> {
        let shots = std::env::temp_dir().join("bellhop-failed");
        if self.display().is_empty() || fs::create_dir_all(&shots).is_err() {
            return None;
        }
        let shot = shots.join(format!("{}.png", self.name));
        Some((self.camera(&shot), shot))
    }

    /// The test has seen all it wanted: nothing needs to be printed.
    pub fn passed(mut self) {
        self.passed = true;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !self.passed {
            for (label, log) in &self.logs {
                eprintln!("---- {label}\n{}", log.text());
            }
        }
        while let Some(process) = self.processes.pop() {
            drop(process);
        }
    }
}

/// A port on which nobody listens at this moment, below those that the system hands out to
/// outgoing connections, so that it stays free while its owner restarts.
pub fn free_port() -> Result<u16> {
    let mut chance = Chance::new(uuid::Uuid::now_v7().as_u64_pair().1);
    for _ in 0..200 {
        let port = chance.between(18_000..32_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port in two hundred tries")
}
