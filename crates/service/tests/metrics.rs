//! What whoever watches the service is told: health and numbers.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Command, Refusal, Seq, frame::Outcome};
use bellhop_sealed::SealKey;
use bellhop_service::{Config, JOURNAL_FILE, Running, start};
use common::{Agent, KEY, PATIENCE, Visitor, agent, config, key, service};
use sqlx::Executor as _;
use std::time::Instant;

async fn get(running: &Running, path: &str) -> (u16, String) {
    common::get(&format!("http://{}{path}", running.addr())).await
}

#[tokio::test]
async fn the_numbers_are_told_where_they_are_switched_on_and_name_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    assert_eq!(get(&running, "/metrics").await.0, 404, "not asked for");
    running.stop().await;

    let running = start(Config { metrics: true, ..config(dir.path()) }).await.unwrap();
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("the word xylophone").await;
    mina.event(|event| event.fact.chat_id()).await;
    mina.command(Command::ServeNext).await;
    let refused = mina.command(Command::ServeNext).await;
    assert_eq!(refused, Outcome::Refused { refusal: Refusal::NobodyWaiting });
    let events = mina.ping().await.last;

    let (status, page) = get(&running, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "bellhop_agents 1",
        "bellhop_visitors 1",
        "bellhop_visitor_sockets 1",
        "bellhop_chats_waiting 0",
        "bellhop_chats_served 1",
        "bellhop_storage_works 1",
        "bellhop_refused_total{who=\"agent\",code=\"nobody_waiting\"} 1",
        &format!("bellhop_events_total {events}"),
    ] {
        assert!(page.lines().any(|there| there == line), "{line} is not in\n{page}");
    }
    for word in ["xylophone", "Mina", "shop.example", &token] {
        assert!(!page.contains(word), "{word} is in\n{page}");
    }
    running.stop().await;
}

#[tokio::test]
async fn r9_health_says_why_while_the_storage_fails() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert_eq!(get(&running, "/healthz").await, (200, "ok\n".to_owned()));
    let options = bellhop_sealed::options(&dir.path().join(JOURNAL_FILE), &SealKey::new(KEY));
    let mut intruder = bellhop_sealed::connect(&options, "").await.unwrap();
    intruder.execute("BEGIN IMMEDIATE").await.unwrap();
    let word = bellhop_model::visitor_frame::VisitorClientFrame::Say {
        id: common::new_id(),
        text: "Hello".to_owned(),
    };
    jun.socket.send(&word).await;
    jun.until(|frame| {
        use bellhop_model::visitor_frame::VisitorServerFrame as Frame;
        matches!(frame, Frame::Refused { refusal: Refusal::StorageUnavailable, .. }).then_some(())
    })
    .await;
    let (status, why) = get(&running, "/healthz").await;
    assert!(status == 503 && why.contains("storage"), "{status} {why}");
    intruder.execute("ROLLBACK").await.unwrap();
    intruder.close().await.unwrap();
    let begun = Instant::now();
    while get(&running, "/healthz").await.0 != 200 {
        assert!(begun.elapsed() < PATIENCE, "it does not recover");
    }
    running.stop().await;
}
