//! What the account keeps no longer is deleted, and the last traces of what was deleted are removed.
//!
//! Invariant: it is the deletion that an agent may wish, some at a time, so that nobody waits long for
//! it. The account decides; the history only says what has ended.

use super::{Hub, round::Round};
use crate::journal::{Place, Traces, record_of};
use bellhop_model::Timestamp;

/// Records that are looked at in one step, and milliseconds until the next: who works meanwhile does
/// not notice.
const AT_ONCE: u32 = 5;
const PAUSE_MS: i64 = 20;
/// Milliseconds between two looks, once everything is deleted that was to be.
const LOOK_MS: i64 = 10 * 60 * 1000;
/// Milliseconds until it is tried again to remove traces.
const RETRY_MS: i64 = 1000;
/// Milliseconds after which old answers and tokens are forgotten again.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When what is looked at next.
#[derive(Debug, Default)]
pub(super) struct Retention {
    look_at: Timestamp,
    /// How far this look has come.
    after: Option<Place>,
    traces_at: Timestamp,
    /// When answers and tokens are to be forgotten that nobody asks for; at the start they were.
    old_at: Option<Timestamp>,
}

impl Retention {
    /// Another time may be kept than before.
    pub(super) fn begin(&mut self) {
        (self.look_at, self.after) = (Timestamp(0), None);
    }
}

impl Hub {
    /// When there is something to do here.
    pub(super) fn retention_at(&self) -> Option<Timestamp> {
        let keeps = self.account.keeps_from(self.now).map(|_| self.retention.look_at);
        let traces = self.journal.has_traces().then_some(self.retention.traces_at);
        let next = keeps.into_iter().chain(traces).chain(self.retention.old_at).min();
        next.filter(|_| self.storage.is_fine())
    }

    /// Forgets what is old once a day.
    pub(super) async fn forget_what_is_old(&mut self) {
        let due = *self.retention.old_at.get_or_insert(self.now.plus(DAY_MS)) <= self.now;
        if !due || !self.storage.is_fine() {
            return;
        }
        self.retention.old_at = Some(self.now.plus(DAY_MS));
        if let Err(error) = self.journal.forget_what_is_old(self.now).await {
            self.storage_failed(&error);
        }
    }

    /// Deletes some of what is kept no longer.
    pub(super) async fn retention_step(&mut self, round: &mut Round) {
        let Some(limit) = self.account.keeps_from(self.now) else { return };
        if self.retention.look_at > self.now || !self.storage.is_fine() {
            return;
        }
        let reader = self.journal.reader();
        let ended = reader.ended_before(limit, self.retention.after, AT_ONCE).await;
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => return self.storage_failed(&error),
        };
        let all = ended.len() < AT_ONCE as usize;
        self.retention.after = ended.last().copied().filter(|_| !all);
        self.retention.look_at = self.now.plus(if all { LOOK_MS } else { PAUSE_MS });
        for place in ended {
            let (id, ended_at) = (record_of(place.row), Timestamp(place.ended_at));
            if let Some(fact) = self.account.expired(id, ended_at, self.now) {
                self.record(fact, round);
            }
        }
    }

    /// Removes what is left of what was deleted.
    pub(super) async fn traces_step(&mut self) {
        let due = self.retention.traces_at <= self.now;
        if !self.journal.has_traces() || !due || !self.storage.is_fine() {
            return;
        }
        self.retention.traces_at = self.now.plus(RETRY_MS);
        match self.journal.remove_traces().await {
            Ok(Traces::Gone) => tracing::debug!("nothing is left of what was deleted"),
            // One for all that a look deletes.
            Ok(Traces::InSnapshot) if self.retention.after.is_none() => self.snapshot_now(),
            Ok(Traces::InSnapshot | Traces::InLog) => {}
            Err(error) => self.storage_failed(&error),
        }
    }
}
