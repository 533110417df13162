//! TLS of the service's own, for HTTP and for WebSocket.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Seq, frame::ServerFrame};
use bellhop_service::{Config, StartError, TlsFiles, start};
use common::{Agent, PATIENCE, Socket, agent, config};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use std::{fs, path::Path, sync::Arc};
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

/// The certificate and key of localhost, and who trusts them.
fn pair(dir: &Path) -> (TlsFiles, RootCertStore) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let files = TlsFiles { certificate: dir.join("cert.pem"), key: dir.join("key.pem") };
    fs::write(&files.certificate, pem("CERTIFICATE", certificate.der())).unwrap();
    fs::write(&files.key, pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    (files, roots)
}

/// As `openssl` writes it.
fn pem(what: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let number = number << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[number >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    format!("-----BEGIN {what}-----\n{}-----END {what}-----\n", lines.collect::<String>())
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn s8_with_a_certificate_everything_is_spoken_inside_tls() {
    let dir = tempfile::tempdir().unwrap();
    let (files, roots) = pair(dir.path());
    let config = Config { tls: Some(files), demo_site: true, ..config(&dir.path().join("data")) };
    let running = start(config).await.unwrap();
    assert!(running.agent_url().starts_with("wss://"), "{}", running.agent_url());
    assert!(running.site_url().unwrap().starts_with("https://"));
    let token = agent(&running, "Mina").await;
    let port = running.addr().port();

    let connector = Some(Connector::Rustls(Arc::new(trusting(roots.clone()))));
    let url = format!("wss://localhost:{port}/agent");
    let (ws, _) = connect_async_tls_with_config(url, None, false, connector).await.unwrap();
    let mut socket = Socket { ws };
    socket.send(&Agent::hello(&token, Seq(0))).await;
    socket
        .until(|frame: &ServerFrame| matches!(frame, ServerFrame::CaughtUp { .. }).then_some(()))
        .await;

    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        reqwest::Client::builder().tls_backend_preconfigured(trusting(roots)).build().unwrap();
    let health = client.get(format!("https://localhost:{port}/healthz")).send().await.unwrap();
    assert_eq!(health.status(), 200);

    // Whoever speaks plain HTTP to it hears no HTTP.
    let plain = reqwest::Client::new().get(format!("http://localhost:{port}/healthz"));
    assert!(plain.send().await.is_err());
    drop(socket);
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_never_says_hello_to_tls_is_let_go_and_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let (files, roots) = pair(dir.path());
    let mut config = Config { tls: Some(files), ..config(&dir.path().join("data")) };
    config.tuning.request_timeout = std::time::Duration::from_secs(2);
    let running = start(config).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut silent = TcpStream::connect(running.addr()).await.unwrap();
    let client =
        reqwest::Client::builder().tls_backend_preconfigured(trusting(roots)).build().unwrap();
    let url = format!("https://localhost:{}/healthz", running.addr().port());
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    let mut byte = [0];
    assert_eq!(timeout(PATIENCE, silent.read(&mut byte)).await.unwrap().unwrap(), 0);
    running.stop().await;
}

#[tokio::test]
async fn bad_input_files_that_are_no_certificate_and_key_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = pair(dir.path());
    let other = dir.path().join("other.pem");
    let stranger = KeyPair::generate().unwrap().serialize_der();
    fs::write(&other, pem("PRIVATE KEY", &stranger)).unwrap();
    let noise = dir.path().join("noise.pem");
    fs::write(&noise, "a shopping list").unwrap();
    let missing = dir.path().join("missing.pem");
    for (files, told) in [
        (TlsFiles { key: other.clone(), ..good.clone() }, "is not the one of the certificate"),
        (TlsFiles { key: noise.clone(), ..good.clone() }, "noise.pem holds no private key"),
        (TlsFiles { certificate: noise, ..good.clone() }, "noise.pem holds no certificate"),
        (TlsFiles { certificate: other, ..good.clone() }, "other.pem holds no certificate"),
        (TlsFiles { certificate: missing, ..good }, "missing.pem cannot be read"),
    ] {
        let config = Config { tls: Some(files), ..config(&dir.path().join("data")) };
        let error = start(config).await.unwrap_err();
        assert!(matches!(error, StartError::Tls(_)) && error.to_string().contains(told), "{error}");
    }
    assert!(!dir.path().join("data").exists(), "nothing was begun");
}
