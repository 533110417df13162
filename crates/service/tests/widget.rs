//! The visitor's widget in a real browser: the script as it is served, in pages of a site of
//! another origin, against a double of the service (`tests/widget/kit.js`) or the service itself.
//!
//! The checks are written in the pages' own language; each file of them is one run of Chromium.

#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

mod common;

use axum::{
    Router,
    extract::{Query, State},
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bellhop_model::{DepartmentId, Fact};
use bellhop_service::{AdminWish, Running};
use common::{Agent, agent, service};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// Longer than all checks of a file take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Chromium without what it does for its own sake.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--window-size=1100,900",
];

/// What became of one check.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    failed: Option<String>,
}

/// A page as a check wants it.
#[derive(Debug, Deserialize)]
struct Wanted {
    html: String,
    policy: String,
}

async fn page(Query(Wanted { html, policy }): Query<Wanted>) -> Response {
    let html = ([(CONTENT_TYPE, "text/html; charset=utf-8")], html);
    if policy.is_empty() {
        html.into_response()
    } else {
        ([(CONTENT_SECURITY_POLICY, policy)], html).into_response()
    }
}

async fn told(State(told): State<mpsc::Sender<Vec<Told>>>, body: String) {
    told.send(serde_json::from_str(&body).unwrap()).await.unwrap();
}

/// The site: pages as they are asked for, and the checks. Its origin.
async fn site(checks: &'static str) -> (String, mpsc::Receiver<Vec<Told>>) {
    let (sender, results) = mpsc::channel(1);
    let script = |text: &'static str| get(async move || ([(CONTENT_TYPE, JAVASCRIPT)], text));
    let html = "<!doctype html><meta charset=utf-8><title>Checks</title><body>\
                <script src=/kit.js></script><script src=/checks.js></script>\
                <script>runAll()</script>";
    let routes = Router::new()
        .route("/", get(async move || ([(CONTENT_TYPE, "text/html; charset=utf-8")], html)))
        .route("/kit.js", script(include_str!("widget/kit.js")))
        .route("/checks.js", script(checks))
        .route("/prepare.js", script("parent.prepare(window);"))
        .route("/page/{name}", get(page))
        .route("/told", post(told))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (origin, results)
}

/// The Chromium to use; `CHROMIUM_BIN` names another.
fn browser() -> PathBuf {
    let named = std::env::var_os("CHROMIUM_BIN").map(PathBuf::from);
    let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    named
        .or_else(|| known.iter().map(PathBuf::from).find(|path| path.exists()))
        .expect("a Chromium is installed, or CHROMIUM_BIN names one")
}

/// A visitor's browser in Seoul that opens `url`; it ends with what is returned.
fn open(profile: &Path, url: &str, flags: &[&str]) -> Child {
    Command::new(browser())
        .args(FLAGS)
        .args(flags)
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .env("TZ", "Asia/Seoul")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Runs every check of a file against a service that serves the script.
async fn run(running: &Running, checks: &'static str, flags: &[&str]) {
    let (origin, mut results) = site(checks).await;
    let profile = tempfile::tempdir().unwrap();
    let url = format!("{origin}/?service=http://{}", running.addr());
    let mut browser = open(profile.path(), &url, flags);
    let told = timeout(PATIENCE, results.recv()).await.expect("the checks end").unwrap();
    browser.kill().await.unwrap();
    assert!(!told.is_empty(), "there are no checks");
    let failed: Vec<String> = told
        .iter()
        .filter_map(|Told { name, failed }| Some(format!("{name}: {}", failed.as_deref()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

async fn run_alone(checks: &'static str, flags: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    run(&running, checks, flags).await;
    running.stop().await;
}

/// What a site may say from its page.
#[tokio::test(flavor = "multi_thread")]
async fn domain_8_a_page_says_whom_the_next_request_is_for_and_what_they_must_be_able_to_do() {
    run_alone(include_str!("widget/page.js"), &[]).await;
}

/// The words of closing, bans and ratings, in both languages.
#[tokio::test(flavor = "multi_thread")]
async fn domain_5_10_and_12_what_a_visitor_is_told_of_hours_bans_and_ratings() {
    run_alone(include_str!("widget/words.js"), &[]).await;
}

/// The keyboard, screen readers, input methods, lost lines, several tabs, no storage, old pages.
#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_can_use_the_widget_whatever_the_page_the_browser_and_the_network_are() {
    run_alone(include_str!("widget/robust.js"), &[]).await;
}

/// Small windows, long words, other styles, dark pages.
#[tokio::test(flavor = "multi_thread")]
async fn the_widget_can_be_read_in_small_dark_and_styled_pages() {
    run_alone(include_str!("widget/looks.js"), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_does_not_move_where_less_motion_is_wanted() {
    run_alone(include_str!("widget/still.js"), &["--force-prefers-reduced-motion"]).await;
}

/// The service itself hears it.
#[tokio::test(flavor = "multi_thread")]
async fn domain_8_what_a_page_says_is_in_the_request_that_an_agent_gets() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let name = "Orders".to_owned();
    for wish in [
        AdminWish::PutDepartment { name: name.clone(), description: None },
        AdminWish::SetMembers { name, emails: vec!["mina@shop.example".to_owned()] },
    ] {
        running.admin(wish).await.unwrap();
    }
    let mut mina = Agent::connect(&running, &token).await;
    run(&running, include_str!("widget/real.js"), &[]).await;
    let department = mina.event(|event| match event.fact {
        Fact::DepartmentChosen { department_id, .. } => Some(department_id),
        _ => None,
    });
    assert_eq!(department.await, DepartmentId(1));
    let skills = mina.event(|event| match &event.fact {
        Fact::SkillsAsked { skills, .. } => Some(skills.clone()),
        _ => None,
    });
    assert_eq!(skills.await, ["korean", "glazes"]);
    running.stop().await;
}
