//! P6: from the arrival of a message at the program to the dashboard's model of the chat.
//!
//! Seen from inside the window: the dashboard marks its page with how many lines its model has, and
//! a script notes when that changes. The service is a [`Tape`], so that a message arrives when it
//! is given to the program's socket. The page's clock counts whole milliseconds; they are rounded
//! up.
//!
//! The floor is the same way with nothing done on it: a byte there and back on a loopback socket,
//! and a hop from the backend to the page and back in the empty Tauri program.

use crate::{
    peers::floor::Floor,
    report::{GateOn, Row, median, percentile},
    tape::{Burst, Tape, text},
};
use anyhow::{Context, Result, bail};
use bellhop_testkit::{desk::Desk, window::Window};
use serde::Deserialize;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

const WATCH: &str = r"
    window.benchSeen = [];
    const page = document.documentElement;
    const known = () => Number(page.dataset.lines);
    const before = known();
    new MutationObserver(() => window.benchSeen.push([known() - before, Date.now() + 1]))
        .observe(page, { attributes: true, attributeFilter: ['data-lines'] });";

/// A message's number and the moment the model had it, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Sighting(u32, f64);

/// Both rates, with the floor measured before them.
pub(crate) fn rows(runtime: &Handle, program: &Path, floor: &Floor) -> Result<Vec<Row>> {
    let echo = echo_ms(2_000)?;
    let hops = floor.hops(300)?.hops_ms;
    let base = percentile(&echo, 99.0) + percentile(&hops, 99.0);
    let base_p50 = median(&echo) + median(&hops);
    let tape = Tape::start(runtime)?;
    let (desk, window) = runtime.block_on(open(program, &tape))?;
    let mut rows = Vec::new();
    let mut first = 1;
    for (per_second, what) in [(100, "100 messages/s"), (1_000, "1,000 messages/s")] {
        let burst = Burst { count: per_second * 5, per_second, first };
        first += burst.count;
        let samples = play(runtime, &tape, &window, burst)
            .with_context(|| format!("{what} into the window"))?;
        let what = format!("arrival to the page's model, {what}, p99");
        let (p50, p99) = (median(&samples), percentile(&samples, 99.0));
        let floor = ("TCP echo + Tauri hop, p99", base);
        rows.push(
            Row::against("P6", &what, (p99, "ms"), floor, (GateOn::Ratio, 5.0))
                .with_number("p50", p50)
                .with_number("peer_p50", base_p50)
                .with("messages", samples.len()),
        );
    }
    runtime.block_on(window.quit());
    desk.passed();
    Ok(rows)
}

/// The program at the tape, its one chat shown, the script at work.
async fn open(program: &Path, tape: &Tape) -> Result<(Desk, Window)> {
    let mut desk = Desk::new("bench-p6").await?;
    desk.set_env("BELLHOP_SERVICE_URL", &*tape.url);
    desk.set_env("BELLHOP_TOKEN", "tape");
    // The renderer that users get where there is no graphics card. Under WebDriver the program
    // does not choose it itself, for pictures hang with it; none is taken here.
    desk.unset_env("WEBKIT_SKIA_ENABLE_CPU_RENDERING");
    desk.set_env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    let window = Window::open(&mut desk, program).await?;
    window.wait_connection("Online").await?;
    window.click("tab").await?;
    window.wait_line("said", "Hello").await?;
    window.surface().evaluate(WATCH).await?;
    Ok((desk, window))
}

fn play(runtime: &Handle, tape: &Tape, window: &Window, burst: Burst) -> Result<Vec<f64>> {
    let sent = tape.play(burst)?;
    let last = burst.first + burst.count - 1;
    let mark = text(last);
    runtime.block_on(window.wait_line("said", &mark))?;
    let seen = runtime.block_on(
        window
            .surface()
            .evaluate("const seen = window.benchSeen; window.benchSeen = []; return seen;"),
    )?;
    let seen: Vec<Sighting> = serde_json::from_value(seen)?;
    let samples = delays(burst.first, &sent, &seen);
    if samples.len() < sent.len() {
        bail!("of {} messages {} were seen", sent.len(), samples.len());
    }
    Ok(samples)
}

/// How long after it was sent each message was known. One that came together with others was known
/// when the last of them was.
fn delays(first: u32, sent: &[f64], seen: &[Sighting]) -> Vec<f64> {
    let mut known = vec![f64::INFINITY; sent.len()];
    for Sighting(number, at) in seen {
        if let Some(known) = number.checked_sub(first).and_then(|n| known.get_mut(n as usize)) {
            *known = known.min(*at);
        }
    }
    let mut earliest = f64::INFINITY;
    for known in known.iter_mut().rev() {
        earliest = earliest.min(*known);
        *known = earliest;
    }
    let delays = sent.iter().zip(known).map(|(sent, known)| (known - sent).max(0.0));
    delays.filter(|delay| delay.is_finite()).collect()
}

/// 256 bytes there and back on a loopback socket, in milliseconds.
fn echo_ms(count: usize) -> Result<Vec<f64>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let echo = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut bytes = [0_u8; 256];
        while stream.read_exact(&mut bytes).is_ok() {
            stream.write_all(&bytes)?;
        }
        Ok(())
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut bytes = [7_u8; 256];
    let mut samples = Vec::new();
    for _ in 0..count {
        let sent = Instant::now();
        stream.write_all(&bytes)?;
        stream.read_exact(&mut bytes)?;
        samples.push(sent.elapsed().as_secs_f64() * 1_000.0);
    }
    drop(stream);
    match echo.join() {
        Ok(result) => result?,
        Err(_) => bail!("the echo panicked"),
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_came_with_others_was_known_when_the_last_of_them_was() {
        let sent = [100.0, 110.0, 120.0];
        let seen = [Sighting(1, 103.0), Sighting(3, 128.0), Sighting(9, 200.0)];
        assert_eq!(delays(1, &sent, &seen), [3.0, 18.0, 8.0]);
    }

    #[test]
    fn a_message_that_was_never_known_is_no_sample() {
        assert_eq!(delays(1, &[100.0, 110.0], &[Sighting(1, 104.0)]), [4.0]);
    }

    #[test]
    fn an_echo_takes_some_time() {
        assert!(echo_ms(20).unwrap().iter().all(|ms| *ms > 0.0));
    }
}
