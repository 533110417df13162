//! The suite: which rows there are, in which order, and what they share.
//!
//! A desk is laid out once and used by all rows that need the same one. What fails is told in the
//! rows that needed it; the others go on.

use crate::{
    Options, idle, live,
    measure::{app, machine},
    model, notify,
    peers::{converse::Converse, floor::Floor, hexchat::HexChat},
    product::{Product, With},
    report::Row,
    service, sizes,
    start::{self, Cache},
};
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf, absolute},
    time::Duration,
};
use tokio::runtime::{Handle, Runtime};

/// The rows this version measures; performance.md 6 names more that need data of later work.
const IDS: [&str; 15] =
    ["P1", "P2", "P2b", "P3", "P3b", "P4", "P5", "P6", "P8", "P18", "S1", "S2", "S3", "S4", "S5"];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    starts: usize,
    idle: idle::Plan,
    live: live::Plan,
    notifications: usize,
    service: service::Plan,
}

impl Extent {
    fn of(quick: bool) -> Self {
        if quick {
            let idle = idle::Plan { rounds: 1, idle: Duration::from_secs(5), hidden: true };
            let live = live::Plan { turns: 2, each: 10 };
            let service = service::Plan::QUICK;
            return Self { starts: 1, idle, live, notifications: 3, service };
        }
        Self {
            starts: 5,
            idle: idle::Plan { rounds: 3, idle: Duration::from_mins(1), hidden: true },
            live: live::Plan { turns: 4, each: 50 },
            notifications: 40,
            service: service::Plan::FULL,
        }
    }
}

/// Measures what is asked for and prints each row; whether all of them hold.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let ids = chosen(&options.ids)?;
    if !cfg!(target_os = "linux") {
        bail!("the suite measures on Linux (X11, /proc)");
    }
    let load = machine::load()?;
    if load > machine::BUSY && !options.force {
        bail!(
            "the load average is {load}, above {}: wait until the machine is quiet, or give --force",
            machine::BUSY
        );
    }
    let program = absolute(&options.program)?;
    // The rows of the service need no program.
    if ids.iter().any(|id| id.starts_with('P')) && !program.is_file() {
        bail!("{} is not there: `cargo xtask bench` builds it", program.display());
    }
    std::fs::create_dir_all(&options.work).context("the folder for what is kept")?;
    let runtime = Runtime::new()?;
    runtime.spawn(end_with_a_signal());
    let mut suite = Suite {
        runtime: runtime.handle().clone(),
        program,
        work: absolute(&options.work)?,
        extent: Extent::of(options.quick),
        options,
        ids,
        all_hold: true,
    };
    suite.sizes()?;
    suite.starts_and_idle()?;
    suite.live()?;
    suite.model()?;
    suite.notifications()?;
    suite.service()?;
    Ok(suite.all_hold)
}

/// What the bench started runs in process groups of its own and would outlive it.
async fn end_with_a_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    app::end_all();
    std::process::exit(130);
}

fn chosen(ids: &[String]) -> Result<Vec<&'static str>> {
    if ids.is_empty() {
        return Ok(IDS.to_vec());
    }
    ids.iter()
        .map(|asked| {
            let known = IDS.into_iter().find(|id| id.eq_ignore_ascii_case(asked));
            known.with_context(|| format!("no row {asked}; there are {}", IDS.join(", ")))
        })
        .collect()
}

struct Suite<'a> {
    runtime: Handle,
    program: PathBuf,
    work: PathBuf,
    extent: Extent,
    options: &'a Options,
    ids: Vec<&'static str>,
    all_hold: bool,
}

impl Suite<'_> {
    fn wants(&self, id: &str) -> bool {
        self.ids.contains(&id)
    }

    fn product(&self, with: With) -> Result<Product> {
        Product::prepare(&self.runtime, &self.program, &self.work, with)
    }

    fn converse(&self) -> Result<Converse> {
        Converse::prepare(&self.runtime, &self.work)
    }

    /// Prints the rows; where they could not be measured, each of `ids` with the reason.
    fn print(&mut self, ids: &[(&'static str, &str)], measured: Result<Vec<Row>>) -> Result<()> {
        let rows = measured.unwrap_or_else(|why| {
            let why = format!("{why:#}");
            let asked = ids.iter().filter(|(id, _)| self.wants(id));
            asked.map(|(id, what)| Row::unmeasured(id, what, why.clone())).collect()
        });
        for mut row in rows {
            row = row.with_number("load", machine::load()?);
            if self.options.force {
                row = row.with("forced", true);
            }
            if self.options.quick {
                row = row.with("note", "quick: too few samples to decide anything");
            }
            self.all_hold &= row.holds;
            row.print()?;
        }
        Ok(())
    }

    fn sizes(&mut self) -> Result<()> {
        if !self.wants("P18") {
            return Ok(());
        }
        let rows = sizes::rows(&self.program, Path::new("."), &self.work);
        self.print(&[], Ok(rows))
    }

    fn starts_and_idle(&mut self) -> Result<()> {
        const ROWS: [(&str, &str); 6] = [
            ("P1", "cold start"),
            ("P2", "warm start"),
            ("P2b", "CPU of a warm start"),
            ("P3", "idle memory"),
            ("P3b", "idle memory over an empty Tauri program"),
            ("P4", "idle CPU"),
        ];
        if !ROWS.iter().any(|(id, _)| self.wants(id)) {
            return Ok(());
        }
        let sides = self.product(With::Nothing).and_then(|p| Ok((p, self.converse()?)));
        let (mut product, mut peer) = match sides {
            Ok(sides) => sides,
            Err(why) => return self.print(&ROWS, Err(why)),
        };
        if self.wants("P2") || self.wants("P2b") {
            let wanted = start::Wanted { paint: self.wants("P2"), cpu: self.wants("P2b") };
            let rows = self.starts(&mut product, &mut peer, Cache::Warm, wanted);
            self.print(&ROWS[1..3], rows)?;
        }
        if self.wants("P1") {
            let wanted = start::Wanted { paint: true, cpu: false };
            let rows = self.starts(&mut product, &mut peer, Cache::Cold, wanted);
            self.print(&ROWS[..1], rows)?;
        }
        self.idle(&mut product, &mut peer, &ROWS[3..])
    }

    fn starts(
        &self,
        product: &mut Product,
        peer: &mut Converse,
        cache: Cache,
        wanted: start::Wanted,
    ) -> Result<Vec<Row>> {
        let mut floor = Floor::prepare(&self.work)?;
        start::rows(product, peer, &mut floor, cache, self.extent.starts, wanted)
    }

    fn idle(
        &mut self,
        product: &mut Product,
        peer: &mut Converse,
        ids: &[(&'static str, &str)],
    ) -> Result<()> {
        let wanted = idle::Wanted { memory: self.wants("P3"), cpu: self.wants("P4") };
        if !wanted.memory && !wanted.cpu && !self.wants("P3b") {
            return Ok(());
        }
        let plan = idle::Plan { hidden: wanted.cpu, ..self.extent.idle };
        let pss_mb = match idle::rows(product, peer, plan, wanted) {
            Ok((rows, pss_mb)) => {
                self.print(&[], Ok(rows))?;
                pss_mb
            }
            Err(why) => return self.print(ids, Err(why)),
        };
        if self.wants("P3b") {
            let row = Floor::prepare(&self.work)
                .and_then(|mut floor| idle::floor_row(&mut floor, plan.rounds, pss_mb));
            self.print(&ids[1..2], row.map(|row| vec![row]))?;
        }
        Ok(())
    }

    fn live(&mut self) -> Result<()> {
        if !self.wants("P5") {
            return Ok(());
        }
        let rows = self.product(With::Nothing).and_then(|mut product| {
            let (mut native, mut web) = (HexChat::prepare()?, self.converse()?);
            live::rows(&mut product, &mut native, &mut web, self.extent.live)
        });
        self.print(&[("P5", "message to pixels")], rows)
    }

    fn model(&mut self) -> Result<()> {
        if !self.wants("P6") {
            return Ok(());
        }
        let rows = Floor::prepare(&self.work)
            .and_then(|floor| model::rows(&self.runtime, &self.program, &floor));
        self.print(&[("P6", "arrival to the page's model")], rows)
    }

    fn notifications(&mut self) -> Result<()> {
        if !self.wants("P8") {
            return Ok(());
        }
        let rows = self
            .product(With::Dunst)
            .and_then(|mut product| notify::rows(&mut product, self.extent.notifications));
        self.print(&[("P8", "request to notification on screen")], rows)
    }

    fn service(&mut self) -> Result<()> {
        const LOAD: [(&str, &str); 3] = [
            ("S3", "memory of an idle visitor"),
            ("S1", "durable commands"),
            ("S2", "command to delivery"),
        ];
        let plan = self.extent.service;
        if LOAD.iter().any(|(id, _)| self.wants(id)) {
            let rows = service::under_load(&self.runtime, plan);
            let asked = |row: &Row| self.wants(row.id);
            let rows = rows.map(|rows| rows.into_iter().filter(asked).collect());
            self.print(&LOAD, rows)?;
        }
        if self.wants("S4") {
            let rows = service::start(&self.runtime, plan);
            self.print(&[("S4", "start with a long journal")], rows)?;
        }
        if self.wants("S5") {
            let rows = service::cost(&self.runtime, plan);
            self.print(&[("S5", "cost of a command among many chats")], rows)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_id_and_an_unknown_one_is_named() {
        assert_eq!(chosen(&[]).unwrap().len(), IDS.len());
        assert_eq!(chosen(&["p2".into(), "P3B".into(), "s1".into()]).unwrap(), ["P2", "P3b", "S1"]);
        let error = chosen(&["P7".into()]).unwrap_err().to_string();
        assert!(error.contains("P7") && error.contains("P18"), "{error}");
    }
}
