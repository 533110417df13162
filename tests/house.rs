//! The house keeps its own rules: who may depend on whom, what stays pure, how long a file may
//! grow, and that the papers and CI say the commands that exist.
//!
//! Invariant: each rule is read from the sources, so that one that is broken is named with the
//! place where it is. Left to others: everything about behaviour.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Who may depend on whom, as drawn in ARCHITECTURE.md. The shell has the service as well: it
/// runs the embedded workspace.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("bellhop-model", &[]),
    ("bellhop-engine", &["bellhop-model"]),
    ("bellhop-link", &["bellhop-model"]),
    ("bellhop-sealed", &[]),
    ("bellhop-store", &["bellhop-model", "bellhop-sealed"]),
    ("bellhop-client", &["bellhop-model", "bellhop-engine", "bellhop-link", "bellhop-store"]),
    ("bellhop", &["bellhop-model", "bellhop-client", "bellhop-service"]),
    ("bellhop-ui", &["bellhop-model"]),
    ("bellhop-service", &["bellhop-model", "bellhop-sealed", "bellhop-simulator"]),
    ("bellhop-simulator", &["bellhop-model"]),
    ("xtask", &[]),
];
/// May depend on anything, and be depended on by tests alone.
const TESTKIT: &str = "bellhop-testkit";
/// A decision takes an input and the time: what would let it read a clock, a socket, a file or a
/// random number is not there to be used.
const IMPURE: &[&str] =
    &["tokio", "sqlx", "axum", "reqwest", "tokio-tungstenite", "getrandom", "rand", "tauri"];
const PURE: &[&str] = &["bellhop-model", "bellhop-engine"];
/// Pure code inside a crate that also has sockets and files.
const PURE_FOLDERS: &[&str] = &[
    "crates/engine/src",
    "crates/model/src",
    "crates/service/src/account",
    "crates/simulator/src/script",
    "crates/simulator/src/watch",
];
const REACHES: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "tokio::",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "getrandom",
    "rand::",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "sqlx::",
    "reqwest",
];
const LONGEST_FILE: usize = 600;
const SOURCES: &[&str] = &["rs", "js", "css", "html", "ftl", "sql"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The workspace's packages by name.
fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = told["packages"].as_array().expect("there are packages");
    packages.iter().map(|package| (text(&package["name"]), package.clone())).collect()
}

/// A package's dependencies of a kind (`None` is the normal one), on every platform.
fn dependencies(package: &Value, kind: Option<&str>) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a package lists its dependencies");
    all.iter().filter(|one| one["kind"].as_str() == kind).map(|one| text(&one["name"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// Every file of the repository below a folder, without what was built and what git hides.
fn files(folder: &Path) -> Vec<PathBuf> {
    let left_out = ["target", "dist", "node_modules", "gen"];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !left_out.contains(&name.as_str()) && !name.starts_with('.') {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn no_crate_depends_on_one_that_it_may_not() {
    let packages = packages();
    let rules: BTreeMap<_, _> = MAY_DEPEND_ON.iter().copied().collect();
    let mut broken = Vec::new();
    for (name, package) in &packages {
        if name == TESTKIT {
            continue;
        }
        let Some(allowed) = rules.get(name.as_str()) else {
            broken.push(format!("{name} has no rule: add it here and to ARCHITECTURE.md"));
            continue;
        };
        for kind in [None, Some("build")] {
            for dependency in dependencies(package, kind) {
                if packages.contains_key(&dependency) && !allowed.contains(&dependency.as_str()) {
                    broken.push(format!("{name} may not depend on {dependency}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let gone: Vec<_> = rules.keys().filter(|name| !packages.contains_key(**name)).collect();
    assert!(gone.is_empty(), "rules for crates that do not exist: {gone:?}");
}

#[test]
fn what_decides_cannot_reach_a_clock_a_socket_or_a_file() {
    let packages = packages();
    let mut broken = Vec::new();
    for name in PURE {
        for dependency in dependencies(&packages[*name], None) {
            if IMPURE.contains(&dependency.as_str()) {
                broken.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    for folder in PURE_FOLDERS {
        for path in files(&root().join(folder)) {
            let source = fs::read_to_string(&path).expect("sources are UTF-8");
            // Tests may drive a decision from wherever they like.
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in (1..).zip(code.lines()) {
                let comment = line.trim_start().starts_with("//");
                for reach in REACHES.iter().filter(|reach| !comment && line.contains(**reach)) {
                    broken.push(format!("{}:{number} uses {reach}", shown(&path)));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_bridge_touches_tauri_in_the_dashboard() {
    let bridge = root().join("ui/src/bridge");
    let trespassers: Vec<_> = files(&root().join("ui/src"))
        .into_iter()
        .filter(|path| !path.starts_with(&bridge) && *path != bridge.with_extension("rs"))
        .filter(|path| fs::read_to_string(path).expect("UTF-8").contains("__TAURI__"))
        .map(|path| shown(&path))
        .collect();
    assert!(trespassers.is_empty(), "{trespassers:?}");
}

#[test]
fn no_source_file_is_longer_than_six_hundred_lines() {
    let long: Vec<_> = files(&root())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| SOURCES.iter().any(|known| e == *known)))
        .map(|path| (fs::read_to_string(&path).expect("sources are UTF-8").lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, path)| format!("{} has {lines} lines", shown(&path)))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_readme_names_both_commands_and_ci_calls_the_second() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("the file is there");
    let readme = read("README.md");
    for command in ["cargo xtask run", "cargo xtask test"] {
        assert!(readme.lines().any(|line| line.trim() == command), "README has no `{command}`");
    }
    let ci = read(".ci/run");
    let commands: Vec<_> = ci.lines().filter(|line| line.contains("cargo")).collect();
    assert_eq!(commands, ["exec cargo xtask test"]);
}

#[cfg(unix)]
#[test]
fn the_linker_for_bare_machines_can_be_executed() {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(root().join("xtask/cc")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "xtask/cc must be executable");
}
