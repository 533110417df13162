//! Snapshots of the folded state: when one is made, and that it is kept.
//!
//! Invariant: it is folded beside the hub, from what is stored; the hub only writes the bytes. A
//! snapshot that fails costs nothing but a slower start, so it is tried again later and nobody is
//! told.

use super::Hub;
use crate::{
    fold::{self, LoadError},
    journal::Snapshot,
};
use bellhop_model::Seq;
use std::time::Duration;
use tokio::{task::JoinHandle, time::timeout};

/// Bytes of a snapshot for each event that it spares the next start: a large account is written
/// less often, so that what snapshots cost an event does not depend on its size.
const BYTES_AN_EVENT: usize = 1024;
/// However large an account is, a start folds no more events than so many times what is usual.
const MOST_TIMES: u64 = 10;

/// How long the end of the service waits for its last snapshot.
const AT_THE_END: Duration = Duration::from_secs(5);

pub(super) type Made = Result<Option<Snapshot>, LoadError>;

/// See the module.
#[derive(Debug)]
pub(super) struct Snapshots {
    /// The newest event that needs no folding at the next start, or at which that was tried.
    last: Seq,
    /// Events between two snapshots.
    every: u64,
    /// Bytes of the one that was kept last.
    bytes: usize,
    making: Option<JoinHandle<Made>>,
}

impl Snapshots {
    pub(super) fn new(last: Seq, every: u64) -> Self {
        Self { last, every: every.max(1), bytes: 0, making: None }
    }

    /// Events between the one that was kept last and the next.
    fn every(&self) -> u64 {
        let of_size = (self.bytes / BYTES_AN_EVENT) as u64;
        of_size.clamp(self.every, self.every.saturating_mul(MOST_TIMES))
    }

    /// Waits for the one that is being made; for ever where there is none. May be dropped.
    pub(super) async fn made(&mut self) -> Made {
        match &mut self.making {
            Some(making) => {
                let made = making.await;
                self.making = None;
                made?
            }
            None => std::future::pending().await,
        }
    }
}

impl Hub {
    /// Begins one where enough has happened since the last.
    pub(super) fn snapshot_step(&mut self) {
        let since = self.published.0.saturating_sub(self.snapshots.last.0);
        if since < self.snapshots.every()
            || self.snapshots.making.is_some()
            || !self.storage.is_fine()
        {
            return;
        }
        self.snapshot_now();
    }

    /// Begins one, where none is being made.
    pub(super) fn snapshot_now(&mut self) {
        if self.snapshots.making.is_some() {
            return;
        }
        self.snapshots.last = self.published;
        let rules = self.account.rules().clone();
        let reader = self.journal.reader();
        self.snapshots.making = Some(tokio::spawn(fold::snapshot(reader, rules)));
    }

    pub(super) async fn keep_snapshot(&mut self, made: Made) {
        let kept = match made {
            Ok(Some(made)) if self.storage.is_fine() => {
                let seq = made.seq;
                self.snapshots.bytes = made.state.len();
                self.journal.put_snapshot(&made).await.map(|()| seq).map_err(LoadError::from)
            }
            Ok(_) => return,
            Err(error) => Err(error),
        };
        match kept {
            Ok(seq) => {
                self.snapshots.last = seq;
                tracing::debug!(%seq, "a snapshot was kept");
            }
            Err(error) => tracing::warn!(%error, "no snapshot was kept"),
        }
    }

    /// The last one, so that the next start folds nothing.
    pub(super) async fn last_snapshot(&mut self) {
        if let Some(making) = self.snapshots.making.take() {
            making.abort();
        }
        if !self.storage.is_fine() {
            return;
        }
        let rules = self.account.rules().clone();
        match timeout(AT_THE_END, fold::snapshot(self.journal.reader(), rules)).await {
            Ok(made) => self.keep_snapshot(made).await,
            Err(_) => tracing::info!("the last snapshot would have taken too long"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_account_is_written_less_often_but_not_for_ever_less() {
        let every = |bytes| Snapshots { bytes, ..Snapshots::new(Seq(0), 20_000) }.every();
        assert_eq!(every(0), 20_000);
        assert_eq!(every(20_000 * BYTES_AN_EVENT), 20_000);
        assert_eq!(every(90_000 * BYTES_AN_EVENT), 90_000);
        assert_eq!(every(usize::MAX), 200_000);
    }
}
