//! docs/protocol.md is enough to write a client from: one in another language, written from that
//! page alone and with nothing but its standard library, does a whole day's work here. What became
//! of it is looked at from the service's side, by an agent of our own.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, Author, ChatId, EndedBy, Event, Fact, Routing, RoutingMode,
    frame::{Outcome, ServerFrame},
    live::{Live, Presence},
    manage::Management,
};
use bellhop_service::AdminWish;
use common::{Agent, PATIENCE, Visitor, agent, key, service};
use serde_json::Value;
use std::{io::ErrorKind, path::Path, process::Stdio};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/client");

fn client(role: &str, url: &str, secret: [&str; 2], ends: bool) -> Child {
    let ends = ends.then_some("--ends");
    python("bellhop_client.py", [role, url].into_iter().chain(secret).chain(ends))
}

fn python<'a>(program: &str, words: impl Iterator<Item = &'a str>) -> Child {
    let program = Path::new(CLIENTS).join(program);
    assert!(program.is_file(), "{} is not there", program.display());
    let mut command = Command::new("python3");
    // Nothing is left beside the source.
    command.arg("-B").arg(program).args(words);
    command.env("PYTHONIOENCODING", "utf-8").kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => panic!(
            "python3 is not installed, and the second client is written in it; \
             `cargo xtask setup` installs it (Debian: python3-venv)"
        ),
        Err(error) => panic!("python3 does not start: {error}"),
    }
}

/// What the client saw, when it was content with it.
async fn saw(client: Child) -> Value {
    let output = timeout(PATIENCE, client.wait_with_output()).await.expect("it ends").unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the second client says: {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The chat as one line an event; Mina is agent 1.
fn story(events: &[Event], wanted: ChatId) -> Vec<String> {
    let tell = |event: &Event| match &event.fact {
        Fact::ChatRequested { chat_id, visitor, .. } if *chat_id == wanted => {
            Some(format!("asked for on {:?}", visitor.page.title))
        }
        Fact::MessagePosted { chat_id, message } if *chat_id == wanted => {
            let author = match &message.author {
                Author::Visitor => "visitor".to_owned(),
                Author::Agent { agent_id } => format!("agent {}", agent_id.0),
                Author::Trigger { name } => format!("automatic {name}"),
            };
            Some(format!("{author}: {}", message.text))
        }
        Fact::AgentJoined { chat_id, agent_id } if *chat_id == wanted => {
            Some(format!("agent {} joined", agent_id.0))
        }
        Fact::AgentLeft { chat_id, agent_id } if *chat_id == wanted => {
            Some(format!("agent {} left", agent_id.0))
        }
        Fact::TagsSet { chat_id, tags, .. } if *chat_id == wanted => Some(tags.join(" ")),
        Fact::ChatEnded { chat_id, by } if *chat_id == wanted => Some(match by {
            EndedBy::Visitor => "ended by the visitor".to_owned(),
            EndedBy::Agent { .. } => "ended by the agent".to_owned(),
            EndedBy::Timeout => "timed out".to_owned(),
        }),
        _ => None,
    };
    events.iter().filter_map(tell).collect()
}

const TALK: [&str; 7] = [
    "asked for on \"Teapot\"",
    "visitor: Do you make it left-handed?",
    "agent 1 joined",
    "agent 1: 안녕하세요! Yes, we do. 🫖",
    "visitor: 고맙습니다",
    "agent 1: You are welcome.",
    "visitor: 초대장.txt",
];

fn mina_is_online(frame: &ServerFrame) -> Option<()> {
    let is_it = |value: &Live| {
        matches!(
            value,
            Live::AgentPresence { agent_id: AgentId(1), presence: Presence::Online, .. }
        )
    };
    match frame {
        ServerFrame::Live { values, .. } => values.iter().any(is_it).then_some(()),
        _ => None,
    }
}

fn lines(saw: &Value) -> Vec<&str> {
    saw["lines"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn law_5_a_client_written_from_the_page_alone_serves_and_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mina = agent(&running, "Mina").await;
    let hana = agent(&running, "Hana").await;
    agent(&running, "Yuna").await;
    let mut looker = Agent::connect(&running, &hana).await;
    // When the second client comes, the newest event is not for it.
    let aside = Management::SayToTeam { to: vec![AgentId(3)], text: "Lunch?".to_owned() };
    let said = looker.manages(aside).await;
    assert!(matches!(said, Outcome::Accepted { .. }), "{said:?}");

    // The first chat is ended by the agent, the second by the visitor.
    for (number, agent_ends) in [(1, true), (2, false)] {
        let chat = ChatId(number);
        let key = key(u8::try_from(number).unwrap());
        let agent = client("agent", &running.agent_url(), ["--token", &mina], agent_ends);
        if number == 1 {
            looker.until(mina_is_online).await;
        }
        let visitor = client("visitor", &Visitor::url(&running), ["--key", &key], !agent_ends);
        let (visitor, agent) = tokio::join!(saw(visitor), saw(agent));

        let last = if agent_ends { "ended by the agent" } else { "agent 1 left" };
        let over = |event: &Event| story(std::slice::from_ref(event), chat).pop();
        looker.event(|event| over(event).filter(|told| told == last)).await;
        let mut told = story(&looker.events, chat);
        // The visitor may end before the agent has tagged, or after.
        let tagged = told.iter().position(|told| told == "teapot left-handed").expect("tagged");
        assert!(tagged >= TALK.len());
        told.remove(tagged);
        let mut end = ["agent 1 left", "ended by the agent"];
        if !agent_ends {
            end = ["ended by the visitor", "agent 1 left"];
        }
        assert_eq!(told, [&TALK[..], &end].concat());

        assert_eq!(agent["chat_id"], number);
        assert_eq!(agent["ended"], if agent_ends { "agent" } else { "visitor" });
        assert_eq!(agent["cursor"], looker.cursor().0);
        assert_eq!(agent["said"].as_array().unwrap().len(), 5, "{agent}");
        assert_eq!(visitor["state"], if agent_ends { "left" } else { "ended" });
        assert_eq!(visitor["connections"], 2);
        let talk = ["mine", "joined", "theirs", "mine", "theirs", "mine"];
        let end = if agent_ends { vec!["left_chat", "ended"] } else { vec!["ended"] };
        assert_eq!(lines(&visitor), [&talk[..], &end].concat(), "{visitor}");
    }
    let digest = looker.ping().await;
    assert_eq!((digest.waiting, digest.open), (0, 0));
    running.stop().await;
}

/// Departments, routing, handing over, coming back, ratings, lists, the history, offline messages: what
/// three agents count by the page is what the service counts, after every step.
async fn a_teams_day(mode: RoutingMode) {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut tokens = Vec::new();
    for name in ["Mina", "Hana", "Yuna"] {
        tokens.push(agent(&running, name).await);
    }
    let members = |names: [&str; 2]| names.map(|name| format!("{name}@shop.example")).to_vec();
    for (name, of) in [("Orders", ["Mina", "Hana"]), ("Kiln", ["Hana", "Yuna"])] {
        let name = name.to_owned();
        for wish in [
            AdminWish::PutDepartment { name: name.clone(), description: None },
            AdminWish::SetMembers { name: name.clone(), emails: members(of) },
        ] {
            running.admin(wish).await.unwrap();
        }
    }
    running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();
    let routing = Routing { mode, ..Routing::default() };
    running.admin(AdminWish::SetRouting { routing }).await.unwrap();
    let url = running.agent_url();
    let words = [url.strip_suffix("/agent").unwrap()].into_iter();
    let words = words.chain(tokens.iter().flat_map(|token| ["--token", token]));
    let saw = saw(python("bellhop_team.py", words)).await;
    assert_eq!(saw["chat_id"], 1);
    assert_eq!(saw["routing"], serde_json::to_value(mode).unwrap());
    running.stop().await;
}

#[tokio::test]
async fn law_5_a_team_of_second_clients_counts_as_the_service_does_where_all_are_asked() {
    a_teams_day(RoutingMode::Broadcast).await;
}

#[tokio::test]
async fn law_5_a_team_of_second_clients_counts_as_the_service_does_where_requests_are_assigned() {
    a_teams_day(RoutingMode::Assigned).await;
}

#[tokio::test]
async fn law_5_a_team_of_second_clients_counts_as_the_service_does_where_both_is_so() {
    a_teams_day(RoutingMode::Hybrid).await;
}

#[tokio::test]
async fn law_5_the_second_client_says_what_is_wrong_with_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let client = client("agent", &running.agent_url(), ["--token", "of nobody"], false);
    let output = timeout(PATIENCE, client.wait_with_output()).await.expect("it ends").unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("bad_token"), "{told}");
    running.stop().await;
}
