//! Administrators' commands to a service that runs: who may read the data directory hands the words
//! of the command over, and the service does what they say.
//!
//! Invariant: it listens on this machine alone, and nobody is heard who does not know the word that
//! stands in the directory and is another with every start. What is said is in no log.
//!
//! A port of loopback and a file work on every system; the desktop program is raised in the same
//! way.

use crate::{Cli, Command};
use anyhow::{Context as _, bail};
use bellhop_service::{OFFICE_FILE, Running};
use clap::Parser as _;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    convert::Infallible,
    fs,
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// Bytes of a line that may be the word.
const WORD_BYTES: u64 = 256;
/// Bytes of a command with what it reads: many shortcuts.
const WISH_BYTES: u64 = 64 * 1024 * 1024;
/// Heard at one time.
const AT_ONCE: usize = 8;
/// How long somebody may take for the word, and then for the rest.
const FOR_WORD: Duration = Duration::from_secs(5);
const FOR_WISH: Duration = Duration::from_mins(1);
/// How long whoever asked waits for the answer.
const FOR_ANSWER: Duration = Duration::from_mins(5);

/// Where a service is reached, as it stands in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Whereabouts {
    address: SocketAddr,
    word: String,
}

/// A command: its words after the program's name, and what it reads.
#[derive(Serialize, Deserialize)]
struct Wish {
    words: Vec<String>,
    input: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(String),
    Failed(String),
}

/// A running service's ear for its administrators. The file goes with it.
#[derive(Debug)]
pub(crate) struct Office {
    listener: TcpListener,
    word: String,
    file: PathBuf,
}

impl Office {
    /// # Errors
    /// It cannot listen, or the file cannot be written.
    pub(crate) async fn open(data_dir: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(io::Error::from)?;
        let word = hex::encode(random);
        let file = data_dir.join(OFFICE_FILE);
        write_alone(&file, &serde_json::to_vec(&Whereabouts { address, word: word.clone() })?)?;
        Ok(Self { listener, word, file })
    }

    /// Does what it is told, for as long as it is awaited.
    pub(crate) async fn serve(&self, running: &Running) -> Infallible {
        let mut at_work = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(()) = at_work.next() => {}
                come = self.listener.accept(), if at_work.len() < AT_ONCE => match come {
                    Ok((stream, _)) => at_work.push(self.answer(stream, running)),
                    Err(error) => {
                        tracing::warn!(%error, "no administrator's command can be heard");
                        sleep(Duration::from_secs(1)).await;
                    }
                },
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream, running: &Running) {
        let Some(Wish { words, input }) = self.heard(&mut stream).await else { return };
        let answer = match done(words, &input, running).await {
            Ok(told) => Answer::Done(told),
            Err(problem) => Answer::Failed(format!("{problem:#}")),
        };
        let failed = matches!(answer, Answer::Failed(_));
        tracing::info!(failed, "an administrator's command was heard");
        let Ok(text) = serde_json::to_vec(&answer) else { return };
        if let Err(error) = stream.write_all(&text).await {
            tracing::debug!(%error, "whoever gave the command does not hear the answer");
        }
    }

    /// The wish of somebody who knows the word.
    async fn heard(&self, stream: &mut TcpStream) -> Option<Wish> {
        let mut stream = BufReader::new(stream);
        let mut word = String::new();
        let mut first = (&mut stream).take(WORD_BYTES);
        timeout(FOR_WORD, first.read_line(&mut word)).await.ok()?.ok()?;
        // As hashes, so that how long it takes tells nothing of the word.
        if Sha256::digest(word.trim_end()) != Sha256::digest(&self.word) {
            return None;
        }
        let mut text = Vec::new();
        let mut rest = stream.take(WISH_BYTES);
        timeout(FOR_WISH, rest.read_to_end(&mut text)).await.ok()?.ok()?;
        serde_json::from_slice(&text).ok()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // Left behind, it names a port where nobody listens.
        let _ = fs::remove_file(&self.file);
    }
}

async fn done(words: Vec<String>, input: &str, running: &Running) -> anyhow::Result<String> {
    let words = std::iter::once("bellhop-service".to_owned()).chain(words);
    let read = Cli::try_parse_from(words);
    let read =
        read.context("the service that runs is of another version and does not know this")?;
    match read.command {
        Command::Admin(admin) => admin.change(running, input).await,
        _ => bail!("only administrators' commands are done by a service that runs"),
    }
}

/// Asks the service that has this data directory. What it tells.
///
/// # Errors
/// Nobody listens, or what the service says against it.
pub(crate) async fn ask(
    data_dir: &Path,
    words: Vec<String>,
    input: String,
) -> anyhow::Result<String> {
    let not_heard = || {
        format!(
            "{} is in use by a service that takes no commands while it runs, such as that of the \
             desktop program, or by another command: stop it, or try again",
            data_dir.display()
        )
    };
    let found = fs::read(data_dir.join(OFFICE_FILE)).with_context(not_heard)?;
    let Whereabouts { address, word } = serde_json::from_slice(&found).with_context(not_heard)?;
    let mut stream = TcpStream::connect(address).await.with_context(not_heard)?;
    let wish = serde_json::to_string(&Wish { words, input })?;
    let answered = timeout(FOR_ANSWER, async {
        stream.write_all(format!("{word}\n{wish}").as_bytes()).await?;
        stream.shutdown().await?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await?;
        io::Result::Ok(text)
    });
    let unknown = "the service that runs gave no answer; whether it did this is not known";
    let text = answered.await.context(unknown)?.context(unknown)?;
    match serde_json::from_slice(&text).context(unknown)? {
        Answer::Done(told) => Ok(told),
        Answer::Failed(problem) => bail!(problem),
    }
}

/// For its owner's eyes; there wholly or not at all.
fn write_alone(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    if let Err(error) = fs::remove_file(&new)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(bytes)?;
    fs::rename(&new, file)
}
