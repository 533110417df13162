//! What hostile or broken clients send: each gets a specific answer, everybody else goes on.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, Fact, Refusal, Seq,
    frame::{ClientFrame, Outcome, Rejection, ServerFrame},
    limits,
    people::Page,
    visit::Place,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_service::{Config, Running, Tuning, start};
use common::{
    Agent, PATIENCE, Socket, Visitor, agent, config, key, new_id, rejection, service, tuning,
};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

/// A service with a healthy agent and a healthy visitor, who must not notice anything.
struct Scene {
    running: Running,
    token: String,
    mina: Agent,
    jun: Visitor,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let running = service(dir.path()).await;
        let token = agent(&running, "Mina").await;
        let mina = Agent::connect(&running, &token).await;
        let (jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
        Self { running, token, mina, jun, _dir: dir }
    }

    /// An agents' socket that has said hello.
    async fn greeted(&self) -> Socket {
        let mut socket = Socket::open(&self.running.agent_url()).await;
        socket.send(&Agent::hello(&self.token, Seq(0))).await;
        socket
    }

    /// A visitors' socket that has said hello.
    async fn visiting(&self) -> Socket {
        Visitor::connect(&self.running, &key(9), Seq(0)).await.0.socket
    }

    async fn everybody_goes_on(mut self) {
        self.jun.says("Is anybody there?").await;
        self.mina
            .event(|event| matches!(&event.fact, Fact::MessagePosted { .. }).then_some(()))
            .await;
        assert!(matches!(self.mina.command(Command::ServeNext).await, Outcome::Accepted { .. }));
        self.running.stop().await;
    }
}

fn detail(rejection: Rejection) -> String {
    match rejection {
        Rejection::BadFrame { detail } => detail,
        other => panic!("{other:?}"),
    }
}

async fn visitor_rejection(socket: &mut Socket) -> Rejection {
    socket
        .until(|frame: &VisitorServerFrame| match frame {
            VisitorServerFrame::Rejected(rejection) => Some(rejection.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn bad_input_a_wrong_token_is_named() {
    let scene = Scene::new().await;
    let mut socket = Socket::open(&scene.running.agent_url()).await;
    socket.send(&Agent::hello("not the token", Seq(0))).await;
    assert_eq!(rejection(&mut socket).await, Rejection::BadToken);
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_an_unknown_protocol_is_named_whatever_else_the_hello_says() {
    let scene = Scene::new().await;
    let asked = 99;
    let unknown = Rejection::ProtocolUnknown { asked, speaks: 1 };
    let mut socket = Socket::open(&scene.running.agent_url()).await;
    socket.send_text(r#"{"frame":"hello","protocol":99,"ticket":[1,2]}"#).await;
    assert_eq!(rejection(&mut socket).await, unknown);
    let mut socket = Socket::open(&Visitor::url(&scene.running)).await;
    socket.send_text(r#"{"frame":"hello","protocol":99}"#).await;
    assert_eq!(visitor_rejection(&mut socket).await, unknown);
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_a_frame_of_10_mib_is_refused_and_the_sender_learns_why() {
    let scene = Scene::new().await;
    let limit = limits::INBOUND_MESSAGE_BYTES;
    let huge = "x".repeat(10 * 1024 * 1024);
    // One who sends everything before reading anything.
    for mut socket in [scene.greeted().await, scene.visiting().await] {
        drop(socket.ws.send(Message::text(huge.clone())).await);
        let why = loop {
            match timeout(PATIENCE, socket.ws.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) if text.contains("\"rejected\"") => break text,
                Some(Ok(_)) => {}
                other => panic!("the reason did not arrive: {other:?}"),
            }
        };
        assert_eq!(
            why.as_str(),
            format!(r#"{{"frame":"rejected","code":"frame_too_large","limit":{limit}}}"#)
        );
    }
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_nesting_10_000_deep_is_refused() {
    let scene = Scene::new().await;
    let nest = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut socket = scene.greeted().await;
    socket.send_text(format!(r#"{{"frame":"command","id":{nest}}}"#)).await;
    let said = detail(rejection(&mut socket).await);
    assert!(said.starts_with("it is nested deeper than 128 levels"), "{said}");
    let mut socket = scene.visiting().await;
    socket.send_text(format!(r#"{{"frame":"say","id":{nest}}}"#)).await;
    let said = detail(visitor_rejection(&mut socket).await);
    assert!(said.starts_with("it is nested deeper than 128 levels"), "{said}");
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_invalid_utf_8_is_refused() {
    let scene = Scene::new().await;
    for path in ["agent", "visitor"] {
        let mut tcp = TcpStream::connect(scene.running.addr()).await.unwrap();
        let request = format!(
            "GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        // A masked text frame (mask 0) whose payload is no UTF-8.
        tcp.write_all(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await.unwrap();
        let mut answer = Vec::new();
        let end = timeout(PATIENCE, async {
            let mut buffer = [0; 4096];
            loop {
                let read = tcp.read(&mut buffer).await.unwrap();
                answer.extend_from_slice(&buffer[..read]);
                if read == 0 || String::from_utf8_lossy(&answer).contains("not valid UTF-8") {
                    return;
                }
            }
        });
        end.await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(r#""code":"bad_frame""#) && answer.contains("UTF-8"), "{answer}");
    }
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_what_is_no_frame_is_named() {
    let scene = Scene::new().await;
    let cases = [
        (r#"{"frame":"dance"}"#, "expected one of `hello`"),
        ("]", "not JSON"),
        (r#"{"frame":"command","id":"x","command":{"kind":"serve_next"}}"#, "not of the kind"),
        (r#"{"frame":"typing","chat_id":-1,"on":true}"#, "expected u64"),
    ];
    for (text, expected) in cases {
        let mut socket = scene.greeted().await;
        socket.send_text(text).await;
        let said = detail(rejection(&mut socket).await);
        assert!(said.contains(expected), "{text}: {said}");
    }
    let mut socket = scene.greeted().await;
    socket.send(&Agent::hello(&scene.token, Seq(0))).await;
    assert_eq!(detail(rejection(&mut socket).await), "a second hello");
    let mut socket = scene.greeted().await;
    socket.ws.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert!(detail(rejection(&mut socket).await).contains("binary"));
    let mut socket = Socket::open(&scene.running.agent_url()).await;
    socket.send(&ClientFrame::Ping).await;
    assert_eq!(detail(rejection(&mut socket).await), "the first frame must be hello");
    let mut socket = Socket::open(&Visitor::url(&scene.running)).await;
    socket.send(&Visitor::hello("short", Seq(0))).await;
    assert!(detail(visitor_rejection(&mut socket).await).contains("32 hexadecimal"));
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_an_unknown_command_is_refused_and_the_line_goes_on() {
    let mut scene = Scene::new().await;
    let id = new_id();
    let command =
        format!(r#"{{"frame":"command","id":"{id}","command":{{"kind":"dance","to":3}}}}"#);
    scene.mina.socket.send_text(command).await;
    let outcome = scene
        .mina
        .until(|frame| match frame {
            ServerFrame::Answer { id: answered, outcome } if *answered == id => {
                Some(outcome.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::UnknownCommand });
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_a_message_over_the_limit_is_refused_with_both_numbers() {
    let mut scene = Scene::new().await;
    let id = new_id();
    let text = "가".repeat(limits::MESSAGE_CHARS + 1);
    scene.jun.socket.send(&VisitorClientFrame::Say { id, text }).await;
    let refusal = scene
        .jun
        .until(|frame| match frame {
            VisitorServerFrame::Refused { id: refused, refusal } if *refused == id => {
                Some(refusal.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(refusal, Refusal::TextTooLong { chars: 4_001, limit: 4_000 });
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn bad_input_markup_and_script_arrive_as_the_text_they_are_and_lines_are_made_plain() {
    let mut scene = Scene::new().await;
    let evil = "<script>alert(1)</script>";
    let user_agent = format!("{evil} Firefox/<b>1</b> Windows");
    let mut socket = Socket::open_as(&Visitor::url(&scene.running), &user_agent).await;
    let page = Page {
        url: format!("javascript:alert(1)//{}", "u".repeat(5_000)),
        title: format!("{evil}\u{202E}\n{}", "t".repeat(900)),
        language: evil.repeat(9),
    };
    let hello = VisitorClientFrame::Hello {
        protocol: 1,
        key: key(7),
        cursor: Seq(0),
        language: evil.repeat(9),
        page,
        referrer: format!("{evil}\u{202E}\n{}", "r".repeat(5_000)),
        time_zone: format!("{evil}/Seoul"),
        visits: 0,
    };
    socket.send(&hello).await;
    socket.send(&VisitorClientFrame::Name { name: format!("{evil}\u{0}\u{202E}") }).await;
    socket.send(&VisitorClientFrame::Say { id: new_id(), text: evil.to_owned() }).await;
    let visitor = scene
        .mina
        .event(|event| match &event.fact {
            Fact::ChatRequested { visitor, .. } => Some(visitor.clone()),
            _ => None,
        })
        .await;
    assert_eq!(visitor.name.as_deref(), Some(evil));
    assert!(visitor.page.title.starts_with(&format!("{evil} ttt")));
    assert_eq!(visitor.page.title.chars().count(), limits::TITLE_CHARS);
    assert_eq!(visitor.page.url.chars().count(), limits::URL_CHARS);
    assert_eq!(visitor.language.chars().count(), 35);
    assert!(visitor.referrer.starts_with(&format!("{evil} rrr")), "{}", visitor.referrer);
    assert_eq!(visitor.referrer.chars().count(), limits::URL_CHARS);
    assert_eq!((visitor.browser.as_str(), visitor.platform.as_str()), ("Firefox", "Windows"));
    assert_eq!(visitor.place, Place::default(), "no place is called so");
    let text = scene
        .mina
        .event(|event| match &event.fact {
            Fact::MessagePosted { message, .. } => Some(message.text.clone()),
            _ => None,
        })
        .await;
    assert_eq!(text, evil);
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn a_visitor_cannot_take_another_messages_name() {
    let mut scene = Scene::new().await;
    scene.jun.says("Hello").await;
    scene.mina.event(|event| event.fact.chat_id()).await;
    let served = scene.mina.command(Command::ServeNext).await;
    let id = new_id();
    let chat_id = common::chat_of(&served);
    scene.mina.say_command(id, Command::Say { chat_id, text: "Hi".to_owned() }).await;
    scene.jun.socket.send(&VisitorClientFrame::Say { id, text: "Mine".to_owned() }).await;
    let why = visitor_rejection(&mut scene.jun.socket).await;
    assert!(detail(why).contains("there already"));
    scene.running.stop().await;
}

#[tokio::test]
async fn one_visitor_cannot_flood_the_queue() {
    let scene = Scene::new().await;
    let mut socket = scene.visiting().await;
    let mut refused = None;
    for _ in 0..6 {
        let say = new_id();
        socket.send(&VisitorClientFrame::Say { id: say, text: "Hello".to_owned() }).await;
        let end = new_id();
        socket.send(&VisitorClientFrame::End { id: end }).await;
        socket
            .until(|frame: &VisitorServerFrame| match frame {
                VisitorServerFrame::Refused { id, refusal } if *id == say => {
                    refused = Some(refusal.clone());
                    None
                }
                VisitorServerFrame::Taken { id } | VisitorServerFrame::Refused { id, .. }
                    if *id == end =>
                {
                    Some(())
                }
                _ => None,
            })
            .await;
    }
    assert!(matches!(refused, Some(Refusal::TooFast { .. })), "{refused:?}");
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_told_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { hello_timeout: Duration::from_millis(50), ..tuning() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let mut socket = Socket::open(&running.agent_url()).await;
    assert_eq!(detail(rejection(&mut socket).await), "no hello in time");
    running.stop().await;
}

#[tokio::test]
async fn a_web_page_does_not_reach_the_agents_socket() {
    let scene = Scene::new().await;
    for (origin, allowed) in
        [("https://evil.example", false), ("null", false), ("tauri://localhost", true)]
    {
        let mut request = scene.running.agent_url().into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Ok(_) => assert!(allowed, "{origin}"),
            Err(Error::Http(response)) => {
                assert!(!allowed, "{origin}");
                assert_eq!(response.status(), 403);
            }
            Err(error) => panic!("{error}"),
        }
    }
    scene.everybody_goes_on().await;
}

#[tokio::test]
async fn a_visitor_has_so_many_pages_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { sockets_per_visitor: 2, sockets: 3, ..tuning() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let _first = Visitor::connect(&running, &key(1), Seq(0)).await;
    let _second = Visitor::connect(&running, &key(1), Seq(0)).await;
    let mut third = Socket::open(&Visitor::url(&running)).await;
    third.send(&Visitor::hello(&key(1), Seq(0))).await;
    assert!(detail(visitor_rejection(&mut third).await).contains("too many pages"));
    drop(third);
    running.stop().await;
}
