//! The visitor's side in a real browser: what a page change and a lost connection leave of a
//! chat. The agent is an actor at the socket.

#![cfg(target_os = "linux")]

use anyhow::Result;
use bellhop_model::Command;
use bellhop_testkit::{
    desk::{Desk, Furniture, Screen},
    service::ServiceHost,
    surface::hook,
    visitor::{Shown, Visitor},
    wait::{NotYet, wait_for},
};
use std::slice;

/// The lines of the page are exactly these, by kind and words.
async fn wait_lines(jun: &Visitor, wanted: &[(&str, &str)]) -> Result<()> {
    wait_for(&format!("exactly {wanted:?}"), async || {
        let lines = jun.lines().await.map_err(|e| format!("{e:#}"))?;
        let same = lines.len() == wanted.len()
            && lines.iter().zip(wanted).all(|(l, w)| l.kind == w.0 && l.text.contains(w.1));
        if same { Ok(()) } else { Err(NotYet::seen(format!("{lines:?}"))) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_change_keeps_the_chat_and_a_lost_connection_sends_what_was_typed_once() -> Result<()>
{
    let bare = Furniture { screen: Screen::None, key_store: false };
    let mut desk = Desk::furnished("visitor-page", &bare).await?;
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let mut mina = service.agent_actor("mina").await?;
    let shop = service.site_url("");
    let jun = Visitor::open(&mut desk, "jun", &shop, Shown::Headless).await?;
    jun.open_widget().await?;
    jun.give_name("Jun").await?;
    jun.say("달항아리 <b>있나요</b>?").await?;
    let chat_id = mina.wait_message("달항아리 <b>있나요</b>?").await?;
    mina.wish(Command::Serve { chat_id }).await?;
    mina.say(chat_id, "Two are left. <img src=x onerror=window.pwned=1>").await?;
    let so_far = [
        ("mine", "달항아리 <b>있나요</b>?"),
        ("joined", "Mina"),
        ("theirs", "Two are left. <img src=x onerror=window.pwned=1>"),
    ];
    wait_lines(&jun, &so_far).await?;

    // Another page, and the same one again: the chat is there, open as it was left.
    jun.go(&service.site_url("shop/moon-jar")).await?;
    wait_lines(&jun, &so_far).await?;
    jun.widget().wait(&hook("input")).await?;
    jun.reload().await?;
    wait_lines(&jun, &so_far).await?;
    assert_eq!(jun.page().evaluate("return typeof window.pwned").await?, "undefined");

    // The connection is lost, the words are kept even over a reload that finds no service.
    service.kill().await?;
    jun.say("One for me, please.").await?;
    jun.wait_line("mine", "One for me, please.").await?;
    jun.widget().type_text(&hook("input"), "And half a sent").await?;
    service.start_again().await?;
    let mut mina = service.agent_actor("mina").await?;
    mina.wait_message("One for me, please.").await?;
    let last = ("mine", "One for me, please.");
    wait_lines(&jun, &[&so_far[..], slice::from_ref(&last)].concat()).await?;
    jun.reload().await?;
    wait_lines(&jun, &[&so_far[..], slice::from_ref(&last)].concat()).await?;
    let stands = |s: &bellhop_testkit::surface::Seen| s.value.as_deref() == Some("And half a sent");
    jun.widget().wait_seen("what was typed", &hook("input"), stands).await?;
    let once = mina.events.iter().filter(|e| format!("{e:?}").contains("One for me")).count();
    assert_eq!(once, 1);

    jun.close().await;
    desk.passed();
    Ok(())
}
