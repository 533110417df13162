//! The journal against files good and bad.

use super::{
    Actor, Entry, HistoryStep, Journal, Kept, OpenError, SNAPSHOT_FILE, Snapshot, schema::SCHEMA,
    token_hash,
};
use bellhop_model::{
    Agent, AgentId, Availability, ChatId, CommandId, Event, Fact, Seq, Timestamp, frame::Outcome,
    record::RecordId,
};
use bellhop_sealed::stream::HEAD;
use std::{fs, path::Path};

const KEY: [u8; 32] = [7; 32];

fn event(seq: u64) -> Event {
    let agent = Agent {
        id: AgentId(seq),
        display_name: format!("Agent {seq} \u{0} \"quoted\" 한국어"),
        email: String::new(),
        availability: Availability::Online,
    };
    Event { seq: Seq(seq), at: Timestamp(1000), fact: Fact::AgentSaved { agent } }
}

fn entry(seqs: impl IntoIterator<Item = u64>) -> Entry {
    Entry { events: seqs.into_iter().map(event).collect(), ..Entry::default() }
}

async fn read_all(journal: &Journal) -> Vec<Event> {
    let mut events = Vec::new();
    let take = |event| {
        events.push(event);
        Ok::<_, super::JournalError>(())
    };
    journal.reader().each(Seq(0), take).await.unwrap();
    events
}

#[tokio::test]
async fn law_3_what_was_committed_is_read_again_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut journal = Journal::open(&path, &KEY).await.unwrap();
    journal.commit(&entry(1..=12), Timestamp(0)).await.unwrap();
    journal.commit(&entry(13..=20), Timestamp(0)).await.unwrap();
    journal.close().await;
    let journal = Journal::open(&path, &KEY).await.unwrap();
    assert_eq!(read_all(&journal).await, (1..=20).map(event).collect::<Vec<_>>());
    let page = journal.reader().page(Seq(5), Seq(15), 4).await.unwrap();
    assert_eq!(page.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [6, 7, 8, 9]);
    journal.close().await;
}

#[tokio::test]
async fn a_number_is_given_once_and_a_failed_commit_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&dir.path().join("journal.db"), &KEY).await.unwrap();
    journal.commit(&entry([1]), Timestamp(0)).await.unwrap();
    assert!(journal.commit(&entry([2, 1]), Timestamp(0)).await.is_err());
    assert_eq!(read_all(&journal).await.len(), 1);
    journal.commit(&entry([2]), Timestamp(0)).await.unwrap();
    journal.close().await;
}

#[tokio::test]
async fn domain_13_words_that_are_stored_together_with_their_deletion_do_not_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&dir.path().join("journal.db"), &KEY).await.unwrap();
    let (agent_id, chat_id) = (AgentId(1), ChatId(1));
    let tags = |seq: u64, chat_id| {
        let fact = Fact::TagsSet { chat_id, agent_id, tags: vec!["marmalade".to_owned()] };
        Event { seq: Seq(seq), at: Timestamp(0), fact }
    };
    let deleted = Fact::ChatDeleted { chat_id, agent_id: Some(agent_id) };
    let entry = Entry {
        events: vec![
            tags(1, chat_id),
            Event { seq: Seq(2), at: Timestamp(0), fact: deleted },
            tags(3, ChatId(2)),
        ],
        history: vec![HistoryStep::Erase(RecordId::Chat(chat_id))],
        ..Entry::default()
    };
    journal.commit(&entry, Timestamp(0)).await.unwrap();
    let kept: Vec<_> = read_all(&journal).await.into_iter().map(|event| event.fact).collect();
    assert_eq!(kept[0], Fact::TagsSet { chat_id, agent_id, tags: Vec::new() });
    assert_eq!(kept[2], tags(3, ChatId(2)).fact);
    journal.close().await;
}

#[tokio::test]
async fn law_6_first_answers_are_remembered_for_each_client_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut journal = Journal::open(&path, &KEY).await.unwrap();
    let id = CommandId(uuid::Uuid::from_u128(5));
    let mine = (Actor::Agent(AgentId(1)), id);
    let outcome = Outcome::Accepted { last: Seq(3), chat_id: None };
    let answers = vec![(mine.0.clone(), id, outcome.clone())];
    journal.commit(&Entry { answers, ..Entry::default() }, Timestamp(0)).await.unwrap();
    journal.close().await;
    let mut journal = Journal::open(&path, &KEY).await.unwrap();
    let other = (Actor::Agent(AgentId(2)), id);
    let known = journal.answers(&[mine.clone(), other]).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [(mine, outcome)]);
    journal.close().await;
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_and_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&dir.path().join("journal.db"), &KEY).await.unwrap();
    journal.put_token("secret", AgentId(4), Timestamp(0), Some(Timestamp(9))).await.unwrap();
    let reader = journal.reader();
    let bearer = reader.bearer(&token_hash("secret")).await.unwrap().unwrap();
    assert_eq!((bearer.agent, bearer.expires_at), (AgentId(4), Some(Timestamp(9))));
    assert_eq!(reader.bearer(&token_hash("other")).await.unwrap(), None);
    journal.forget_what_is_old(Timestamp(9)).await.unwrap();
    assert_eq!(reader.bearer(&token_hash("secret")).await.unwrap(), None, "it had expired");
    journal.close().await;
}

/// The error, and that the file is as it was.
async fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).unwrap();
    let error = Journal::open(path, &KEY).await.unwrap_err();
    assert_eq!(fs::read(path).unwrap(), before, "the file was touched");
    error
}

#[tokio::test]
async fn bad_input_a_journal_of_a_newer_version_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut journal = Journal::open(&path, &KEY).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 9").execute(&mut *journal.writer).await.unwrap();
    journal.close().await;
    let error = refused(&path).await;
    assert!(matches!(error, OpenError::Newer { found: 9, known: SCHEMA, .. }), "{error}");
}

#[tokio::test]
async fn bad_input_a_plain_a_damaged_and_a_foreign_file_are_refused_and_left_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain.db");
    fs::write(&plain, b"SQLite format 3\0 and so on").unwrap();
    assert!(matches!(refused(&plain).await, OpenError::NotEncrypted { .. }));

    let noise = dir.path().join("noise.db");
    fs::write(&noise, vec![0x5a; 16 * 4096]).unwrap();
    let error = refused(&noise).await;
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");

    let foreign = dir.path().join("foreign.db");
    Journal::open(&foreign, &[8; 32]).await.unwrap().close().await;
    let error = refused(&foreign).await;
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn when_the_storage_comes_back_the_journal_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut journal = Journal::open(&path, &KEY).await.unwrap();
    let mut intruder =
        super::open::writer(&path, &bellhop_sealed::SealKey::new(KEY)).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *intruder).await.unwrap();
    assert!(journal.commit(&entry([1]), Timestamp(0)).await.is_err());
    assert!(journal.recover(Timestamp(0)).await.is_err());
    sqlx::raw_sql("ROLLBACK").execute(&mut *intruder).await.unwrap();
    intruder.close().await.unwrap();
    journal.recover(Timestamp(0)).await.unwrap();
    journal.commit(&entry([1]), Timestamp(0)).await.unwrap();
    assert_eq!(read_all(&journal).await.len(), 1);
    journal.close().await;
}

#[tokio::test]
async fn a_snapshot_takes_the_place_of_the_one_before_and_a_damaged_one_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SNAPSHOT_FILE);
    let journal = Journal::open(&dir.path().join("journal.db"), &KEY).await.unwrap();
    let reader = journal.reader();
    assert_eq!(reader.snapshot().await.unwrap(), Kept::Nothing);
    assert_eq!(reader.snapshot_seq().await.unwrap(), None);
    let print = [9; 32];
    // More than is written at once, and than one piece.
    let state: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    let made = |seq| {
        let (seq, at, state) = (Seq(seq), Timestamp(7), state.clone());
        Snapshot { seq, at, fold: 1, print, state }
    };
    let blocks = dir.path().join("blocks of the first");
    for seq in [1, 2] {
        reader.keep_snapshot(made(seq)).await.unwrap();
        assert!(reader.snapshot().await.unwrap() == Kept::Whole(made(seq)));
        assert_eq!(reader.snapshot_seq().await.unwrap(), Some(Seq(seq)));
        let _ = fs::hard_link(&path, &blocks);
    }
    let first = fs::read(&blocks).unwrap();
    assert_eq!(first[..HEAD], [0; HEAD], "nobody reads what it was");
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    assert!(!names.iter().any(|name| name.starts_with("snapshot.")), "{names:?}");

    let whole = fs::read(&path).unwrap();
    for (at, seq) in [(HEAD + 3, Seq(0)), (whole.len() - 1, Seq(2))] {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 1;
        fs::write(&path, spoilt).unwrap();
        assert_eq!(reader.snapshot().await.unwrap(), Kept::Damaged);
        assert_eq!(reader.snapshot_seq().await.unwrap(), Some(seq));
    }
    fs::write(&path, "").unwrap();
    assert_eq!(reader.snapshot().await.unwrap(), Kept::Damaged);
    journal.close().await;
}

#[tokio::test]
async fn r1_what_was_left_of_a_snapshot_that_was_being_written_is_gone_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let journal = Journal::open(&path, &KEY).await.unwrap();
    let made = Snapshot { seq: Seq(1), at: Timestamp(7), fold: 1, print: [9; 32], state: vec![1] };
    journal.reader().keep_snapshot(made.clone()).await.unwrap();
    journal.close().await;
    // Killed between giving the one in place a second name and putting another there, and in the
    // middle of writing.
    let beside = |name: &str| dir.path().join(name);
    fs::hard_link(beside(SNAPSHOT_FILE), beside("snapshot.before-1")).unwrap();
    fs::write(beside("snapshot.new-1"), "half of it").unwrap();
    let journal = Journal::open(&path, &KEY).await.unwrap();
    assert!(!beside("snapshot.before-1").exists() && !beside("snapshot.new-1").exists());
    assert_eq!(journal.reader().snapshot().await.unwrap(), Kept::Whole(made));
    journal.close().await;
}
