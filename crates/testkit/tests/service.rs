//! The actors against the real service: that both say what the other understands.

#![allow(clippy::unwrap_used)]

use anyhow::Result;
use bellhop_model::{Command, visitor_frame::VisitorLine};
use bellhop_testkit::service::ServiceHost;

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_from_question_to_end_over_a_service_that_is_killed_in_between() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let mut mina = service.agent_actor("mina").await?;
    let mut jun = service.visitor_actor("jun").await?;
    jun.say("파란 머그컵 있나요?").await?;
    let chat_id = mina.wait_message("파란 머그컵 있나요?").await?;
    assert_eq!(mina.wish(Command::ServeNext).await?, Some(chat_id));
    mina.say(chat_id, "Three are left.").await?;
    jun.wait_answer("Three are left.").await?;

    let (key, cursor) = (jun.key().to_owned(), jun.last());
    let before = mina.events.clone();
    service.kill().await?;
    service.start_again().await?;
    let mut mina = service.agent_actor("mina").await?;
    assert_eq!(&mina.events[..before.len()], &before[..]);
    let mut jun =
        bellhop_testkit::actors::SocketVisitor::with_key(&service.visitor_url(), &key, cursor)
            .await?;
    assert!(jun.lines.is_empty(), "{:?}", jun.lines);
    mina.say(chat_id, "Still here?").await?;
    jun.wait_answer("Still here?").await?;
    mina.wish(Command::EndChat { chat_id }).await?;
    let gone =
        |l: &VisitorLine| matches!(l, VisitorLine::LeftChat { .. } | VisitorLine::Ended { .. });
    jun.wait_until("the end", |v| v.lines.iter().any(gone)).await?;
    service.stop().await?;
    Ok(())
}
