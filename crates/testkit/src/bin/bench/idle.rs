//! P3, P3b, P4: what a program holds and does while nothing happens.
//!
//! Only one program runs at a time: shared pages make a second one of the same kind look smaller.

use crate::{
    measure::{app::App, tree::Memory},
    peers::Contestant,
    report::{GateOn, Row, median},
};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Nothing is measured before a program has come to rest after its start.
const SETTLE: Duration = Duration::from_secs(10);

/// How long idleness is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) idle: Duration,
    pub(crate) hidden: bool,
}

/// One stretch of idleness.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Idle {
    memory: Memory,
    /// Percent of one core.
    cpu_percent: f64,
    wakeups_per_s: f64,
}

/// What was seen of one contestant.
#[derive(Debug, Default)]
struct Seen {
    visible: Vec<Idle>,
    hidden: Vec<Idle>,
}

/// A program that can go out of sight and stay at work.
pub(crate) trait Hides: Contestant {
    /// Closes its window; it is in the tray when this returns.
    fn hide(&mut self, app: &mut App) -> Result<()>;
}

/// Which rows are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) memory: bool,
    pub(crate) cpu: bool,
}

/// P3 and P4: product and peer in turn.
pub(crate) fn rows(
    product: &mut dyn Hides,
    peer: &mut dyn Contestant,
    plan: Plan,
    wanted: Wanted,
) -> Result<(Vec<Row>, f64)> {
    let mut ours = Seen::default();
    let mut theirs = Seen::default();
    for _ in 0..plan.rounds {
        visit_product(product, plan, &mut ours)?;
        let mut app = ready(peer)?;
        theirs.visible.push(watch(peer, &mut app, plan.idle)?);
    }
    let mut rows = Vec::new();
    if wanted.memory {
        rows.extend(memory_rows(&ours, &theirs, peer.name()));
    }
    if wanted.cpu {
        rows.extend(cpu_rows(&ours, &theirs, peer.name(), plan));
    }
    Ok((rows, middle(&ours.visible, |i| i.memory.pss_mb)))
}

/// P3b: the product's memory over that of the empty program, measured in the same call.
pub(crate) fn floor_row(floor: &mut dyn Contestant, rounds: usize, pss_mb: f64) -> Result<Row> {
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let mut app = ready(floor)?;
        // An empty program has nothing that could grow: it need not be looked at for a minute.
        samples.push(watch(floor, &mut app, Duration::from_secs(5))?);
    }
    let base = middle(&samples, |i| i.memory.pss_mb);
    let what = "idle memory (PSS) over an empty Tauri program";
    let row =
        Row::against("P3b", what, (pss_mb, "MB"), (floor.name(), base), (GateOn::Difference, 40.0));
    Ok(row.with("rounds", rounds))
}

fn ready(contestant: &mut dyn Contestant) -> Result<App> {
    let name = contestant.name();
    let mut app = contestant.start()?;
    contestant.settle(&mut app).with_context(|| format!("{name} did not come up"))?;
    // In sight, but nobody types: no caret blinks.
    contestant.desk().screen.unfocus()?;
    pass(SETTLE, contestant)?;
    Ok(app)
}

fn visit_product(product: &mut dyn Hides, plan: Plan, seen: &mut Seen) -> Result<()> {
    let mut app = ready(product)?;
    seen.visible.push(watch(product, &mut app, plan.idle)?);
    if plan.hidden {
        product.hide(&mut app)?;
        pass(Duration::from_secs(3), product)?;
        seen.hidden.push(watch(product, &mut app, plan.idle)?);
    }
    Ok(())
}

fn watch(contestant: &dyn Contestant, app: &mut App, idle: Duration) -> Result<Idle> {
    let (before, from) = (app.tree().work(), Instant::now());
    pass(idle, contestant)?;
    let (after, over) = (app.tree().work(), from.elapsed());
    app.still_runs()?;
    let idle = rates(after.since(&before), over, app.tree().memory()?);
    crate::say(format_args!("idle {}: {idle:?}", contestant.name()));
    Ok(idle)
}

fn rates((cpu_s, wakeups): (f64, u64), over: Duration, memory: Memory) -> Idle {
    let over = over.as_secs_f64();
    Idle { memory, cpu_percent: cpu_s / over * 100.0, wakeups_per_s: wakeups as f64 / over }
}

/// Lets time go by; what happens on the screen meanwhile is nobody's concern.
fn pass(time: Duration, contestant: &dyn Contestant) -> Result<()> {
    let until = Instant::now() + time;
    while contestant.desk().screen.next(until)?.is_some() {}
    Ok(())
}

fn middle(samples: &[Idle], what: fn(&Idle) -> f64) -> f64 {
    median(&samples.iter().map(what).collect::<Vec<_>>())
}

fn memory_rows(ours: &Seen, theirs: &Seen, peer: &str) -> [Row; 2] {
    let row = |what: &str, of: fn(&Idle) -> f64| {
        let (value, peer_value) = (middle(&ours.visible, of), middle(&theirs.visible, of));
        Row::against("P3", what, (value, "MB"), (peer, peer_value), (GateOn::Ratio, 0.6))
            .with("rounds", ours.visible.len())
            .with_number("processes", middle(&ours.visible, |i| i.memory.processes as f64))
            .with_number("peer_processes", middle(&theirs.visible, |i| i.memory.processes as f64))
    };
    [
        row("idle memory of all processes (PSS), signed in", |i| i.memory.pss_mb),
        row("idle memory of all processes (private dirty), signed in", |i| {
            i.memory.private_dirty_mb
        }),
    ]
}

fn cpu_rows(ours: &Seen, theirs: &Seen, peer: &str, plan: Plan) -> Vec<Row> {
    let row = |what: &str, samples: &[Idle], gate: f64| {
        let value = (middle(samples, |i| i.cpu_percent), "% of a core");
        let beside = (peer, middle(&theirs.visible, |i| i.cpu_percent));
        Row::against("P4", what, value, beside, (GateOn::Value, gate))
            .with("rounds", samples.len())
            .with_number("wakeups_per_s", middle(samples, |i| i.wakeups_per_s))
            .with_number("peer_wakeups_per_s", middle(&theirs.visible, |i| i.wakeups_per_s))
    };
    let mut rows = vec![row("idle CPU, window visible", &ours.visible, 0.1)];
    if plan.hidden {
        rows.push(row("idle CPU, hidden to the tray", &ours.hidden, 0.02));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_becomes_percent_of_a_core_and_wakeups_a_second() {
        let idle = rates((0.06, 300), Duration::from_mins(1), Memory::default());
        assert!((idle.cpu_percent - 0.1).abs() < 1e-9);
        assert!((idle.wakeups_per_s - 5.0).abs() < 1e-9);
    }
}
