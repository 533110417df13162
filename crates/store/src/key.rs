//! The cache's key, and how a wrong one is told from a damaged file.
//!
//! SQLCipher says "file is not a database" to both. So a check value stands beside the files: a
//! hash of the key, from which the key cannot be found (it has 256 random bits, or comes out of
//! Argon2id). Invariant: the key itself is written nowhere and printed nowhere.

use crate::files;
use sha2::{Digest, Sha256};
use std::{fmt, path::Path};
use zeroize::Zeroizing;

/// The 32 bytes that open the cache. Wiped from memory when dropped; SQLCipher and the driver
/// hold copies of their own while connections are open.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// `bytes` must be random or derived by a slow function: they are used as the raw key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// SQLCipher's spelling of a raw key: `x'…'`.
    pub(crate) fn spelled(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(*self.0));
        Zeroizing::new(format!("x'{}'", *digits))
    }

    fn check_value(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"bellhop cache key check 1\0");
        hash.update(*self.0);
        hex::encode(hash.finalize())
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// What the check value says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    Same,
    Other,
    /// There is no check value, or it is unreadable.
    Unknown,
}

/// Compares `key` with the check value in `path`.
pub(crate) fn compare(path: &Path, key: &StoreKey) -> std::io::Result<KeyCheck> {
    let found = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(KeyCheck::Unknown),
        Err(error) => return Err(error),
    };
    let text = found.trim_ascii();
    if text.len() != 64 || !text.iter().all(u8::is_ascii_hexdigit) {
        return Ok(KeyCheck::Unknown);
    }
    let same = text.eq_ignore_ascii_case(key.check_value().as_bytes());
    Ok(if same { KeyCheck::Same } else { KeyCheck::Other })
}

/// Writes the check value of `key`.
pub(crate) fn remember(path: &Path, key: &StoreKey) -> std::io::Result<()> {
    files::write_whole(path, key.check_value().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_a_key_is_not_printed_and_its_check_value_is_not_the_key() {
        let key = StoreKey::new([0xAB; 32]);
        assert_eq!(format!("{key:?}"), "StoreKey(…)");
        assert!(!key.check_value().contains("abab"));
    }

    #[test]
    fn r9_a_check_value_that_is_no_check_value_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("check");
        let key = StoreKey::new([1; 32]);
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Unknown);
        remember(&path, &key).unwrap();
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Same);
        assert_eq!(compare(&path, &StoreKey::new([2; 32])).unwrap(), KeyCheck::Other);
        std::fs::write(&path, b"\0\0\0").unwrap();
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Unknown);
    }
}
