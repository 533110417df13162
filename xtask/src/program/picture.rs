//! A picture of the virtual display, taken when it has come to rest.
//!
//! Invariant: two frames in a row are alike, or a second has passed (a caret may blink for ever).

use crate::process;
use anyhow::{Context, Result, ensure};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

const AT_MOST: Duration = Duration::from_secs(1);
/// Between two looks: longer than the dashboard's motions pause, shorter than one notices.
const BETWEEN: Duration = Duration::from_millis(150);

pub(crate) fn take(display: &str, file: &Path) -> Result<()> {
    let until = Instant::now() + AT_MOST;
    let mut last = frame(display)?;
    while Instant::now() < until {
        std::thread::sleep(BETWEEN);
        let now = frame(display)?;
        if now == last {
            break;
        }
        last = now;
    }
    // The black ground around the window is cut away.
    process::output(import(display).args(["-trim", "+repage"]).arg(file))?;
    let size = std::fs::metadata(file).map_or(0, |file| file.len());
    ensure!(size > 0, "{} is empty", file.display());
    Ok(())
}

/// The pixels of the whole display.
fn frame(display: &str) -> Result<Vec<u8>> {
    let output =
        import(display).args(["-depth", "8", "rgb:-"]).output().context("cannot start import")?;
    ensure!(
        output.status.success() && !output.stdout.is_empty(),
        "cannot look at the display: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

fn import(display: &str) -> Command {
    let mut import = Command::new("import");
    import.args(["-silent", "-window", "root"]).env("DISPLAY", display);
    import
}
