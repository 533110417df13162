//! A service on a free port, and agents and visitors who speak to it over real sockets.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod desk;
pub mod files;
#[cfg(unix)]
pub mod program;
pub mod steadfast;

use bellhop_model::{
    ChatId, Command, CommandId, Event, Seq,
    command::NamedCommand,
    frame::{ClientFrame, Digest, Outcome, PROTOCOL, Rejection, ServerFrame},
    listing::{Listed, Listing, PageAsked},
    manage::{Management, NamedManagement},
    people::Page,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_sealed::{SealKey, stream::Opening};
use bellhop_service::{Config, Running, SNAPSHOT_FILE, Tuning, start};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, io::Read as _, path::Path, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

pub mod mmdb;

pub const KEY: [u8; 32] = [3; 32];
/// What visitors' browsers call themselves.
pub const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux) Firefox/142.0";
/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What is in the snapshot of this data directory: 20 bytes of numbers, the last event's first, a
/// print of 32, and the state.
pub fn snapshot(dir: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(dir.join(SNAPSHOT_FILE)).ok()?;
    let opened = Opening::begin(file, &SealKey::new(KEY), SNAPSHOT_FILE);
    opened.unwrap().read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

pub fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.to_owned(),
        key: Some(KEY),
        workspace_name: "Test shop".to_owned(),
        tuning: tuning(),
        ..Config::default()
    }
}

/// The product's, but quicker to forget a visitor, and without the automatic message.
pub fn tuning() -> Tuning {
    Tuning {
        gone_grace: Duration::from_millis(50),
        first_reply_after: Duration::from_hours(1),
        ..Tuning::default()
    }
}

pub async fn service(dir: &Path) -> Running {
    start(config(dir)).await.unwrap()
}

/// An agent and her token.
pub async fn agent(running: &Running, name: &str) -> String {
    let email = format!("{name}@shop.example");
    let agent = match running.agent_by_email(&email).await {
        Some(agent) => agent,
        None => running.add_agent(name, email).await.unwrap(),
    };
    running.issue_token(agent.id).await.unwrap()
}

pub fn new_id() -> CommandId {
    CommandId(uuid::Uuid::now_v7())
}

/// What is answered over plain HTTP: the status and the text.
pub async fn get(url: &str) -> (u16, String) {
    // Nothing here is encrypted, but reqwest wants to know how it would be; a second answer is
    // the same as the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// A socket and the JSON on it.
pub struct Socket {
    pub ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub async fn open(url: &str) -> Self {
        Self { ws: connect_async(url).await.unwrap().0 }
    }

    /// From a browser that calls itself so.
    pub async fn open_as(url: &str, user_agent: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("user-agent", user_agent.parse().unwrap());
        Self { ws: connect_async(request).await.unwrap().0 }
    }

    pub async fn send<F: Serialize>(&mut self, frame: &F) {
        self.send_text(serde_json::to_string(frame).unwrap()).await;
    }

    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.ws.send(Message::text(text.into())).await.unwrap();
    }

    /// The next frame; `None` when the line has ended.
    pub async fn next<F: DeserializeOwned>(&mut self) -> Option<F> {
        loop {
            let message = timeout(PATIENCE, self.ws.next()).await.expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The first frame that is wanted; others before it are passed over.
    pub async fn until<F: DeserializeOwned + Debug, T>(
        &mut self,
        mut wanted: impl FnMut(&F) -> Option<T>,
    ) -> T {
        let mut passed = Vec::new();
        loop {
            let Some(frame) = self.next::<F>().await else {
                panic!("the line ended; before that came {passed:#?}");
            };
            if let Some(found) = wanted(&frame) {
                return found;
            }
            passed.push(frame);
        }
    }
}

/// An agent's desktop program, as far as a test needs one.
pub struct Agent {
    pub socket: Socket,
    /// Everything delivered, over all connections.
    pub events: Vec<Event>,
    pub digest: Digest,
}

impl Agent {
    pub fn hello(token: &str, cursor: Seq) -> ClientFrame {
        ClientFrame::Hello {
            protocol: PROTOCOL,
            token: token.to_owned(),
            cursor,
            client: "test".to_owned(),
        }
    }

    /// Connects and catches up.
    pub async fn connect(running: &Running, token: &str) -> Self {
        let socket = Socket::open(&running.agent_url()).await;
        let mut agent = Self { socket, events: Vec::new(), digest: Digest::default() };
        agent.catch_up(token).await;
        agent
    }

    /// Connects again with the cursor it has.
    pub async fn reconnect(&mut self, running: &Running, token: &str) {
        self.socket = Socket::open(&running.agent_url()).await;
        self.catch_up(token).await;
    }

    pub fn cursor(&self) -> Seq {
        self.events.last().map_or(Seq(0), |event| event.seq)
    }

    async fn catch_up(&mut self, token: &str) {
        self.socket.send(&Self::hello(token, self.cursor())).await;
        let welcome = self.frame().await;
        assert!(matches!(welcome, ServerFrame::Welcome { .. }), "{welcome:?}");
        loop {
            if let ServerFrame::CaughtUp { digest } = self.frame().await {
                assert_eq!(digest.last, self.cursor(), "a digest of what was not delivered");
                self.digest = digest;
                break;
            }
        }
        let live = self.frame().await;
        assert!(matches!(live, ServerFrame::Live { reset: true, .. }), "{live:?}");
    }

    /// The next frame. Events are kept, and checked to follow each other (law 5).
    pub async fn frame(&mut self) -> ServerFrame {
        let frame = self.socket.next().await.expect("a frame");
        if let ServerFrame::Event { prev, event } = &frame {
            assert_eq!(*prev, self.cursor(), "a hole or a repeat");
            self.events.push(event.clone());
        }
        if let ServerFrame::Digest(digest) = &frame {
            assert_eq!(digest.last, self.cursor(), "a digest of what was not delivered");
            self.digest = *digest;
        }
        frame
    }

    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.frame().await) {
                return found;
            }
        }
    }

    /// The first event that is wanted, also among those that came before.
    pub async fn event<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        if let Some(found) = self.events.iter().find_map(&wanted) {
            return found;
        }
        self.until(|frame| match frame {
            ServerFrame::Event { event, .. } => wanted(event),
            _ => None,
        })
        .await
    }

    pub async fn say_command(&mut self, id: CommandId, command: Command) -> Outcome {
        self.socket.send(&ClientFrame::Command(NamedCommand { id, command })).await;
        self.answer(id).await
    }

    async fn answer(&mut self, id: CommandId) -> Outcome {
        self.until(|frame| match frame {
            ServerFrame::Answer { id: answered, outcome } if *answered == id => {
                Some(outcome.clone())
            }
            _ => None,
        })
        .await
    }

    pub async fn command(&mut self, command: Command) -> Outcome {
        self.say_command(new_id(), command).await
    }

    /// Wishes something of the account.
    pub async fn manages(&mut self, wish: Management) -> Outcome {
        let id = new_id();
        self.socket.send(&ClientFrame::Manage(NamedManagement { id, wish })).await;
        self.answer(id).await
    }

    /// One page of a list.
    pub async fn list(&mut self, of: Listing) -> Listed {
        self.socket.send(&ClientFrame::List(PageAsked { request: 7, of })).await;
        self.until(|frame| match frame {
            ServerFrame::Listed(listed) => Some(listed.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until everything is delivered, and asks for the digest.
    pub async fn ping(&mut self) -> Digest {
        self.socket.send(&ClientFrame::Ping).await;
        self.until(|frame| match frame {
            ServerFrame::Digest(digest) => Some(*digest),
            _ => None,
        })
        .await
    }
}

/// The widget in a page, as far as a test needs one.
pub struct Visitor {
    pub socket: Socket,
}

impl Visitor {
    pub fn hello(key: &str, cursor: Seq) -> VisitorClientFrame {
        VisitorClientFrame::Hello {
            protocol: PROTOCOL,
            key: key.to_owned(),
            cursor,
            language: "en-GB".to_owned(),
            page: Page {
                url: "https://shop.example/pots".to_owned(),
                title: "Pots".to_owned(),
                ..Page::default()
            },
            referrer: String::new(),
            time_zone: String::new(),
            visits: 0,
        }
    }

    pub fn url(running: &Running) -> String {
        format!("ws://{}/visitor", running.addr())
    }

    /// Connects; the welcome comes with it.
    pub async fn connect(running: &Running, key: &str, cursor: Seq) -> (Self, VisitorServerFrame) {
        let mut request = Self::url(running).into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("origin", "https://shop.example".parse().unwrap());
        headers.insert("user-agent", USER_AGENT.parse().unwrap());
        let (ws, _) = connect_async(request).await.unwrap();
        let mut visitor = Self { socket: Socket { ws } };
        visitor.socket.send(&Self::hello(key, cursor)).await;
        let welcome = visitor.frame().await;
        assert!(matches!(welcome, VisitorServerFrame::Welcome { .. }), "{welcome:?}");
        (visitor, welcome)
    }

    /// Connects through a proxy on this machine that says it is from `address`; the rejection
    /// where the service has none for it.
    pub async fn connect_from(
        running: &Running,
        address: &str,
        key: &str,
    ) -> Result<Self, Rejection> {
        let mut request = Self::url(running).into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("x-forwarded-for", address.parse().unwrap());
        headers.insert("user-agent", USER_AGENT.parse().unwrap());
        let (ws, _) = connect_async(request).await.unwrap();
        let mut visitor = Self { socket: Socket { ws } };
        visitor.socket.send(&Self::hello(key, Seq(0))).await;
        match visitor.frame().await {
            VisitorServerFrame::Welcome { .. } => Ok(visitor),
            VisitorServerFrame::Rejected(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    pub async fn frame(&mut self) -> VisitorServerFrame {
        self.socket.next().await.expect("a frame")
    }

    pub async fn until<T>(&mut self, wanted: impl FnMut(&VisitorServerFrame) -> Option<T>) -> T {
        self.socket.until(wanted).await
    }

    /// Says something and waits until it is taken.
    pub async fn says(&mut self, text: &str) -> CommandId {
        let id = new_id();
        self.socket.send(&VisitorClientFrame::Say { id, text: text.to_owned() }).await;
        self.taken(id).await;
        id
    }

    pub async fn taken(&mut self, id: CommandId) {
        self.until(|frame| match frame {
            VisitorServerFrame::Taken { id: taken } if *taken == id => Some(()),
            VisitorServerFrame::Refused { id: refused, refusal } if *refused == id => {
                panic!("{refusal}")
            }
            _ => None,
        })
        .await;
    }
}

pub fn key(number: u8) -> String {
    format!("{number:032x}")
}

/// What the service says last on an agents' socket.
pub async fn rejection(socket: &mut Socket) -> Rejection {
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Rejected(rejection) => Some(rejection.clone()),
            _ => None,
        })
        .await
}

pub fn chat_of(outcome: &Outcome) -> ChatId {
    match outcome {
        Outcome::Accepted { chat_id: Some(chat_id), .. } => *chat_id,
        other => panic!("{other:?}"),
    }
}
