//! One WebSocket of a scripted person: frames in and out, signs of life, and stalls.

use crate::plan::Place;
use bellhop_model::limits::{DEAD_AFTER_PING_MS, OUTBOUND_MESSAGE_BYTES, PING_AFTER_MS};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header::USER_AGENT},
        protocol::WebSocketConfig,
    },
};

const PING_AFTER: Duration = Duration::from_millis(PING_AFTER_MS as u64);
const DEAD_AFTER_PING: Duration = Duration::from_millis(DEAD_AFTER_PING_MS as u64);
/// The same on both sockets.
const PING: &str = r#"{"frame":"ping"}"#;

/// The line is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// What comes from a line.
#[derive(Debug)]
pub(crate) enum Heard<F> {
    Frame(F),
    /// What is no frame, and why.
    Unreadable(String),
    Gone,
}

/// An open line. Dropping it cuts it.
#[derive(Debug)]
pub(crate) struct Line {
    socket: WebSocketStream<TcpStream>,
    heard_at: Instant,
    pinged: bool,
    stalled_until: Option<Instant>,
}

impl Line {
    pub(crate) async fn open(place: &Place, path: &str, browser: &str) -> Result<Self, Gone> {
        let opening = async {
            let stream = TcpStream::connect(place.addr).await.ok()?;
            stream.set_nodelay(true).ok()?;
            let mut request = place.socket(path).into_client_request().ok()?;
            request.headers_mut().insert(USER_AGENT, HeaderValue::from_str(browser).ok()?);
            let config = WebSocketConfig::default().max_message_size(Some(OUTBOUND_MESSAGE_BYTES));
            let (socket, _) = client_async_with_config(request, stream, Some(config)).await.ok()?;
            Some(socket)
        };
        let socket = timeout(DEAD_AFTER_PING, opening).await.ok().flatten().ok_or(Gone)?;
        Ok(Self { socket, heard_at: Instant::now(), pinged: false, stalled_until: None })
    }

    pub(crate) async fn send(&mut self, frame: &impl Serialize) -> Result<(), Gone> {
        self.stalled().await;
        let text = serde_json::to_string(frame).map_err(|_| Gone)?;
        self.write(Message::text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Gone> {
        let sent = timeout(DEAD_AFTER_PING, self.socket.send(message)).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)
    }

    /// The next frame. May be dropped and called again.
    pub(crate) async fn next<F: DeserializeOwned>(&mut self) -> Heard<F> {
        self.stalled().await;
        loop {
            let patience = if self.pinged { PING_AFTER + DEAD_AFTER_PING } else { PING_AFTER };
            let message = match timeout_at(self.heard_at + patience, self.socket.next()).await {
                Ok(Some(Ok(message))) => message,
                Err(_) if !self.pinged => {
                    self.pinged = true;
                    if self.write(Message::text(PING)).await.is_err() {
                        return Heard::Gone;
                    }
                    continue;
                }
                _ => return Heard::Gone,
            };
            self.heard_at = Instant::now();
            self.pinged = false;
            match message {
                Message::Text(text) => {
                    let read = serde_json::from_str(&text);
                    // Where it is wrong, not what was said.
                    return read.map_or_else(
                        |error| Heard::Unreadable(format!("{:?}", error.classify())),
                        Heard::Frame,
                    );
                }
                Message::Binary(_) => return Heard::Unreadable("a binary message".to_owned()),
                Message::Close(_) => return Heard::Gone,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Neither reads nor writes for a while.
    pub(crate) fn stall(&mut self, lasts: Duration) {
        self.stalled_until = Some(Instant::now() + lasts);
    }

    async fn stalled(&mut self) {
        if let Some(until) = self.stalled_until {
            sleep_until(until).await;
            self.stalled_until = None;
            self.heard_at = Instant::now();
        }
    }

    /// Closes it as a browser does.
    pub(crate) async fn close(mut self) {
        // Whether the other end still listens does not matter any more.
        let _ = timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

/// The next frame of a line; without one, nothing ever comes.
pub(crate) async fn next<F: DeserializeOwned>(line: &mut Option<Line>) -> Heard<F> {
    match line {
        Some(line) => line.next().await,
        None => std::future::pending().await,
    }
}
