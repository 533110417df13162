//! Reading the journal: the fold at the start, pages for sockets that catch up, tokens.

use super::{JournalError, open, token_hash};
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

    /// Gives every event, in order, to `take`, until it fails.
    ///
    /// # Errors
    /// The journal cannot be read, or `take` failed.
    pub(crate) async fn each<E: From<JournalError>>(
        &self,
        mut take: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = self.readers.take().await.map_err(JournalError::from)?;
        let query = sqlx::query("SELECT seq, at, fact FROM event ORDER BY seq");
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

    pub(super) async fn close(&self) {
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
