//! What is measured runs in a process of its own: this program once more, told by hidden flags to
//! be the service, or a server that only echoes.
//!
//! It says where it is reached on its standard output and runs until its standard input ends, so
//! that it never outlives the bench.

use crate::measure::tree::{Tree, Work};
use anyhow::{Context, Result, bail};
use bellhop_service::{Config, Rate, Running, Tuning};
use clap::Args;
use futures_util::{SinkExt as _, StreamExt as _};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::net::TcpListener;

/// The key of every journal here.
pub(crate) const KEY: [u8; 32] = [9; 32];
/// Both ends of ten thousand lines, and some.
const FILES: u64 = 24_000;

/// What the program is told where it is the measured one.
#[derive(Debug, Clone, Args)]
pub(crate) struct Role {
    /// Be the service of this directory.
    #[arg(long, hide = true)]
    host: Option<PathBuf>,
    /// With so many agents.
    #[arg(long, hide = true, default_value_t = 0)]
    host_agents: usize,
    /// Be a server that echoes.
    #[arg(long, hide = true)]
    host_echo: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Told {
    port: u16,
    tokens: Vec<String>,
}

impl Role {
    /// Plays the role, where it is one.
    pub(crate) fn play(&self) -> Option<Result<()>> {
        let play = async {
            allow_files()?;
            match &self.host {
                Some(dir) => serve(dir, self.host_agents).await,
                None => echo().await,
            }
        };
        let is_one = self.host.is_some() || self.host_echo;
        is_one.then(|| tokio::runtime::Runtime::new()?.block_on(play))
    }
}

/// The product's, but nobody is held back, and nobody's absence ends anything meanwhile.
pub(crate) fn config(dir: &Path) -> Config {
    let all = Rate { at_once: 1e9, per_second: 1e9 };
    let tuning = Tuning {
        agent_frames: all,
        visitor_frames: all,
        new_chats: all,
        messages_per_chat: usize::MAX,
        text_bytes_per_chat: usize::MAX,
        visitor_timeout: Duration::from_hours(24),
        first_reply_after: Duration::from_hours(24),
        ..Tuning::default()
    };
    Config { data_dir: dir.to_owned(), key: Some(KEY), tuning, ..Config::default() }
}

async fn serve(dir: &Path, agents: usize) -> Result<()> {
    let running = bellhop_service::start(config(dir)).await?;
    let mut tokens = Vec::new();
    for number in 0..agents {
        tokens.push(token(&running, number).await?);
    }
    tell(&Told { port: running.addr().port(), tokens })?;
    until_told_to_end().await?;
    running.stop().await;
    Ok(())
}

/// A token of the agent with this number, who is added where she is not there.
pub(super) async fn token(running: &Running, number: usize) -> Result<String> {
    let email = format!("agent-{number}@example.com");
    let agent = match running.agent_by_email(&email).await {
        Some(agent) => agent,
        None => running.add_agent(format!("Agent {number}"), email).await?,
    };
    Ok(running.issue_token(agent.id).await?)
}

async fn echo() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    tell(&Told { port: listener.local_addr()?.port(), tokens: Vec::new() })?;
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let mut socket = tokio_tungstenite::accept_async(stream).await?;
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_text() {
                        socket.send(message).await?;
                    }
                }
                anyhow::Ok(())
            });
        }
    };
    tokio::select! {
        ended = accept => ended,
        ended = until_told_to_end() => ended,
    }
}

#[expect(clippy::print_stdout, reason = "the bench reads it")]
fn tell(told: &Told) -> Result<()> {
    println!("{}", serde_json::to_string(told)?);
    Ok(())
}

async fn until_told_to_end() -> Result<()> {
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}

/// Lets this process have as many lines open as are needed.
pub(super) fn allow_files() -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = FILES.min(hard);
    if soft < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).context("the limit of open files")?;
    }
    Ok(())
}

/// The measured process.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    told: Told,
    tree: Tree,
}

impl Host {
    pub(super) fn service(dir: &Path, agents: usize) -> Result<Self> {
        super::made(dir)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--host").arg(dir).arg("--host-agents").arg(agents.to_string());
        Self::start(command)
    }

    pub(super) fn echo() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--host-echo");
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("its output")?;
        BufReader::new(out).read_line(&mut line)?;
        if line.is_empty() {
            bail!("the measured process ended at once: {}", child.wait()?);
        }
        let tree = Tree::new(child.id(), "of the service");
        Ok(Self { told: serde_json::from_str(&line)?, child, tree })
    }

    pub(super) fn port(&self) -> u16 {
        self.told.port
    }

    pub(super) fn token(&self, agent: usize) -> Option<&str> {
        self.told.tokens.get(agent).map(String::as_str)
    }

    pub(super) fn memory_kib(&self) -> Result<f64> {
        Ok(self.tree.memory()?.pss_mb * 1024.0)
    }

    pub(super) fn work(&self) -> Work {
        self.tree.work()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The end of its input tells it to stop; what it would still write is of no use.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
