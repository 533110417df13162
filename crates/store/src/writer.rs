//! The one task that writes.
//!
//! It owns the only connection that can write and makes every checkpoint with it, between two
//! transactions, so that a write and a checkpoint never run at once (reliability.md, top). Writes
//! that pile up while it works are put into one transaction: a sync costs the same for one and
//! for a hundred. Invariant: a write is acknowledged when its transaction is committed, and a
//! batch that cannot be stored fails alone.

use crate::{
    batch::{self, Batch},
    connect,
    error::StoreError,
    files, load,
};
use bellhop_model::stored::Stored;
use bellhop_sealed::{Held, Readers, SealKey};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait. A caller beyond that waits itself.
pub(crate) const QUEUE: usize = 256;
/// Ops in one transaction, beyond which the next batch waits for the next one.
const GROUP_OPS: usize = 20_000;
/// Bytes of a log after which it is brought into the file at once.
const LARGE_LOG: u64 = 16 * 1024 * 1024;
/// Silence after which logs are brought into their files.
const IDLE_AFTER: Duration = Duration::from_secs(3);

/// What the writer can be asked for.
#[derive(Debug)]
pub(crate) enum Job {
    Write { batch: Batch, done: oneshot::Sender<Result<(), StoreError>> },
    Load { done: oneshot::Sender<Result<Stored, StoreError>> },
    Close { done: oneshot::Sender<()> },
}

type Waiting = (Batch, oneshot::Sender<Result<(), StoreError>>);

/// The writer's state.
pub(crate) struct Writer {
    connection: Held,
    readers: Arc<Readers>,
    dir: PathBuf,
    key: SealKey,
    logs: [PathBuf; 2],
    /// Something was written since the last checkpoint.
    dirty: bool,
    /// Something was deleted for good, and stands in a log still.
    deleted: bool,
    /// A log that a reader kept from being emptied is tried again when it has grown by as much
    /// once more.
    large: u64,
}

impl Writer {
    pub(crate) fn new(dir: &Path, key: &SealKey, connection: Held, readers: Arc<Readers>) -> Self {
        let logs = [files::CACHE, files::OWN].map(|name| files::wal(&dir.join(name)));
        Self {
            connection,
            readers,
            dir: dir.to_owned(),
            key: key.clone(),
            logs,
            // A log may be left from a program that was killed.
            dirty: true,
            deleted: true,
            large: LARGE_LOG,
        }
    }

    /// Works until it is told to close, or nobody is left to ask.
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut closing = None;
        let mut next = None;
        while closing.is_none() {
            let job = match next.take() {
                Some(job) => job,
                None => match tokio::time::timeout(IDLE_AFTER, jobs.recv()).await {
                    Ok(Some(job)) => job,
                    Ok(None) => break,
                    Err(_) if self.dirty => {
                        let mode = if self.deleted { "TRUNCATE" } else { "PASSIVE" };
                        self.checkpoint(mode).await;
                        continue;
                    }
                    Err(_) => match jobs.recv().await {
                        Some(job) => job,
                        None => break,
                    },
                },
            };
            match job {
                Job::Write { batch, done } => {
                    next = self.write_group((batch, done), &mut jobs).await;
                }
                Job::Load { done } => {
                    let stored = load::everything(&mut self.connection).await;
                    self.recover(stored.as_ref().err()).await;
                    // A caller that went away needs no answer.
                    let _ = done.send(stored);
                }
                Job::Close { done } => closing = Some(done),
            }
        }
        // Those who asked later than `close` are told that it is closed: their senders drop.
        drop(jobs);
        // Readers first: the last checkpoint wants the files for itself.
        self.readers.close().await;
        self.checkpoint("TRUNCATE").await;
        if let Err(error) = self.connection.close().await {
            tracing::warn!("the cache did not close cleanly: {error}");
        }
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Commits `first` and the writes that wait behind it. Answers with the job after them.
    async fn write_group(&mut self, first: Waiting, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let mut ops = first.0.ops();
        let mut group = vec![first];
        let mut next = None;
        while ops < GROUP_OPS {
            match jobs.try_recv() {
                Ok(Job::Write { batch, done }) => {
                    ops += batch.ops();
                    group.push((batch, done));
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.dirty = true;
        self.deleted |= group.iter().any(|(batch, _)| batch.deletes());
        let together =
            batch::commit(&mut self.connection, group.iter().map(|(batch, _)| batch)).await;
        self.recover(together.as_ref().err()).await;
        if together.is_err() && group.len() > 1 {
            for (batch, done) in group {
                let alone = batch::commit(&mut self.connection, std::iter::once(&batch)).await;
                self.recover(alone.as_ref().err()).await;
                let _ = done.send(alone);
            }
        } else {
            for (_, done) in group {
                let _ = done.send(together.clone());
            }
        }
        self.checkpoint_if_large().await;
        next
    }

    async fn checkpoint_if_large(&mut self) {
        let longest = self.longest_log();
        if longest < self.large {
            return;
        }
        self.checkpoint("TRUNCATE").await;
        let left = self.longest_log();
        self.large = if left < LARGE_LOG { LARGE_LOG } else { left + LARGE_LOG };
    }

    fn longest_log(&self) -> u64 {
        self.logs.iter().map(|log| files::length(log).unwrap_or_default()).max().unwrap_or_default()
    }

    /// Brings the logs into their files. A checkpoint that fails loses nothing: the log stays.
    async fn checkpoint(&mut self, mode: &'static str) {
        let mut emptied = mode == "TRUNCATE";
        for file in ["main", "own"] {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {file}.wal_checkpoint({mode})"));
            let busy: Result<i64, _> =
                sqlx::query_scalar(sql).fetch_one(&mut *self.connection).await;
            if let Err(error) = &busy {
                tracing::warn!("a checkpoint of the cache ({file}) failed: {error}");
            }
            emptied &= matches!(busy, Ok(0));
        }
        self.dirty = false;
        self.deleted &= !emptied;
    }

    /// After an error that speaks of damage: a mark for the next start, and a new connection, so
    /// that what does not touch the bad page goes on working.
    async fn recover(&mut self, error: Option<&StoreError>) {
        if !note_damage(&self.dir, error) {
            return;
        }
        match connect::writer(&self.dir, &self.key).await {
            Ok(fresh) => {
                let spent = std::mem::replace(&mut self.connection, fresh);
                if let Err(error) = spent.close().await {
                    tracing::debug!("the spent connection did not close cleanly: {error}");
                }
            }
            Err(error) => tracing::error!("the cache cannot be opened again: {error}"),
        }
    }
}

/// Lets the next start examine the files in `dir` if `error` speaks of damage, and says whether it
/// does.
pub(crate) fn note_damage(dir: &Path, error: Option<&StoreError>) -> bool {
    let Some(error) = error.filter(|error| error.speaks_of_damage()) else { return false };
    tracing::error!("{error}");
    let suspect = dir.join(files::SUSPECT);
    if let Err(error) = std::fs::write(&suspect, b"examine\n") {
        tracing::error!("{} cannot be written: {error}", suspect.display());
    }
    true
}
