//! Opening the journal's file: key, checks, schema.
//!
//! A file that is not ours, is damaged, or is newer than this program is named and left as it is.

use super::schema::{self, SCHEMA};
use bellhop_sealed::{Held, SealKey};
use sqlx::{Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// Why the journal is not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the journal {path} was written by a newer version (schema {found}, this one knows \
         {known}); start that version, or use another data directory"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{path} is not an encrypted journal but a plain SQLite file")]
    NotEncrypted { path: PathBuf },
    #[error(
        "the journal {path} cannot be read: the key is not the one it was written with, or the \
         file is damaged ({detail}); it was left as it is"
    )]
    Unreadable { path: PathBuf, detail: String },
    #[error("the journal {path} cannot be opened: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("the journal {path} cannot be opened: {source}")]
    Sql { path: PathBuf, source: sqlx::Error },
    #[error(
        "before the journal {path} is changed it is copied to {copy}, and that failed: {source}"
    )]
    Copy { path: PathBuf, copy: PathBuf, source: io::Error },
    #[error("the journal {path} is used by another program; it is not changed meanwhile")]
    Busy { path: PathBuf },
    #[error("this program was built without SQLCipher; it writes no chats in clear")]
    NoCipher,
}

/// What is committed survives a power cut; the log is cut back after a checkpoint; what was deleted or
/// replaced is overwritten in the file.
pub(super) const WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                       PRAGMA journal_size_limit = 8388608; PRAGMA secure_delete = ON";

/// The one connection that writes.
pub(super) async fn writer(path: &Path, key: &SealKey) -> Result<Held, OpenError> {
    refuse_plain(path)?;
    require_cipher(path).await?;
    let options = options(path, key).create_if_missing(true);
    let mut connection =
        bellhop_sealed::connect(&options, WRITING).await.map_err(|e| classify(path, e))?;
    let found = schema(path, &mut connection).await?;
    if found > SCHEMA {
        // Closing without having written leaves the file as it was.
        return Err(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA });
    }
    if found < SCHEMA {
        if found > 0 {
            connection = schema::set_aside(path, connection, &options, found).await?;
        }
        schema::take_steps(&mut connection, found).await.map_err(|e| classify(path, e))?;
    }
    Ok(connection)
}

/// Looks at the file without changing it: it is there, the key is its own, and no newer version
/// wrote it. Returns its schema.
pub(super) async fn look(path: &Path, key: &SealKey) -> Result<i64, OpenError> {
    refuse_plain(path)?;
    require_cipher(path).await?;
    if let Err(source) = std::fs::metadata(path) {
        return Err(OpenError::Io { path: path.to_owned(), source });
    }
    let options = options(path, key).read_only(true);
    let mut connection =
        bellhop_sealed::connect(&options, "").await.map_err(|e| classify(path, e))?;
    let found = schema(path, &mut connection).await?;
    connection.close().await.map_err(|e| classify(path, e))?;
    if found > SCHEMA {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA });
    }
    Ok(found)
}

/// What writer and readers have in common.
pub(super) fn options(path: &Path, key: &SealKey) -> SqliteConnectOptions {
    bellhop_sealed::options(path, key).busy_timeout(Duration::from_secs(2))
}

async fn require_cipher(path: &Path) -> Result<(), OpenError> {
    match bellhop_sealed::encrypts().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::NoCipher),
        Err(error) => Err(classify(path, error)),
    }
}

pub(super) async fn schema(
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<i64, OpenError> {
    let row = sqlx::query("SELECT count(*) FROM sqlite_master").fetch_one(&mut *connection).await;
    row.map_err(|e| classify(path, e))?;
    let row = sqlx::query("PRAGMA user_version").fetch_one(connection).await;
    row.and_then(|row| row.try_get(0)).map_err(|e| classify(path, e))
}

fn refuse_plain(path: &Path) -> Result<(), OpenError> {
    let mut head = [0; 16];
    match File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) if &head == b"SQLite format 3\0" => {
            Err(OpenError::NotEncrypted { path: path.to_owned() })
        }
        Ok(()) => Ok(()),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) =>
        {
            Ok(())
        }
        Err(source) => Err(OpenError::Io { path: path.to_owned(), source }),
    }
}

/// "Not a database" (26) and "malformed" (11) speak of the content; everything else, "busy" above
/// all, does not.
pub(super) fn classify(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let primary = code.and_then(|code| code.parse::<i64>().ok()).map(|code| code & 0xff);
    match primary {
        Some(11 | 26) => OpenError::Unreadable { path, detail: error.to_string() },
        _ => OpenError::Sql { path, source: error },
    }
}
