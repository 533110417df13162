//! Who the support agents are, asked of Zendesk Support, which stands here as a double
//! ([`common::desk`]).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{AccountKind, Command, Fact, Refusal, Seq, frame::Outcome, manage::Management};
use bellhop_service::{AdminProblem, AdminWish, Config, Running, Sink, start};
use common::{
    Agent, PATIENCE, Visitor, agent, chat_of, config,
    desk::{Double, Users, user, zendesk},
    key,
};
use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

async fn open(dir: &Path, tickets: Sink) -> (Running, Agent) {
    let config = Config { tickets, metrics: true, ..config(dir) };
    let running = start(config).await.unwrap();
    let token = agent(&running, "Mina").await;
    let mina = Agent::connect(&running, &token).await;
    (running, mina)
}

async fn support(running: &Running, kind: AccountKind, agents: &[&str]) {
    let agents = agents.iter().map(ToString::to_string).collect();
    running.admin(AdminWish::SetSupport { kind, agents }).await.unwrap();
}

async fn known(running: &Running) -> Vec<String> {
    running.team().await.unwrap().setup.support.agents
}

async fn assign(mina: &mut Agent, email: &str) -> Outcome {
    mina.manages(Management::SetTicketAssignee { email: email.to_owned() }).await
}

/// Waits until these are the support agents.
async fn told(mina: &mut Agent, agents: &[&str]) {
    let agents: Vec<String> = agents.iter().map(ToString::to_string).collect();
    mina.event(|event| match &event.fact {
        Fact::SupportSaved { support } if support.agents == agents => Some(()),
        _ => None,
    })
    .await;
}

fn two_pages() -> Users {
    Users::Pages(vec![
        vec![user(7, "Kim@support.example", "agent"), user(8, "jun@example.com", "end-user")],
        vec![user(9, "lee@support.example", "admin")],
    ])
}

#[tokio::test]
async fn r_120_r_123_the_support_agents_are_those_of_the_desk_and_a_ticket_goes_to_one_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let url = double.start().await;
    *double.users.lock().unwrap() = two_pages();
    let (running, mut mina) = open(dir.path(), zendesk(&url, "secret")).await;
    support(&running, AccountKind::ChatSupport, &["named@shop.example"]).await;
    let fetched = running.fetch_support_agents().await.unwrap();
    assert_eq!(fetched, ["kim@support.example", "lee@support.example"]);
    assert_eq!(known(&running).await, fetched, "in the place of those who were named");
    let stranger = Refusal::NotASupportAgent { email: "jun@example.com".to_owned() };
    assert_eq!(assign(&mut mina, "jun@example.com").await, Outcome::Refused { refusal: stranger });
    assert!(matches!(assign(&mut mina, "KIM@support.example").await, Outcome::Accepted { .. }));

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let id = common::new_id();
    jun.socket.send(&bellhop_model::visitor_frame::VisitorClientFrame::End { id }).await;
    jun.taken(id).await;
    mina.command(Command::EndChat { chat_id }).await;
    double.asked.notified().await;
    let ticket = &double.tickets()[0];
    assert_eq!(ticket["assignee_id"], 7);
    assert!(ticket.get("assignee_email").is_none(), "one of both is enough: {ticket}");
    running.stop().await;

    // The next service cannot ask, and goes on with the last list.
    *double.users.lock().unwrap() = Users::Status(500, None);
    let (running, _mina) = open(dir.path(), zendesk(&url, "secret")).await;
    running.fetch_support_agents().await.unwrap_err();
    assert_eq!(known(&running).await, fetched);
    running.stop().await;
}

#[tokio::test]
async fn the_support_agents_are_asked_for_at_the_start_and_from_time_to_time() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let url = double.start().await;
    let (running, _) = open(dir.path(), Sink::Local).await;
    support(&running, AccountKind::ChatSupport, &["named@shop.example"]).await;
    running.stop().await;
    *double.users.lock().unwrap() = two_pages();
    let (running, mut mina) = open(dir.path(), zendesk(&url, "secret")).await;
    told(&mut mina, &["kim@support.example", "lee@support.example"]).await;
    // Busy for a moment, and then with another one.
    *double.users.lock().unwrap() = Users::Status(429, Some("0"));
    let asked = double.pages.load(Ordering::Relaxed);
    let begun = Instant::now();
    while double.pages.load(Ordering::Relaxed) < asked + 3 {
        assert!(begun.elapsed() < PATIENCE, "it is asked again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(known(&running).await, ["kim@support.example", "lee@support.example"]);
    *double.users.lock().unwrap() =
        Users::Pages(vec![vec![user(10, "ara@support.example", "agent")]]);
    told(&mut mina, &["ara@support.example"]).await;
    running.stop().await;
}

#[tokio::test]
async fn bad_input_whatever_the_desk_answers_the_last_list_stays_and_the_failure_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    let url = double.start().await;
    let (running, _mina) = open(dir.path(), zendesk(&url, "secret")).await;
    support(&running, AccountKind::ChatSupport, &[]).await;
    *double.users.lock().unwrap() = two_pages();
    let before = running.fetch_support_agents().await.unwrap();
    let kim = user(7, "kim@support.example", "agent");
    let elsewhere = Arc::<Double>::default();
    let other = elsewhere.start().await;
    let crowd = (0..2_001).map(|n| user(n, &format!("a{n}@support.example"), "agent")).collect();
    for (users, why) in [
        (Users::NotFound, "it answers 404"),
        (Users::Status(401, None), "it answers 401"),
        (Users::Status(429, Some("0")), "it answers 429"),
        (Users::Status(429, Some("soon")), "it answers 429"),
        (Users::Status(500, None), "it answers 500"),
        (Users::Status(302, None), "it answers 302"),
        (Users::Says("{\"users\":[".to_owned()), "cannot be read"),
        (Users::Says(format!("{{\"users\":[{kim}],\"count\":1}}")), "cannot be read"),
        (
            Users::Says(format!("{{\"users\":[{kim}],\"meta\":{{\"has_more\":true}}}}")),
            "its pages break off",
        ),
        (Users::Says("[".repeat(1_000_000)), "cannot be read"),
        (Users::Says(" ".repeat(5 * 1024 * 1024)), "too long"),
        (Users::Pages(vec![vec![]]), "names nobody"),
        (Users::Pages(vec![crowd]), "more support agents"),
        (Users::NoEnd { elsewhere: None }, "have no end"),
        (Users::NoEnd { elsewhere: Some(other) }, "is elsewhere"),
    ] {
        *double.users.lock().unwrap() = users;
        let problem = running.fetch_support_agents().await.unwrap_err();
        assert!(matches!(problem, AdminProblem::Desk { .. }), "{problem}");
        assert!(problem.to_string().contains(why), "{why}: {problem}");
        assert_eq!(known(&running).await, before, "{why}");
    }
    assert_eq!(elsewhere.pages.load(Ordering::Relaxed), 0, "the token stays here");
    let at = |path: &str| format!("http://{}{path}", running.addr());
    let (_, numbers) = common::get(&at("/metrics")).await;
    let failed = numbers.lines().find_map(|line| {
        line.strip_prefix("bellhop_support_agents_asked_total{outcome=\"failed\"} ")
    });
    assert!(failed.unwrap().parse::<u32>().unwrap() >= 15, "{numbers}");
    assert_eq!(common::get(&at("/healthz")).await, (200, "ok\n".to_owned()));
    running.stop().await;

    let (running, _mina) = open(dir.path(), zendesk(&url, "wrong")).await;
    let problem = running.fetch_support_agents().await.unwrap_err().to_string();
    assert!(problem.contains("401") && !problem.contains("wrong"), "{problem}");
    assert_eq!(known(&running).await, before);
    running.stop().await;
}

#[tokio::test]
async fn r_006_an_account_of_chats_alone_and_one_that_keeps_its_tickets_ask_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::<Double>::default();
    *double.users.lock().unwrap() = two_pages();
    let (running, _mina) = open(dir.path(), zendesk(&double.start().await, "secret")).await;
    let problem = running.fetch_support_agents().await.unwrap_err();
    assert_eq!(problem, AdminProblem::NoTickets);
    assert_eq!(double.pages.load(Ordering::Relaxed), 0);
    running.stop().await;
    let (running, mut mina) = open(dir.path(), Sink::Local).await;
    support(&running, AccountKind::ChatSupport, &["kim@support.example"]).await;
    assert_eq!(running.fetch_support_agents().await.unwrap_err(), AdminProblem::NoDesk);
    assert!(matches!(assign(&mut mina, "kim@support.example").await, Outcome::Accepted { .. }));
    running.stop().await;
}
