//! Where things are.
//!
//! Invariant: nothing here depends on the folder from which `cargo xtask` was called.

use crate::process;
use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The repository.
pub(crate) fn root() -> PathBuf {
    // Cargo tells it anew at each run: a repository that was moved after building is found, too.
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// Cargo's target folder, wherever the environment or the configuration puts it.
pub(crate) fn target() -> Result<PathBuf> {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    if let Some(known) = TARGET.get() {
        return Ok(known.clone());
    }
    let told = process::output(process::cargo().args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]))?;
    let told: serde_json::Value = serde_json::from_str(&told)?;
    let target = told["target_directory"].as_str().context("cargo names no target folder")?;
    Ok(TARGET.get_or_init(|| PathBuf::from(target)).clone())
}

/// A program that cargo has built.
pub(crate) fn built(program: &str, release: bool) -> Result<PathBuf> {
    let profile = if release { "release" } else { "debug" };
    Ok(target()?.join(profile).join(format!("{program}{}", env::consts::EXE_SUFFIX)))
}
