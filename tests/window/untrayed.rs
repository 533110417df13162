//! A desktop with neither tray, notification daemon nor loudspeaker, and a program that is started twice.

use super::{opened, program, wait_requests};
use anyhow::{Context, Result};
use bellhop_testkit::{
    desk::Desk,
    screen::ScreenView,
    wait::{NotYet, wait_for},
    window::TITLE,
};

#[tokio::test(flavor = "multi_thread")]
async fn without_tray_and_daemon_it_says_so_and_a_second_start_raises_the_first() -> Result<()> {
    let mut desk = Desk::new("untrayed").await?;
    let screen = ScreenView::of(desk.display())?;
    // No loudspeaker either.
    std::fs::write(desk.dir().join("home/.asoundrc"), "pcm.!default { type hw card 99 }\n")?;
    let (window, shop) = opened(&mut desk).await?;

    // The request is in the window all the same; the absent daemon and bell are named once.
    let mut jun = shop.visitor("jun").await?;
    jun.say("Anybody there?").await?;
    wait_requests(&window, 1).await?;
    window.wait_text("notice", "otifications of the operating system").await?;
    window.wait_text("notice", "bell for new requests cannot be rung").await?;

    let first = screen.windows(TITLE)?.pop().context("the window")?;
    screen.minimise(first.id)?;
    let second = desk.command(program());
    let mut second = desk.start("second start", second, None)?;
    let status = wait_for("the second start to end", async || {
        second.ended().ok_or_else(|| NotYet::seen("it runs on"))
    })
    .await?;
    assert!(status.success(), "the second start ended with {status}");
    assert!(second.log().contains("already running"), "{}", second.log().text());
    wait_for("the first window, raised", async || {
        let windows = screen.windows(TITLE).map_err(|e| format!("{e:#}"))?;
        let raised = windows.len() == 1 && windows[0].id == first.id && !windows[0].minimised;
        if raised { Ok(()) } else { Err(NotYet::seen(format!("{windows:?}"))) }
    })
    .await?;
    window.wait_text("notice", "already running").await?;

    // With no tray to stay in, closing says so; closing again ends the program.
    screen.close(first.id)?;
    window.wait_text("notice", "closing the window ends Bellhop").await?;
    screen.close(first.id)?;
    window.wait_ended(&desk).await?;
    desk.passed();
    Ok(())
}
