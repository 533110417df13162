//! Offline messages and triggers over real sockets (domain.md 11 and 16).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Extent, Fact, Permission, Refusal, Seq, Trigger, TriggerId,
    frame::Outcome,
    listing::{Listing, Page},
    manage::Management,
    offline::OfflineMessage,
    trigger::{Action, Needs, Occasion},
    visitor_frame::{VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Rate, Tuning, start};
use common::{Agent, Visitor, agent, config, key, new_id, service, tuning};
use std::time::Duration;

async fn leaves(visitor: &mut Visitor, text: &str) -> Result<(), Refusal> {
    let (id, text, email) = (new_id(), text.to_owned(), "jun@example.com".to_owned());
    visitor.socket.send(&VisitorClientFrame::Leave { id, text, email }).await;
    visitor
        .until(|frame| match frame {
            VisitorServerFrame::Taken { id: taken } if *taken == id => Some(Ok(())),
            VisitorServerFrame::Refused { id: refused, refusal } if *refused == id => {
                Some(Err(refusal.clone()))
            }
            _ => None,
        })
        .await
}

async fn messages(agent: &mut Agent) -> Vec<OfflineMessage> {
    let listed = agent.list(Listing::OfflineMessages { before: None }).await;
    let Page::OfflineMessages { offline_messages } = listed.page else {
        panic!("{:?}", listed.page)
    };
    offline_messages
}

#[tokio::test]
async fn domain_16_a_message_is_left_listed_answered_and_the_answer_is_seen_on_the_next_visit() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    leaves(&mut jun, "the word marmalade").await.unwrap();
    drop(jun);
    running.stop().await;

    let running = service(dir.path()).await;
    let grants = vec![(Permission::ViewPastChats, Extent::None)];
    running.admin(AdminWish::PutRole { name: "Agent".to_owned(), grants }).await.unwrap();
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let refusal = Refusal::not_permitted(Permission::ViewPastChats);
    let listed = hana.list(Listing::OfflineMessages { before: None }).await;
    assert_eq!(listed.page, Page::Refused { refusal }, "she may not see the history");
    let told = serde_json::to_string(&hana.events).unwrap();
    assert!(told.contains("offline_messages_changed") && !told.contains("marmalade"), "{told}");
    let kept = messages(&mut mina).await;
    assert_eq!(
        (kept.len(), kept[0].text.as_str(), kept[0].unread),
        (1, "the word marmalade", true)
    );

    let text = "We will look for it.".to_owned();
    let answer = Management::AnswerOfflineMessage { message_id: kept[0].id, text };
    let outcome = mina.manages(answer.clone()).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let permission = "view_past_chats".to_owned();
    let no = Outcome::Refused { refusal: Refusal::NotPermitted { permission } };
    assert_eq!(hana.manages(answer).await, no);
    assert!(!messages(&mut mina).await[0].unread);

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let greeting = jun
        .until(|frame| match frame {
            VisitorServerFrame::Greeting { id, name, text, .. } => {
                Some((*id, name.clone(), text.clone()))
            }
            _ => None,
        })
        .await;
    assert_eq!((greeting.1.as_str(), greeting.2.as_str()), ("mina", "We will look for it."));
    assert_eq!(leaves(&mut jun, "Hello?").await, Err(Refusal::SomebodyIsThere));
    jun.socket.send(&VisitorClientFrame::Say { id: new_id(), text: "Thank you".to_owned() }).await;
    let first = jun
        .until(|frame| match frame {
            VisitorServerFrame::Line { line, .. } => Some(line.clone()),
            _ => None,
        })
        .await;
    assert!(matches!(first, VisitorLine::Theirs { id, .. } if id == greeting.0), "{first:?}");
    running.stop().await;
}

#[tokio::test]
async fn domain_16_one_address_leaves_only_so_many_messages() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning {
        offline_messages_per_address: Rate { at_once: 2.0, per_second: 0.001 },
        loopback_is_limited: true,
        ..tuning()
    };
    let running = start(bellhop_service::Config { tuning, ..config(dir.path()) }).await.unwrap();
    for visitor in 1..=2 {
        let (mut visitor, _) = Visitor::connect(&running, &key(visitor), Seq(0)).await;
        leaves(&mut visitor, "Hello?").await.unwrap();
    }
    let (mut third, _) = Visitor::connect(&running, &key(3), Seq(0)).await;
    let refused = leaves(&mut third, "Hello?").await;
    assert!(matches!(refused, Err(Refusal::TooFast { .. })), "{refused:?}");
    running.stop().await;
}

/// A trigger that greets everybody who opens a page.
fn greets(once: bool) -> AdminWish {
    says(Occasion::WidgetLoaded, Vec::new(), once)
}

fn says(on: Occasion, before: Vec<Action>, once: bool) -> AdminWish {
    let say = Action::Say { name: None, text: "Hi there".to_owned(), translations: [].into() };
    let trigger = Trigger {
        id: TriggerId(0),
        name: "Hello".to_owned(),
        enabled: true,
        on,
        needs: Needs::All,
        conditions: Vec::new(),
        actions: before.into_iter().chain([say]).collect(),
        once,
    };
    AdminWish::PutTrigger { trigger }
}

#[tokio::test]
async fn domain_11_what_a_trigger_waits_for_since_a_message_outlasts_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    // Longer than it takes to stop, as a rule; where it is not, it is late and said all the same.
    let wait = vec![Action::Wait { for_ms: 3_000 }];
    running.admin(says(Occasion::ChatMessageSent, wait, false)).await.unwrap();
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let id = jun.says("Hello?").await;
    let waits = |fact: &Fact| matches!(fact, Fact::TriggerWaits { message_id, until: Some(_), .. } if *message_id == id);
    mina.event(|event| waits(&event.fact).then_some(())).await;
    running.stop().await;

    let running = service(dir.path()).await;
    mina.reconnect(&running, &token).await;
    let waits_no_more = |fact: &Fact| matches!(fact, Fact::TriggerWaits { until: None, .. });
    mina.event(|event| waits_no_more(&event.fact).then_some(())).await;
    mina.ping().await;
    let said = mina.events.iter().filter(|event| {
        matches!(&event.fact, Fact::MessagePosted { message, .. } if message.text == "Hi there")
    });
    assert_eq!(said.count(), 1);
    running.stop().await;
}

#[tokio::test]
async fn domain_11_a_trigger_greets_a_visitor_who_has_no_chat_and_the_agent_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    running.admin(greets(true)).await.unwrap();
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let greeting = jun
        .until(|frame| match frame {
            VisitorServerFrame::Greeting { id, name, .. } => Some((*id, name.clone())),
            _ => None,
        })
        .await;
    assert_eq!(greeting.1, "Test shop");
    jun.says("Oh, hello").await;
    let first = mina
        .event(|event| match &event.fact {
            Fact::MessagePosted { message, .. } => Some(message.id),
            _ => None,
        })
        .await;
    assert_eq!(first, greeting.0, "R-016: she reads what the visitor got, in order");
    running.stop().await;
}

#[tokio::test]
async fn domain_11_a_visitor_whose_line_breaks_is_not_greeted_again() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { gone_grace: Duration::from_hours(1), ..tuning() };
    let running = start(bellhop_service::Config { tuning, ..config(dir.path()) }).await.unwrap();
    let token = agent(&running, "mina").await;
    running.admin(greets(false)).await.unwrap();
    let _mina = Agent::connect(&running, &token).await;
    for _ in 0..2 {
        let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
        jun.until(|frame| matches!(frame, VisitorServerFrame::Greeting { .. }).then_some(())).await;
    }
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let (id, mut greeted) = (new_id(), 0);
    jun.socket.send(&VisitorClientFrame::Say { id, text: "Oh, hello".to_owned() }).await;
    jun.until(|frame| match frame {
        VisitorServerFrame::Line { line: VisitorLine::Theirs { .. }, .. } => {
            greeted += 1;
            None
        }
        VisitorServerFrame::Line { line: VisitorLine::Mine { .. }, .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(greeted, 1);
    running.stop().await;
}
