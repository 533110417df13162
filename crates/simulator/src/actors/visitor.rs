//! A visitor at the socket.

use super::{
    Connection, Day, Stage,
    day::{Person, live},
    new_id,
};
use crate::{
    chance::Chance,
    line::Line,
    script::{
        faults::Faults,
        visitor::{Act, Seen, Visitor},
    },
    watch::{Violation, visitor::VisitorWatch},
};
use bellhop_model::{
    CommandId, Refusal,
    frame::PROTOCOL,
    people::Page,
    visitor_frame::{VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use std::collections::HashMap;

/// What a wish that was taken counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Say,
    Rate,
}

/// One visit, from coming to going.
pub(crate) async fn visit(stage: &Stage, number: u64, at: i64) -> Day {
    let script = Visitor::new(&stage.place.site(), Chance::nth(stage.seed, 2 * number), at);
    let faults = Faults::new(stage.faults, Chance::nth(stage.seed, 2 * number + 1));
    let visit = Visit {
        stage,
        script,
        connection: Connection::new(stage, faults),
        watch: VisitorWatch::default(),
        key: uuid::Uuid::now_v7().simple().to_string(),
        wishes: HashMap::new(),
        day: Day::default(),
        gone: false,
    };
    visit.run().await
}

struct Visit<'a> {
    stage: &'a Stage,
    script: Visitor,
    connection: Connection<VisitorClientFrame>,
    watch: VisitorWatch,
    /// The browser's secret.
    key: String,
    /// What is counted once it is taken.
    wishes: HashMap<CommandId, Kind>,
    day: Day,
    gone: bool,
}

impl Visit<'_> {
    async fn run(mut self) -> Day {
        let stage = self.stage;
        live(&mut self, stage).await;
        self.connection.close().await;
        let totals = &mut self.day.totals;
        self.connection.count(totals);
        totals.missed = totals.asked.saturating_sub(totals.served);
        self.day
    }

    fn read(&mut self, line: VisitorLine) -> Option<Seen> {
        let totals = &mut self.day.totals;
        match line {
            VisitorLine::Joined { .. } => {
                totals.served = 1;
                None
            }
            VisitorLine::Theirs { text, .. } => {
                // What came before anybody joined was an automatic message.
                totals.answered = totals.served;
                Some(Seen::Answer(text))
            }
            VisitorLine::RatingRequested { .. } => Some(Seen::AskedToRate),
            _ => None,
        }
    }

    fn refused(&mut self, id: CommandId, refusal: &Refusal) -> Option<Seen> {
        if refusal.is_transient() {
            let judged = self.watch.put_off(id);
            self.day.judge(judged);
            // Sent again, with the same id, on the next line.
            return Some(self.lost());
        }
        let judged = self.watch.answered(id, false);
        self.settled(id, judged, false)
    }

    fn settled(
        &mut self,
        id: CommandId,
        first: Result<bool, Violation>,
        taken: bool,
    ) -> Option<Seen> {
        let first = self.day.judge(first)?;
        self.connection.settle(id);
        let totals = &mut self.day.totals;
        match self.wishes.get(&id).filter(|_| taken && first) {
            Some(Kind::Say) => {
                totals.said += 1;
                totals.asked = 1;
            }
            Some(Kind::Rate) => totals.rated += 1,
            None => {}
        }
        first.then_some(Seen::Settled)
    }

    async fn open(&mut self, page: Page) -> Result<(), crate::line::Gone> {
        let who = self.script.who();
        let hello = VisitorClientFrame::Hello {
            protocol: PROTOCOL,
            key: self.key.clone(),
            cursor: self.watch.cursor(),
            language: who.language.browser().to_owned(),
            page,
            referrer: who.referrer.to_owned(),
            time_zone: String::new(),
            visits: 0,
        };
        let line = Line::open(&self.stage.place, "/visitor", who.user_agent).await;
        self.connection.open(line, &hello).await
    }
}

impl Person for Visit<'_> {
    type Frame = VisitorServerFrame;
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

    async fn hear(&mut self, frame: VisitorServerFrame) -> Option<Seen> {
        match frame {
            VisitorServerFrame::Welcome { chat, reset, ratings, .. } => {
                if reset {
                    self.watch.reset();
                }
                let sent = self.connection.welcomed().await;
                Some(if sent.is_ok() { Seen::Welcomed { chat, ratings } } else { self.lost() })
            }
            VisitorServerFrame::Line { prev, seq, line, .. } => {
                let judged = self.watch.line(prev, seq, &line);
                self.day.judge(judged);
                self.read(line)
            }
            VisitorServerFrame::State { chat, .. } => Some(Seen::State(chat)),
            VisitorServerFrame::Taken { id } => {
                let judged = self.watch.answered(id, true);
                self.settled(id, judged, true)
            }
            VisitorServerFrame::Refused { id, refusal } => self.refused(id, &refusal),
            VisitorServerFrame::Rejected(rejection) => {
                self.gone |= !self.day.rejected(&rejection);
                Some(self.lost())
            }
            VisitorServerFrame::Typing { .. }
            | VisitorServerFrame::Greeting { .. }
            | VisitorServerFrame::Pong
            | VisitorServerFrame::Unknown => None,
        }
    }

    async fn act(&mut self, act: Act) -> Option<Seen> {
        let done = match act {
            Act::Open(page) => self.open(page).await,
            Act::Cut => {
                self.connection.lose();
                Ok(())
            }
            Act::Shut => {
                self.connection.close().await;
                Ok(())
            }
            Act::Move(page) => self.connection.send(&VisitorClientFrame::Page { page }).await,
            Act::Name(name) => {
                let name = name.to_owned();
                self.connection.send(&VisitorClientFrame::Name { name }).await
            }
            Act::Typing(on) => self.connection.send(&VisitorClientFrame::Typing { on }).await,
            Act::Say(text) => {
                let id = new_id();
                self.wishes.insert(id, Kind::Say);
                self.watch.asked(id);
                self.connection.wish(id, VisitorClientFrame::Say { id, text }).await
            }
            Act::Rate(rating, why) => {
                let (id, rating) = (new_id(), Some(rating));
                self.wishes.insert(id, Kind::Rate);
                self.watch.asked(id);
                let comment = why.map(ToOwned::to_owned);
                self.connection.wish(id, VisitorClientFrame::Rate { id, rating, comment }).await
            }
            Act::End => {
                let id = new_id();
                self.watch.asked(id);
                self.connection.wish(id, VisitorClientFrame::End { id }).await
            }
            Act::Depart => {
                self.gone = true;
                Ok(())
            }
        };
        done.err().map(|_| self.lost())
    }
}
