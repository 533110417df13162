//! A fresh machine, and the first day on it.

use super::{Shop, opened, program, wait_requests};
use anyhow::Result;
use bellhop_testkit::{
    desk::Desk,
    notifications::Notifications,
    screen::{ListedWindow, ScreenView},
    surface::{Key, Seen, hook},
    tray::Tray,
    wait::{NotYet, stays, wait_for},
    window::{TITLE, Window},
};
use std::{fs, path::PathBuf, time::Duration};

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

    let of_busan =
        notification_opens_exactly_its_chat(&window, &shop, &screen, &notifications).await?;
    tray_counts_and_serves_the_next(&window, &tray).await?;
    // Somebody has served it: there is nothing to call for any more.
    notifications.wait_withdrawn(of_busan).await?;
    everything_has_its_place(&window).await?;
    closing_keeps_it_in_the_tray(&window, &shop, &screen, (&notifications, &tray)).await?;

    tray.click("Quit").await?;
    window.wait_ended(&desk).await?;
    desk.passed();
    Ok(())
}

/// Two wait; the window is minimised; a click on the second one's notification. Returns the first
/// one's, which is still shown.
async fn notification_opens_exactly_its_chat(
    window: &Window,
    shop: &Shop,
    screen: &ScreenView,
    notifications: &Notifications,
) -> Result<u32> {
    let mut first = shop.visitor("jun").await?;
    first.say("Do you ship to Busan?").await?;
    let of_first = notifications.wait_shown("Busan").await?;
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
    assert!(!notifications.withdrawn().contains(&of_first.id), "it still waits");
    Ok(of_first.id)
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

/// the button is at the bottom left; R-071: the tab is at the bottom right, and its X in
/// its corner.
async fn everything_has_its_place(window: &Window) -> Result<()> {
    let places = "
        const one = (name) => document.querySelector(`[data-test=${name}]`);
        const [serve, tab, close] = [one('serve'), one('tab').parentElement, one('tab-close')]
            .map((element) => element.getBoundingClientRect());
        const low = (one) => one.top > innerHeight * 0.85 && one.bottom <= innerHeight;
        return {
            serve: low(serve) && serve.left >= 0 && serve.right < innerWidth / 2,
            tab: low(tab) && tab.left > innerWidth / 2 && tab.right <= innerWidth,
            close: close.width > 0 && close.left > (tab.left + tab.right) / 2
                && close.right <= tab.right && close.top >= tab.top && close.bottom <= tab.bottom,
        };";
    let seen = window.surface().evaluate(places).await?;
    assert_eq!(seen, serde_json::json!({ "serve": true, "tab": true, "close": true }));
    Ok(())
}

async fn close_into_the_tray(screen: &ScreenView) -> Result<()> {
    let listed = wait_window(screen, "the window", |_| true).await?;
    screen.close(listed.id)?;
    wait_for("the window to be hidden", async || {
        let windows = screen.windows(TITLE).map_err(|e| format!("{e:#}"))?;
        if windows.is_empty() { Ok(()) } else { Err(NotYet::seen(format!("{windows:?}"))) }
    })
    .await
}

/// Waits until the first age in the window is another than `before`.
async fn wait_other_age(window: &Window, before: &str) -> Result<String> {
    let mut seen = String::new();
    wait_for("another age", async || {
        let script = "return document.querySelector('.age').textContent;";
        let shown = window.surface().evaluate(script).await.map_err(|e| format!("{e:#}"))?;
        shown.as_str().unwrap_or_default().clone_into(&mut seen);
        if seen == before { Err(NotYet::seen(seen.clone())) } else { Ok(()) }
    })
    .await?;
    Ok(seen)
}

async fn closing_keeps_it_in_the_tray(
    window: &Window,
    shop: &Shop,
    screen: &ScreenView,
    (notifications, tray): (&Notifications, &Tray),
) -> Result<()> {
    let age = wait_other_age(window, "").await?;
    close_into_the_tray(screen).await?;
    tray.click("Open").await?;
    wait_window(screen, "the window back", |w| !w.minimised).await?;
    // It was hidden, not loaded anew: the chat is where it was.
    window.wait_line("said", "Busan").await?;
    // Nothing ages in a window that is not seen; now everything does again.
    let age = wait_other_age(window, &age).await?;
    wait_other_age(window, &age).await?;

    close_into_the_tray(screen).await?;
    let mut third = shop.visitor("mina").await?;
    third.say("Is the moon jar back?").await?;
    let shown = notifications.wait_shown("moon jar").await?;
    notifications.invoke(shown.id, "default").await?;
    wait_window(screen, "the window back", |w| !w.minimised).await?;
    window.wait_line("said", "moon jar").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_029_r_030_enter_that_ends_a_syllable_sends_nothing_and_the_next_one_sends() -> Result<()>
{
    let mut desk = Desk::new("composing").await?;
    let (window, shop) = opened(&mut desk).await?;
    let mut jun = shop.visitor("jun").await?;
    jun.say("안녕하세요").await?;
    wait_requests(&window, 1).await?;
    window.click("serve").await?;
    window.wait_line("said", "안녕하세요").await?;
    let surface = window.surface();
    surface.type_text(&hook("composer"), "네, 반갑습니다").await?;
    // What a browser tells of the Enter that an input method keeps for itself: the first way is the
    // standard's, the second WebKit's, which says so only after the syllable is done.
    let enters = "
        const box = document.querySelector('[data-test=composer]');
        const enter = (how) => box.dispatchEvent(new KeyboardEvent('keydown',
            { key: 'Enter', bubbles: true, cancelable: true, ...how }));
        const mine = [{ isComposing: true }, { keyCode: 229 }].map(enter);
        return [mine, box.value];";
    let left = surface.evaluate(enters).await?;
    assert_eq!(
        left,
        serde_json::json!([[true, true], "네, 반갑습니다"]),
        "left to the input method"
    );
    surface.press(&hook("composer"), Key::Enter).await?;
    jun.wait_answer("네, 반갑습니다").await?;
    window.wait_line("said", "반갑습니다").await?;
    let said = window.lines().await?;
    assert_eq!(said.iter().filter(|line| line.text.contains("반갑습니다")).count(), 1, "{said:?}");
    window.quit().await;
    desk.passed();
    Ok(())
}

/// Waits until these switches of the settings are on, and no others.
async fn wait_switches(window: &Window, wanted: &[&str]) -> Result<()> {
    wait_for(&format!("the switches {wanted:?} to be on"), async || {
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
        if on == serde_json::json!(wanted) { Ok(()) } else { Err(NotYet::seen(on.to_string())) }
    })
    .await
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
    wait_switches(&window, &[]).await?;

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

/// What a sound card would play, written to a file by ALSA itself.
struct Ear(PathBuf);

impl Ear {
    fn hears_something(&self) -> bool {
        fs::metadata(&self.0).is_ok_and(|played| played.len() > 0)
    }

    /// Waits for the bell, and forgets it.
    async fn wait(&self) -> Result<()> {
        wait_for("the bell", async || {
            if self.hears_something() { Ok(()) } else { Err(NotYet::seen("nothing was played")) }
        })
        .await?;
        // It rings on for some time.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(fs::remove_file(&self.0)?)
    }

    async fn stays_silent(&self) -> Result<()> {
        stays("no bell", Duration::from_secs(2), async || {
            if self.hears_something() { Err(NotYet::seen("the bell rang")) } else { Ok(()) }
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_013_the_bell_rings_where_the_sound_is_on_and_only_there() -> Result<()> {
    let mut desk = Desk::new("bell").await?;
    let ear = Ear(desk.record_sound()?);
    let notifications = Notifications::start(desk.bus()).await?;
    let (mut window, shop) = opened(&mut desk).await?;
    window.click("nav-settings").await?;
    wait_switches(&window, &["notify", "sound"]).await?;
    let mut jun = shop.visitor("jun").await?;
    jun.say("Is it dishwasher safe?").await?;
    ear.wait().await?;

    window.click("setting-sound").await?;
    wait_switches(&window, &["notify"]).await?;
    for (name, words) in [("sora", "Is it microwave safe?"), ("hana", "Is it oven safe?")] {
        let mut visitor = shop.visitor(name).await?;
        visitor.say(words).await?;
        notifications.wait_shown(words).await?;
        ear.stays_silent().await?;
        if name == "sora" {
            window.quit().await;
            window = Window::open(&mut desk, &program()).await?;
            window.wait_connection("Online").await?;
        }
    }
    // The sound alone.
    window.click("nav-settings").await?;
    window.click("setting-sound").await?;
    window.click("setting-notify").await?;
    wait_switches(&window, &["sound"]).await?;
    let shown = notifications.shown().len();
    let mut ara = shop.visitor("ara").await?;
    ara.say("Is it left-handed?").await?;
    ear.wait().await?;
    assert_eq!(notifications.shown().len(), shown, "there is a notification");
    window.quit().await;
    desk.passed();
    Ok(())
}
