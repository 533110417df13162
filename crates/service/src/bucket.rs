//! A token bucket: so many at once, and so many more in a second.

use crate::config::Rate;
use bellhop_model::Timestamp;

/// See the module. Time comes from the caller.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    burst: f64,
    per_second: f64,
    left: f64,
    filled_at: Timestamp,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate, now: Timestamp) -> Self {
        let Rate { at_once, per_second } = rate;
        Self { burst: at_once, per_second, left: at_once, filled_at: now }
    }

    /// Takes one, or says in how many milliseconds there is one.
    pub(crate) fn take(&mut self, now: Timestamp) -> Result<(), i64> {
        self.fill(now);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.left) / self.per_second * 1000.0).ceil() as i64)
    }

    /// Takes so many that may not be there yet, and says in how many milliseconds they are. So many
    /// who share a bucket wait one behind the other.
    pub(crate) fn owe(&mut self, now: Timestamp, many: f64) -> Option<i64> {
        self.fill(now);
        self.left -= many;
        (self.left < 0.0).then(|| (-self.left / self.per_second * 1000.0).ceil() as i64)
    }

    fn fill(&mut self, now: Timestamp) {
        let passed = now.since(self.filled_at) as f64 / 1000.0;
        self.left = (self.left + passed * self.per_second).min(self.burst);
        self.filled_at = now;
    }

    /// Nothing was taken lately.
    pub(crate) fn is_full(&self, now: Timestamp) -> bool {
        let passed = now.since(self.filled_at) as f64 / 1000.0;
        self.left + passed * self.per_second >= self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_so_many_in_a_second() {
        let at = |ms| Timestamp(ms);
        let mut bucket = Bucket::new(Rate { at_once: 2.0, per_second: 10.0 }, at(0));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Err(100));
        assert_eq!(bucket.take(at(100)), Ok(()));
        assert_eq!(bucket.take(at(150)), Err(50));
    }
}
