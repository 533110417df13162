//! The connections that read the mirror.
//!
//! They see a whole state of it and never hold the writer up. Invariant: a connection that met
//! damage, or whose reading was broken off, is not used again.

use crate::{connect, error::StoreError, held::Held, key::StoreKey};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Readers at work at once: the history page and one transcript, and one to spare.
const READERS: u32 = 3;

#[derive(Debug)]
pub(crate) struct Readers {
    dir: PathBuf,
    key: StoreKey,
    turns: Semaphore,
    idle: Mutex<Vec<Held>>,
}

/// A reader in use.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) connection: Held,
    _turn: SemaphorePermit<'a>,
}

impl Readers {
    /// Opens the first, which shows that reading works.
    pub(crate) async fn open(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        let first = connect::to_read(dir, key).await?;
        Ok(Self {
            dir: dir.to_owned(),
            key: key.clone(),
            turns: Semaphore::new(READERS as usize),
            idle: Mutex::new(vec![first]),
        })
    }

    /// Waits for a turn.
    pub(crate) async fn take(&self) -> Result<Reader<'_>, StoreError> {
        let turn = self.turns.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect::to_read(&self.dir, &self.key).await?,
        };
        Ok(Reader { connection, _turn: turn })
    }

    /// Keeps a reader that did its work for the next one.
    pub(crate) fn give_back(&self, reader: Reader<'_>) {
        self.idle().push(reader.connection);
    }

    /// Waits for those at work and closes all.
    pub(crate) async fn close(&self) {
        // An error: they are closed already.
        let Ok(_all) = self.turns.acquire_many(READERS).await else { return };
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
