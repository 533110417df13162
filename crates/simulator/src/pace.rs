//! How fast script time passes.

use std::{future::pending, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Script time beside the clock's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    begun: Instant,
    factor: f64,
}

impl Pace {
    pub(crate) fn new(factor: f64) -> Self {
        Self { begun: Instant::now(), factor }
    }

    /// Script milliseconds since the beginning.
    pub(crate) fn now(&self) -> i64 {
        (self.begun.elapsed().as_secs_f64() * 1_000.0 * self.factor) as i64
    }

    pub(crate) fn real(&self, script_ms: i64) -> Duration {
        Duration::from_secs_f64(script_ms.max(0) as f64 / 1_000.0 / self.factor)
    }

    /// Waits until it is so late; for ever without a time.
    pub(crate) async fn until(&self, script_ms: Option<i64>) {
        match script_ms {
            // A little later than the exact moment, so that it has passed when it is looked at.
            Some(at) => sleep_until(self.begun + self.real(at) + Duration::from_millis(1)).await,
            None => pending().await,
        }
    }
}
