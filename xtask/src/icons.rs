//! `cargo xtask icons`: every picture file in icons/, drawn from the vector drawings there.
//!
//! Invariant: only the .svg files are made by hand; whatever else lies in icons/ comes from here.
//! Left to others: which icon is shown when (the shell).

mod container;

use crate::{paths, process, step};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The program's icon by file name and size in pixels.
const PROGRAM: &[(&str, u32)] =
    &[("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256), ("icon.png", 512)];
/// The states of the tray icon besides the numbered ones.
const TRAY: &[&str] = &["normal", "muted", "offline"];
/// The one size they come in: it is scaled to whatever the tray needs.
const TRAY_SIZE: u32 = 32;
/// Sizes inside the container for Windows.
const WINDOWS: &[u32] = &[16, 24, 32, 48, 64, 256];
/// Below this, the drawing made for small sizes is clearer than the program's icon.
const SMALL: u32 = 32;

/// Digits as strokes in a box two wide and four high, so that no font is needed.
const DIGITS: [&str; 9] = [
    "M.2.9 1.2 0V4",
    "M0 .8C.3-.3 2-.2 2 1 2 1.9 0 3.2 0 4H2",
    "M0 .3C1-.3 1.9.2 1.8 1 1.7 1.8 1 1.8.7 1.8 1.2 1.8 2 2 2 2.9 2 4 .8 4.3 0 3.6",
    "M1.5 4V0L0 2.8H2.1",
    "M1.9 0H.3L.1 1.8C1 1.2 2 1.7 2 2.8 2 4.1.7 4.3 0 3.6",
    "M1.7 0C.6.6 0 1.7 0 2.8A1 1.1 0 0 0 2 2.8C2 1.4.3 1.4 0 2.6",
    "M0 0H2L.7 4",
    "M1 1.8A.85.9 0 0 1 1 0 .85.9 0 0 1 1 1.8 1 1.1 0 0 1 1 4 1 1.1 0 0 1 1 1.8",
    "M.3 4C1.4 3.4 2 2.3 2 1.2A1 1.1 0 0 0 0 1.2C0 2.6 1.7 2.6 2 1.4",
];

pub(crate) fn draw() -> Result<()> {
    if !process::is_installed("rsvg-convert") {
        bail!(
            "drawing needs rsvg-convert (Debian: apt-get install librsvg2-bin; macOS: brew install librsvg)"
        );
    }
    let icons = paths::root().join("icons");
    step::quiet("drawing the program's icon", || program(&icons))?;
    step::quiet("drawing the tray's icons", || tray(&icons.join("tray")))
}

fn program(icons: &Path) -> Result<()> {
    for (name, size) in PROGRAM {
        write(&icons.join(name), &rendered(&icons.join("bellhop.svg"), *size)?)?;
    }
    let at = |size: u32| {
        let small = size < SMALL;
        rendered(&icons.join(if small { "tray/normal.svg" } else { "bellhop.svg" }), size)
    };
    let windows = WINDOWS.iter().map(|size| Ok((*size, at(*size)?))).collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.ico"), &container::ico(&windows))?;
    let apple = container::ICNS
        .iter()
        .map(|(kind, size)| Ok((*kind, at(*size)?)))
        .collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.icns"), &container::icns(&apple))
}

fn tray(folder: &Path) -> Result<()> {
    for state in TRAY {
        let picture = rendered(&folder.join(format!("{state}.svg")), TRAY_SIZE)?;
        write(&folder.join(format!("{state}-{TRAY_SIZE}.png")), &picture)?;
    }
    let drawing = folder.join("waiting.svg");
    let drawing = fs::read_to_string(&drawing)
        .with_context(|| format!("cannot read {}", drawing.display()))?;
    let sheet = paths::target()?.join("numbered.svg");
    for (number, strokes) in (1..).zip(DIGITS) {
        write(&sheet, numbered(&drawing, strokes, false)?.as_bytes())?;
        let picture = rendered(&sheet, TRAY_SIZE)?;
        write(&folder.join(format!("waiting-{number}-{TRAY_SIZE}.png")), &picture)?;
    }
    write(&sheet, numbered(&drawing, DIGITS[8], true)?.as_bytes())?;
    write(&folder.join(format!("waiting-many-{TRAY_SIZE}.png")), &rendered(&sheet, TRAY_SIZE)?)
}

/// The drawing for waiting with a larger field in place of its dot, and a number in it.
fn numbered(drawing: &str, strokes: &str, more: bool) -> Result<String> {
    let (bell, _) =
        drawing.split_once("<!-- dot -->").context("waiting.svg has no `<!-- dot -->`")?;
    let (field, at, plus) = if more {
        (
            r#"<rect x="4.5" y="6" width="11.5" height="10" rx="4""#,
            6.3,
            r#"<path d="M12.6 9.4v3.6M10.8 11.2h3.6" stroke-width="1.3"/>"#,
        )
    } else {
        (r#"<rect x="7" y="6" width="9" height="10" rx="4""#, 10.1, "")
    };
    Ok(format!(
        r##"{bell}{field} fill="#ffb224" stroke="#0d6f69" stroke-width="1"/>
  <g fill="none" stroke="#241700" stroke-linecap="round" stroke-linejoin="round">
    <path transform="translate({at} 8.2) scale(1.4)" d="{strokes}" stroke-width="1.05"/>{plus}
  </g>
</svg>
"##
    ))
}

fn rendered(drawing: &Path, size: u32) -> Result<Vec<u8>> {
    let size = size.to_string();
    let mut convert = Command::new("rsvg-convert");
    convert.args(["--width", &size, "--height", &size]).arg(drawing);
    let output = convert.output().context("cannot start rsvg-convert")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}", process::shown(&convert), said.trim());
    }
    Ok(output.stdout)
}

fn write(path: &PathBuf, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
