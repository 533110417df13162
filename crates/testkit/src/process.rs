//! A process with its children and its log.
//!
//! Each is the leader of a group of its own; dropping it ends the whole group, so that a failed
//! test leaves nothing running. It ends only what it started.

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long a group may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// What a process has printed, on both outputs, line by line.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

impl Log {
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn contains(&self, part: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(part)
    }

    /// How often `part` was printed.
    pub fn count(&self, part: &str) -> usize {
        self.text().matches(part).count()
    }

    fn follow(&self, label: &str, output: impl Read + Send + 'static) {
        let (log, label) = (self.0.clone(), label.to_owned());
        let aloud = std::env::var_os("TESTKIT_VERBOSE").is_some();
        thread::spawn(move || {
            let mut lines = BufReader::new(output);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line);
                if aloud {
                    eprint!("{label}| {text}");
                }
                log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
                line.clear();
            }
        });
    }
}

/// A running process and everything it started in its group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: Log,
}

impl Process {
    /// Starts it, with `input` on its standard input where given (and then its end).
    pub fn start(label: &str, mut command: Command, input: Option<&[u8]>) -> Result<Self> {
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = command
            .process_group(0)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{label} does not start ({command:?})"))?;
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            pipe.write_all(input)?;
        }
        let log = Log::default();
        if let Some(output) = child.stdout.take() {
            log.follow(label, output);
        }
        if let Some(output) = child.stderr.take() {
            log.follow(label, output);
        }
        Ok(Self { child, log })
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    fn signal(&self, signal: Signal) {
        // A group that is gone already is what was wanted.
        let _ = killpg(Pid::from_raw(self.child.id() as i32), signal);
    }

    /// Kills the whole group at once, as a power cut would, and waits until all of it has let go
    /// of its files and ports.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
        let begun = Instant::now();
        while group_lives(self.child.id()) && begun.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Some process of the group still runs. One that has ended and was not yet asked about (a
/// zombie) holds nothing any more.
fn group_lives(group: u32) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // "pid (name) state parent group …"; a name may contain anything, a parenthesis too.
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = fields.next().unwrap_or("Z");
        !matches!(state, "Z" | "X") && fields.nth(1) == Some(&*group.to_string())
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        let begun = Instant::now();
        while self.ended().is_none() && begun.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }
}
