//! Scripted people at the sockets: they carry out what the scripts decide and tell them what they
//! see.
//!
//! Invariant: a wish is kept until it is answered, and sent again, with the same id, on every new
//! line. Leaves deciding to `script` and judging to `watch`.

mod colleague;
mod day;
mod visitor;

pub(crate) use colleague::work;
pub(crate) use visitor::visit;

use crate::{
    line::{Gone, Line},
    pace::Pace,
    plan::Place,
    script::faults::{Fault, Faults},
    totals::Totals,
    watch::Violation,
};
use bellhop_model::{CommandId, frame::Rejection};
use serde::Serialize;
use std::{collections::VecDeque, time::Duration};
use tokio::sync::watch;

/// How long, at closing time, somebody may wait for what is still open.
const CLOSING: Duration = Duration::from_secs(15);

/// What everybody has in common.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) pace: Pace,
    pub(crate) seed: u64,
    pub(crate) faults: bool,
    /// Turns true at closing time.
    pub(crate) closing: watch::Receiver<bool>,
}

/// What somebody's day comes to.
#[derive(Debug, Default)]
pub(crate) struct Day {
    pub(crate) totals: Totals,
    pub(crate) violations: Vec<Violation>,
}

impl Day {
    /// Counts what is wrong; gives what is right.
    fn judge<T>(&mut self, judged: Result<T, Violation>) -> Option<T> {
        judged.map_err(|violation| self.violate(violation)).ok()
    }

    fn violate(&mut self, violation: Violation) {
        self.totals.protocol_errors += 1;
        self.violations.push(violation);
    }

    /// Whether it makes sense to come back after this.
    fn rejected(&mut self, rejection: &Rejection) -> bool {
        if !rejection.is_transient() {
            self.violate(Violation::Rejected(rejection.to_string()));
        }
        rejection.is_transient()
    }
}

/// The line, and the wishes that wait for an answer.
#[derive(Debug)]
struct Connection<F> {
    line: Option<Line>,
    wishes: VecDeque<(CommandId, F)>,
    faults: Faults,
    pace: Pace,
    opened: u64,
    /// The service has welcomed this line: wishes may be sent.
    welcomed: bool,
}

impl<F: Serialize> Connection<F> {
    fn new(stage: &Stage, faults: Faults) -> Self {
        let (line, wishes) = (None, VecDeque::new());
        Self { line, wishes, faults, pace: stage.pace, opened: 0, welcomed: false }
    }

    async fn open(&mut self, line: Result<Line, Gone>, hello: &F) -> Result<(), Gone> {
        self.lose();
        self.line = Some(line?);
        self.opened += 1;
        self.send(hello).await
    }

    /// Everything that waits is sent (again).
    async fn welcomed(&mut self) -> Result<(), Gone> {
        self.welcomed = true;
        let Some(line) = &mut self.line else { return Err(Gone) };
        for (_, wish) in &self.wishes {
            line.send(wish).await?;
        }
        Ok(())
    }

    /// Sends what is worth something now only.
    async fn send(&mut self, frame: &F) -> Result<(), Gone> {
        match &mut self.line {
            Some(line) => line.send(frame).await,
            None => Ok(()),
        }
    }

    /// Keeps a wish and sends it; what goes wrong is as the seed has it.
    async fn wish(&mut self, id: CommandId, frame: F) -> Result<(), Gone> {
        self.wishes.push_back((id, frame));
        let (true, Some(line), Some((_, frame))) =
            (self.welcomed, &mut self.line, self.wishes.back())
        else {
            return Ok(());
        };
        line.send(frame).await?;
        match self.faults.draw() {
            Some(Fault::Twice) => line.send(frame).await,
            Some(Fault::Cut) => Err(Gone),
            Some(Fault::Stall(script_ms)) => {
                line.stall(self.pace.real(script_ms));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn settle(&mut self, wanted: CommandId) {
        self.wishes.retain(|(id, _)| *id != wanted);
    }

    /// Cuts the line.
    fn lose(&mut self) {
        self.line = None;
        self.welcomed = false;
    }

    async fn close(&mut self) {
        self.welcomed = false;
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    fn count(&self, totals: &mut Totals) {
        totals.reconnects += self.opened.saturating_sub(1);
        totals.unsettled += self.wishes.len() as u64;
    }
}

fn new_id() -> CommandId {
    CommandId(uuid::Uuid::now_v7())
}

/// Resolves once at closing time; `told` says whether it did.
async fn closing(stage: &mut watch::Receiver<bool>, told: bool) {
    if told {
        tokio::time::sleep(CLOSING).await;
    } else if stage.wait_for(|closing| *closing).await.is_err() {
        // Nobody is left who could say so.
        std::future::pending::<()>().await;
    }
}
