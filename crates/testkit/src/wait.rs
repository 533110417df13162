//! Waiting for the thing itself, never for a while.
//!
//! A probe either has what it looks for or says what it saw instead; the last thing seen is part
//! of the error, so that a failed test tells what was there.

use anyhow::{Result, bail};
use std::{
    fmt::Display,
    time::{Duration, Instant},
};

/// How long a thing may take on a machine that builds and tests on two cores at once.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// How often a probe looks.
const EVERY: Duration = Duration::from_millis(40);

/// What was seen instead of the thing waited for.
#[derive(Debug)]
pub struct NotYet(String);

impl NotYet {
    pub fn seen(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl<E: Display> From<E> for NotYet {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a probe says.
pub type Probe<T> = std::result::Result<T, NotYet>;

/// Looks until the probe has the thing, for at most [`PATIENCE`].
pub async fn wait_for<T>(what: &str, probe: impl AsyncFnMut() -> Probe<T>) -> Result<T> {
    wait_within(what, PATIENCE, probe).await
}

/// Looks until the probe has the thing.
///
/// # Errors
/// When `limit` is over: what was waited for, and what was seen last.
pub async fn wait_within<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Probe<T>,
) -> Result<T> {
    let begun = Instant::now();
    let mut last = String::from("nothing: the first look did not come back");
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        match tokio::time::timeout(left.max(EVERY), probe()).await {
            Ok(Ok(thing)) => return Ok(thing),
            Ok(Err(NotYet(seen))) => last = seen,
            Err(_) => {}
        }
        if begun.elapsed() >= limit {
            bail!("waited {} s for {what}; last seen: {last}", limit.as_secs());
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Shows that something stays as it is for `span`: for what must *not* happen, the one case where
/// time itself is what is waited for.
///
/// # Errors
/// What the probe saw when it no longer held.
pub async fn stays(
    what: &str,
    span: Duration,
    mut probe: impl AsyncFnMut() -> Probe<()>,
) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < span {
        if let Err(NotYet(seen)) = probe().await {
            bail!("{what} did not stay so; seen: {seen}");
        }
        tokio::time::sleep(EVERY).await;
    }
    Ok(())
}
