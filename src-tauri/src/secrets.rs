//! Where the program's keys and the agent's tokens live.
//!
//! One master key of 32 random bytes stands in the operating system's key store; the keys of the
//! cache and of the embedded service's journal are derived from it. Where no key store answers on
//! a fresh machine, the agent chooses a passphrase, the master key is derived from that (Argon2id)
//! and the tokens are sealed under it in `vault.json`.
//!
//! Invariants (law 11, S7):
//! - No key and no token is on disk in clear, in a log or in an error.
//! - A new key is made only where nothing is stored that an older one opens.
//! - What was chosen at first stays: with a vault the passphrase is asked for, even if a key store
//!   appears; without one the program waits for the key store, even if it is gone.
//!
//! Everything that blocks (key stores, Argon2id) runs beside the async tasks.

mod key_store;
#[cfg(test)]
mod tests;
mod vault;

use bellhop_client::SealKey;
use bellhop_model::view::StuckProblem;
use hkdf::Hkdf;
use key_store::{Access, Trouble};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use vault::Vault;
use zeroize::Zeroizing;

/// 32 secret bytes, wiped from memory when dropped.
type Key = Zeroizing<[u8; 32]>;

/// The directories below the data directory whose files are encrypted.
const ENCRYPTED: [&str; 2] = ["cache", "service"];
/// Characters that a passphrase has at least.
const PASSPHRASE_CHARS: usize = 8;

/// How the keys are to be had.
#[derive(Debug)]
pub enum Opened {
    Keys(Keys),
    /// Give one to [`unlock`]. `choose`: nothing is stored yet.
    NeedsPassphrase {
        choose: bool,
    },
}

/// Why there are no keys. Nothing stored was changed.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The passphrase does not open the vault, or a chosen one has fewer than eight characters.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The key store answers, and holds no key for files that are there.
    #[error("{detail}")]
    KeyMissing { detail: String },
    /// `vault.json` cannot be understood, or its contents were changed.
    #[error("{path}: {detail}", path = path.display())]
    Vault { path: PathBuf, detail: String },
    /// The key store answers with an error, or not at all.
    #[error("{detail}")]
    KeyStore { detail: String },
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl SecretsError {
    /// What the window shows.
    #[must_use]
    pub fn into_problem(self, data_dir: &Path) -> StuckProblem {
        let detail = self.to_string();
        match self {
            Self::KeyMissing { .. } => {
                StuckProblem::KeyMissing { path: data_dir.display().to_string(), detail }
            }
            Self::Vault { path, detail } => {
                StuckProblem::KeyMissing { path: path.display().to_string(), detail }
            }
            Self::Io { path, source } => StuckProblem::DataDirectory {
                path: path.display().to_string(),
                detail: source.to_string(),
            },
            Self::KeyStore { .. } | Self::WrongPassphrase => StuckProblem::KeyStore { detail },
        }
    }
}

impl From<Trouble> for SecretsError {
    fn from(trouble: Trouble) -> Self {
        Self::KeyStore { detail: trouble.to_string() }
    }
}

/// Gets the keys from the key store, or says that a passphrase is needed.
pub async fn open(data_dir: &Path) -> Result<Opened, SecretsError> {
    open_with(data_dir, Access::system()).await
}

async fn open_with(data_dir: &Path, access: Access) -> Result<Opened, SecretsError> {
    if vault::path(data_dir).try_exists().map_err(io(&vault::path(data_dir)))? {
        return Ok(Opened::NeedsPassphrase { choose: false });
    }
    let fresh = !has_encrypted_files(data_dir)?;
    let install = install(data_dir)?;
    let entry = format!("key-{install}");
    let master = match access.get(&entry).await {
        Ok(Some(text)) => from_hex(&text)?,
        Ok(None) if fresh => match new_master(&access, &entry).await {
            Ok(master) => master,
            Err(trouble) => return Ok(without_key_store(&trouble)),
        },
        Ok(None) => {
            return Err(SecretsError::KeyMissing {
                detail: format!(
                    "the key store has no entry {entry:?} of {:?} that opens the files in {}; \
                     it is found again if the directory is put back where it was",
                    key_store::SERVICE,
                    data_dir.display()
                ),
            });
        }
        Err(trouble) if fresh => return Ok(without_key_store(&trouble)),
        Err(trouble) => return Err(trouble.into()),
    };
    Ok(Opened::Keys(Keys { master, tokens: Tokens::KeyStore { access, install } }))
}

/// Nothing is stored yet, so a passphrase is as good a key as any.
fn without_key_store(trouble: &Trouble) -> Opened {
    tracing::warn!("{trouble}; a passphrase is asked for instead");
    Opened::NeedsPassphrase { choose: true }
}

/// Opens the vault; where nothing is stored yet, makes one with this passphrase.
pub async fn unlock(data_dir: &Path, passphrase: String) -> Result<Keys, SecretsError> {
    unlock_with(data_dir, passphrase, vault::Cost::USUAL).await
}

async fn unlock_with(
    data_dir: &Path,
    passphrase: String,
    cost: vault::Cost,
) -> Result<Keys, SecretsError> {
    let passphrase = Zeroizing::new(passphrase);
    let path = vault::path(data_dir);
    let exists = path.try_exists().map_err(io(&path))?;
    if !exists && has_encrypted_files(data_dir)? {
        return Err(SecretsError::Vault {
            path,
            detail: "the vault is gone, and the files of this directory need it".to_owned(),
        });
    }
    if !exists && passphrase.chars().count() < PASSPHRASE_CHARS {
        return Err(SecretsError::WrongPassphrase);
    }
    // Argon2id is slow on purpose.
    let worked = tokio::task::spawn_blocking(move || {
        if exists { Vault::open(path, &passphrase) } else { Vault::make(path, &passphrase, cost) }
    });
    let (vault, master) =
        worked.await.map_err(|error| SecretsError::KeyStore { detail: error.to_string() })??;
    Ok(Keys { master, tokens: Tokens::Vault(vault) })
}

/// The unlocked keys and tokens.
pub struct Keys {
    master: Key,
    tokens: Tokens,
}

enum Tokens {
    KeyStore { access: Access, install: String },
    Vault(Vault),
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// The key of the cache.
    #[must_use]
    pub fn cache(&self) -> SealKey {
        SealKey::new(*derived(&self.master, "cache"))
    }

    /// The key of the embedded service's journal.
    #[must_use]
    pub fn journal(&self) -> [u8; 32] {
        *derived(&self.master, "journal")
    }

    /// The agent's token for `account`: the workspace's id or a service's address.
    pub async fn token(&self, account: &str) -> Result<Option<String>, SecretsError> {
        match &self.tokens {
            Tokens::KeyStore { access, install } => {
                let token = access.get(&token_entry(install, account)).await?;
                Ok(token.map(|token| token.to_string()))
            }
            Tokens::Vault(vault) => Ok(vault.secret(account)),
        }
    }

    /// Keeps the agent's token for `account`, in place of an older one.
    pub async fn set_token(&mut self, account: &str, token: &str) -> Result<(), SecretsError> {
        match &mut self.tokens {
            Tokens::KeyStore { access, install } => {
                Ok(access.set(&token_entry(install, account), token).await?)
            }
            Tokens::Vault(vault) => vault.set_secret(&self.master, account, token),
        }
    }
}

/// A key store may hold entries of several data directories.
fn install(data_dir: &Path) -> Result<String, SecretsError> {
    let path = data_dir.canonicalize().map_err(io(data_dir))?;
    Ok(short_hash(path.as_os_str().as_encoded_bytes()))
}

fn token_entry(install: &str, account: &str) -> String {
    // Hashed: an address may be longer than what a key store takes as a name.
    format!("token-{install}-{}", short_hash(account.as_bytes()))
}

fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

async fn new_master(access: &Access, entry: &str) -> Result<Key, Trouble> {
    let master = random::<32>().map_err(|error| Trouble::Failed { detail: error.to_string() })?;
    let text = Zeroizing::new(hex::encode(*master));
    access.set(entry, &text).await?;
    // A store that says yes and keeps nothing would make the files unreadable tomorrow.
    match access.get(entry).await? {
        Some(kept) if *kept == *text => Ok(master),
        _ => Err(Trouble::Failed { detail: "it did not keep the new key".to_owned() }),
    }
}

fn from_hex(text: &str) -> Result<Key, SecretsError> {
    let mut key = Key::default();
    hex::decode_to_slice(text.trim(), &mut *key).map_err(|_| SecretsError::KeyStore {
        detail: "what the key store holds under this program's name is not a key".to_owned(),
    })?;
    Ok(key)
}

/// A key for one purpose; none of them tells anything about another or about the master key.
fn derived(master: &Key, purpose: &str) -> Key {
    let mut key = Key::default();
    let label = format!("bellhop 1 {purpose}");
    let made = Hkdf::<Sha256>::new(None, &**master).expand(label.as_bytes(), &mut *key);
    // HKDF refuses only outputs of more than 255 hashes.
    debug_assert!(made.is_ok());
    key
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes)?;
    Ok(bytes)
}

fn has_encrypted_files(data_dir: &Path) -> Result<bool, SecretsError> {
    for name in ENCRYPTED {
        let dir = data_dir.join(name);
        match std::fs::read_dir(&dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Ok(true);
                }
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&dir)(error));
            }
            Err(_) => {}
        }
    }
    Ok(false)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SecretsError {
    let path = path.to_owned();
    move |source| SecretsError::Io { path, source }
}
