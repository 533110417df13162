//! Signing in by e-mail and password: what is said over HTTP, before there is a socket.

use crate::{Agent, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The body of `POST /sign-in`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

/// Prints no password.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The answer where both are right. The token opens the agents' socket until it expires.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub token: String,
    pub expires_at: Timestamp,
    pub me: Agent,
}

/// Prints no token.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("expires_at", &self.expires_at)
            .field("me", &self.me.id)
            .finish_non_exhaustive()
    }
}

/// The answer otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum SignInRefusal {
    /// Which of them is not told.
    #[error("the e-mail address or the password is wrong")]
    WrongEmailOrPassword,
    #[error("too many tries; try again in {retry_for_ms} ms")]
    TooFast { retry_for_ms: u64 },
    #[error("the request could not be read")]
    BadRequest,
    #[error("the service cannot look anything up or store anything now")]
    StorageUnavailable,
    #[error("refused for a reason this version does not know")]
    #[serde(other)]
    Unknown,
}

crate::tagged!(SignInRefusal: "code");
