//! Many at once: rows, writers, readers.
#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{AgentId, Author, ChatId, Seq, stored::StoreOp};
use bellhop_store::Store;
use common::*;
use std::{collections::HashSet, fs, path::Path};

const SAID: [&str; 3] = ["refund please", "one moment please", "환불하고 싶어요"];

/// Ended chats from `first` on, ten lines each, and the number of the last line.
fn history(first: u64, chats: u64) -> Vec<StoreOp> {
    let mut ops = Vec::new();
    for id in first..first + chats {
        ops.push(put(&ended(id, id as i64)));
        ops.push(add(id, joined(id * 10, 3, "Mina")));
        ops.extend((1..10).map(|n| {
            let author =
                if n % 2 == 0 { Author::Agent { agent_id: AgentId(3) } } else { Author::Visitor };
            add(id, said(id * 10 + n, author, SAID[n as usize % 3]))
        }));
    }
    ops.push(StoreOp::SetCursor { seq: Seq((first + chats) * 10) });
    ops
}

async fn all_ids(store: &Store) -> Vec<u64> {
    let mut ids = Vec::new();
    let mut before = None;
    loop {
        let page = store.history_page(before, 50).await.unwrap();
        ids.extend(page.entries.iter().map(|entry| entry.chat_id.0));
        before = page.next;
        if before.is_none() {
            return ids;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_081_pages_read_while_another_store_writes_have_no_hole_and_no_double() {
    let dir = tempfile::tempdir().unwrap();
    let writer = open(dir.path()).await;
    let reader = open(dir.path()).await;
    writer.write(history(1, 200)).await.unwrap();
    let writing = tokio::spawn({
        let writer = writer.clone();
        async move {
            for round in 1..40 {
                writer.write(history(1 + round * 200, 200)).await.unwrap();
            }
        }
    });
    let mut rounds = 0;
    while !writing.is_finished() || rounds == 0 {
        for store in [&reader, &writer] {
            let ids = all_ids(store).await;
            let newest = ids[0];
            assert_eq!(newest % 200, 0, "whole transactions only");
            let expected: Vec<u64> = (1..=newest).rev().collect();
            assert!(ids == expected, "{} of {newest}", ids.len());
        }
        rounds += 1;
    }
    writing.await.unwrap();
    assert_eq!(all_ids(&reader).await.len(), 8_000);
    let chat = reader.history_chat(ChatId(8_000)).await.unwrap().unwrap();
    assert_eq!((chat.entry.messages, chat.lines.len()), (9, 10));
    reader.close().await;
    writer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_writes_that_pile_up_are_all_stored_and_each_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let tasks: Vec<_> = (0..1_000)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.write(vec![put_outbox(number, "x")]).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(store.load().await.unwrap().outbox.len(), 1_000);
    store.close().await;
    assert_eq!(open(dir.path()).await.load().await.unwrap().outbox.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn w1_the_log_does_not_grow_with_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut longest = 0;
    for round in 0..20 {
        store.write(history(1 + round * 1_000, 1_000)).await.unwrap();
        longest = longest.max(fs::metadata(dir.path().join("cache.db-wal")).unwrap().len());
    }
    assert!(longest < 64 * 1024 * 1024, "{longest}");
    store.close().await;
    let size = fs::metadata(dir.path().join("cache.db")).unwrap().len();
    assert!(size > 40_000_000, "200,000 lines take {size} bytes");
    assert!(!dir.path().join("cache.db-wal").exists());
}

#[tokio::test]
async fn what_was_asked_before_close_is_done_and_dropping_closes_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let late = store.clone();
    let (written, ()) = tokio::join!(store.write(vec![draft(1, "x")]), store.close());
    written.unwrap();
    late.close().await;
    assert!(late.history_page(None, 1).await.is_err());
    drop((store, late));

    let store = open(dir.path()).await;
    assert_eq!(store.load().await.unwrap().drafts.len(), 1);
    store.write(vec![draft(2, "y")]).await.unwrap();
    drop(store);
    logs_gone(dir.path()).await;
    assert_eq!(open(dir.path()).await.load().await.unwrap().drafts.len(), 2);
}

/// The last thing that closing does.
async fn logs_gone(dir: &Path) {
    let gone = async {
        while names(dir).iter().any(|name| name.ends_with("-wal")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.unwrap();
}

#[tokio::test]
async fn a_page_of_the_history_is_never_longer_than_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.write(history(1, 600)).await.unwrap();
    assert_eq!(store.history_page(None, u32::MAX).await.unwrap().entries.len(), 500);
    let page = store.history_page(None, 0).await.unwrap();
    assert_eq!((page.entries.len(), page.next.is_some()), (1, true));
    let ids = all_ids(&store).await;
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 600);
}

/// Not a test of correctness: prints what a history of a million messages costs.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute; run by hand"]
async fn a_million_messages() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let clock = std::time::Instant::now();
    for round in 0..100 {
        store.write(history(1 + round * 1_000, 1_000)).await.unwrap();
    }
    println!("written: {:?}", clock.elapsed());
    store.write((0..30).flat_map(|id| [put(&waiting(1_000_000 + id))]).collect()).await.unwrap();
    let clock = std::time::Instant::now();
    store.close().await;
    println!("closed: {:?}", clock.elapsed());
    let clock = std::time::Instant::now();
    let store = open(dir.path()).await;
    println!("opened: {:?}", clock.elapsed());
    let clock = std::time::Instant::now();
    assert_eq!(store.load().await.unwrap().chats.len(), 30);
    println!("loaded: {:?}", clock.elapsed());
    let mut before = None;
    for _ in 0..3 {
        let clock = std::time::Instant::now();
        before = store.history_page(before, 50).await.unwrap().next;
        println!("page of 50: {:?}", clock.elapsed());
    }
    let clock = std::time::Instant::now();
    store.history_chat(ChatId(50_000)).await.unwrap().unwrap();
    println!("transcript: {:?}", clock.elapsed());
}
