//! Announces each step and how long it took.
//!
//! Invariant: whatever takes time has its own line, before it begins and when it has ended, on
//! standard error (standard output belongs to what a task is asked for, such as `bench`'s lines).

use anyhow::Result;
use std::{
    io::Write as _,
    time::{Duration, Instant},
};

/// A step that prints nothing itself: one line, completed when it ends.
pub(crate) fn quiet<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprint!("  {what} … ");
    // A line that is not shown in time is only less pretty.
    let _ = std::io::stderr().flush();
    timed(work, |ending| eprintln!("{ending}"))
}

/// A step whose tool prints its own progress: one line before it and one after.
pub(crate) fn loud<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("  {what} …");
    timed(work, |ending| eprintln!("  {what} … {ending}"))
}

/// Something worth knowing that took no time.
pub(crate) fn note(what: &str) {
    eprintln!("  {what}");
}

fn timed<T>(work: impl FnOnce() -> Result<T>, tell: impl FnOnce(String)) -> Result<T> {
    let began = Instant::now();
    let outcome = work();
    let took = spoken(began.elapsed());
    tell(if outcome.is_ok() { took } else { format!("failed after {took}") });
    outcome
}

/// A duration as a person reads it: tenths of a second under a minute, then minutes.
pub(crate) fn spoken(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = took.as_secs_f64().round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_durations() {
        assert_eq!(spoken(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(spoken(Duration::from_millis(59_960)), "1 min 0 s");
        assert_eq!(spoken(Duration::from_secs(125)), "2 min 5 s");
    }
}
