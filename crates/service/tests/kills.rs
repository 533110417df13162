//! The program killed with `kill -9` at any moment, under load, again and again: after each start
//! everything that was acknowledged is there, exactly once, and nothing that was told is gone.
//!
//! `BELLHOP_KILLS` says how often; `BELLHOP_SEED` repeats the moments of a run.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use bellhop_model::{Event, Seq, frame::ServerFrame};
use bellhop_simulator::chance::Chance;
use common::{
    Agent, Socket,
    program::{begin, output, program},
    steadfast::{Diligent, Steadfast, Talkative, Who, mark},
};
use std::{collections::HashSet, env, path::Path, process::Stdio, time::Duration};
use tokio::{process::Command, sync::Notify, time::sleep};

const VISITORS: u8 = 4;

/// Nobody is held back, and snapshots are written often enough to be killed in the middle of one.
const SETTINGS: &str = "
    name = \"Moon & Kettle\"
    listen = \"127.0.0.1:0\"
    [limits]
    agent_frames = { at_once = 1e6, per_second = 1e6 }
    visitor_frames = { at_once = 1e6, per_second = 1e6 }
    new_chats = { at_once = 1e6, per_second = 1e6 }
    [storage]
    snapshot_every = 200
";

#[tokio::test]
async fn r1_killed_at_any_moment_it_has_everything_acknowledged_exactly_once() {
    Box::pin(kill_again_and_again(number("BELLHOP_KILLS").unwrap_or(48))).await;
}

/// `cargo test -p bellhop-service --test kills -- --ignored --nocapture`
#[tokio::test]
#[ignore = "minutes: the same a thousand times"]
async fn r1_killed_a_thousand_times_it_has_everything_acknowledged_exactly_once() {
    Box::pin(kill_again_and_again(number("BELLHOP_KILLS").unwrap_or(1000))).await;
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().expect("a number"))
}

async fn kill_again_and_again(kills: u64) {
    let seed = number("BELLHOP_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("BELLHOP_SEED={seed}");
    let mut chance = Chance::new(seed);
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let settings = parent.path().join("service.toml");
    std::fs::write(&settings, SETTINGS).unwrap();
    let add = |name, email| ["admin", "add-agent", "--name", name, "--email", email];
    let mina = output(&data, &add("Mina", "mina@shop.example")).await;
    let mut mina = Steadfast::new(Who::Agent { token: mina }, Diligent::default());
    let mut witness = Witness::new(output(&data, &add("Soo-ah", "soo-ah@shop.example")).await);
    let mut visitors: Vec<_> = (0..VISITORS)
        .map(|number| Who::Visitor { key: common::key(number) })
        .map(|who| Steadfast::new(who, Talkative::default()))
        .collect();

    let (mut acknowledged, mut in_doubt) = (0, 0);
    for kill in 0..kills {
        if chance.happens(20) {
            killed_while_it_starts(serve(&data, &settings), &mut chance).await;
        }
        let (mut child, url) = begin(serve(&data, &settings)).await;
        let answered = Notify::new();
        let talk = async {
            let visitors = visitors.iter_mut().map(|one| one.talk(&url, &answered));
            tokio::join!(futures_util::future::join_all(visitors), mina.talk(&url, &answered));
        };
        let end = async {
            answered.notified().await;
            moment(&mut chance, 40).await;
            child.kill().await.unwrap();
        };
        tokio::join!(talk, end);
        in_doubt += mina.unanswered() + visitors.iter().map(Steadfast::unanswered).sum::<usize>();

        let (mut child, url) = begin(serve(&data, &settings)).await;
        // Mina last: what she wishes may be about what a visitor said.
        for visitor in &mut visitors {
            visitor.settle(&url).await;
        }
        mina.settle(&url).await;
        let mut done = std::mem::take(&mut mina.done);
        for visitor in &mut visitors {
            done.append(&mut visitor.done);
        }
        acknowledged += done.len();
        witness.look(&url, &mina.told, done, kill).await;
        child.kill().await.unwrap();
    }
    let events = witness.events.len();
    witness.look_again(&data, &settings).await;
    let verified = output(&data, &["verify"]).await;
    assert!(verified.ends_with("The journal is whole."), "{verified}");
    eprintln!(
        "{kills} kills under load: {events} events, {acknowledged} acknowledged, {in_doubt} not \
         answered at a kill; nothing lost, nothing twice"
    );
}

fn serve(data: &Path, settings: &Path) -> Command {
    let mut command = program(data, &["serve"]);
    command.arg("--config").arg(settings);
    command
}

/// Not waiting for something: the moment of the kill is what is tried.
async fn moment(chance: &mut Chance, within_ms: i64) {
    let micros = chance.within(0..within_ms * 1000);
    sleep(Duration::from_micros(micros.unsigned_abs())).await;
}

async fn killed_while_it_starts(mut command: Command, chance: &mut Chance) {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    moment(chance, 80).await;
    child.kill().await.unwrap();
}

/// Who reads the journal over the socket after every start, and knows what was there before.
struct Witness {
    token: String,
    events: Vec<Event>,
    /// Of all events.
    marks: HashSet<String>,
    /// So many events that somebody was told of were looked for.
    compared: usize,
}

impl Witness {
    fn new(token: String) -> Self {
        Self { token, events: Vec::new(), marks: HashSet::new(), compared: 0 }
    }

    /// `told` are the events that somebody was told of, from the first on; `done` what was
    /// acknowledged since the last look.
    async fn look(&mut self, url: &str, told: &[Event], done: Vec<String>, kill: u64) {
        let last = self.events.last().map_or(Seq(0), |event| event.seq);
        let new = read(url, &self.token, last).await;
        let mut marks = HashSet::new();
        for mark in new.iter().filter_map(mark) {
            assert!(self.marks.insert(mark.clone()), "kill {kill}: {mark} is there twice");
            marks.insert(mark);
        }
        self.events.extend(new);
        assert!(told.len() <= self.events.len(), "kill {kill}: what was told is not there");
        assert_eq!(told[self.compared..], self.events[self.compared..told.len()], "kill {kill}");
        self.compared = told.len();
        let done: HashSet<_> = done.into_iter().collect();
        let lost: Vec<_> = done.difference(&marks).collect();
        assert!(lost.is_empty(), "kill {kill}: acknowledged and not there: {lost:?}");
        let unasked: Vec<_> = marks.difference(&done).collect();
        assert!(unasked.is_empty(), "kill {kill}: there and not acknowledged: {unasked:?}");
    }

    /// All of it once more, from the first event.
    async fn look_again(&self, data: &Path, settings: &Path) {
        let (_child, url) = begin(serve(data, settings)).await;
        let again = read(&url, &self.token, Seq(0)).await;
        // What happens by itself, such as the end of a chat whose visitor is away, may follow.
        assert_eq!(again[..self.events.len()], self.events);
    }
}

/// The events after a number, as an agent gets them.
async fn read(url: &str, token: &str, after: Seq) -> Vec<Event> {
    let mut socket = Socket::open(url).await;
    socket.send(&Agent::hello(token, after)).await;
    let mut events = Vec::new();
    let mut last = after;
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Event { prev, event } => {
                // Some numbers may be of events that are for others alone.
                assert!(*prev == last && event.seq > last, "a hole or a repeat: {event:?}");
                last = event.seq;
                events.push(event.clone());
                None
            }
            ServerFrame::CaughtUp { .. } => Some(()),
            _ => None,
        })
        .await;
    events
}
