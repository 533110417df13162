//! The main peer: converse.js, a web chat dashboard, in a Chromium window without a browser's
//! frame (`--app=`). It is what an agent's browser tab is today.
//!
//! Its server is a prosody on loopback that serves the page as well.

use super::{Contestant, Receiver, xmpp::Guest};
use crate::measure::{app::App, desk::Desk, machine};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio::runtime::Handle;

const VERSION: &str = "14.0.0";
const ROOM: &str = "bench@conference.localhost";
const PASSWORD: &str = "bench";

/// The peer's name in the report.
pub(crate) const NAME: &str = "chromium+converse.js";

/// Chromium's desk with prosody, the page and somebody in the room.
#[derive(Debug)]
pub(crate) struct Converse {
    desk: Desk,
    profile: PathBuf,
    port: u16,
    guest: Guest,
}

impl Converse {
    /// `work` keeps what npm installed between runs.
    pub(crate) fn prepare(runtime: &Handle, work: &Path) -> Result<Self> {
        machine::need(&[("chromium", "chromium"), ("prosody", "prosody"), ("npm", "npm")])?;
        let dist = install(work)?;
        let mut desk = Desk::unprivileged()?;
        let site = desk.room("site")?;
        machine::copy_tree(&dist, &site.join("dist"))?;
        fs::write(site.join("index.html"), PAGE)?;
        open_to_all(&site)?;
        let port = machine::free_port()?;
        let file = configure(&desk, port, &site)?;
        let mut server = Command::new("prosody");
        server.args(["-F", "--config"]).arg(&file);
        desk.keep(server, None)?;
        let guest = machine::try_for("prosody", Duration::from_secs(20), || {
            // It takes connections before its hosts stand; a first try may fail.
            Guest::join(runtime, port, ("jun", PASSWORD), ROOM)
        })?;
        let profile = desk.room("profile")?;
        Ok(Self { desk, profile, port, guest })
    }
}

impl Contestant for Converse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn start(&mut self) -> Result<App> {
        let mut command = Command::new("chromium");
        command
            .arg(format!("--app=http://localhost:{}/index.html", self.port))
            .arg(format!("--user-data-dir={}", self.profile.display()))
            .args(["--no-first-run", "--no-default-browser-check", "--password-store=basic"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--deny-permission-prompts", "--disable-features=Translate"])
            .args(["--window-position=0,0", "--window-size=1280,800"]);
        if machine::unprivileged().is_none() {
            // Its sandbox hides the memory of its processes from everybody but root.
            command.arg("--no-sandbox");
        }
        self.desk.start(command)
    }

    fn settle(&mut self, app: &mut App) -> Result<()> {
        app.still_runs()?;
        self.guest.wait_present("mina")?;
        self.guest.forget();
        Ok(())
    }
}

impl Receiver for Converse {
    fn send(&mut self, text: &str) -> Result<()> {
        self.guest.forget();
        self.guest.say(text)
    }
}

fn install(work: &Path) -> Result<PathBuf> {
    let folder = work.join("converse");
    let dist = folder.join("node_modules/converse.js/dist");
    if !dist.join("converse.min.js").is_file() {
        crate::say(format_args!("installing converse.js {VERSION} (npm)"));
        fs::create_dir_all(&folder)?;
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        command.arg(&folder).arg(format!("converse.js@{VERSION}"));
        machine::run(command).context("installing converse.js")?;
    }
    Ok(dist)
}

fn configure(desk: &Desk, port: u16, site: &Path) -> Result<PathBuf> {
    let data = desk.room("prosody")?;
    let accounts = data.join("localhost/accounts");
    fs::create_dir_all(&accounts)?;
    for folder in [data.join("localhost"), accounts.clone()] {
        desk.give(&folder)?;
    }
    for name in ["mina", "jun"] {
        let file = accounts.join(format!("{name}.dat"));
        fs::write(&file, format!("return {{ [\"password\"] = \"{PASSWORD}\" }};\n"))?;
        desk.give(&file)?;
    }
    let file = data.join("prosody.cfg.lua");
    let (data, site) = (data.display(), site.display());
    fs::write(
        &file,
        format!(
            r#"data_path = "{data}"
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "carbons", "websocket", "http_files" }}
modules_disabled = {{ "s2s", "tls" }}
c2s_ports = {{}}
https_ports = {{}}
http_ports = {{ {port} }}
http_interfaces = {{ "127.0.0.1" }}
http_default_host = "localhost"
http_paths = {{ files = "/"; websocket = "/xmpp-websocket" }}
http_files_dir = "{site}"
http_dir_listing = false
authentication = "internal_plain"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
consider_websocket_secure = true
log = {{ info = "*console" }}
VirtualHost "localhost"
Component "conference.localhost" "muc"
  muc_room_locking = false
  muc_room_default_public = true
"#
        ),
    )?;
    desk.give(&file)?;
    Ok(file)
}

fn open_to_all(folder: &Path) -> Result<()> {
    let mut command = Command::new("chmod");
    command.args(["-R", "a+rX"]).arg(folder);
    machine::run(command).map(drop)
}

/// Signed in, one room open, nothing else: less than what an agent's dashboard loads.
const PAGE: &str = r#"<!doctype html>
<html><head><meta charset="utf-8"><title>converse</title>
<link rel="stylesheet" href="dist/converse.min.css"></head>
<body class="converse-fullscreen"><div id="conversejs-bg"></div>
<script type="module">
import "./dist/converse.min.js";
window.converse.initialize({
  view_mode: "fullscreen", theme: "classic", i18n: "en", assets_path: "/dist/",
  websocket_url: `ws://${location.host}/xmpp-websocket`, discover_connection_methods: false,
  authentication: "login", auto_login: true, jid: "mina@localhost", password: "bench", nickname: "mina",
  auto_join_rooms: ["bench@conference.localhost"], keepalive: false,
  show_desktop_notifications: false, play_sounds: false, allow_registration: false,
});
</script></body></html>
"#;
