//! When the storage fails: nothing is decided, everything stored is still read, and every second
//! it is tried again.

use super::Hub;
use crate::{fold, journal::JournalError};
use bellhop_model::{Timestamp, frame::Rejection};

/// Milliseconds between two tries.
const RETRY_MS: i64 = 1000;

/// How the storage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Fine,
    Failing {
        retry_at: Timestamp,
        /// The account may hold what was never stored.
        stale: bool,
    },
}

impl Storage {
    pub(super) fn is_fine(self) -> bool {
        self == Self::Fine
    }

    pub(super) fn is_stale(self) -> bool {
        matches!(self, Self::Failing { stale: true, .. })
    }

    pub(super) fn retry_at(self) -> Option<Timestamp> {
        match self {
            Self::Fine => None,
            Self::Failing { retry_at, .. } => Some(retry_at),
        }
    }
}

impl Hub {
    /// Notes a failure; what is asked from now on is refused until a try succeeds.
    pub(super) fn storage_failed(&mut self, error: &JournalError) {
        if self.storage.is_fine() {
            tracing::error!(%error, "the journal cannot be used; trying again every second");
        }
        self.metrics.storage(false);
        let stale = self.storage.is_stale();
        self.storage = Storage::Failing { retry_at: self.now.plus(RETRY_MS), stale };
    }

    /// After a commit that failed: the account goes back to what is stored. What the failed commit
    /// did store after all, nobody was told of; then every line ends and resumes by its cursor.
    pub(super) async fn fold_anew(&mut self) {
        let rules = self.account.rules().clone();
        let loaded = fold::load(&self.journal.reader(), rules).await;
        let stale = match loaded {
            Ok(fold::Folded { mut account, .. }) => {
                account.sessions_from(&self.account);
                self.account = account;
                self.live.forget_whole();
                if self.account.head() != self.published {
                    self.published = self.account.head();
                    self.show_pictures();
                    self.cut_everybody(&Rejection::StorageUnavailable);
                }
                false
            }
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read");
                true
            }
        };
        if let Storage::Failing { retry_at, .. } = self.storage {
            self.storage = Storage::Failing { retry_at, stale };
        }
    }

    /// Tries again where it is time to.
    pub(super) async fn storage_step(&mut self) {
        let Storage::Failing { retry_at, .. } = self.storage else { return };
        if retry_at > self.now {
            return;
        }
        if let Err(error) = self.journal.recover(self.now).await {
            tracing::debug!(%error, "the journal still cannot be used");
            return self.storage_failed(&error);
        }
        if self.storage.is_stale() {
            self.fold_anew().await;
        }
        if self.storage.is_stale() {
            self.storage = Storage::Failing { retry_at: self.now.plus(RETRY_MS), stale: true };
        } else {
            self.storage = Storage::Fine;
            self.metrics.storage(true);
            tracing::info!("the journal can be used again");
        }
    }
}
