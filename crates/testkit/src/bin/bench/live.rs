//! P5: from the sending of a message to the pixels that show it.
//!
//! The same for every contestant: somebody else sends, a server on loopback passes it on, and the
//! X server tells when the screen changed by more than a caret or a clock does.

use crate::{
    measure::{app::App, pixels::Seen},
    peers::Receiver,
    report::{GateOn, Row, median, percentile},
};
use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};

/// A line of text changes more pixels than this; a caret, a clock or a badge fewer.
const CHANGED: usize = 400;
/// The screen is at rest when so long nothing was drawn that changed it by much.
const REST: Duration = Duration::from_millis(80);
/// How long a message may take to be seen.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many messages, in how many turns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) turns: usize,
    pub(crate) each: usize,
}

/// A running contestant and its samples in milliseconds.
struct Runner<'a> {
    contestant: &'a mut dyn Receiver,
    app: App,
    samples: Vec<f64>,
}

/// Product, HexChat and converse.js in turn, all running all the while.
pub(crate) fn rows<'a>(
    product: &'a mut dyn Receiver,
    native: &'a mut dyn Receiver,
    web: &'a mut dyn Receiver,
    plan: Plan,
) -> Result<Vec<Row>> {
    let mut random = Random::new();
    let mut runners = Vec::new();
    for contestant in [product, native, web] {
        let name = contestant.name();
        runners.push(open(contestant).with_context(|| format!("{name} did not come up"))?);
    }
    for runner in &mut runners {
        // A first turn that does not count: fonts are loaded, the transcript fills the window.
        runner.turn(plan.each.min(30), &mut random)?;
        runner.samples.clear();
    }
    for _ in 0..plan.turns {
        for runner in &mut runners {
            let name = runner.contestant.name();
            runner.turn(plan.each, &mut random).with_context(|| format!("talking to {name}"))?;
        }
    }
    let [ours, native, web] = &runners[..] else { bail!("three run") };
    Ok(compare(&ours.samples, (native.name(), &native.samples), (web.name(), &web.samples)))
}

fn compare(ours: &[f64], native: (&str, &[f64]), web: (&str, &[f64])) -> Vec<Row> {
    let row = |what, value, peer: (&str, f64), gate| {
        Row::against("P5", what, (value, "ms"), peer, (GateOn::Ratio, gate))
            .with("messages", ours.len())
    };
    vec![
        row("message to pixels, p50", median(ours), (native.0, median(native.1)), 0.6)
            .with_number("peer_p99", percentile(native.1, 99.0)),
        row(
            "message to pixels, p99 against p50",
            percentile(ours, 99.0),
            (web.0, median(web.1)),
            1.0,
        )
        .with_number("peer_p99", percentile(web.1, 99.0)),
    ]
}

fn open(contestant: &mut dyn Receiver) -> Result<Runner<'_>> {
    let mut app = contestant.start()?;
    contestant.settle(&mut app)?;
    let screen = &contestant.desk().screen;
    let until = Instant::now() + Duration::from_secs(3);
    while screen.next(until)?.is_some() {}
    if let Some(window) = screen.main_window()? {
        screen.focus(window)?;
    }
    Ok(Runner { contestant, app, samples: Vec::new() })
}

impl Runner<'_> {
    fn name(&self) -> &'static str {
        self.contestant.name()
    }

    fn turn(&mut self, count: usize, random: &mut Random) -> Result<()> {
        for _ in 0..count {
            self.rest()?;
            // At any moment of a frame, of a poll, of a timer.
            self.pass(Duration::from_micros(random.below(150_000)))?;
            let sample =
                self.one().inspect_err(|_| crate::say(format_args!("{}", self.app.words())))?;
            self.samples.push(sample);
        }
        crate::say(format_args!(
            "{}: {} messages, p50 {:.1} ms, p99 {:.1} ms",
            self.name(),
            self.samples.len(),
            median(&self.samples),
            percentile(&self.samples, 99.0)
        ));
        self.app.still_runs()
    }

    /// Waits until nothing of the message before is still moving.
    fn rest(&self) -> Result<()> {
        let screen = &self.contestant.desk().screen;
        let give_up = Instant::now() + PATIENCE;
        let mut last = screen.frame()?;
        let mut until = Instant::now() + REST;
        while screen.next(until)?.is_some() {
            let frame = screen.frame()?;
            if frame.changed(&last) > CHANGED {
                until = Instant::now() + REST;
                last = frame;
            }
            if Instant::now() > give_up {
                bail!("its window never comes to rest");
            }
        }
        Ok(())
    }

    fn pass(&self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while self.contestant.desk().screen.next(until)?.is_some() {}
        Ok(())
    }

    fn one(&mut self) -> Result<f64> {
        let text = format!(
            "Is the blue one still there in size {}? I would take it today",
            30 + self.samples.len() % 70
        );
        let before = self.contestant.desk().screen.frame()?;
        self.contestant.desk().screen.forget()?;
        let sent = Instant::now();
        self.contestant.send(&text)?;
        let screen = &self.contestant.desk().screen;
        let until = sent + PATIENCE;
        while let Some((_, seen)) = screen.next(until)? {
            // The moment of looking, not of the drawing that made us look: what is seen may have
            // been drawn later.
            let at = Instant::now();
            if matches!(seen, Seen::Drawn) && screen.frame()?.changed(&before) > CHANGED {
                return Ok(at.duration_since(sent).as_secs_f64() * 1_000.0);
            }
        }
        bail!("a message was not seen within {} s", PATIENCE.as_secs())
    }
}

/// Numbers without a pattern; nothing depends on how random they are.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(uuid::Uuid::now_v7().as_u64_pair().1 | 1)
    }

    /// Below `limit` (xorshift).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p50_is_gated_beside_the_native_peer_and_p99_beside_the_web_one() {
        let ours: Vec<f64> = (1..=100).map(f64::from).collect();
        let rows = compare(&ours, ("native", &[100.0]), ("web", &[98.0]));
        assert_eq!(rows.iter().map(|r| r.holds).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn random_moments_stay_below_their_limit_and_differ() {
        let mut random = Random::new();
        let drawn: std::collections::BTreeSet<u64> = (0..50).map(|_| random.below(1_000)).collect();
        assert!(drawn.len() > 10 && drawn.iter().all(|n| *n < 1_000));
    }
}
