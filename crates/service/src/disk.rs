//! Files of the data directory that are not SQLite's: made for their owner alone, on the disk with
//! their name, gone for good.

use bellhop_sealed::stream::HEAD;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

/// Makes a file that is not there yet.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Overwrites as much of a sealed file as it can, and removes it in any case: a disk that takes no
/// bytes may still give names away.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let wiped = wipe(path);
    let removed = fs::remove_file(path);
    match (&wiped, &removed) {
        (Err(error), Ok(())) => {
            tracing::warn!(%error, "a deleted file was removed and could not be overwritten");
        }
        (_, Err(_)) => return removed,
        (Ok(()), Ok(())) => {}
    }
    Ok(())
}

fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(&[0; HEAD])?;
    file.sync_all()
}

/// Names are on the disk once their directory is.
#[cfg(unix)]
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(crate) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}
