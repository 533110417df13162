//! From a visitor's question to an ended chat, over real sockets.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Author, Command, EndedBy, Fact, Refusal, Seq, Timestamp, VisitorId, VisitorProfile,
    frame::{ClientFrame, Outcome, ServerFrame},
    live::{Live, Presence, Typist},
    people::Page,
    visitor_frame::{VisitorChatState, VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use bellhop_service::{Config, Tuning, start};
use common::{Agent, Socket, Visitor, agent, chat_of, config, key, new_id, service, tuning};
use std::time::Duration;

fn live(frame: &ServerFrame, wanted: impl Fn(&Live) -> bool) -> Option<Live> {
    match frame {
        ServerFrame::Live { values, .. } => values.iter().find(|value| wanted(value)).cloned(),
        _ => None,
    }
}

fn line(frame: &VisitorServerFrame) -> Option<VisitorLine> {
    match frame {
        VisitorServerFrame::Line { line, .. } => Some(line.clone()),
        _ => None,
    }
}

fn state(frame: &VisitorServerFrame) -> Option<VisitorChatState> {
    match frame {
        VisitorServerFrame::State { chat, .. } => Some(*chat),
        _ => None,
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn r_010_to_r_081_a_question_is_served_answered_and_ended() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(
        matches!(
            &welcome,
            VisitorServerFrame::Welcome {
                staffed: true,
                chat: VisitorChatState::None,
                reset: false,
                ..
            }
        ),
        "{welcome:?}"
    );
    let here =
        mina.until(|frame| live(frame, |value| matches!(value, Live::VisitorHere { .. }))).await;
    let Live::VisitorHere { visitor, .. } = here else { unreachable!() };
    assert_eq!((visitor.browser.as_str(), visitor.platform.as_str()), ("Firefox 142", "Linux"));

    let said = jun.says("Is the blue pot in stock?").await;
    let chat_id = mina
        .event(|event| match &event.fact {
            Fact::ChatRequested { chat_id, .. } => Some(*chat_id),
            _ => None,
        })
        .await;
    let first = mina
        .event(|event| match &event.fact {
            Fact::MessagePosted { message, .. } => Some(message.clone()),
            _ => None,
        })
        .await;
    assert_eq!((first.id, first.author), (said, Author::Visitor));
    assert_eq!(mina.ping().await.waiting, 1);

    let served = mina.command(Command::ServeNext).await;
    assert_eq!(chat_of(&served), chat_id);
    assert!(matches!(jun.until(line).await, VisitorLine::Joined { name, .. } if name == "Mina"));
    let digest = mina.ping().await;
    assert_eq!((digest.waiting, digest.open), (0, 1));

    mina.socket.send(&ClientFrame::Typing { chat_id, on: true }).await;
    jun.until(|frame| match frame {
        VisitorServerFrame::Typing { name, on: true } if name == "Mina" => Some(()),
        _ => None,
    })
    .await;
    let text = "Yes, two are left.".to_owned();
    mina.command(Command::Say { chat_id, text: text.clone() }).await;
    // sending ends the sign.
    jun.until(|frame| match frame {
        VisitorServerFrame::Typing { on: false, .. } => Some(()),
        _ => None,
    })
    .await;
    let answer = jun.until(line).await;
    assert!(matches!(&answer, VisitorLine::Theirs { name, text: said, .. }
        if name == "Mina" && *said == text));

    jun.socket.send(&VisitorClientFrame::Typing { on: true }).await;
    mina.until(|frame| {
        live(frame, |value| {
            matches!(value, Live::Typing { who: Typist::Visitor, on: true, chat_id: id }
                if *id == chat_id)
        })
    })
    .await;

    mina.command(Command::SetTags { chat_id, tags: vec!["stock".to_owned()] }).await;
    mina.command(Command::EndChat { chat_id }).await;
    assert_eq!(jun.until(state).await, VisitorChatState::Left);
    assert_eq!(mina.ping().await.open, 0);
    mina.event(|event| match &event.fact {
        Fact::ChatEnded { by: EndedBy::Agent { .. }, .. } => Some(()),
        _ => None,
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn r_018_two_agents_serve_at_once_and_the_other_is_told_who_did() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let mut hana = Agent::connect(&running, &agent(&running, "Hana").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let chat_id = mina.event(|event| event.fact.chat_id()).await;
    let serve = Command::Serve { chat_id };
    let (first, second) = tokio::join!(mina.command(serve.clone()), hana.command(serve));
    let refused = match (&first, &second) {
        (Outcome::Accepted { .. }, Outcome::Refused { refusal })
        | (Outcome::Refused { refusal }, Outcome::Accepted { .. }) => refusal.clone(),
        both => panic!("{both:?}"),
    };
    let by = if matches!(first, Outcome::Accepted { .. }) { "Mina" } else { "Hana" };
    assert_eq!(refused, Refusal::AlreadyServed { by: by.to_owned() });
    running.stop().await;
}

#[tokio::test]
async fn r_077_to_r_079_the_visitor_ends_and_the_agent_continues() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let end = new_id();
    jun.socket.send(&VisitorClientFrame::End { id: end }).await;
    jun.until(|frame| match frame {
        VisitorServerFrame::Line { line: VisitorLine::Ended { mine: true }, .. } => Some(()),
        _ => None,
    })
    .await;
    jun.taken(end).await;
    mina.event(|event| match &event.fact {
        Fact::ChatEnded { by: EndedBy::Visitor, .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(mina.ping().await.open, 1, "R-080");
    mina.command(Command::ContinueChat { chat_id }).await;
    let continued = jun.until(line).await;
    assert!(matches!(continued, VisitorLine::Continued { name } if name == "Mina"));
    running.stop().await;
}

#[tokio::test]
async fn r_016_the_stock_trigger_speaks_to_a_request_nobody_serves() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { first_reply_after: Duration::from_millis(20), ..tuning() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let reply = jun
        .until(|frame| line(frame).filter(|line| matches!(line, VisitorLine::Theirs { .. })))
        .await;
    assert!(matches!(reply, VisitorLine::Theirs { name, .. } if name == "Test shop"));
    mina.event(|event| match &event.fact {
        Fact::MessagePosted { message, .. } => match &message.author {
            Author::Trigger { name } => (name == "Test shop").then_some(()),
            _ => None,
        },
        _ => None,
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn r_056_arrivals_page_changes_and_departures_are_seen_and_a_reload_is_not_a_departure() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let page = Page {
        url: "https://shop.example/cart".to_owned(),
        title: "<b>Cart</b>".to_owned(),
        ..Page::default()
    };
    jun.socket.send(&VisitorClientFrame::Page { page: page.clone() }).await;
    let moved = mina
        .until(|frame| {
            live(
                frame,
                |value| matches!(value, Live::VisitorHere { visitor, .. } if visitor.page == page),
            )
        })
        .await;
    let Live::VisitorHere { visitor, .. } = moved else { unreachable!() };

    // The page is loaded anew: the chat and its lines are still there.
    drop(jun);
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { chat: VisitorChatState::Waiting, .. }));
    assert!(matches!(jun.until(line).await, VisitorLine::Mine { text, .. } if text == "Hello"));
    drop(jun);
    let gone =
        mina.until(|frame| live(frame, |value| matches!(value, Live::VisitorGone { .. }))).await;
    assert_eq!(gone, Live::VisitorGone { visitor_id: visitor.id });
    running.stop().await;
}

#[tokio::test]
async fn domain_9_a_visitor_who_stays_away_ends_the_chat() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning {
        visitor_timeout: Duration::from_millis(100),
        gone_grace: Duration::from_millis(10),
        ..tuning()
    };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    drop(jun);
    mina.event(|event| match &event.fact {
        Fact::ChatEnded { by: EndedBy::Timeout, .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(mina.ping().await.waiting, 0);
    running.stop().await;
}

#[tokio::test]
async fn domain_3_the_widget_is_told_whether_somebody_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { staffed: false, .. }));
    let staffed = |wanted: bool| {
        move |frame: &VisitorServerFrame| match frame {
            VisitorServerFrame::State { staffed, .. } if *staffed == wanted => Some(()),
            _ => None,
        }
    };
    let mut mina = Agent::connect(&running, &token).await;
    jun.until(staffed(true)).await;
    let availability = bellhop_model::Availability::Invisible;
    mina.command(Command::SetAvailability { availability }).await;
    jun.until(staffed(false)).await;
    mina.until(|frame| {
        live(frame, |value| {
            matches!(value, Live::AgentPresence { presence: Presence::Invisible, .. })
        })
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn r_003_whichever_widget_speaks_agents_see_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    for (number, widget) in [(1, "chat"), (2, "web_classic")] {
        // Which it is may be said, and is of no account.
        let mut hello = serde_json::to_value(Visitor::hello(&key(number), Seq(0))).unwrap();
        hello["widget"] = widget.into();
        let mut visitor = Visitor { socket: Socket::open(&Visitor::url(&running)).await };
        visitor.socket.send(&hello).await;
        visitor.says("Is the moon jar in stock?").await;
    }
    mina.ping().await;
    let asked = mina.events.iter().filter_map(|event| match &event.fact {
        Fact::ChatRequested { visitor, .. } => {
            let (id, arrived_at) = (VisitorId(String::new()), Timestamp(0));
            Some(VisitorProfile { id, arrived_at, ..visitor.clone() })
        }
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    assert_eq!((asked.len(), &asked[0]), (2, &asked[1]));
    let said = mina.events.iter().filter_map(|event| match &event.fact {
        Fact::MessagePosted { message, .. } => Some((&message.author, message.text.as_str())),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), [(&Author::Visitor, "Is the moon jar in stock?"); 2]);
    running.stop().await;
}
