//! A desktop without a key store: the key comes from a passphrase.

use super::{Shop, program, wait_requests};
use anyhow::Result;
use bellhop_testkit::{
    desk::{Desk, Furniture},
    surface::{Key, hook},
    window::Window,
};

const RIGHT: &str = "correct horse 배터리 staple";
const WRONG: &str = "incorrect horse 배터리 staple";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_store_a_passphrase_opens_the_cache_and_a_wrong_one_does_not() -> Result<()> {
    let bare = Furniture { key_store: false, ..Furniture::default() };
    let mut desk = Desk::furnished("locked", &bare).await?;
    let window = Window::open(&mut desk, &program()).await?;
    window.wait("passphrase").await?;
    window.surface().type_text(&hook("passphrase"), RIGHT).await?;
    window.surface().type_text(&hook("passphrase-repeat"), RIGHT).await?;
    window.click("unlock").await?;
    window.wait_connection("Online").await?;
    let shop = Shop::shown(&window).await?;
    let mut jun = shop.visitor("jun").await?;
    jun.say("Will you remember me?").await?;
    wait_requests(&window, 1).await?;
    window.quit().await;

    let window = Window::open(&mut desk, &program()).await?;
    window.wait("passphrase").await?;
    assert!(window.surface().visible(&hook("passphrase-repeat")).await?.is_empty());
    window.surface().type_and_enter(&hook("passphrase"), WRONG).await?;
    window.wait_text("passphrase-problem", "does not open").await?;
    let typed = window.surface().read(&hook("passphrase")).await?;
    if typed.iter().any(|t| t.value.as_deref() != Some("")) {
        for _ in WRONG.chars() {
            window.surface().press(&hook("passphrase"), Key::Backspace).await?;
        }
    }
    window.surface().type_and_enter(&hook("passphrase"), RIGHT).await?;
    window.wait_connection("Online").await?;
    wait_requests(&window, 1).await?;
    window.quit().await;

    let window = opened_locked_stays_locked(&mut desk).await?;
    window.quit().await;
    desk.passed();
    Ok(())
}

/// Nothing of the chats shows before the passphrase is given.
async fn opened_locked_stays_locked(desk: &mut Desk) -> Result<Window> {
    let window = Window::open(desk, &program()).await?;
    window.wait("passphrase").await?;
    let page = window.surface().visible("body").await?;
    assert!(page.iter().all(|b| !b.text.contains("remember me")), "{page:?}");
    Ok(window)
}
