//! The compiler for the dashboard: rustup's with the wasm target, or Debian's own instead.
//!
//! Invariant: rustup's is preferred. Debian's `rustc-web` has no ready-made standard library for
//! this target and builds it from `rust-web-src`, which takes some seconds more, once.

use super::debian;
use crate::{paths, process, step};
use anyhow::{Context, Result, bail};
use std::{env, path::Path, process::Command};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// Which compiler makes the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that also makes the program.
    Own,
    /// Debian's; `linker` is the `wasm-ld` of the LLVM it was built with.
    Debian { linker: String },
}

impl Toolchain {
    /// The one that is ready, or an error that says how to get one.
    pub(crate) fn find() -> Result<Self> {
        if own_has_target() {
            return Ok(Self::Own);
        }
        if let Some(llvm) = debian_llvm() {
            let linker = format!("wasm-ld-{llvm}");
            if process::is_installed(&linker) {
                return Ok(Self::Debian { linker });
            }
        }
        bail!("the compiler has no {TARGET}: run `cargo xtask setup`")
    }

    /// `cargo` with this toolchain, in the repository.
    pub(crate) fn cargo(&self) -> Command {
        match self {
            Self::Own => process::cargo(),
            Self::Debian { linker } => {
                let mut cargo = Command::new("/usr/bin/cargo");
                process::without_cargos_own(&mut cargo);
                let path = env::var("PATH").unwrap_or_default();
                cargo
                    .current_dir(paths::root())
                    .env("PATH", format!("/usr/bin:{path}"))
                    .env_remove("RUSTC")
                    .env_remove("RUSTDOC")
                    .env_remove("RUSTUP_TOOLCHAIN")
                    // The standard library is built along: a nightly feature, pinned by Debian.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                cargo
            }
        }
    }
}

/// Makes sure that one of the two is ready.
pub(crate) fn setup() -> Result<()> {
    if Toolchain::find().is_ok() {
        return Ok(());
    }
    if process::is_installed("rustup") {
        let added = step::quiet(&format!("adding {TARGET} to the compiler"), || {
            process::output(Command::new("rustup").args(["target", "add", TARGET]))
        });
        match added {
            Ok(_) if own_has_target() => return Ok(()),
            Ok(_) => {}
            Err(problem) => step::note(&format!("rustup could not: {}", error_line(&problem))),
        }
    }
    if !debian::is_here() {
        bail!("the compiler has no {TARGET}; get it with:\n  rustup target add {TARGET}");
    }
    substitute().with_context(|| {
        format!("neither rustup nor Debian gave a compiler for {TARGET}; `rustup target add {TARGET}` would do")
    })
}

/// Debian's compiler in its place.
fn substitute() -> Result<()> {
    if !debian::knows("rustc-web") {
        debian::update()?;
    }
    if !debian::knows("rustc-web") {
        bail!("this distribution has no package rustc-web");
    }
    step::note("using Debian's compiler for the dashboard instead");
    debian::install_packages(DEBIAN_PACKAGES)?;
    let llvm = debian_llvm().context("Debian's rustc does not name its LLVM")?;
    debian::install_packages(&[&format!("lld-{llvm}")])?;
    Toolchain::find().map(|_| ())
}

fn own_has_target() -> bool {
    process::output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// The major version of the LLVM in Debian's `rustc-web`, when that is installed whole.
fn debian_llvm() -> Option<String> {
    if !Path::new(DEBIAN_LIBRARY).exists() {
        return None;
    }
    let told =
        process::output(Command::new(DEBIAN_RUSTC).arg("-vV").env_remove("RUSTUP_TOOLCHAIN"));
    llvm_in(&told.ok()?)
}

fn llvm_in(told: &str) -> Option<String> {
    let version = told.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    Some(version.split('.').next()?.to_owned())
}

/// The line of a tool's words that names the error; the last one if none does.
fn error_line(problem: &anyhow::Error) -> String {
    let text = format!("{problem:#}");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let named = lines.clone().find_map(|line| line.strip_prefix("error: "));
    named.or_else(|| lines.next_back()).unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_follows_the_compilers_llvm() {
        let told = "rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.8\n";
        assert_eq!(llvm_in(told).unwrap(), "22");
        assert_eq!(llvm_in("rustc 1.96.0\n"), None);
    }

    #[test]
    fn the_error_is_found_among_a_tools_words() {
        let line = |text: &'static str| error_line(&anyhow::anyhow!(text));
        assert_eq!(line("rustup ended\ninfo: x\nerror: no network\n  15: <unknown>"), "no network");
        assert_eq!(line("one\n two \n"), "two");
    }
}
