//! What the journal's file looks like, and how an older file is brought there.
//!
//! Invariant: before an older file is changed, the whole of it lies beside it under
//! `<name>.schema-<number>`; each step is one transaction. A step that was released is not edited.

use super::open::{OpenError, WRITING, classify, schema};
use bellhop_sealed::Held;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The schema this version reads and writes: the number of its steps.
pub(super) const SCHEMA: i64 = STEPS.len() as i64;

const STEPS: &[&str] = &[
    "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, fact TEXT NOT NULL) STRICT;
    CREATE TABLE answer (command TEXT PRIMARY KEY, outcome TEXT NOT NULL, at INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE token (hash BLOB PRIMARY KEY, agent_id INTEGER NOT NULL, issued_at INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    ",
    // One row: the newest snapshot of the folded state.
    "
    CREATE TABLE snapshot (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        fold INTEGER NOT NULL,
        print BLOB NOT NULL,
        state BLOB NOT NULL
    ) STRICT;
    ",
    // Signing in by password; a token without a moment never expires.
    "
    ALTER TABLE token ADD COLUMN expires_at INTEGER;
    CREATE INDEX token_of_agent ON token (agent_id);
    CREATE TABLE password (
        agent_id INTEGER PRIMARY KEY, hash TEXT NOT NULL, set_at INTEGER NOT NULL
    ) STRICT;
    ",
    // The history: chats that are over and offline messages, and what finds them. Made from the
    // events.
    "
    CREATE TABLE history (
        id INTEGER PRIMARY KEY,
        ended_at INTEGER NOT NULL,
        visitor_id TEXT NOT NULL,
        department_id INTEGER,
        kind TEXT NOT NULL,
        missed INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        rating TEXT,
        record TEXT NOT NULL,
        said TEXT NOT NULL
    ) STRICT;
    CREATE INDEX history_by_end ON history (ended_at, id);
    CREATE INDEX history_of_visitor ON history (visitor_id, ended_at, id);
    CREATE TABLE history_agent (
        id INTEGER NOT NULL, agent_id INTEGER NOT NULL, PRIMARY KEY (id, agent_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE history_tag (
        id INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (id, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE history_words USING fts5 (
        words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
    );
    ",
    // Tickets of chats that are over: kept here, or waiting to be given away.
    "
    CREATE TABLE ticket (
        id INTEGER PRIMARY KEY,
        ticket TEXT NOT NULL,
        state TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        remote TEXT,
        why TEXT
    ) STRICT;
    CREATE INDEX ticket_waiting ON ticket (due_at) WHERE state = 'waiting';
    ",
    // What finds the history gives every trace of a record up that is deleted. It is made anew.
    "
    DROP TABLE history_words;
    CREATE VIRTUAL TABLE history_words USING fts5 (
        words, content = '', tokenize = 'unicode61 remove_diacritics 0'
    );
    INSERT INTO history_words (history_words, rank) VALUES ('secure-delete', 1);
    DELETE FROM meta WHERE name = 'history';
    ",
    // The snapshot has a file of its own, which keeps no commit waiting. It is made anew.
    "DROP TABLE snapshot",
];

/// The schema from which on what is deleted or replaced is overwritten in the file.
const WIPES: i64 = 6;

/// Takes the steps an older file has not taken; 0 is an empty file.
pub(super) async fn take_steps(
    connection: &mut SqliteConnection,
    found: i64,
) -> Result<(), sqlx::Error> {
    for (step, number) in STEPS.iter().zip(1_i64..).skip_while(|(_, number)| *number <= found) {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        let numbered = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {number}"));
        sqlx::query(numbered).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    if (1..WIPES).contains(&found) {
        // Pages that those versions gave back still have what was on them.
        sqlx::query("VACUUM").execute(&mut *connection).await?;
    }
    Ok(())
}

/// Copies the file of an older schema. The connection is closed meanwhile: whoever opens and
/// closes a file by another way takes SQLite's locks on it away.
pub(super) async fn set_aside(
    path: &Path,
    mut connection: Held,
    options: &SqliteConnectOptions,
    found: i64,
) -> Result<Held, OpenError> {
    let sql = |error| classify(path, error);
    let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *connection)
        .await
        .map_err(sql)?;
    connection.close().await.map_err(sql)?;
    if busy != 0 {
        return Err(OpenError::Busy { path: path.to_owned() });
    }
    let copy = beside(path, &format!(".schema-{found}"));
    let failed = |source| OpenError::Copy { path: path.to_owned(), copy: copy.clone(), source };
    copy_whole(path, &copy).map_err(failed)?;
    let mut connection = bellhop_sealed::connect(options, WRITING).await.map_err(sql)?;
    if schema(path, &mut connection).await? != found {
        return Err(OpenError::Busy { path: path.to_owned() });
    }
    tracing::info!(copy = %copy.display(), "the journal is brought up to date; a copy was kept");
    Ok(connection)
}

/// A copy that has its name only once all of it is on the disk.
fn copy_whole(path: &Path, copy: &Path) -> io::Result<()> {
    let part = beside(copy, ".part");
    fs::copy(path, &part)?;
    fs::File::options().write(true).open(&part)?.sync_all()?;
    fs::rename(&part, copy)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Journal, open};
    use bellhop_model::{Event, Seq};
    use bellhop_sealed::SealKey;

    const KEY: [u8; 32] = [7; 32];

    /// A file as the first version left it.
    async fn old(path: &Path) {
        let options = open::options(path, &SealKey::new(KEY)).create_if_missing(true);
        let mut file = bellhop_sealed::connect(&options, "").await.unwrap();
        sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *file).await.unwrap();
        sqlx::raw_sql(STEPS[0]).execute(&mut *file).await.unwrap();
        sqlx::raw_sql(
            r#"PRAGMA user_version = 1;
               INSERT INTO event VALUES (1, 5, '{"kind":"agent_saved","agent":{"id":1,
                   "display_name":"Mina","email":"","availability":"online"}}');"#,
        )
        .execute(&mut *file)
        .await
        .unwrap();
        file.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_journal_of_the_first_schema_is_copied_and_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        old(&path).await;
        let before = fs::read(&path).unwrap();
        let journal = Journal::open(&path, &KEY).await.unwrap();
        let mut events = Vec::new();
        let take = |event: Event| {
            events.push(event.seq);
            Ok::<_, crate::journal::JournalError>(())
        };
        journal.reader().each(Seq(0), take).await.unwrap();
        assert_eq!(events, [Seq(1)]);
        journal.close().await;
        let copy = dir.path().join("journal.db.schema-1");
        assert_eq!(fs::read(&copy).unwrap(), before);
        assert_eq!(open::look(&path, &SealKey::new(KEY)).await.unwrap(), SCHEMA);
        assert_eq!(open::look(&copy, &SealKey::new(KEY)).await.unwrap(), 1);
        assert!(!dir.path().join("journal.db.schema-1.part").exists());
    }

    #[tokio::test]
    async fn bad_input_without_a_copy_the_journal_is_not_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        old(&path).await;
        let before = fs::read(&path).unwrap();
        fs::create_dir(dir.path().join("journal.db.schema-1")).unwrap();
        let error = Journal::open(&path, &KEY).await.unwrap_err().to_string();
        assert!(error.contains("journal.db.schema-1"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}
