//! Snapshots of the folded state: when one is made, and that it is kept.
//!
//! Invariant: it is folded and written beside the hub, from what is stored, by a thread that gives way
//! to all others; nothing waits for it. A snapshot that fails costs nothing but a slower start, so it is tried again later and nobody is
//! told.

use super::Hub;
use crate::fold::{self, LoadError};
use bellhop_model::Seq;
use std::{
    thread,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};

/// After one was made none is begun for so many times as long as it took: however large an account is
/// and however much happens, making them takes a small part of the machine.
const REST_TIMES: u32 = 15;

/// How long the end of the service waits for its last snapshot.
const AT_THE_END: Duration = Duration::from_secs(5);

pub(super) type Made = Result<Option<Seq>, LoadError>;

/// See the module.
#[derive(Debug)]
pub(super) struct Snapshots {
    /// The newest event that needs no folding at the next start, or at which that was tried.
    last: Seq,
    /// Events between two snapshots.
    every: u64,
    making: Option<oneshot::Receiver<Made>>,
    began: Instant,
    /// No new one is begun before.
    rests_until: Instant,
}

impl Snapshots {
    pub(super) fn new(last: Seq, every: u64) -> Self {
        let now = Instant::now();
        let every = every.max(1);
        Self { last, every, making: None, began: now, rests_until: now }
    }

    /// Waits for the one that is being made; for ever where there is none. May be dropped.
    pub(super) async fn made(&mut self) -> Made {
        match &mut self.making {
            Some(making) => {
                let made = making.await;
                self.making = None;
                self.rests_until = Instant::now() + self.began.elapsed() * REST_TIMES;
                made?
            }
            None => std::future::pending().await,
        }
    }
}

/// Does it on a thread of its own.
fn aside(work: impl Future<Output = Made> + Send + 'static) -> oneshot::Receiver<Made> {
    let (done, made) = oneshot::channel();
    let runtime = Handle::current();
    let thread = thread::Builder::new().name("bellhop-snapshot".to_owned());
    let begun = thread.spawn(move || {
        give_way();
        // Nobody waits for it where the hub is gone.
        let _ = done.send(runtime.block_on(work));
    });
    if let Err(error) = begun {
        tracing::warn!(%error, "there is no thread for a snapshot");
    }
    made
}

/// On Linux, this thread alone runs when others do not; elsewhere it is one among them.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "a snapshot does not give way");
    }
}

impl Hub {
    /// Begins one where enough has happened since the last.
    pub(super) fn snapshot_step(&mut self) {
        let since = self.published.0.saturating_sub(self.snapshots.last.0);
        if since < self.snapshots.every
            || Instant::now() < self.snapshots.rests_until
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
        self.snapshots.began = Instant::now();
        let rules = self.account.rules().clone();
        let reader = self.journal.reader();
        self.snapshots.making = Some(aside(fold::snapshot(reader, rules)));
    }

    /// One was made and kept, or there was nothing to be kept.
    pub(super) fn snapshot_made(&mut self, made: Made) {
        match made {
            Ok(Some(seq)) => {
                self.snapshots.last = seq;
                tracing::debug!(%seq, "a snapshot was kept");
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no snapshot was kept"),
        }
    }

    /// The last one, so that the next start folds nothing.
    pub(super) async fn last_snapshot(&mut self) {
        if !self.storage.is_fine() {
            return;
        }
        let last = async {
            // Two at a time could be kept in the wrong order.
            if self.snapshots.making.is_some() {
                let made = self.snapshots.made().await;
                self.snapshot_made(made);
            }
            let rules = self.account.rules().clone();
            let made = aside(fold::snapshot(self.journal.reader(), rules)).await;
            self.snapshot_made(made.unwrap_or_else(|error| Err(error.into())));
        };
        if timeout(AT_THE_END, last).await.is_err() {
            tracing::info!("the last snapshot would have taken too long");
        }
    }
}
