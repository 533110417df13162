//! What the service counts about itself, and how Prometheus reads it.
//!
//! Invariant: numbers and the protocol's own code words, nothing else: no name, no text, no token,
//! no address. Counting never fails and never waits for anybody but a reader of the numbers.

use crate::hub::Numbers;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The upper ends of the histogram's steps, in microseconds and as they are written.
const STEPS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_000, "0.002"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (20_000, "0.02"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (5_000_000, "5"),
];

/// Whose line or command it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Agent,
    Visitor,
}

impl Who {
    fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Visitor => "visitor",
        }
    }
}

/// How often, by whose and by which code.
type ByCode = Mutex<BTreeMap<(Who, String), u64>>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    storage_fails: AtomicBool,
    commits: [AtomicU64; STEPS.len() + 1],
    commit_micros: AtomicU64,
    refused: ByCode,
    rejected: ByCode,
    slow_agents: AtomicU64,
    slow_visitors: AtomicU64,
    turned_away: AtomicU64,
    support_agents_fetched: AtomicU64,
    support_agents_failed: AtomicU64,
}

impl Metrics {
    /// The storage works, or does not.
    pub(crate) fn storage(&self, works: bool) {
        self.storage_fails.store(!works, Relaxed);
    }

    pub(crate) fn storage_fails(&self) -> bool {
        self.storage_fails.load(Relaxed)
    }

    /// A transaction reached the disk.
    pub(crate) fn committed(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let step = STEPS.iter().position(|(end, _)| micros <= *end).unwrap_or(STEPS.len());
        self.commits[step].fetch_add(1, Relaxed);
        self.commit_micros.fetch_add(micros, Relaxed);
    }

    /// A command, or a visitor's word, was refused.
    pub(crate) fn refused(&self, who: Who, refusal: &bellhop_model::Refusal) {
        count(&self.refused, who, refusal);
    }

    /// A file was not taken.
    pub(crate) fn file_refused(&self, who: Who, refusal: &bellhop_model::file::FileRefusal) {
        count(&self.refused, who, refusal);
    }

    /// A line was ended by the service.
    pub(crate) fn rejected(&self, who: Who, rejection: &bellhop_model::frame::Rejection) {
        count(&self.rejected, who, rejection);
        if matches!(rejection, bellhop_model::frame::Rejection::TooSlow) {
            self.too_slow(who);
        }
    }

    /// Somebody was cut off who did not read.
    pub(crate) fn too_slow(&self, who: Who) {
        let counter = match who {
            Who::Agent => &self.slow_agents,
            Who::Visitor => &self.slow_visitors,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// An address had no place left, for a connection or for a visitor's page.
    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    /// The support agents were asked for where tickets are kept.
    pub(crate) fn support_agents_fetched(&self, works: bool) {
        let counter =
            if works { &self.support_agents_fetched } else { &self.support_agents_failed };
        counter.fetch_add(1, Relaxed);
    }

    /// All of it in the text format of Prometheus, with what the hub has at this moment.
    pub(crate) fn written(&self, now: Numbers) -> String {
        let mut page = Page::default();
        page.gauge("agents", "Agents who are connected.", now.agents);
        page.gauge("agent_sockets", "Sockets of agents.", now.agent_sockets);
        page.gauge("visitors", "Visitors who are on the site.", now.visitors);
        page.gauge("visitor_sockets", "Pages of visitors.", now.visitor_sockets);
        page.gauge("chats_waiting", "Chats that wait for an agent.", now.waiting);
        page.gauge("chats_served", "Chats an agent is in and that are not over.", now.served);
        let works = u64::from(!self.storage_fails());
        page.gauge("storage_works", "1 while the journal can be written.", works);
        page.head("events_total", "counter", "Events in the journal.");
        page.line("events_total", "", now.events);
        self.histogram(&mut page);
        page.by_code("refused_total", "Commands and files that were refused.", &self.refused);
        page.by_code("rejected_total", "Lines that the service ended.", &self.rejected);
        page.head("slow_readers_total", "counter", "Lines cut off because nobody read.");
        for (who, counter) in [(Who::Agent, &self.slow_agents), (Who::Visitor, &self.slow_visitors)]
        {
            let labels = format!("{{who=\"{}\"}}", who.word());
            page.line("slow_readers_total", &labels, counter.load(Relaxed));
        }
        let away = self.turned_away.load(Relaxed);
        page.head(
            "turned_away_total",
            "counter",
            "Connections and pages beyond an address's share.",
        );
        page.line("turned_away_total", "", away);
        let asked = "support_agents_asked_total";
        page.head(asked, "counter", "How often the support agents were asked for elsewhere.");
        for (outcome, counter) in
            [("fetched", &self.support_agents_fetched), ("failed", &self.support_agents_failed)]
        {
            page.line(asked, &format!("{{outcome=\"{outcome}\"}}"), counter.load(Relaxed));
        }
        page.0
    }

    fn histogram(&self, page: &mut Page) {
        page.head("commit_seconds", "histogram", "How long a transaction took to reach the disk.");
        let mut sum = 0;
        let ends = STEPS.iter().map(|(_, end)| *end).chain(["+Inf"]);
        for (count, end) in self.commits.iter().zip(ends) {
            sum += count.load(Relaxed);
            page.line("commit_seconds_bucket", &format!("{{le=\"{end}\"}}"), sum);
        }
        let seconds = Duration::from_micros(self.commit_micros.load(Relaxed)).as_secs_f64();
        page.line("commit_seconds_sum", "", seconds);
        page.line("commit_seconds_count", "", sum);
    }
}

fn count(by_code: &ByCode, who: Who, why: &impl Serialize) {
    // Its tag, which is a word of the protocol; whatever else it holds is not looked at.
    let Ok(value) = serde_json::to_value(why) else { return };
    let Some(code) = value.get("code").and_then(serde_json::Value::as_str) else { return };
    // A panic while it was held left whole counts behind.
    let mut counts = by_code.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry((who, code.to_owned())).or_default() += 1;
}

/// The page as it grows.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP bellhop_{name} {help}\n# TYPE bellhop_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "bellhop_{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        self.line(name, "", value);
    }

    fn by_code(&mut self, name: &str, help: &str, by_code: &ByCode) {
        self.head(name, "counter", help);
        let counts = by_code.lock().unwrap_or_else(PoisonError::into_inner);
        for ((who, code), count) in counts.iter() {
            let labels = format!("{{who=\"{}\",code=\"{code}\"}}", who.word());
            self.line(name, &labels, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::Refusal;

    #[test]
    fn the_page_holds_numbers_and_codes_and_no_names() {
        let metrics = Metrics::default();
        metrics.committed(Duration::from_micros(700));
        metrics.committed(Duration::from_millis(30));
        metrics.committed(Duration::from_mins(1));
        metrics.support_agents_fetched(false);
        metrics.refused(Who::Agent, &Refusal::AlreadyServed { by: "Soo-ah".to_owned() });
        metrics.rejected(Who::Visitor, &bellhop_model::frame::Rejection::TooSlow);
        let page = metrics.written(Numbers { agents: 2, events: 7, ..Numbers::default() });
        for line in [
            "bellhop_agents 2",
            "bellhop_events_total 7",
            "bellhop_commit_seconds_bucket{le=\"0.0005\"} 0",
            "bellhop_commit_seconds_bucket{le=\"0.001\"} 1",
            "bellhop_commit_seconds_bucket{le=\"0.05\"} 2",
            "bellhop_commit_seconds_bucket{le=\"+Inf\"} 3",
            "bellhop_commit_seconds_sum 60.0307",
            "bellhop_commit_seconds_count 3",
            "bellhop_refused_total{who=\"agent\",code=\"already_served\"} 1",
            "bellhop_rejected_total{who=\"visitor\",code=\"too_slow\"} 1",
            "bellhop_slow_readers_total{who=\"visitor\"} 1",
            "bellhop_storage_works 1",
            "bellhop_support_agents_asked_total{outcome=\"failed\"} 1",
            "# TYPE bellhop_commit_seconds histogram",
        ] {
            assert!(page.lines().any(|there| there == line), "{line} is not in\n{page}");
        }
        assert!(!page.contains("Soo-ah"));
    }
}
