//! P18: what a user downloads and what stays on the disk.

use crate::report::{GateOn, Row};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A megabyte as files are sold: 1,000,000 bytes.
const MB: f64 = 1e6;

/// The program, its Debian package, the dashboard in it as it is and as it is compressed.
pub(crate) fn rows(program: &Path, root: &Path) -> Vec<Row> {
    let wasm = largest(&root.join("ui/dist"), "wasm");
    let deb = largest(&program.with_file_name("bundle/deb"), "deb");
    let chromium = chromium_mb();
    let rows = [
        (
            "the program",
            fs::metadata(program).map(|m| m.len() as f64 / MB).context("the program"),
            15.0,
        ),
        (
            "the Debian package",
            deb.and_then(|file| size(&file)).context("`cargo tauri build` makes the package"),
            8.0,
        ),
        ("the dashboard (wasm)", wasm.as_ref().map_err(own).and_then(|file| size(file)), 1.5),
        (
            "the dashboard (wasm), brotli",
            wasm.as_ref().map_err(own).and_then(|file| compressed(file)),
            0.45,
        ),
    ];
    rows.into_iter()
        .map(|(what, measured, gate)| row(what, measured, gate, chromium.as_ref().ok().copied()))
        .collect()
}

fn row(what: &str, measured: Result<f64>, gate: f64, chromium: Option<f64>) -> Row {
    let what = format!("size: {what}");
    match (measured, chromium) {
        (Ok(value), Some(peer)) => {
            let peer = ("chromium, installed", peer);
            Row::against("P18", &what, (value, "MB"), peer, (GateOn::Value, gate))
        }
        (Ok(value), None) => Row::limit("P18", &what, (value, "MB"), gate),
        (Err(why), _) => Row::unmeasured("P18", &what, format!("{why:#}")),
    }
}

fn own(error: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

fn size(file: &Path) -> Result<f64> {
    let length = fs::metadata(file).with_context(|| file.display().to_string())?.len();
    Ok(length as f64 / MB)
}

fn compressed(file: &Path) -> Result<f64> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut small, &parameters)?;
    Ok(small.len() as f64 / MB)
}

/// The largest file with this extension in a folder: that of the last build has no other mark.
fn largest(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let found = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .max_by_key(|path| fs::metadata(path).map(|m| m.len()).unwrap_or_default());
    found.with_context(|| format!("{} has no .{extension} file", folder.display()))
}

/// What Debian says that the browser takes on the disk.
fn chromium_mb() -> Result<f64> {
    let mut command = Command::new("dpkg-query");
    command.args(["--show", "--showformat", "${Installed-Size}\\n", "chromium", "chromium-common"]);
    let text = crate::measure::machine::run(command)?;
    let kib: f64 = text.lines().filter_map(|line| line.parse::<f64>().ok()).sum();
    if kib < 1.0 {
        bail!("chromium is not installed");
    }
    Ok(kib * 1024.0 / MB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_is_not_measured_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bellhop");
        fs::write(&program, vec![0_u8; 2_000_000]).unwrap();
        let rows = rows(&program, folder.path());
        let lines: Vec<String> = rows.iter().map(|row| row.line().unwrap()).collect();
        assert!(rows[0].holds && lines[0].contains("\"value\":2.0"), "{}", lines[0]);
        assert!(!rows[1].holds && lines[1].contains("bundle/deb"), "{}", lines[1]);
        assert!(!rows[3].holds && lines[3].contains("ui/dist"), "{}", lines[3]);
    }
}
