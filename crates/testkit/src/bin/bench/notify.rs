//! P8: from a visitor's request to the notification on the screen.
//!
//! The visitor's frame leaves, and dunst maps its window: the service, its journal, the program
//! and its cache lie in between. The peer is the last stretch alone: a call to dunst, and its
//! window.

use crate::{
    measure::{desk::Desk, pixels::Seen},
    product::{Product, Visitor},
    report::{GateOn, Row, median, percentile},
};
use anyhow::{Context, Result, bail};
use bellhop_testkit::wait::wait_for;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use zbus::{Connection, Variant};

use crate::peers::Contestant;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests that come faster than one in a second are told together (reliability.md S6); these
/// are not.
const APART: Duration = Duration::from_millis(1_100);

/// Bare calls and requests in turn, on one desk.
pub(crate) fn rows(product: &mut Product, samples: usize) -> Result<Vec<Row>> {
    let runtime = product.runtime().clone();
    let bus = runtime.block_on(dunst(product.desk()))?;
    let mut app = product.start()?;
    product.settle(&mut app)?;
    let mut bare = Vec::new();
    let mut requests = Vec::new();
    for round in 0..=samples {
        let until = Instant::now() + APART;
        while product.desk().screen.next(until)?.is_some() {}
        let alone = runtime.block_on(call(product.desk(), &bus)).context("calling dunst")?;
        let whole = request(product, round).context("a visitor's request")?;
        crate::say(format_args!("notification {round}: bare {alone:.1} ms, request {whole:.1} ms"));
        if round > 0 {
            bare.push(alone);
            requests.push(whole);
        }
        app.still_runs()?;
    }
    let row = |what: &str, value: f64, floor: f64| {
        let floor = ("D-Bus call to dunst", floor);
        Row::against("P8", what, (value, "ms"), floor, (GateOn::Ratio, 4.0))
            .with("samples", requests.len())
    };
    Ok(vec![
        row("request to notification on screen, p50", median(&requests), median(&bare)),
        row(
            "request to notification on screen, p99",
            percentile(&requests, 99.0),
            percentile(&bare, 99.0),
        ),
    ])
}

/// A line to the bus of the desk, once the notification daemon is there.
async fn dunst(desk: &Desk) -> Result<Connection> {
    let bus = zbus::connection::Builder::address(desk.bus()).build().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    wait_for("dunst on the session bus", async || {
        if names.name_has_owner(NAME.try_into()?).await? {
            return Ok(());
        }
        Err(bellhop_testkit::wait::NotYet::seen("nobody owns the name"))
    })
    .await?;
    Ok(bus)
}

async fn call(desk: &Desk, bus: &Connection) -> Result<f64> {
    desk.screen.forget()?;
    // The same notification as the program's, so that the daemon has the same to do.
    let actions: Vec<&str> = vec!["default", "Open", "serve", "Serve"];
    let entry = Variant::from("net.bellhop.desktop");
    let hints: HashMap<&str, Variant<'_>> = HashMap::from([("desktop-entry", entry)]);
    let (title, text) = ("Jun is waiting", "Is the blue one still there in size 38?");
    let body = ("Bellhop", 0_u32, "bellhop", title, text, actions, hints, 0);
    let called = Instant::now();
    let reply = bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &body).await?;
    let shown = mapped(desk, called)?;
    let id: u32 = reply.body().deserialize()?;
    bus.call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &id).await?;
    gone(desk)?;
    Ok(shown)
}

fn request(product: &mut Product, number: usize) -> Result<f64> {
    let mut visitor = Visitor::arrive(product, &format!("jun{number}"))?;
    product.desk().screen.forget()?;
    let sent = Instant::now();
    visitor.say("Is the blue one still there in size 38?")?;
    let shown = mapped(product.desk(), sent)?;
    // The request is over: the program takes its notification back.
    visitor.end()?;
    gone(product.desk()).context("the notification was not withdrawn")?;
    Ok(shown)
}

/// Milliseconds until dunst's window appeared.
fn mapped(desk: &Desk, since: Instant) -> Result<f64> {
    let until = Instant::now() + PATIENCE;
    let mut others = Vec::new();
    while let Some((at, seen)) = desk.screen.next(until)? {
        let Seen::Mapped { window, .. } = seen else { continue };
        let class = desk.screen.class(window)?;
        if class.eq_ignore_ascii_case("dunst") {
            return Ok(at.saturating_duration_since(since).as_secs_f64() * 1_000.0);
        }
        others.push(class);
    }
    bail!("no notification appeared within {} s; other windows: {others:?}", PATIENCE.as_secs())
}

fn gone(desk: &Desk) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while let Some((_, seen)) = desk.screen.next(until)? {
        if let Seen::Unmapped { window } = seen
            && desk.screen.class(window).is_ok_and(|class| class.eq_ignore_ascii_case("dunst"))
        {
            return Ok(());
        }
    }
    bail!("the notification did not go within {} s", PATIENCE.as_secs())
}
