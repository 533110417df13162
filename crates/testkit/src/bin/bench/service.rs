//! S1 to S5: the chat service under load, in a process of its own, each beside a floor measured in
//! the same run.
//!
//! The load comes from this process and runs on the same cores: what it costs counts against the
//! service. Left to others: the process ([`host`]), who connects ([`crowd`], [`desks`]), the floors
//! ([`floors`]), the journals to start with ([`journal`]).

mod crowd;
mod desks;
mod floors;
pub(crate) mod host;
mod journal;

use crate::report::{GateOn, Row, median, percentile};
use anyhow::{Context, Result, ensure};
use crowd::Crowd;
use desks::Desks;
use host::Host;
use std::{path::Path, time::Duration};
use tokio::runtime::Handle;

/// Commands under way at one time, whoever gives them.
const UNDER_WAY: usize = 64;
/// Chats that each agent is in.
pub(super) const CHATS_EACH: usize = 10;
/// Between the chats of a journal that has many: a hundred agents' working days.
const PAST_CHAT_EVERY: Duration = Duration::from_secs(20);
/// Between chats that are open at the same time.
const OPEN_CHAT_EVERY: Duration = Duration::from_millis(10);
/// Commands a second while delivery is measured.
const PACE: u32 = 50;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) visitors: usize,
    pub(crate) pages_per_second: u32,
    pub(crate) agents: &'static [usize],
    /// For each measurement under load.
    pub(crate) each: Duration,
    /// Chats of ten events in the journal of S4.
    pub(crate) past_chats: u32,
    pub(crate) starts: usize,
    /// Chats of S5: few and many.
    pub(crate) chats: [u32; 2],
    pub(crate) commands: u32,
}

impl Plan {
    pub(crate) const FULL: Self = Self {
        visitors: 10_000,
        pages_per_second: 1_000,
        agents: &[1, 10, 100],
        each: Duration::from_secs(10),
        past_chats: 100_000,
        starts: 5,
        chats: [10, 100_000],
        commands: 2_000,
    };
    pub(crate) const QUICK: Self = Self {
        visitors: 60,
        pages_per_second: 60,
        agents: &[1, 3],
        each: Duration::from_secs(1),
        past_chats: 100,
        starts: 2,
        chats: [10, 100],
        commands: 50,
    };
}

/// S1, S2 and S3: one service for all of them, for ten thousand visitors are not connected twice.
pub(crate) fn under_load(runtime: &Handle, plan: Plan) -> Result<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    host::allow_files()?;
    let floor = floors::group_commit(runtime, &dir.path().join("floor"), UNDER_WAY, plan.each)?;
    let single = floors::group_commit(runtime, &dir.path().join("single"), 1, plan.each)?;
    let (echo_ms, echo_kib) = echo(runtime, plan)?;

    let most = plan.agents.iter().copied().max().unwrap_or(1);
    ensure!(plan.visitors >= most * CHATS_EACH, "too few visitors for the agents' chats");
    let host = Host::service(&dir.path().join("data"), most)?;
    let before = host.memory_kib()?;
    let crowd = runtime.block_on(Crowd::on_the_site(host.port(), plan.visitors))?;
    let each_kib = (host.memory_kib()? - before) / plan.visitors as f64;
    let mut rows = vec![
        Row::against(
            "S3",
            "memory of a visitor who is on the site and does nothing (PSS)",
            (each_kib, "KiB"),
            ("a WebSocket that echoes", echo_kib),
            (GateOn::Value, 8.0),
        )
        .with("visitors", plan.visitors),
    ];
    crowd.ask(most * CHATS_EACH);
    crowd.walk(plan.pages_per_second);
    let mut desks = Desks::default();
    let floor_per_second = UNDER_WAY as f64 * 1_000.0 / mean(&floor);
    let base = percentile(&single, 99.0) + percentile(&echo_ms, 99.0);
    let base_p50 = median(&single) + median(&echo_ms);
    for &agents in plan.agents {
        runtime.block_on(desks.staff(&host, agents))?;
        let per_second = runtime.block_on(desks.commands(UNDER_WAY, plan.each))?;
        let noun = if agents == 1 { "agent" } else { "agents" };
        rows.push(
            Row::against(
                "S1",
                &format!("durable commands, {agents} {noun}"),
                (per_second, "1/s"),
                ("SQLite group commit", floor_per_second),
                (GateOn::RatioAtLeast, 0.5),
            )
            .with("visitors", plan.visitors)
            .with("pages_per_second", plan.pages_per_second),
        );
        let samples = runtime.block_on(desks.deliveries(PACE, plan.each))?;
        rows.push(
            Row::against(
                "S2",
                &format!("command to delivery, {agents} {noun}, p99"),
                (percentile(&samples, 99.0), "ms"),
                ("SQLite commit + WebSocket echo, p99", base),
                (GateOn::Ratio, 5.0),
            )
            .with_number("p50", median(&samples))
            .with_number("peer_p50", base_p50)
            .with("samples", samples.len())
            .with("visitors", plan.visitors)
            .with("pages_per_second", plan.pages_per_second),
        );
    }
    ensure!(crowd.all_here(), "visitors were cut off");
    Ok(rows)
}

/// Round trips of a WebSocket that echoes, and what one more of them takes in memory.
fn echo(runtime: &Handle, plan: Plan) -> Result<(Vec<f64>, f64)> {
    let host = Host::echo()?;
    let ms = runtime.block_on(floors::echo_ms(host.port(), plan.each))?;
    let before = host.memory_kib()?;
    let _crowd = runtime.block_on(Crowd::of_strangers(host.port(), plan.visitors))?;
    Ok((ms, (host.memory_kib()? - before) / plan.visitors as f64))
}

/// S4: from the start of the process to an agent's welcome.
pub(crate) fn start(runtime: &Handle, plan: Plan) -> Result<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let chats = plan.past_chats;
    crate::say(format_args!("writing a journal of {} events", u64::from(chats) * 10));
    let seeded = runtime.block_on(journal::seed(&data, chats, PAST_CHAT_EVERY, &journal::PAST))?;
    let report = runtime.block_on(bellhop_service::verify(&data, Some(host::KEY)))?;
    ensure!(report.is_good(), "verify finds the journal not whole:\n{report}");
    let (mut starts, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..plan.starts {
        reads.push(journal::read_snapshot(&data)?.as_secs_f64());
        let begun = std::time::Instant::now();
        let host = Host::service(&data, 0)?;
        runtime.block_on(desks::welcome(&host, &seeded.token))?;
        starts.push(begun.elapsed().as_secs_f64());
    }
    Ok(vec![
        Row::against(
            "S4",
            &format!("start to an agent's welcome, journal of {} events", seeded.head),
            (median(&starts), "s"),
            ("reading the snapshot alone", median(&reads)),
            (GateOn::Value, 3.0),
        )
        .with("verified", true)
        .with("a_chat_every_s", PAST_CHAT_EVERY.as_secs())
        .with("rounds", plan.starts),
    ])
}

/// S5: what a command costs the service's processor among few chats and among many.
pub(crate) fn cost(runtime: &Handle, plan: Plan) -> Result<Vec<Row>> {
    const BURSTS: u32 = 6;
    let dir = tempfile::tempdir()?;
    let mut sides = Vec::new();
    for chats in plan.chats {
        crate::say(format_args!("writing a journal of {chats} chats that are open"));
        let data = dir.path().join(chats.to_string());
        let seeded =
            runtime.block_on(journal::seed(&data, chats, OPEN_CHAT_EVERY, &journal::OPEN))?;
        let host = Host::service(&data, 1)?;
        let crowd = runtime.block_on(Crowd::on_the_site(host.port(), CHATS_EACH))?;
        crowd.ask(CHATS_EACH);
        let mut desks = Desks::resuming(seeded.head);
        runtime.block_on(desks.staff(&host, 1))?;
        sides.push((host, crowd, desks, Vec::new()));
    }
    // In turn, so that both see the same weather; the first burst of each only warms up.
    for burst in 0..=BURSTS {
        for (host, _, desks, samples) in &mut sides {
            let before = host.work();
            runtime.block_on(desks.one_after_the_other(plan.commands / BURSTS))?;
            let (seconds, _) = host.work().since(&before);
            if burst > 0 {
                samples.push(seconds * 1e6 / f64::from(plan.commands / BURSTS));
            }
        }
    }
    let cost = |side: usize| sides.get(side).map(|(_, _, _, samples)| median(samples));
    let (few, many) = cost(0).zip(cost(1)).context("two sides")?;
    let [few_chats, many_chats] = plan.chats;
    Ok(vec![
        Row::against(
            "S5",
            &format!("processor time of a command among {many_chats} open chats"),
            (many, "µs"),
            (&format!("the same among {few_chats}"), few),
            (GateOn::Ratio, 1.2),
        )
        .with("commands", plan.commands),
    ])
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// A folder that the rows of one run share.
pub(super) fn made(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())
}
