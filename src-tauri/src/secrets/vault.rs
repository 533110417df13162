//! `vault.json`: what stands in for a key store where there is none.
//!
//! It holds the salt and cost of the passphrase's derivation, a check value that tells a wrong
//! passphrase from a damaged file, and the tokens, sealed (XChaCha20-Poly1305) under a key derived
//! from the master key. Invariant: without the passphrase it tells nothing but how many bytes the
//! tokens have; the file is replaced in one step and readable by its owner alone.

use super::{Key, SecretsError, derived, io, random};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

const FORMAT: u32 = 1;
const SEALED_FOR: &[u8] = b"bellhop vault 1";
/// A vault of more bytes is none of ours.
const VAULT_BYTES: u64 = 1024 * 1024;

/// Where the vault of a data directory is.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("vault.json")
}

/// What one guess of the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 64 MiB and three passes.
    pub(super) const USUAL: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    #[cfg(test)]
    pub(super) const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// A file that asks for more is damaged, or meant to stop the program.
    fn is_sane(self) -> bool {
        (8..=1024 * 1024).contains(&self.memory_kib)
            && (1..=20).contains(&self.passes)
            && (1..=16).contains(&self.lanes)
    }
}

/// The file. All bytes are hexadecimal.
#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    /// Always "argon2id".
    derivation: String,
    cost: Cost,
    salt: String,
    check: String,
    nonce: String,
    sealed: String,
}

/// An open vault.
pub(super) struct Vault {
    path: PathBuf,
    cost: Cost,
    salt: [u8; 16],
    secrets: BTreeMap<String, String>,
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.secrets.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Vault {
    /// Makes an empty vault and answers with it and the master key. Slow.
    pub(super) fn make(
        path: PathBuf,
        passphrase: &str,
        cost: Cost,
    ) -> Result<(Self, Key), SecretsError> {
        let salt = *random().map_err(|error| no_randomness(&path, error))?;
        let master = master(passphrase, &salt, cost).map_err(|detail| bad(&path, detail))?;
        let vault = Self { path, cost, salt, secrets: BTreeMap::new() };
        vault.save(&master)?;
        Ok((vault, master))
    }

    /// Opens the vault at `path`. Slow.
    pub(super) fn open(path: PathBuf, passphrase: &str) -> Result<(Self, Key), SecretsError> {
        let file = read(&path)?;
        let salt = bytes::<16>(&file.salt).ok_or_else(|| bad(&path, "the salt is damaged"))?;
        let check = bytes::<32>(&file.check).ok_or_else(|| bad(&path, "the check is damaged"))?;
        let nonce = bytes::<24>(&file.nonce).ok_or_else(|| bad(&path, "the nonce is damaged"))?;
        let sealed = hex::decode(&file.sealed).map_err(|_| bad(&path, "the tokens are damaged"))?;
        let master = master(passphrase, &salt, file.cost).map_err(|detail| bad(&path, detail))?;
        if check_value(&master) != check {
            return Err(SecretsError::WrongPassphrase);
        }
        let payload = Payload { msg: &sealed, aad: SEALED_FOR };
        let opened = cipher(&master)
            .decrypt(&XNonce::from(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| bad(&path, "the tokens were changed from outside"))?;
        let secrets =
            serde_json::from_slice(&opened).map_err(|_| bad(&path, "the tokens are damaged"))?;
        Ok((Self { path, cost: file.cost, salt, secrets }, master))
    }

    pub(super) fn secret(&self, name: &str) -> Option<String> {
        self.secrets.get(name).cloned()
    }

    /// Keeps `secret` in place of an older one of this name, on disk when it returns.
    pub(super) fn set_secret(
        &mut self,
        master: &Key,
        name: &str,
        secret: &str,
    ) -> Result<(), SecretsError> {
        let older = self.secrets.insert(name.to_owned(), secret.to_owned());
        let saved = self.save(master);
        if saved.is_err() {
            // What is not on disk is not said to be there.
            match older {
                Some(older) => self.secrets.insert(name.to_owned(), older),
                None => self.secrets.remove(name),
            };
        }
        saved
    }

    fn save(&self, master: &Key) -> Result<(), SecretsError> {
        let opened = serde_json::to_vec(&self.secrets)
            .map(Zeroizing::new)
            .map_err(|error| bad(&self.path, error.to_string()))?;
        // 24 random bytes never meet twice.
        let nonce = *random::<24>().map_err(|error| no_randomness(&self.path, error))?;
        let sealed = cipher(master)
            .encrypt(&XNonce::from(nonce), Payload { msg: &opened, aad: SEALED_FOR })
            .map_err(|_| bad(&self.path, "the tokens are too long to be sealed"))?;
        let file = File {
            format: FORMAT,
            derivation: "argon2id".to_owned(),
            cost: self.cost,
            salt: hex::encode(self.salt),
            check: hex::encode(check_value(master)),
            nonce: hex::encode(nonce),
            sealed: hex::encode(sealed),
        };
        let text = serde_json::to_string_pretty(&file)
            .map_err(|error| bad(&self.path, error.to_string()))?;
        replace(&self.path, text.as_bytes()).map_err(io(&self.path))
    }
}

fn read(path: &Path) -> Result<File, SecretsError> {
    let length = std::fs::metadata(path).map_err(io(path))?.len();
    if length > VAULT_BYTES {
        return Err(bad(path, format!("it has {length} bytes")));
    }
    let text = std::fs::read(path).map_err(io(path))?;
    // The number first: a newer file may have other fields.
    let format: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|error| bad(path, format!("it is damaged: {error}")))?;
    match format.get("format").and_then(serde_json::Value::as_u64) {
        Some(found) if found > u64::from(FORMAT) => {
            return Err(bad(path, format!("format {found} was made by a newer version")));
        }
        Some(_) => {}
        None => return Err(bad(path, "it does not say its format")),
    }
    let file: File = serde_json::from_value(format)
        .map_err(|error| bad(path, format!("it is damaged: {error}")))?;
    if file.derivation != "argon2id" || !file.cost.is_sane() {
        return Err(bad(path, "it asks for a derivation that this program does not do"));
    }
    Ok(file)
}

/// The master key of a passphrase.
fn master(passphrase: &str, salt: &[u8; 16], cost: Cost) -> Result<Key, String> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|error| error.to_string())?;
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|error| error.to_string())?;
    Ok(key)
}

/// Equal for equal keys; neither the key nor any other derived from it is found from this.
fn check_value(master: &Key) -> [u8; 32] {
    Sha256::digest(*derived(master, "vault check")).into()
}

fn cipher(master: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*derived(master, "vault tokens")).into())
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

fn bad(path: &Path, detail: impl Into<String>) -> SecretsError {
    SecretsError::Vault { path: path.to_owned(), detail: detail.into() }
}

fn no_randomness(path: &Path, error: getrandom::Error) -> SecretsError {
    bad(path, format!("the system gives no random numbers: {error}"))
}

/// Replaces the file in one step: a start that is cut short finds the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("json.new");
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&fresh, path)?;
    #[cfg(unix)]
    if let Some(dir) = path.parent() {
        std::fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}
