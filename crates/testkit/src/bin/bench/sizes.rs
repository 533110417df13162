//! P18: what a user downloads and what stays on the disk.

use crate::{
    measure::machine,
    report::{GateOn, Row},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Tauri's own tool, as npm has it: built, and of the version that the program is built with.
const TOOL: &str = "@tauri-apps/cli@2.12.5";
/// A megabyte as files are sold: 1,000,000 bytes.
const MB: f64 = 1e6;

/// The program, its Debian package, the dashboard in it as it is and as it is compressed.
pub(crate) fn rows(program: &Path, root: &Path, work: &Path) -> Vec<Row> {
    let wasm = newest(&root.join("ui/dist"), "wasm");
    let chromium = chromium_mb();
    let rows = [
        (
            "the program",
            fs::metadata(program).map(|m| m.len() as f64 / MB).context("the program"),
            15.0,
        ),
        ("the Debian package", package(program, root, work).and_then(|file| size(&file)), 8.0),
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

/// Packs the program that is built already.
fn package(program: &Path, root: &Path, work: &Path) -> Result<PathBuf> {
    let folder = program.parent().context("the program lies in no folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("release") => None,
        Some("debug") => Some("--debug"),
        _ => bail!("only a program in cargo's target folder can be packed"),
    };
    let target = folder.parent().context("the program lies in no target folder")?;
    machine::need(&[("npm", "npm")])?;
    let tools = work.join("tauri-cli");
    let tool = tools.join("node_modules/.bin/tauri");
    if !tool.is_file() {
        crate::say(format_args!("installing {TOOL} (npm)"));
        fs::create_dir_all(&tools)?;
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&tools).arg(TOOL);
        machine::run(command).context("installing Tauri's tool")?;
    }
    let mut command = Command::new(tool);
    command.args(["bundle", "--bundles", "deb"]).args(profile).current_dir(root);
    command.env("CARGO_TARGET_DIR", target).env("CI", "true");
    machine::run(command).context("packing the program")?;
    newest(&folder.join("bundle/deb"), "deb")
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

/// The file with this extension that was written last in a folder.
fn newest(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let found = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .max_by_key(|path| fs::metadata(path).and_then(|m| m.modified()).ok());
    found.with_context(|| format!("{} has no .{extension} file", folder.display()))
}

/// What Debian says that the browser takes on the disk.
fn chromium_mb() -> Result<f64> {
    let mut command = Command::new("dpkg-query");
    command.args(["--show", "--showformat", "${Installed-Size}\\n", "chromium", "chromium-common"]);
    let text = machine::run(command)?;
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
        let rows = rows(&program, folder.path(), folder.path());
        let lines: Vec<String> = rows.iter().map(|row| row.line().unwrap()).collect();
        assert!(rows[0].holds && lines[0].contains("\"value\":2.0"), "{}", lines[0]);
        assert!(!rows[1].holds && lines[1].contains("target folder"), "{}", lines[1]);
        assert!(!rows[3].holds && lines[3].contains("ui/dist"), "{}", lines[3]);
    }
}
