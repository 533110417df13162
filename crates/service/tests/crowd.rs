//! A flood from one address, and everybody else.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Seq, frame::Rejection, visitor_frame::VisitorServerFrame};
use bellhop_service::{Config, Rate, Running, start};
use common::{PATIENCE, Socket, Visitor, config, key};
use futures_util::{SinkExt as _, StreamExt as _};
use std::{path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

/// Behind a proxy on this machine, which says who asks.
fn proxied(dir: &Path) -> Config {
    Config { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..config(dir) }
}

async fn from(running: &Running, address: &str) -> Result<Socket, Error> {
    let mut request = Visitor::url(running).into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
    Ok(Socket { ws: connect_async(request).await?.0 })
}

async fn here(running: &Running, address: &str, number: u8) -> Result<Visitor, Rejection> {
    let mut visitor = Visitor { socket: from(running, address).await.unwrap() };
    visitor.socket.send(&Visitor::hello(&key(number), Seq(0))).await;
    let told = visitor.until(|frame| match frame {
        VisitorServerFrame::Welcome { .. } => Some(Ok(())),
        VisitorServerFrame::Rejected(why) => Some(Err(why.clone())),
        _ => None,
    });
    told.await.map(|()| visitor)
}

#[tokio::test]
async fn pages_are_limited_for_each_address() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = proxied(dir.path());
    config.tuning.pages_per_address = 2;
    let running = start(config).await.unwrap();
    let one = here(&running, "192.0.2.1", 1).await.unwrap();
    let _two = here(&running, "192.0.2.1", 2).await.unwrap();
    let Err(Error::Http(refused)) = from(&running, "192.0.2.1").await.map(|_| ()) else {
        panic!("a third page is refused")
    };
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let body = refused.body().clone().unwrap();
    assert!(String::from_utf8(body).unwrap().contains("\"code\":\"too_fast\""));
    let _other = here(&running, "192.0.2.9", 3).await.unwrap();
    // This machine is nobody's address.
    let (_local, _) = Visitor::connect(&running, &key(9), Seq(0)).await;
    drop(one);
    let begun = Instant::now();
    while from(&running, "192.0.2.1").await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "no place came free");
    }
    running.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_one_address_takes_no_more_of_the_agents_sockets_than_its_share() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = proxied(dir.path());
    config.tuning.connections_per_address = 2;
    config.tuning.sockets = 4;
    let running = start(config).await.unwrap();
    let silent = async |address: &str| {
        let mut request = running.agent_url().into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        connect_async(request).await.map(|(ws, _)| Socket { ws })
    };
    let _two = [silent("192.0.2.1").await.unwrap(), silent("192.0.2.1").await.unwrap()];
    let Err(Error::Http(refused)) = silent("192.0.2.1").await.map(|_| ()) else {
        panic!("a third one is refused")
    };
    assert_eq!(refused.status(), 429);
    here(&running, "192.0.2.2", 1).await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn questions_over_http_are_limited_for_each_address() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = proxied(dir.path());
    config.tuning.requests_per_address = Rate { at_once: 3.0, per_second: 0.001 };
    let running = start(config).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let asks = async |path: &str, address: &str| {
        let url = format!("http://{}{path}", running.addr());
        let asked = client.post(url).header("x-forwarded-for", address).send().await.unwrap();
        asked.status().as_u16()
    };
    for path in ["/sign-out", "/file-pass", "/sign-in"] {
        assert_ne!(asks(path, "192.0.2.1").await, 429, "{path}");
    }
    for path in ["/sign-out", "/file-pass", "/sign-in", "/history"] {
        assert_eq!(asks(path, "192.0.2.1").await, 429, "{path}");
    }
    assert_ne!(asks("/healthz", "192.0.2.1").await, 429);
    assert_ne!(asks("/sign-out", "192.0.2.2").await, 429);
    assert_ne!(asks("/sign-out", "127.0.0.1").await, 429, "this machine is nobody's address");
    running.stop().await;
}

#[tokio::test]
async fn new_visitors_are_limited_for_each_address_and_known_ones_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = proxied(dir.path());
    config.tuning.new_visitors_per_address = Rate { at_once: 2.0, per_second: 0.001 };
    let running = start(config).await.unwrap();
    let _one = here(&running, "192.0.2.1", 1).await.unwrap();
    let _two = here(&running, "192.0.2.1", 2).await.unwrap();
    let refused = here(&running, "192.0.2.1", 3).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, Rejection::TooFast { retry_for_ms: 1.. }), "{refused}");
    here(&running, "192.0.2.1", 1).await.unwrap();
    here(&running, "192.0.2.2", 3).await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn connections_are_limited_for_each_address_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.connections_per_address = 2;
    config.tuning.loopback_is_limited = true;
    let running = start(config).await.unwrap();
    let one = TcpStream::connect(running.addr()).await.unwrap();
    let _two = TcpStream::connect(running.addr()).await.unwrap();
    let mut three = TcpStream::connect(running.addr()).await.unwrap();
    let mut told = String::new();
    timeout(PATIENCE, three.read_to_string(&mut told)).await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 429 "), "{told:?}");
    drop(one);
    let begun = Instant::now();
    loop {
        let mut again = TcpStream::connect(running.addr()).await.unwrap();
        let _ =
            again.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let mut told = String::new();
        let read = timeout(PATIENCE, again.read_to_string(&mut told)).await.unwrap();
        if read.is_ok() && told.starts_with("HTTP/1.1 200 ") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "no place came free: {told}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_flood_from_one_address_slows_nobody_else_down() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = proxied(dir.path());
    config.tuning.frames_per_address = Rate { at_once: 20.0, per_second: 20.0 };
    let running = start(config).await.unwrap();
    let mut flood = Vec::new();
    for number in 0..10 {
        let mut visitor = here(&running, "192.0.2.1", number).await.unwrap();
        flood.push(tokio::spawn(async move {
            let page = serde_json::json!({"frame": "typing", "on": true}).to_string();
            for _ in 0..100_000 {
                if timeout(PATIENCE, visitor.socket.send_text(page.clone())).await.is_err() {
                    break;
                }
            }
        }));
    }
    let mut sora = here(&running, "192.0.2.2", 200).await.unwrap();
    let mut longest = Duration::ZERO;
    for word in 0..20 {
        let begun = Instant::now();
        sora.says(&format!("word {word}")).await;
        longest = longest.max(begun.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "a word took {longest:?}");
    for one in flood {
        one.abort();
    }
    running.stop().await;
}

#[tokio::test]
async fn pings_of_the_web_socket_are_answered_as_fast_as_frames_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.visitor_frames = Rate { at_once: 20.0, per_second: 0.001 };
    let running = start(config).await.unwrap();
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let mut pongs = 0;
    for _ in 0..40 {
        jun.socket.ws.send(Message::Ping(Vec::new().into())).await.unwrap();
        let pong = async {
            while let Some(Ok(message)) = jun.socket.ws.next().await {
                if message.is_pong() {
                    return;
                }
            }
        };
        // As long as somebody else comes in and asks.
        let other = async {
            let (mut other, _) = Visitor::connect(&running, &key(2), Seq(0)).await;
            other.says("Hello").await;
        };
        tokio::select! {
            () = pong => pongs += 1,
            () = other => {}
        }
    }
    // The one that is too many is answered before it is too many.
    assert!((1..=21).contains(&pongs), "{pongs} pongs");
    running.stop().await;
}
