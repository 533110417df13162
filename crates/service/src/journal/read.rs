//! Reading the journal: the fold at the start, pages for sockets that catch up, tokens.

use super::{JournalError, key::Hex, open, token_hash};
use bellhop_model::{AgentId, Event, Fact, Seq, Timestamp};
use futures_util::TryStreamExt as _;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqlitePoolOptions, SqliteRow},
};
use std::{path::Path, time::Duration};

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
    pool: SqlitePool,
}

impl JournalReader {
    pub(super) async fn open(path: &Path, key: &Hex) -> Result<Self, open::OpenError> {
        let options = open::options(path, key).read_only(true).pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(10))
            .idle_timeout(Duration::from_mins(1))
            .connect_with(options)
            .await
            .map_err(|error| open::classify(path, error))?;
        Ok(Self { pool })
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
        let rows = sqlx::query(
            "SELECT seq, at, fact FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        )
        .bind(after.0.cast_signed())
        .bind(up_to.0.cast_signed())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
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
        let query = sqlx::query("SELECT seq, at, fact FROM event ORDER BY seq");
        let mut rows = query.fetch(&self.pool);
        while let Some(row) = rows.try_next().await.map_err(JournalError::from)? {
            let StoredEvent { seq, at, fact } = stored(&row).map_err(JournalError::from)?;
            let fact: Fact = serde_json::from_str(&fact).map_err(JournalError::from)?;
            take(Event { seq, at, fact })?;
        }
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
        let row = sqlx::query("SELECT agent_id FROM token WHERE hash = ?")
            .bind(token_hash(token))
            .fetch_optional(&self.pool)
            .await?;
        let id = row.map(|row| row.try_get::<i64, _>(0)).transpose()?;
        Ok(id.map(|id| AgentId(id.cast_unsigned())))
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

fn stored(row: &SqliteRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        seq: Seq(row.try_get::<i64, _>(0)?.cast_unsigned()),
        at: Timestamp(row.try_get(1)?),
        fact: row.try_get(2)?,
    })
}
