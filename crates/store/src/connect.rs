//! Connections to the two files.
//!
//! Invariant: no connection is used before SQLCipher has answered for it, and no statement that
//! holds the key reaches a log.

use crate::{
    error::{OpenError, StoreError},
    files,
    key::StoreKey,
};
use sqlx::{
    ConnectOptions, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions},
};
use std::{path::Path, time::Duration};

/// Readers at work at once: the history page and one transcript, and one to spare.
const READERS: u32 = 3;
const BUSY_FOR: Duration = Duration::from_secs(5);

/// Refuses a build whose SQLite knows nothing of encryption, before any file is touched, and
/// silences SQLCipher, which else prints to the error stream at every page it cannot read.
pub(crate) async fn require_cipher() -> Result<(), OpenError> {
    let answer = async {
        let mut memory = SqliteConnectOptions::new().disable_statement_logging().connect().await?;
        sqlx::query("PRAGMA cipher_log_level = NONE").execute(&mut memory).await?;
        sqlx::query_scalar::<_, String>("PRAGMA cipher_version").fetch_optional(&mut memory).await
    };
    match answer.await {
        Ok(Some(version)) if !version.is_empty() => Ok(()),
        Ok(_) => Err(OpenError::NotEncrypted),
        Err(error) => Err(StoreError::from(error).on_open(":memory:")),
    }
}

fn options(path: &Path, key: &StoreKey) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // The driver puts `key` before all other pragmas.
        .pragma("key", format!("\"{}\"", *key.spelled()))
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        // Never on disk: a sorter's temporary file would not be encrypted.
        .pragma("temp_store", "MEMORY")
        .foreign_keys(false)
        .busy_timeout(BUSY_FOR)
        // Statements hold the key (`PRAGMA key`); slow ones would be logged as warnings.
        .disable_statement_logging()
}

/// The one connection that may write a file.
pub(crate) async fn to_write(path: &Path, key: &StoreKey) -> Result<SqliteConnection, StoreError> {
    let options = options(path, key)
        // Checkpoints are the writer's own affair (writer.rs).
        .pragma("wal_autocheckpoint", "0")
        // The cursor stands in the same file as what it speaks of: both roll back, or neither.
        .pragma("synchronous", "NORMAL")
        // Means something on macOS only: a sync that the disk obeys.
        .pragma("fullfsync", "ON");
    Ok(options.connect().await?)
}

/// The writer's connection: the mirror as `main`, the agent's own rows as `own`. One transaction
/// covers both, and each file is synced by its own rule.
pub(crate) async fn writer(dir: &Path, key: &StoreKey) -> Result<SqliteConnection, StoreError> {
    let mut writer = to_write(&dir.join(files::CACHE), key).await?;
    let own = dir.join(files::OWN);
    let own = own.to_str().ok_or_else(|| StoreError::Io {
        detail: format!("the path {} is not valid Unicode", own.display()),
    })?;
    sqlx::query("ATTACH DATABASE ?1 AS own KEY ?2")
        .bind(own)
        .bind(key.spelled().as_str())
        .execute(&mut writer)
        .await?;
    sqlx::query("PRAGMA own.synchronous = FULL").execute(&mut writer).await?;
    Ok(writer)
}

/// A connection that leaves the file as it is, byte for byte.
pub(crate) async fn to_look(path: &Path, key: &StoreKey) -> Result<SqliteConnection, StoreError> {
    let options = options(path, key).read_only(true);
    // Without a log there is nothing to recover, and SQLite need not make files of its own.
    let has_log = files::length(&files::wal(path)).is_ok_and(|length| length > 0);
    let options = if has_log { options } else { options.immutable(true) };
    Ok(options.connect().await?)
}

/// Connections for reading the mirror. They see a whole state of it and never hold the writer up.
pub(crate) async fn readers(dir: &Path, key: &StoreKey) -> Result<SqlitePool, StoreError> {
    let options = options(&dir.join(files::CACHE), key).read_only(true).pragma("query_only", "ON");
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // Nobody else uses the pool: a connection that is not closed is good.
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(pool)
}
