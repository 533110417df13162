//! The service's clock: the one place where the time of day is read.

use bellhop_model::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A clock that follows the system's and never goes back, so that the journal's moments are in
/// the order of its numbers.
#[derive(Debug)]
pub(crate) struct Clock {
    last: Timestamp,
    read_at: Instant,
}

impl Clock {
    /// `floor` is a moment the clock must not be before: that of the newest event.
    pub(crate) fn starting_at(floor: Timestamp) -> Self {
        Self { last: floor.max(system_now()), read_at: Instant::now() }
    }

    /// The moment now. Where the system's clock was set back, time goes on from where it was.
    pub(crate) fn now(&mut self) -> Timestamp {
        let passed = i64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = system_now().max(self.last.plus(passed));
        if now > self.last {
            self.last = now;
            self.read_at = Instant::now();
        }
        now
    }
}

fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A duration in the unit of [`Timestamp`].
pub(crate) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
