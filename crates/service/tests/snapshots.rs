//! Snapshots: a start that uses one is a start that used none, and `verify` says so.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Command, Seq};
use bellhop_sealed::{Held, SealKey};
use bellhop_service::{Found, JOURNAL_FILE, Report, Running, SNAPSHOT_FILE, start, verify};
use common::{Agent, KEY, Visitor, agent, chat_of, config, key, service};
use sqlx::Executor as _;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// The file, while no service has it.
async fn open(dir: &Path) -> Held {
    let options = bellhop_sealed::options(&dir.join(JOURNAL_FILE), &SealKey::new(KEY));
    bellhop_sealed::connect(&options, "").await.unwrap()
}

async fn change(dir: &Path, statement: &'static str) {
    let mut file = open(dir).await;
    file.execute(statement).await.unwrap();
    file.close().await.unwrap();
}

/// The last event of the snapshot.
fn snapshot_at(dir: &Path) -> Option<u64> {
    let bytes = common::snapshot(dir)?;
    Some(u64::from_be_bytes(bytes[..8].try_into().unwrap()))
}

fn remove_snapshot(dir: &Path) {
    fs::remove_file(dir.join(SNAPSHOT_FILE)).unwrap();
}

async fn verified(dir: &Path) -> Report {
    verify(dir, Some(KEY)).await.unwrap()
}

/// Jun asks, Mina serves and answers; the chat goes on.
async fn talk(running: &Running) -> Seq {
    let token = agent(running, "Mina").await;
    let mut mina = Agent::connect(running, &token).await;
    let (mut jun, _) = Visitor::connect(running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    mina.command(Command::Say { chat_id, text: "Yes?".to_owned() }).await;
    let (mut sora, _) = Visitor::connect(running, &key(2), Seq(0)).await;
    sora.says("Anybody?").await;
    mina.ping().await.last
}

/// What an agent who connects now is told in numbers.
async fn digest(running: &Running) -> (Seq, u32, u32) {
    let token = agent(running, "Mina").await;
    let digest = Agent::connect(running, &token).await.digest;
    (digest.last, digest.waiting, digest.open)
}

#[tokio::test]
async fn r1_a_start_from_a_snapshot_is_the_same_as_one_from_the_first_event() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let last = Box::pin(talk(&running)).await;
    running.stop().await;
    assert_eq!(snapshot_at(dir.path()), Some(last.0));
    let report = verified(dir.path()).await;
    assert!(report.is_good(), "{report}");
    assert!(report.to_string().contains("the same account comes from snapshot"), "{report}");

    let running = service(dir.path()).await;
    let from_snapshot = digest(&running).await;
    assert_eq!(from_snapshot, (last, 1, 1));
    running.stop().await;
    remove_snapshot(dir.path());
    let running = service(dir.path()).await;
    assert_eq!(digest(&running).await, from_snapshot);
    running.stop().await;
}

#[tokio::test]
async fn r9_a_snapshot_that_cannot_be_right_is_passed_over_and_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let last = Box::pin(talk(&running)).await;
    running.stop().await;
    let path = dir.path().join(SNAPSHOT_FILE);
    let whole = fs::read(&path).unwrap();
    let cut = whole[..whole.len() - 20].to_vec();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for spoilt in [cut, changed, b"not sealed at all".to_vec(), Vec::new()] {
        fs::write(&path, spoilt).unwrap();
        passed_over(dir.path(), "the snapshot is damaged", (last, 1, 1)).await;
    }
    // As when only the journal was put back from a backup.
    change(dir.path(), "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)").await;
    passed_over(dir.path(), "the journal ends at", (Seq(last.0 - 1), 1, 1)).await;
    change(dir.path(), "UPDATE event SET at = at + 1 WHERE seq = (SELECT max(seq) FROM event)")
        .await;
    passed_over(dir.path(), "is another one in it", (Seq(last.0 - 1), 1, 1)).await;
}

/// `verify` says so, a start begins with the events, and leaves a good one.
async fn passed_over(dir: &Path, told: &str, holds: (Seq, u32, u32)) {
    let report = verified(dir).await;
    assert!(!report.is_good() && report.to_string().contains(told), "{report}");
    let running = start(config(dir)).await.unwrap();
    let (head, waiting, open) = digest(&running).await;
    assert!(head >= holds.0 && (waiting, open) == (holds.1, holds.2), "{told}");
    running.stop().await;
    let report = verified(dir).await;
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn bad_input_verify_names_a_hole_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    Box::pin(talk(&running)).await;
    running.stop().await;
    change(dir.path(), "DELETE FROM event WHERE seq = 3").await;
    let before = std::fs::read(dir.path().join(JOURNAL_FILE)).unwrap();
    let report = verified(dir.path()).await;
    assert!(report.0.contains(&Found::Bad("event 4 follows event 2".to_owned())), "{report}");
    assert_eq!(std::fs::read(dir.path().join(JOURNAL_FILE)).unwrap(), before);
    let nowhere = dir.path().join("nowhere");
    let error = verify(&nowhere, Some(KEY)).await.unwrap_err().to_string();
    assert!(error.contains("nowhere") && !nowhere.exists(), "{error}");
}

#[tokio::test]
async fn a_snapshot_is_kept_while_the_service_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut often = config(dir.path());
    often.tuning.snapshot_every = 5;
    let running = start(often).await.unwrap();
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let mut words = 0;
    let begun = Instant::now();
    // Each word is a chance to make one.
    while snapshot_at(dir.path()).is_none() {
        words += 1;
        jun.says(&format!("word {words}")).await;
        assert!(begun.elapsed() < common::PATIENCE, "no snapshot after {words} words");
    }
    running.stop().await;
}

/// A chat from its request to its end; `$C`, `$V` and `$M` are its chat, visitor and message.
const STEPS: [&str; 10] = [
    r#"{"kind":"chat_requested","chat_id":$C,"visitor":{"id":"$V","language":"ko-KR","browser":"Firefox 142","platform":"Linux","page":{"url":"https://shop.example/pots","title":"Pots"},"referrer":"","arrived_at":1}}"#,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"visitor"},"text":"Do you make the moon jar in celadon as well?","at":1}}"#,
    r#"{"kind":"agent_joined","chat_id":$C,"agent_id":1}"#,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"agent","agent_id":1},"text":"Not at the moment, but from the spring on we will.","at":1}}"#,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"visitor"},"text":"And how long does the delivery take?","at":1}}"#,
    r#"{"kind":"visitor_named","chat_id":$C,"name":"Jun Park"}"#,
    r#"{"kind":"message_posted","chat_id":$C,"message":{"id":"$M","author":{"kind":"agent","agent_id":1},"text":"Three days within the country, ten abroad.","at":1}}"#,
    r#"{"kind":"tags_set","chat_id":$C,"agent_id":1,"tags":["delivery"]}"#,
    r#"{"kind":"agent_left","chat_id":$C,"agent_id":1}"#,
    r#"{"kind":"chat_ended","chat_id":$C,"by":{"kind":"agent","agent_id":1}}"#,
];

/// Waits until the snapshot has this event, and perhaps more.
async fn snapshot_of(dir: &Path, last: u64) {
    let there = async {
        let mut look = tokio::time::interval(Duration::from_millis(200));
        while snapshot_at(dir).is_none_or(|at| at < last) {
            look.tick().await;
        }
    };
    timeout(Duration::from_mins(10), there).await.expect("a snapshot of everything");
}

/// `cargo test --release -p bellhop-service --test snapshots -- --ignored --nocapture million`
#[tokio::test]
#[ignore = "a measurement: writes a million events"]
async fn a_million_events_are_folded_and_a_snapshot_of_them_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let last = Box::pin(talk(&running)).await.0;
    running.stop().await;
    // Chats of ten events, as a team has them: asked, served, talked, ended.
    remove_snapshot(dir.path());
    change(dir.path(), "DELETE FROM meta WHERE name = 'history'").await;
    let mut file = open(dir.path()).await;
    sqlx::query(
        r"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
        INSERT INTO event (seq, at, fact)
        SELECT ?1 + i * 10 + step.key + 1, ?2 + i * 60000 + step.key * 1000,
            replace(replace(replace(step.value, '$C', i + 100), '$V', printf('%024x', i)), '$M',
                printf('019ac4b1-2b38-7c11-8%03x-%012x', step.key, i))
        FROM n, json_each(?3) AS step",
    )
    .bind(last.cast_signed())
    .bind(1_800_000_000_000_i64)
    .bind(serde_json::to_string(&STEPS).unwrap())
    .execute(&mut *file)
    .await
    .unwrap();
    file.close().await.unwrap();
    for how in ["all events folded", "from the snapshot"] {
        let begun = Instant::now();
        let running = service(dir.path()).await;
        let took = begun.elapsed();
        // The chat of the beginning ends meanwhile, for its visitor does not come back.
        let head = digest(&running).await.0.0;
        assert!((1_000_000..1_000_010).contains(&(head - last)), "{head} events after {last}");
        // The first start makes a snapshot beside its work; the end would not wait for it.
        snapshot_of(dir.path(), last + 1_000_000).await;
        let begun = Instant::now();
        running.stop().await;
        eprintln!("{how}: start {took:?}, stop {:?}", begun.elapsed());
    }
    let begun = Instant::now();
    let report = verified(dir.path()).await;
    eprintln!("verify: {:?}\n{report}", begun.elapsed());
    assert!(report.is_good());
}
