//! The floors: what the same machine does in the same minutes with nothing of the service's own.

use super::{crowd, host::KEY, made};
use anyhow::{Context, Result};
use bellhop_sealed::SealKey;
use futures_util::{SinkExt as _, StreamExt as _};
use sqlx::Connection as _;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::Message;

/// As the journal writes: encrypted, and on the disk when a commit returns.
const WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = 8388608;
    CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, fact TEXT NOT NULL) STRICT;
    CREATE TABLE answer (command TEXT PRIMARY KEY, outcome TEXT NOT NULL, at INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;";
/// The two rows of a command that says something.
const FACT: &str = r#"{"kind":"message_posted","chat_id":1234,"message":{"id":"019ac4b1-6da0-7e4f-9b21-0c1d2e3f4a5b","author":{"kind":"agent","agent_id":1},"text":"It is in stock, and it is sent to you within three days.","at":1764230412000}}"#;
const OUTCOME: &str = r#"{"outcome":"accepted","last":123456,"chat_id":1234}"#;

/// Milliseconds that each commit of `commands` commands takes, one commit after the other.
pub(super) fn group_commit(
    runtime: &Handle,
    dir: &Path,
    commands: usize,
    time: Duration,
) -> Result<Vec<f64>> {
    made(dir)?;
    runtime.block_on(async {
        let options = bellhop_sealed::options(&dir.join("floor.db"), &SealKey::new(KEY));
        let mut file = bellhop_sealed::connect(&options.create_if_missing(true), WRITING).await?;
        let (mut samples, mut seq) = (Vec::new(), 0_u64);
        let begun = Instant::now();
        while begun.elapsed() < time {
            let events: Vec<_> =
                (1..=commands as u64).map(|n| (seq + n, 1_764_230_412_000_u64, FACT)).collect();
            let answers: Vec<_> =
                (0..commands).map(|_| (format!("a1:{}", uuid::Uuid::now_v7()), OUTCOME)).collect();
            seq += commands as u64;
            let commit = Instant::now();
            let mut transaction = file.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query(
                "INSERT INTO event (seq, at, fact)
                 SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) ORDER BY key",
            )
            .bind(serde_json::to_string(&events)?)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "INSERT INTO answer (command, outcome, at)
                 SELECT value ->> 0, value ->> 1, 0 FROM json_each(?)",
            )
            .bind(serde_json::to_string(&answers)?)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            samples.push(commit.elapsed().as_secs_f64() * 1_000.0);
        }
        file.close().await?;
        Ok(samples)
    })
}

/// Milliseconds of each round trip of a frame as long as an event's.
pub(super) async fn echo_ms(port: u16, time: Duration) -> Result<Vec<f64>> {
    let mut socket = crowd::open(port, "/").await?;
    let mut samples = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < time {
        let sent = Instant::now();
        socket.send(Message::text(FACT)).await?;
        socket.next().await.context("an echo")??;
        samples.push(sent.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(samples)
}
