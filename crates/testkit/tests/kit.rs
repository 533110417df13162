//! The kit itself, before anything is tested with it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use anyhow::Result;
use bellhop_testkit::{
    desk::{Desk, Furniture, Screen},
    notifications::Notifications,
    screen::ScreenView,
    surface::hook,
    visitor::{Shown, Visitor},
    wait::{NotYet, wait_for},
};
use std::{collections::HashMap, path::Path};

const BARE: Furniture = Furniture { screen: Screen::None, key_store: false };

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Caller {
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        app: &str,
        replaces: u32,
        icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<&str>,
        hints: HashMap<&str, zbus::Variant<'_>>,
        timeout: i32,
    ) -> zbus::Result<u32>;
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
}

#[tokio::test]
async fn what_is_dropped_has_let_go_with_all_its_children() -> Result<()> {
    let mut desk = Desk::furnished("kit-process", &BARE).await?;
    let file = desk.dir().join("held");
    let mut command = desk.command("sh");
    // The shell ends at once when told; its child does not.
    command.args(["-c", "(trap '' TERM; exec 9>\"$1\"; echo held; while :; do :; done) & wait"]);
    command.arg("sh").arg(&file);
    let process = desk.start("holder", command, None)?;
    let log = process.log().clone();
    wait_for("the child", async || {
        if log.contains("held") { Ok(()) } else { Err(NotYet::seen(log.text())) }
    })
    .await?;
    assert!(holders(&file) > 0);
    drop(process);
    assert_eq!(holders(&file), 0);
    desk.passed();
    Ok(())
}

/// Processes that have this file open.
fn holders(file: &Path) -> usize {
    let open = |process: &Path| -> bool {
        let Ok(files) = std::fs::read_dir(process.join("fd")) else { return false };
        files.flatten().any(|f| std::fs::read_link(f.path()).is_ok_and(|to| to == file))
    };
    let processes = std::fs::read_dir("/proc").unwrap();
    processes.flatten().filter(|process| open(&process.path())).count()
}

#[tokio::test]
async fn a_desk_has_a_bus_a_screen_and_a_key_store_of_its_own() -> Result<()> {
    let desk = Desk::new("kit-desk").await?;
    desk.wait_for_owner("org.freedesktop.secrets").await?;
    assert_eq!(ScreenView::of(desk.display())?.windows("")?, []);
    let shot = desk.dir().join("screen.png");
    desk.screenshot(&shot)?;
    assert!(std::fs::metadata(&shot)?.len() > 100);
    desk.passed();
    Ok(())
}

#[tokio::test]
async fn the_daemon_keeps_what_it_was_told_and_what_was_taken_back() -> Result<()> {
    let desk = Desk::furnished("kit-notifications", &BARE).await?;
    let daemon = Notifications::start(desk.bus()).await?;
    let bus = zbus::connection::Builder::address(desk.bus()).build().await?;
    let caller = CallerProxy::new(&bus).await?;
    let actions = vec!["default", "Open", "serve", "Serve"];
    let id = caller.notify("bellhop", 0, "", "준", "파란 컵", actions, HashMap::new(), -1).await?;
    let shown = daemon.wait_shown("파란").await?;
    assert_eq!(
        (shown.id, shown.summary.as_str(), shown.action("SERVE")),
        (id, "준", Some("serve"))
    );
    caller.close_notification(id).await?;
    daemon.wait_withdrawn(id).await?;
    desk.passed();
    Ok(())
}

#[tokio::test]
async fn a_visitor_sees_into_the_widgets_shadow_root() -> Result<()> {
    let mut desk = Desk::furnished("kit-visitor", &BARE).await?;
    let page = desk.dir().join("page.html");
    std::fs::write(
        &page,
        "<meta charset=utf-8><bellhop-widget></bellhop-widget><script>
        const root = document.querySelector('bellhop-widget').attachShadow({ mode: 'open' });
        root.innerHTML = '<input data-test=input><p data-line=mine></p>';
        root.querySelector('input').onkeydown = (e) => {
            if (e.key === 'Enter') root.querySelector('p').textContent = e.target.value;
        };</script>",
    )?;
    let url = format!("file://{}", page.display());
    let jun = Visitor::open(&mut desk, "jun", &url, Shown::Headless).await?;
    jun.open_widget().await?;
    jun.say("안녕하세요, the blue one?").await?;
    jun.wait_line("mine", "안녕하세요, the blue one?").await?;
    assert!(jun.widget().read(&hook("send")).await?.is_empty());
    jun.close().await;
    desk.passed();
    Ok(())
}
