//! The peer of the live path: HexChat, a native program written in C, on an ngircd of its own.

use super::{Contestant, Receiver};
use crate::measure::{app::App, desk::Desk, machine};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    sync::mpsc::{Receiver as Lines, channel},
    time::{Duration, Instant},
};

const CHANNEL: &str = "#bench";
const NICK: &str = "mina";
const PATIENCE: Duration = Duration::from_secs(20);

/// HexChat's desk with its server and somebody in the channel to talk to it.
#[derive(Debug)]
pub(crate) struct HexChat {
    desk: Desk,
    settings: PathBuf,
    port: u16,
    sender: Sender,
}

impl HexChat {
    pub(crate) fn prepare() -> Result<Self> {
        machine::need(&[("hexchat", "hexchat"), ("ngircd", "ngircd")])?;
        // ngircd gives root up by itself, to a user that cannot read a folder of ours.
        let mut desk = Desk::unprivileged()?;
        let port = machine::free_port()?;
        let room = desk.room("ngircd")?;
        let file = room.join("ngircd.conf");
        fs::write(
            &file,
            format!(
                "[Global]\nName = irc.bench.local\nInfo = bench\nListen = 127.0.0.1\n\
                 Ports = {port}\nMotdPhrase = bench\n\
                 [Limits]\nMaxPenaltyTime = 0\nMaxConnectionsIP = 0\n\
                 [Options]\nDNS = no\nIdent = no\nPAM = no\nChrootDir =\n"
            ),
        )?;
        desk.give(&file)?;
        let mut server = Command::new("/usr/sbin/ngircd");
        server.args(["--nodaemon", "--config"]).arg(&file);
        desk.keep(server, None)?;
        let sender = machine::try_for("ngircd", PATIENCE, || Sender::join(port))?;

        let settings = desk.room("hexchat")?;
        let file = settings.join("hexchat.conf");
        fs::write(
            &file,
            format!(
                "gui_slist_skip = 1\nirc_nick1 = {NICK}\nirc_nick2 = {NICK}2\nirc_nick3 = {NICK}3\n\
                 irc_user_name = {NICK}\nirc_real_name = {NICK}\nidentd_server = 0\n\
                 gui_win_width = 1280\ngui_win_height = 800\ngui_win_left = 0\ngui_win_top = 0\n\
                 gui_win_save = 1\n"
            ),
        )?;
        desk.give(&file)?;
        Ok(Self { desk, settings, port, sender })
    }
}

impl Contestant for HexChat {
    fn name(&self) -> &'static str {
        "hexchat"
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn start(&mut self) -> Result<App> {
        let mut command = Command::new("hexchat");
        command.arg("--cfgdir").arg(&self.settings);
        command.arg(format!("irc://127.0.0.1:{}/{CHANNEL}", self.port));
        self.desk.start(command)
    }

    fn settle(&mut self, app: &mut App) -> Result<()> {
        app.still_runs()?;
        self.sender.wait("HexChat in the channel", |line| {
            line.starts_with(&format!(":{NICK}")) && line.contains(&format!("JOIN :{CHANNEL}"))
        })
    }
}

impl Receiver for HexChat {
    fn send(&mut self, text: &str) -> Result<()> {
        self.sender.say(&format!("PRIVMSG {CHANNEL} :{text}"))
    }
}

/// Somebody in the channel.
#[derive(Debug)]
struct Sender {
    stream: TcpStream,
    lines: Lines<String>,
}

impl Sender {
    fn join(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let (sender, lines) = channel();
        let reader = stream.try_clone()?;
        let mut answer = stream.try_clone()?;
        // Ends when the server closes the line.
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                if let Some(token) = line.strip_prefix("PING ") {
                    let _ = write!(answer, "PONG {token}\r\n");
                } else if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut me = Self { stream, lines };
        me.say("NICK jun")?;
        me.say("USER jun 0 * :jun")?;
        me.wait("a welcome", |line| line.contains(" 001 "))?;
        me.say(&format!("JOIN {CHANNEL}"))?;
        me.wait("the channel", |line| line.contains(" 366 "))?;
        Ok(me)
    }

    fn say(&mut self, line: &str) -> Result<()> {
        write!(self.stream, "{line}\r\n").context("the line to ngircd")
    }

    fn wait(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if is_it(&line) => return Ok(()),
                Ok(_) => {}
                Err(e) => bail!("waited for {what} on IRC in vain: {e}"),
            }
        }
    }
}
