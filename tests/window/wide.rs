//! A window with room for two chats.

use super::{Shop, opened, wait_requests};
use anyhow::Result;
use bellhop_testkit::{
    actors::SocketVisitor,
    desk::{Desk, Furniture, Screen},
    wait::{NotYet, wait_for},
    window::Window,
};

/// The chats in the window from left to right; the one the agent is in is marked with `*`.
async fn chats(window: &Window) -> Result<String> {
    let shown = window
        .surface()
        .evaluate(
            "return [...document.querySelectorAll('[data-test=chat]')].map((chat) =>
                chat.querySelector('h1').textContent
                + (chat.classList.contains('chat--beside') ? '' : '*')).join(' ');",
        )
        .await?;
    Ok(shown.as_str().unwrap_or_default().to_owned())
}

async fn wait_chats(window: &Window, wanted: &str) -> Result<()> {
    wait_for(&format!("the chats {wanted}"), async || {
        let shown = chats(window).await.map_err(|e| format!("{e:#}"))?;
        if shown == wanted { Ok(()) } else { Err(NotYet::seen(shown)) }
    })
    .await
}

async fn serve(window: &Window, shop: &Shop, name: &str, words: &str) -> Result<SocketVisitor> {
    let mut visitor = shop.visitor(name).await?;
    visitor.say(words).await?;
    wait_requests(window, 1).await?;
    window.click("serve").await?;
    window.wait_line("said", words).await?;
    Ok(visitor)
}

/// The text box of a chat, by the name in its head.
async fn composer(window: &Window, name: &str) -> Result<String> {
    let id = window
        .surface()
        .evaluate(&format!(
            "return [...document.querySelectorAll('[data-test=chat]')]
                .find((chat) => chat.querySelector('h1').textContent === '{name}').dataset.chat;"
        ))
        .await?;
    Ok(format!("[data-test=composer][data-chat=\"{}\"]", id.as_str().unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chats_stand_side_by_side_and_each_text_box_is_its_own() -> Result<()> {
    let screen = Screen::Virtual { width: 1920, height: 1000 };
    let mut desk = Desk::furnished("wide", &Furniture { screen, key_store: true }).await?;
    let (window, shop) = opened(&mut desk).await?;
    let client = window.surface().client().clone();
    client.set_window_rect(0, 0, 1800, 900).await?;

    let mut jun = serve(&window, &shop, "jun", "Do you ship to Busan?").await?;
    wait_chats(&window, "Jun*").await?;
    let mut suna = serve(&window, &shop, "suna", "주문을 취소하고 싶어요").await?;
    wait_chats(&window, "Jun Suna*").await?;

    // She turns to the left one by clicking into it; both stay where they are.
    let left = composer(&window, "Jun").await?;
    window.surface().click(&left).await?;
    wait_chats(&window, "Jun* Suna").await?;
    window.surface().type_and_enter(&left, "To Busan in two days").await?;
    jun.wait_answer("To Busan in two days").await?;
    let right = composer(&window, "Suna").await?;
    window.surface().type_and_enter(&right, "네, 취소해 드릴게요").await?;
    wait_chats(&window, "Jun Suna*").await?;
    suna.wait_answer("네, 취소해 드릴게요").await?;

    // Less room: the chat she is in remains.
    client.set_window_rect(0, 0, 1200, 800).await?;
    wait_chats(&window, "Suna*").await?;
    window.quit().await;
    desk.passed();
    Ok(())
}
