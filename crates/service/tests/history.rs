//! The history over HTTP (domain.md 13): what is kept, found and exported, and for whom.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    ChatId, Command, Extent, Permission, Rating, Seq,
    people::Page,
    record::{Record, RecordId, RecordPage, RecordRefusal, WholeRecord},
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_sealed::SealKey;
use bellhop_service::{AdminWish, Config, JOURNAL_FILE, Running, SNAPSHOT_FILE, start, verify};
use common::{Agent, KEY, USER_AGENT, Visitor, agent, chat_of, config, key, new_id};
use serde::de::DeserializeOwned;
use sqlx::Executor as _;
use std::path::Path;

/// A team at work, and how it asks.
struct Shop {
    running: Running,
    token: String,
    mina: Agent,
}

impl Shop {
    async fn open(dir: &Path) -> Self {
        Self::open_with(config(dir)).await
    }

    async fn open_with(config: Config) -> Self {
        let running = start(config).await.unwrap();
        let token = agent(&running, "Mina").await;
        let mina = Agent::connect(&running, &token).await;
        Self { running, token, mina }
    }

    async fn ask(&self, path: &str) -> (u16, String, reqwest::header::HeaderMap) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("http://{}{path}", self.running.addr());
        let answer = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, answer.text().await.unwrap(), headers)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let (status, text, _) = self.ask(path).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn found(&self, query: &str) -> Vec<u64> {
        let page: RecordPage = self.get(&format!("/history?{query}")).await;
        page.records.iter().map(chat_in).collect()
    }

    async fn refused(&self, path: &str) -> (u16, RecordRefusal) {
        let (status, text, _) = self.ask(path).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Changes the journal's file of a service that does not run.
    async fn spoil(dir: &Path, statements: &'static str) {
        let options = bellhop_sealed::options(&dir.join(JOURNAL_FILE), &SealKey::new(KEY));
        let mut file = bellhop_sealed::connect(&options, "").await.unwrap();
        file.execute(statements).await.unwrap();
        file.close().await.unwrap();
    }

    /// A visitor of this number and name asks, is answered, and the agent leaves with a tag.
    async fn chat(&mut self, number: u8, name: &str, words: &str, tag: &str) -> (Visitor, ChatId) {
        let (mut visitor, _) = Visitor::connect(&self.running, &key(number), Seq(0)).await;
        let name = VisitorClientFrame::Name { name: name.to_owned() };
        visitor.socket.send(&name).await;
        visitor.says(words).await;
        let chat_id = loop {
            let outcome = self.mina.command(Command::ServeNext).await;
            if let bellhop_model::frame::Outcome::Accepted { .. } = outcome {
                break chat_of(&outcome);
            }
        };
        let text = "Two are left.".to_owned();
        self.mina.command(Command::Say { chat_id, text }).await;
        self.mina.command(Command::SetTags { chat_id, tags: vec![tag.to_owned()] }).await;
        self.mina.command(Command::EndChat { chat_id }).await;
        (visitor, chat_id)
    }
}

/// The number of the chat that a record is of.
fn chat_in(record: &Record) -> u64 {
    match record.id {
        RecordId::Chat(id) => id.0,
        RecordId::OfflineMessage(_) => panic!("{record:?}"),
    }
}

#[tokio::test]
async fn domain_13_an_ended_chat_has_a_record_and_one_that_comes_back_has_none_until_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let (mut jun, chat_id) = shop.chat(1, "Jun", "Do you make a moon jar?", "jar").await;
    let page: RecordPage = shop.get("/history").await;
    let [record] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!((record.id, page.next.as_deref()), (RecordId::Chat(chat_id), None));
    assert_eq!(record.visitor.name.as_deref(), Some("Jun"));
    assert_eq!(record.agents[0].name, "Mina");
    assert_eq!((record.said.visitor, record.said.agents), (1, 1));
    assert_eq!(record.tags, ["jar"]);
    assert!(!record.missed && !record.dropped && !record.unread);
    assert!(record.response.is_some() && record.waited_ms.is_some());

    jun.says("One more thing").await;
    assert!(shop.found("").await.is_empty(), "it goes on");
    let id = RecordId::Chat(chat_id);
    assert_eq!(shop.refused("/history/1").await, (404, RecordRefusal::NoSuchRecord { id }));
    assert_eq!(chat_of(&shop.mina.command(Command::ServeNext).await), chat_id);
    let id = new_id();
    jun.socket.send(&VisitorClientFrame::End { id }).await;
    jun.taken(id).await;
    assert!(shop.found("").await.is_empty(), "the agent is in it until she leaves (R-080)");
    shop.mina.command(Command::EndChat { chat_id }).await;
    let whole: WholeRecord = shop.get(&format!("/history/{chat_id}")).await;
    assert_eq!(whole.record.said.visitor, 2, "one session is one record");
    assert!(whole.record.unread);

    // Tagged when nothing can be said in it any more.
    shop.chat(2, "Sora", "Anybody?", "greeting").await;
    let tags = vec!["jar".to_owned(), "late".to_owned()];
    shop.mina.command(Command::SetTags { chat_id, tags }).await;
    assert_eq!(shop.found("tag=late").await, [chat_id.0]);
    let told: Record = shop.get::<WholeRecord>(&format!("/history/{chat_id}")).await.record;
    assert_eq!(told.tags, ["jar", "late"]);
    shop.running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good() && report.to_string().contains("the 2 records"), "{report}");
}

#[tokio::test]
async fn domain_13_records_are_found_by_words_of_both_scripts_and_by_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let (_jun, jar) = shop.chat(1, "Jun", "Do you make a Moon-Jar in celadon?", "jar").await;
    let (_ara, pot) = shop.chat(2, "아라", "달항아리를 주문하고 싶어요", "order").await;
    // Asked and gone before anybody served.
    let (mut lost, _) = Visitor::connect(&shop.running, &key(3), Seq(0)).await;
    lost.says("nobody there?").await;
    lost.socket.send(&VisitorClientFrame::End { id: new_id() }).await;
    lost.until(|frame| {
        let over = |frame: &VisitorServerFrame| match frame {
            VisitorServerFrame::State { chat, .. } => {
                *chat == bellhop_model::visitor_frame::VisitorChatState::Ended
            }
            _ => false,
        };
        over(frame).then_some(())
    })
    .await;
    let (jar, pot, lost) = (jar.0, pot.0, pot.0 + 1);
    for (query, expected) in [
        ("", vec![lost, pot, jar]),
        ("text=moon", vec![jar]),
        ("text=CELAD%20jar", vec![jar]),
        ("text=%ED%95%AD%EC%95%84", vec![pot]),
        ("text=%EB%A6%AC", vec![pot]),
        ("text=%EC%95%84%EB%9D%BC", vec![pot]),
        ("text=two%20left", vec![pot, jar]),
        ("text=%22%20OR%20x", vec![]),
        ("text=%2A", vec![]),
        ("tag=jar", vec![jar]),
        ("tag=ja", vec![]),
        ("agent=1", vec![pot, jar]),
        ("agent=1&text=moon", vec![jar]),
        ("missed=true", vec![lost]),
        ("missed=false", vec![pot, jar]),
        ("kind=offline_message", vec![]),
        ("to=5", vec![]),
        ("from=5", vec![lost, pot, jar]),
    ] {
        assert_eq!(shop.found(query).await, expected, "{query}");
    }
    let whole: WholeRecord = shop.get(&format!("/history/{pot}")).await;
    let visitor = whole.record.visitor.id;
    assert_eq!(shop.found(&format!("visitor={visitor}")).await, [pot], "R-060");
    shop.running.stop().await;
}

#[tokio::test]
async fn domain_13_pages_follow_each_other_without_a_hole_or_a_double() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let mut all = Vec::new();
    for number in 1..=5 {
        all.insert(0, shop.chat(number, "Jun", "Hello", "x").await.1.0);
    }
    let (mut found, mut next) = (Vec::new(), Some(String::new()));
    while let Some(after) = next {
        let after = if after.is_empty() { after } else { format!("&after={after}") };
        let page: RecordPage = shop.get(&format!("/history?limit=2{after}")).await;
        assert!(page.records.len() <= 2);
        found.extend(page.records.iter().map(chat_in));
        next = page.next;
    }
    assert_eq!(found, all);
    shop.running.stop().await;
}

#[tokio::test]
async fn domain_13_hostile_words_are_content_in_every_form_of_an_export() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let words = "=HYPERLINK(\"x\")\n2026-01-01T00:00:00Z Mina: refunded\u{202E}</p><script>alert(1)</script>";
    let name = "=cmd|' /C calc'!A0";
    let (_jun, first) = shop.chat(1, name, words, "x").await;
    let (_ara, second) = shop.chat(2, "+1 \"quoted\", comma", "<img src=x onerror=1>", "y").await;

    let (status, csv, headers) = shop.ask("/history/export").await;
    assert_eq!(
        (status, headers["content-type"].to_str().unwrap()),
        (200, "text/csv; charset=utf-8")
    );
    assert_eq!(headers["content-disposition"], "attachment; filename=\"history.csv\"");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    let rows = csv_rows(csv.trim_start_matches('\u{FEFF}'));
    assert_eq!(rows.len(), 3);
    let column = rows[0].iter().position(|cell| cell == "visitor_name").unwrap();
    assert_eq!(rows[1][column], "'+1 \"quoted\", comma");
    assert_eq!(rows[2][column], format!("'{name}"));
    let column = rows[0].iter().position(|cell| cell == "country").unwrap();
    assert!(rows[1..].iter().all(|row| row[column] == "GB"), "as the browser's language has it");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "no text ends a row");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }

    let text = shop.ask("/history/export?form=text").await.1;
    assert!(text.contains("\n    2026-01-01T00:00:00Z Mina: refunded"), "indented: {text}");
    assert!(!text.contains('\u{202E}'), "{text}");
    let html = shop.ask("/history/export?form=html").await.1;
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("&lt;script&gt;") && html.contains("default-src 'none'"), "{html}");
    let json: Vec<WholeRecord> = shop.get("/history/export?form=json").await;
    let exported: Vec<_> = json.iter().map(|whole| chat_in(&whole.record)).collect();
    assert_eq!(exported, [second.0, first.0]);
    let one: Vec<WholeRecord> = shop.get(&format!("/history/export?form=json&ids={first}")).await;
    assert_eq!(chat_in(&one[0].record), first.0);
    assert_eq!(one.len(), 1);
    let none = shop.ask("/history/export?form=json&tag=z").await.1;
    assert_eq!(serde_json::from_str::<Vec<WholeRecord>>(&none).unwrap(), []);
    shop.running.stop().await;
}

/// The cells of a file as RFC 4180 has it.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', true) if chars.peek() == Some(&'"') => cell.extend(chars.next()),
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            ('\r', false) => {}
            (c, _) => cell.push(c),
        }
    }
    assert!(!quoted && cell.is_empty() && row.is_empty(), "the file ends within a row");
    rows
}

#[tokio::test]
async fn bad_input_what_cannot_be_read_is_named_and_only_agents_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    shop.chat(1, "Jun", "Hello", "x").await;
    let long = format!("/history?text={}", "x".repeat(201));
    for path in [
        "/history?tags=x",
        "/history?limit=0",
        "/history?limit=101",
        "/history?after=yesterday",
        "/history?missed=perhaps",
        "/history/export?form=pdf",
        "/history/export?ids=1;2",
        "/history/seven",
        &long,
    ] {
        assert_eq!(shop.refused(path).await, (400, RecordRefusal::BadRequest), "{path}");
    }
    let token = std::mem::replace(&mut shop.token, "0".repeat(64));
    for path in ["/history", "/history/1", "/history/export"] {
        assert_eq!(shop.refused(path).await, (401, RecordRefusal::BadToken), "{path}");
    }
    shop.token = token;
    let page = reqwest::Client::new()
        .get(format!("http://{}/history", shop.running.addr()))
        .bearer_auth(&shop.token)
        .header("origin", "https://shop.example");
    assert_eq!(page.send().await.unwrap().status(), 403);
    shop.running.stop().await;
}

#[tokio::test]
async fn law_3_a_history_that_is_not_there_is_made_from_the_events_and_verify_sees_another() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let (_jun, first) = shop.chat(1, "Jun", "Do you make a moon jar?", "jar").await;
    shop.chat(2, "Ara", "Hello", "greeting").await;
    let before: Vec<WholeRecord> = shop.get("/history/export?form=json").await;
    shop.running.stop().await;
    let change = async |statements| Shop::spoil(dir.path(), statements).await;
    for (spoilt, told) in [
        ("UPDATE history SET record = replace(record, 'Jun', 'Jan')", "make, 1 first"),
        ("DELETE FROM history WHERE id = 2", "the events make 2"),
        ("DELETE FROM history_words_docsize WHERE id = 1", "say, 1 first"),
        ("UPDATE history SET missed = 1 WHERE id = 2", "say, 2 first"),
        ("UPDATE history SET ended_at = ended_at - 1 WHERE id = 2", "say, 2 first"),
        ("UPDATE history_tag SET tag = 'bar' WHERE tag = 'jar'", "say, 1 first"),
        ("DELETE FROM history_agent WHERE id = 1", "say, 1 first"),
        ("INSERT INTO history_agent (agent_id, id) VALUES (1, 9)", "1 entries find no record"),
        ("INSERT INTO history_words (rowid, words) VALUES (9, 'kiln')", "say, 9 first"),
        (
            "INSERT INTO history_words (history_words, rowid, words) VALUES ('delete', 1, 'jar');
             INSERT INTO history_words (rowid, words) VALUES (1, 'bar')",
            "say, 1 first",
        ),
    ] {
        change(spoilt).await;
        let report = verify(dir.path(), Some(KEY)).await.unwrap();
        assert!(!report.is_good() && report.to_string().contains(told), "{spoilt}: {report}");
        // As a journal of an older version is: without a history.
        change("DELETE FROM meta WHERE name = 'history'").await;
        let shop = Shop::open(dir.path()).await;
        let made: Vec<WholeRecord> = shop.get("/history/export?form=json").await;
        assert_eq!(made, before, "{spoilt}");
        assert_eq!(shop.found("text=moon&tag=jar&agent=1").await, [first.0]);
        shop.running.stop().await;
        assert!(verify(dir.path(), Some(KEY)).await.unwrap().is_good());
    }
}

#[tokio::test]
async fn domain_5_the_last_rating_counts_and_is_found_also_when_it_comes_long_after() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    shop.running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();
    let (mut jun, chat_id) = shop.chat(1, "Jun", "Do you make a moon jar?", "jar").await;
    let mut rate = async |rating, comment: Option<&str>| {
        let (id, comment) = (new_id(), comment.map(ToOwned::to_owned));
        jun.socket.send(&VisitorClientFrame::Rate { id, rating, comment }).await;
        jun.taken(id).await;
    };
    rate(Some(Rating::Bad), Some("too slow")).await;
    rate(Some(Rating::Good), Some("a celadon comment")).await;
    assert_eq!(shop.found("rating=good").await, [chat_id.0]);
    assert!(shop.found("rating=bad").await.is_empty());
    assert_eq!(shop.found("text=celadon").await, [chat_id.0]);
    let whole: WholeRecord = shop.get(&format!("/history/{chat_id}")).await;
    assert_eq!(whole.record.comment.as_deref(), Some("a celadon comment"));
    let text = shop.ask("/history/export?form=text").await.1;
    assert!(text.contains("rated the chat bad: too slow"), "all of it stays: {text}");
    shop.running.stop().await;
    assert!(verify(dir.path(), Some(KEY)).await.unwrap().is_good());
}

#[tokio::test]
async fn domain_16_an_offline_message_is_in_the_history_with_its_address_and_its_department() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    let (_ara, chat_id) = shop.chat(1, "Ara", "Hello", "x").await;
    let (mut jun, _) = Visitor::connect(&shop.running, &key(2), Seq(0)).await;
    shop.mina.socket.ws.close(None).await.unwrap();
    jun.until(|frame| match frame {
        VisitorServerFrame::State { staffed: false, .. } => Some(()),
        _ => None,
    })
    .await;
    let (text, email) = ("Call me, please".to_owned(), "jun@example.com".to_owned());
    let id = new_id();
    jun.socket.send(&VisitorClientFrame::Leave { id, text, email }).await;
    jun.taken(id).await;
    let page: RecordPage = shop.get("/history?kind=offline_message&unread=true&text=call").await;
    let [record] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!((record.id.to_string().as_str(), record.email.as_str()), ("m1", "jun@example.com"));
    let whole: WholeRecord = shop.get("/history/m1").await;
    assert_eq!(whole.message.unwrap().text, "Call me, please");
    assert_eq!(shop.found("kind=chat").await, [chat_id.0]);
    let text = shop.ask("/history/export?form=text&ids=m1").await.1;
    assert!(text.contains("Offline message 1") && text.contains("Call me, please"), "{text}");
    shop.running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good() && report.to_string().contains("the 2 records"), "{report}");
}

#[tokio::test]
async fn domain_14_who_may_not_view_past_chats_is_told_none_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).await;
    shop.chat(1, "Jun", "Hello", "x").await;
    let sora = agent(&shop.running, "Sora").await;
    let grants = vec![(Permission::ViewPastChats, Extent::None)];
    let name = "Trainee".to_owned();
    shop.running.admin(AdminWish::PutRole { name: name.clone(), grants }).await.unwrap();
    let email = "Sora@shop.example".to_owned();
    shop.running.admin(AdminWish::GiveRole { email, role: name }).await.unwrap();
    shop.token = sora;
    let permission = "view_past_chats".to_owned();
    let refused = (403, RecordRefusal::NotPermitted { permission });
    for path in ["/history", "/history/1", "/history/export"] {
        assert_eq!(shop.refused(path).await, refused, "{path}");
    }
    shop.running.stop().await;
}

#[tokio::test]
async fn domain_13_a_record_says_where_the_visitor_asked_from_and_nobody_is_told_of_it_before() {
    const ADDRESS: &str = "192.0.2.77";
    let dir = tempfile::tempdir().unwrap();
    let proxies = vec!["127.0.0.1".parse().unwrap()];
    let mut shop = Shop::open_with(Config { trusted_proxies: proxies, ..config(dir.path()) }).await;
    let mut jun = Visitor::connect_from(&shop.running, ADDRESS, &key(1)).await.unwrap();
    let url = "https://shop.example/pots/moon-jar".to_owned();
    let page = Page { url: url.clone(), ..Page::default() };
    jun.socket.send(&VisitorClientFrame::Page { page }).await;
    jun.says("Do you make a moon jar?").await;
    let chat_id = chat_of(&shop.mina.command(Command::ServeNext).await);
    shop.mina.command(Command::EndChat { chat_id }).await;
    // The page of the demonstration site on this machine: an address that is nobody's.
    let (_ara, local) = shop.chat(2, "Ara", "Hello", "x").await;
    let (mut sora, _) = Visitor::connect(&shop.running, &key(3), Seq(0)).await;
    shop.mina.socket.ws.close(None).await.unwrap();
    sora.until(|frame| match frame {
        VisitorServerFrame::State { staffed: false, .. } => Some(()),
        _ => None,
    })
    .await;
    let (id, text, email) = (new_id(), "Call me".to_owned(), String::new());
    sora.socket.send(&VisitorClientFrame::Leave { id, text, email }).await;
    sora.taken(id).await;

    let origin = async |shop: &Shop, id: &str| {
        let whole: WholeRecord = shop.get(&format!("/history/{id}")).await;
        let Record { origin, .. } = whole.record;
        (origin.address, origin.user_agent)
    };
    let of = |address: &str| (address.to_owned(), USER_AGENT.to_owned());
    assert_eq!(origin(&shop, &chat_id.to_string()).await, of(ADDRESS));
    assert_eq!(origin(&shop, &local.to_string()).await, of(""));
    assert_eq!(origin(&shop, "m1").await, of(""));
    let csv = shop.ask(&format!("/history/export?ids={chat_id}")).await.1;
    assert!(csv.contains(ADDRESS) && csv.contains(USER_AGENT), "{csv}");
    assert!(csv.contains("Z https://shop.example/pots/moon-jar\n"), "{csv}");
    let whole: WholeRecord = shop.get(&format!("/history/{chat_id}")).await;
    let path: Vec<_> = whole.record.origin.path.into_iter().map(|step| step.page.url).collect();
    assert_eq!(path, ["https://shop.example/pots", url.as_str()], "the web path");
    let listed: RecordPage = shop.get("/history").await;
    assert!(listed.records.iter().all(|record| record.origin.path.is_empty()));

    // What was told as it happened, and what is told to whoever catches up.
    let late = Agent::connect(&shop.running, &shop.token).await;
    for told in [&shop.mina.events, &late.events] {
        let told = serde_json::to_string(told).unwrap();
        assert!(told.contains("moon jar"), "{told}");
        assert!(!told.contains(ADDRESS) && !told.contains(USER_AGENT), "{told}");
        assert!(!told.contains("\"path\""), "{told}");
    }
    shop.running.stop().await;

    // As an older version journaled it.
    let older = "UPDATE event SET fact = json_remove(fact, '$.origin');
        DELETE FROM meta WHERE name = 'history'";
    Shop::spoil(dir.path(), older).await;
    std::fs::remove_file(dir.path().join(SNAPSHOT_FILE)).unwrap();
    let shop = Shop::open(dir.path()).await;
    assert_eq!(origin(&shop, &chat_id.to_string()).await, (String::new(), String::new()));
    shop.running.stop().await;
    let report = verify(dir.path(), Some(KEY)).await.unwrap();
    assert!(report.is_good(), "{report}");
}
