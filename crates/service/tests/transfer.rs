//! A whole account out of one service and into another.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{Command, Seq, frame::Rejection};
use bellhop_service::{Config, Moved, TransferError, export, import, start, verify};
use common::{
    Agent, KEY, Socket, Visitor, agent, chat_of, config, key, new_id, rejection, service,
};
use std::path::Path;

const OTHER_KEY: [u8; 32] = [9; 32];

/// Of a chat that there never was, and one of which it is not known where it stands.
const TICKET: &str = r#"{"ticket":{"ticket":{"of":"7","made_at":1,"subject":"","requester":{"name":"","email":""},"assignee":null,"tags":[],"text":""},"state":"kept","due_at":1,"tries":0,"remote":null,"why":null}}
"#;
const LOST_TICKET: &str = r#"{"ticket":{"ticket":{"of":"7","made_at":1,"subject":"","requester":{"name":"","email":""},"assignee":null,"tags":[],"text":""},"state":"lost","due_at":1,"tries":0,"remote":null,"why":null}}
"#;

async fn exported(dir: &Path, secrets: bool) -> (Moved, Vec<u8>) {
    let mut stream = Vec::new();
    let moved = export(dir, Some(KEY), secrets, &mut stream).await.unwrap();
    (moved, stream)
}

fn elsewhere(dir: &Path) -> Config {
    Config { key: Some(OTHER_KEY), ..config(dir) }
}

#[tokio::test]
async fn an_account_goes_to_another_service_and_goes_on_there() {
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("here"), parent.path().join("there"));
    let running = service(&here).await;
    let token = agent(&running, "Mina").await;
    let id = running.agent_by_email("mina@shop.example").await.unwrap().id;
    running.set_password(id, "moon jar and celadon").await.unwrap();
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("\"Quoted\", \u{0} and 한국어\nwith a second line").await;
    mina.event(|event| event.fact.chat_id()).await;
    let command = new_id();
    let served = mina.say_command(command, Command::ServeNext).await;
    let workspace = running.workspace_id();
    running.stop().await;

    let (moved, stream) = exported(&here, true).await;
    assert_eq!((moved.answers, moved.tokens, moved.passwords), (2, 1, 1));
    let taken = import(&there, Some(OTHER_KEY), &stream[..]).await.unwrap();
    assert_eq!(taken, moved);
    let report = verify(&there, Some(OTHER_KEY)).await.unwrap();
    assert!(report.is_good(), "{report}");

    let running = start(elsewhere(&there)).await.unwrap();
    assert_eq!(running.workspace_id(), workspace);
    mina.reconnect(&running, &token).await;
    assert_eq!(mina.say_command(command, Command::ServeNext).await, served, "the first answer");
    let mut anew = Agent::connect(&running, &token).await;
    anew.ping().await;
    assert_eq!(anew.events, mina.events);
    mina.command(Command::EndChat { chat_id: chat_of(&served) }).await;
    running.stop().await;

    let again = parent.path().join("again");
    import(&again, Some(KEY), &stream[..]).await.unwrap();
    assert_eq!(exported(&again, true).await.1, stream, "the same stream, byte by byte");
}

#[tokio::test]
async fn law_11_without_secrets_nothing_in_the_stream_lets_anybody_in() {
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("here"), parent.path().join("there"));
    let running = service(&here).await;
    let token = agent(&running, "Mina").await;
    running.stop().await;
    let (moved, stream) = exported(&here, false).await;
    assert_eq!((moved.events, moved.tokens), (1, 0));
    let text = String::from_utf8(stream.clone()).unwrap();
    assert!(!text.contains("\"token\"") && text.contains("\"secrets\":false"), "{text}");
    import(&there, Some(OTHER_KEY), &stream[..]).await.unwrap();
    let running = start(elsewhere(&there)).await.unwrap();
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(&token, Seq(0))).await;
    assert_eq!(rejection(&mut socket).await, Rejection::BadToken);
    agent(&running, "Mina").await;
    running.stop().await;
}

#[tokio::test]
async fn bad_input_a_stream_that_is_not_whole_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let here = parent.path().join("here");
    let running = service(&here).await;
    agent(&running, "Mina").await;
    agent(&running, "Hana").await;
    let workspace = running.workspace_id();
    running.stop().await;
    let text = String::from_utf8(exported(&here, true).await.1).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let workspace = format!("\"{workspace}\"");
    let without = |number: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != number);
        kept.map(|(_, line)| *line).collect::<String>()
    };
    for (stream, told) in [
        (text[..text.len() / 2].to_owned(), "stream"),
        (without(lines.len() - 1), "no end"),
        (without(lines.len() - 2), "does not fit"),
        (without(0), "not the beginning"),
        (without(1), "no account"),
        (text.replace("Hana", "Sora"), "does not fit"),
        (text.replace("\"version\":2", "\"version\":9"), "version"),
        (text.replace(&workspace, "\"a&b\""), "workspace whose id is none"),
        (text.replace(lines[3], &format!("{TICKET}{}", lines[3])), "a ticket of a chat"),
        (text.replace(lines[3], &format!("{LOST_TICKET}{}", lines[3])), "none that is known"),
        (text.replace("agent_saved", "agent_promoted"), "no account"),
        ("xylophone\n".to_owned(), "line 1"),
        (String::new(), "no end"),
    ] {
        let there = parent.path().join("there");
        let error = import(&there, Some(OTHER_KEY), stream.as_bytes()).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains(told) && !error.contains("xylophone"), "{told}: {error}");
        let left: Vec<_> =
            std::fs::read_dir(&there).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["service.lock"], "{told}");
    }
    let error = import(&here, Some(KEY), text.as_bytes()).await.unwrap_err();
    assert!(matches!(error, TransferError::Occupied { .. }), "{error}");
    assert!(verify(&here, Some(KEY)).await.unwrap().is_good());
}
