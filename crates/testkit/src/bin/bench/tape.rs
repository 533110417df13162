//! A chat service played from a tape: one agent, one chat she serves, and then messages at exact
//! moments. For measuring the desktop program alone, without the service's own work.
//!
//! It speaks docs/protocol.md with the types of the model, so a change there changes it too.

use anyhow::{Context, Result, bail};
use bellhop_model::{
    Agent, AgentId, Author, Availability, ChatId, CommandId, Event, Fact, Message as Said, Seq,
    Timestamp, VisitorId, VisitorProfile,
    frame::{ClientFrame, Digest, Outcome, PROTOCOL, ServerFrame, Workspace},
    people::{Origin, Page},
};
use futures_util::{SinkExt, StreamExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

const MINA: AgentId = AgentId(1);
const CHAT: ChatId = ChatId(1);
/// What stands on the tape before the messages.
const OPENING: u64 = 5;

/// How many messages, how many in a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Burst {
    pub(crate) count: u32,
    pub(crate) per_second: u32,
    /// The number in the first message's text.
    pub(crate) first: u32,
}

/// What to play, and where the moments of sending go.
type Order = (Burst, oneshot::Sender<Vec<f64>>);

/// The service. Ends when dropped.
#[derive(Debug)]
pub(crate) struct Tape {
    runtime: Handle,
    pub(crate) url: String,
    orders: mpsc::UnboundedSender<Order>,
}

impl Tape {
    pub(crate) fn start(runtime: &Handle) -> Result<Self> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("ws://{}/agent", listener.local_addr()?);
        let (orders, to_play) = mpsc::unbounded_channel();
        runtime.spawn(serve(listener, to_play));
        Ok(Self { runtime: runtime.clone(), url, orders })
    }

    /// Plays a burst; for each message the moment before it was given to the socket, in
    /// milliseconds since 1970.
    pub(crate) fn play(&self, burst: Burst) -> Result<Vec<f64>> {
        let (sent, moments) = oneshot::channel();
        self.orders.send((burst, sent)).ok().context("the tape has ended")?;
        self.runtime.block_on(moments).context("the program left while the tape was played")
    }
}

/// The text by which a message is known again.
pub(crate) fn text(number: u32) -> String {
    format!("bench-{number}: is the blue one still there in size 38? I would take it today.")
}

/// Milliseconds since 1970, with their fraction.
pub(crate) fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1_000.0
}

/// One program at a time: the next is served when the one before has gone.
async fn serve(listener: TcpListener, mut orders: mpsc::UnboundedReceiver<Order>) {
    while let Ok((stream, _)) = listener.accept().await {
        if let Err(why) = attend(stream, &mut orders).await {
            crate::say(format_args!("the tape: {why:#}"));
        }
        if orders.is_closed() {
            return;
        }
    }
}

async fn attend(stream: TcpStream, orders: &mut mpsc::UnboundedReceiver<Order>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut line = Line { socket: accept_async(stream).await?, last: 0 };
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some((burst, sent)) => {
                    let moments = line.play(burst).await?;
                    // Nobody waits for it any more: no harm.
                    let _ = sent.send(moments);
                }
                None => return Ok(()),
            },
            message = line.socket.next() => match message {
                Some(Ok(Message::Text(text))) => line.answer(serde_json::from_str(&text)?).await?,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}

struct Line {
    socket: WebSocketStream<TcpStream>,
    /// The number delivered last.
    last: u64,
}

impl Line {
    async fn send(&mut self, frame: &ServerFrame) -> Result<()> {
        Ok(self.socket.send(Message::text(serde_json::to_string(frame)?)).await?)
    }

    async fn answer(&mut self, frame: ClientFrame) -> Result<()> {
        match frame {
            ClientFrame::Hello { protocol, cursor, .. } => self.welcome(protocol, cursor).await,
            ClientFrame::Command(named) => {
                let outcome = Outcome::Accepted { last: Seq(self.last), chat_id: None };
                self.send(&ServerFrame::Answer { id: named.id, outcome }).await
            }
            ClientFrame::Ping => self.send(&ServerFrame::Digest(self.digest())).await,
            ClientFrame::Typing { .. } | ClientFrame::Manage(_) | ClientFrame::List(_) => Ok(()),
        }
    }

    async fn welcome(&mut self, protocol: u32, cursor: Seq) -> Result<()> {
        if protocol != PROTOCOL || cursor != Seq(0) {
            bail!("the tape begins at the beginning, for protocol {PROTOCOL}");
        }
        let workspace = Workspace { id: "tape".into(), name: "Tape".into(), site_url: None };
        let (me, now, head) = (mina(), now(), Seq(OPENING));
        self.send(&ServerFrame::Welcome { protocol, me, workspace, head, now }).await?;
        for fact in opening() {
            self.event(fact).await?;
        }
        let digest = self.digest();
        self.send(&ServerFrame::CaughtUp { digest }).await?;
        self.send(&ServerFrame::Live { reset: true, values: Vec::new() }).await
    }

    async fn event(&mut self, fact: Fact) -> Result<()> {
        let prev = Seq(self.last);
        self.last += 1;
        let event = Event { seq: Seq(self.last), at: now(), fact };
        self.send(&ServerFrame::Event { prev, event }).await
    }

    fn digest(&self) -> Digest {
        Digest { last: Seq(self.last), waiting: 0, open: 1 }
    }

    async fn play(&mut self, burst: Burst) -> Result<Vec<f64>> {
        let begun = Instant::now();
        let mut moments = Vec::new();
        for number in 0..burst.count {
            let due = Duration::from_secs(1) * number / burst.per_second;
            sleep_until(begun + due).await;
            moments.push(now_ms());
            self.event(said(&text(burst.first + number))).await?;
        }
        Ok(moments)
    }
}

fn now() -> Timestamp {
    Timestamp(now_ms() as i64)
}

fn mina() -> Agent {
    Agent {
        id: MINA,
        display_name: "Mina".into(),
        email: "mina@example.com".into(),
        availability: Availability::Online,
    }
}

fn opening() -> [Fact; OPENING as usize] {
    let visitor = VisitorProfile {
        id: VisitorId("0123456789abcdef01234567".into()),
        name: Some("Jun".into()),
        language: "en".into(),
        browser: "Chromium 156".into(),
        platform: "Linux".into(),
        page: Page { url: "https://shop.example/".into(), title: "Shop".into(), ..Page::default() },
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: now(),
    };
    [
        Fact::AgentSaved { agent: mina() },
        Fact::AvailabilitySet { agent_id: MINA, availability: Availability::Online, missed: None },
        Fact::ChatRequested { chat_id: CHAT, visitor, origin: Origin::default() },
        said("Hello"),
        Fact::AgentJoined { chat_id: CHAT, agent_id: MINA },
    ]
}

fn said(text: &str) -> Fact {
    let message = Said {
        id: CommandId(uuid::Uuid::now_v7()),
        author: Author::Visitor,
        text: text.to_owned(),
        at: now(),
        file: None,
    };
    Fact::MessagePosted { chat_id: CHAT, message }
}
