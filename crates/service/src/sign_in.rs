//! `POST /sign-in` and `POST /sign-out`.
//!
//! Invariants: the answer, and how long it takes, do not tell whether an e-mail address is an
//! agent's; tries are counted for each address and for each e-mail address before anything is
//! looked up; who guesses at an agent's password does not lock her out where she was let in
//! before; no password, token or e-mail address is logged.

use crate::{
    address::Address,
    bucket::Bucket,
    buckets::Buckets,
    clock::Clock,
    config::{Rate, Tuning},
    hub::{AdminProblem, Job},
    password::{Checker, Crowded},
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
    AgentId, Timestamp,
    sign_in::{SignIn, SignInRefusal, SignedIn},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};
use tokio::time::timeout;

/// Bytes in a request's body.
const BODY_BYTES: usize = 8 * 1024;
/// Agents and where they were let in, kept at one time.
const HOMES: usize = 20_000;
/// When somebody may try again who found too many waiting.
const CROWDED_FOR_MS: u64 = 2_000;

/// An e-mail address by a hash, so that every one takes the same room.
type EmailHash = [u8; 32];

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
    by_email: Buckets<EmailHash>,
    homes: Homes,
}

/// Where agents were let in since the service began. There each has tries of her own: those that
/// are made at her password from elsewhere do not count.
#[derive(Debug)]
struct Homes {
    rate: Rate,
    known: HashMap<(EmailHash, Address), Bucket>,
    /// In the order they came, the oldest first.
    order: VecDeque<(EmailHash, Address)>,
    most: usize,
}

impl Homes {
    fn new(rate: Rate) -> Self {
        Self { rate, known: HashMap::new(), order: VecDeque::new(), most: HOMES }
    }

    fn add(&mut self, home: (EmailHash, Address), now: Timestamp) {
        if self.known.contains_key(&home) {
            return;
        }
        self.known.insert(home, Bucket::new(self.rate, now));
        self.order.push_back(home);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

impl Doorkeeper {
    pub(crate) fn new(tuning: &Tuning) -> Self {
        let tries = Tries {
            clock: Clock::starting_at(Timestamp(0)),
            by_address: Buckets::new(tuning.sign_ins_per_address),
            by_email: Buckets::new(tuning.sign_ins_per_email),
            homes: Homes::new(tuning.sign_ins_per_email),
        };
        Self { checker: Checker::new(), tries: Mutex::new(tries) }
    }

    /// One more try. The address counts first: who floods from one locks no agent out.
    fn counted(&self, address: Address, email: &str) -> Result<(), SignInRefusal> {
        // A panic while it was held left whole counts behind.
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let Tries { clock, by_address, by_email, homes } = &mut *tries;
        let now = clock.now();
        let email = hash_of(email);
        by_address
            .take(address, now)
            .and_then(|()| match homes.known.get_mut(&(email, address)) {
                Some(own) => own.take(now),
                None => by_email.take(email, now),
            })
            .map_err(|wait| SignInRefusal::TooFast { retry_for_ms: wait.unsigned_abs() })
    }

    /// The agent with this e-mail address was let in from there, by a password or a token.
    pub(crate) fn let_in(&self, email: &str, address: Address) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tries.clock.now();
        tries.homes.add((hash_of(email), address), now);
    }
}

fn hash_of(email: &str) -> EmailHash {
    Sha256::digest(email.trim().to_lowercase().as_bytes()).into()
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
    let agent = sockets.hub.ask(|answer| Job::SigningIn { email, answer }).await;
    let agent = agent.map_err(storage)?;
    // Nobody's is looked up as well, so that it takes as long.
    let id = agent.as_ref().map_or(AgentId(0), |agent| agent.id);
    let hash = sockets.reader.password_of(id).await.map_err(|error| {
        tracing::warn!(%error, "a password could not be looked up");
        SignInRefusal::StorageUnavailable
    })?;
    let is_right = sockets.doorkeeper.checker.is_right(password, hash).await;
    let crowded = |Crowded| SignInRefusal::TooFast { retry_for_ms: CROWDED_FOR_MS };
    let is_right = is_right.map_err(crowded)?;
    let Some(me) = agent.filter(|_| is_right) else {
        return Err(SignInRefusal::WrongEmailOrPassword);
    };
    let token = new_token().map_err(|_| SignInRefusal::StorageUnavailable)?;
    let lifetime = Some(sockets.tuning.token_lifetime);
    let (agent, kept) = (me.id, token.clone());
    let issue = |answer| Job::IssueToken { agent, token: kept, lifetime, answer };
    let issued = sockets.hub.ask(issue).await.map_err(storage)?;
    match issued {
        Ok(Some(expires_at)) => {
            sockets.doorkeeper.let_in(&me.email, address);
            Ok(SignedIn { token, expires_at, me })
        }
        // Disabled while her password was checked.
        Err(AdminProblem::Disabled) => Err(SignInRefusal::WrongEmailOrPassword),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::net::{IpAddr, Ipv4Addr};

    fn at(last: u8) -> Address {
        Address::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
    }

    fn doorkeeper() -> Doorkeeper {
        let slow = |at_once| Rate { at_once, per_second: 0.001 };
        Doorkeeper::new(&Tuning {
            sign_ins_per_address: slow(100.0),
            sign_ins_per_email: slow(2.0),
            ..Tuning::default()
        })
    }

    #[test]
    fn who_guesses_at_a_password_does_not_lock_the_agent_out_where_she_was_let_in() {
        let door = doorkeeper();
        let mina = "mina@shop.example";
        door.let_in(mina, at(1));
        for guesser in 2..100 {
            let refused = door.counted(at(guesser), "MINA@shop.example ").is_err();
            assert_eq!(refused, guesser > 3, "from {guesser}");
        }
        assert_eq!([(); 2].map(|()| door.counted(at(1), mina)), [Ok(()), Ok(())]);
        assert!(door.counted(at(1), mina).is_err(), "there it is not without end either");
        assert!(door.counted(at(1), "hana@shop.example").is_ok(), "it is not another's");
    }

    #[test]
    fn a_crowd_of_homes_stays_small_and_the_oldest_go() {
        let mut homes = Homes { most: 2, ..Homes::new(Rate { at_once: 1.0, per_second: 1.0 }) };
        for last in [1, 2, 2, 3] {
            homes.add((hash_of("mina"), at(last)), Timestamp(0));
        }
        let known = |last| homes.known.contains_key(&(hash_of("mina"), at(last)));
        assert_eq!([1, 2, 3].map(known), [false, true, true]);
        assert_eq!((homes.known.len(), homes.order.len()), (2, 2));
    }
}
