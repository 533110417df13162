//! Tickets: one of each chat that is over, kept here or given to Zendesk Support,
//! which stands here as a double ([`common::desk`]).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AccountKind, ChatId, Command, Event, Fact, Refusal, Seq,
    ban::Banned,
    frame::Outcome,
    manage::Management,
    record::{RecordId, RecordPage, WholeRecord},
    visitor_frame::VisitorClientFrame,
};
use bellhop_sealed::SealKey;
use bellhop_service::{
    AdminWish, Config, JOURNAL_FILE, KeptTicket, Running, Sink, export, import, start, verify,
};
use common::{
    Agent, KEY, Visitor, agent, chat_of, config,
    desk::{Double, Mood, zendesk},
    key, new_id,
};
use serde_json::json;
use sqlx::Executor as _;
use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// A shop whose agent is Mina.
struct Shop {
    running: Running,
    token: String,
    mina: Agent,
    visitors: u8,
}

impl Shop {
    async fn open(dir: &Path, tickets: Sink) -> Self {
        let running = start(Config { tickets, ..config(dir) }).await.unwrap();
        let token = agent(&running, "Mina").await;
        let mina = Agent::connect(&running, &token).await;
        Self { running, token, mina, visitors: 0 }
    }

    async fn support(&self, kind: AccountKind, agents: &[&str]) {
        let agents = agents.iter().map(ToString::to_string).collect();
        self.running.admin(AdminWish::SetSupport { kind, agents }).await.unwrap();
    }

    async fn assign(&mut self, email: &str) -> Outcome {
        self.mina.manages(Management::SetTicketAssignee { email: email.to_owned() }).await
    }

    /// A chat that its visitor ends, and the agent leaves.
    async fn chat(&mut self, words: &str) -> ChatId {
        self.visitors += 1;
        let (mut jun, _) = Visitor::connect(&self.running, &key(self.visitors), Seq(0)).await;
        jun.socket.send(&VisitorClientFrame::Name { name: "Jun".to_owned() }).await;
        jun.says(words).await;
        let chat_id = chat_of(&self.mina.command(Command::ServeNext).await);
        self.mina.command(Command::SetTags { chat_id, tags: vec!["pot".to_owned()] }).await;
        let id = new_id();
        jun.socket.send(&VisitorClientFrame::End { id }).await;
        jun.taken(id).await;
        self.mina.command(Command::EndChat { chat_id }).await;
        chat_id
    }

    /// The ticket that the history names for a chat.
    async fn named(&self, chat: ChatId) -> Option<String> {
        let url = format!("http://{}/history/{chat}", self.running.addr());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let asked = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.unwrap();
        let whole: WholeRecord = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
        let url = format!("http://{}/history?limit=1", self.running.addr());
        let asked = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.unwrap();
        let page: RecordPage = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
        assert_eq!(page.records[0].ticket, whole.record.ticket, "the newest is meant");
        whole.record.ticket
    }

    async fn tickets(&self) -> Vec<KeptTicket> {
        self.running.tickets(10).await.unwrap()
    }

    /// Waits until the newest ticket is no more waiting.
    async fn settled(&self) -> KeptTicket {
        let begun = std::time::Instant::now();
        let mut look = tokio::time::interval(Duration::from_millis(20));
        loop {
            look.tick().await;
            let newest = self.tickets().await.into_iter().next();
            if let Some(ticket) = newest.filter(|ticket| ticket.state != "waiting") {
                return ticket;
            }
            assert!(begun.elapsed() < common::PATIENCE, "{:?}", self.tickets().await);
        }
    }
}

#[tokio::test]
async fn r_121_r_124_r_126_tickets_are_made_with_the_assignee_of_their_moment_and_of_no_chat_account()
 {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path(), Sink::Local).await;
    shop.chat("before there were tickets").await;
    assert_eq!(shop.tickets().await, [], "R-006");
    let nobody = Refusal::NotASupportAgent { email: "kim@support.example".to_owned() };
    assert_eq!(shop.assign("kim@support.example").await, Outcome::Refused { refusal: nobody });

    shop.support(AccountKind::ChatSupport, &["Kim@support.example", "mina@shop.example"]).await;
    let first = shop.chat("Do you make it left-handed?").await;
    let kept = &shop.tickets().await[0];
    assert_eq!((kept.ticket.of, kept.state.as_str()), (RecordId::Chat(first), "kept"));
    assert_eq!(kept.ticket.assignee, None, "R-121: nobody unless she says so");
    assert_eq!(kept.ticket.tags, ["pot"]);
    assert!(kept.ticket.text.contains("Do you make it left-handed?"), "{kept:?}");
    assert_eq!(kept.ticket.requester.name, "Jun", "R-064");
    let name = first.to_string();
    assert_eq!(shop.named(first).await.as_ref(), Some(&name), "domain.md 13: linked ticket id");

    let stranger = Refusal::NotASupportAgent { email: "lee@shop.example".to_owned() };
    assert_eq!(shop.assign("lee@shop.example").await, Outcome::Refused { refusal: stranger });
    assert!(matches!(shop.assign(" KIM@support.example ").await, Outcome::Accepted { .. }));
    assert_eq!(shop.tickets().await[0].ticket.assignee, None, "R-126");
    shop.chat("And in celadon?").await;
    let assignee = shop.tickets().await[0].ticket.assignee.clone();
    assert_eq!(assignee.as_deref(), Some("kim@support.example"), "R-120");

    assert!(matches!(shop.assign("").await, Outcome::Accepted { .. }));
    shop.chat("Hello?").await;
    assert_eq!(shop.tickets().await[0].ticket.assignee, None, "R-125");
    assert_eq!(shop.tickets().await.len(), 3);
    shop.running.stop().await;
}

#[tokio::test]
async fn r_064_the_requester_is_who_agents_wrote_down() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path(), Sink::Local).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    let chat_id = shop.chat("Hello").await;
    let whole = shop.mina.event(|event| match &event.fact {
        Fact::ChatRequested { visitor, chat_id: of, .. } if *of == chat_id => {
            Some(visitor.id.clone())
        }
        _ => None,
    });
    let visitor_id = whole.await;
    let (name, email) = ("Jun Park".to_owned(), "jun@example.com".to_owned());
    let phone = String::new();
    shop.mina.manages(Management::SetContact { visitor_id, name, email, phone }).await;
    let requester = &shop.tickets().await[0].ticket.requester;
    let expected = ("Jun Park", "jun@example.com");
    assert_eq!((requester.name.as_str(), requester.email.as_str()), expected);
    shop.running.stop().await;
}

#[tokio::test]
async fn a_chat_that_comes_back_takes_its_ticket_back_until_it_ends_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path(), Sink::Local).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    let (mut jun, _) = Visitor::connect(&shop.running, &key(9), Seq(0)).await;
    jun.says("Hello").await;
    let chat_id = chat_of(&shop.mina.command(Command::ServeNext).await);
    shop.mina.command(Command::EndChat { chat_id }).await;
    assert_eq!(shop.tickets().await.len(), 1);
    jun.says("One more thing").await;
    assert_eq!(shop.tickets().await, []);
    shop.mina.command(Command::ServeNext).await;
    shop.mina.command(Command::EndChat { chat_id }).await;
    let tickets = shop.tickets().await;
    assert!(tickets.len() == 1 && tickets[0].ticket.text.contains("One more thing"), "{tickets:?}");
    shop.running.stop().await;
}

#[tokio::test]
async fn r_120_a_ticket_goes_to_zendesk_in_the_vendors_shape_and_its_number_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let mut shop = Shop::open(dir.path(), zendesk(&double.start().await, "secret")).await;
    shop.support(AccountKind::ChatSupport, &["kim@support.example"]).await;
    shop.assign("kim@support.example").await;
    let chat_id = shop.chat("Is it <b>left</b>-handed?").await;
    let sent = shop.settled().await;
    assert_eq!((sent.state.as_str(), sent.remote.as_deref()), ("sent", Some("35436")));
    let tickets = double.tickets();
    let [ticket] = tickets.as_slice() else { panic!("{tickets:?}") };
    assert_eq!(ticket["subject"], "Chat with Jun: Is it <b>left</b>-handed?");
    assert_eq!(ticket["requester"]["name"], "Jun");
    assert_eq!(ticket["assignee_email"], "kim@support.example");
    assert_eq!(ticket["tags"], json!(["pot"]));
    assert_eq!(ticket["comment"]["public"], false);
    let external_id = ticket["external_id"].as_str().unwrap();
    assert!(external_id.ends_with(&format!("-{chat_id}")), "{external_id}");
    assert_eq!(shop.named(chat_id).await.as_deref(), Some("35436"), "domain.md 13");
    shop.running.stop().await;
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_found_again_and_not_made_twice() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let url = double.start().await;
    double.moods.lock().unwrap().push_back(Mood::TakesAndLosesTheAnswer);
    let mut shop = Shop::open(dir.path(), zendesk(&url, "secret")).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    shop.chat("Hello").await;
    double.asked.notified().await;
    // Stopped before the next try: the row is what the next service goes on with.
    shop.running.stop().await;
    let mut shop = Shop::open(dir.path(), zendesk(&url, "secret")).await;
    shop.visitors = 50;
    let sent = shop.settled().await;
    assert_eq!((sent.state.as_str(), sent.remote.as_deref()), ("sent", Some("35436")));
    assert_eq!(double.tickets().len(), 1);
    shop.running.stop().await;
}

#[tokio::test]
async fn a_busy_desk_is_tried_again_and_one_that_refuses_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let url = double.start().await;
    let mut shop = Shop::open(dir.path(), zendesk(&url, "secret")).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    double.moods.lock().unwrap().push_back(Mood::RefusesForGood);
    let chat_id = shop.chat("Hello").await;
    let refused = shop.settled().await;
    assert_eq!(shop.named(chat_id).await, None, "there is none");
    assert_eq!(refused.state, "refused");
    assert!(refused.why.unwrap().contains("422"));
    double.moods.lock().unwrap().push_back(Mood::IsBusy);
    shop.chat("Hello again").await;
    assert_eq!(shop.settled().await.state, "sent");
    assert_eq!(double.tickets().len(), 1);
    shop.running.stop().await;
}

async fn exported(dir: &Path) -> Vec<u8> {
    let mut stream = Vec::new();
    export(dir, Some(KEY), true, &mut stream).await.unwrap();
    stream
}

#[tokio::test]
async fn tickets_move_along_with_their_account_and_those_that_wait_are_given_away_once() {
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("here"), parent.path().join("there"));
    let double = Arc::<Double>::default();
    let url = double.start().await;
    let mut shop = Shop::open(&here, zendesk(&url, "secret")).await;
    shop.support(AccountKind::ChatSupport, &["kim@support.example"]).await;
    shop.assign("kim@support.example").await;
    shop.chat("This one is there").await;
    shop.settled().await;
    shop.running.stop().await;

    // The desk cannot be reached while the second chat is held.
    let mut shop = Shop::open(&here, zendesk("http://127.0.0.1:1", "secret")).await;
    shop.visitors = 50;
    shop.chat("This one waits").await;
    shop.running.stop().await;
    // As if the service had ended before its first try.
    let options = bellhop_sealed::options(&here.join(JOURNAL_FILE), &SealKey::new(KEY));
    let mut file = bellhop_sealed::connect(&options, "").await.unwrap();
    let untried = "UPDATE ticket SET tries = 0, due_at = 0, why = NULL WHERE state = 'waiting'";
    file.execute(untried).await.unwrap();
    file.close().await.unwrap();

    let stream = exported(&here).await;
    let moved = import(&there, Some(KEY), &stream[..]).await.unwrap();
    assert_eq!(moved.tickets, 2);
    assert_eq!(exported(&there).await, stream, "the same stream, byte by byte");

    // The old service is started once more, by mistake, before the new one.
    let shop = Shop::open(&here, zendesk(&url, "secret")).await;
    let sent = shop.settled().await;
    assert_eq!((sent.state.as_str(), sent.remote.as_deref()), ("sent", Some("35437")));
    shop.running.stop().await;
    let shop = Shop::open(&there, zendesk(&url, "secret")).await;
    assert_eq!(shop.settled().await, sent, "found there, and not made again");
    assert_eq!(shop.tickets().await.len(), 2);
    assert_eq!(double.tickets().len(), 2);
    shop.running.stop().await;
    let report = verify(&there, Some(KEY)).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_ticket_of_a_chat_after_the_move_is_made_without_looking_and_those_kept_here_come_along()
{
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("here"), parent.path().join("there"));
    let mut shop = Shop::open(&here, Sink::Local).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    shop.chat("Before the move").await;
    let kept = shop.tickets().await;
    shop.running.stop().await;
    import(&there, Some(KEY), &exported(&here).await[..]).await.unwrap();
    let double = Arc::<Double>::default();
    let mut shop = Shop::open(&there, zendesk(&double.start().await, "secret")).await;
    assert_eq!(shop.tickets().await, kept);
    shop.visitors = 50;
    shop.chat("After the move").await;
    assert_eq!(shop.settled().await.state, "sent");
    assert_eq!(double.tickets().len(), 1);
    assert_eq!(double.looked.load(Ordering::Relaxed), 0);
    shop.running.stop().await;
}

#[tokio::test]
async fn a_ticket_that_an_administrator_causes_while_the_service_is_stopped_is_given_away_as_well()
{
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let sink = zendesk(&double.start().await, "secret");
    let mut shop = Shop::open(dir.path(), sink.clone()).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    let (mut jun, _) = Visitor::connect(&shop.running, &key(1), Seq(0)).await;
    jun.says("Is it left-handed?").await;
    let asked = |event: &Event| match &event.fact {
        Fact::ChatRequested { visitor, .. } => Some(visitor.id.clone()),
        _ => None,
    };
    let visitor_id = shop.mina.event(asked).await;
    shop.running.stop().await;

    // As `bellhop-service admin ban` opens the directory.
    let between = start(Config { tickets: Sink::AsBefore, ..config(dir.path()) }).await.unwrap();
    let banned = Banned::Visitor { visitor_id };
    between.admin(AdminWish::Ban { banned, reason: String::new() }).await.unwrap();
    between.stop().await;
    assert_eq!(double.tickets(), [] as [serde_json::Value; 0]);

    let shop = Shop::open(dir.path(), sink).await;
    let sent = shop.settled().await;
    assert_eq!((sent.state.as_str(), double.tickets().len()), ("sent", 1));
    shop.running.stop().await;
}

#[tokio::test]
async fn r_121_a_ticket_whose_assignee_is_no_support_agent_any_more_is_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let mut shop = Shop::open(dir.path(), zendesk(&double.start().await, "secret")).await;
    shop.support(AccountKind::ChatSupport, &["kim@support.example"]).await;
    shop.assign("kim@support.example").await;
    double.moods.lock().unwrap().extend([Mood::KnowsNoAssignee; 2]);
    shop.chat("Is it left-handed?").await;
    let sent = shop.settled().await;
    assert_eq!((sent.state.as_str(), sent.remote.as_deref()), ("sent", Some("35436")));
    let tickets = double.tickets();
    assert_eq!((tickets.len(), tickets[0].get("assignee_email")), (1, None));
    shop.running.stop().await;
}

#[tokio::test]
async fn verify_names_a_chat_without_its_ticket_and_a_ticket_of_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path(), Sink::Local).await;
    shop.support(AccountKind::ChatSupport, &[]).await;
    shop.chat("Is it left-handed?").await;
    shop.running.stop().await;
    let told = async || verify(dir.path(), Some(KEY)).await.unwrap().to_string();
    assert!(told().await.contains("good: there are the 1 tickets"), "{}", told().await);
    for (spoilt, says) in [
        ("UPDATE ticket SET id = 9", "WRONG: there is no ticket of 1"),
        (
            "INSERT INTO ticket SELECT 1, ticket, state, due_at, tries, remote, why FROM ticket",
            "WRONG: there is a ticket of 9, which has none",
        ),
    ] {
        let options = bellhop_sealed::options(&dir.path().join(JOURNAL_FILE), &SealKey::new(KEY));
        let mut file = bellhop_sealed::connect(&options, "").await.unwrap();
        file.execute(spoilt).await.unwrap();
        file.close().await.unwrap();
        assert!(told().await.contains(says), "{}", told().await);
    }
}
