//! A line to a service: frames out, frames in.
//!
//! The two directions are separate objects, so that one loop may wait for a frame while it sends
//! another.

use crate::BoxFuture;
use bellhop_model::{
    frame::{ClientFrame, ServerFrame},
    view::LinkProblem,
};
use std::fmt;

/// The outgoing half of a line.
pub trait FrameSender: Send {
    /// Hands the frame to the network. A problem means that the line is over.
    fn send(&mut self, frame: ClientFrame) -> BoxFuture<'_, Result<(), LinkProblem>>;
}

/// The incoming half of a line.
pub trait FrameReceiver: Send {
    /// The next frame; [`ServerFrame::Unknown`] for anything that shows life and says nothing.
    /// Dropping the future loses no frame. A problem means that the line is over.
    fn recv(&mut self) -> BoxFuture<'_, Result<ServerFrame, LinkProblem>>;
}

/// An open line to a service.
pub struct Line {
    sender: Box<dyn FrameSender>,
    receiver: Box<dyn FrameReceiver>,
}

impl Line {
    pub fn new(sender: Box<dyn FrameSender>, receiver: Box<dyn FrameReceiver>) -> Self {
        Self { sender, receiver }
    }

    /// See [`FrameSender::send`].
    pub async fn send(&mut self, frame: ClientFrame) -> Result<(), LinkProblem> {
        self.sender.send(frame).await
    }

    /// See [`FrameReceiver::recv`].
    pub async fn recv(&mut self) -> Result<ServerFrame, LinkProblem> {
        self.receiver.recv().await
    }

    /// Both halves, for one task each.
    pub fn split(self) -> (Box<dyn FrameSender>, Box<dyn FrameReceiver>) {
        (self.sender, self.receiver)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}
