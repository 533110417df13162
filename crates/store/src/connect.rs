//! Connections to the two files.
//!
//! Invariant: no connection is used before SQLCipher has answered for it.

use crate::{
    error::{OpenError, StoreError},
    files,
};
use bellhop_sealed::{Held, Readers, SealKey};
use sqlx::sqlite::SqliteConnectOptions;
use std::{path::Path, time::Duration};

const BUSY_FOR: Duration = Duration::from_secs(5);

/// Readers at work at once: the history page and one transcript, and one to spare.
const READERS: u32 = 3;

/// Refuses a build whose SQLite knows nothing of encryption.
pub(crate) async fn require_cipher() -> Result<(), OpenError> {
    match bellhop_sealed::encrypts().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::NotEncrypted),
        Err(error) => Err(StoreError::from(error).on_open(":memory:")),
    }
}

fn options(path: &Path, key: &SealKey) -> SqliteConnectOptions {
    bellhop_sealed::options(path, key).busy_timeout(BUSY_FOR)
}

/// The one connection that may write a file.
pub(crate) async fn to_write(path: &Path, key: &SealKey) -> Result<Held, StoreError> {
    let options = options(path, key)
        // Checkpoints are the writer's own affair (writer.rs).
        .pragma("wal_autocheckpoint", "0")
        // What is deleted for good is overwritten.
        .pragma("secure_delete", "ON")
        // Means something on macOS only: a sync that the disk obeys.
        .pragma("fullfsync", "ON");
    // The cursor stands in the same file as what it speaks of: both roll back, or neither.
    Ok(bellhop_sealed::connect(&options, "PRAGMA synchronous = NORMAL").await?)
}

/// The writer's connection: the mirror as `main`, the agent's own rows as `own`. One transaction
/// covers both, and each file is synced by its own rule.
pub(crate) async fn writer(dir: &Path, key: &SealKey) -> Result<Held, StoreError> {
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
pub(crate) async fn to_look(path: &Path, key: &SealKey) -> Result<Held, StoreError> {
    let options = options(path, key).read_only(true);
    // Without a log there is nothing to recover, and SQLite need not make files of its own.
    let has_log = files::length(&files::wal(path)).is_ok_and(|length| length > 0);
    let options = if has_log { options } else { options.immutable(true) };
    Ok(bellhop_sealed::connect(&options, "").await?)
}

/// Connections that read the mirror.
pub(crate) async fn readers(dir: &Path, key: &SealKey) -> Result<Readers, StoreError> {
    Ok(Readers::open(options(&dir.join(files::CACHE), key), READERS).await?)
}
