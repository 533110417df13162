//! Memory and CPU of a program with all its processes, read from `/proc`.
//!
//! A process belongs to the tree when it descends from the root or carries the mark that the root
//! was started with in its environment: browsers start helpers that leave the family.

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    collections::{BTreeSet, HashMap},
    fs,
};

/// The name of the environment variable that carries the mark.
pub(crate) const MARK: &str = "BELLHOP_BENCH_TREE";

/// Ticks a second of the times in `/proc/PID/stat`. Linux has shown 100 to every user program
/// since 2.4, whatever the kernel's own clock does.
const TICKS: f64 = 100.0;

/// What a tree of processes holds in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Memory {
    /// Proportional set size, in megabytes (of 1024 × 1024 bytes): shared pages divided by those
    /// who share them.
    pub(crate) pss_mb: f64,
    /// Pages that only this process has and wrote.
    pub(crate) private_dirty_mb: f64,
    pub(crate) processes: usize,
}

/// How much each task of a tree has worked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// By process and task: nanoseconds on a core, and how often the task gave the core up by
    /// itself, which is how often something woke it.
    tasks: HashMap<(u32, u32), (u64, u64)>,
}

impl Work {
    /// Seconds on a core, and wakeups, since `before`. A task that has ended takes the little it
    /// did in between with it; one that began counts whole.
    pub(crate) fn since(&self, before: &Self) -> (f64, u64) {
        let (mut nanos, mut wakeups) = (0, 0);
        for (task, (now_nanos, now_wakeups)) in &self.tasks {
            let (old_nanos, old_wakeups) = before.tasks.get(task).copied().unwrap_or_default();
            nanos += now_nanos.saturating_sub(old_nanos);
            wakeups += now_wakeups.saturating_sub(old_wakeups);
        }
        (nanos as f64 / 1e9, wakeups)
    }
}

/// A root process and what finds its relatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    root: u32,
    mark: String,
}

impl Tree {
    pub(crate) fn new(root: u32, mark: &str) -> Self {
        Self { root, mark: format!("{MARK}={mark}") }
    }

    /// Ends every process that carries the mark. One that has lost it (a browser's helper may
    /// overwrite its environment) ends with its parent.
    pub(crate) fn kill(&self) {
        for pid in self.processes() {
            if self.owns(pid) || pid == self.root {
                // Gone already is what is wanted.
                let _ = kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
            }
        }
    }

    /// The processes alive now.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut parents = HashMap::new();
        let mut marked = BTreeSet::new();
        for pid in all_processes() {
            if let Some(stat) = read(pid, "stat").as_deref().and_then(parse_stat) {
                parents.insert(pid, stat.parent);
            }
            if self.owns(pid) {
                marked.insert(pid);
            }
        }
        let mut tree = descendants(self.root, &parents);
        tree.extend(marked);
        tree.into_iter().collect()
    }

    /// Whether this process carries the mark, so that it is certainly ours.
    fn owns(&self, pid: u32) -> bool {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environ| environ.split(|b| *b == 0).any(|e| e == self.mark.as_bytes()))
    }

    /// The memory of all of them; an error where one may not be read, for a part of a tree is not
    /// its size.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let mut sum = Memory::default();
        for pid in self.processes() {
            let path = format!("/proc/{pid}/smaps_rollup");
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                // Gone in the meantime, or a zombie.
                Err(e) if matches!(e.raw_os_error(), Some(2 | 3)) => continue,
                Err(e) => return Err(e).with_context(|| format!("{path} (root may read it)")),
            };
            let (pss, dirty) = parse_rollup(&text);
            sum.pss_mb += pss / 1024.0;
            sum.private_dirty_mb += dirty / 1024.0;
            sum.processes += 1;
        }
        Ok(sum)
    }

    /// User and system seconds since the start, with those of children that have ended.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let ticks: u64 = self
            .processes()
            .into_iter()
            .filter_map(|pid| parse_stat(&read(pid, "stat")?))
            .map(|stat| stat.ticks)
            .sum();
        ticks as f64 / TICKS
    }

    /// What the tasks alive now have worked.
    pub(crate) fn work(&self) -> Work {
        let mut work = Work::default();
        for pid in self.processes() {
            let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for task in tasks.flatten() {
                let Some(tid) = task.file_name().to_str().and_then(|name| name.parse().ok()) else {
                    continue;
                };
                let text = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
                let wakeups = field(&text("status"), "voluntary_ctxt_switches:");
                work.tasks.insert((pid, tid), (parse_schedstat(&text("schedstat")), wakeups));
            }
        }
        work
    }
}

fn all_processes() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect()
}

fn read(pid: u32, name: &str) -> Option<String> {
    // The name of a program need not be UTF-8.
    Some(String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/{name}")).ok()?).into_owned())
}

fn descendants(root: u32, parents: &HashMap<u32, u32>) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    loop {
        let before = found.len();
        found.extend(
            parents
                .iter()
                .filter(|(_, p)| found.contains(p))
                .map(|(pid, _)| *pid)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            return found;
        }
    }
}

struct Stat {
    parent: u32,
    ticks: u64,
}

/// Reads a line of `/proc/PID/stat`. The name in it may hold blanks and brackets, so what counts
/// stands after the last closing bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
    })
}

/// `(PSS, private dirty)` in KiB.
fn parse_rollup(text: &str) -> (f64, f64) {
    (field(text, "Pss:") as f64, field(text, "Private_Dirty:") as f64)
}

/// Nanoseconds on a core.
fn parse_schedstat(text: &str) -> u64 {
    text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// The number after a name at the start of a line; 0 where there is none.
fn field(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollup_gives_pss_and_private_dirty_and_not_their_longer_namesakes() {
        let text = "55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss: 9000 kB\nPss:  4321 kB\n\
                    Pss_Dirty: 111 kB\nPrivate_Clean: 7 kB\nPrivate_Dirty:   2048 kB\n";
        assert_eq!(parse_rollup(text), (4321.0, 2048.0));
    }

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let line = "42 (a) (b c) S 7 42 42 0 -1 4194304 1 2 3 4 100 20 3 1 20 0 1 0 55";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.parent, stat.ticks), (7, 124));
        assert!(parse_stat("42 (cut").is_none());
    }

    #[test]
    fn grandchildren_belong_and_strangers_do_not() {
        let parents = HashMap::from([(2, 1), (3, 2), (4, 3), (9, 1), (10, 9)]);
        assert_eq!(descendants(2, &parents), BTreeSet::from([2, 3, 4]));
    }

    #[test]
    fn schedstat_begins_with_the_time_on_a_core() {
        assert_eq!(parse_schedstat("1500000000 17 3\n"), 1_500_000_000);
        assert_eq!(parse_schedstat(""), 0);
    }

    #[test]
    fn work_is_counted_task_by_task_so_that_one_that_ended_hides_nothing() {
        let before =
            Work { tasks: HashMap::from([((1, 1), (1_000, 5)), ((1, 2), (9_000_000_000, 900))]) };
        let after =
            Work { tasks: HashMap::from([((1, 1), (1_001_000, 7)), ((1, 3), (1_000_000, 1))]) };
        let (seconds, wakeups) = after.since(&before);
        assert!((seconds - 0.002).abs() < 1e-9);
        assert_eq!(wakeups, 3);
    }

    #[test]
    fn this_very_process_has_a_size_and_has_worked() {
        let tree = Tree::new(std::process::id(), "nobody carries this mark");
        assert!(tree.memory().unwrap().pss_mb > 0.1);
        assert!(tree.processes().contains(&std::process::id()));
    }
}
