//! A connection that is closed before it is forgotten.
//!
//! The driver closes a dropped connection in the background. SQLCipher clears up when the process
//! exits, and a close that is still under way then ends in a segmentation fault (seen at 1 of 100
//! exits under load). Invariant: when a [`Held`] is gone, its file is closed, whether it was
//! closed by [`Held::close`], dropped by an error, or dropped with its runtime.

use sqlx::{Connection, SqliteConnection};
use std::{
    ops::{Deref, DerefMut},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// How long a drop may wait. Closing takes milliseconds, unless a long statement is under way.
const TO_CLOSE: Duration = Duration::from_secs(5);

/// One connection; `None` only while it is being closed.
#[derive(Debug)]
pub struct Held(Option<SqliteConnection>);

impl Held {
    pub(crate) fn new(connection: SqliteConnection) -> Self {
        Self(Some(connection))
    }

    /// Closes it without blocking the thread.
    ///
    /// # Errors
    /// SQLite could not close it cleanly; it is gone all the same.
    pub async fn close(mut self) -> Result<(), sqlx::Error> {
        match self.0.take() {
            Some(connection) => ToTheEnd::of(connection.close()).await,
            None => Ok(()),
        }
    }
}

impl Deref for Held {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.0.as_ref().expect("taken only by what consumes it")
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.0.as_mut().expect("taken only by what consumes it")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else { return };
        match finish(connection.close(), TO_CLOSE) {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!("a connection did not close cleanly: {error}"),
            None => tracing::warn!("a connection did not close within {TO_CLOSE:?}"),
        }
    }
}

/// A future that is run to its end where it is dropped before: one that opens or closes a
/// connection would go on in the background, and its runtime may be on its way out.
pub(crate) struct ToTheEnd<F: Future>(Option<Pin<Box<F>>>);

impl<F: Future> ToTheEnd<F> {
    pub(crate) fn of(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future> Future for ToTheEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let done = future.as_mut().poll(context);
        if done.is_ready() {
            self.0 = None;
        }
        done
    }
}

impl<F: Future> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        if let Some(future) = self.0.take()
            && finish(future, TO_CLOSE).is_none()
        {
            tracing::warn!("a connection did not open or close within {TO_CLOSE:?}");
        }
    }
}

/// Runs `future` on this thread; needs no runtime, which may be on its way out. `None` when it
/// took longer than `limit`.
fn finish<T>(future: impl Future<Output = T>, limit: Duration) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let end = Instant::now() + limit;
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        let left = end.checked_duration_since(Instant::now())?;
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_half_way_is_run_to_its_end() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (done, is_done) = std::sync::mpsc::channel();
        let mut half_way = ToTheEnd::of(async move {
            done.send(receiver.await).unwrap();
        });
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut half_way).poll(&mut context).is_pending());
        thread::spawn(move || sender.send(7));
        drop(half_way);
        assert_eq!(is_done.try_recv(), Ok(Ok(7)));
    }

    #[test]
    fn a_future_that_never_ends_is_given_up() {
        assert_eq!(finish(std::future::ready(7), Duration::ZERO), Some(7));
        assert_eq!(finish(std::future::pending::<()>(), Duration::from_millis(5)), None);
    }

    #[test]
    fn a_future_that_another_thread_completes_is_waited_for() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let other = thread::spawn(move || sender.send(7).unwrap());
        assert_eq!(finish(receiver, Duration::from_secs(10)), Some(Ok(7)));
        other.join().unwrap();
    }
}
