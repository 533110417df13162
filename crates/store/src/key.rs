//! How a wrong key is told from a damaged file.
//!
//! SQLCipher says "file is not a database" to both. So a check value stands beside the files: a
//! hash of the key, from which the key cannot be found (it has 256 random bits, or comes out of
//! Argon2id).

use crate::files;
use bellhop_sealed::SealKey;
use std::path::Path;

/// What the check value says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    Same,
    Other,
    /// There is no check value, or it is unreadable.
    Unknown,
}

/// Compares `key` with the check value in `path`.
pub(crate) fn compare(path: &Path, key: &SealKey) -> std::io::Result<KeyCheck> {
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
pub(crate) fn remember(path: &Path, key: &SealKey) -> std::io::Result<()> {
    files::write_whole(path, key.check_value().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_a_check_value_that_is_no_check_value_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("check");
        let key = SealKey::new([1; 32]);
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Unknown);
        remember(&path, &key).unwrap();
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Same);
        assert_eq!(compare(&path, &SealKey::new([2; 32])).unwrap(), KeyCheck::Other);
        std::fs::write(&path, b"\0\0\0").unwrap();
        assert_eq!(compare(&path, &key).unwrap(), KeyCheck::Unknown);
    }
}
