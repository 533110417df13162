//! `cargo xtask run`: from the sources to the open window.
//!
//! Invariant: the window counts as open when the program says `UI_READY`, which it does after the
//! dashboard's first real paint, and not a moment earlier.
//! Left to others: the desk without a screen (`virtual_desktop.rs`).

mod picture;

use crate::{
    cli::Run,
    dashboard, paths, process,
    setup::{self, For},
    step,
    virtual_desktop::VirtualDesktop,
};
use anyhow::{Context, Result, bail};
use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, absolute},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// What the program prints on standard error once its window is painted.
const READY: &str = "UI_READY";
/// Far more than the slowest start seen, so that only a program that hangs meets it.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the program may take to put its affairs in order when it is asked to end.
const GRACE: Duration = Duration::from_secs(8);

pub(crate) fn run(wish: &Run) -> Result<()> {
    let with_screen = has_screen();
    if wish.shot.is_some() && !cfg!(target_os = "linux") {
        bail!("`--shot` works on Linux alone; here, open the program and take a picture of it");
    }
    // A path that cannot be written is said now, not after the build.
    let shot = wish.shot.as_deref().map(picture_file).transpose()?;
    let virtually = !with_screen || shot.is_some();
    setup::setup(if virtually { For::VirtualDesktop } else { For::Building })?;
    dashboard::build(dashboard::Profile::Release)?;
    step::loud("building the program", || process::run(&mut build(wish.release)))?;
    let desktop = virtually.then(|| start_desktop(with_screen)).transpose()?;
    let mut command = Command::new(paths::built("bellhop", wish.release)?);
    process::without_cargos_own(&mut command);
    command.args(&wish.arguments);
    if let Some(desktop) = &desktop {
        desktop.lend_to(&mut command);
    }
    let mut program = Program::start(&mut command)?;
    let opened = step::quiet("opening the window", || program.wait_until_ready())?;
    if opened == Opened::Elsewhere && shot.is_some() {
        bail!(
            "no picture was taken: Bellhop is open already, in a window this command does not see; \
             quit it, or name another data directory with BELLHOP_DATA_DIR"
        );
    }
    if opened == Opened::Elsewhere {
        step::note("Bellhop was open already: its window has been brought to the front");
        return Ok(());
    }
    match (shot, &desktop) {
        (Some(file), Some(desktop)) => {
            step::quiet("taking a picture", || picture::take(desktop.display(), &file))?;
            step::note(&format!("the picture is {}", file.display()));
            step::quiet("ending the program", || program.end())?;
            Ok(())
        }
        _ => program.stay(),
    }
}

fn build(release: bool) -> Command {
    let mut cargo = process::cargo();
    cargo.args(["build", "--package", "bellhop"]);
    if release {
        cargo.args(["--release", "--features", "custom-protocol"]);
    }
    cargo
}

/// Whether a window opened now would be seen.
pub(crate) fn has_screen() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn start_desktop(with_screen: bool) -> Result<VirtualDesktop> {
    if !with_screen {
        step::note("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)");
    }
    let desktop = step::quiet("starting a virtual display", VirtualDesktop::start)?;
    step::note(&format!(
        "the window opens on the virtual display {}, with data of its own in {}",
        desktop.display(),
        desktop.folder().display()
    ));
    Ok(desktop)
}

fn picture_file(file: &Path) -> Result<std::path::PathBuf> {
    let file = absolute(file)?;
    let folder = file.parent().context("the picture needs a file name")?;
    if !folder.is_dir() {
        bail!("the picture cannot be written: there is no folder {}", folder.display());
    }
    Ok(file)
}

#[derive(Debug, PartialEq, Eq)]
enum Opened {
    /// In the program just started.
    Here,
    /// In one that ran already; the one just started has ended.
    Elsewhere,
}

/// The program, and what it says on standard error as it goes along.
struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self> {
        command.stderr(Stdio::piped());
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}", process::shown(command)))?;
        let stderr = child.stderr.take().context("the program has no standard error")?;
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Nobody listens once the program is to end; its pipe must be emptied all the same.
                let _ = tell.send(line);
            }
        });
        Ok(Self { child, lines })
    }

    /// Waits for the first paint; an early end is an error that tells what the program said last.
    fn wait_until_ready(&mut self) -> Result<Opened> {
        let until = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(READY) => return Ok(Opened::Here),
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    self.end()?;
                    bail!("no window after {}{}", step::spoken(PATIENCE), last_words(&said));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    if status.success() {
                        return Ok(Opened::Elsewhere);
                    }
                    bail!("the program ended before its window ({status}){}", last_words(&said));
                }
            }
        }
    }

    /// Passes on what the program says until somebody closes it.
    fn stay(mut self) -> Result<()> {
        step::note("it runs until you quit it there, or press Ctrl-C here");
        for line in &self.lines {
            eprintln!("{line}");
        }
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the program ended with {status}");
        }
        Ok(())
    }

    /// Asks the program to end, and insists if it does not.
    fn end(&mut self) -> Result<()> {
        ask_to_end(&mut self.child)?;
        let until = Instant::now() + GRACE;
        while ended(&mut self.child)?.is_none() {
            if Instant::now() >= until {
                self.child.kill()?;
                self.child.wait()?;
                bail!("the program did not end when asked, and was ended by force");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Program {
    /// Whatever went wrong: no program stays behind on a display that goes away.
    fn drop(&mut self) {
        if !matches!(ended(&mut self.child), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn ended(child: &mut Child) -> Result<Option<ExitStatus>> {
    child.try_wait().context("cannot ask whether the program has ended")
}

#[cfg(unix)]
fn ask_to_end(child: &mut Child) -> Result<()> {
    use nix::{
        errno::Errno,
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    match kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGTERM) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(problem) => Err(problem).context("cannot ask the program to end"),
    }
}

#[cfg(not(unix))]
fn ask_to_end(child: &mut Child) -> Result<()> {
    child.kill().context("cannot end the program")
}

/// The end of what the program said, to be set after an error.
fn last_words(said: &[String]) -> String {
    const LINES: usize = 30;
    if said.is_empty() {
        return "; it said nothing".into();
    }
    let last = &said[said.len().saturating_sub(LINES)..];
    format!("; it said:\n    {}", last.join("\n    "))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn the_window_is_open_when_the_program_says_so() {
        let mut program = shell("echo starting >&2; echo UI_READY >&2; exec sleep 60");
        assert_eq!(program.wait_until_ready().unwrap(), Opened::Here);
        program.end().unwrap();
    }

    #[test]
    fn an_early_end_tells_what_the_program_said() {
        let problem = shell("echo 'no disk' >&2; exit 3").wait_until_ready().unwrap_err();
        let text = problem.to_string();
        assert!(text.contains("exit status: 3") && text.contains("no disk"), "{text}");
    }

    #[test]
    fn a_second_start_that_hands_over_is_no_error() {
        assert_eq!(shell("exit 0").wait_until_ready().unwrap(), Opened::Elsewhere);
    }

    #[test]
    fn a_picture_in_no_folder_is_refused_before_anything_is_built() {
        let problem = picture_file(Path::new("/no/such/folder/a.png")).unwrap_err();
        assert!(problem.to_string().contains("/no/such/folder"));
    }
}
