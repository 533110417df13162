//! What is served over plain HTTP.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_service::{Config, start};
use common::config;

fn client() -> reqwest::Client {
    // Nothing here is encrypted, but reqwest wants to know how it would be; a second answer is
    // the same as the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

async fn get(url: &str) -> reqwest::Response {
    client().get(url).send().await.unwrap()
}

#[tokio::test]
async fn the_widget_may_be_included_by_any_page_and_is_asked_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(config(dir.path())).await.unwrap();
    let url = format!("http://{}/widget.js", running.addr());
    let response = get(&url).await;
    let headers = response.headers().clone();
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(!response.bytes().await.unwrap().is_empty());
    let again = client().get(&url).header("if-none-match", &headers["etag"]);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(get(&format!("http://{}/healthz", running.addr())).await.status(), 200);
    assert_eq!(
        get(&format!("http://{}/", running.addr())).await.status(),
        404,
        "no site asked for"
    );
    assert_eq!(get(&format!("http://{}/agent", running.addr())).await.status(), 426);
    assert_eq!(running.site_url(), None);
    running.stop().await;
}

#[tokio::test]
async fn the_demonstration_site_is_served_with_strict_headers() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Config { demo_site: true, ..config(dir.path()) }).await.unwrap();
    let response = get(&running.site_url().unwrap()).await;
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-eval"), "{policy}");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let site = running.site_url().unwrap();
    assert_eq!(get(&format!("{site}../../etc/passwd")).await.status(), 404);
    running.stop().await;
}
