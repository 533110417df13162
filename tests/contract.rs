//! The client against the real service through a bad network: cut, slowed, said twice, killed and
//! started again. Nothing is lost, nothing comes twice, nothing changes its order.

#[path = "contract/program.rs"]
mod program;

use anyhow::{Context, Result, ensure};
use bellhop_model::{
    Author, ChatId, Command, CommandId,
    chat::LineBody,
    view::{Ask, ChatView, NoticeBody, View},
    visitor_frame::VisitorLine,
};
use bellhop_testkit::{
    actors::{SocketVisitor, new_command_id},
    proxy::{Chance, FrameProxy, Proxy, Weather},
    service::ServiceHost,
};
use program::Program;
use std::time::Duration;

/// Rounds of weather in one test.
const ROUNDS: usize = 12;

fn the_chat(view: &View) -> Option<&ChatView> {
    view.chats.first()
}

/// What was said in the agent's view, in order.
fn said(chat: &ChatView) -> Vec<(bool, String)> {
    let lines = chat.lines.iter().filter_map(|line| match &line.body {
        LineBody::Said { message } if !matches!(message.author, Author::Trigger { .. }) => {
            Some((message.author == Author::Visitor, message.text.clone()))
        }
        _ => None,
    });
    lines.collect()
}

/// The same as the visitor has it.
fn heard(jun: &[VisitorLine], trigger: &str) -> Vec<(bool, String)> {
    let lines = jun.iter().filter_map(|line| match line {
        VisitorLine::Mine { text, .. } => Some((true, text.clone())),
        VisitorLine::Theirs { text, name, .. } if name != trigger => Some((false, text.clone())),
        _ => None,
    });
    lines.collect()
}

/// A visitor who repeats what was not taken, with the same id, as the widget does.
async fn insist(
    jun: &mut SocketVisitor,
    service: &ServiceHost,
    id: CommandId,
    text: &str,
) -> Result<()> {
    if jun.say_as(id, text).await.is_ok() {
        return Ok(());
    }
    // The cursor says what is kept; the lines kept so far stay.
    let mut again = SocketVisitor::with_key(&service.visitor_url(), jun.key(), jun.last()).await?;
    again.lines = std::mem::take(&mut jun.lines);
    *jun = again;
    jun.say_as(id, text).await
}

async fn begin(program: &Program, jun: &mut SocketVisitor) -> Result<ChatId> {
    jun.say("Question").await?;
    program.wait("the request", |v| the_chat(v).is_some_and(|c| c.head.is_request())).await?;
    let chat_id = the_chat(&program.view()).context("the chat")?.head.id;
    program.command(Command::Serve { chat_id }).await?;
    program.wait("the chat served", |v| the_chat(v).is_some_and(|c| c.head.mine)).await?;
    Ok(chat_id)
}

/// Both sides have all of it, once, and in the same order; each side's own words in the order in
/// which they were said.
async fn agreed(program: &Program, jun: &mut SocketVisitor, count: usize) -> Result<()> {
    program
        .wait("everything said, and nothing pending", |view| {
            the_chat(view).is_some_and(|c| c.pending.is_empty() && said(c).len() == count)
        })
        .await?;
    let view = program.view();
    let said = said(the_chat(&view).context("the chat")?);
    let triggers: Vec<String> = the_chat(&view)
        .context("the chat")?
        .lines
        .iter()
        .filter_map(|l| match &l.body {
            LineBody::Said { message } => match &message.author {
                Author::Trigger { name } => Some(name.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let trigger = triggers.first().cloned().unwrap_or_default();
    jun.wait_until("everything said", |j| heard(&j.lines, &trigger).len() >= count).await?;
    ensure!(heard(&jun.lines, &trigger) == said, "{:?}\nis not\n{said:?}", jun.lines);
    for visitor in [true, false] {
        let mut own: Vec<_> =
            said.iter().filter(|s| s.0 == visitor).filter_map(|s| number(&s.1)).collect();
        let order = own.clone();
        own.sort_unstable();
        own.dedup();
        ensure!(own == order, "out of order or twice: {order:?}");
    }
    Ok(())
}

fn number(text: &str) -> Option<usize> {
    text.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn laws_5_and_6_cuts_delays_and_killed_services_lose_and_double_nothing() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let proxy = Proxy::start(service.address(), 20_260).await?;
    let url = format!("ws://{}/agent", proxy.address());
    let (_, token) = service.agent("mina").await?;
    let program = Program::start(&url, &token).await?;
    program.wait_online().await?;
    let mut jun = service.visitor_actor("jun").await?;
    let chat_id = begin(&program, &mut jun).await?;

    let mut chance = Chance::new(81);
    for round in 0..ROUNDS {
        match chance.within(0..5) {
            0 => proxy.cut(),
            1 => proxy.weather(Weather::Cutting { after_bytes: 40..1_200 }),
            2 => proxy.weather(Weather::Slow { millis: 0..20 }),
            3 => {
                service.kill().await?;
                service.start_again().await?;
            }
            _ => proxy.weather(Weather::Refusing),
        }
        let command = Command::Say { chat_id, text: format!("answer {round}") };
        program.command(command).await?;
        insist(&mut jun, &service, new_command_id(), &format!("question {round}")).await?;
        if chance.happens(50) {
            proxy.weather(Weather::Clear);
        }
    }
    proxy.weather(Weather::Clear);
    program.ask(Ask::ConnectNow).await?;
    program.wait_online().await?;
    agreed(&program, &mut jun, 1 + 2 * ROUNDS).await?;
    let resyncs = program.notices(|n| matches!(n, NoticeBody::Resynced { .. }));
    ensure!(resyncs.is_empty(), "the view had to be made anew: {resyncs:?}");
    program.stop().await;
    service.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn law_6_frames_said_twice_count_once() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let proxy = FrameProxy::start(&service.agent_url(), 7, 60).await?;
    let url = format!("ws://{}/agent", proxy.address());
    let (_, token) = service.agent("mina").await?;
    let program = Program::start(&url, &token).await?;
    program.wait_online().await?;
    let mut jun = service.visitor_actor("jun").await?;
    let chat_id = begin(&program, &mut jun).await?;
    for round in 0..ROUNDS {
        let command = Command::Say { chat_id, text: format!("answer {round}") };
        program.command(command).await?;
        jun.say(&format!("question {round}")).await?;
    }
    agreed(&program, &mut jun, 1 + 2 * ROUNDS).await?;
    ensure!(proxy.repeated() > 5, "only {} frames were said twice", proxy.repeated());
    program.stop().await;
    service.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_offline_outlives_the_program_and_is_sent_once() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let (_, token) = service.agent("mina").await?;
    let program = Program::start(&service.agent_url(), &token).await?;
    program.wait_online().await?;
    let mut jun = service.visitor_actor("jun").await?;
    let chat_id = begin(&program, &mut jun).await?;
    let (key, cursor) = (jun.key().to_owned(), jun.last());
    let lines = std::mem::take(&mut jun.lines);
    service.kill().await?;
    program.command(Command::Say { chat_id, text: "answer 0".into() }).await?;
    program.command(Command::Say { chat_id, text: "answer 1".into() }).await?;
    let program = program.restarted().await?;
    program
        .wait("both still pending", |v| the_chat(v).is_some_and(|c| c.pending.len() == 2))
        .await?;
    service.start_again().await?;
    program.wait_online().await?;
    let mut jun = SocketVisitor::with_key(&service.visitor_url(), &key, cursor).await?;
    jun.lines.splice(0..0, lines);
    agreed(&program, &mut jun, 3).await?;
    program.stop().await;
    service.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_018_two_programs_serve_at_once_and_exactly_one_does() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let mut programs = Vec::new();
    for name in ["mina", "yuna"] {
        let (_, token) = service.agent(name).await?;
        let program = Program::start(&service.agent_url(), &token).await?;
        program.wait_online().await?;
        programs.push(program);
    }
    let mut jun = service.visitor_actor("jun").await?;
    jun.say("Question").await?;
    for program in &programs {
        program.wait("the request", |v| the_chat(v).is_some_and(|c| c.head.is_request())).await?;
    }
    let chat_id = the_chat(&programs[0].view()).context("the chat")?.head.id;
    let (first, second) = tokio::join!(
        programs[0].command(Command::Serve { chat_id }),
        programs[1].command(Command::Serve { chat_id }),
    );
    first?;
    second?;
    for program in &programs {
        program
            .wait("served by one, or told of it", |v| {
                the_chat(v).is_some_and(|c| c.head.mine)
                    || v.notices.iter().any(|n| matches!(n.body, NoticeBody::Refused { .. }))
            })
            .await?;
    }
    let mine = |p: &&Program| the_chat(&p.view()).is_some_and(|c| c.head.mine);
    ensure!(programs.iter().filter(mine).count() == 1, "not exactly one serves");
    for program in &programs {
        // The count goes for everybody, and so does the notification.
        program.wait("nobody waiting", |v| v.requests().is_empty()).await?;
        program.wait_withdrawn(chat_id, Duration::from_secs(20)).await?;
    }
    for program in programs {
        program.stop().await;
    }
    service.stop().await
}
