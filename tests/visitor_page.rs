//! The visitor's side in a real browser: what a page change and a lost connection leave of a
//! chat. The agent is an actor at the socket.

#![cfg(target_os = "linux")]

use anyhow::Result;
use bellhop_model::{
    Command, Fact, Rating, Shortcut, Trigger, TriggerId,
    manage::Management,
    shortcut::Scope,
    trigger::{Action, Needs, Occasion},
};
use bellhop_service::AdminWish;
use bellhop_testkit::{
    desk::{Desk, Furniture, Screen},
    service::ServiceHost,
    surface::{Seen, hook},
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

fn hello() -> AdminWish {
    let say = Action::Say { name: None, text: "Can we help?".into(), translations: [].into() };
    AdminWish::PutTrigger {
        trigger: Trigger {
            id: TriggerId(0),
            name: "Hello".to_owned(),
            enabled: true,
            on: Occasion::WidgetLoaded,
            needs: Needs::All,
            conditions: Vec::new(),
            actions: vec![say],
            once: true,
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn domain_4_5_11_and_16_a_visitor_leaves_a_message_is_greeted_answers_by_a_click_and_rates()
-> Result<()> {
    let bare = Furniture { screen: Screen::None, key_store: false };
    let mut desk = Desk::furnished("visitor-clicks", &bare).await?;
    let service = ServiceHost::start("Moon & Kettle").await?;
    let bye = Shortcut {
        name: "bye".to_owned(),
        message: "Is that all?".to_owned(),
        options: vec!["Yes".to_owned(), "No <b>".to_owned()],
        tags: Vec::new(),
        scope: Scope::All,
    };
    for wish in [
        AdminWish::SwitchRatings { enabled: true },
        AdminWish::PutShortcut { shortcut: bye },
        hello(),
    ] {
        service.admin(wish).await?;
    }
    let jun = Visitor::open(&mut desk, "jun", &service.site_url(""), Shown::Headless).await?;
    jun.open_widget().await?;
    jun.widget().type_text(&hook("leave-text"), "Do you ship to Busan?").await?;
    jun.widget().type_text(&hook("leave-email"), "jun@example.com").await?;
    jun.widget().click(&hook("leave-send")).await?;
    jun.widget().wait_text(&hook("leave-said"), "We have your message").await?;

    let mut mina = service.agent_actor("mina").await?;
    jun.wait_line("theirs", "Can we help?").await?;
    jun.widget().wait_gone(&hook("leave")).await?;
    jun.say("Yes: one teapot.").await?;
    let chat_id = mina.wait_message("Yes: one teapot.").await?;
    wait_lines(&jun, &[("theirs", "Can we help?"), ("mine", "Yes: one teapot.")]).await?;
    mina.wish(Command::Serve { chat_id }).await?;
    let text = "Is that all?".to_owned();
    mina.wish(Command::SayShortcut { chat_id, shortcut: "bye".to_owned(), text }).await?;
    jun.widget().wait_text(&hook("option"), "Yes").await?;
    jun.widget().click(&hook("option")).await?;
    jun.wait_line("mine", "Yes").await?;
    jun.widget().wait_gone(&hook("option")).await?;

    jun.widget().click(&hook("rate-good")).await?;
    jun.widget().type_and_enter(&hook("rate-comment"), "Quick and kind").await?;
    let rated = |fact: &Fact| {
        matches!(fact, Fact::ChatRated { rating: Some(Rating::Good), comment: Some(comment), .. }
            if comment == "Quick and kind")
    };
    mina.wait_event("the rating", |event| rated(&event.fact)).await?;
    jun.widget().wait_gone(&hook("rate-comment")).await?;

    // Another rating takes the comment along; at the end it is asked for, with the old one at hand.
    jun.widget().click(&hook("rate-bad")).await?;
    mina.wish(Command::EndChat { chat_id }).await?;
    let asked = |s: &Seen| s.attribute("class").contains("wanted");
    jun.widget().wait_seen("asked for a comment", &hook("rating"), asked).await?;
    let old = |s: &Seen| s.value.as_deref() == Some("Quick and kind");
    jun.widget().wait_seen("the old comment", &hook("rate-comment"), old).await?;
    jun.close().await;
    desk.passed();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_055_domain_12_a_page_shows_what_an_agent_begins_with_and_no_chat_once_it_is_banned()
-> Result<()> {
    let bare = Furniture { screen: Screen::None, key_store: false };
    let mut desk = Desk::furnished("visitor-page-first", &bare).await?;
    let service = ServiceHost::start("Moon & Kettle").await?;
    let mut mina = service.agent_actor("mina").await?;
    let cart = service.site_url("shop/cart");
    let jun = Visitor::open(&mut desk, "jun", &cart, Shown::Headless).await?;
    let visitor_id = mina.wait_visitor().await?;
    jun.widget().wait(&hook("launcher")).await?;
    assert!(jun.widget().visible(&hook("badge")).await?.is_empty(), "nothing before she writes");

    let text = "May I help with the cart?".to_owned();
    mina.wish(Command::StartChat { visitor_id: visitor_id.clone(), text }).await?;
    jun.widget().wait(&hook("badge")).await?;
    jun.open_widget().await?;
    wait_lines(&jun, &[("joined", "Mina"), ("theirs", "May I help with the cart?")]).await?;
    jun.say("Yes, please.").await?;
    mina.wait_message("Yes, please.").await?;

    let reason = "A test".to_owned();
    mina.manage(Management::BanVisitor { visitor_id, reason, address: false }).await?;
    jun.widget().wait_gone(&hook("panel")).await?;
    jun.reload().await?;
    jun.page().wait("h1").await?;
    jun.widget().wait_gone(&hook("launcher")).await?;

    jun.close().await;
    desk.passed();
    Ok(())
}
