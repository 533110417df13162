//! The door: from a TCP connection to HTTP/1.1, plain or inside TLS.
//!
//! Invariants: no client holds the door up, for each is greeted in a task of its own and within a
//! time; when the service stops, nobody new comes in. Who comes in is noted with each request, for
//! the limits further in.

use crate::{
    address::{self, Address, Proxies},
    config::Tuning,
    crowd::{Crowd, Place},
    metrics::Metrics,
};
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

/// How long the door waits where the system gives no more connections (file handles, as a rule).
const BREATHER: Duration = Duration::from_millis(200);

/// The other end of the connection a request came over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Keeps a connection's place for as long as something is made of it.
#[derive(Debug, Clone)]
pub(crate) struct Inside(#[expect(dead_code, reason = "held, never read")] Arc<Option<Place>>);

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) proxies: Proxies,
    /// Those who are inside, by the address they came from.
    pub(crate) inside: Arc<Crowd>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tuning: Arc<Tuning>,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Door {
    /// Lets everybody in until the service stops; then waits for the requests under way.
    pub(crate) async fn open(self, listener: TcpListener) {
        let mut inside = JoinSet::new();
        let mut stopping = self.stopping.clone();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((tcp, peer)) => match self.place(peer) {
                        Ok(place) => {
                            inside.spawn(self.clone().greet(tcp, peer, place));
                        }
                        Err(wait) => self.turn_away(&tcp, wait),
                    },
                    Err(error) => refused(&error).await,
                },
                Some(_) = inside.join_next() => {}
                () = crate::sockets::stopped(&mut stopping) => break,
            }
        }
        drop(listener);
        while inside.join_next().await.is_some() {}
    }

    /// A place for whoever comes; a proxy of ours and this machine itself need none.
    fn place(&self, peer: SocketAddr) -> Result<Option<Place>, i64> {
        let address = Address::of(peer.ip());
        let is_nobody = address.is_local() && !self.tuning.loopback_is_limited;
        if is_nobody || self.proxies.has(peer.ip()) {
            return Ok(None);
        }
        self.inside.enter(address).map(Some)
    }

    /// Says why, where that can be said in clear and at once, and lets go.
    fn turn_away(&self, tcp: &TcpStream, wait: i64) {
        self.metrics.turned_away();
        if self.tls.is_none() {
            let seconds = wait.max(1).unsigned_abs().div_ceil(1000);
            let told = format!(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: {seconds}\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n"
            );
            // Whoever floods may miss it.
            let _ = tcp.try_write(told.as_bytes());
        }
    }

    /// The place is left with the connection, whatever it becomes.
    async fn greet(self, tcp: TcpStream, peer: SocketAddr, place: Option<Place>) {
        // A frame is small and goes out at once.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let place = Arc::new(place);
        let Some(tls) = &self.tls else { return self.http(tcp, peer, place).await };
        match timeout(self.tuning.request_timeout, tls.accept(tcp)).await {
            Ok(Ok(stream)) => self.http(stream, peer, place).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection did not become TLS"),
            Err(_) => tracing::debug!("a connection did not become TLS in time"),
        }
    }

    async fn http<I>(&self, io: I, peer: SocketAddr, place: Arc<Option<Place>>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let inner = TowerToHyperService::new(self.router.clone());
        let proxies = self.proxies.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            address::note(&mut request, Peer(peer), &proxies);
            request.extensions_mut().insert(Inside(place.clone()));
            hyper::service::Service::call(&inner, request)
        });
        // Who asks for much and takes none of it holds nothing up for ever.
        let mut io = TimeoutStream::new(io);
        io.set_write_timeout(Some(self.tuning.write_timeout));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.tuning.request_timeout)
            .serve_connection(TokioIo::new(Box::pin(io)), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let mut stopping = self.stopping.clone();
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = crate::sockets::stopped(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

/// A connection that could not be taken: its client's affair, or the machine's.
async fn refused(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken now");
        sleep(BREATHER).await;
    }
}
