//! Connections that read, a few of them, shared.
//!
//! They see a whole state of the file and never hold its writer up. Invariant: a connection that
//! met an error, or whose reading was broken off, is not used again.

use crate::held::Held;
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A few connections that read one file.
pub struct Readers {
    options: SqliteConnectOptions,
    at_once: u32,
    turns: Semaphore,
    idle: Mutex<Vec<Held>>,
}

/// A reader in use.
#[derive(Debug)]
pub struct Reader<'a> {
    pub connection: Held,
    _turn: SemaphorePermit<'a>,
}

impl Readers {
    /// At most `at_once` of them. Opens the first, which shows that reading works.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub async fn open(options: SqliteConnectOptions, at_once: u32) -> Result<Self, sqlx::Error> {
        let options = options.read_only(true).pragma("query_only", "ON");
        let first = crate::connect(&options, "").await?;
        let turns = Semaphore::new(at_once as usize);
        Ok(Self { options, at_once, turns, idle: Mutex::new(vec![first]) })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolClosed`] after [`Readers::close`]; else the file cannot be opened.
    pub async fn take(&self) -> Result<Reader<'_>, sqlx::Error> {
        let turn = self.turns.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => crate::connect(&self.options, "").await?,
        };
        Ok(Reader { connection, _turn: turn })
    }

    /// Keeps a reader that did its work for the next one.
    pub fn give_back(&self, reader: Reader<'_>) {
        self.idle().push(reader.connection);
    }

    /// Waits for those at work and closes all.
    pub async fn close(&self) {
        // An error: they are closed already.
        let Ok(_all) = self.turns.acquire_many(self.at_once).await else { return };
        self.turns.close();
        let idle = std::mem::take(&mut *self.idle());
        for reader in idle {
            if let Err(error) = reader.close().await {
                tracing::debug!("a reader did not close cleanly: {error}");
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Held>> {
        // A panic while it was held left a whole list behind.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The options hold the key.
impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("at_once", &self.at_once).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SealKey, connect, options};

    #[tokio::test]
    async fn r8_readers_neither_write_nor_print_the_key_and_are_gone_when_closed() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(&dir.path().join("sealed.db"), &SealKey::new([0xAB; 32]));
        let mut file = connect(&options.clone().create_if_missing(true), "").await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (word TEXT)").execute(&mut *file).await.unwrap();
        let readers = Readers::open(options, 2).await.unwrap();
        assert!(!format!("{readers:?}").contains("abab"));
        let mut reader = readers.take().await.unwrap();
        let written = sqlx::query("INSERT INTO t VALUES ('x')").execute(&mut *reader.connection);
        assert!(written.await.is_err());
        readers.give_back(reader);
        readers.close().await;
        assert!(matches!(readers.take().await, Err(sqlx::Error::PoolClosed)));
    }
}
