//! The moment, for the engine: this machine's wall clock, made to run evenly.
//!
//! Invariant: between two [`Clock::check`]s that find a jump, time only goes forward and as fast
//! as the monotonic clock, so that no timer of the engine stands still or fires at once because
//! somebody set the clock.

use bellhop_model::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the driver looks for a jump.
pub(crate) const CHECK_EVERY: Duration = Duration::from_secs(2);

/// Wall clock and monotonic clock further apart than this: the machine slept or the clock was set.
const JUMP: i64 = 5_000;

/// The driver was not run for so much longer than it asked for: the machine slept, on a system
/// whose monotonic clock counts sleep.
const GAP: Duration = Duration::from_secs(12);

#[derive(Debug)]
pub(crate) struct Clock {
    wall: Timestamp,
    monotonic: Instant,
    checked: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let monotonic = Instant::now();
        Self { wall: wall_now(), monotonic, checked: monotonic }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// Whether time jumped since the last check. From then on the clock goes by the new time.
    pub(crate) fn check(&mut self) -> bool {
        self.check_at(wall_now(), Instant::now())
    }

    /// How long to wait for `moment`.
    pub(crate) fn until(&self, moment: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(moment.since(self.now())).unwrap_or_default())
    }

    fn at(&self, instant: Instant) -> Timestamp {
        let passed = instant.saturating_duration_since(self.monotonic).as_millis();
        self.wall.plus(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    fn check_at(&mut self, wall: Timestamp, instant: Instant) -> bool {
        let gap = instant.saturating_duration_since(self.checked);
        let ahead = wall.0.saturating_sub(self.at(instant).0);
        self.checked = instant;
        let jumped = ahead.abs() > JUMP || gap > GAP;
        // A small step back is borne until the wall clock has caught up.
        if jumped || ahead > 0 {
            self.wall = wall;
            self.monotonic = instant;
        }
        jumped
    }
}

fn wall_now() -> Timestamp {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> (Clock, Instant) {
        let begin = Instant::now();
        (Clock { wall: Timestamp(1_000_000), monotonic: begin, checked: begin }, begin)
    }

    #[test]
    fn i3_a_wall_clock_that_ran_on_without_us_is_sleep() {
        let (mut clock, begin) = clock();
        let later = begin + Duration::from_secs(2);
        assert!(!clock.check_at(Timestamp(1_002_000), later));
        assert!(clock.check_at(Timestamp(1_604_000), later + Duration::from_secs(2)));
        assert_eq!(clock.at(later + Duration::from_secs(3)), Timestamp(1_605_000));
    }

    #[test]
    fn i3_a_check_that_comes_much_too_late_is_sleep() {
        let (mut clock, begin) = clock();
        assert!(clock.check_at(Timestamp(1_061_000), begin + Duration::from_secs(61)));
    }

    #[test]
    fn i2_a_clock_set_back_by_days_is_a_jump_and_not_a_standstill() {
        let (mut clock, begin) = clock();
        let later = begin + Duration::from_secs(2);
        assert!(clock.check_at(Timestamp(-258_000_000), later));
        assert_eq!(clock.at(later + Duration::from_secs(1)), Timestamp(-257_999_000));
    }

    #[test]
    fn i2_a_small_step_back_lets_no_time_go_backwards() {
        let (mut clock, begin) = clock();
        let later = begin + Duration::from_secs(2);
        assert!(!clock.check_at(Timestamp(1_001_000), later));
        assert_eq!(clock.at(later), Timestamp(1_002_000));
    }
}
