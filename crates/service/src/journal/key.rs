//! Where the stand-alone program keeps the journal's key.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be used: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("the key file {path} does not hold a key of 64 hexadecimal characters")]
    Malformed { path: PathBuf },
    #[error("there is a journal at {journal}, but its key file {path} is missing")]
    Missing { path: PathBuf, journal: PathBuf },
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// The key of a stand-alone service: from the file `<data directory>.key`, which is beside the
/// directory so that a copy of the one is not a copy of the other. Made when there is no journal
/// yet; never made anew where there is one.
///
/// # Errors
/// See [`KeyError`].
fn load_or_make_key(data_dir: &Path, journal: &Path) -> Result<[u8; 32], KeyError> {
    let path = key_path(data_dir);
    let io = |source| KeyError::Io { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let mut key = [0; 32];
            hex::decode_to_slice(text.trim(), &mut key)
                .map_err(|_| KeyError::Malformed { path: path.clone() })?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if journal.exists() {
                return Err(KeyError::Missing { path, journal: journal.to_owned() });
            }
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(KeyError::Random)?;
            let mut file = owner_only().write(true).create_new(true).open(&path).map_err(io)?;
            writeln!(file, "{}", hex::encode(key)).and_then(|()| file.sync_all()).map_err(io)?;
            Ok(key)
        }
        Err(error) => Err(io(error)),
    }
}

/// The key of a data directory's journal: the given one, or for a stand-alone service that of its
/// key file (see [`load_or_make_key`]).
///
/// # Errors
/// See [`KeyError`].
pub(crate) fn key_of(
    given: Option<[u8; 32]>,
    data_dir: &Path,
    journal: &Path,
) -> Result<[u8; 32], KeyError> {
    given.map_or_else(|| load_or_make_key(data_dir, journal), Ok)
}

fn key_path(data_dir: &Path) -> PathBuf {
    let full = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let mut name = full.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    full.with_file_name(name)
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
