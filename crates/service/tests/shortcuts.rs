//! Shortcuts, tags and ratings over real sockets (domain.md 4, 5 and 6).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, Command, Fact, Rating, Refusal, Seq, Shortcut,
    frame::{Outcome, ServerFrame},
    listing::{Listing, Page, Versions},
    manage::Management,
    shortcut::Scope,
    visitor_frame::{VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Socket, Visitor, agent, chat_of, key, new_id, service};

const MINA: AgentId = AgentId(1);

fn shortcut(name: &str, message: String, scope: Scope) -> Shortcut {
    let options = vec!["Yes".to_owned(), "No".to_owned()];
    Shortcut { name: name.to_owned(), message, options, tags: vec!["asked".to_owned()], scope }
}

async fn names(agent: &mut Agent) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let listed = agent.list(Listing::Shortcuts { after }).await;
        let Page::Shortcuts { shortcuts } = listed.page else { panic!("{:?}", listed.page) };
        after = shortcuts.last().map(|last| last.name.clone());
        names.extend(shortcuts.into_iter().map(|shortcut| shortcut.name));
        if !listed.more {
            return names;
        }
    }
}

async fn versions(running: &Running, token: &str) -> Versions {
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Lists(versions) => Some(*versions),
            _ => None,
        })
        .await
}

async fn line(visitor: &mut Visitor, wanted: impl Fn(&VisitorLine) -> bool) -> VisitorLine {
    visitor
        .until(|frame| match frame {
            VisitorServerFrame::Line { line, .. } if wanted(line) => Some(line.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn domain_4_a_personal_shortcut_reaches_nobody_else_live_or_later() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let hers = shortcut("hi", "the word marmalade".to_owned(), Scope::Agent { agent_id: MINA });
    let outcome = mina.manages(Management::PutShortcut { shortcut: hers }).await;
    let Outcome::Accepted { last, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(names(&mut mina).await, ["hi"]);
    assert_eq!(names(&mut hana).await, Vec::<String>::new());
    let told = hana.event(|event| (event.seq == last).then(|| event.fact.clone())).await;
    assert_eq!(told, Fact::ShortcutsChanged);
    assert_eq!(versions(&running, &tokens[1]).await.shortcuts, last);

    let mut later = Agent::connect(&running, &tokens[1]).await;
    for events in [&hana.events, &later.events] {
        assert!(!serde_json::to_string(events).unwrap().contains("marmalade"));
        assert!(events.iter().any(|event| event.fact == Fact::ShortcutsChanged));
    }
    let say = Command::SayShortcut {
        chat_id: bellhop_model::ChatId(1),
        shortcut: "hi".to_owned(),
        text: "Hello".to_owned(),
    };
    let none = Refusal::NoSuchShortcut { name: "hi".to_owned() };
    assert_eq!(later.command(say).await, Outcome::Refused { refusal: none });
    running.stop().await;
}

#[tokio::test]
async fn domain_4_a_long_list_comes_in_pages_and_is_still_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let mut expected = Vec::new();
    for n in 0..150 {
        let name = format!("n{n:03}");
        let shortcut = shortcut(&name, "가".repeat(4_000), Scope::All);
        running.admin(AdminWish::PutShortcut { shortcut }).await.unwrap();
        expected.push(name);
    }
    let mut mina = Agent::connect(&running, &token).await;
    let first = mina.list(Listing::Shortcuts { after: None }).await;
    assert!(first.more, "1.8 MB are more than one page");
    assert_eq!(names(&mut mina).await, expected);
    running.stop().await;
    let running = service(dir.path()).await;
    let mut mina = Agent::connect(&running, &token).await;
    assert_eq!(names(&mut mina).await, expected);
    assert_eq!(versions(&running, &token).await.shortcuts, first.version);
    assert_eq!(mina.list(Listing::Unknown).await.page, Page::Unknown);
    running.stop().await;
}

#[tokio::test]
async fn domain_4_and_5_a_visitor_answers_by_a_click_is_asked_for_a_rating_and_gives_one() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();
    let bye = shortcut("bye", "Is that all?".to_owned(), Scope::All);
    running.admin(AdminWish::PutShortcut { shortcut: bye }).await.unwrap();
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { ratings: true, .. }), "{welcome:?}");
    jun.says("Hello").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let text = "Is that all, Jun?".to_owned();
    let say = Command::SayShortcut { chat_id, shortcut: "BYE".to_owned(), text };
    chat_of(&mina.command(say).await);
    let options = line(&mut jun, |line| matches!(line, VisitorLine::Options { .. })).await;
    assert_eq!(options, VisitorLine::Options { options: vec!["Yes".into(), "No".into()] });
    let tags = |fact: &Fact| match fact {
        Fact::TagsSet { tags, .. } => Some(tags.clone()),
        _ => None,
    };
    assert_eq!(mina.event(|event| tags(&event.fact)).await, ["asked"]);

    chat_of(&mina.command(Command::RequestRating { chat_id }).await);
    line(&mut jun, |line| matches!(line, VisitorLine::RatingRequested { .. })).await;
    let (id, comment) = (new_id(), Some("Quick".to_owned()));
    let rate = VisitorClientFrame::Rate { id, rating: Some(Rating::Good), comment };
    jun.socket.send(&rate).await;
    line(&mut jun, |line| matches!(line, VisitorLine::Rated { rating: Some(Rating::Good), .. }))
        .await;
    jun.taken(id).await;
    jun.socket.send(&rate).await;
    jun.taken(id).await;
    let id = new_id();
    jun.socket.send(&VisitorClientFrame::Rate { id, rating: None, comment: None }).await;
    jun.taken(id).await;
    mina.ping().await;
    let rated = mina.events.iter().filter_map(|event| match &event.fact {
        Fact::ChatRated { rating, .. } => Some(*rating),
        _ => None,
    });
    assert_eq!(rated.collect::<Vec<_>>(), [Some(Rating::Good), None], "a repeat is one rating");
    running.stop().await;
}
