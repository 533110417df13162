//! The key of a sealed file. Invariant: it is written nowhere and printed nowhere.

use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The 32 bytes that open a file. Wiped from memory when dropped; SQLCipher and the driver hold
/// copies of their own while connections are open.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// `bytes` must be random or derived by a slow function: they are used as the raw key, so that
    /// no derivation is done at every opening.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// SQLCipher's spelling of a raw key: `x'…'`.
    #[must_use]
    pub fn spelled(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(*self.0));
        Zeroizing::new(format!("x'{}'", *digits))
    }

    /// To derive others from.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash from which the key cannot be found, to tell a wrong key from a damaged file.
    #[must_use]
    pub fn check_value(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"bellhop cache key check 1\0");
        hash.update(*self.0);
        hex::encode(hash.finalize())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_a_key_is_not_printed_and_its_check_value_is_not_the_key() {
        let key = SealKey::new([0xAB; 32]);
        assert_eq!(format!("{key:?}"), "SealKey(…)");
        assert!(!key.check_value().contains("abab"));
    }
}
