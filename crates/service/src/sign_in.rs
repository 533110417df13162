//! `POST /sign-in` and `POST /sign-out`.
//!
//! Invariants: the answer, and how long it takes, do not tell whether an e-mail address is an
//! agent's; tries are counted for each address and for each e-mail address before anything is
//! looked up; no password, token or e-mail address is logged.

use crate::{
    address::Address,
    buckets::Buckets,
    clock::Clock,
    config::Tuning,
    hub::Job,
    password::Checker,
    running::new_token,
    sockets::{Sockets, agent::from_a_page},
};
use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    Timestamp,
    sign_in::{SignIn, SignInRefusal, SignedIn},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};
use tokio::time::timeout;

/// Bytes in a request's body.
const BODY_BYTES: usize = 8 * 1024;

/// Who tried how often, and what checks passwords.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    checker: Checker,
    tries: Mutex<Tries>,
}

#[derive(Debug)]
struct Tries {
    clock: Clock,
    by_address: Buckets<Address>,
    /// By a hash, so that every name takes the same room.
    by_email: Buckets<[u8; 32]>,
}

impl Doorkeeper {
    pub(crate) fn new(tuning: &Tuning) -> Self {
        let tries = Tries {
            clock: Clock::starting_at(Timestamp(0)),
            by_address: Buckets::new(tuning.sign_ins_per_address),
            by_email: Buckets::new(tuning.sign_ins_per_email),
        };
        Self { checker: Checker::new(), tries: Mutex::new(tries) }
    }

    /// One more try. The address counts first: who floods from one locks no agent out.
    fn counted(&self, address: Address, email: &str) -> Result<(), SignInRefusal> {
        // A panic while it was held left whole counts behind.
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let Tries { clock, by_address, by_email } = &mut *tries;
        let now = clock.now();
        let email = Sha256::digest(email.trim().to_lowercase().as_bytes()).into();
        by_address
            .take(address, now)
            .and_then(|()| by_email.take(email, now))
            .map_err(|wait| SignInRefusal::TooFast { retry_for_ms: wait.unsigned_abs() })
    }
}

/// Answers `POST /sign-in`.
pub(crate) async fn sign_in(
    State(sockets): State<Sockets>,
    address: Address,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if from_a_page(&headers) {
        return (StatusCode::FORBIDDEN, "web pages do not sign in").into_response();
    }
    let read = timeout(sockets.tuning.request_timeout, to_bytes(body, BODY_BYTES)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return (StatusCode::PAYLOAD_TOO_LARGE, "too large\n").into_response(),
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "too slow\n").into_response(),
    };
    match admitted(&sockets, address, &body).await {
        Ok(signed_in) => {
            tracing::info!(agent = %signed_in.me.id, "an agent signed in");
            json(StatusCode::OK, &signed_in)
        }
        Err(refusal) => refused(&refusal),
    }
}

async fn admitted(
    sockets: &Sockets,
    address: Address,
    body: &[u8],
) -> Result<SignedIn, SignInRefusal> {
    let storage = |_| SignInRefusal::StorageUnavailable;
    let read = serde_json::from_slice(body);
    let SignIn { email, password } = read.map_err(|_| SignInRefusal::BadRequest)?;
    sockets.doorkeeper.counted(address, &email)?;
    let email = email.trim().to_owned();
    let agent = sockets.hub.ask(|answer| Job::AgentByEmail { email, answer }).await;
    let agent = agent.map_err(storage)?;
    let hash = match &agent {
        Some(agent) => sockets.reader.password_of(agent.id).await.map_err(|error| {
            tracing::warn!(%error, "a password could not be looked up");
            SignInRefusal::StorageUnavailable
        })?,
        None => None,
    };
    let is_right = sockets.doorkeeper.checker.is_right(password, hash).await;
    let Some(me) = agent.filter(|_| is_right) else {
        return Err(SignInRefusal::WrongEmailOrPassword);
    };
    let token = new_token().map_err(|_| SignInRefusal::StorageUnavailable)?;
    let lifetime = Some(sockets.tuning.token_lifetime);
    let (agent, kept) = (me.id, token.clone());
    let issue = |answer| Job::IssueToken { agent, token: kept, lifetime, answer };
    let issued = sockets.hub.ask(issue).await.map_err(storage)?;
    match issued {
        Ok(Some(expires_at)) => Ok(SignedIn { token, expires_at, me }),
        Ok(None) | Err(_) => Err(SignInRefusal::StorageUnavailable),
    }
}

/// Answers `POST /sign-out`. A token that is not known is signed out already.
pub(crate) async fn sign_out(State(sockets): State<Sockets>, headers: HeaderMap) -> Response {
    if from_a_page(&headers) {
        return (StatusCode::FORBIDDEN, "web pages do not sign out").into_response();
    }
    let Some(token) = token_of(&headers).map(ToOwned::to_owned) else {
        return refused(&SignInRefusal::BadRequest);
    };
    let revoked = sockets.hub.ask(|answer| Job::RevokeToken { token, answer }).await;
    match revoked {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(_)) | Err(_) => refused(&SignInRefusal::StorageUnavailable),
    }
}

/// The token of the header `Authorization`, where there is one.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(AUTHORIZATION)?.to_str().ok()?;
    said.strip_prefix("Bearer ").map(str::trim)
}

fn refused(refusal: &SignInRefusal) -> Response {
    let status = match refusal {
        SignInRefusal::WrongEmailOrPassword => StatusCode::UNAUTHORIZED,
        SignInRefusal::TooFast { .. } => StatusCode::TOO_MANY_REQUESTS,
        SignInRefusal::BadRequest => StatusCode::BAD_REQUEST,
        SignInRefusal::StorageUnavailable | SignInRefusal::Unknown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let mut response = json(status, refusal);
    if let SignInRefusal::TooFast { retry_for_ms } = refusal {
        let seconds = HeaderValue::from(retry_for_ms.div_ceil(1000));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// An answer that nobody keeps.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
            (status, headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer has no JSON form");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
