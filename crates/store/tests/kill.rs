//! Killed at any moment, the store has lost nothing that it acknowledged (R1, R3).
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Seq, stored::StoreOp};
use common::*;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const DIRECTORY: &str = "BELLHOP_STORE_TEST_DIR";
const BEGIN: &str = "BELLHOP_STORE_TEST_BEGIN";
const KILLS: u64 = 50;

#[tokio::test]
async fn r1_fifty_kills_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut last_there = 0;
    let mut mid_write = 0;
    for kill in 0..KILLS {
        // A spread of moments from the first acknowledgement on; a run is the same every time.
        let moment = Duration::from_micros(500 + (kill * 7_919) % 40_000);
        let acknowledged = write_until_killed(dir.path(), last_there + 1, moment);
        assert!(acknowledged > last_there, "kill {kill}: nothing was written");

        let store = open(dir.path()).await;
        let stored = store.load().await.unwrap();
        let last = stored.outbox.len() as u64;
        assert!(last >= acknowledged, "kill {kill}: {acknowledged} acknowledged, {last} there");
        assert!(last <= acknowledged + 1, "kill {kill}: one write at a time");
        let ids: Vec<_> = stored.outbox.iter().map(|row| row.id).collect();
        let expected: Vec<_> = (1..=last).map(command_id).collect();
        assert!(ids == expected, "kill {kill}: a hole or a double");
        assert_eq!(stored.drafts[0].1, last.to_string(), "kill {kill}: one transaction");
        // The mirror is written in the same transaction, to another file.
        let cursor = stored.cursor.0;
        assert!(cursor == last || cursor == last + 1, "kill {kill}: {cursor} of {last}");
        let lines = stored.chats[0].transcript.len() as u64;
        assert_eq!(lines, cursor, "kill {kill}: cursor and lines are of one moment");
        mid_write += u64::from(last > acknowledged);
        last_there = last;
        if kill % 10 == 9 {
            store.close().await;
        }
    }
    println!("{KILLS} kills, {last_there} rows, {mid_write} between commit and answer");
}

/// Starts a writer at `begin`, kills it `moment` after its first answer and returns the number of
/// its last one.
fn write_until_killed(dir: &Path, begin: u64, moment: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "inner_writer", "--nocapture"])
        .env(DIRECTORY, dir)
        .env(BEGIN, begin.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.strip_prefix("stored ").and_then(|n| n.parse::<u64>().ok());
    let first = lines.by_ref().find_map(|line| number(line.unwrap())).expect("a first answer");
    // Not waiting for something: the moment of the kill is what is tried.
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    // A line cut off by the kill is no answer.
    lines.map_while(Result::ok).filter_map(number).max().unwrap_or(first)
}

#[tokio::test]
#[ignore = "the child of r1_fifty_kills_lose_nothing_that_was_acknowledged"]
async fn inner_writer() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let begin: u64 = std::env::var(BEGIN).unwrap().parse().unwrap();
    let store = open(Path::new(&dir)).await;
    let mut out = std::io::stdout();
    for number in begin..begin + 1_000_000 {
        store
            .write(vec![
                put(&waiting(1)),
                add(1, asked(number, "words of some length, as people use them")),
                StoreOp::SetCursor { seq: Seq(number) },
                put_outbox(number, "an answer"),
                draft(1, &number.to_string()),
            ])
            .await
            .unwrap();
        // One call of the system for a line: it is there whole, or not at all.
        out.write_all(format!("stored {number}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    }
}
