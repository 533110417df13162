//! A program under measurement, with all its processes: started, watched, ended as a whole.

use super::tree::{MARK, Tree};
use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lines that a program wrote, with the moments they were read.
type Log = Arc<Mutex<Vec<(Instant, String)>>>;

/// Everything that runs now, for the case that the bench itself is ended.
static RUNNING: Mutex<Vec<Tree>> = Mutex::new(Vec::new());

/// Ends everything at once. The bench is being ended: whoever starts something after this waits
/// for a lock that is never given back.
pub(crate) fn end_all() {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for tree in running.drain(..) {
        tree.kill();
    }
    std::mem::forget(running);
}

/// A running program. Ends, with everything it started, when dropped.
#[derive(Debug)]
pub(crate) struct App {
    name: String,
    child: Child,
    tree: Tree,
    log: Log,
    /// The moment before it was started.
    pub(crate) started: Instant,
}

impl App {
    /// Starts a program in a process group of its own, `input` on its standard input.
    pub(crate) fn start(mut command: Command, input: Option<&[u8]>) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mark = uuid::Uuid::now_v7().to_string();
        command
            .env(MARK, &mark)
            .process_group(0)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
        let tree = Tree::new(child.id(), &mark);
        running.push(tree.clone());
        drop(running);
        if let Some(input) = input {
            let mut pipe = child.stdin.take().context("a pipe to standard input")?;
            pipe.write_all(input)?;
        }
        let log = Log::default();
        if let Some(out) = child.stdout.take() {
            pump(out, &log);
        }
        if let Some(err) = child.stderr.take() {
            pump(err, &log);
        }
        Ok(Self { name, child, tree, log, started })
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The first line with this in it, and when it was read.
    pub(crate) fn said(&self, part: &str) -> Option<(Instant, String)> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().find(|(_, line)| line.contains(part)).cloned()
    }

    /// All that it wrote so far.
    pub(crate) fn words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// An error with the program's own last words, where it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let words = self.words();
            let tail: Vec<&str> = words.lines().rev().take(5).collect();
            bail!(
                "{} ended with {status}: {}",
                self.name,
                tail.into_iter().rev().collect::<Vec<_>>().join(" | ")
            );
        }
        Ok(())
    }

    /// Waits for a line with this in it.
    pub(crate) fn wait_said(&mut self, part: &str, limit: Duration) -> Result<(Instant, String)> {
        let until = Instant::now() + limit;
        loop {
            if let Some(found) = self.said(part) {
                return Ok(found);
            }
            self.still_runs()?;
            if Instant::now() > until {
                bail!(
                    "{} did not say {part:?} in {} s: {}",
                    self.name,
                    limit.as_secs(),
                    self.words()
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for App {
    /// First a polite request, for programs that tidy up; then force, for all that is left.
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|tree| *tree != self.tree);
        let group = Pid::from_raw(self.child.id() as i32);
        // An error means that it is gone already, which is what is wanted.
        let _ = killpg(group, Signal::SIGTERM);
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.tree.kill();
        let _ = self.child.wait();
    }
}

fn pump(from: impl Read + Send + 'static, log: &Log) {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        // By bytes: a program's words need not be UTF-8.
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            log.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), text));
            line.clear();
        }
    });
}
