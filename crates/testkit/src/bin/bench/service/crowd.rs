//! Visitors by the thousand: each a line of its own, who read what they are told and, once told
//! to, change pages.

use anyhow::{Context, Result};
use bellhop_model::{
    CommandId, Seq, frame::PROTOCOL, people::Page, visitor_frame::VisitorClientFrame,
};
use bellhop_simulator::chance::Chance;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpStream, sync::watch, task::JoinSet, time::Instant};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Lines that are being opened at one time.
const DOORS: usize = 64;

pub(super) type Socket = WebSocketStream<TcpStream>;

/// What all of them are told.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    /// Visitors whose number is below this ask for a chat.
    ask: usize,
    /// Mean time between two pages of one visitor; `None`: they stay.
    between: Option<Duration>,
}

/// The visitors; they go when this is dropped.
#[derive(Debug)]
pub(super) struct Crowd {
    orders: watch::Sender<Orders>,
    here: Arc<AtomicUsize>,
    count: usize,
    _tasks: JoinSet<()>,
}

impl Crowd {
    /// So many visitors come to the site; all are welcome when this returns.
    pub(super) async fn on_the_site(port: u16, count: usize) -> Result<Self> {
        Self::gather(port, "/visitor", count, true).await
    }

    /// So many lines to a server that asks for nothing.
    pub(super) async fn of_strangers(port: u16, count: usize) -> Result<Self> {
        Self::gather(port, "/", count, false).await
    }

    async fn gather(port: u16, path: &'static str, count: usize, hello: bool) -> Result<Self> {
        let (orders, told) = watch::channel(Orders::default());
        let (here, mut tasks) = (Arc::<AtomicUsize>::default(), JoinSet::new());
        let mut opening = futures_util::stream::iter(0..count)
            .map(|number| async move { arrive(port, path, hello).await.map(|s| (number, s)) })
            .buffer_unordered(DOORS);
        while let Some(arrived) = opening.next().await {
            let (number, socket) = arrived?;
            here.fetch_add(1, Ordering::Relaxed);
            let (told, here) = (told.clone(), here.clone());
            tasks.spawn(async move {
                let _ = stay(number, socket, told).await;
                here.fetch_sub(1, Ordering::Relaxed);
            });
        }
        drop(opening);
        Ok(Self { orders, here, count, _tasks: tasks })
    }

    /// The first `count` visitors ask for a chat.
    pub(super) fn ask(&self, count: usize) {
        self.orders.send_modify(|orders| orders.ask = count);
    }

    /// All together change pages so often.
    pub(super) fn walk(&self, per_second: u32) {
        let between = Duration::from_secs(1) * self.count as u32 / per_second.max(1);
        self.orders.send_modify(|orders| orders.between = Some(between));
    }

    /// Nobody was cut off.
    pub(super) fn all_here(&self) -> bool {
        self.here.load(Ordering::Relaxed) == self.count
    }
}

async fn arrive(port: u16, path: &str, hello: bool) -> Result<Socket> {
    let mut socket = open(port, path).await?;
    if hello {
        let key = uuid::Uuid::now_v7().simple().to_string();
        let hello = VisitorClientFrame::Hello {
            protocol: PROTOCOL,
            key,
            cursor: Seq(0),
            language: "en-GB".to_owned(),
            page: page(0),
            referrer: String::new(),
            time_zone: String::new(),
            visits: 0,
        };
        socket.send(text(&hello)?).await?;
        socket.next().await.context("a welcome")??;
    }
    Ok(socket)
}

/// Reads and discards until the line ends, and does what is ordered.
async fn stay(number: usize, mut socket: Socket, mut told: watch::Receiver<Orders>) -> Result<()> {
    let mut chance = Chance::nth(7, number as u64);
    let mut asked = false;
    let mut next: Option<Instant> = None;
    loop {
        let orders = *told.borrow_and_update();
        if !asked && number < orders.ask {
            asked = true;
            let id = CommandId(uuid::Uuid::now_v7());
            let say = VisitorClientFrame::Say { id, text: "Is anybody there?".to_owned() };
            socket.send(text(&say)?).await?;
        }
        if let (None, Some(between)) = (next, orders.between) {
            let twice = i64::try_from(between.as_micros())?.saturating_mul(2);
            let wait = chance.within(0..twice.max(1)).unsigned_abs();
            next = Some(Instant::now() + Duration::from_micros(wait));
        }
        let walk = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = told.changed() => changed?,
            message = socket.next() => { message.context("cut off")??; }
            () = walk => {
                next = None;
                let page = page(chance.number() % 50);
                socket.send(text(&VisitorClientFrame::Page { page })?).await?;
            }
        }
    }
}

fn page(number: u64) -> Page {
    Page {
        url: format!("https://shop.example/pots/{number}"),
        title: format!("Pot number {number}"),
        ..Page::default()
    }
}

/// Opens a line to this machine.
pub(super) async fn open(port: u16, path: &str) -> Result<Socket> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (socket, _) = client_async(format!("ws://localhost:{port}{path}"), stream).await?;
    Ok(socket)
}

pub(super) fn text(frame: &impl Serialize) -> Result<Message> {
    Ok(Message::text(serde_json::to_string(frame)?))
}
