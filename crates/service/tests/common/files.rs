//! Files over HTTP, as a widget and an agent's program send and get them.

use super::{Agent, Visitor, agent, key};
use bellhop_model::{
    Author, ChatId, Command, CommandId, Event, Fact, FileId, Message, Seq, file::FileTerms,
    visitor_frame::VisitorServerFrame,
};
use bellhop_service::Running;
use image::{Delay, Frame, ImageFormat, Rgba, RgbaImage, codecs::gif::GifEncoder};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::Cursor,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// What was answered: the status, and the body as it is.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Who speaks HTTP to a service, and how they prove who they are.
#[derive(Clone)]
pub struct Hand {
    http: reqwest::Client,
    addr: SocketAddr,
    proof: String,
}

impl Hand {
    pub fn of_visitor(addr: SocketAddr, key: &str) -> Self {
        Self::with(addr, format!("Visitor {key}"))
    }

    pub fn of_agent(addr: SocketAddr, token: &str) -> Self {
        Self::with(addr, format!("Bearer {token}"))
    }

    pub fn with(addr: SocketAddr, proof: String) -> Self {
        // Nothing here is encrypted, but reqwest wants to know how it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), addr, proof }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub async fn answer(&self, request: reqwest::RequestBuilder) -> Answered {
        let response = request.header("authorization", &self.proof).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answered { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.answer(self.http.get(self.url(path))).await
    }

    pub async fn post(&self, path: &str) -> Answered {
        self.answer(self.http.post(self.url(path))).await
    }

    pub fn putting(&self, id: CommandId, of: &Sent<'_>) -> reqwest::RequestBuilder {
        let url = self.url(&format!("/file/{id}?name={}{}", encoded(of.name), of.chat()));
        let request = self.http.put(url).body(of.bytes.to_vec());
        if of.kind.is_empty() { request } else { request.header("content-type", of.kind) }
    }

    pub async fn put_as(&self, id: CommandId, of: &Sent<'_>) -> Answered {
        self.answer(self.putting(id, of)).await
    }

    pub async fn put(&self, of: &Sent<'_>) -> Answered {
        self.put_as(super::new_id(), of).await
    }

    /// Sends what is to be taken.
    pub async fn sends(&self, of: &Sent<'_>) {
        let answered = self.put(of).await;
        assert_eq!(answered.status, 200, "{}", String::from_utf8_lossy(&answered.body));
    }

    pub async fn file(&self, id: &FileId) -> Answered {
        self.get(&format!("/file/{id}")).await
    }
}

/// A file as it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    pub bytes: &'a [u8],
    pub chat: Option<ChatId>,
}

impl<'a> Sent<'a> {
    pub fn new(name: &'a str, kind: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, kind, bytes, chat: None }
    }

    pub fn text(name: &'a str, bytes: &'a [u8]) -> Self {
        Self::new(name, "text/plain", bytes)
    }

    pub fn into_chat(self, chat: ChatId) -> Self {
        Self { chat: Some(chat), ..self }
    }

    fn chat(&self) -> String {
        self.chat.map(|chat| format!("&chat={chat}")).unwrap_or_default()
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").unwrap();
    }
    encoded
}

pub fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    let red = RgbaImage::from_pixel(60, 40, Rgba([200, 30, 30, 255]));
    let red = image::DynamicImage::from(red).into_rgb8();
    red.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Two frames: the first is red, the second blue.
pub fn animated() -> Vec<u8> {
    let frame = |color| {
        let picture = RgbaImage::from_pixel(40, 30, Rgba(color));
        Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(100, 1))
    };
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.encode_frames([frame([200, 0, 0, 255]), frame([0, 0, 200, 255])]).unwrap();
    drop(encoder);
    bytes
}

/// What lies there of files.
pub fn shelf(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("files")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// The files of messages among events, with their messages, in order.
pub fn files(events: &[Event]) -> Vec<Message> {
    let sent = |event: &Event| match &event.fact {
        Fact::MessagePosted { message, .. } if message.file.is_some() => Some(message.clone()),
        _ => None,
    };
    events.iter().filter_map(sent).collect()
}

pub fn id_of(message: &Message) -> FileId {
    message.file.as_ref().unwrap().id.clone()
}

/// A chat between Jun, who has the key number 1, and Mina.
pub struct Talk {
    pub jun: Visitor,
    pub mina: Agent,
    pub token: String,
    pub chat_id: ChatId,
    pub of_jun: Hand,
    pub of_mina: Hand,
    pub terms: FileTerms,
}

pub async fn talk(running: &Running) -> Talk {
    let token = agent(running, "mina").await;
    let mut mina = Agent::connect(running, &token).await;
    let (mut jun, welcome) = Visitor::connect(running, &key(1), Seq(0)).await;
    let VisitorServerFrame::Welcome { files: Some(terms), .. } = welcome else {
        panic!("{welcome:?}");
    };
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = super::chat_of(&mina.command(Command::ServeNext).await);
    Talk {
        jun,
        mina,
        chat_id,
        of_jun: Hand::of_visitor(running.addr(), &key(1)),
        of_mina: Hand::of_agent(running.addr(), &token),
        token,
        terms: *terms,
    }
}

impl Talk {
    /// The next file, as Mina is told of it.
    pub async fn next_file(&mut self) -> Message {
        let known = files(&self.mina.events).len();
        self.mina.ping().await;
        let mut now = files(&self.mina.events);
        assert_eq!(now.len(), known + 1, "one more file");
        now.pop().unwrap()
    }

    /// Jun sends a file, and Mina is told of it.
    pub async fn jun_sends(&mut self, of: &Sent<'_>) -> Message {
        self.of_jun.sends(of).await;
        let message = self.next_file().await;
        assert_eq!(message.author, Author::Visitor);
        message
    }
}
