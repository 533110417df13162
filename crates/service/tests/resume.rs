//! Resume by cursor: no hole, no repeat, over cut lines and restarts.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, Fact, Seq,
    command::NamedCommand,
    frame::{ClientFrame, Rejection, ServerFrame},
    visitor_frame::{VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use bellhop_service::{Config, Tuning, start};
use common::{
    Agent, PATIENCE, Socket, Visitor, agent, chat_of, config, key, new_id, rejection, service,
    tuning,
};
use std::time::Duration;

fn texts(agent: &Agent) -> Vec<String> {
    let said = agent.events.iter().filter_map(|event| match &event.fact {
        Fact::MessagePosted { message, .. } => Some(message.text.clone()),
        _ => None,
    });
    said.collect()
}

#[tokio::test]
async fn law_5_over_a_restart_nothing_is_lost_and_nothing_comes_twice() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let workspace = running.workspace_id();
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    for number in 0..20 {
        jun.says(&format!("before {number}")).await;
    }
    mina.ping().await;
    running.stop().await;

    let running = service(dir.path()).await;
    assert_eq!(running.workspace_id(), workspace);
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    for number in 0..20 {
        jun.says(&format!("after {number}")).await;
    }
    mina.reconnect(&running, &token).await;
    let expected =
        (0..20).map(|n| format!("before {n}")).chain((0..20).map(|n| format!("after {n}")));
    assert_eq!(texts(&mina), expected.collect::<Vec<_>>());
    assert_eq!(mina.ping().await.waiting, 1);
    running.stop().await;
}

#[tokio::test]
async fn law_6_a_repeated_command_gets_the_first_answer_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let said = jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let id = new_id();
    let say = Command::Say { chat_id, text: "Hi".to_owned() };
    let first = mina.say_command(id, say.clone()).await;
    let refused_id = new_id();
    let refused = mina.say_command(refused_id, Command::ServeNext).await;
    assert_eq!(mina.say_command(id, say.clone()).await, first);
    running.stop().await;

    let running = service(dir.path()).await;
    mina.reconnect(&running, &token).await;
    assert_eq!(mina.say_command(id, say).await, first);
    let (mut ara, _) = Visitor::connect(&running, &key(2), Seq(0)).await;
    ara.says("Me too").await;
    assert_eq!(
        mina.say_command(refused_id, Command::ServeNext).await,
        refused,
        "the first answer, although somebody waits now"
    );
    // The visitor's page does not know whether its word was taken, and says it again.
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let again = VisitorClientFrame::Say { id: said, text: "Hello".to_owned() };
    jun.socket.send(&again).await;
    jun.taken(said).await;
    mina.ping().await;
    assert_eq!(texts(&mina), ["Hello", "Hi", "Me too"]);
    running.stop().await;
}

#[tokio::test]
async fn law_5_a_visitors_page_resumes_by_its_cursor() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let line = |frame: &VisitorServerFrame| match frame {
        VisitorServerFrame::Line { prev, seq, line, .. } => Some((*prev, *seq, line.clone())),
        _ => None,
    };
    jun.socket.send(&VisitorClientFrame::Say { id: new_id(), text: "one".to_owned() }).await;
    let (prev, cursor, _) = jun.until(line).await;
    assert_eq!(prev, Seq(0));
    let (mut other_page, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    other_page.says("two").await;
    drop(jun);
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), cursor).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { reset: false, .. }));
    let (prev, _, line) = jun.until(line).await;
    assert_eq!(prev, cursor);
    assert!(matches!(line, VisitorLine::Mine { text, .. } if text == "two"));
    let (_, welcome) = Visitor::connect(&running, &key(2), cursor).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { reset: true, .. }), "not their line");
    running.stop().await;
}

#[tokio::test]
async fn a_long_absence_is_caught_up_in_order_while_new_events_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut writer = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    writer.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&writer.command(Command::ServeNext).await);
    let say = async {
        for number in 0..300 {
            writer.command(Command::Say { chat_id, text: format!("{number}") }).await;
        }
        writer.ping().await
    };
    let read = async {
        let mut reader = Agent::connect(&running, &token).await;
        reader
            .event(|event| {
                matches!(&event.fact,
            Fact::MessagePosted { message, .. } if message.text == "299")
                .then_some(())
            })
            .await;
        reader
    };
    let (digest, mut reader) = tokio::join!(say, read);
    assert_eq!(reader.ping().await, digest);
    assert_eq!(reader.events, writer.events);
    running.stop().await;
}

/// Writing waits for whoever does not read, and a chat is as long as it takes.
fn endless() -> Tuning {
    Tuning { write_timeout: PATIENCE, text_bytes_per_chat: usize::MAX, ..tuning() }
}

#[tokio::test]
async fn law_10_a_slow_reader_is_cut_off_and_resumes() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { lag_frames: 128, ..endless() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let token = agent(&running, "Mina").await;
    let mut quick = Agent::connect(&running, &agent(&running, "Hana").await).await;
    let mut slow = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    quick.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&quick.command(Command::ServeNext).await);
    // More than the connection's buffers take, and quicker than the agent who does not read.
    let text = "가".repeat(4_000);
    let mut sent = 0;
    for _ in 0..20 {
        for _ in 0..50 {
            let command = Command::Say { chat_id, text: text.clone() };
            let command = NamedCommand { id: new_id(), command };
            quick.socket.send(&ClientFrame::Command(command)).await;
            sent += 1;
        }
        for _ in 0..50 {
            quick.until(|frame| matches!(frame, ServerFrame::Answer { .. }).then_some(())).await;
        }
    }
    let why = loop {
        match slow.socket.next().await {
            Some(ServerFrame::Event { prev, event }) => {
                assert_eq!(prev, slow.cursor());
                slow.events.push(event);
            }
            Some(ServerFrame::Rejected(why)) => break why,
            Some(_) => {}
            None => panic!("cut off without a word"),
        }
    };
    assert_eq!(why, Rejection::TooSlow);
    slow.reconnect(&running, &token).await;
    assert_eq!(texts(&slow).len(), sent + 1);
    running.stop().await;
}

#[tokio::test]
async fn law_10_a_page_that_does_not_read_is_cut_off_and_has_everything_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { visitor_lag_frames: 64, ..endless() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let text = "가".repeat(4_000);
    let mut sent = 0;
    // Much more than the connection's buffers take.
    while sent < 1_000 {
        mina.command(Command::Say { chat_id, text: text.clone() }).await;
        sent += 1;
    }
    let why = loop {
        match jun.socket.next().await {
            Some(VisitorServerFrame::Rejected(why)) => break why,
            Some(_) => {}
            None => panic!("cut off without a word"),
        }
    };
    assert_eq!(why, Rejection::TooSlow);
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let is_hers = |frame: &VisitorServerFrame| match frame {
        VisitorServerFrame::Line { line: VisitorLine::Theirs { text: said, .. }, .. } => {
            (*said == text).then_some(())
        }
        _ => None,
    };
    for _ in 0..sent {
        jun.until(is_hers).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn a_cursor_ahead_of_the_journal_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "Mina").await;
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(&token, Seq(99))).await;
    let head = Seq(1);
    assert_eq!(rejection(&mut socket).await, Rejection::CursorAhead { cursor: Seq(99), head });
    running.stop().await;
}

#[tokio::test]
async fn stopping_tells_everybody_and_a_sign_of_life_comes_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning { heartbeat: Duration::from_millis(20), ..tuning() };
    let running = start(Config { tuning, ..config(dir.path()) }).await.unwrap();
    let token = agent(&running, "Mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    mina.until(|frame| matches!(frame, ServerFrame::Digest(_)).then_some(())).await;
    let mut early = Socket::open(&running.agent_url()).await;
    let stopping = running.stop();
    let told = async {
        assert_eq!(rejection(&mut mina.socket).await, Rejection::Stopping);
        assert_eq!(rejection(&mut early).await, Rejection::Stopping);
        jun.until(|frame| match frame {
            VisitorServerFrame::Rejected(Rejection::Stopping) => Some(()),
            _ => None,
        })
        .await;
        drop((mina, early, jun));
    };
    tokio::join!(stopping, told);
}

#[tokio::test]
async fn r_023_only_agents_in_a_chat_are_seen_typing() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut mina = Agent::connect(&running, &agent(&running, "Mina").await).await;
    let mut hana = Agent::connect(&running, &agent(&running, "Hana").await).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    mina.event(|event| event.fact.chat_id()).await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    // looking at a chat and typing in its box is not seen.
    hana.socket.send(&ClientFrame::Typing { chat_id, on: true }).await;
    hana.ping().await;
    mina.socket.send(&ClientFrame::Typing { chat_id, on: true }).await;
    let typist = |frame: &VisitorServerFrame| match frame {
        VisitorServerFrame::Typing { name, on } => Some((name.clone(), *on)),
        _ => None,
    };
    assert_eq!(jun.until(typist).await, ("Mina".to_owned(), true));
    // leaving, here by losing the line, ends the sign.
    drop(mina);
    assert_eq!(jun.until(typist).await, ("Mina".to_owned(), false));
    running.stop().await;
}
