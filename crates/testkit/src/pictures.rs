//! One picture of a moment: what it is, the program's window, the visitor's page.
//!
//! Made with `ImageMagick`, which the tests need anyway. Only what the drivers photographed is in
//! it; the strip above says which step it is.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The strip's ink, its ground, and what shows between the two photographs.
const INK: &str = "#fdfaf5";
const GROUND: &str = "#26211b";
const BETWEEN: &str = "#cfc8bd";

/// Puts the photographs side by side below a strip with these lines, the first of them large.
pub fn compose(photographs: &[PathBuf], lines: &[String], to: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    let body = work.path().join("body.png");
    let height = photographs.first().map_or(Ok(0), |first| size_of(first).map(|s| s.1))?;
    let mut command = Command::new("convert");
    command.args(photographs).args([
        "-resize",
        &format!("x{height}"),
        "-background",
        BETWEEN,
        "-gravity",
        "North",
    ]);
    run(command.args(["+smush", "14"]).arg(&body))?;

    let width = size_of(&body)?.0.saturating_sub(2 * 28).max(200).to_string();
    let mut command = Command::new("convert");
    command.args(["-background", GROUND, "-fill", INK]);
    if let Some(font) = font() {
        command.arg("-font").arg(font);
    }
    for (at, line) in lines.iter().enumerate() {
        let size = if at == 0 { "28" } else { "20" };
        command.args(["-pointsize", size, "-size", &format!("{width}x")]);
        command.arg(format!("caption:{}", literal(line)));
    }
    command.args(["-append", "-bordercolor", GROUND, "-border", "28x18"]);
    run(command.arg(&body).args(["-background", GROUND, "-append"]).arg(to))
}

fn run(command: &mut Command) -> Result<()> {
    let done = command.output().context("ImageMagick's convert does not start")?;
    ensure!(done.status.success(), "convert: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// A caption in which nothing is a directive.
fn literal(line: &str) -> String {
    line.replace('\\', "\\\\").replace('%', "%%").trim_start_matches('@').to_owned()
}

/// The width and the height that a PNG file's header says.
fn size_of(png: &Path) -> Result<(u32, u32)> {
    let bytes = fs::read(png)?;
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_be_bytes).with_context(|| format!("{} is no PNG", png.display()))
    };
    Ok((number(16)?, number(20)?))
}

/// A font with Hangul, where fontconfig knows one.
fn font() -> Option<PathBuf> {
    let asked = Command::new("fc-match").args(["-f", "%{file}", "Noto Sans CJK KR:bold"]).output();
    let file = PathBuf::from(String::from_utf8(asked.ok()?.stdout).ok()?);
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_strip_and_both_photographs() {
        let dir = tempfile::tempdir().unwrap();
        let [left, right, to] = ["left.png", "right.png", "to.png"].map(|n| dir.path().join(n));
        for (file, size) in [(&left, "300x200"), (&right, "390x300")] {
            run(Command::new("convert").args(["-size", size, "xc:white"]).arg(file)).unwrap();
        }
        compose(&[left, right], &["03  100 % 알림".into(), "seen".into()], &to).unwrap();
        // The second is brought to the height of the first.
        assert_eq!(size_of(&to).unwrap().0, 300 + 14 + 260);
    }
}
