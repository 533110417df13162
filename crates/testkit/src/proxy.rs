//! A bad network between two ends, on purpose and repeatably.
//!
//! The proxy copies bytes and does to them what its [`Weather`] says; every decision comes from
//! the seed. It knows nothing of frames: what a cut does to one is the ends' business.

mod frames;

pub use bellhop_simulator::chance::Chance;
pub use frames::FrameProxy;

use anyhow::Result;
use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::AbortHandle,
};

/// What happens to what passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    Clear,
    /// Each piece waits this many milliseconds, and arrives in pieces of odd sizes.
    Slow { millis: Range<u64> },
    /// Connections stand and nothing passes: the half-open line.
    Stalled,
    /// A connection is cut after so many bytes in one direction.
    Cutting { after_bytes: Range<u64> },
    /// New connections are closed at once.
    Refusing,
}

struct Shared {
    upstream: SocketAddr,
    weather: watch::Sender<Weather>,
    chance: Mutex<Chance>,
    connections: Mutex<Vec<AbortHandle>>,
}

/// The proxy. Dropping it cuts everything.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Proxy {
    /// A proxy before `upstream`, in clear weather.
    pub async fn start(upstream: SocketAddr, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            weather: watch::Sender::new(Weather::Clear),
            chance: Mutex::new(Chance::new(seed)),
            connections: Mutex::default(),
        });
        let accepting = shared.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let task = tokio::spawn(carry(client, accepting.clone()));
                let mut connections = lock(&accepting.connections);
                connections.retain(|c| !c.is_finished());
                connections.push(task.abort_handle());
            }
        });
        Ok(Self { address, shared, listening: listening.abort_handle() })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for open connections too.
    pub fn weather(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Cuts every open connection now.
    pub fn cut(&self) {
        for connection in lock(&self.shared.connections).drain(..) {
            connection.abort();
        }
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        lock(&self.shared.connections).iter().filter(|c| !c.is_finished()).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn carry(client: TcpStream, shared: Arc<Shared>) {
    if *shared.weather.borrow() == Weather::Refusing {
        return;
    }
    let Ok(server) = TcpStream::connect(shared.upstream).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The first direction to end ends both, as a cut does.
    tokio::select! {
        () = copy(from_client, to_server, &shared) => {}
        () = copy(from_server, to_client, &shared) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) {
    let mut weather = shared.weather.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    // Each round is one spell of weather.
    loop {
        let now = weather.borrow_and_update().clone();
        let mut left = cut_point(&now, shared);
        loop {
            let (size, pause) = manner(&now, shared, buffer.len());
            let count = tokio::select! {
                changed = weather.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                read = from.read(&mut buffer[..size]), if now != Weather::Stalled => match read {
                    Ok(count @ 1..) => count,
                    _ => return,
                },
            };
            tokio::time::sleep(pause).await;
            let passing = left.map_or(count, |left| count.min(left as usize));
            if to.write_all(&buffer[..passing]).await.is_err() {
                return;
            }
            left = left.map(|left| left - passing as u64);
            if left == Some(0) {
                return;
            }
        }
    }
}

/// How much is read at once in this weather, and how long it waits before it goes on.
fn manner(weather: &Weather, shared: &Shared, most: usize) -> (usize, Duration) {
    let Weather::Slow { millis } = weather else { return (most, Duration::ZERO) };
    let mut chance = lock(&shared.chance);
    let size = chance.between(1..1500) as usize;
    (size, Duration::from_millis(chance.between(millis.clone())))
}

/// After how many bytes this direction is cut in this weather.
fn cut_point(weather: &Weather, shared: &Shared) -> Option<u64> {
    match weather {
        Weather::Cutting { after_bytes } => {
            Some(lock(&shared.chance).between(after_bytes.clone()).max(1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = socket.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn round_trip(socket: &mut TcpStream, words: &[u8]) -> std::io::Result<Vec<u8>> {
        socket.write_all(words).await?;
        let mut back = vec![0; words.len()];
        socket.read_exact(&mut back).await?;
        Ok(back)
    }

    #[tokio::test]
    async fn what_passes_is_unchanged_in_clear_and_in_slow_weather() {
        let proxy = Proxy::start(echo().await, 1).await.unwrap();
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        let words = vec![42_u8; 20_000];
        assert_eq!(round_trip(&mut socket, &words).await.unwrap(), words);
        proxy.weather(Weather::Slow { millis: 0..3 });
        assert_eq!(round_trip(&mut socket, &words).await.unwrap(), words);
    }

    #[tokio::test]
    async fn a_cut_comes_within_its_range_and_a_stall_lets_nothing_pass() {
        let proxy = Proxy::start(echo().await, 2).await.unwrap();
        proxy.weather(Weather::Cutting { after_bytes: 10..20 });
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        socket.write_all(&[1; 100]).await.unwrap();
        let mut back = Vec::new();
        // A cut may also show as a reset; what came before it counts.
        let _ = socket.read_to_end(&mut back).await;
        assert!(back.len() < 20, "{}", back.len());

        proxy.weather(Weather::Stalled);
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        socket.write_all(b"hello").await.unwrap();
        let mut back = [0; 5];
        let waited = Duration::from_millis(200);
        assert!(tokio::time::timeout(waited, socket.read_exact(&mut back)).await.is_err());
        proxy.weather(Weather::Clear);
        socket.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"hello");
    }
}
