//! P1, P2, P2b: from the start of a program to its first picture, and what that costs.
//!
//! A picture is the first frame with six colours (performance.md 2). A program may paint a frame
//! early that says nothing yet, so the moment from which on the screen stays as it is, with the
//! conversation that the program opens, gets a row of its own under the same gate.
//!
//! An empty Tauri program starts along with the two: no gate is on it, but it says how much of a
//! ratio is the stack's and how much is the product's.

use crate::{
    measure::{
        machine,
        pixels::{Frame, Seen, WINDOW},
    },
    peers::Contestant,
    report::{GateOn, Row, median},
};
use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};

/// Fewer colours are a background, not a picture.
const COLOURS: usize = 6;
/// How long after its start a program is watched; its CPU is read at the end of it.
const WATCH: Duration = Duration::from_secs(6);
/// A program that has painted nothing by then has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// A screen of which no more than this part differs from the final one has come to rest.
const REST: f64 = 0.02;

/// One start; seconds since exec, and seconds of CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Start {
    map: f64,
    paint: f64,
    rest: f64,
    cpu: f64,
}

/// Whether the disk cache is emptied before each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cache {
    Cold,
    Warm,
}

/// Which of the rows are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) paint: bool,
    pub(crate) cpu: bool,
}

/// Starts all in turn, `rounds` times after one that does not count, and compares.
pub(crate) fn rows<'a>(
    product: &'a mut dyn Contestant,
    peer: &'a mut dyn Contestant,
    floor: &'a mut dyn Contestant,
    cache: Cache,
    rounds: usize,
    wanted: Wanted,
) -> Result<Vec<Row>> {
    let peer_name = peer.name();
    let mut sides = [(product, Vec::new()), (peer, Vec::new()), (floor, Vec::new())];
    for round in 0..=rounds {
        for (contestant, samples) in &mut sides {
            let sample = start(*contestant, cache)
                .with_context(|| format!("starting {}", contestant.name()))?;
            crate::say(format_args!(
                "{cache:?} start {round} of {}: {sample:?}",
                contestant.name()
            ));
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let samples = sides.map(|(_, samples)| samples);
    Ok(compare(&samples, peer_name, cache, wanted))
}

/// `samples`: the product's, the peer's, the floor's.
fn compare(samples: &[Vec<Start>; 3], peer: &str, cache: Cache, wanted: Wanted) -> Vec<Row> {
    let [ours, theirs, floor] = samples;
    let middle = |samples: &[Start], what: fn(&Start) -> f64| {
        median(&samples.iter().map(what).collect::<Vec<_>>())
    };
    let (id, start, gate) = match cache {
        Cache::Cold => ("P1", "cold start", 0.9),
        Cache::Warm => ("P2", "warm start", 0.6),
    };
    let timed = |to: &str, what: fn(&Start) -> f64| {
        let what_for = format!("{start} to {to}, 1,000,000-message history");
        let (value, peer_value) = ((middle(ours, what), "s"), (peer, middle(theirs, what)));
        Row::against(id, &what_for, value, peer_value, (GateOn::Ratio, gate))
            .with("rounds", ours.len())
            .with_number("floor", middle(floor, what))
    };
    let mut rows = Vec::new();
    if wanted.paint {
        rows.push(
            timed("first paint", |s| s.paint)
                .with_number("window_s", middle(ours, |s| s.map))
                .with_number("peer_window_s", middle(theirs, |s| s.map)),
        );
        rows.push(timed("the conversation painted", |s| s.rest));
    }
    if wanted.cpu {
        let (cpu, peer_cpu) = (middle(ours, |s| s.cpu), middle(theirs, |s| s.cpu));
        let what = "CPU of a warm start, 6 s from exec";
        rows.push(
            Row::against("P2b", what, (cpu, "CPU-s"), (peer, peer_cpu), (GateOn::Ratio, 0.5))
                .with("rounds", ours.len())
                .with_number("floor", middle(floor, |s| s.cpu)),
        );
    }
    rows
}

fn start(contestant: &mut dyn Contestant, cache: Cache) -> Result<Start> {
    blank(contestant)?;
    if cache == Cache::Cold {
        machine::drop_caches()?;
    }
    contestant.desk().screen.forget()?;
    let mut app = contestant.start()?;
    let mut watch = Watch::new(app.started);
    loop {
        let now = Instant::now();
        let painted = watch.paint_s.is_some();
        if painted && now >= app.started + WATCH {
            break;
        }
        if !painted && now >= app.started + PATIENCE {
            bail!("it painted nothing within {} s: {}", PATIENCE.as_secs(), app.words());
        }
        watch.look(contestant)?;
        app.still_runs()?;
    }
    let cpu = app.tree().cpu_seconds();
    let last = contestant.desk().screen.frame()?.sparse();
    contestant.settle(&mut app).context("it painted but did not sign in")?;
    let paint = watch.paint_s.context("it painted nothing")?;
    Ok(Start {
        map: watch.map_s.context("it painted but mapped no window")?,
        paint,
        rest: at_rest(&watch.frames, &last).max(paint),
        cpu,
    })
}

/// Waits until nothing of the run before is left on the screen.
fn blank(contestant: &dyn Contestant) -> Result<()> {
    let screen = &contestant.desk().screen;
    machine::wait_for("an empty screen", Duration::from_secs(10), || {
        Ok((screen.frame()?.colours(COLOURS) < 3).then_some(()))
    })
}

/// What has been seen of a start.
struct Watch {
    started: Instant,
    map_s: Option<f64>,
    paint_s: Option<f64>,
    frames: Vec<(f64, Frame)>,
}

impl Watch {
    fn new(started: Instant) -> Self {
        Self { started, map_s: None, paint_s: None, frames: Vec::new() }
    }

    fn look(&mut self, contestant: &dyn Contestant) -> Result<()> {
        let screen = &contestant.desk().screen;
        let tenth = Instant::now() + Duration::from_millis(100);
        let Some((at, seen)) = screen.next(tenth)? else { return Ok(()) };
        let since = |moment: Instant| moment.duration_since(self.started).as_secs_f64();
        match seen {
            Seen::Mapped { width, height, .. } if width >= WINDOW && height >= WINDOW => {
                self.map_s = self.map_s.or(Some(since(at)));
            }
            Seen::Drawn => {
                // The moment of looking: what is seen may have been drawn after `at`.
                let at = since(Instant::now());
                let frame = screen.frame()?;
                if self.paint_s.is_none() && frame.colours(COLOURS) >= COLOURS {
                    self.paint_s = Some(at);
                }
                self.frames.push((at, frame.sparse()));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The moment of the first frame from which on all frames look like the last one.
fn at_rest(frames: &[(f64, Frame)], last: &Frame) -> f64 {
    let allowed = (last.len() as f64 * REST) as usize;
    let restless = frames.iter().rposition(|(_, frame)| frame.changed(last) > allowed);
    let first = restless.map_or(0, |at| at + 1);
    frames.get(first).or(frames.last()).map_or(f64::NAN, |(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pixels: &[u32]) -> Frame {
        Frame::of(pixels)
    }

    #[test]
    fn the_screen_rests_at_the_frame_after_the_last_that_differs() {
        let last = frame(&[1, 2, 3, 4]);
        let frames = [
            (0.1, frame(&[0, 0, 0, 0])),
            (0.2, frame(&[1, 2, 3, 4])),
            (0.3, frame(&[9, 9, 9, 9])),
            (0.4, frame(&[1, 2, 3, 4])),
            (0.5, frame(&[1, 2, 3, 4])),
        ];
        assert!((at_rest(&frames, &last) - 0.4).abs() < 1e-9);
        assert!(at_rest(&[], &last).is_nan());
    }

    #[test]
    fn medians_are_compared_under_the_gates_of_the_suite() {
        let start = |paint| Start { map: 0.2, paint, rest: 1.0, cpu: paint };
        let samples = [
            vec![start(0.5), start(0.6), start(9.0)],
            vec![start(1.0), start(1.1), start(1.2)],
            vec![start(0.4)],
        ];
        let both = Wanted { paint: true, cpu: true };
        let rows = compare(&samples, "peer", Cache::Warm, both);
        assert_eq!(
            rows.iter().map(|r| (r.id, r.holds)).collect::<Vec<_>>(),
            [("P2", true), ("P2", false), ("P2b", false)]
        );
        let rows = compare(&samples, "peer", Cache::Cold, Wanted { paint: true, cpu: false });
        assert_eq!(
            rows.iter().map(|r| (r.id, r.holds)).collect::<Vec<_>>(),
            [("P1", true), ("P1", false)]
        );
    }
}
