//! Files that nobody reads without the key: SQLite files, which the cache (`crates/store`) and the
//! service's journal (`crates/service`) have in common, and plain files of any length ([`stream`]),
//! which the service keeps of what is sent in chats.
//!
//! Invariants: no byte of content reaches the disk in clear, temporary files included; no
//! statement that holds the key reaches a log; every connection is [`Held`], so that none is
//! still closing when the process exits. Left to others: what the files contain, and what an error
//! means to whoever reads them.

mod held;
mod key;
mod readers;
pub mod stream;

pub use held::Held;
pub use key::SealKey;
pub use readers::{Reader, Readers};

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::path::Path;

/// What every connection to a sealed file has in common.
#[must_use]
pub fn options(path: &Path, key: &SealKey) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // The driver puts `key` before all other pragmas.
        .pragma("key", format!("\"{}\"", *key.spelled()))
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        // Never on disk: a sorter's temporary file would not be encrypted.
        .pragma("temp_store", "MEMORY")
        .foreign_keys(false)
        // Statements hold the key (`PRAGMA key`); slow ones would be logged as warnings.
        .disable_statement_logging()
}

/// Opens a connection, then carries `then` out on it: the `PRAGMA`s that read the file, and so
/// fail where the key is wrong or the file is damaged. Among the options they would fail before
/// the connection is [`Held`], and the driver would close it in the background.
///
/// # Errors
/// The file cannot be opened, or `then` fails.
pub async fn connect(
    options: &SqliteConnectOptions,
    then: &'static str,
) -> Result<Held, sqlx::Error> {
    let open = async { options.connect().await.map(Held::new) };
    let mut held = held::ToTheEnd::of(open).await?;
    if !then.is_empty() {
        sqlx::raw_sql(then).execute(&mut *held).await?;
    }
    Ok(held)
}

/// Whether the SQLite in this build encrypts: a plain one ignores the key in silence and writes in
/// clear. It also silences SQLCipher, which else prints to the error stream at every page it cannot
/// read. To be asked before any file is touched.
///
/// # Errors
/// SQLite does not answer at all.
pub async fn encrypts() -> Result<bool, sqlx::Error> {
    let mut memory = connect(&SqliteConnectOptions::new().disable_statement_logging(), "").await?;
    sqlx::query("PRAGMA cipher_log_level = NONE").execute(&mut *memory).await?;
    let version: Option<String> =
        sqlx::query_scalar("PRAGMA cipher_version").fetch_optional(&mut *memory).await?;
    memory.close().await?;
    Ok(version.is_some_and(|version| !version.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r8_what_is_written_is_found_with_the_key_alone() {
        assert!(encrypts().await.unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sealed.db");
        let key = SealKey::new([3; 32]);
        let mut file = connect(&options(&path, &key).create_if_missing(true), "").await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (word TEXT); INSERT INTO t VALUES ('umbrella')")
            .execute(&mut *file)
            .await
            .unwrap();
        file.close().await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"umbrella"));
        assert!(!bytes.starts_with(b"SQLite format 3"));
        let mut other = connect(&options(&path, &SealKey::new([4; 32])), "").await.unwrap();
        assert!(sqlx::query("SELECT word FROM t").fetch_all(&mut *other).await.is_err());
    }
}
