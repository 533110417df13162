//! A colleague at the socket.

use super::{
    Connection, Day, Stage,
    day::{Person, live},
    new_id,
};
use crate::{
    chance::Chance,
    line::{Gone, Line},
    script::{
        colleague::{Act, Colleague, Seen},
        faults::Faults,
    },
    watch::{Violation, agent::AgentWatch},
};
use bellhop_model::{
    Command, CommandId,
    command::NamedCommand,
    frame::{ClientFrame, Outcome, PROTOCOL, ServerFrame},
};
use std::collections::HashMap;

const PROGRAM: &str = concat!("bellhop-simulator ", env!("CARGO_PKG_VERSION"));
/// Colleagues draw from other streams than visitors.
const STREAMS: u64 = 1 << 40;

/// What an accepted command counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Serve,
    Say,
    Other,
}

/// One working day.
pub(crate) async fn work(stage: &Stage, number: u64, token: String) -> Day {
    let chance = |nth| Chance::nth(stage.seed, STREAMS + 2 * number + nth);
    let work = Work {
        stage,
        script: Colleague::new(chance(0), 0),
        connection: Connection::new(stage, Faults::new(stage.faults, chance(1))),
        watch: AgentWatch::default(),
        token,
        commands: HashMap::new(),
        day: Day::default(),
        gone: false,
    };
    work.run().await
}

struct Work<'a> {
    stage: &'a Stage,
    script: Colleague,
    connection: Connection<ClientFrame>,
    watch: AgentWatch,
    token: String,
    commands: HashMap<CommandId, Kind>,
    day: Day,
    gone: bool,
}

impl Work<'_> {
    async fn run(mut self) -> Day {
        let stage = self.stage;
        live(&mut self, stage).await;
        self.connection.close().await;
        self.connection.count(&mut self.day.totals);
        self.day
    }

    fn answered(&mut self, id: CommandId, outcome: &Outcome) -> Option<Seen> {
        let judged = self.watch.answered(id, outcome);
        let first = self.day.judge(judged)?;
        match outcome {
            // Sent again, with the same id, on the next line.
            Outcome::Refused { refusal } if refusal.is_transient() => return Some(self.lost()),
            Outcome::Refused { .. } => {}
            Outcome::Accepted { .. } => {
                let totals = &mut self.day.totals;
                match self.commands.remove(&id) {
                    Some(Kind::Serve) => totals.serves += 1,
                    Some(Kind::Say) => totals.replies += 1,
                    Some(Kind::Other) | None => {}
                }
            }
        }
        self.connection.settle(id);
        first.then_some(Seen::Settled)
    }

    async fn open(&mut self) -> Result<(), Gone> {
        let hello = ClientFrame::Hello {
            protocol: PROTOCOL,
            token: self.token.clone(),
            cursor: self.watch.cursor(),
            client: PROGRAM.to_owned(),
        };
        let line = Line::open(&self.stage.place, "/agent", PROGRAM).await;
        self.connection.open(line, &hello).await
    }
}

impl Person for Work<'_> {
    type Frame = ServerFrame;
    type Seen = Seen;
    type Act = Act;
    const TIME: Seen = Seen::Time;
    const CLOSING: Seen = Seen::Closing;

    fn line(&mut self) -> &mut Option<Line> {
        &mut self.connection.line
    }

    fn wake_at(&self) -> Option<i64> {
        self.script.wake_at()
    }

    fn is_gone(&self) -> bool {
        self.gone
    }

    fn decide(&mut self, seen: Seen, now: i64) -> Vec<Act> {
        self.script.handle(seen, now)
    }

    fn lost(&mut self) -> Seen {
        self.connection.lose();
        Seen::Lost
    }

    fn violate(&mut self, violation: Violation) {
        self.day.violate(violation);
    }

    async fn hear(&mut self, frame: ServerFrame) -> Option<Seen> {
        match frame {
            ServerFrame::Welcome { me, .. } => {
                self.watch.welcomed(me.id);
                Some(Seen::SignedIn(me.id))
            }
            ServerFrame::Event { prev, event } => {
                let judged = self.watch.event(prev, &event);
                let news = !matches!(judged, Err(Violation::Twice { .. }));
                self.day.judge(judged);
                news.then_some(Seen::Fact(Box::new(event.fact)))
            }
            ServerFrame::CaughtUp { digest } => {
                let judged = self.watch.digest(digest);
                self.day.judge(judged);
                let sent = self.connection.welcomed().await;
                Some(if sent.is_ok() { Seen::CaughtUp } else { self.lost() })
            }
            ServerFrame::Digest(digest) => {
                let judged = self.watch.digest(digest);
                self.day.judge(judged);
                None
            }
            ServerFrame::Answer { id, outcome } => self.answered(id, &outcome),
            ServerFrame::Rejected(rejection) => {
                self.gone |= !self.day.rejected(&rejection);
                Some(self.lost())
            }
            ServerFrame::Setup(setup) => Some(Seen::Ratings(setup.ratings)),
            ServerFrame::Live { .. }
            | ServerFrame::Permissions(_)
            | ServerFrame::Lists(_)
            | ServerFrame::Listed(_)
            | ServerFrame::Unknown => None,
        }
    }

    async fn act(&mut self, act: Act) -> Option<Seen> {
        let done = match act {
            Act::Open => self.open().await,
            Act::Typing { chat_id, on } => {
                self.connection.send(&ClientFrame::Typing { chat_id, on }).await
            }
            Act::Wish(command) => {
                let id = new_id();
                let kind = match &command {
                    Command::ServeNext | Command::Serve { .. } => Kind::Serve,
                    Command::Say { .. } => Kind::Say,
                    _ => Kind::Other,
                };
                self.commands.insert(id, kind);
                self.watch.asked(id);
                let frame = ClientFrame::Command(NamedCommand { id, command });
                self.connection.wish(id, frame).await
            }
            Act::Depart => {
                self.gone = true;
                Ok(())
            }
        };
        done.err().map(|_| self.lost())
    }
}
