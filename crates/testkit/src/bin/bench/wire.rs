//! A WebSocket that is kept alive by a task of its own, for a bench that mostly does other things.
//!
//! Sending never waits for the network: the moment of sending is the caller's.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::{net::TcpStream, runtime::Handle, sync::mpsc, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open socket on loopback. Closed when dropped.
#[derive(Debug)]
pub(crate) struct Wire {
    runtime: Handle,
    outgoing: mpsc::UnboundedSender<String>,
    incoming: mpsc::UnboundedReceiver<String>,
}

impl Wire {
    /// Opens `path` on this port, with a subprotocol where the server wants one.
    pub(crate) fn open(
        runtime: &Handle,
        port: u16,
        path: &str,
        protocol: Option<&'static str>,
    ) -> Result<Self> {
        let mut request = format!("ws://localhost:{port}{path}").into_client_request()?;
        if let Some(protocol) = protocol {
            let value = HeaderValue::from_static(protocol);
            request.headers_mut().insert("Sec-WebSocket-Protocol", value);
        }
        let mut socket = runtime.block_on(async {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let opening = client_async(request, MaybeTlsStream::Plain(stream));
            let (socket, _) = timeout(PATIENCE, opening).await??;
            anyhow::Ok(socket)
        })?;
        let (outgoing, mut to_send) = mpsc::unbounded_channel::<String>();
        let (arrived, incoming) = mpsc::unbounded_channel();
        // Ends when the wire is dropped or the server goes.
        runtime.spawn(async move {
            loop {
                tokio::select! {
                    text = to_send.recv() => match text {
                        Some(text) => if socket.send(Message::text(text)).await.is_err() { return },
                        None => return,
                    },
                    message = socket.next() => match message {
                        Some(Ok(Message::Text(text))) => {
                            if arrived.send(text.to_string()).is_err() { return }
                        }
                        Some(Ok(_)) => {}
                        _ => return,
                    },
                }
            }
        });
        Ok(Self { runtime: runtime.clone(), outgoing, incoming })
    }

    pub(crate) fn send(&self, text: String) -> Result<()> {
        self.outgoing.send(text).ok().context("the server closed the line")
    }

    /// The next message for which `read` finds something, within half a minute.
    pub(crate) fn wait<T>(
        &mut self,
        what: &str,
        mut read: impl FnMut(&str) -> Result<Option<T>>,
    ) -> Result<T> {
        let incoming = &mut self.incoming;
        let arrival = async {
            while let Some(text) = incoming.recv().await {
                if let Some(found) = read(&text)? {
                    return Ok(found);
                }
            }
            bail!("the server closed the line")
        };
        self.runtime
            .block_on(async { timeout(PATIENCE, arrival).await })
            .map_err(|_| anyhow::anyhow!("it did not come in {} s", PATIENCE.as_secs()))
            .and_then(|result| result)
            .with_context(|| format!("waiting for {what}"))
    }

    /// Forgets what came so far.
    pub(crate) fn forget(&mut self) {
        while self.incoming.try_recv().is_ok() {}
    }
}
