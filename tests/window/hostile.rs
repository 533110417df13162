//! Markup and script in every text that a visitor can set.

use super::opened;
use anyhow::Result;
use bellhop_model::visitor_frame::VisitorClientFrame;
use bellhop_testkit::{
    desk::Desk,
    notifications::Notifications,
    surface::hook,
    tray::Tray,
    wait::{NotYet, wait_for},
};
use serde_json::json;

const NAME: &str = "<img src=x onerror=window.pwned=1>";
const MESSAGE: &str = "<script>window.pwned=1</script><b>bold</b> [[javascript:window.pwned=1]]";
const TITLE: &str = "</title><svg onload=window.pwned=1>";
const ADDRESS: &str = "javascript:window.pwned=1";

#[tokio::test(flavor = "multi_thread")]
async fn s6_markup_and_script_of_a_visitor_are_shown_as_text_and_do_nothing() -> Result<()> {
    let mut desk = Desk::new("hostile").await?;
    let notifications = Notifications::start(desk.bus()).await?;
    let _tray = Tray::start(desk.bus()).await?;
    let (window, shop) = opened(&mut desk).await?;
    let mut mallory = shop.visitor("mallory").await?;
    mallory.line().send(&VisitorClientFrame::Name { name: NAME.into() }).await?;
    mallory.go(ADDRESS, TITLE).await?;
    mallory.say(MESSAGE).await?;

    // A daemon that reads markup is given none.
    let shown = notifications.wait_shown("bold").await?;
    assert!(!format!("{}{}", shown.summary, shown.body).contains('<'), "{shown:?}");

    window.click("serve").await?;
    window.wait_line("joined", "").await?;
    let line = window.wait_line("said", "bold").await?;
    assert!(line.text.contains(MESSAGE), "{line:?}");
    window.wait_text("tab", "<img src=x").await?;
    wait_for("the page's title as text", async || {
        let body = window.surface().visible("body").await.map_err(|e| format!("{e:#}"))?;
        let shown = body.iter().any(|b| b.text.contains(TITLE));
        if shown { Ok(()) } else { Err(NotYet::seen(format!("{body:?}"))) }
    })
    .await?;
    for page in ["nav-visitors", "nav-history", "nav-home"] {
        window.click(page).await?;
        window.wait(page).await?;
        let found = window
            .surface()
            .evaluate(
                "return [typeof window.pwned,
                    document.querySelectorAll('[onerror], [onload], script:not([src])').length,
                    document.querySelectorAll('img[src=x], a[href^=\"javascript\" i]').length,
                    document.querySelectorAll('[data-line] b').length];",
            )
            .await?;
        assert_eq!(found, json!(["undefined", 0, 0, 0]), "on {page}");
    }
    assert!(window.surface().visible(&hook("notice")).await?.is_empty());
    window.quit().await;
    desk.passed();
    Ok(())
}
