//! Storing, also while the cache cannot be written.
//!
//! Invariant: what is stored is always a state the account once had: ops are stored in their
//! order, and none is stored while an earlier one of the mirror is missing. What failed is kept
//! and goes first with the next try; when it grows too much the mirror on the disk stays at the
//! last cursor it has, and the next start catches up from there.

use bellhop_model::stored::StoreOp;
use bellhop_store::{Store, StoreError};

/// Ops kept for a later try.
const BACKLOG_OPS: usize = 50_000;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stored,
    /// Stored, and the first that could be after a failure.
    Recovered,
    Failed {
        detail: String,
    },
}

/// The way to the cache.
pub(crate) struct Persist {
    store: Store,
    backlog: Vec<StoreOp>,
    /// The backlog grew too much and its mirror ops were given up.
    mirror_is_behind: bool,
    failing: bool,
}

impl Persist {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, backlog: Vec::new(), mirror_is_behind: false, failing: false }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Stores these after everything that waits; with `keep` they wait too where that fails.
    pub(crate) async fn write(&mut self, ops: Vec<StoreOp>, keep: bool) -> Outcome {
        let mut batch = self.backlog.clone();
        batch.extend(self.wanted(ops.iter()));
        if batch.is_empty() {
            return Outcome::Stored;
        }
        match self.store.write(batch).await {
            Ok(()) => {
                self.backlog.clear();
                if std::mem::take(&mut self.failing) { Outcome::Recovered } else { Outcome::Stored }
            }
            Err(error) => {
                self.failing = true;
                if keep {
                    self.keep(ops);
                }
                Outcome::Failed { detail: error.to_string() }
            }
        }
    }

    /// Forgets what waits of the mirror, because the engine begins anew from what is stored.
    pub(crate) fn begin_anew(&mut self) {
        self.backlog.retain(|op| !is_mirror(op));
        self.mirror_is_behind = false;
    }

    /// Reads what is stored.
    pub(crate) async fn load(&self) -> Result<bellhop_model::stored::Stored, StoreError> {
        self.store.load().await
    }

    fn keep(&mut self, ops: Vec<StoreOp>) {
        let wanted: Vec<StoreOp> = self.wanted(ops.iter()).collect();
        self.backlog.extend(wanted);
        if self.backlog.len() > BACKLOG_OPS {
            tracing::error!("the cache cannot be written for too long; it stays as it is");
            self.mirror_is_behind = true;
            self.backlog.retain(|op| !is_mirror(op));
        }
    }

    fn wanted<'a>(&self, ops: impl Iterator<Item = &'a StoreOp>) -> impl Iterator<Item = StoreOp> {
        let behind = self.mirror_is_behind;
        ops.filter(move |op| !behind || !is_mirror(op)).cloned()
    }
}

/// It speaks of the agent's wishes: an ask that makes one is answered by whether it was stored.
pub(crate) fn is_wish(op: &StoreOp) -> bool {
    matches!(
        op,
        StoreOp::PutOutbox { .. }
            | StoreOp::DropOutbox { .. }
            | StoreOp::PutDraft { .. }
            | StoreOp::PutSettings { .. }
    )
}

/// It may be thrown away and fetched again (reliability.md 0.3).
fn is_mirror(op: &StoreOp) -> bool {
    match op {
        StoreOp::PutChat { .. }
        | StoreOp::AddLine { .. }
        | StoreOp::PutAgents { .. }
        | StoreOp::SetCursor { .. }
        | StoreOp::ClearMirror => true,
        StoreOp::SetWorkspace { .. }
        | StoreOp::SetMe { .. }
        | StoreOp::PutOutbox { .. }
        | StoreOp::DropOutbox { .. }
        | StoreOp::PutDraft { .. }
        | StoreOp::PutSettings { .. }
        | StoreOp::PutAlerted { .. } => false,
    }
}
