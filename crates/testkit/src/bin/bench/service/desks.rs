//! Agents at work: each a line of its own, in a few chats, who wish one thing after the other as
//! fast as they are answered, or in a given pace.

use super::{
    CHATS_EACH,
    crowd::{Socket, open, text},
    host::Host,
};
use anyhow::{Context, Result, bail, ensure};
use bellhop_model::{
    ChatId, Command, CommandId, Fact, Seq,
    command::NamedCommand,
    frame::{ClientFrame, Outcome, PROTOCOL, ServerFrame},
};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitStream};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{timeout, timeout_at},
};
use tokio_tungstenite::tungstenite::Message;

const PATIENCE: Duration = Duration::from_mins(1);

/// What all lines note down.
#[derive(Debug, Default)]
struct Board {
    answered: AtomicU64,
    /// Deliveries are timed now.
    timing: AtomicBool,
    sent: Mutex<HashMap<CommandId, Instant>>,
    /// Milliseconds from sending to delivery, for each agent who was told.
    delays: Mutex<Vec<f64>>,
    /// Why a line ended or a command was refused.
    wrong: Mutex<Option<String>>,
}

/// An agent.
#[derive(Debug)]
struct Desk {
    outgoing: mpsc::UnboundedSender<Message>,
    /// A place for each command that may be under way.
    window: Arc<Semaphore>,
    chats: Vec<ChatId>,
    turn: usize,
}

/// All agents.
#[derive(Debug, Default)]
pub(super) struct Desks {
    agents: Vec<Desk>,
    board: Arc<Board>,
    /// What they have already.
    cursor: Seq,
    tasks: JoinSet<()>,
}

impl Desks {
    /// Agents who have everything up to this event.
    pub(super) fn resuming(cursor: Seq) -> Self {
        Self { cursor, ..Self::default() }
    }

    /// Agents come until there are `count`; each serves her chats.
    pub(super) async fn staff(&mut self, host: &Host, count: usize) -> Result<()> {
        while self.agents.len() < count {
            let token = host.token(self.agents.len()).context("a token")?;
            let (mut socket, head) = hello(host.port(), token, self.cursor).await?;
            // The next one need not read what this one reads.
            self.cursor = head;
            let mut chats = Vec::new();
            while chats.len() < CHATS_EACH {
                chats.push(serve(&mut socket).await?);
            }
            let (mut sink, stream) = socket.split();
            let (outgoing, mut wishes) = mpsc::unbounded_channel();
            self.tasks.spawn(async move {
                while let Some(message) = wishes.recv().await {
                    if sink.send(message).await.is_err() {
                        return;
                    }
                }
            });
            let window = Arc::new(Semaphore::new(0));
            let (board, places) = (self.board.clone(), window.clone());
            self.tasks.spawn(async move {
                let why = match read(stream, &board, &places).await {
                    Ok(()) => "a line ended".to_owned(),
                    Err(error) => format!("{error:#}"),
                };
                *locked(&board.wrong) = Some(why);
                places.close();
            });
            self.agents.push(Desk { outgoing, window, chats, turn: 0 });
        }
        Ok(())
    }

    /// How many commands a second are answered while `under_way` are unanswered at any time.
    pub(super) async fn commands(&mut self, under_way: usize, time: Duration) -> Result<f64> {
        let each = under_way.div_ceil(self.agents.len().max(1));
        let board = self.board.clone();
        let begun = Instant::now();
        let first = board.answered.load(Ordering::Relaxed);
        let until = tokio::time::Instant::now() + time;
        let work = self.agents.iter_mut().map(|desk| async move {
            let window = desk.window.clone();
            window.add_permits(each);
            while let Ok(Ok(place)) = timeout_at(until, window.acquire()).await {
                place.forget();
                desk.say()?;
            }
            anyhow::Ok(())
        });
        for done in futures_util::future::join_all(work).await {
            done?;
        }
        let answered = board.answered.load(Ordering::Relaxed) - first;
        let per_second = answered as f64 / begun.elapsed().as_secs_f64();
        self.settle(|_| each).await?;
        Ok(per_second)
    }

    /// Waits until everything is answered: until each desk has so many places again, which are
    /// taken back.
    async fn settle(&self, places: impl Fn(usize) -> usize) -> Result<()> {
        for (number, desk) in self.agents.iter().enumerate() {
            let all = desk.window.acquire_many(places(number) as u32);
            match timeout(PATIENCE, all).await.context("an answer to the last commands")? {
                Ok(places) => places.forget(),
                Err(_) => bail!("{}", self.wrong()),
            }
        }
        self.check()
    }

    /// Milliseconds from a command to its event at each agent, commands coming in this pace.
    pub(super) async fn deliveries(&mut self, per_second: u32, time: Duration) -> Result<Vec<f64>> {
        let board = self.board.clone();
        locked(&board.sent).clear();
        locked(&board.delays).clear();
        board.timing.store(true, Ordering::SeqCst);
        let mut pace = tokio::time::interval(Duration::from_secs(1) / per_second);
        let count = (time.as_secs_f64() * f64::from(per_second)) as usize;
        for number in 0..count {
            pace.tick().await;
            let agents = self.agents.len();
            let desk = self.agents.get_mut(number % agents).context("an agent")?;
            let id = desk.next_id();
            locked(&board.sent).insert(id, Instant::now());
            desk.say_as(id)?;
        }
        let all = count * self.agents.len();
        let there = async {
            while locked(&board.delays).len() < all {
                pace.tick().await;
            }
        };
        let there = timeout(PATIENCE, there).await;
        board.timing.store(false, Ordering::SeqCst);
        self.check()?;
        there.context("not every command was delivered to everybody")?;
        let agents = self.agents.len();
        self.settle(|number| count / agents + usize::from(number < count % agents)).await?;
        Ok(std::mem::take(&mut *locked(&board.delays)))
    }

    /// So many commands, each after the answer to the one before.
    pub(super) async fn one_after_the_other(&mut self, count: u32) -> Result<()> {
        let desk = self.agents.first_mut().context("an agent")?;
        for _ in 0..count {
            desk.say()?;
            // A window that is closed is a line that has ended; `check` says why.
            match timeout(PATIENCE, desk.window.acquire()).await.context("an answer")? {
                Ok(place) => place.forget(),
                Err(_) => break,
            }
        }
        self.check()
    }

    fn check(&self) -> Result<()> {
        ensure!(locked(&self.board.wrong).is_none(), "{}", self.wrong());
        Ok(())
    }

    fn wrong(&self) -> String {
        locked(&self.board.wrong).clone().unwrap_or_default()
    }
}

impl Desk {
    fn next_id(&mut self) -> CommandId {
        self.turn += 1;
        CommandId(uuid::Uuid::now_v7())
    }

    fn say(&mut self) -> Result<()> {
        let id = self.next_id();
        self.say_as(id)
    }

    fn say_as(&mut self, id: CommandId) -> Result<()> {
        let chat_id = self.chats[self.turn % self.chats.len()];
        let text_said = "It is in stock, and it is sent to you within three days.".to_owned();
        let command = Command::Say { chat_id, text: text_said };
        let wish = text(&ClientFrame::Command(NamedCommand { id, command }))?;
        self.outgoing.send(wish).ok().context("the line has ended")
    }
}

/// Reads until the line ends. Frames that nobody waits for are not even parsed.
async fn read(mut stream: SplitStream<Socket>, board: &Board, places: &Semaphore) -> Result<()> {
    while let Some(message) = stream.next().await {
        let Message::Text(text) = message? else { continue };
        let arrived = Instant::now();
        if text.starts_with("{\"frame\":\"event\"") {
            if !board.timing.load(Ordering::Relaxed) {
                continue;
            }
            if let ServerFrame::Event { event, .. } = serde_json::from_str(&text)?
                && let Fact::MessagePosted { message, .. } = event.fact
                && let Some(sent) = locked(&board.sent).get(&message.id)
            {
                let delay = arrived.duration_since(*sent).as_secs_f64() * 1_000.0;
                locked(&board.delays).push(delay);
            }
        } else if text.starts_with("{\"frame\":\"answer\"") {
            match serde_json::from_str(&text)? {
                ServerFrame::Answer { outcome: Outcome::Accepted { .. }, .. } => {
                    board.answered.fetch_add(1, Ordering::Relaxed);
                    places.add_permits(1);
                }
                other => bail!("instead of a yes: {other:?}"),
            }
        } else if text.starts_with("{\"frame\":\"rejected\"") {
            bail!("cut off: {text}");
        }
    }
    Ok(())
}

/// A line of an agent who has everything up to `cursor`, behind the welcome.
async fn hello(port: u16, token: &str, cursor: Seq) -> Result<(Socket, Seq)> {
    let mut socket = open(port, "/agent").await?;
    let (token, client) = (token.to_owned(), "bench".to_owned());
    let hello = ClientFrame::Hello { protocol: PROTOCOL, token, cursor, client };
    socket.send(text(&hello)?).await?;
    match frame(&mut socket).await? {
        ServerFrame::Welcome { head, .. } => Ok((socket, head)),
        other => bail!("instead of a welcome: {other:?}"),
    }
}

/// Waits until an agent is welcome.
pub(super) async fn welcome(host: &Host, token: &str) -> Result<()> {
    hello(host.port(), token, Seq(0)).await.map(drop)
}

/// Serves the next request; waits where there is none yet.
async fn serve(socket: &mut Socket) -> Result<ChatId> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let wished = CommandId(uuid::Uuid::now_v7());
        let wish = NamedCommand { id: wished, command: Command::ServeNext };
        socket.send(text(&ClientFrame::Command(wish))?).await?;
        loop {
            match frame(socket).await? {
                ServerFrame::Answer { id, outcome } if id == wished => {
                    if let Outcome::Accepted { chat_id: Some(chat_id), .. } = outcome {
                        return Ok(chat_id);
                    }
                    break;
                }
                ServerFrame::Rejected(why) => bail!("cut off: {why}"),
                _ => {}
            }
        }
    }
    bail!("nobody asks")
}

async fn frame(socket: &mut Socket) -> Result<ServerFrame> {
    loop {
        let message = timeout(PATIENCE, socket.next()).await.context("a frame")?;
        if let Message::Text(text) = message.context("the line has ended")?? {
            return Ok(serde_json::from_str(&text)?);
        }
    }
}

/// Nothing that panics holds these locks.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
