//! Reading the journal: the fold at the start, pages for sockets that catch up, tokens.

use super::{JournalError, Kept, Print, Snapshot, open, schema, snapshot::SnapshotFile};
use bellhop_model::{AgentId, Event, Fact, Seq, Timestamp};
use bellhop_sealed::{Readers, SealKey};
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::{Row, sqlite::SqliteRow};
use std::{collections::HashMap, io, path::Path, sync::Arc};
use tokio::task::spawn_blocking;

/// Readers at work at once. A page takes milliseconds.
const READERS: u32 = 4;

/// An event as it lies in the journal: its fact still JSON.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) fact: String,
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) agent: AgentId,
    /// The token's hash.
    pub(crate) token: Arc<[u8]>,
    /// `None`: never.
    pub(crate) expires_at: Option<Timestamp>,
}

/// A reading end. It sees what is committed.
#[derive(Debug, Clone)]
pub(crate) struct JournalReader {
    pub(super) readers: Arc<Readers>,
    pub(super) snapshots: SnapshotFile,
}

impl JournalReader {
    pub(super) async fn open(path: &Path, key: &SealKey) -> Result<Self, open::OpenError> {
        let readers = Readers::open(open::options(path, key), READERS).await;
        let readers = readers.map_err(|error| open::classify(path, error))?;
        let snapshots = SnapshotFile::beside(path, key);
        Ok(Self { readers: Arc::new(readers), snapshots })
    }

    /// At most `limit` events after `after`, in order.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn page(
        &self,
        after: Seq,
        up_to: Seq,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows = sqlx::query(
            "SELECT seq, at, fact FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        )
        .bind(after.0.cast_signed())
        .bind(up_to.0.cast_signed())
        .bind(limit)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        rows.iter().map(|row| stored(row).map_err(JournalError::from)).collect()
    }

    /// Gives every event after `after`, in order, to `take`, until it fails.
    ///
    /// # Errors
    /// The journal cannot be read, or `take` failed.
    pub(crate) async fn each<E: From<JournalError>>(
        &self,
        after: Seq,
        mut take: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = self.readers.take().await.map_err(JournalError::from)?;
        let query = sqlx::query("SELECT seq, at, fact FROM event WHERE seq > ? ORDER BY seq");
        let query = query.bind(after.0.cast_signed());
        let mut rows = query.fetch(&mut *reader.connection);
        while let Some(row) = rows.try_next().await.map_err(JournalError::from)? {
            let StoredEvent { seq, at, fact } = stored(&row).map_err(JournalError::from)?;
            let fact: Fact = serde_json::from_str(&fact).map_err(JournalError::from)?;
            take(Event { seq, at, fact })?;
        }
        drop(rows);
        self.readers.give_back(reader);
        Ok(())
    }

    /// The number of the newest event; 0 where there is none.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn head(&self) -> Result<Seq, JournalError> {
        let mut reader = self.readers.take().await?;
        let query = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM event");
        let head: i64 = query.fetch_one(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        Ok(Seq(head.cast_unsigned()))
    }

    /// The snapshot, as it lies there.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub(crate) async fn snapshot(&self) -> io::Result<Kept> {
        let snapshots = self.snapshots.clone();
        spawn_blocking(move || snapshots.read()).await?
    }

    /// The last event that is folded in the snapshot, without reading all of it; 0 where that cannot
    /// be told.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub(super) async fn snapshot_seq(&self) -> io::Result<Option<Seq>> {
        let snapshots = self.snapshots.clone();
        spawn_blocking(move || snapshots.seq()).await?
    }

    /// Keeps a snapshot in the place of the one before.
    ///
    /// # Errors
    /// It cannot be written; the one before is still there then.
    pub(crate) async fn keep_snapshot(&self, made: Snapshot) -> io::Result<()> {
        let snapshots = self.snapshots.clone();
        spawn_blocking(move || snapshots.put(&made)).await?
    }

    /// Tells an event from one that has its number in another journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn print_of(&self, seq: Seq) -> Result<Option<Print>, JournalError> {
        let before = Seq(seq.0.saturating_sub(1));
        let event = self.page(before, seq, 1).await?.pop();
        Ok(event.map(|event| {
            let mut print = Sha256::new();
            print.update(event.at.0.to_be_bytes());
            print.update(event.fact);
            print.finalize().into()
        }))
    }

    /// Whose token it is, by its hash, whether it has expired or not.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn bearer(&self, hash: &[u8]) -> Result<Option<Bearer>, JournalError> {
        let mut reader = self.readers.take().await?;
        let row: Option<(i64, Option<i64>)> =
            sqlx::query_as("SELECT agent_id, expires_at FROM token WHERE hash = ?")
                .bind(hash)
                .fetch_optional(&mut *reader.connection)
                .await?;
        self.readers.give_back(reader);
        Ok(row.map(|(agent, expires_at)| Bearer {
            agent: AgentId(agent.cast_unsigned()),
            token: hash.into(),
            expires_at: expires_at.map(Timestamp),
        }))
    }

    /// The hash of an agent's password, where she has one.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn password_of(&self, agent: AgentId) -> Result<Option<String>, JournalError> {
        let mut reader = self.readers.take().await?;
        let hash = sqlx::query_scalar("SELECT hash FROM password WHERE agent_id = ?")
            .bind(agent.0.cast_signed())
            .fetch_optional(&mut *reader.connection)
            .await?;
        self.readers.give_back(reader);
        Ok(hash)
    }

    /// How many tokens each agent has that have not expired, and whether she has a password.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn ways_in(
        &self,
        now: Timestamp,
    ) -> Result<HashMap<AgentId, (u64, bool)>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT agent_id, sum(token), sum(password) FROM (
                 SELECT agent_id, 1 AS token, 0 AS password FROM token
                     WHERE expires_at IS NULL OR expires_at > ?
                 UNION ALL SELECT agent_id, 0, 1 FROM password
             ) GROUP BY agent_id",
        )
        .bind(now.0)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        let ways = rows.into_iter().map(|(agent, tokens, passwords)| {
            (AgentId(agent.cast_unsigned()), (tokens.cast_unsigned(), passwords > 0))
        });
        Ok(ways.collect())
    }

    /// A reading end without a writing one: nothing in the file is changed.
    ///
    /// # Errors
    /// See [`open::OpenError`].
    pub(crate) async fn alone(path: &Path, key: &SealKey) -> Result<Self, open::OpenError> {
        open::look(path, key).await?;
        Self::open(path, key).await
    }

    /// Its tables are those of this version.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn is_of_this_schema(&self) -> Result<bool, JournalError> {
        let mut reader = self.readers.take().await?;
        let found: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        Ok(found == schema::SCHEMA)
    }

    /// What SQLite and SQLCipher say about the file, page by page; empty where all is well.
    ///
    /// # Errors
    /// The checks could not be carried out.
    pub(crate) async fn integrity(&self) -> Result<Vec<String>, JournalError> {
        let mut reader = self.readers.take().await?;
        let mut found = Vec::new();
        for check in ["PRAGMA cipher_integrity_check", "PRAGMA integrity_check"] {
            let told: Vec<String> =
                sqlx::query_scalar(check).fetch_all(&mut *reader.connection).await?;
            found.extend(told.into_iter().filter(|line| line != "ok"));
        }
        self.readers.give_back(reader);
        Ok(found)
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
    }
}

fn stored(row: &SqliteRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        seq: Seq(row.try_get::<i64, _>(0)?.cast_unsigned()),
        at: Timestamp(row.try_get(1)?),
        fact: row.try_get(2)?,
    })
}
