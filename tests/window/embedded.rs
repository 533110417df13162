//! A fresh machine, and the first day on it.

use super::{Shop, opened, program, wait_requests};
use anyhow::Result;
use bellhop_testkit::{
    desk::Desk,
    notifications::Notifications,
    screen::{ListedWindow, ScreenView},
    surface::{Seen, hook},
    tray::Tray,
    wait::{NotYet, stays, wait_for},
    window::{TITLE, Window},
};
use std::time::Duration;

/// Waits until the program has exactly one window and it is as wanted.
async fn wait_window(
    screen: &ScreenView,
    what: &str,
    is_it: impl Fn(&ListedWindow) -> bool,
) -> Result<ListedWindow> {
    wait_for(what, async || {
        let windows = screen.windows(TITLE).map_err(|e| format!("{e:#}"))?;
        match &windows[..] {
            [one] if is_it(one) => Ok(one.clone()),
            _ => Err(NotYet::seen(format!("{windows:?}"))),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_machine_is_signed_in_and_its_notification_and_tray_open_exactly_that_chat()
-> Result<()> {
    let mut desk = Desk::new("embedded").await?;
    let notifications = Notifications::start(desk.bus()).await?;
    let tray = Tray::start(desk.bus()).await?;
    let screen = ScreenView::of(desk.display())?;
    let (window, shop) = opened(&mut desk).await?;
    wait_window(&screen, "the window", |_| true).await?;

    notification_opens_exactly_its_chat(&window, &shop, &screen, &notifications).await?;
    tray_counts_and_serves_the_next(&window, &tray).await?;
    closing_keeps_it_in_the_tray(&window, &screen, &tray).await?;

    tray.click("Quit").await?;
    window.wait_ended(&desk).await?;
    desk.passed();
    Ok(())
}

/// Two wait; the window is minimised; a click on the second one's notification.
async fn notification_opens_exactly_its_chat(
    window: &Window,
    shop: &Shop,
    screen: &ScreenView,
    notifications: &Notifications,
) -> Result<()> {
    let mut first = shop.visitor("jun").await?;
    first.say("Do you ship to Busan?").await?;
    notifications.wait_shown("Busan").await?;
    let mut second = shop.visitor("suna").await?;
    second.say("주문을 취소하고 싶어요").await?;
    let shown = notifications.wait_shown("주문을 취소").await?;
    wait_requests(window, 2).await?;

    let listed = wait_window(screen, "the window", |_| true).await?;
    screen.minimise(listed.id)?;
    wait_window(screen, "the window minimised", |w| w.minimised).await?;
    notifications.invoke(shown.id, "default").await?;
    wait_window(screen, "the window raised", |w| !w.minimised && w.active).await?;
    let line = window.wait_line("said", "주문을 취소").await?;
    assert_eq!(line.from, "visitor");
    // looking at it serves nothing.
    wait_requests(window, 2).await?;
    Ok(())
}

async fn tray_counts_and_serves_the_next(window: &Window, tray: &Tray) -> Result<()> {
    wait_for("the tray to count two", async || {
        let title = tray.title().await.map_err(|e| format!("{e:#}"))?;
        if title.contains('2') { Ok(()) } else { Err(NotYet::seen(title)) }
    })
    .await?;
    let icon_of_two = tray.icon().await?;
    // Section 10, point 3: the one who waits longest.
    tray.click("Serve").await?;
    window.wait_line("joined", "").await?;
    window.wait_line("said", "Busan").await?;
    wait_requests(window, 1).await?;
    wait_for("another icon for one", async || {
        let icon = tray.icon().await.map_err(|e| format!("{e:#}"))?;
        if icon == icon_of_two { Err(NotYet::seen(icon)) } else { Ok(()) }
    })
    .await?;
    tray.click("Away").await?;
    let away = |s: &Seen| s.attribute("title").contains("Away");
    window.surface().wait_seen("the availability Away", &hook("me"), away).await?;
    Ok(())
}

async fn closing_keeps_it_in_the_tray(
    window: &Window,
    screen: &ScreenView,
    tray: &Tray,
) -> Result<()> {
    let listed = wait_window(screen, "the window", |_| true).await?;
    screen.close(listed.id)?;
    wait_for("the window to be hidden", async || {
        let windows = screen.windows(TITLE).map_err(|e| format!("{e:#}"))?;
        if windows.is_empty() { Ok(()) } else { Err(NotYet::seen(format!("{windows:?}"))) }
    })
    .await?;
    tray.click("Open").await?;
    wait_window(screen, "the window back", |w| !w.minimised).await?;
    // It was hidden, not loaded anew: the chat is where it was.
    window.wait_line("said", "Busan").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_013_notifications_switched_off_are_off_at_once_and_after_a_restart() -> Result<()> {
    let mut desk = Desk::new("settings").await?;
    let notifications = Notifications::start(desk.bus()).await?;
    let _tray = Tray::start(desk.bus()).await?;
    let (mut window, shop) = opened(&mut desk).await?;
    window.click("nav-settings").await?;
    window.click("setting-notify").await?;
    window.click("setting-sound").await?;
    wait_for("both switches to be off", async || {
        let on = window
            .surface()
            .evaluate(
                "return ['notify', 'sound'].filter((name) => {
                    const e = document.querySelector(`[data-test=setting-${name}]`);
                    return e.checked ?? e.getAttribute('aria-checked') === 'true';
                });",
            )
            .await
            .map_err(|e| format!("{e:#}"))?;
        if on == serde_json::json!([]) { Ok(()) } else { Err(NotYet::seen(on.to_string())) }
    })
    .await?;

    for (round, words) in ["Is it dishwasher safe?", "Is it microwave safe?"].iter().enumerate() {
        let mut jun = shop.visitor(&format!("jun{round}")).await?;
        jun.say(words).await?;
        // The request itself never depends on the settings.
        window.click("nav-home").await?;
        wait_requests(&window, round as u32 + 1).await?;
        stays("no notification", Duration::from_millis(1_500), async || {
            match &notifications.shown()[..] {
                [] => Ok(()),
                shown => Err(NotYet::seen(format!("{shown:?}"))),
            }
        })
        .await?;
        if round == 0 {
            window.quit().await;
            window = Window::open(&mut desk, &program()).await?;
            window.wait_connection("Online").await?;
            wait_requests(&window, 1).await?;
        }
    }
    assert!(window.surface().visible(&hook("notice")).await?.is_empty(), "a notice is shown");
    window.quit().await;
    desk.passed();
    Ok(())
}
