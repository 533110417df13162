//! The data directory: encrypted, owned by one, and what happens when it cannot be used.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, Fact, Refusal, Seq,
    frame::Outcome,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_sealed::SealKey;
use bellhop_service::{Config, JOURNAL_FILE, KeyError, StartError, start};
use common::{Agent, KEY, PATIENCE, Visitor, agent, chat_of, config, key, new_id, service};
use sqlx::Executor as _;
use std::{fs, path::Path, time::Instant};

/// Every byte of every file below a directory.
fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else {
            bytes.extend(fs::read(&path).unwrap());
        }
    }
    bytes
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[tokio::test]
async fn law_11_nothing_of_a_chat_and_no_token_is_readable_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("the word xylophone").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    mina.command(Command::Say { chat_id, text: "the word marmalade".to_owned() }).await;
    mina.command(Command::SetTags { chat_id, tags: vec!["quicksilver".to_owned()] }).await;
    let words = ["xylophone", "marmalade", "quicksilver", "shop.example", "Mina", &token];
    let wal = dir.path().join(format!("{JOURNAL_FILE}-wal"));
    assert!(fs::metadata(&wal).unwrap().len() > 0, "the WAL is there and is looked at");
    let while_running = all_bytes(dir.path());
    running.stop().await;
    for bytes in [while_running, all_bytes(dir.path())] {
        assert!(bytes.len() > 4096);
        assert!(!holds(&bytes, "SQLite format 3"));
        for word in words {
            assert!(!holds(&bytes, word), "{word} is readable");
        }
    }
}

#[tokio::test]
async fn a_second_service_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let error = start(config(dir.path())).await.unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error}");
    agent(&running, "Mina").await;
    running.stop().await;
    service(dir.path()).await.stop().await;
}

#[tokio::test]
async fn bad_input_a_damaged_journal_is_named_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    agent(&running, "Mina").await;
    running.stop().await;
    let path = dir.path().join(JOURNAL_FILE);
    let mut bytes = fs::read(&path).unwrap();
    for byte in &mut bytes[..64] {
        *byte ^= 0xff;
    }
    fs::write(&path, &bytes).unwrap();
    let error = start(config(dir.path())).await.unwrap_err().to_string();
    assert!(error.contains(JOURNAL_FILE) && error.contains("damaged"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap();
    let error = start(Config { listen, ..config(dir.path()) }).await.unwrap_err();
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_its_owners_alone_and_is_never_made_anew_for_an_old_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let data_dir = parent.path().join("data");
    let config = || Config { data_dir: data_dir.clone(), ..Config::default() };
    start(config()).await.unwrap().stop().await;
    let key_file = parent.path().join("data.key");
    assert_eq!(fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777, 0o700);
    start(config()).await.unwrap().stop().await;
    fs::remove_file(&key_file).unwrap();
    let error = start(config()).await.unwrap_err();
    assert!(matches!(error, StartError::Key(KeyError::Missing { .. })), "{error}");
    assert!(!key_file.exists());
}

#[tokio::test]
async fn when_the_disk_fails_commands_are_refused_reads_go_on_and_it_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;

    // Another program holds the file: no write succeeds.
    let options = bellhop_sealed::options(&dir.path().join(JOURNAL_FILE), &SealKey::new(KEY));
    let mut intruder = bellhop_sealed::connect(&options, "").await.unwrap();
    intruder.execute("BEGIN IMMEDIATE").await.unwrap();
    let id = new_id();
    let outcome = mina.say_command(id, Command::ServeNext).await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::StorageUnavailable });
    let word = VisitorClientFrame::Say { id, text: "Hello?".to_owned() };
    jun.socket.send(&word).await;
    jun.until(|frame| match frame {
        VisitorServerFrame::Refused { refusal: Refusal::StorageUnavailable, .. } => Some(()),
        _ => None,
    })
    .await;
    // What is stored is still read, and the digest is of what is stored.
    let other = Agent::connect(&running, &token).await;
    assert_eq!(other.events, mina.events);
    assert_eq!(mina.ping().await.waiting, 1);

    intruder.execute("ROLLBACK").await.unwrap();
    intruder.close().await.unwrap();
    let begun = Instant::now();
    let outcome = loop {
        // The same command again, as a client's outbox does.
        match mina.say_command(id, Command::ServeNext).await {
            Outcome::Refused { refusal: Refusal::StorageUnavailable } => {
                assert!(begun.elapsed() < PATIENCE, "it does not recover");
            }
            other => break other,
        }
    };
    chat_of(&outcome);
    jun.socket.send(&word).await;
    jun.taken(id).await;
    mina.event(|event| match &event.fact {
        Fact::MessagePosted { message, .. } => (message.text == "Hello?").then_some(()),
        _ => None,
    })
    .await;
    let mut late = Agent::connect(&running, &token).await;
    mina.ping().await;
    late.ping().await;
    assert_eq!(late.events, mina.events);
    let said = late.events.iter().filter(|e| matches!(e.fact, Fact::MessagePosted { .. }));
    assert_eq!(said.count(), 2);
    running.stop().await;
}
