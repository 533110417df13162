//! Connections to the two files.
//!
//! Invariant: every connection is [`Held`]; no connection is used before SQLCipher has answered for it, and no statement that
//! holds the key reaches a log.

use crate::{
    error::{OpenError, StoreError},
    files,
    held::Held,
    key::StoreKey,
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

const BUSY_FOR: Duration = Duration::from_secs(5);

/// Refuses a build whose SQLite knows nothing of encryption, before any file is touched, and
/// silences SQLCipher, which else prints to the error stream at every page it cannot read.
pub(crate) async fn require_cipher() -> Result<(), OpenError> {
    let answer = async {
        let options = SqliteConnectOptions::new().disable_statement_logging();
        let mut memory = Held::new(options.connect().await?);
        sqlx::query("PRAGMA cipher_log_level = NONE").execute(&mut *memory).await?;
        let version: Option<String> =
            sqlx::query_scalar("PRAGMA cipher_version").fetch_optional(&mut *memory).await?;
        memory.close().await?;
        Ok::<_, StoreError>(version)
    };
    match answer.await {
        Ok(Some(version)) if !version.is_empty() => Ok(()),
        Ok(_) => Err(OpenError::NotEncrypted),
        Err(error) => Err(error.on_open(":memory:")),
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
pub(crate) async fn to_write(path: &Path, key: &StoreKey) -> Result<Held, StoreError> {
    let options = options(path, key)
        // Checkpoints are the writer's own affair (writer.rs).
        .pragma("wal_autocheckpoint", "0")
        // The cursor stands in the same file as what it speaks of: both roll back, or neither.
        .pragma("synchronous", "NORMAL")
        // Means something on macOS only: a sync that the disk obeys.
        .pragma("fullfsync", "ON");
    Ok(Held::new(options.connect().await?))
}

/// The writer's connection: the mirror as `main`, the agent's own rows as `own`. One transaction
/// covers both, and each file is synced by its own rule.
pub(crate) async fn writer(dir: &Path, key: &StoreKey) -> Result<Held, StoreError> {
    let mut writer = to_write(&dir.join(files::CACHE), key).await?;
    let own = dir.join(files::OWN);
    let own = own.to_str().ok_or_else(|| StoreError::Io {
        detail: format!("the path {} is not valid Unicode", own.display()),
    })?;
    sqlx::query("ATTACH DATABASE ?1 AS own KEY ?2")
        .bind(own)
        .bind(key.spelled().as_str())
        .execute(&mut *writer)
        .await?;
    sqlx::query("PRAGMA own.synchronous = FULL").execute(&mut *writer).await?;
    Ok(writer)
}

/// A connection that leaves the file as it is, byte for byte.
pub(crate) async fn to_look(path: &Path, key: &StoreKey) -> Result<Held, StoreError> {
    let options = options(path, key).read_only(true);
    // Without a log there is nothing to recover, and SQLite need not make files of its own.
    let has_log = files::length(&files::wal(path)).is_ok_and(|length| length > 0);
    let options = if has_log { options } else { options.immutable(true) };
    Ok(Held::new(options.connect().await?))
}

/// A connection that reads the mirror.
pub(crate) async fn to_read(dir: &Path, key: &StoreKey) -> Result<Held, StoreError> {
    let options = options(&dir.join(files::CACHE), key).read_only(true).pragma("query_only", "ON");
    Ok(Held::new(options.connect().await?))
}
