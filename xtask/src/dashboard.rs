//! Builds the dashboard: ui/ compiled to WebAssembly, bound to JavaScript, into ui/dist.
//!
//! Invariant: ui/dist holds exactly what its sources make; a file that would not change is not
//! touched, so that the program, which embeds the folder, is not compiled again for nothing.
//! Left to others: which compiler (`setup/wasm.rs`), when it must be built (`stamp.rs`).

mod stamp;

use crate::{
    paths, process,
    setup::{self, For},
    step,
};
use anyhow::{Context, Result};
use stamp::Stamp;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const CRATE: &str = "bellhop_ui";
/// Folders of ui/ that the window loads from, beside the files at its top.
const SERVED_FOLDERS: &[&str] = &["styles", "assets"];
/// What is in ui/ for the build alone; every other file at its top is copied as it is.
const NOT_COPIED: &[&str] = &["Cargo.toml", "README.md"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As users have it: small and fast.
    Release,
    /// Quick to build.
    Dev,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "wasm-release",
            Self::Dev => "dev",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Release => "wasm-release",
            Self::Dev => "debug",
        }
    }
}

/// Files of ui/dist by name.
type Files = BTreeMap<String, Vec<u8>>;

/// The task `ui`: what it needs, then the build.
pub(crate) fn set_up_and_build(profile: Profile) -> Result<()> {
    setup::setup(For::Building)?;
    build(profile)
}

/// Builds ui/dist unless it is what its sources make already.
pub(crate) fn build(profile: Profile) -> Result<()> {
    let (ui, target) = (paths::root().join("ui"), paths::target()?.join("ui"));
    let dist = ui.join("dist");
    let stamp = Stamp::of_sources(profile.name())?;
    let stamp_file = target.join("dashboard.stamp");
    if stamp.is_current(&stamp_file, &dist) {
        step::note("the dashboard is up to date");
        return Ok(());
    }
    step::loud("compiling the dashboard to WebAssembly", || compile(profile, &target))?;
    step::quiet("binding the dashboard to JavaScript", || {
        let wasm = target.join(TARGET).join(profile.folder()).join(format!("{CRATE}.wasm"));
        let bound = target.join("bound");
        let mut files = bind(profile, &wasm, &bound)?;
        files.extend(copied(&ui)?);
        lay_out(&files, &dist)
    })?;
    stamp.write(&stamp_file, &dist)
}

/// A target folder of its own: two compilers in one would throw away each other's work.
fn compile(profile: Profile, target: &Path) -> Result<()> {
    let mut cargo = setup::wasm_toolchain()?.cargo();
    cargo.args(["build", "--package", "bellhop-ui", "--lib", "--target", TARGET]);
    cargo.args(["--profile", profile.name(), "--target-dir"]).arg(target);
    process::run(&mut cargo)
}

/// The module and its JavaScript, as the lock file's wasm-bindgen makes them.
fn bind(profile: Profile, wasm: &Path, into: &Path) -> Result<Files> {
    if into.exists() {
        fs::remove_dir_all(into).with_context(|| format!("cannot empty {}", into.display()))?;
    }
    let release = profile == Profile::Release;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .debug(!release)
        .keep_debug(!release)
        .remove_name_section(release)
        .remove_producers_section(release);
    bindgen.generate(into).context("wasm-bindgen cannot bind the dashboard")?;
    let mut files = Files::new();
    gather(into, "", &mut files)?;
    Ok(files)
}

/// index.html, boot.js and whatever else lies in ui/ for the window as it is.
fn copied(ui: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in entries(ui)? {
        let name = name_of(&path);
        if path.is_file() && !NOT_COPIED.contains(&name.as_str()) && !name.starts_with('.') {
            files.insert(name, read(&path)?);
        }
    }
    for name in SERVED_FOLDERS {
        let folder = ui.join(name);
        if folder.is_dir() {
            gather(&folder, &format!("{name}/"), &mut files)?;
        }
    }
    for wanted in
        loaded_by(&String::from_utf8_lossy(files.get("index.html").map_or(&[], Vec::as_slice)))
    {
        anyhow::ensure!(
            files.contains_key(wanted),
            "ui/index.html loads {wanted}, which is not there"
        );
    }
    join_styles(&mut files);
    Ok(files)
}

/// One style sheet instead of many, in the order in which the page names them: the program gives
/// its window each file on the thread that also opens it (P2).
fn join_styles(files: &mut Files) {
    const JOINED: &str = "styles.css";
    let page = String::from_utf8_lossy(files.get("index.html").map_or(&[], Vec::as_slice));
    let sheet_in = |line: &str| {
        let rest = line.trim().strip_prefix("<link rel=\"stylesheet\" href=\"./")?;
        rest.split('"').next().map(ToOwned::to_owned)
    };
    let sheets: Vec<String> = page.lines().filter_map(sheet_in).collect();
    if sheets.is_empty() {
        return;
    }
    let mut page = page.into_owned();
    for (at, sheet) in sheets.iter().enumerate() {
        let line = format!("    <link rel=\"stylesheet\" href=\"./{sheet}\" />\n");
        let instead = if at == 0 { line.replace(sheet, JOINED) } else { String::new() };
        page = page.replace(&line, &instead);
    }
    let joined = sheets.iter().filter_map(|sheet| files.remove(sheet)).flatten().collect();
    files.insert("index.html".to_owned(), page.into_bytes());
    files.insert(JOINED.to_owned(), joined);
}

/// The files that a page names in `href="./…"` and `src="./…"`: one that is missing would only
/// be seen as a window without its colours.
fn loaded_by(page: &str) -> impl Iterator<Item = &str> {
    page.split("=\"./").skip(1).filter_map(|rest| rest.split('"').next())
}

/// Makes `dist` hold these files and no others, touching only what differs.
fn lay_out(files: &Files, dist: &Path) -> Result<()> {
    fs::create_dir_all(dist).with_context(|| format!("cannot make {}", dist.display()))?;
    let mut there = Files::new();
    gather(dist, "", &mut there)?;
    for name in there.keys().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(dist.join(name))
            .with_context(|| format!("cannot remove ui/dist/{name}"))?;
    }
    for (name, content) in files.iter().filter(|(name, content)| there.get(*name) != Some(content))
    {
        let path = dist.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Every file below a folder, by its path from there with `prefix` before it.
fn gather(folder: &Path, prefix: &str, into: &mut Files) -> Result<()> {
    for path in entries(folder)? {
        let name = format!("{prefix}{}", name_of(&path));
        if path.is_dir() {
            gather(&path, &format!("{name}/"), into)?;
        } else {
            into.insert(name, read(&path)?);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()
    };
    let mut entries =
        read().with_context(|| format!("cannot read the folder {}", folder.display()))?;
    entries.sort();
    Ok(entries)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_one_style_sheet_made_of_all_in_their_order() {
        let link = |name: &str| format!("    <link rel=\"stylesheet\" href=\"./{name}\" />\n");
        let page = format!("<head>\n{}{}</head>\n", link("styles/b.css"), link("styles/a.css"));
        let mut files = Files::from([
            ("index.html".to_owned(), page.into_bytes()),
            ("styles/a.css".to_owned(), b"a{}\n".to_vec()),
            ("styles/b.css".to_owned(), b"b{}\n".to_vec()),
        ]);
        join_styles(&mut files);
        let page = format!("<head>\n{}</head>\n", link("styles.css"));
        let wanted = [
            ("index.html".to_owned(), page.into_bytes()),
            ("styles.css".to_owned(), b"b{}\na{}\n".to_vec()),
        ];
        assert_eq!(files, Files::from(wanted));
    }

    #[test]
    fn a_page_that_loads_what_is_not_there_is_refused() {
        let ui = tempfile::tempdir().unwrap();
        let page = r#"<link rel="stylesheet" href="./styles/a.css" /><script src="./boot.js">"#;
        assert_eq!(loaded_by(page).collect::<Vec<_>>(), ["styles/a.css", "boot.js"]);
        fs::create_dir(ui.path().join("styles")).unwrap();
        fs::write(ui.path().join("index.html"), page).unwrap();
        fs::write(ui.path().join("boot.js"), "").unwrap();
        let problem = copied(ui.path()).unwrap_err().to_string();
        assert_eq!(problem, "ui/index.html loads styles/a.css, which is not there");
        fs::write(ui.path().join("styles/a.css"), "").unwrap();
        fs::write(ui.path().join("Cargo.toml"), "").unwrap();
        let names: Vec<_> = copied(ui.path()).unwrap().into_keys().collect();
        assert_eq!(names, ["boot.js", "index.html", "styles.css"]);
    }

    #[test]
    fn laying_out_removes_leftovers_and_leaves_equal_files_alone() {
        let dist = tempfile::tempdir().unwrap();
        let path = |name: &str| dist.path().join(name);
        fs::write(path("old.js"), "old").unwrap();
        fs::write(path("same.js"), "same").unwrap();
        let before = fs::metadata(path("same.js")).unwrap().modified().unwrap();
        let files = Files::from([
            ("same.js".into(), b"same".to_vec()),
            ("snippets/a.js".into(), b"new".to_vec()),
        ]);
        lay_out(&files, dist.path()).unwrap();
        assert!(!path("old.js").exists());
        assert_eq!(fs::read(path("snippets/a.js")).unwrap(), b"new");
        assert_eq!(fs::metadata(path("same.js")).unwrap().modified().unwrap(), before);
    }
}
