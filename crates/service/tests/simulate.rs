//! Scripted visitors and colleagues against the real service: what they counted is what the
//! journal has, nothing is lost and nothing is there twice.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, Author, ChatId, CommandId, Event, Fact, frame::Outcome, manage::Management,
};
use bellhop_service::{AdminWish, Running};
use bellhop_simulator::{Plan, PlanError, Report, run};
use common::{Agent, PATIENCE, agent, service};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
};
use tokio::{sync::watch, time::timeout};

fn plan(running: &Running, tokens: Vec<String>) -> Plan {
    Plan {
        url: running.agent_url(),
        visitors: 20,
        tokens,
        seed: 7,
        pace: 60.0,
        lasts: None,
        faults: false,
        owned: false,
    }
}

/// Runs it in a while that is long enough for everybody.
async fn simulate(plan: Plan) -> Report {
    let (_stop, stopping) = watch::channel(false);
    timeout(3 * PATIENCE, run(plan, stopping)).await.expect("everybody goes home").unwrap()
}

/// What the journal says of it.
#[derive(Debug, Default)]
struct Counted {
    asked: u64,
    serves: u64,
    said: u64,
    replies: u64,
    tagged: u64,
    /// How often chats were rated, and with a comment.
    rated: (u64, u64),
    asked_to_rate: u64,
    served: BTreeSet<ChatId>,
    messages: BTreeMap<CommandId, u32>,
}

fn count(events: &[Event]) -> Counted {
    let mut counted = Counted::default();
    for event in events {
        match &event.fact {
            Fact::ChatRequested { .. } => counted.asked += 1,
            Fact::AgentJoined { chat_id, .. } => {
                counted.serves += 1;
                counted.served.insert(*chat_id);
            }
            Fact::TagsSet { .. } => counted.tagged += 1,
            Fact::ChatRated { comment, .. } => {
                counted.rated.0 += 1;
                counted.rated.1 += u64::from(comment.is_some());
            }
            Fact::RatingRequested { .. } => counted.asked_to_rate += 1,
            Fact::MessagePosted { message, .. } => {
                *counted.messages.entry(message.id).or_default() += 1;
                match message.author {
                    Author::Visitor => counted.said += 1,
                    Author::Agent { .. } => counted.replies += 1,
                    Author::Trigger { .. } => {}
                }
            }
            _ => {}
        }
    }
    counted
}

async fn a_busy_hour(faults: bool) {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = vec![agent(&running, "Mina").await, agent(&running, "Soo-ah").await];
    let hana = agent(&running, "Hana").await;
    agent(&running, "Yuna").await;
    running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();
    // When the colleagues come, the newest event is not for them.
    let aside = Management::SayToTeam { to: vec![AgentId(4)], text: "Lunch?".to_owned() };
    let said = Agent::connect(&running, &hana).await.manages(aside).await;
    assert!(matches!(said, Outcome::Accepted { .. }), "{said:?}");
    let report = simulate(Plan { faults, ..plan(&running, tokens) }).await;
    let totals = report.totals;
    assert!(report.violations.is_empty(), "{:?}", report.violations);

    let looker = Agent::connect(&running, &hana).await;
    let journal = count(&looker.events);
    assert!(journal.messages.values().all(|times| *times == 1), "a message is there twice");
    assert_eq!(totals.unsettled, 0, "{totals}");
    assert_eq!(totals.protocol_errors, 0, "{totals}");
    assert_eq!((totals.asked, totals.said), (journal.asked, journal.said), "{totals}");
    assert_eq!((totals.serves, totals.replies), (journal.serves, journal.replies), "{totals}");
    assert_eq!(totals.asked, 20, "{totals}");
    assert_eq!(totals.served + totals.missed, totals.asked, "{totals}");
    // A visitor who just closes the page may be served without ever knowing.
    assert!(totals.served <= journal.served.len() as u64, "{totals}");
    assert!(totals.answered <= totals.served && totals.answered > 5, "{totals}");
    assert!(totals.reconnects > 0 && journal.tagged > 0, "{totals}");
    let (rated, with_comment) = journal.rated;
    assert_eq!(totals.rated, rated, "{totals}");
    assert!(rated > with_comment && with_comment > 0, "{rated}, {with_comment} of them with words");
    assert!(journal.asked_to_rate > 0, "{totals}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_5_twenty_visitors_and_two_colleagues_lose_nothing_and_see_nothing_twice() {
    Box::pin(a_busy_hour(false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_6_cuts_stalls_and_repeats_change_nothing_of_that() {
    Box::pin(a_busy_hour(true)).await;
}

#[tokio::test]
async fn whoever_is_not_served_leaves_and_is_counted_as_missed() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let report = simulate(Plan { pace: 100.0, visitors: 4, ..plan(&running, Vec::new()) }).await;
    let totals = report.totals;
    assert_eq!((totals.asked, totals.missed, totals.served), (4, 4, 0), "{totals}");
    running.stop().await;
}

#[tokio::test]
async fn told_to_stop_everybody_goes() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mina = agent(&running, "Mina").await;
    let (stop, stopping) = watch::channel(false);
    let plan = Plan { pace: 1.0, lasts: Some(60 * PATIENCE), ..plan(&running, vec![mina]) };
    let simulation = tokio::spawn(run(plan, stopping));
    stop.send(true).unwrap();
    let report = timeout(PATIENCE, simulation).await.expect("they go").unwrap().unwrap();
    assert_eq!(report.totals.unsettled, 0);
    running.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_told_and_nobody_answering_too() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let wrong = plan(&running, vec!["of nobody".to_owned()]);
    let report = simulate(Plan { visitors: 0, ..wrong.clone() }).await;
    assert_eq!(report.totals.protocol_errors, 1);
    running.stop().await;
    let (_stop, stopping) = watch::channel(false);
    assert!(matches!(run(wrong, stopping).await, Err(PlanError::NoService(_))));
}

#[tokio::test]
async fn the_program_prints_a_line_of_totals_and_says_with_its_exit_code_what_it_saw() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let url = running.agent_url();
    let words =
        ["simulate", "--visitors", "2", "--pace", "200", "--seed", "3", "--url", url.as_str()];
    let program = |more: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bellhop-service"));
        command.args(words).args(more).kill_on_drop(true).stderr(Stdio::null());
        async move { timeout(PATIENCE, command.output()).await.expect("it ends").unwrap() }
    };
    let good = program(&[]).await;
    let told = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(good.status.success() && told.starts_with("asked 2, served 0"), "{told}");
    assert!(told.trim_end().ends_with("protocol errors 0") && told.lines().count() == 1, "{told}");

    let bad = program(&["--token", "of nobody"]).await;
    let told = String::from_utf8_lossy(&bad.stdout).into_owned();
    assert!(!bad.status.success() && told.trim_end().ends_with("protocol errors 1"), "{told}");
    assert!(!program(&["--agents", "1"]).await.status.success());
    running.stop().await;
}
