//! Reading the journal: the fold at the start, pages for sockets that catch up, tokens.

use super::{JournalError, open, snapshot, snapshot::Kept, token_hash};
use bellhop_model::{AgentId, Event, Fact, Seq, Timestamp};
use bellhop_sealed::{Readers, SealKey};
use futures_util::TryStreamExt as _;
use sqlx::{Row, sqlite::SqliteRow};
use std::{path::Path, sync::Arc};

/// Readers at work at once. A page takes milliseconds.
const READERS: u32 = 4;

/// An event as it lies in the journal: its fact still JSON.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) fact: String,
}

/// A reading end. It sees what is committed.
#[derive(Debug, Clone)]
pub(crate) struct JournalReader {
    readers: Arc<Readers>,
}

impl JournalReader {
    pub(super) async fn open(path: &Path, key: &SealKey) -> Result<Self, open::OpenError> {
        let readers = Readers::open(open::options(path, key), READERS).await;
        let readers = readers.map_err(|error| open::classify(path, error))?;
        Ok(Self { readers: Arc::new(readers) })
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
    /// The journal cannot be read.
    pub(crate) async fn snapshot(&self) -> Result<Kept, JournalError> {
        let mut reader = self.readers.take().await?;
        let kept = snapshot::read(&mut reader.connection).await?;
        self.readers.give_back(reader);
        Ok(kept)
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn agent_of_token(
        &self,
        token: &str,
    ) -> Result<Option<AgentId>, JournalError> {
        let mut reader = self.readers.take().await?;
        let row = sqlx::query("SELECT agent_id FROM token WHERE hash = ?")
            .bind(token_hash(token))
            .fetch_optional(&mut *reader.connection)
            .await?;
        self.readers.give_back(reader);
        let id = row.map(|row| row.try_get::<i64, _>(0)).transpose()?;
        Ok(id.map(|id| AgentId(id.cast_unsigned())))
    }

    /// A reading end without a writing one: nothing in the file is changed.
    ///
    /// # Errors
    /// See [`open::OpenError`].
    pub(crate) async fn alone(path: &Path, key: &SealKey) -> Result<Self, open::OpenError> {
        open::look(path, key).await?;
        Self::open(path, key).await
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
