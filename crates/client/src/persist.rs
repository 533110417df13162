//! Storing, also while the cache cannot be written.
//!
//! Invariant: what is stored is always a state the account once had: ops are stored in their
//! order, and none is stored while an earlier one of the mirror is missing. What failed is kept
//! and goes first with the next try; when it grows too much the mirror on the disk stays at the
//! last cursor it has, and the next start catches up from there.

use bellhop_model::stored::StoreOp;
use bellhop_store::{Store, StoreError};
use std::time::Duration;
use tokio::time::Instant;

/// Ops kept for a later try.
const BACKLOG_OPS: usize = 50_000;
/// Between two tries that nobody waits for.
const RETRY: Duration = Duration::from_secs(2);

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
    /// The last failure, and when to try again.
    failed: Option<(String, Instant)>,
}

impl Persist {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, backlog: Vec::new(), mirror_is_behind: false, failed: None }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Stores these after everything that waits; with `keep` they wait too where that fails.
    pub(crate) async fn write(&mut self, ops: Vec<StoreOp>, keep: bool) -> Outcome {
        if let Some((detail, _)) =
            self.failed.as_ref().filter(|(_, again)| keep && Instant::now() < *again)
        {
            let detail = detail.clone();
            self.keep(ops);
            return Outcome::Failed { detail };
        }
        let mut batch = self.backlog.clone();
        batch.extend(self.wanted(&ops));
        if batch.is_empty() {
            return Outcome::Stored;
        }
        match self.store.write(batch).await {
            Ok(()) => {
                self.backlog.clear();
                if self.failed.take().is_some() { Outcome::Recovered } else { Outcome::Stored }
            }
            Err(error) => {
                let detail = error.to_string();
                self.failed = Some((detail.clone(), Instant::now() + RETRY));
                if keep {
                    self.keep(ops);
                }
                Outcome::Failed { detail }
            }
        }
    }

    /// Tries to store what waits.
    pub(crate) async fn retry(&mut self) -> Outcome {
        if self.failed.is_none() { Outcome::Stored } else { self.write(Vec::new(), true).await }
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
        let wanted = self.wanted(&ops);
        self.backlog.extend(wanted);
        if self.backlog.len() > BACKLOG_OPS {
            tracing::error!("the cache cannot be written for too long; it stays as it is");
            self.mirror_is_behind = true;
            self.backlog.retain(|op| !is_mirror(op));
        }
    }

    fn wanted(&self, ops: &[StoreOp]) -> Vec<StoreOp> {
        let fits = |op: &&StoreOp| !self.mirror_is_behind || !is_mirror(op);
        ops.iter().filter(fits).cloned().collect()
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
        | StoreOp::PutContact { .. }
        | StoreOp::PutAgents { .. }
        | StoreOp::SetCursor { .. }
        | StoreOp::SetAsOf { .. }
        | StoreOp::SetUnknownTo { .. }
        | StoreOp::DeleteChat { .. }
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

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::{ChatId, Seq};
    use bellhop_store::SealKey;

    /// A way to a cache that cannot be written.
    async fn broken() -> (Persist, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &SealKey::new([1; 32])).await.unwrap().store;
        store.close().await;
        (Persist::new(store), dir)
    }

    fn cursor(seq: u64) -> StoreOp {
        StoreOp::SetCursor { seq: Seq(seq) }
    }

    fn draft(text: &str) -> StoreOp {
        StoreOp::PutDraft { chat_id: ChatId(1), text: text.into() }
    }

    #[tokio::test]
    async fn r9_what_failed_waits_in_its_order_and_a_wish_does_not() {
        let (mut persist, _dir) = broken().await;
        for (op, keep) in [(cursor(1), true), (draft("x"), false), (cursor(2), true)] {
            assert!(matches!(persist.write(vec![op], keep).await, Outcome::Failed { .. }));
        }
        assert_eq!(persist.backlog, [cursor(1), cursor(2)]);
        assert!(matches!(persist.retry().await, Outcome::Failed { .. }));
        assert_eq!(persist.backlog.len(), 2);
    }

    #[tokio::test]
    async fn r9_a_backlog_that_grows_too_much_leaves_the_mirror_where_it_is() {
        let (mut persist, _dir) = broken().await;
        persist.write(vec![draft("kept")], true).await;
        persist.write(vec![cursor(1); BACKLOG_OPS], true).await;
        assert_eq!(persist.backlog, [draft("kept")]);
        persist.write(vec![cursor(2), draft("too")], true).await;
        assert_eq!(persist.backlog, [draft("kept"), draft("too")]);
        persist.begin_anew();
        persist.write(vec![cursor(3)], true).await;
        assert_eq!(persist.backlog.last(), Some(&cursor(3)));
    }
}
