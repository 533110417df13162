//! Journals to start a service with: written as rows, folded once by the service itself.

use super::host::{self, KEY};
use anyhow::{Context, Result};
use bellhop_model::Seq;
use bellhop_sealed::{Held, SealKey, stream::Opening};
use bellhop_service::{JOURNAL_FILE, SNAPSHOT_FILE};
use std::{
    fs::File,
    io::Read as _,
    path::Path,
    time::{Duration, Instant},
};

/// A chat from its request to its end, with the agent of number 2; `$C`, `$V` and `$M` are its
/// chat, its visitor and a message.
pub(super) const PAST: [&str; 10] = [
    ASKED,
    SAID,
    JOINED,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"agent","agent_id":2},"text":"Not at the moment, but from the spring on we will.","at":1}}"#,
    SAID,
    r#"{"kind":"visitor_named","chat_id":$C,"name":"Jun Park"}"#,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"agent","agent_id":2},"text":"Three days within the country, ten abroad.","at":1}}"#,
    r#"{"kind":"tags_set","chat_id":$C,"agent_id":2,"tags":["delivery"]}"#,
    r#"{"kind":"agent_left","chat_id":$C,"agent_id":2}"#,
    r#"{"kind":"chat_ended","chat_id":$C,"by":{"kind":"agent","agent_id":2}}"#,
];
/// A chat that is served by the agent of number 2 and goes on.
pub(super) const OPEN: [&str; 3] = [ASKED, SAID, JOINED];

const ASKED: &str = r#"{"kind":"chat_requested","chat_id":$C,"visitor":{"id":"$V","language":"ko-KR","browser":"Firefox 142","platform":"Linux","page":{"url":"https://shop.example/pots","title":"Pots"},"referrer":"","arrived_at":1}}"#;
const SAID: &str = r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"visitor"},"text":"Do you make the moon jar in celadon as well?","at":1}}"#;
const JOINED: &str = r#"{"kind":"agent_joined","chat_id":$C,"agent_id":2}"#;

/// A journal that is there.
pub(super) struct Seeded {
    /// Of the first agent.
    pub(super) token: String,
    pub(super) head: Seq,
}

/// Makes the data directory of a service with so many chats, one after `every`, and a snapshot of
/// them.
pub(super) async fn seed(
    dir: &Path,
    chats: u32,
    every: Duration,
    steps: &[&str],
) -> Result<Seeded> {
    let running = bellhop_service::start(host::config(dir)).await?;
    let token = host::token(&running, 0).await?;
    host::token(&running, 1).await?;
    running.stop().await;

    let mut file = open(dir).await?;
    let head: i64 = sqlx::query_scalar("SELECT max(seq) FROM event").fetch_one(&mut *file).await?;
    // What is made from the events is made from these, too.
    sqlx::raw_sql("DELETE FROM meta WHERE name = 'history'").execute(&mut *file).await?;
    std::fs::remove_file(dir.join(SNAPSHOT_FILE))?;
    sqlx::query(
        r"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?4 - 1)
        INSERT INTO event (seq, at, fact)
        SELECT ?1 + i * ?5 + step.key + 1, ?2 + i * ?6 + step.key,
            replace(replace(replace(step.value, '$C', i + 100), '$V', printf('%024x', i)), '$M',
                printf('019ac4b1-2b38-7c11-8%03x-%012x', step.key, i))
        FROM n, json_each(?3) AS step",
    )
    .bind(head)
    .bind(1_764_000_000_000_i64)
    .bind(serde_json::to_string(steps)?)
    .bind(chats)
    .bind(steps.len() as i64)
    .bind(every.as_millis() as i64)
    .execute(&mut *file)
    .await?;
    file.close().await?;
    let head = head + i64::from(chats) * steps.len() as i64;

    // The service folds them and makes the snapshot; anything asked of it lets it begin.
    let mut config = host::config(dir);
    config.tuning.snapshot_every = 1;
    let running = bellhop_service::start(config).await?;
    running.agents().await?;
    let there = async {
        let mut look = tokio::time::interval(Duration::from_millis(200));
        loop {
            look.tick().await;
            let mut seq = [0; 8];
            if let Ok(mut snapshot) = snapshot(dir) {
                snapshot.read_exact(&mut seq)?;
            }
            if i64::from_be_bytes(seq) == head {
                return anyhow::Ok(());
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(10), there).await.context("a snapshot")??;
    running.stop().await;
    Ok(Seeded { token, head: Seq(head.cast_unsigned()) })
}

/// How long it takes to read the snapshot's bytes.
pub(super) fn read_snapshot(dir: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut state = Vec::new();
    snapshot(dir)?.read_to_end(&mut state)?;
    anyhow::ensure!(!state.is_empty(), "the snapshot is empty");
    Ok(begun.elapsed())
}

fn snapshot(dir: &Path) -> Result<Opening<File>> {
    let file = File::open(dir.join(SNAPSHOT_FILE))?;
    Ok(Opening::begin(file, &SealKey::new(KEY), SNAPSHOT_FILE)?)
}

async fn open(dir: &Path) -> Result<Held> {
    let options = bellhop_sealed::options(&dir.join(JOURNAL_FILE), &SealKey::new(KEY));
    let options = options.busy_timeout(Duration::from_secs(5));
    Ok(bellhop_sealed::connect(&options, "").await?)
}
