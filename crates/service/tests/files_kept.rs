//! Files in chats over time: sent twice, through crashes and restarts, moved, checked and deleted.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    ChatId, Command, Fact, FileId, Refusal, Seq, chat::LineBody, frame::Outcome,
    manage::Management, record::WholeRecord, visitor_frame::VisitorServerFrame,
};
use bellhop_sealed::SealKey;
use bellhop_service::{AdminWish, Config, FileWish, JOURNAL_FILE, export, import, start, verify};
use common::{
    Agent, KEY, PATIENCE, Visitor, config,
    files::{Hand, Sent, Talk, files, id_of, shelf, talk},
    key, new_id, service,
};
use sqlx::Executor as _;
use std::{fs, path::Path};

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

#[tokio::test]
async fn law_11_nothing_of_a_file_is_readable_in_the_data_directory() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let content = "the word marmalade, ".repeat(20_000);
    talk.jun_sends(&Sent::text("xylophone.txt", content.as_bytes())).await;
    let while_running = all_bytes(dir.path());
    running.stop().await;
    for bytes in [while_running, all_bytes(dir.path())] {
        assert!(bytes.len() > content.len());
        for word in ["marmalade", "xylophone"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
        }
    }
}

#[tokio::test]
async fn law_6_a_file_that_is_sent_again_is_in_the_chat_once() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let sent = Sent::text("a.txt", b"once");
    let id = new_id();
    for _ in 0..2 {
        let answered = talk.of_jun.put_as(id, &sent).await;
        assert_eq!(
            (answered.status, answered.json()["taken"].as_str()),
            (200, Some(&*id.to_string()))
        );
    }
    // Several at the same time, as after a line that was lost and is back.
    let id = new_id();
    let at_once = (0..4).map(|_| talk.of_jun.put_as(id, &sent));
    for answered in futures_util::future::join_all(at_once).await {
        assert_eq!(answered.status, 200);
    }
    talk.mina.ping().await;
    assert_eq!(files(&talk.mina.events).len(), 2);
    assert_eq!(shelf(dir.path()).len(), 2);
    // Another visitor's id is another's.
    let (mut sora, _) = Visitor::connect(&running, &key(2), Seq(0)).await;
    sora.says("Hello").await;
    let of_sora = Hand::of_visitor(running.addr(), &key(2));
    assert_eq!(of_sora.put_as(id, &sent).await.status, 200);
    // The id of something else is refused, and a restart forgets neither.
    let said = talk.jun.says("A word").await;
    let taken = talk.of_jun.put_as(said, &sent).await;
    running.stop().await;
    let running = service(dir.path()).await;
    let of_jun = Hand::of_visitor(running.addr(), &key(1));
    assert_eq!(of_jun.put_as(id, &sent).await.status, 200);
    assert_eq!(taken.status, 200, "it was taken, as what it was");
    let mut later = Agent::connect(&running, &talk.token).await;
    later.ping().await;
    assert_eq!(files(&later.events).len(), 3);
    assert_eq!(shelf(dir.path()).len(), 3);
    running.stop().await;
}

#[tokio::test]
async fn r1_what_was_under_way_when_it_died_is_put_in_order_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let message = talk.jun_sends(&Sent::text("a.txt", b"kept")).await;
    running.stop().await;
    // It died between the event and what comes after it; and before the events of two others.
    let lies = shelf(dir.path()).remove(0);
    let part = |state: &str| lies.with_file_name(format!("{}{state}", "0".repeat(32)));
    fs::rename(&lies, lies.with_extension("new")).unwrap();
    fs::write(part(".new"), "whole, and no event speaks of it").unwrap();
    fs::write(part(".part"), "a part").unwrap();
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert!(report.to_string().contains("note: the next start removes 2"), "{report}");

    let running = service(dir.path()).await;
    let of_mina = Hand::of_agent(running.addr(), &talk.token);
    assert_eq!(of_mina.file(&id_of(&message)).await.body, b"kept");
    assert_eq!(shelf(dir.path()), [lies]);
    running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap().to_string();
    assert!(report.contains("good: 1 files are as they were sent"), "{report}");
}

#[tokio::test]
async fn law_2_while_nothing_can_be_stored_no_file_is_taken_and_none_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    // Another program holds the journal: no event is written.
    let options = bellhop_sealed::options(&dir.path().join(JOURNAL_FILE), &SealKey::new(KEY));
    let mut intruder = bellhop_sealed::connect(&options, "").await.unwrap();
    intruder.execute("BEGIN IMMEDIATE").await.unwrap();
    let (id, sent) = (new_id(), Sent::text("a.txt", b"kept"));
    let refused = talk.of_jun.put_as(id, &sent).await;
    assert_eq!(refused.code(), (503, "storage_unavailable".to_owned()));
    assert_eq!(shelf(dir.path()).len(), 0);
    intruder.execute("ROLLBACK").await.unwrap();
    intruder.close().await.unwrap();
    let begun = std::time::Instant::now();
    // The same again, as a widget does.
    while talk.of_jun.put_as(id, &sent).await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "it does not recover");
    }
    let message = talk.next_file().await;
    assert_eq!(talk.of_mina.file(&id_of(&message)).await.body, b"kept");
    running.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn r1_killed_in_the_middle_of_an_upload_the_next_start_removes_it() {
    use common::{
        Socket,
        program::{output, serve},
    };
    use tokio::io::AsyncWriteExt as _;
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (mut child, url) = serve(&data).await;
    let mut jun = Visitor { socket: Socket::open(&url.replace("/agent", "/visitor")).await };
    jun.socket.send(&Visitor::hello(&key(1), Seq(0))).await;
    jun.says("Hello").await;
    let addr = url.trim_start_matches("ws://").trim_end_matches("/agent").to_owned();
    let hand = Hand::of_visitor(addr.parse().unwrap(), &key(1));
    hand.sends(&Sent::text("a.txt", b"kept")).await;
    let mut line = tokio::net::TcpStream::connect(&addr).await.unwrap();
    let head = format!(
        "PUT /file/{}?name=b.txt HTTP/1.1\r\nhost: {addr}\r\nauthorization: Visitor {}\r\n\
         content-type: text/plain\r\ncontent-length: 1000000\r\n\r\n",
        new_id(),
        key(1)
    );
    line.write_all(head.as_bytes()).await.unwrap();
    line.write_all(&vec![b'a'; 300_000]).await.unwrap();
    let begun = std::time::Instant::now();
    while shelf(&data).len() < 2 {
        assert!(begun.elapsed() < PATIENCE, "it does not arrive");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.kill().await.unwrap();
    assert_eq!(shelf(&data).len(), 2);
    let (mut child, _) = serve(&data).await;
    assert_eq!(shelf(&data).len(), 1);
    child.kill().await.unwrap();
    let verified = output(&data, &["verify"]).await;
    assert!(verified.contains("good: 1 files are as they were sent"), "{verified}");
    let listed = output(&data, &["admin", "file", "list"]).await;
    let (id, rest) = listed.split_once('\t').unwrap();
    assert_eq!(rest, "1\ttext\t4\ta.txt");
    output(&data, &["admin", "file", "delete", "--id", id]).await;
    assert_eq!(output(&data, &["admin", "file", "list"]).await, "");
    assert_eq!(shelf(&data).len(), 0);
    output(&data, &["admin", "file", "allow", "--extension", "HWP"]).await;
    output(&data, &["admin", "file", "sending", "off"]).await;
    let allowed = ["admin", "file", "allowed"];
    assert_eq!(output(&data, &allowed).await, "gif\njpeg\njpg\npng");
    output(&data, &["admin", "file", "sending", "on"]).await;
    assert_eq!(output(&data, &allowed).await, "gif\nhwp\njpeg\njpg\npdf\npng\ntxt");
}

/// Ends the chat, so that it belongs to the history.
async fn end(talk: &mut Talk) {
    talk.jun
        .socket
        .send(&bellhop_model::visitor_frame::VisitorClientFrame::End { id: new_id() })
        .await;
    talk.mina.event(|event| matches!(event.fact, Fact::ChatEnded { .. }).then_some(())).await;
    talk.mina.command(Command::EndChat { chat_id: talk.chat_id }).await;
}

async fn record(hand: &Hand, chat: ChatId) -> WholeRecord {
    serde_json::from_slice(&hand.get(&format!("/history/{chat}")).await.body).unwrap()
}

#[tokio::test]
async fn domain_13_a_file_is_deleted_for_good_and_the_history_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let first = id_of(&talk.jun_sends(&Sent::text("first.txt", b"one")).await);
    let second = id_of(&talk.jun_sends(&Sent::text("second.txt", b"two")).await);
    let delete = |file_id: &FileId| Management::DeleteFile { file_id: file_id.clone() };
    let done = talk.mina.manages(delete(&first)).await;
    assert!(matches!(done, Outcome::Accepted { .. }), "{done:?}");
    talk.jun
        .until(|frame| match frame {
            VisitorServerFrame::Line { line, .. } => {
                let line = serde_json::to_value(line).unwrap();
                (line["kind"] == "file_deleted" && line["name"] == "first.txt").then_some(())
            }
            _ => None,
        })
        .await;
    for hand in [&talk.of_mina, &talk.of_jun] {
        assert_eq!(hand.file(&first).await.code(), (404, "no_such_file".to_owned()));
    }
    let refusal = Refusal::NoSuchFile { file_id: first.clone() };
    assert_eq!(talk.mina.manages(delete(&first)).await, Outcome::Refused { refusal });

    // A chat that is over, too; its record and what is exported of it name both files.
    end(&mut talk).await;
    let wish = AdminWish::Files(FileWish::Delete { file_id: second.clone() });
    running.admin(wish).await.unwrap();
    let whole = record(&talk.of_mina, talk.chat_id).await;
    let deleted = whole.transcript.iter().filter_map(|line| match &line.body {
        LineBody::FileDeleted { file_id, name } => Some((file_id.clone(), name.clone())),
        _ => None,
    });
    let expected = [(first, "first.txt".to_owned()), (second, "second.txt".to_owned())];
    assert_eq!(deleted.collect::<Vec<_>>(), expected);
    assert_eq!(whole.record.said.visitor, 3);
    for form in ["csv", "text", "html", "json"] {
        let file = talk.of_mina.get(&format!("/history/export?form={form}")).await.body;
        let file = String::from_utf8(file).unwrap();
        assert!(file.contains("first.txt") && file.contains("second.txt"), "{form}: {file}");
        let told = if form == "json" { "file_deleted" } else { "A file was deleted" };
        assert!(file.contains(told), "{form}: {file}");
    }
    let found = talk.of_mina.get("/history?text=second").await.json();
    assert_eq!(found["records"].as_array().unwrap().len(), 1, "a file is found by its name");
    running.stop().await;
    assert_eq!(shelf(dir.path()).len(), 0);
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn r1_a_file_whose_deletion_was_cut_short_goes_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let file_id = id_of(&talk.jun_sends(&Sent::text("a.txt", b"a secret")).await);
    let copy = dir.path().join("copy");
    let lies = shelf(dir.path()).remove(0);
    fs::copy(&lies, &copy).unwrap();
    talk.mina.manages(Management::DeleteFile { file_id: file_id.clone() }).await;
    running.stop().await;
    assert_eq!(shelf(dir.path()).len(), 0);
    fs::rename(&copy, &lies).unwrap();
    let running = service(dir.path()).await;
    assert_eq!(shelf(dir.path()).len(), 0);
    let of_mina = Hand::of_agent(running.addr(), &talk.token);
    assert_eq!(of_mina.file(&file_id).await.status, 404);
    running.stop().await;
}

/// A service with a file in it and one that was deleted, stopped: the id of the first, what it is,
/// and all of it as a stream.
async fn moved(here: &Path) -> (FileId, String, Vec<u8>) {
    let running = service(here).await;
    let mut talk = talk(&running).await;
    let long = "a line of many\n".repeat(40_000);
    let kept = id_of(&talk.jun_sends(&Sent::text("long.txt", long.as_bytes())).await);
    let gone = id_of(&talk.jun_sends(&Sent::text("gone.txt", b"a secret")).await);
    talk.mina.manages(Management::DeleteFile { file_id: gone }).await;
    running.stop().await;
    let mut stream = Vec::new();
    let moved = export(here, Some(KEY), true, &mut stream).await.unwrap();
    assert_eq!(moved.files, 1);
    (kept, long, stream)
}

#[tokio::test]
async fn an_account_takes_its_files_along() {
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("here"), parent.path().join("there"));
    let (kept, long, stream) = Box::pin(moved(&here)).await;
    assert!(stream.starts_with(b"{\"bellhop_export\":{\"version\":3"));
    let other = [9; 32];
    assert_eq!(import(&there, Some(other), &stream[..]).await.unwrap().files, 1);
    let report = verify(&there, Some(other)).await.unwrap();
    assert!(report.to_string().contains("good: 1 files are as they were sent"), "{report}");
    let running = start(Config { key: Some(other), ..config(&there) }).await.unwrap();
    let of_jun = Hand::of_visitor(running.addr(), &key(1));
    assert_eq!(of_jun.file(&kept).await.body, long.as_bytes());
    running.stop().await;
    let again = parent.path().join("again");
    import(&again, Some(KEY), &stream[..]).await.unwrap();
    let mut same = Vec::new();
    export(&again, Some(KEY), true, &mut same).await.unwrap();
    assert_eq!(same, stream, "the same stream, byte by byte");
}

#[tokio::test]
async fn bad_input_a_stream_whose_files_are_not_whole_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let (kept, _, stream) = Box::pin(moved(&parent.path().join("here"))).await;
    let text = String::from_utf8(stream).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = lines.iter().position(|line| line.starts_with("{\"file\"")).unwrap();
    let without = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
        kept.map(|(_, line)| *line).collect::<String>()
    };
    let head = |id: &str| format!("{{\"file\":{{\"id\":\"{id}");
    let nowhere = parent.path().join("nowhere");
    for (stream, told) in [
        (without(at), "a part of no file"),
        (without(at + 1), "does not fit"),
        (text.replace(&head(&kept.0), &head(&"0".repeat(32))), "no event speaks of"),
        (text.replacen("\"data\":\"", "\"data\":\"!", 1), "not Base64"),
    ] {
        let error = import(&nowhere, Some(KEY), stream.as_bytes()).await.unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
        let left: Vec<_> = fs::read_dir(&nowhere).unwrap().collect();
        assert_eq!(left.len(), 1, "{told}: nothing but the lock: {left:?}");
    }
}

#[tokio::test]
async fn verify_reads_every_file_and_names_what_is_not_whole() {
    let parent = tempfile::tempdir().unwrap();
    let here = parent.path().join("here");
    let (kept, ..) = Box::pin(moved(&here)).await;
    let lies = shelf(&here).remove(0);
    let mut bytes = fs::read(&lies).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&lies, &bytes).unwrap();
    let report = verify(&here, Some(KEY)).await.unwrap();
    assert!(!report.is_good() && report.to_string().contains("cannot be read"), "{report}");
    fs::remove_file(&lies).unwrap();
    let report = verify(&here, Some(KEY)).await.unwrap();
    assert!(!report.is_good() && report.to_string().contains("is not there"), "{report}");
    let running = service(&here).await;
    let of_jun = Hand::of_visitor(running.addr(), &key(1));
    assert_eq!(of_jun.file(&kept).await.code(), (503, "storage_unavailable".to_owned()));
    running.stop().await;
}
