//! The machine below: it sleeps, wakes, and changes its network.

use super::program;
use anyhow::Result;
use bellhop_testkit::{
    desk::Desk,
    machine::Machine,
    proxy::{Proxy, Weather},
    service::ServiceHost,
    surface::hook,
    tray::Tray,
    wait::{NotYet, wait_within},
    window::Window,
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn i3_a_machine_that_sleeps_and_one_that_changes_its_network_are_told_by_the_system()
-> Result<()> {
    let mut desk = Desk::new("machine").await?;
    let _tray = Tray::start(desk.bus()).await?;
    let machine = Machine::start(desk.bus()).await?;
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let (_, token) = service.agent("Mina").await?;
    let proxy = Proxy::start(service.address(), 7).await?;
    desk.set_env("BELLHOP_SERVICE_URL", format!("ws://{}/agent", proxy.address()));
    desk.set_env("BELLHOP_TOKEN", token);
    let window = Window::open(&mut desk, &program()).await?;
    window.wait_connection("Online").await?;

    machine.sleeps(true).await?;
    window.wait_connection("Offline").await?;
    machine.sleeps(false).await?;
    window.wait_connection("Online").await?;

    // The line stands and nothing passes. By its silence alone that is noticed after 35 s.
    proxy.weather(Weather::Stalled);
    machine.network_changes().await?;
    wait_within("another line", Duration::from_secs(20), async || {
        let word = window.surface().read(&hook("connection")).await?;
        let text = word.into_iter().map(|seen| seen.text).collect::<String>();
        if text.contains("Connecting") { Ok(()) } else { Err(NotYet::seen(text)) }
    })
    .await?;
    proxy.weather(Weather::Clear);
    window.wait_connection("Online").await?;
    window.quit().await;
    desk.passed();
    service.stop().await
}
