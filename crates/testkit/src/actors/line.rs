//! A WebSocket of either kind: frames in, frames out, and anything else that a bad client sends.

use crate::wait::PATIENCE;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// An open socket.
#[derive(Debug)]
pub struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    pub async fn open(url: &str) -> Result<Self> {
        let opening = tokio_tungstenite::connect_async(url);
        let (socket, _) = tokio::time::timeout(PATIENCE, opening)
            .await
            .with_context(|| format!("{url} does not answer"))?
            .with_context(|| format!("{url} does not open"))?;
        Ok(Self(socket))
    }

    /// Sends one frame.
    pub async fn send(&mut self, frame: &impl Serialize) -> Result<()> {
        self.send_raw(Message::text(serde_json::to_string(frame)?)).await
    }

    /// Sends anything.
    pub async fn send_raw(&mut self, message: Message) -> Result<()> {
        Ok(self.0.send(message).await?)
    }

    /// The next frame.
    ///
    /// # Errors
    /// When the line ends, stays silent for [`PATIENCE`], or sends what is no frame.
    pub async fn receive<F: DeserializeOwned>(&mut self) -> Result<F> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match next.context("the line stays silent")?.context("the line has ended")?? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .with_context(|| format!("not a frame: {text}"));
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => bail!("the line says {other:?}"),
            }
        }
    }

    /// Ends it without a goodbye.
    pub fn cut(self) {
        drop(self);
    }
}
