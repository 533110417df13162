//! The connector for Bellhop's own service: a WebSocket with JSON text messages.
//!
//! Invariant: outside this machine only `wss` is spoken; messages over
//! [`limits::OUTBOUND_MESSAGE_BYTES`] are never held in memory; no redirect is followed.

use crate::{
    BoxFuture, ChatService, frames,
    line::{FrameReceiver, FrameSender, Line},
    tls,
};
use bellhop_model::{
    frame::{ClientFrame, ServerFrame},
    limits,
    view::LinkProblem,
};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use rustls::ClientConfig;
use std::{fmt, net::IpAddr, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::OnceCell};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{
        self, Message,
        error::{CapacityError, ProtocolError, UrlError},
        protocol::WebSocketConfig,
    },
};
use url::{Host, Url};

/// How long opening a line may take in all: name, TCP, TLS and the WebSocket handshake.
const CONNECT_FOR: Duration = Duration::from_secs(10);

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// `wss://host[:port]/agent`; `ws://` on this machine's own loopback only.
    pub url: Url,
}

/// Our own service, at an address.
pub struct BellhopService {
    address: ServiceAddress,
    tls: OnceCell<Arc<ClientConfig>>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl BellhopService {
    #[must_use]
    pub fn new(address: ServiceAddress) -> Self {
        Self { address, tls: OnceCell::new() }
    }

    /// Trusts exactly these certificates instead of the operating system's, for a team with a
    /// certificate authority of its own.
    pub fn with_roots(
        address: ServiceAddress,
        roots: rustls::RootCertStore,
    ) -> Result<Self, LinkProblem> {
        Ok(Self { address, tls: OnceCell::new_with(Some(tls::with_roots(roots)?)) })
    }

    async fn open(&self) -> Result<Line, LinkProblem> {
        let target = Target::of(&self.address.url)?;
        let stream = target.reach().await?;
        let connector = if target.secure {
            let config = self.tls.get_or_try_init(|| async {
                tokio::task::spawn_blocking(tls::native)
                    .await
                    .map_err(|error| unreachable(&error))?
            });
            Connector::Rustls(Arc::clone(config.await?))
        } else {
            Connector::Plain
        };
        let (socket, _response) = client_async_tls_with_config(
            self.address.url.as_str(),
            stream,
            Some(socket_config()),
            Some(connector),
        )
        .await
        .map_err(handshake_problem)?;
        let (sink, stream) = socket.split();
        Ok(Line::new(Box::new(Outgoing { sink }), Box::new(Incoming { stream })))
    }
}

impl fmt::Debug for BellhopService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BellhopService").field("address", &self.address).finish_non_exhaustive()
    }
}

impl ChatService for BellhopService {
    fn connect(&self) -> BoxFuture<'_, Result<Line, LinkProblem>> {
        async {
            tokio::time::timeout(CONNECT_FOR, self.open()).await.unwrap_or_else(|_| {
                Err(LinkProblem::Unreachable {
                    detail: format!("no answer within {} s", CONNECT_FOR.as_secs()),
                })
            })
        }
        .boxed()
    }
}

/// What the address says, checked.
#[derive(Debug)]
struct Target {
    host: String,
    port: u16,
    secure: bool,
}

impl Target {
    fn of(url: &Url) -> Result<Self, LinkProblem> {
        let secure = match url.scheme() {
            "wss" => true,
            "ws" => false,
            other => {
                return Err(address_problem(&format!(
                    "the address must begin with wss:// and not with {other}:"
                )));
            }
        };
        let host = url.host().ok_or_else(|| address_problem("the address names no host"))?;
        if !secure && !is_own_name(&host) {
            return Err(address_problem(&format!(
                "{host} is not this machine, and ws:// is not encrypted; use wss://"
            )));
        }
        let host = match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        let port = url
            .port_or_known_default()
            .ok_or_else(|| address_problem("the address names no port"))?;
        Ok(Self { host, port, secure })
    }

    async fn reach(&self) -> Result<TcpStream, LinkProblem> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|e| unreachable(&e))?;
        let peer = stream.peer_addr().map_err(|e| unreachable(&e))?;
        // The name may say this machine while the resolver says another.
        if !self.secure && !peer.ip().is_loopback() {
            return Err(address_problem(&format!("{} is not this machine: {peer}", self.host)));
        }
        // Small frames, each wanted at once.
        stream.set_nodelay(true).map_err(|e| unreachable(&e))?;
        Ok(stream)
    }
}

fn is_own_name(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(32 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(limits::OUTBOUND_MESSAGE_BYTES))
        .max_frame_size(Some(limits::OUTBOUND_MESSAGE_BYTES))
}

struct Outgoing {
    sink: SplitSink<Socket, Message>,
}

impl FrameSender for Outgoing {
    fn send(&mut self, frame: ClientFrame) -> BoxFuture<'_, Result<(), LinkProblem>> {
        async move {
            let text = frames::write(&frame)?;
            self.sink.send(Message::text(text)).await.map_err(line_problem)
        }
        .boxed()
    }
}

struct Incoming {
    stream: SplitStream<Socket>,
}

impl FrameReceiver for Incoming {
    fn recv(&mut self) -> BoxFuture<'_, Result<ServerFrame, LinkProblem>> {
        async move {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => frames::read(text.as_str()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                    Ok(ServerFrame::Unknown)
                }
                Some(Ok(Message::Binary(bytes))) => Err(LinkProblem::BadFrame {
                    detail: format!("a binary message of {} bytes", bytes.len()),
                }),
                Some(Ok(Message::Close(close))) => Err(LinkProblem::Closed {
                    detail: close.map_or_else(
                        || "without a reason".to_owned(),
                        |close| format!("code {}", u16::from(close.code)),
                    ),
                }),
                Some(Err(error)) => Err(line_problem(error)),
                None => Err(LinkProblem::Closed { detail: "without a word".to_owned() }),
            }
        }
        .boxed()
    }
}

fn address_problem(detail: &str) -> LinkProblem {
    LinkProblem::Unreachable { detail: detail.to_owned() }
}

fn unreachable(error: &dyn fmt::Display) -> LinkProblem {
    LinkProblem::Unreachable { detail: error.to_string() }
}

/// Before the line stands.
fn handshake_problem(error: tungstenite::Error) -> LinkProblem {
    match error {
        tungstenite::Error::Http(response) => {
            let status = response.status();
            if status.is_server_error() || status.as_u16() == 429 {
                unreachable(&format!("it answered HTTP {status}"))
            } else {
                not_ours(&format!("it answered HTTP {status} instead of opening a WebSocket"))
            }
        }
        tungstenite::Error::HttpFormat(_) | tungstenite::Error::Capacity(_) => {
            not_ours("it does not answer in HTTP")
        }
        tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            unreachable(&"it closed the line during the handshake")
        }
        tungstenite::Error::Protocol(error) => {
            not_ours(&format!("it does not open a WebSocket: {error}"))
        }
        tungstenite::Error::Url(UrlError::UnableToConnect(_)) => unreachable(&"no answer"),
        error => unreachable(&error),
    }
}

/// While the line stands.
fn line_problem(error: tungstenite::Error) -> LinkProblem {
    match error {
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            LinkProblem::BadFrame {
                detail: format!("a message of {size} bytes or more; {max_size} are allowed"),
            }
        }
        tungstenite::Error::Utf8(_) => {
            LinkProblem::BadFrame { detail: "text that is not UTF-8".to_owned() }
        }
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            LinkProblem::Closed { detail: "without a word".to_owned() }
        }
        tungstenite::Error::Protocol(error) => {
            LinkProblem::BadFrame { detail: format!("not a WebSocket frame: {error}") }
        }
        error => LinkProblem::Closed { detail: error.to_string() },
    }
}

fn not_ours(detail: &str) -> LinkProblem {
    LinkProblem::BadFrame { detail: format!("this is not a chat service: {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("ws://127.0.0.1:7000/agent", None)]
    #[case("ws://[::1]:7000/agent", None)]
    #[case("ws://localhost/agent", None)]
    #[case("wss://chat.example.org/agent", None)]
    #[case("ws://chat.example.org/agent", Some("chat.example.org is not this machine"))]
    #[case("ws://192.168.0.7/agent", Some("192.168.0.7 is not this machine"))]
    #[case("ws://localhost.example.org/agent", Some("localhost.example.org is not this machine"))]
    #[case("http://127.0.0.1/agent", Some("the address must begin with wss://"))]
    #[case("file:///etc/passwd", Some("the address must begin with wss://"))]
    fn s8_only_wss_leaves_this_machine(#[case] url: &str, #[case] problem: Option<&str>) {
        match (Target::of(&Url::parse(url).unwrap()), problem) {
            (Ok(_), None) => {}
            (Err(LinkProblem::Unreachable { detail }), Some(start)) => {
                assert!(detail.starts_with(start), "{detail}");
            }
            (other, _) => panic!("{url}: {other:?}"),
        }
    }
}
