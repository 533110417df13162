//! Passwords: their hashes, and that finding out takes long for everybody.
//!
//! Invariant: a password is in no log, no error and no file; what is stored is Argon2id with a
//! salt of its own. Checking takes as long where there is no such agent, and few are checked at
//! one time, for each takes 19 MiB and a good part of a second.

use argon2::{
    Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _, password_hash::SaltString,
};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Characters a password must have.
pub const PASSWORD_CHARS: usize = 10;
/// Bytes it may have.
const MOST_BYTES: usize = 1024;
/// Checked at one time.
const AT_ONCE: usize = 2;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("a password has at least {} characters", PASSWORD_CHARS)]
    TooShort,
    #[error("a password has at most {} bytes", MOST_BYTES)]
    TooLong,
    #[error("the system gives no random numbers")]
    NoRandom,
    #[error("the password cannot be hashed")]
    NotHashed,
}

/// The hash to store of a password.
///
/// # Errors
/// See [`PasswordProblem`].
pub(crate) fn hash(password: &str) -> Result<String, PasswordProblem> {
    if password.chars().count() < PASSWORD_CHARS {
        return Err(PasswordProblem::TooShort);
    }
    if password.len() > MOST_BYTES {
        return Err(PasswordProblem::TooLong);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| PasswordProblem::NoRandom)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| PasswordProblem::NotHashed)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|_| PasswordProblem::NotHashed)?.to_string())
}

/// Checks passwords, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct Checker {
    turns: Arc<Semaphore>,
}

impl Checker {
    pub(crate) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether the password is the one of this hash. `None`, nobody's hash, takes as long.
    pub(crate) async fn is_right(&self, password: String, hash: Option<String>) -> bool {
        let Ok(turn) = self.turns.clone().acquire_owned().await else { return false };
        let checked = tokio::task::spawn_blocking(move || {
            let is_right = check(&password, hash.as_deref());
            drop(turn);
            is_right
        });
        checked.await.unwrap_or(false)
    }
}

fn check(password: &str, hash: Option<&str>) -> bool {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    let known = hash.is_some();
    // Made before it is needed, so that the first to need it takes no longer.
    let nobodys =
        NOBODYS.get_or_init(|| self::hash("nobody has this password").unwrap_or_default());
    let hash = hash.unwrap_or(nobodys);
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    // The comparison takes the same time wherever the hashes differ.
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$") && !stored.contains("horse"), "{stored}");
        assert_ne!(stored, hash("correct horse").unwrap(), "each has a salt of its own");
        let checker = Checker::new();
        assert!(checker.is_right("correct horse".to_owned(), Some(stored.clone())).await);
        assert!(!checker.is_right("correct mouse".to_owned(), Some(stored)).await);
        assert!(!checker.is_right("nobody has this password".to_owned(), None).await);
        assert!(!checker.is_right("correct horse".to_owned(), Some("no hash".to_owned())).await);
    }

    #[test]
    fn bad_input_a_password_that_is_too_short_or_too_long_is_not_taken() {
        assert_eq!(hash("비밀번호"), Err(PasswordProblem::TooShort));
        assert_eq!(hash(&"x".repeat(2000)), Err(PasswordProblem::TooLong));
    }
}
