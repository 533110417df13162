//! Signing in by e-mail and password, and what a token is worth afterwards.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Seq,
    frame::{Rejection, ServerFrame},
    sign_in::{SignIn, SignInRefusal, SignedIn},
};
use bellhop_service::{AdminProblem, Config, PasswordProblem, Rate, Running, start};
use common::{Agent, Socket, agent, config, rejection};
use std::time::Duration;
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest as _};

const PASSWORD: &str = "moon jar and celadon";

async fn post(
    running: &Running,
    path: &str,
    body: String,
    head: (&str, &str),
) -> reqwest::Response {
    // Nothing here is encrypted, but reqwest wants to know how it would be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}{path}", running.addr());
    reqwest::Client::new().post(url).header(head.0, head.1).body(body).send().await.unwrap()
}

async fn sign_in(
    running: &Running,
    email: &str,
    password: &str,
) -> Result<SignedIn, (u16, SignInRefusal)> {
    let body = SignIn { email: email.to_owned(), password: password.to_owned() };
    let body = serde_json::to_string(&body).unwrap();
    let response = post(running, "/sign-in", body, ("content-type", "application/json")).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers()["cache-control"], "no-store");
    if status == 200 {
        return Ok(serde_json::from_str(&response.text().await.unwrap()).unwrap());
    }
    if status == 429 {
        assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    }
    Err((status, serde_json::from_str(&response.text().await.unwrap()).unwrap()))
}

/// A service with an agent who has a password.
async fn with_password(config: Config) -> Running {
    let running = start(config).await.unwrap();
    let mina = running.add_agent("Mina", "mina@shop.example").await.unwrap();
    running.set_password(mina.id, PASSWORD).await.unwrap();
    running
}

async fn opens(running: &Running, token: &str) -> Result<Socket, Rejection> {
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    let told = socket.until(|frame: &ServerFrame| match frame {
        ServerFrame::CaughtUp { .. } => Some(Ok(())),
        ServerFrame::Rejected(why) => Some(Err(why.clone())),
        _ => None,
    });
    told.await.map(|()| socket)
}

#[tokio::test]
async fn an_agent_signs_in_works_and_signs_out() {
    let dir = tempfile::tempdir().unwrap();
    let running = with_password(config(dir.path())).await;
    let signed_in = sign_in(&running, " Mina@Shop.example ", PASSWORD).await.unwrap();
    assert_eq!(signed_in.me.display_name, "Mina");
    let other = sign_in(&running, "mina@shop.example", PASSWORD).await.unwrap();
    let mut here = opens(&running, &signed_in.token).await.unwrap();
    let mut there = opens(&running, &other.token).await.unwrap();
    let listed = running.agents().await.unwrap();
    assert_eq!((listed.len(), listed[0].has_password, listed[0].tokens), (1, true, 2));

    let bearer = format!("Bearer {}", signed_in.token);
    let out = post(&running, "/sign-out", String::new(), ("authorization", &bearer)).await;
    assert_eq!(out.status(), 204);
    assert_eq!(rejection(&mut here).await, Rejection::BadToken, "its line ends at once");
    assert_eq!(opens(&running, &signed_in.token).await.map(|_| ()), Err(Rejection::BadToken));
    let again = post(&running, "/sign-out", String::new(), ("authorization", &bearer)).await;
    assert_eq!(again.status(), 204);
    assert_eq!(running.revoke_tokens(signed_in.me.id).await, Ok(1));
    assert_eq!(rejection(&mut there).await, Rejection::BadToken);
    running.stop().await;
}

#[tokio::test]
async fn bad_input_the_answer_does_not_tell_who_is_an_agent() {
    let dir = tempfile::tempdir().unwrap();
    let running = with_password(config(dir.path())).await;
    agent(&running, "Hana").await;
    let wrong = Err((401, SignInRefusal::WrongEmailOrPassword));
    assert_eq!(sign_in(&running, "mina@shop.example", "moon jar").await, wrong);
    assert_eq!(sign_in(&running, "nobody@shop.example", PASSWORD).await, wrong);
    assert_eq!(sign_in(&running, "hana@shop.example", "").await, wrong, "she has no password");
    let nonsense = post(&running, "/sign-in", "{".to_owned(), ("x-test", "1")).await;
    assert_eq!(nonsense.status(), 400);
    let large = post(&running, "/sign-in", " ".repeat(100_000), ("x-test", "1")).await;
    assert_eq!(large.status(), 413);
    let page =
        post(&running, "/sign-in", "{}".to_owned(), ("origin", "https://evil.example")).await;
    assert_eq!(page.status(), 403);
    let mina = running.agent_by_email("mina@shop.example").await.unwrap();
    for (password, problem) in [
        ("short", PasswordProblem::TooShort),
        ("Password1234", PasswordProblem::Guessable),
        ("Mina@shop.example", PasswordProblem::Guessable),
    ] {
        let told = running.set_password(mina.id, password).await;
        assert_eq!(told, Err(AdminProblem::Password(problem)), "{password}");
    }
    assert!(sign_in(&running, "mina@shop.example", PASSWORD).await.is_ok(), "it is what it was");
    let nobody = bellhop_model::AgentId(9);
    let told = running.set_password(nobody, PASSWORD).await;
    assert_eq!(told, Err(AdminProblem::NoSuchAgent { agent_id: nobody }));
    running.stop().await;
}

#[tokio::test]
async fn tries_are_limited_for_each_e_mail_address_and_for_each_address() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.sign_ins_per_email = Rate { at_once: 2.0, per_second: 0.001 };
    config.tuning.sign_ins_per_address = Rate { at_once: 4.0, per_second: 0.001 };
    let running = with_password(config).await;
    let tries = |email: &'static str| sign_in(&running, email, "a wrong password");
    for email in ["mina@shop.example", "MINA@shop.example"] {
        assert_eq!(tries(email).await.unwrap_err().0, 401);
    }
    let (status, why) = sign_in(&running, "mina@shop.example", PASSWORD).await.unwrap_err();
    assert!(status == 429 && matches!(why, SignInRefusal::TooFast { retry_for_ms: 1.. }), "{why}");
    assert_eq!(tries("hana@shop.example").await.unwrap_err().0, 401);
    assert_eq!(tries("sora@shop.example").await.unwrap_err().0, 429, "the address is used up");
    running.stop().await;
}

/// The status of a try through a proxy on this machine that says it is from `address`.
async fn tries_from(running: &Running, address: &str, password: &str) -> u16 {
    let (email, password) = ("mina@shop.example".to_owned(), password.to_owned());
    let body = serde_json::to_string(&SignIn { email, password }).unwrap();
    post(running, "/sign-in", body, ("x-forwarded-for", address)).await.status().as_u16()
}

#[tokio::test]
async fn who_guesses_at_a_password_does_not_lock_its_owner_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.sign_ins_per_email = Rate { at_once: 2.0, per_second: 0.001 };
    config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let running = with_password(config.clone()).await;
    assert_eq!(tries_from(&running, "192.0.2.1", PASSWORD).await, 200, "her home");
    assert_eq!(tries_from(&running, "198.51.100.1", "guessed at").await, 401);
    assert_eq!(tries_from(&running, "198.51.100.2", PASSWORD).await, 429, "the right one as well");
    assert_eq!(tries_from(&running, "192.0.2.1", PASSWORD).await, 200);
    let token = running.issue_token(bellhop_model::AgentId(1)).await.unwrap();
    running.stop().await;

    // After a start her program connects by its token, which tells where she is.
    let running = start(config).await.unwrap();
    let mut request = running.agent_url().into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    let mut socket = Socket { ws: connect_async(request).await.unwrap().0 };
    socket.send(&Agent::hello(&token, Seq(0))).await;
    socket
        .until(|frame: &ServerFrame| matches!(frame, ServerFrame::CaughtUp { .. }).then_some(()))
        .await;
    for guesser in ["198.51.100.1", "198.51.100.2"] {
        assert_eq!(tries_from(&running, guesser, "guessed at").await, 401);
    }
    assert_eq!(tries_from(&running, "198.51.100.3", "guessed at").await, 429);
    assert_eq!(tries_from(&running, "192.0.2.1", PASSWORD).await, 200);
    running.stop().await;
}

#[tokio::test]
async fn a_token_expires_and_the_line_it_opened_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.token_lifetime = Duration::from_secs(5);
    let running = with_password(config).await;
    let signed_in = sign_in(&running, "mina@shop.example", PASSWORD).await.unwrap();
    let mut socket = opens(&running, &signed_in.token).await.unwrap();
    assert_eq!(rejection(&mut socket).await, Rejection::BadToken);
    assert_eq!(opens(&running, &signed_in.token).await.map(|_| ()), Err(Rejection::BadToken));
    running.stop().await;
}
