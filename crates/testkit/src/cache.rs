//! The program's encrypted files, for what must be in them before the program looks.

use anyhow::{Context, Result, bail};
use bellhop_sealed::SealKey;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::{path::Path, process::Command};

/// The cache's key, out of the key store: the program derives it from the one that it keeps under
/// its data directory's name. `secret_tool` is that program, dressed for the desk.
pub fn key(mut secret_tool: Command, data_dir: &Path) -> Result<SealKey> {
    let path = data_dir.canonicalize()?;
    let install = hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8]);
    secret_tool.args(["lookup", "service", "net.bellhop.desktop", "username"]);
    let told = secret_tool.arg(format!("key-{install}")).output().context("secret-tool")?;
    if !told.status.success() {
        bail!("the key store has no key of {}", path.display());
    }
    let master = hex::decode(String::from_utf8_lossy(&told.stdout).trim())
        .context("the program's key is not hexadecimal")?;
    let mut key = [0_u8; 32];
    Hkdf::<Sha256>::new(None, &master)
        .expand(b"bellhop 1 cache", &mut key)
        .map_err(|_| anyhow::anyhow!("the cache's key could not be derived"))?;
    Ok(SealKey::new(key))
}

/// Gives a file the number of a format that no version of today knows.
pub async fn make_newer(path: &Path, key: &SealKey) -> Result<()> {
    let mut file = bellhop_sealed::connect(&bellhop_sealed::options(path, key), "").await?;
    sqlx::query("PRAGMA user_version = 99").execute(&mut *file).await?;
    Ok(file.close().await?)
}
