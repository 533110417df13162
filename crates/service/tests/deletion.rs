//! Deletion (domain.md 13): what was said in a chat that was deleted is nowhere any more.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AccountKind, ChatId, Command, Fact, Rating, Refusal, Seq,
    frame::Outcome,
    manage::Management,
    record::RecordId,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_sealed::{Held, SealKey};
use bellhop_service::{AdminWish, JOURNAL_FILE, Running, SNAPSHOT_FILE, export, verify};
use common::{Agent, KEY, PATIENCE, Visitor, agent, chat_of, key, new_id, service};
use sqlx::{Executor as _, Row as _};
use std::{path::Path, time::Duration};

/// In the words of the chat that is deleted, each of them.
const GONE: [&str; 6] = ["marmalade", "xylophone", "zeppelin", "quixotic", "wombat", "jitterbug"];
/// In the words of the chat that stays.
const STAYS: &str = "porcelain";

async fn file(dir: &Path) -> Held {
    let options = bellhop_sealed::options(&dir.join(JOURNAL_FILE), &SealKey::new(KEY));
    bellhop_sealed::connect(&options, "").await.unwrap()
}

/// Every page of the journal as it is when it is decrypted, free ones among them, and the snapshot.
async fn pages(dir: &Path) -> Vec<u8> {
    let mut file = file(dir).await;
    let pages = file.serialize(None).await.unwrap().to_vec();
    file.close().await.unwrap();
    [pages, common::snapshot(dir).unwrap_or_default()].concat()
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Waits until the running service knows of no trace of what was deleted.
async fn without_traces(dir: &Path) {
    let begun = std::time::Instant::now();
    let mut file = file(dir).await;
    loop {
        let traces = file.fetch_one("SELECT count(*) FROM meta WHERE name = 'traces'").await;
        if traces.unwrap().get::<i64, _>(0) == 0 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "traces are removed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    file.close().await.unwrap();
}

async fn found(running: &Running, token: &str, query: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}/history{query}", running.addr());
    let asked = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
    asked.text().await.unwrap()
}

async fn delete(agent: &mut Agent, id: RecordId) -> Outcome {
    agent.manages(Management::DeleteRecord { id }).await
}

/// A chat with everything that can be said in one, ended by its visitor.
async fn talk(running: &Running, mina: &mut Agent, number: u8, words: [&str; 6]) -> ChatId {
    let [said, answered, name, tag, comment, noted] = words;
    let (mut jun, _) = Visitor::connect(running, &key(number), Seq(0)).await;
    jun.socket.send(&VisitorClientFrame::Name { name: name.to_owned() }).await;
    jun.says(&format!("Is the {said} in stock?")).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let text = format!("The {answered} is.");
    mina.command(Command::Say { chat_id, text }).await;
    let note = Some(format!("Wants the {noted}"));
    let agent_id = bellhop_model::AgentId(2);
    mina.command(Command::Invite { chat_id, agent_id, note }).await;
    mina.command(Command::SetTags { chat_id, tags: vec![tag.to_owned()] }).await;
    let (id, rating, comment) = (new_id(), Some(Rating::Good), Some(comment.to_owned()));
    jun.socket.send(&VisitorClientFrame::Rate { id, rating, comment }).await;
    jun.taken(id).await;
    let id = new_id();
    jun.socket.send(&VisitorClientFrame::End { id }).await;
    jun.taken(id).await;
    chat_id
}

/// One chat that is to be deleted and one that is to stay, both ended: not before that is one deleted.
async fn two_talks(running: &Running, mina: &mut Agent, hana: &mut Agent) -> [ChatId; 2] {
    let gone = talk(running, mina, 1, GONE).await;
    let stays = talk(running, mina, 2, [STAYS; 6]).await;
    assert!(running.tickets(9).await.unwrap().is_empty(), "agents are in both");
    for chat_id in [gone, stays] {
        assert_eq!(
            delete(mina, RecordId::Chat(chat_id)).await,
            Outcome::Refused { refusal: Refusal::ChatNotEnded }
        );
        mina.command(Command::EndChat { chat_id }).await;
        hana.command(Command::EndChat { chat_id }).await;
    }
    assert_eq!(running.tickets(9).await.unwrap().len(), 2);
    [gone, stays]
}

#[tokio::test]
async fn domain_13_no_word_of_a_deleted_chat_is_left_in_the_file_in_the_stream_or_in_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    for wish in [
        AdminWish::SwitchRatings { enabled: true },
        AdminWish::SetSupport { kind: AccountKind::ChatSupport, agents: Vec::new() },
    ] {
        running.admin(wish).await.unwrap();
    }
    let tokens = [agent(&running, "Mina").await, agent(&running, "Hana").await];
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let [gone, stays] = two_talks(&running, &mut mina, &mut hana).await;
    // What a snapshot keeps of a chat that is over is to be gone as well.
    running.stop().await;
    for word in GONE {
        assert!(has(&pages(dir.path()).await, word), "{word} was there");
    }
    let running = service(dir.path()).await;
    mina.reconnect(&running, &tokens[0]).await;
    hana.reconnect(&running, &tokens[1]).await;
    let no = Refusal::NotPermitted { permission: "delete_chats".to_owned() };
    assert_eq!(delete(&mut hana, RecordId::Chat(gone)).await, Outcome::Refused { refusal: no });
    assert!(found(&running, &tokens[0], "?text=marmalade").await.contains("\"id\":\"1\""));

    let done = delete(&mut mina, RecordId::Chat(gone)).await;
    assert!(matches!(done, Outcome::Accepted { .. }), "{done:?}");
    hana.event(|event| {
        let expected =
            Fact::ChatDeleted { chat_id: gone, agent_id: Some(bellhop_model::AgentId(1)) };
        (event.fact == expected).then_some(())
    })
    .await;
    without_traces(dir.path()).await;
    let whole = found(&running, &tokens[0], &format!("/{gone}")).await;
    assert!(whole.contains("no_such_record"), "{whole}");
    for word in GONE {
        let query = found(&running, &tokens[0], &format!("?text={word}")).await;
        assert_eq!(query, "{\"records\":[]}", "{word}");
    }
    assert!(found(&running, &tokens[0], &format!("?text={STAYS}")).await.contains("\"id\":\"2\""));
    let tickets = running.tickets(9).await.unwrap();
    assert_eq!(
        tickets.iter().map(|kept| kept.ticket.of).collect::<Vec<_>>(),
        [RecordId::Chat(stays)]
    );
    // Who begins anew is told of the chat and of no word in it; who has its events, goes on.
    let anew = Agent::connect(&running, &tokens[1]).await;
    assert_eq!(anew.digest, hana.ping().await);
    hana.reconnect(&running, &tokens[1]).await;
    let told = serde_json::to_string(&anew.events).unwrap();
    for word in GONE {
        assert!(!told.contains(word), "{word}: {told}");
        assert!(!has(&pages(dir.path()).await, word), "{word} is in the file");
    }
    assert!(told.contains(STAYS) && has(&pages(dir.path()).await, STAYS));
    running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good() && report.to_string().contains("the 1 records"), "{report}");
    let mut stream = Vec::new();
    export(dir.path(), Some(KEY), true, &mut stream).await.unwrap();
    for word in GONE {
        assert!(!has(&pages(dir.path()).await, word) && !has(&stream, word), "{word}");
    }
}

#[tokio::test]
async fn domain_13_an_offline_message_is_deleted_with_its_answer_which_waits_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    for text in ["Call the marmalade", "Or the porcelain"] {
        let (id, text, email) = (new_id(), text.to_owned(), "jun@wombat.example".to_owned());
        jun.socket.send(&VisitorClientFrame::Leave { id, text, email }).await;
        jun.taken(id).await;
    }
    jun.socket.ws.close(None).await.unwrap();
    let mut mina = Agent::connect(&running, &token).await;
    let message_id = bellhop_model::OfflineMessageId(1);
    let text = "The xylophone calls".to_owned();
    mina.manages(Management::AnswerOfflineMessage { message_id, text }).await;
    for id in [1, 1] {
        let id = RecordId::OfflineMessage(bellhop_model::OfflineMessageId(id));
        delete(&mut mina, id).await;
    }
    without_traces(dir.path()).await;
    let pages = pages(dir.path()).await;
    assert!(!has(&pages, "marmalade") && !has(&pages, "xylophone") && has(&pages, "porcelain"));
    assert!(!found(&running, &token, "?text=marmalade").await.contains("m1"));
    let (mut back, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    back.socket.send(&VisitorClientFrame::Ping).await;
    let greeted = back.until(|frame| match frame {
        VisitorServerFrame::Greeting { .. } => Some(true),
        VisitorServerFrame::Pong => Some(false),
        _ => None,
    });
    assert!(!greeted.await);
    running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good() && report.to_string().contains("the 1 records"), "{report}");
}

#[tokio::test]
async fn domain_13_what_is_kept_no_longer_is_deleted_by_itself_and_traces_of_a_crash_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();
    let token = agent(&running, "Mina").await;
    agent(&running, "Hana").await;
    let mut mina = Agent::connect(&running, &token).await;
    for number in 1..=3 {
        let chat_id = talk(&running, &mut mina, number, ["marmalade"; 6]).await;
        mina.command(Command::EndChat { chat_id }).await;
    }
    running.stop().await;
    // Two of the chats happened forty days ago, and somebody was interrupted while deleting.
    let mut old = file(dir.path()).await;
    old.execute(
        "UPDATE event SET at = at - 3456000000 WHERE seq < (SELECT min(seq) FROM event
             WHERE fact ->> 'kind' = 'chat_requested' AND fact ->> 'chat_id' = 3);
         DELETE FROM meta WHERE name = 'history';
         INSERT INTO meta VALUES ('traces', '3');",
    )
    .await
    .unwrap();
    old.close().await.unwrap();
    std::fs::remove_file(dir.path().join(SNAPSHOT_FILE)).unwrap();
    let running = service(dir.path()).await;
    without_traces(dir.path()).await;
    mina.reconnect(&running, &token).await;
    running.admin(AdminWish::SetRetention { days: Some(30) }).await.unwrap();
    for chat_id in [1, 2].map(ChatId) {
        let deleted = Fact::ChatDeleted { chat_id, agent_id: None };
        mina.event(|event| (event.fact == deleted).then_some(())).await;
    }
    let left = found(&running, &token, "").await;
    assert!(left.contains("\"id\":\"3\"") && !left.contains("\"id\":\"2\""), "{left}");
    assert_eq!(running.team().await.unwrap().retention, Some(30));
    running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good() && report.to_string().contains("the 1 records"), "{report}");
}
