//! A network that says things twice: whole WebSocket messages, repeated by chance.
//!
//! No TCP network does this, but a service that answers a resume may, and so may a proxy between
//! two retries; both ends must take a repeat for what it is (law 6).

use super::Chance;
use anyhow::Result;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The proxy. Dropping it ends it.
#[derive(Debug)]
pub struct FrameProxy {
    address: SocketAddr,
    repeated: Arc<AtomicU64>,
    listening: AbortHandle,
}

impl FrameProxy {
    /// A proxy before the WebSocket `upstream` (a `ws://` URL) that repeats `percent` of a hundred
    /// text messages, in both directions.
    pub async fn start(upstream: &str, seed: u64, percent: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (upstream, repeated) = (upstream.to_owned(), Arc::new(AtomicU64::new(0)));
        let counter = repeated.clone();
        let listening = tokio::spawn(async move {
            let mut seeds = Chance::new(seed);
            while let Ok((client, _)) = listener.accept().await {
                let chances = [Chance::new(seeds.number()), Chance::new(seeds.number())];
                tokio::spawn(carry(client, upstream.clone(), chances, percent, counter.clone()));
            }
        });
        Ok(Self { address, repeated, listening: listening.abort_handle() })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Messages that were said twice so far.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }
}

impl Drop for FrameProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn carry(
    client: TcpStream,
    upstream: String,
    [up, down]: [Chance; 2],
    percent: u64,
    repeated: Arc<AtomicU64>,
) {
    let Ok(client) = tokio_tungstenite::accept_async(client).await else { return };
    let Ok((server, _)) = tokio_tungstenite::connect_async(upstream).await else { return };
    let (to_client, from_client) = client.split();
    let (to_server, from_server) = server.split();
    tokio::select! {
        () = copy(from_client, to_server, up, percent, &repeated) => {}
        () = copy(from_server, to_client, down, percent, &repeated) => {}
    }
}

async fn copy(
    mut from: impl Stream<Item = Result<Message, Error>> + Unpin,
    mut to: impl Sink<Message> + Unpin,
    mut chance: Chance,
    percent: u64,
    repeated: &AtomicU64,
) {
    let mut first = true;
    while let Some(Ok(message)) = from.next().await {
        // The first of a direction opens the conversation; a second opening is an error by rule.
        let twice = message.is_text() && !std::mem::take(&mut first) && chance.happens(percent);
        if to.send(message.clone()).await.is_err() {
            return;
        }
        if twice {
            repeated.fetch_add(1, Ordering::Relaxed);
            if to.send(message).await.is_err() {
                return;
            }
        }
    }
}
