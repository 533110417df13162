//! The door: from a TCP connection to HTTP/1.1, plain or inside TLS.
//!
//! Invariants: no client holds the door up, for each is greeted in a task of its own and within a
//! time; when the service stops, nobody new comes in. Who comes in is noted with each request, for
//! the limits further in.

use crate::{
    address::{self, Proxies},
    config::Tuning,
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
use tokio_rustls::TlsAcceptor;

/// How long the door waits where the system gives no more connections (file handles, as a rule).
const BREATHER: Duration = Duration::from_millis(200);

/// The other end of the connection a request came over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) proxies: Proxies,
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
                    Ok((tcp, peer)) => drop(inside.spawn(self.clone().greet(tcp, peer))),
                    Err(error) => refused(&error).await,
                },
                Some(_) = inside.join_next() => {}
                () = crate::sockets::stopped(&mut stopping) => break,
            }
        }
        drop(listener);
        while inside.join_next().await.is_some() {}
    }

    async fn greet(self, tcp: TcpStream, peer: SocketAddr) {
        // A frame is small and goes out at once.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let Some(tls) = &self.tls else { return self.http(tcp, peer).await };
        match timeout(self.tuning.hello_timeout, tls.accept(tcp)).await {
            Ok(Ok(stream)) => self.http(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection did not become TLS"),
            Err(_) => tracing::debug!("a connection did not become TLS in time"),
        }
    }

    async fn http<I>(&self, io: I, peer: SocketAddr)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let inner = TowerToHyperService::new(self.router.clone());
        let proxies = self.proxies.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            address::note(&mut request, Peer(peer), &proxies);
            hyper::service::Service::call(&inner, request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.tuning.hello_timeout)
            .serve_connection(TokioIo::new(io), service)
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
