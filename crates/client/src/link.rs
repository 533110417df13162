//! The line as the driver sees it: a task of its own that connects, reads and writes.
//!
//! Invariant: dropping a [`Link`] ends its task and everything it might still say is unheard, so
//! an old line never speaks into a new one. A full queue towards the service ends the line; a
//! full queue towards the driver makes the service wait.

use bellhop_link::ChatService;
use bellhop_model::{
    frame::{ClientFrame, ServerFrame},
    view::LinkProblem,
};
use std::sync::Arc;
use tokio::{sync::mpsc, task::JoinHandle};

/// Frames read ahead of the driver.
const INBOUND: usize = 512;
/// Frames not yet taken by the network. The engine waits for answers, so there are few.
const OUTBOUND: usize = 1_024;

/// What a line tells the driver.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    Connected,
    Frame(Box<ServerFrame>),
    Lost(LinkProblem),
}

/// A line that is opening or open.
#[derive(Debug)]
pub(crate) struct Link {
    events: mpsc::Receiver<LinkEvent>,
    /// Looked at and not taken yet.
    peeked: Option<LinkEvent>,
    outgoing: mpsc::Sender<ClientFrame>,
    task: JoinHandle<()>,
}

impl Link {
    pub(crate) fn open(service: Arc<dyn ChatService>) -> Self {
        let (tell, events) = mpsc::channel(INBOUND);
        let (outgoing, frames) = mpsc::channel(OUTBOUND);
        let task = tokio::spawn(async move {
            let problem = carry(service.as_ref(), &tell, frames).await;
            let _ = tell.send(LinkEvent::Lost(problem)).await;
        });
        Self { events, peeked: None, outgoing, task }
    }

    /// The next event; `Lost` is the last.
    pub(crate) async fn event(&mut self) -> LinkEvent {
        if let Some(event) = self.peeked.take() {
            return event;
        }
        self.events.recv().await.unwrap_or_else(|| LinkEvent::Lost(over()))
    }

    /// The next frame, where one has come already.
    pub(crate) fn ready_frame(&mut self) -> Option<Box<ServerFrame>> {
        if self.peeked.is_some() {
            return None;
        }
        match self.events.try_recv().ok()? {
            LinkEvent::Frame(frame) => Some(frame),
            other => {
                self.peeked = Some(other);
                None
            }
        }
    }

    /// Whether the frame was taken; `false` means that the line is as good as over.
    pub(crate) fn send(&self, frame: ClientFrame) -> bool {
        self.outgoing.try_send(frame).is_ok()
    }

    /// Lets the frames that were taken go out before the line is dropped.
    pub(crate) async fn finish(self) {
        let reserve = self.outgoing.reserve_many(OUTBOUND);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(500), reserve).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(
    service: &dyn ChatService,
    tell: &mpsc::Sender<LinkEvent>,
    mut frames: mpsc::Receiver<ClientFrame>,
) -> LinkProblem {
    let line = match service.connect().await {
        Ok(line) => line,
        Err(problem) => return problem,
    };
    if tell.send(LinkEvent::Connected).await.is_err() {
        return over();
    }
    let (mut sender, mut receiver) = line.split();
    let writing = async {
        while let Some(frame) = frames.recv().await {
            if let Err(problem) = sender.send(frame).await {
                return problem;
            }
        }
        over()
    };
    let reading = async {
        loop {
            match receiver.recv().await {
                Ok(frame) => {
                    if tell.send(LinkEvent::Frame(Box::new(frame))).await.is_err() {
                        return over();
                    }
                }
                Err(problem) => return problem,
            }
        }
    };
    tokio::select! {
        // What was read tells more about the end of a line than a write that failed.
        biased;
        problem = reading => problem,
        problem = writing => problem,
    }
}

fn over() -> LinkProblem {
    LinkProblem::Closed { detail: "the program let it go".to_owned() }
}
