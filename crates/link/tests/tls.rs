//! TLS: whoever is not who the address says hears nothing of us (reliability.md S8).

use bellhop_link::{BellhopService, ChatService, LinkProblem, ServiceAddress};
use bellhop_model::{Seq, frame::ClientFrame};
use futures_util::StreamExt;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{io::AsyncReadExt, net::TcpListener, sync::oneshot};
use tokio_rustls::TlsAcceptor;

/// A certificate authority of a team.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        roots
    }

    /// Serves one WebSocket under this name; says what it heard first.
    async fn serve(&self, name: &str) -> (SocketAddr, oneshot::Receiver<Option<String>>) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let cert = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a configuration");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        let (tell, heard) = oneshot::channel();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let heard = async {
                let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
                let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
                socket.next().await?.ok()?.into_text().ok().map(|text| text.to_string())
            };
            let _ = tell.send(heard.await);
        });
        (addr, heard)
    }
}

fn address(host: &str, addr: SocketAddr) -> ServiceAddress {
    let url = format!("wss://{host}:{}/agent", addr.port()).parse().expect("a URL");
    ServiceAddress { url }
}

fn hello() -> ClientFrame {
    let (token, client) = ("the token".to_owned(), "test".to_owned());
    ClientFrame::Hello { protocol: 1, token, cursor: Seq(0), client }
}

#[tokio::test]
async fn s8_a_team_may_have_an_authority_of_its_own() {
    let authority = Authority::new();
    let (addr, heard) = authority.serve("localhost").await;
    let service =
        BellhopService::with_roots(address("localhost", addr), authority.roots()).expect("roots");
    let mut line = service.connect().await.expect("a line");
    line.send(hello()).await.expect("sent");
    let heard = heard.await.expect("the server ended").expect("a frame");
    assert!(heard.contains("the token"));
}

#[tokio::test]
async fn s8_a_certificate_of_another_name_is_refused_and_nothing_is_said() {
    let authority = Authority::new();
    let (addr, heard) = authority.serve("chat.example.org").await;
    let service =
        BellhopService::with_roots(address("localhost", addr), authority.roots()).expect("roots");
    let problem = service.connect().await.expect_err("it is another");
    assert!(
        matches!(&problem, LinkProblem::Unreachable { detail } if detail.contains("certificate")),
        "{problem:?}"
    );
    assert_eq!(heard.await, Ok(None));
}

#[tokio::test]
async fn s8_an_authority_nobody_knows_is_refused_and_nothing_is_said() {
    let (addr, heard) = Authority::new().serve("localhost").await;
    let service = BellhopService::with_roots(address("localhost", addr), Authority::new().roots())
        .expect("roots");
    let problem = service.connect().await.expect_err("nobody knows it");
    assert!(
        matches!(&problem, LinkProblem::Unreachable { detail } if detail.contains("certificate")),
        "{problem:?}"
    );
    assert_eq!(heard.await, Ok(None));
}

#[tokio::test]
async fn s8_somebody_without_tls_hears_no_word_of_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("its address");
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut heard = vec![0; 65_536];
        let bytes = stream.read(&mut heard).await.unwrap_or_default();
        heard.truncate(bytes);
        heard
    });
    let service = BellhopService::with_roots(address("localhost", addr), Authority::new().roots())
        .expect("roots");
    assert!(matches!(service.connect().await, Err(LinkProblem::Unreachable { .. })));
    let heard = heard.await.expect("the server ended");
    assert!(!heard.windows(5).any(|bytes| bytes == b"agent" || bytes == b"token"));
}
