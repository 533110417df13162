//! The client against the real service: whole talks, and what networks and machines do to them.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use anyhow::{Context, Result};
use bellhop_model::{
    ChatState, Command, Refusal,
    frame::Rejection,
    view::{Ask, AskProblem, Connection, LinkProblem, NoticeBody},
    visitor_frame::VisitorLine,
};
use bellhop_testkit::{
    actors::SocketVisitor,
    proxy::{FrameProxy, Proxy, Weather},
    service::ServiceHost,
};
use common::{Mina, Seen};

async fn shop() -> Result<(ServiceHost, String)> {
    let host = ServiceHost::start("The Little Shop").await?;
    let (_, token) = host.agent("mina").await?;
    Ok((host, token))
}

/// What the visitor was told by the agent.
fn answers(visitor: &SocketVisitor) -> Vec<&str> {
    let lines = visitor.lines.iter();
    lines
        .filter_map(|line| match line {
            VisitorLine::Theirs { name, text, .. } if name == "Mina" => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn r_010_to_r_081_a_talk_from_the_question_to_the_history_read_offline() -> Result<()> {
    let (mut host, token) = shop().await?;
    let mut mina = Mina::start(&host.agent_url(), &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("is it in stock?").await?;
    mina.see("a request", |seen| seen.view.requests().len() == 1).await?;
    let chat = mina.now().view.requests()[0].head.id;
    // The notification's own button.
    mina.client.activated(chat, true);
    mina.see("the chat", |seen| seen.focused.last() == Some(&chat)).await?;
    mina.see("her joining", |seen| seen.view.chat(chat).is_some_and(|c| c.head.mine)).await?;
    assert_eq!(*mina.shell.shown.lock().unwrap(), 1);
    {
        let alerts = mina.shell.alerts.lock().unwrap();
        assert_eq!(alerts.len(), 1);
        let first = (alerts[0].chat_id, alerts[0].first_words.as_str());
        assert_eq!(first, (chat, "is it in stock?"));
    }

    mina.client.ask(Ask::Typing { chat_id: chat, on: true }).await?;
    jun.wait_until("the sign", |jun| jun.typing.is_some()).await?;
    mina.say(chat, "yes, three").await?;
    jun.wait_answer("yes, three").await?;
    jun.wait_until("the sign's end", |jun| jun.typing.is_none()).await?;
    jun.type_sign(true).await?;
    mina.see("Jun's sign", |s| s.view.chat(chat).is_some_and(|c| c.head.visitor_typing)).await?;
    jun.say("thank you").await?;
    mina.see("thanks", |seen| seen.said(chat).last().is_some_and(|t| t == "thank you")).await?;

    let tags = vec!["stock".to_owned()];
    mina.command(Command::SetTags { chat_id: chat, tags: tags.clone() }).await?;
    mina.command(Command::EndChat { chat_id: chat }).await?;
    mina.see("no chat", |seen| seen.view.chats.is_empty()).await?;
    assert_eq!(*mina.shell.withdrawn.lock().unwrap(), [chat]);

    host.stop().await?;
    let mina = mina.restart(&host.agent_url(), &token).await?;
    let page = mina.client.history_page(None).await?;
    assert_eq!(page.entries.len(), 1);
    assert_eq!((page.entries[0].chat_id, &page.entries[0].tags), (chat, &tags));
    let past = mina.client.history_chat(chat).await?.context("the transcript")?;
    assert_eq!(past.entry.state, ChatState::Ended);
    assert!(past.lines.len() >= 6);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn r5_a_service_killed_in_mid_talk_costs_nothing_and_doubles_nothing() -> Result<()> {
    let (mut host, token) = shop().await?;
    let mut mina = Mina::start(&host.agent_url(), &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    let mut expected = Vec::new();
    for round in 0..3 {
        let before = format!("before {round}");
        mina.say(chat, &before).await?;
        // Killed while it may or may not have taken that in.
        host.kill().await?;
        mina.see("Offline", |s| s.view.connection.word != Connection::Online).await?;
        let meanwhile = format!("meanwhile {round}");
        mina.say(chat, &meanwhile).await?;
        assert!(mina.now().view.chat(chat).is_some(), "nothing is reloaded");
        host.start_again().await?;
        expected.extend([before, meanwhile]);
        mina.see("everything sent", |seen| {
            seen.view.connection.word == Connection::Online && seen.all_sent(chat)
        })
        .await?;
    }
    let mut again = SocketVisitor::with_key(&host.visitor_url(), jun.key(), jun.last()).await?;
    again.wait_answer("meanwhile 2").await?;
    let told: Vec<&str> = answers(&jun).into_iter().chain(answers(&again)).collect();
    assert_eq!(told, expected);
    again.say("I have it all").await?;
    let seen = mina
        .see("Jun's words", |s| s.said(chat).last().is_some_and(|t| t == "I have it all"))
        .await?;
    let mine: Vec<_> = seen.said(chat).into_iter().filter(|t| expected.contains(t)).collect();
    assert_eq!(mine, expected);
    assert_eq!(seen.focused, [chat]);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn r3_what_was_said_offline_in_a_program_that_ended_is_sent_once() -> Result<()> {
    let (mut host, token) = shop().await?;
    let mut mina = Mina::start(&host.agent_url(), &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    host.stop().await?;
    mina.see("Offline", |seen| seen.view.connection.word != Connection::Online).await?;
    for text in ["one", "two"] {
        mina.say(chat, text).await?;
    }
    mina.client.ask(Ask::Draft { chat_id: chat, text: "three, per".into() }).await?;
    let mut mina = mina.restart(&host.agent_url(), &token).await?;
    let seen = mina.see("the chat", |seen| seen.view.chat(chat).is_some()).await?;
    let shown = seen.view.chat(chat).context("the chat")?;
    let pending: Vec<_> = shown.pending.iter().map(|p| p.text.as_str()).collect();
    assert_eq!((pending, shown.draft.as_str()), (vec!["one", "two"], "three, per"));
    assert_eq!(mina.command(Command::ServeNext).await, Err(refused(Refusal::NobodyWaiting)));
    host.start_again().await?;
    mina.see("everything sent", |seen| seen.all_sent(chat)).await?;
    let mut jun = SocketVisitor::with_key(&host.visitor_url(), jun.key(), jun.last()).await?;
    jun.wait_answer("two").await?;
    assert_eq!(answers(&jun), ["one", "two"]);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn r2_r3_a_line_that_is_cut_again_and_again_loses_and_doubles_nothing() -> Result<()> {
    let (host, token) = shop().await?;
    let proxy = Proxy::start(host.address(), 11).await?;
    let url = format!("ws://{}/agent", proxy.address());
    let mut mina = Mina::start(&url, &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    proxy.weather(Weather::Cutting { after_bytes: 600..4_000 });
    let (mut mine, mut theirs) = (Vec::new(), vec!["hello".to_owned()]);
    for n in 0..15 {
        mine.push(format!("mine {n}"));
        theirs.push(format!("theirs {n}"));
        mina.say(chat, &format!("mine {n}")).await?;
        jun.say(&format!("theirs {n}")).await?;
    }
    proxy.weather(Weather::Clear);
    mina.client.ask(Ask::ConnectNow).await?;
    let all = |seen: &Seen| seen.all_sent(chat) && seen.said(chat).len() == 31;
    let seen = mina.see("all of it", all).await?;
    let said = seen.said(chat);
    let of = |whose: &[String]| -> Vec<String> {
        said.iter().filter(|text| whose.contains(text)).cloned().collect()
    };
    assert_eq!((of(&mine), of(&theirs)), (mine.clone(), theirs));
    jun.wait_answer("mine 14").await?;
    assert_eq!(answers(&jun), mine);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn law_6_a_network_that_says_everything_twice_changes_nothing() -> Result<()> {
    let (host, token) = shop().await?;
    let proxy = FrameProxy::start(&host.agent_url(), 5, 40).await?;
    let url = format!("ws://{}/agent", proxy.address());
    let mut mina = Mina::start(&url, &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    let mine: Vec<String> = (0..20).map(|n| format!("mine {n}")).collect();
    for text in &mine {
        mina.say(chat, text).await?;
    }
    jun.wait_answer("mine 19").await?;
    assert_eq!(answers(&jun), mine);
    let all = |seen: &Seen| seen.all_sent(chat) && seen.said(chat).len() == 21;
    mina.see("all of it", all).await?;
    assert!(proxy.repeated() > 0);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn r_018_two_agents_at_once_exactly_one_serves_and_the_other_is_told() -> Result<()> {
    let (host, token) = shop().await?;
    let (_, other_token) = host.agent("sora").await?;
    let mut mina = Mina::start(&host.agent_url(), &token).await?;
    let mut sora = Mina::start(&host.agent_url(), &other_token).await?;
    mina.online().await?;
    sora.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let one = |seen: &Seen| seen.view.requests().len() == 1;
    let chat_id = mina.see("a request", one).await?.view.requests()[0].head.id;
    sora.see("a request", one).await?;
    let serve = Command::Serve { chat_id };
    let (a, b) = tokio::join!(mina.command(serve.clone()), sora.command(serve.clone()));
    let settled = |seen: &Seen| {
        let refused = |body: &NoticeBody| {
            matches!(body, NoticeBody::Refused { refusal: Refusal::AlreadyServed { .. }, .. })
        };
        (
            seen.view.chat(chat_id).is_some_and(|chat| chat.head.mine),
            seen.view.notices.iter().any(|notice| refused(&notice.body)),
        )
    };
    let outcomes = |answer: Result<_, AskProblem>, (serves, told)| {
        let told_at_once =
            matches!(answer, Err(AskProblem::Refused { refusal: Refusal::AlreadyServed { .. } }));
        (serves, told || told_at_once)
    };
    let early = [a.is_err(), b.is_err()];
    let done = move |early: bool| move |seen: &Seen| early || settled(seen).0 || settled(seen).1;
    let of_mina = outcomes(a, settled(&mina.see("an outcome", done(early[0])).await?));
    let of_sora = outcomes(b, settled(&sora.see("an outcome", done(early[1])).await?));
    let expected = [(true, false), (false, true)];
    assert!(
        [of_mina, of_sora] == expected || [of_sora, of_mina] == expected,
        "{of_mina:?} {of_sora:?}"
    );
    mina.client.stop().await;
    sora.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_wrong_token_is_said_and_not_tried_again_by_itself() -> Result<()> {
    let (host, _) = shop().await?;
    let mut mina = Mina::start(&host.agent_url(), "not a token").await?;
    let rejected = LinkProblem::Rejected { rejection: Rejection::BadToken };
    let seen = mina
        .see("the rejection", |seen| seen.view.connection.problem.as_ref() == Some(&rejected))
        .await?;
    assert_eq!(seen.view.connection.retry_at, None);
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn r9_a_cache_that_cannot_be_written_stops_no_live_chat() -> Result<()> {
    let (host, token) = shop().await?;
    let mut mina = Mina::start(&host.agent_url(), &token).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    mina.see("her joining", |seen| seen.view.chat(chat).is_some_and(|c| c.head.mine)).await?;
    mina.store.close().await;
    let problem = mina.say(chat, "lost?").await;
    assert!(matches!(problem, Err(AskProblem::NotStored { .. })), "{problem:?}");
    jun.say("still there?").await?;
    let seen = mina
        .see("Jun's words", |s| s.said(chat).last().is_some_and(|t| t == "still there?"))
        .await?;
    let told = |body: &NoticeBody| matches!(body, NoticeBody::CacheUnwritable { .. });
    assert!(seen.view.notices.iter().any(|notice| told(&notice.body)));
    assert!(seen.all_sent(chat), "what was not stored is not on its way");
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn s15_a_shell_that_panics_stops_nothing() -> Result<()> {
    let (host, token) = shop().await?;
    let dir = std::sync::Arc::new(tempfile::tempdir()?);
    let clumsy = common::Recorder { clumsy: true, ..Default::default() };
    let service = common::service(&host.agent_url())?;
    let mut mina = Mina::start_with(service, &token, dir, clumsy).await?;
    mina.online().await?;
    let mut jun = host.visitor_actor("jun").await?;
    jun.say("hello").await?;
    let chat = mina.serve_next().await?;
    mina.say(chat, "hi").await?;
    jun.wait_answer("hi").await?;
    mina.client.stop().await;
    Ok(())
}

#[tokio::test]
async fn after_stop_nothing_is_answered_and_nothing_hangs() -> Result<()> {
    let (host, token) = shop().await?;
    let mina = Mina::start(&host.agent_url(), &token).await?;
    mina.client.stop().await;
    mina.client.stop().await;
    assert_eq!(mina.client.ask(Ask::ConnectNow).await, Err(AskProblem::NotReady));
    assert!(mina.client.history_page(None).await.is_err());
    Ok(())
}

fn refused(refusal: Refusal) -> AskProblem {
    AskProblem::Refused { refusal }
}
