//! Where files lie: `files/` in the data directory, one sealed file each, under its id.
//!
//! Invariants: a file arrives under `<id>.part` and is `<id>.new` once all of it is on the disk;
//! `<id>` says that an event speaks of it. A `.part` is worth nothing after a restart, a `.new` what
//! the account says; a file that is not known is left alone, for a journal may have been put back. A
//! file that was deleted cannot be read even from the blocks it lay in: its beginning, without which
//! there is no key to it, was overwritten first.

use crate::{account::Account, disk, running::random_hex};
use bellhop_model::FileId;
use bellhop_sealed::{
    SealKey,
    stream::{Opening, SALT, Sealing},
};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The directory of files in the data directory.
pub(crate) const FILES_DIR: &str = "files";
const ARRIVING: &str = ".part";
const ARRIVED: &str = ".new";

/// See the module. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    dir: Arc<Path>,
    key: SealKey,
}

/// What a start did about files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Swept {
    /// Bytes that no event speaks of, and those that were deleted.
    pub(crate) removed: u64,
    /// Files that the journal does not know.
    pub(crate) unknown: u64,
    /// Files that an event speaks of and that are not there.
    pub(crate) missing: u64,
    /// What could not be brought in line; the next start tries again.
    pub(crate) left: u64,
}

impl Shelf {
    /// The shelf of a data directory, whether it is there or not.
    pub(crate) fn at(data_dir: &Path, key: SealKey) -> Self {
        Self::in_dir(data_dir.join(FILES_DIR), key)
    }

    pub(crate) fn in_dir(dir: PathBuf, key: SealKey) -> Self {
        Self { dir: dir.into(), key }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes it, for its owner alone.
    pub(crate) fn make(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.dir)
    }

    fn path(&self, id: &FileId, state: &str) -> PathBuf {
        self.dir.join(format!("{id}{state}"))
    }

    /// Begins a file under an id that nobody has guessed.
    pub(crate) fn begin(&self) -> io::Result<Arriving> {
        let id = FileId(random_hex::<16>().map_err(io::Error::other)?);
        self.begin_as(id)
    }

    /// Begins the file that has this id already.
    pub(crate) fn begin_as(&self, id: FileId) -> io::Result<Arriving> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let path = self.path(&id, ARRIVING);
        let file = disk::create(&path)?;
        let part = Part { path, done: false };
        let sealing = Sealing::begin(file, &self.key, &id.0, salt)?;
        Ok(Arriving { shelf: self.clone(), sealing, id, part })
    }

    /// Reads a file that has arrived.
    pub(crate) fn open(&self, id: &FileId) -> io::Result<Opening<File>> {
        let file = File::open(self.path(id, "")).or_else(|error| match error.kind() {
            // It is just being taken, and may have been meanwhile.
            io::ErrorKind::NotFound => {
                File::open(self.path(id, ARRIVED)).or_else(|_| File::open(self.path(id, "")))
            }
            _ => Err(error),
        })?;
        Opening::begin(file, &self.key, &id.0)
    }

    /// An event speaks of it. Not being done, it is done at the next start.
    pub(crate) fn keep(&self, id: &FileId) -> io::Result<()> {
        fs::rename(self.path(id, ARRIVED), self.path(id, ""))
    }

    /// No event speaks of it.
    pub(crate) fn drop_arrived(&self, id: &FileId) -> io::Result<()> {
        fs::remove_file(self.path(id, ARRIVED))
    }

    /// A file is no more, for good.
    pub(crate) fn destroy(&self, id: &FileId) -> io::Result<()> {
        // In this order one that is just being kept does not slip through.
        for state in [ARRIVED, ""] {
            match disk::destroy(&self.path(id, state)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// What a start finds, brought in line with the journal.
    pub(crate) fn sweep(&self, account: &Account) -> io::Result<Swept> {
        let mut swept = Swept::default();
        for found in self.found()? {
            let done = match found {
                Found::File(id) | Found::Arrived(id) if account.is_deleted(&id) => {
                    self.destroy(&id).map(|()| 1)
                }
                Found::File(id) if !account.has_file(&id) => {
                    swept.unknown += 1;
                    Ok(0)
                }
                Found::Arrived(id) if account.has_file(&id) => self.keep(&id).map(|()| 0),
                Found::Arrived(id) => self.drop_arrived(&id).map(|()| 1),
                Found::Arriving(path) => fs::remove_file(path).map(|()| 1),
                Found::File(_) | Found::Other => Ok(0),
            };
            match done {
                Ok(removed) => swept.removed += removed,
                Err(error) => {
                    swept.left += 1;
                    tracing::warn!(%error, "a file that is no more could not be removed");
                }
            }
        }
        let missing = account.files().filter(|(id, _)| !self.path(id, "").exists());
        swept.missing = missing.count() as u64;
        Ok(swept)
    }

    /// What lies there; nothing where there is no shelf.
    pub(crate) fn found(&self) -> io::Result<Vec<Found>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        entries.map(|entry| Ok(Found::of(entry?.path()))).collect()
    }
}

/// One thing on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    File(FileId),
    Arrived(FileId),
    Arriving(PathBuf),
    /// Nothing of ours.
    Other,
}

impl Found {
    fn of(path: PathBuf) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let id = |state| name.strip_suffix(state).and_then(FileId::read);
        if let Some(id) = FileId::read(name) {
            Self::File(id)
        } else if let Some(id) = id(ARRIVED) {
            Self::Arrived(id)
        } else if id(ARRIVING).is_some() {
            Self::Arriving(path)
        } else {
            Self::Other
        }
    }
}

/// A path that is removed with it, unless it was done with.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    done: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what is left of an upload goes at the next start");
        }
    }
}

/// A file that is being written. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Arriving {
    shelf: Shelf,
    // Closed before it is removed: some systems want it so.
    sealing: Sealing<File>,
    id: FileId,
    part: Part,
}

impl Arriving {
    /// All of it was written.
    pub(crate) fn sealed(self) -> io::Result<Sealed> {
        let Self { shelf, sealing, id, part } = self;
        Ok(Sealed { file: sealing.finish()?, shelf, id, part })
    }
}

impl Write for Arriving {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sealing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sealing.flush()
    }
}

/// A file that is whole. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Sealed {
    shelf: Shelf,
    file: File,
    id: FileId,
    part: Part,
}

impl Sealed {
    pub(crate) fn open(&self) -> io::Result<Opening<File>> {
        Opening::begin(File::open(&self.part.path)?, &self.shelf.key, &self.id.0)
    }

    /// Puts it on the shelf; it is on the disk then, whatever happens to the machine.
    pub(crate) fn land(mut self) -> io::Result<FileId> {
        self.file.sync_all()?;
        fs::rename(&self.part.path, self.shelf.path(&self.id, ARRIVED))?;
        self.part.done = true;
        if let Err(error) = disk::sync_dir(&self.shelf.dir) {
            self.shelf.drop_arrived(&self.id)?;
            return Err(error);
        }
        Ok(self.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountRules;
    use bellhop_sealed::stream::HEAD;
    use std::io::Read as _;

    fn shelf(dir: &Path) -> Shelf {
        let shelf = Shelf::at(dir, SealKey::new([3; 32]));
        shelf.make().unwrap();
        shelf
    }

    fn written(shelf: &Shelf, content: &[u8]) -> Sealed {
        let mut arriving = shelf.begin().unwrap();
        arriving.write_all(content).unwrap();
        arriving.sealed().unwrap()
    }

    fn names(shelf: &Shelf) -> usize {
        fs::read_dir(shelf.dir()).unwrap().count()
    }

    #[test]
    fn law_11_a_file_is_read_again_and_is_nowhere_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        let content = b"the word xylophone ".repeat(9000);
        let id = written(&shelf, &content).land().unwrap();
        for _ in 0..2 {
            let mut read = Vec::new();
            shelf.open(&id).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
            if shelf.path(&id, ARRIVED).exists() {
                shelf.keep(&id).unwrap();
            }
        }
        let bytes = fs::read(shelf.path(&id, "")).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"xylophone"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(shelf.dir()), mode(&shelf.path(&id, ""))), (0o700, 0o600));
        }
    }

    #[test]
    fn what_does_not_arrive_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        let mut arriving = shelf.begin().unwrap();
        arriving.write_all(&vec![7; 200_000]).unwrap();
        assert_eq!(names(&shelf), 1);
        drop(arriving);
        drop(written(&shelf, b"whole, and not wanted"));
        assert_eq!(names(&shelf), 0);
        let id = written(&shelf, b"refused").land().unwrap();
        shelf.drop_arrived(&id).unwrap();
        assert_eq!(names(&shelf), 0);
    }

    #[test]
    fn domain_13_a_deleted_file_is_gone_and_its_beginning_was_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        let id = written(&shelf, b"a secret").land().unwrap();
        shelf.keep(&id).unwrap();
        // Another name of the same blocks: what somebody finds who looks for them.
        let blocks = dir.path().join("blocks");
        fs::hard_link(shelf.path(&id, ""), &blocks).unwrap();
        shelf.destroy(&id).unwrap();
        shelf.destroy(&id).unwrap();
        assert_eq!(shelf.open(&id).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(fs::read(&blocks).unwrap()[..HEAD], [0; HEAD]);
    }

    #[test]
    fn r1_a_start_removes_what_no_event_speaks_of_and_leaves_what_it_does_not_know() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        std::mem::forget(shelf.begin().unwrap());
        written(&shelf, b"landed").land().unwrap();
        let unknown = written(&shelf, b"of another journal").land().unwrap();
        shelf.keep(&unknown).unwrap();
        fs::write(shelf.dir().join("README"), "not ours").unwrap();
        let account = Account::new(AccountRules::default());
        let swept = shelf.sweep(&account).unwrap();
        assert_eq!(swept, Swept { removed: 2, unknown: 1, missing: 0, left: 0 });
        assert!(shelf.open(&unknown).is_ok());
        assert_eq!(names(&shelf), 2);
    }
}
