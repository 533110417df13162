//! The files of the data directory that are the store's: their names, and the few things done to
//! them as whole files.
//!
//! Invariant: a file appears under its name complete or not at all, and readable by its owner
//! alone; a file that cannot be read is renamed, never removed.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// The mirror.
pub(crate) const CACHE: &str = "cache.db";
/// The agent's own rows.
pub(crate) const OWN: &str = "own.db";
/// The key's check value.
pub(crate) const KEY_CHECK: &str = "cache.key-check";
/// The agent's own rows out of a damaged file, until they take its name.
pub(crate) const SALVAGED: &str = "own.db.salvaged";
/// Present when a running program met damage: the next start looks at every page.
pub(crate) const SUSPECT: &str = "cache.suspect";

/// `path` with `suffix` appended to its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// SQLite's log beside a database.
pub(crate) fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The file's length; 0 where there is none.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Makes the directory, readable by its owner alone where this made it.
pub(crate) fn make_directory(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// A new, empty file for its owner alone. SQLite gives its log files the same rights.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Writes a small file in one step.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = beside(path, ".new");
    remove(&fresh)?;
    let mut file = create_private(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    put_in_place(&fresh, path)
}

/// Renames `fresh` to `path` and makes the renaming durable.
pub(crate) fn put_in_place(fresh: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(fresh, path)?;
    sync_directory_of(path)
}

/// Removes a file of no content that matters; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Renames a database and its log files to `<name>.damaged-<unix ms>` and returns the new path.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut millis =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis());
    let aside = loop {
        let aside = beside(path, &format!(".damaged-{millis}"));
        if !aside.exists() && !wal(&aside).exists() {
            break aside;
        }
        millis += 1;
    };
    // The log first: without it the file is older, but a log without its file is nothing.
    for suffix in ["-wal", "-shm", ""] {
        match std::fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync_directory_of(path)?;
    Ok(aside)
}

#[cfg(unix)]
fn sync_directory_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// Only Unix lets a directory be synced; elsewhere the file system journals renames.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_directory_of(_path: &Path) -> io::Result<()> {
    Ok(())
}
