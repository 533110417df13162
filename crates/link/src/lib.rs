//! How the desktop program reaches a chat service.
//!
//! A [`ChatService`] gives [`Line`]s; a line carries the frames of the agents' protocol and
//! nothing else. [`BellhopService`] is the connector for our own service; one for another
//! vendor's would be another implementation of the trait.
//!
//! Invariant: whatever the other side sends ends as a frame or as a [`LinkProblem`] that says
//! what was wrong, in bounded memory and bounded time; nothing of an account is sent before the
//! other side has proved to be what the address says. When to connect, what to say and when a
//! silent line is dead is decided by the engine.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bellhop;
mod frames;
mod line;
mod tls;

pub use bellhop::{BellhopService, ServiceAddress};
pub use bellhop_model::view::LinkProblem;
pub use futures_util::future::BoxFuture;
pub use line::{FrameReceiver, FrameSender, Line};

/// A chat service that an agent can work with.
pub trait ChatService: Send + Sync {
    /// Opens a line, ready for the first frame. Ends within ten seconds or so, one way or the
    /// other; dropping the future gives the attempt up.
    fn connect(&self) -> BoxFuture<'_, Result<Line, LinkProblem>>;
}
