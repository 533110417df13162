//! Passwords: their hashes, and that finding out takes long for everybody.
//!
//! Invariant: a password is in no log, no error and no file; what is stored is Argon2id with a
//! salt of its own. Checking takes as long where there is no such agent, and few are checked at
//! one time, for each takes 19 MiB and a good part of a second; who finds many waiting is sent away.

mod guessable;

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
/// Waiting for it, those who are checked included.
const WAITING: usize = 64;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("a password has at least {} characters", PASSWORD_CHARS)]
    TooShort,
    #[error("a password has at most {} bytes", MOST_BYTES)]
    TooLong,
    #[error(
        "this password is among those that are guessed first; take some words that have nothing \
         to do with each other"
    )]
    Guessable,
    #[error("the system gives no random numbers")]
    NoRandom,
    #[error("the password cannot be hashed")]
    NotHashed,
}

/// Whether a password may be that of somebody with this address and this name.
///
/// # Errors
/// See [`PasswordProblem`].
pub(crate) fn check_new(password: &str, email: &str, name: &str) -> Result<(), PasswordProblem> {
    if password.chars().count() < PASSWORD_CHARS {
        Err(PasswordProblem::TooShort)
    } else if password.len() > MOST_BYTES {
        Err(PasswordProblem::TooLong)
    } else if guessable::is_guessable(password, email, name) {
        Err(PasswordProblem::Guessable)
    } else {
        Ok(())
    }
}

/// The hash to store of a password.
///
/// # Errors
/// [`PasswordProblem::NoRandom`], [`PasswordProblem::NotHashed`].
pub(crate) fn hash(password: &str) -> Result<String, PasswordProblem> {
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
    places: Arc<Semaphore>,
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Checker {
    pub(crate) fn new() -> Self {
        let places = Arc::new(Semaphore::new(WAITING));
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), places }
    }

    /// Whether the password is the one of this hash. `None`, nobody's hash, takes as long.
    pub(crate) async fn is_right(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Crowded> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Crowded)?;
        let Ok(turn) = self.turns.clone().acquire_owned().await else { return Ok(false) };
        let checked = tokio::task::spawn_blocking(move || {
            let is_right = check(&password, hash.as_deref());
            drop((turn, place));
            is_right
        });
        Ok(checked.await.unwrap_or(false))
    }
}

/// A hash of no password that anybody has.
fn nobodys() -> &'static str {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    NOBODYS.get_or_init(|| hash("nobody has this password").unwrap_or_default())
}

fn check(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    // Made before it is needed, so that the first to need it takes no longer.
    let nobodys = nobodys();
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
        let is_right = async |password: &str, hash: Option<&str>| {
            checker.is_right(password.to_owned(), hash.map(ToOwned::to_owned)).await.unwrap()
        };
        assert!(is_right("correct horse", Some(&stored)).await);
        assert!(!is_right("correct mouse", Some(&stored)).await);
        assert!(!is_right("nobody has this password", None).await);
        assert!(!is_right("correct horse", Some("no hash")).await);
    }

    /// No clock is asked: it would tell more of the machine than of this.
    #[test]
    fn who_is_not_there_is_checked_against_a_hash_of_the_same_cost() {
        let stored = hash("correct horse").unwrap();
        let cost = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            let salt = hash.salt.map(|salt| salt.as_str().len());
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), salt)
        };
        assert_eq!(cost(nobodys()), cost(&stored));
        assert_eq!(cost(&stored).2, "m=19456,t=2,p=1");
    }

    #[tokio::test]
    async fn who_finds_many_waiting_is_sent_away() {
        let checker = Checker::new();
        let all = checker.places.clone().try_acquire_many_owned(WAITING as u32).unwrap();
        assert_eq!(checker.is_right("x".to_owned(), None).await, Err(Crowded));
        drop(all);
        assert_eq!(checker.is_right("x".to_owned(), None).await, Ok(false));
    }

    #[test]
    fn bad_input_a_password_that_is_short_long_or_guessed_first_is_not_taken() {
        let taken = |password: &str| check_new(password, "mina@shop.example", "Mina Kim");
        assert_eq!(taken("비밀번호"), Err(PasswordProblem::TooShort));
        assert_eq!(taken(&"xy z".repeat(500)), Err(PasswordProblem::TooLong));
        assert_eq!(taken("password1234"), Err(PasswordProblem::Guessable));
        assert_eq!(taken("moon jar and celadon"), Ok(()));
    }
}
