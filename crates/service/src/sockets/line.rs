//! One WebSocket line: JSON frames in and out, with their limits.
//!
//! Invariants: no frame above the limit is taken into memory; one write never blocks longer than
//! the write timeout; a line that the service ends says why, in a frame the other end can still
//! read although it may be in the middle of sending.

use super::upgrade::Io;
use crate::{bucket::Bucket, clock::Clock, config::Tuning};
use bellhop_model::{Timestamp, frame::Rejection, json, limits};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::{Duration, Instant};
use tokio::{
    io::AsyncReadExt as _,
    time::{error::Elapsed, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::CapacityError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// What one line keeps for reading and for writing, in bytes. The library fills all of the first
/// with zeroes before it reads anything, so each byte of it is paid for by whoever is only there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffers {
    read: usize,
    /// Frames are gathered up to so much before they are written.
    write: usize,
}

/// Of agents there are few, and they are told much.
pub(crate) const OF_AN_AGENT: Buffers = Buffers { read: 8 * 1024, write: 64 * 1024 };
/// Visitors come by the ten thousand, and most say nothing. What is larger is read all the same.
pub(crate) const OF_A_VISITOR: Buffers = Buffers { read: 1024, write: 2 * 1024 };

/// How much is still read from a line that has ended, so that the reason arrives.
const DRAIN_BYTES: usize = 32 * 1024 * 1024;
/// How long, where the other end may be in the middle of a frame that was refused.
const DRAIN_REFUSED: Duration = Duration::from_secs(3);
/// How long otherwise.
const DRAIN: Duration = Duration::from_millis(300);

/// Why there is no next frame.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The other end is gone, or does not read.
    Gone,
    /// The service ends the line.
    Reject(Rejection),
}

impl Ended {
    pub(crate) fn bad_frame(detail: impl Into<String>) -> Self {
        Self::Reject(Rejection::BadFrame { detail: detail.into() })
    }
}

/// See the module.
pub(crate) struct Line {
    socket: WebSocketStream<Io>,
    write_timeout: Duration,
    inbound_bytes: usize,
    heard_at: Instant,
    /// Control frames that are still answered at once.
    control: Bucket,
    clock: Clock,
    /// Nothing is read before.
    pause: Option<tokio::time::Instant>,
    /// A write took too long: the other end does not read.
    stuck: bool,
}

impl Line {
    pub(crate) async fn new(io: Io, tuning: &Tuning, buffers: Buffers) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(buffers.read)
            .write_buffer_size(buffers.write)
            .max_message_size(Some(tuning.inbound_bytes))
            .max_frame_size(Some(tuning.inbound_bytes))
            .max_write_buffer_size(4 * limits::OUTBOUND_MESSAGE_BYTES);
        let mut clock = Clock::starting_at(Timestamp(0));
        Self {
            control: Bucket::new(tuning.visitor_frames, clock.now()),
            clock,
            pause: None,
            socket: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await,
            write_timeout: tuning.write_timeout,
            inbound_bytes: tuning.inbound_bytes,
            heard_at: Instant::now(),
            stuck: false,
        }
    }

    /// How long nothing was heard, not even a pong.
    pub(crate) fn silent_for(&self) -> Duration {
        self.heard_at.elapsed()
    }

    /// It ended because the other end does not read.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Nothing is read for so many milliseconds.
    pub(crate) fn pause_for(&mut self, wait: i64) {
        let wait = Duration::from_millis(wait.unsigned_abs());
        self.pause = Some(tokio::time::Instant::now() + wait);
    }

    /// The next text message. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Utf8Bytes, Ended> {
        loop {
            if let Some(until) = self.pause {
                sleep_until(until).await;
                self.pause = None;
            }
            let message = self.socket.next().await.ok_or(Ended::Gone)?;
            self.heard_at = Instant::now();
            match message {
                Ok(Message::Text(text)) => return Ok(text),
                Ok(Message::Binary(_)) => {
                    return Err(Ended::bad_frame("a binary message; frames are text"));
                }
                Ok(Message::Close(_)) => return Err(Ended::Gone),
                // As frames do: whoever sends too many is read more slowly.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                    if let Some(wait) = self.control.owe(self.clock.now(), 1.0) {
                        self.pause_for(wait);
                    }
                }
                Err(error) => return Err(self.explain(error)),
            }
        }
    }

    fn explain(&self, error: Error) -> Ended {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                Ended::Reject(Rejection::FrameTooLarge { limit: self.inbound_bytes })
            }
            Error::Utf8(_) => Ended::bad_frame("a text message is not valid UTF-8"),
            Error::Protocol(problem) if is_gone(&problem) => Ended::Gone,
            Error::Protocol(problem) => Ended::bad_frame(format!("not WebSocket: {problem}")),
            _ => Ended::Gone,
        }
    }

    /// Writes one frame.
    pub(crate) async fn send<F: Serialize>(&mut self, frame: &F) -> Result<(), Ended> {
        self.feed(text_of(frame)?).await?;
        self.flush().await
    }

    /// Writes one frame that is text already, without waiting for it to leave.
    pub(crate) async fn feed(&mut self, text: Utf8Bytes) -> Result<(), Ended> {
        let written = timeout(self.write_timeout, self.socket.feed(Message::Text(text))).await;
        self.left(written)
    }

    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        let flushed = timeout(self.write_timeout, self.socket.flush()).await;
        self.left(flushed)
    }

    /// Asks the other end's WebSocket for a sign of life.
    pub(crate) async fn ping(&mut self) -> Result<(), Ended> {
        let ping = Message::Ping(Vec::new().into());
        let sent = timeout(self.write_timeout, self.socket.send(ping)).await;
        self.left(sent)
    }

    /// Whether what was written left in time.
    fn left(&mut self, written: Result<Result<(), Error>, Elapsed>) -> Result<(), Ended> {
        self.stuck |= written.is_err();
        written.map_err(|_| Ended::Gone)?.map_err(|_| Ended::Gone)
    }

    /// Ends the line; where the service ends it, `reason` is the last frame.
    pub(crate) async fn end<F: Serialize>(mut self, reason: Option<(&F, CloseCode)>) {
        let Some((frame, code)) = reason else {
            let _ = timeout(self.write_timeout, self.socket.close(None)).await;
            return;
        };
        let close = CloseFrame { code, reason: Utf8Bytes::default() };
        if self.send(frame).await.is_err()
            || timeout(self.write_timeout, self.socket.send(Message::Close(Some(close))))
                .await
                .is_err()
        {
            return;
        }
        // Closing a connection that has unread bytes would throw away the reason on its way.
        let mut io = self.socket.into_inner();
        let drain = async {
            let mut scrap = vec![0; 64 * 1024];
            let mut drained = 0;
            while drained < DRAIN_BYTES {
                match io.read(&mut scrap).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => drained += read,
                }
            }
        };
        let refused = matches!(code, CloseCode::Size | CloseCode::Policy);
        let _ = timeout(if refused { DRAIN_REFUSED } else { DRAIN }, drain).await;
    }
}

fn is_gone(problem: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError as Problem;
    matches!(
        problem,
        Problem::ResetWithoutClosingHandshake
            | Problem::SendAfterClosing
            | Problem::ReceivedAfterClosing
    )
}

/// How the close code tells the reason to programs that do not read frames.
pub(crate) fn close_code(rejection: &Rejection) -> CloseCode {
    match rejection {
        Rejection::Stopping => CloseCode::Away,
        Rejection::FrameTooLarge { .. } => CloseCode::Size,
        Rejection::TooSlow
        | Rejection::TooFast { .. }
        | Rejection::RightsChanged
        | Rejection::StorageUnavailable => CloseCode::Again,
        Rejection::BadToken
        | Rejection::ProtocolUnknown { .. }
        | Rejection::BadFrame { .. }
        | Rejection::CursorAhead { .. }
        | Rejection::NotAvailable
        | Rejection::Unknown => CloseCode::Policy,
    }
}

pub(crate) fn text_of<F: Serialize>(frame: &F) -> Result<Utf8Bytes, Ended> {
    let text = serde_json::to_string(frame).map_err(|error| {
        tracing::error!(%error, "a frame has no JSON form");
        Ended::Gone
    })?;
    Ok(text.into())
}

/// Reads a frame. What is wrong is said without repeating what was sent.
pub(crate) fn parse<F: DeserializeOwned>(text: &str) -> Result<F, Ended> {
    json::read(text).map_err(Ended::bad_frame)
}

/// What every first frame has, whatever the protocol's version.
#[derive(Deserialize)]
struct Opening {
    frame: String,
    protocol: Option<u32>,
}

/// The first frame is a hello of a version that is spoken here.
pub(crate) fn check_opening(text: &str, speaks: u32) -> Result<(), Ended> {
    let opening: Opening = parse(text)?;
    match (opening.frame.as_str(), opening.protocol) {
        ("hello", Some(asked)) if asked == speaks => Ok(()),
        ("hello", Some(asked)) => Err(Ended::Reject(Rejection::ProtocolUnknown { asked, speaks })),
        ("hello", None) => Err(Ended::bad_frame("the hello names no protocol")),
        _ => Err(Ended::bad_frame("the first frame must be hello")),
    }
}
