//! The snapshot's file: the folded state as bytes, and what tells whether it may be used.
//!
//! It lies beside the journal and not in it, so that no commit waits while it is written, however
//! large it is. It knows nothing of accounts. Invariants: under its name lies a whole snapshot or
//! none; one that is not what was written counts as damaged; the one before is gone for good, for it
//! may have words that were deleted since.

use crate::disk;
use bellhop_model::{Seq, Timestamp};
use bellhop_sealed::{
    SealKey,
    stream::{HEAD, Opening, SALT, Sealing},
};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The name of the file in the data directory.
pub const SNAPSHOT_FILE: &str = "snapshot";
/// One that is being written, with a name of its own for each, and the one before while it is being
/// destroyed.
const BESIDE: &str = "snapshot.";
/// Bytes after which what was written is put on the disk: the journal's commits wait for no more than
/// these.
const AT_ONCE: usize = 2 * 1024 * 1024;

/// What tells one stored event from another.
pub(crate) type Print = [u8; 32];

/// A folded state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The last event that is folded.
    pub(crate) seq: Seq,
    /// The newest moment of the events that are folded.
    pub(crate) at: Timestamp,
    /// The version of the fold.
    pub(crate) fold: u32,
    /// Of the last event, so that it is known for a part of another journal.
    pub(crate) print: Print,
    pub(crate) state: Vec<u8>,
}

/// What lies in the snapshot's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept<T = Snapshot> {
    Nothing,
    Damaged,
    Whole(T),
}

/// Where snapshots are kept. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct SnapshotFile {
    dir: Arc<Path>,
    key: SealKey,
}

impl SnapshotFile {
    /// In the directory of this journal.
    pub(super) fn beside(journal: &Path, key: &SealKey) -> Self {
        Self { dir: journal.parent().unwrap_or(journal).into(), key: key.clone() }
    }

    fn path(&self) -> PathBuf {
        self.dir.join(SNAPSHOT_FILE)
    }

    pub(super) fn read(&self) -> io::Result<Kept> {
        self.look(|opened, mut made| {
            made.state.reserve(usize::try_from(opened.size()).unwrap_or_default());
            opened.read_to_end(&mut made.state)?;
            Ok(made)
        })
    }

    /// The last event that is folded in it. A damaged one may be of any time.
    pub(super) fn seq(&self) -> io::Result<Option<Seq>> {
        Ok(match self.look(|_, made| Ok(made.seq))? {
            Kept::Nothing => None,
            Kept::Damaged => Some(Seq(0)),
            Kept::Whole(seq) => Some(seq),
        })
    }

    /// `read` gets what stands before the state, and the rest of the file.
    fn look<T>(
        &self,
        read: impl FnOnce(&mut Opening<File>, Snapshot) -> io::Result<T>,
    ) -> io::Result<Kept<T>> {
        let opened = File::open(self.path())
            .and_then(|file| Opening::begin(file, &self.key, SNAPSHOT_FILE))
            .and_then(|mut opened| {
                let made = head(&mut opened)?;
                read(&mut opened, made)
            });
        match opened {
            Ok(found) => Ok(Kept::Whole(found)),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => Ok(Kept::Nothing),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Ok(Kept::Damaged),
                _ => Err(error),
            },
        }
    }

    /// Keeps one in the place of the one before, which is still there where this fails.
    pub(super) fn put(&self, made: &Snapshot) -> io::Result<()> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let mark = salt.iter().take(8).fold(0_u64, |mark, byte| mark << 8 | u64::from(*byte));
        let beside = |what: &str| self.dir.join(format!("{BESIDE}{what}-{mark:016x}"));
        let (new, before) = (beside("new"), beside("before"));
        let written = self.write(&new, salt, made).and_then(|()| {
            // The name is never without a snapshot. Where a disk has no second names, the one
            // before is only removed.
            let linked = fs::hard_link(self.path(), &before).is_ok();
            fs::rename(&new, self.path())?;
            disk::sync_dir(&self.dir)?;
            if linked { disk::destroy(&before) } else { Ok(()) }
        });
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    fn write(&self, path: &Path, salt: [u8; SALT], made: &Snapshot) -> io::Result<()> {
        let file = disk::create(path)?;
        let mut sealing = Sealing::begin(&file, &self.key, SNAPSHOT_FILE, salt)?;
        sealing.write_all(&made.seq.0.to_be_bytes())?;
        sealing.write_all(&made.at.0.to_be_bytes())?;
        sealing.write_all(&made.fold.to_be_bytes())?;
        sealing.write_all(&made.print)?;
        for bytes in made.state.chunks(AT_ONCE) {
            sealing.write_all(bytes)?;
            file.sync_data()?;
        }
        sealing.finish()?;
        file.sync_all()
    }

    /// Removes what was left when the service ended while it wrote one.
    pub(super) fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| name.starts_with(BESIDE)) {
                continue;
            }
            // It may be a second name of the one that is in place.
            if beginning(&entry.path())? == beginning(&self.path()).unwrap_or_default() {
                fs::remove_file(entry.path())?;
            } else {
                disk::destroy(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// No two sealed files begin with the same bytes.
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What stands before the state.
fn head(opened: &mut impl io::Read) -> io::Result<Snapshot> {
    let mut number = [0; 8];
    opened.read_exact(&mut number)?;
    let seq = Seq(u64::from_be_bytes(number));
    opened.read_exact(&mut number)?;
    let at = Timestamp(i64::from_be_bytes(number));
    let mut fold = [0; 4];
    opened.read_exact(&mut fold)?;
    let mut print = Print::default();
    opened.read_exact(&mut print)?;
    Ok(Snapshot { seq, at, fold: u32::from_be_bytes(fold), print, state: Vec::new() })
}
