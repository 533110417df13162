//! Who owns the data directory.
//!
//! Invariant: at most one process has the lock on `owner.lock`, and only that process opens the
//! databases. The owner listens on a loopback port; a second start finds port and word in
//! `owner.address` (readable by this user alone), asks the owner to raise its window and ends.
//! A lock left by a process that died is free: the operating system releases it.

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long a second start waits for the owner to answer.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(3);
/// How long it tries again where the owner is ending and the lock is about to be free.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnerError {
    #[error("the lock {path} cannot be taken: {source}")]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("another Bellhop uses {path}, but does not answer; end it and start again")]
    Deaf { path: PathBuf },
}

/// What a claim came to.
pub(crate) enum Claim {
    Ours(Ownership),
    /// Another process owns the directory and has been told to raise its window.
    HandedOver,
}

/// The lock, and the port on which second starts knock.
pub(crate) struct Ownership {
    lock: File,
    listener: TcpListener,
    word: String,
}

/// Takes the directory, or hands over to who has it. An owner that is just ending is waited for.
pub(crate) fn claim(data_dir: &Path) -> Result<Claim, OwnerError> {
    claim_within(data_dir, PATIENCE)
}

fn claim_within(data_dir: &Path, patience: Duration) -> Result<Claim, OwnerError> {
    let path = data_dir.join("owner.lock");
    let failed = |source| OwnerError::Lock { path: path.clone(), source };
    let lock =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let began = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Claim::Ours(own(data_dir, lock).map_err(failed)?)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if knock(data_dir).is_ok() => {
                return Ok(Claim::HandedOver);
            }
            Err(TryLockError::WouldBlock) if began.elapsed() >= patience => {
                return Err(OwnerError::Deaf { path: data_dir.to_owned() });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Opens the port and writes down where it is.
fn own(data_dir: &Path, lock: File) -> std::io::Result<Ownership> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    let word = random_word()?;
    write_private(&data_dir.join("owner.address"), &format!("{port} {word}"))?;
    Ok(Ownership { lock, listener, word })
}

impl Ownership {
    /// Calls `raise` whenever a second start knocks, for as long as the process lives; it says
    /// whether there is still a window to raise. Gives back the lock: who drops it gives the
    /// directory up.
    #[must_use]
    pub(crate) fn listen(self, raise: impl Fn() -> bool + Send + 'static) -> File {
        let Self { lock, listener, word } = self;
        let started = std::thread::Builder::new().name("second-starts".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Err(error) = answer(stream, &word, &raise) {
                    tracing::debug!("somebody knocked and did not wait: {error}");
                }
            }
        });
        if let Err(error) = started {
            tracing::warn!("second starts go unheard: {error}");
        }
        lock
    }
}

/// Reads the word; raises the window for who knows it and says so, and says nothing to anybody
/// else.
fn answer(mut stream: TcpStream, word: &str, raise: &dyn Fn() -> bool) -> std::io::Result<()> {
    stream.set_read_timeout(Some(HANDOVER_TIMEOUT))?;
    let mut said = vec![0; word.len()];
    stream.read_exact(&mut said)?;
    if said == word.as_bytes() && raise() {
        stream.write_all(b"raised")?;
    }
    Ok(())
}

fn knock(data_dir: &Path) -> std::io::Result<()> {
    let address = std::fs::read_to_string(data_dir.join("owner.address"))?;
    let (port, word) = address.split_once(' ').ok_or(std::io::ErrorKind::InvalidData)?;
    let port: u16 = port.parse().map_err(|_| std::io::ErrorKind::InvalidData)?;
    let mut stream =
        TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), HANDOVER_TIMEOUT)?;
    stream.set_read_timeout(Some(HANDOVER_TIMEOUT))?;
    stream.write_all(word.as_bytes())?;
    let mut said = [0; 6];
    stream.read_exact(&mut said)?;
    if &said == b"raised" { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
}

fn random_word() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(hex::encode(bytes))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn i1_the_second_start_raises_the_first_window_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let Claim::Ours(first) = claim(dir.path()).unwrap() else { panic!("nobody else is here") };
        let (raised, was_raised) = mpsc::channel();
        let lock = first.listen(move || raised.send(()).is_ok());
        assert!(matches!(claim(dir.path()).unwrap(), Claim::HandedOver));
        was_raised.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(lock);
    }

    #[test]
    fn i1_a_lock_whose_owner_ended_is_free() {
        let dir = tempfile::tempdir().unwrap();
        drop(claim(dir.path()).unwrap());
        assert!(matches!(claim(dir.path()).unwrap(), Claim::Ours(_)));
    }

    #[test]
    fn i1_an_owner_that_does_not_answer_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let Claim::Ours(first) = claim(dir.path()).unwrap() else { panic!("nobody else is here") };
        std::fs::write(dir.path().join("owner.address"), "not an address").unwrap();
        assert!(matches!(claim_within(dir.path(), Duration::ZERO), Err(OwnerError::Deaf { .. })));
        drop(first);
    }

    #[test]
    fn i1_an_owner_that_is_ending_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let Claim::Ours(first) = claim(dir.path()).unwrap() else { panic!("nobody else is here") };
        let (knocked, was_knocked) = mpsc::channel();
        let lock = first.listen(move || {
            knocked.send(()).ok();
            false
        });
        std::thread::spawn(move || {
            was_knocked.recv().unwrap();
            drop(lock);
        });
        assert!(matches!(claim(dir.path()).unwrap(), Claim::Ours(_)));
    }
}
