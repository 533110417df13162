//! A client that keeps its word (law 6): what it wishes is sent again with the same id, over every
//! new line, until it is answered.

use super::{Agent, Socket, Visitor, new_id};
use bellhop_model::{Author, ChatId, Command, CommandId, Event, Fact, Seq};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;

/// Wishes under way at one time.
const AHEAD: usize = 6;

/// Who opens the line.
pub enum Who {
    Agent { token: String },
    Visitor { key: String },
}

/// A wish with its id.
pub struct Wish {
    id: CommandId,
    frame: Value,
    /// How the journal shows that it was done; see [`mark`].
    mark: Option<String>,
}

/// Where a client's wishes come from.
pub trait Wishes {
    fn next(&mut self) -> Option<Wish>;
    fn told(&mut self, _event: &Event) {}
}

/// See the module.
pub struct Steadfast<W> {
    who: Who,
    wishes: W,
    cursor: Seq,
    unanswered: Vec<Wish>,
    /// The marks of what was acknowledged.
    pub done: Vec<String>,
    /// The events it was told.
    pub told: Vec<Event>,
}

impl<W: Wishes> Steadfast<W> {
    pub fn new(who: Who, wishes: W) -> Self {
        let (unanswered, done, told) = (Vec::new(), Vec::new(), Vec::new());
        Self { who, wishes, cursor: Seq(0), unanswered, done, told }
    }

    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Wishes one thing after the other until the line ends. `answered` hears of every answer.
    pub async fn talk(&mut self, agent_url: &str, answered: &Notify) {
        let Some(mut socket) = self.open(agent_url).await else { return };
        loop {
            while self.unanswered.len() < AHEAD
                && let Some(wish) = self.wishes.next()
            {
                let sent = socket.ws.send(Message::text(wish.frame.to_string())).await;
                self.unanswered.push(wish);
                if sent.is_err() {
                    return;
                }
            }
            let Some(frame) = socket.next().await else { return };
            if self.hear(&frame) {
                answered.notify_one();
            }
        }
    }

    /// Sends what is not answered again, and waits until all of it is.
    pub async fn settle(&mut self, agent_url: &str) {
        let mut socket = self.open(agent_url).await.expect("the service is there");
        while !self.unanswered.is_empty() {
            let frame = socket.next().await.expect("the service stays");
            self.hear(&frame);
        }
    }

    /// Opens a line, says hello, and sends what is not answered.
    async fn open(&mut self, agent_url: &str) -> Option<Socket> {
        let (url, hello) = match &self.who {
            Who::Agent { token } => {
                (agent_url.to_owned(), serde_json::to_value(Agent::hello(token, self.cursor)))
            }
            Who::Visitor { key } => (
                agent_url.replace("/agent", "/visitor"),
                serde_json::to_value(Visitor::hello(key, self.cursor)),
            ),
        };
        let (ws, _) = tokio_tungstenite::connect_async(url).await.ok()?;
        let mut socket = Socket { ws };
        let again = self.unanswered.iter().map(|wish| &wish.frame);
        let hello = hello.unwrap();
        for frame in std::iter::once(&hello).chain(again) {
            socket.ws.send(Message::text(frame.to_string())).await.ok()?;
        }
        Some(socket)
    }

    /// Takes a frame. True where it answers a wish.
    fn hear(&mut self, frame: &Value) -> bool {
        let seq = |name: &str| Seq(frame[name].as_u64().unwrap());
        match frame["frame"].as_str().unwrap() {
            "event" => {
                let event: Event = serde_json::from_value(frame["event"].clone()).unwrap();
                assert_eq!(seq("prev"), self.cursor, "a hole or a repeat");
                self.cursor = event.seq;
                self.wishes.told(&event);
                self.told.push(event);
            }
            "welcome" if frame["reset"] == true => self.cursor = Seq(0),
            "line" => {
                let prev = seq("prev");
                assert!(prev == self.cursor || prev == Seq(0), "{prev} after {}", self.cursor);
                self.cursor = seq("seq");
            }
            "taken" => self.answered(frame, true),
            "refused" => {
                assert_final(&frame["refusal"]);
                self.answered(frame, false);
            }
            "answer" => {
                let accepted = frame["outcome"]["outcome"] == "accepted";
                if !accepted {
                    assert_final(&frame["outcome"]["refusal"]);
                }
                self.answered(frame, accepted);
            }
            "rejected" => panic!("{frame}"),
            _ => {}
        }
        matches!(frame["frame"].as_str(), Some("taken" | "refused" | "answer"))
    }

    fn answered(&mut self, frame: &Value, accepted: bool) {
        let is_it = |wish: &Wish| frame["id"] == wish.id.to_string();
        let place = self.unanswered.iter().position(is_it).expect("an answer to a wish, once");
        let wish = self.unanswered.remove(place);
        self.done.extend(wish.mark.filter(|_| accepted));
    }
}

fn assert_final(refusal: &Value) {
    let code = refusal["code"].as_str().unwrap();
    assert!(!matches!(code, "storage_unavailable" | "too_fast"), "{refusal}");
}

/// What shows in the journal that a wish was done: each mark belongs to one wish.
pub fn mark(event: &Event) -> Option<String> {
    match &event.fact {
        // Nobody wishes for an automatic message.
        Fact::MessagePosted { message, .. } => {
            let automatic = matches!(message.author, Author::Trigger { .. });
            (!automatic).then(|| message.id.to_string())
        }
        Fact::TagsSet { tags, .. } => tags.first().cloned(),
        Fact::AgentJoined { chat_id, .. } => Some(format!("joined {chat_id}")),
        Fact::AgentLeft { chat_id, .. } => Some(format!("left {chat_id}")),
        _ => None,
    }
}

/// A visitor who talks on and on, and ends every twentieth chat-line with the chat's end.
#[derive(Default)]
pub struct Talkative {
    said: u64,
}

impl Wishes for Talkative {
    fn next(&mut self) -> Option<Wish> {
        let id = new_id();
        self.said += 1;
        Some(if self.said.is_multiple_of(20) {
            Wish { id, frame: json!({"frame": "end", "id": id}), mark: None }
        } else {
            let frame = json!({"frame": "say", "id": id, "text": format!("word {}", self.said)});
            Wish { id, frame, mark: Some(id.to_string()) }
        })
    }
}

/// An agent who serves everybody, answers and tags in turn, and leaves chats that are over.
#[derive(Default)]
pub struct Diligent {
    next: VecDeque<(Command, String)>,
    open: VecDeque<ChatId>,
    turns: u64,
}

impl Wishes for Diligent {
    fn told(&mut self, event: &Event) {
        match event.fact {
            Fact::ChatRequested { chat_id, .. } => {
                self.next.push_back((Command::Serve { chat_id }, format!("joined {chat_id}")));
            }
            Fact::AgentJoined { chat_id, .. } => self.open.push_back(chat_id),
            Fact::ChatEnded { chat_id, .. } => {
                self.open.retain(|open| *open != chat_id);
                self.next.push_back((Command::EndChat { chat_id }, format!("left {chat_id}")));
            }
            _ => {}
        }
    }

    fn next(&mut self) -> Option<Wish> {
        let id = new_id();
        self.turns += 1;
        let (command, mark) = match self.next.pop_front() {
            Some(due) => due,
            None => {
                self.open.rotate_left(1.min(self.open.len()));
                let chat_id = *self.open.front()?;
                let command = if self.turns.is_multiple_of(3) {
                    Command::SetTags { chat_id, tags: vec![id.to_string()] }
                } else {
                    Command::Say { chat_id, text: format!("answer {}", self.turns) }
                };
                (command, id.to_string())
            }
        };
        let frame = json!({"frame": "command", "id": id, "command": command});
        Some(Wish { id, frame, mark: Some(mark) })
    }
}
