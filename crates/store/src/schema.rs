//! The formats of the two files and the steps from one to the next.
//!
//! `user_version` of a file is the number of steps it has taken. Invariant: a step is taken
//! whole, in one transaction with its number; before the first step away from an older format
//! the file is copied.

use crate::{connect, error::StoreError, files};
use bellhop_sealed::{Held, SealKey};
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};

/// One of the store's files: its name and the steps of its format, oldest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) steps: &'static [&'static str],
}

/// The mirror.
pub(crate) const CACHE: Format = Format {
    name: files::CACHE,
    steps: &[
        include_str!("../migrations/cache/0001_begin.sql"),
        include_str!("../migrations/cache/0002_start.sql"),
        include_str!("../migrations/cache/0003_visitor.sql"),
        include_str!("../migrations/cache/0004_unknown.sql"),
    ],
};
/// The agent's own rows.
pub(crate) const OWN: Format =
    Format { name: files::OWN, steps: &[include_str!("../migrations/own/0001_begin.sql")] };

impl Format {
    /// The newest number this program knows.
    pub(crate) fn known(&self) -> i64 {
        self.steps.len() as i64
    }
}

/// The number of the format that the file has. The schema is read with it.
pub(crate) async fn version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    Ok(sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?)
}

/// What is wrong with the file, page by page; `None` where nothing is.
pub(crate) async fn examine(path: &Path, key: &SealKey) -> Result<Option<String>, StoreError> {
    let mut file = connect::to_look(path, key).await?;
    let bad_pages: Vec<String> =
        sqlx::query_scalar("PRAGMA cipher_integrity_check").fetch_all(&mut *file).await?;
    if let Some(first) = bad_pages.first() {
        return Ok(Some(format!("{} bad pages; {first}", bad_pages.len())));
    }
    let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *file).await?;
    file.close().await?;
    Ok((said != "ok").then_some(said))
}

/// A file that is being made, under another name than its own.
#[derive(Debug)]
pub(crate) struct Fresh {
    path: PathBuf,
    pub(crate) connection: Held,
}

/// Begins a file of the newest format.
pub(crate) async fn begin(dir: &Path, format: &Format, key: &SealKey) -> Result<Fresh, StoreError> {
    let path = files::beside(&dir.join(format.name), ".new");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        // Left by a start that was cut short; nobody ever stored anything in it.
        files::remove(&files::beside(&path, suffix))?;
    }
    files::create_private(&path)?;
    let mut connection = connect::to_write(&path, key).await?;
    sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    take_steps(&mut connection, format, 0).await?;
    Ok(Fresh { path, connection })
}

impl Fresh {
    /// Gives the file its name. What stood under the name is gone, so nothing may stand there.
    pub(crate) async fn finish(mut self, path: &Path) -> Result<(), StoreError> {
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *self.connection).await?;
        self.connection.close().await?;
        Ok(files::put_in_place(&self.path, path)?)
    }
}

/// Makes an empty file, complete or not at all.
pub(crate) async fn create(dir: &Path, format: &Format, key: &SealKey) -> Result<(), StoreError> {
    begin(dir, format, key).await?.finish(&dir.join(format.name)).await
}

/// Brings a file of an older format up to date, after copying it to `<name>.format-<number>`. The copy
/// stays where the file has what is nowhere else.
pub(crate) async fn migrate(
    dir: &Path,
    format: &Format,
    key: &SealKey,
    found: i64,
) -> Result<(), StoreError> {
    if found >= format.known() {
        return Ok(());
    }
    let path = dir.join(format.name);
    let mut connection = connect::to_write(&path, key).await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
    connection.close().await?;
    let copy = files::beside(&path, &format!(".format-{found}"));
    tokio::fs::copy(&path, &copy).await?;
    tokio::fs::File::open(&copy).await?.sync_all().await?;

    let mut connection = connect::to_write(&path, key).await?;
    sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    take_steps(&mut connection, format, found).await?;
    connection.close().await?;
    if format.name == files::CACHE {
        // What it mirrors comes again from the service, and a copy would keep what is deleted there.
        files::remove(&copy)?;
    }
    Ok(())
}

async fn take_steps(
    connection: &mut SqliteConnection,
    format: &Format,
    found: i64,
) -> Result<(), StoreError> {
    for (step, number) in format.steps.iter().zip(1_i64..).skip_while(|(_, n)| *n <= found) {
        let mut transaction = connection.begin_with("BEGIN EXCLUSIVE").await?;
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        let numbered = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {number}"));
        sqlx::query(numbered).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);";

    #[tokio::test]
    async fn a_file_of_an_older_format_is_copied_and_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let key = SealKey::new([5; 32]);
        let old = Format { name: "some.db", steps: &[FIRST] };
        let new = Format { steps: &[FIRST, "ALTER TABLE a ADD COLUMN y TEXT;"], ..old };
        create(dir.path(), &old, &key).await.unwrap();
        migrate(dir.path(), &new, &key, 1).await.unwrap();

        let path = dir.path().join("some.db");
        let mut connection = connect::to_look(&path, &key).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), 2);
        let row: (i64, Option<String>) =
            sqlx::query_as("SELECT x, y FROM a").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(row, (7, None));

        let copy = dir.path().join("some.db.format-1");
        let mut connection = connect::to_look(&copy, &key).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let key = SealKey::new([5; 32]);
        let old = Format { name: "some.db", steps: &[FIRST] };
        let bad = Format { steps: &[FIRST, "DELETE FROM a; SELECT * FROM nowhere;"], ..old };
        create(dir.path(), &old, &key).await.unwrap();
        migrate(dir.path(), &bad, &key, 1).await.unwrap_err();

        let path = dir.path().join("some.db");
        let mut connection = connect::to_look(&path, &key).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), 1);
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM a").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(rows, 1);
    }
}
