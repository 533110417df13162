//! The service over HTTP: the two sockets, the widget's script, the demonstration site.
//!
//! The script may be included by any page; everything else is for this origin only and says so in
//! its headers.

use crate::{
    address::Address,
    assets::{Asset, SITE, WIDGET},
    avatar,
    files::http as files,
    history::http as history,
    hub::Job,
    sign_in::{sign_in, sign_out},
    sockets::{Sockets, agent::agent_socket, visitor::visitor_socket},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post, put},
};
use sha2::{Digest, Sha256};

/// The widget puts a style element into its shadow root and speaks to its WebSocket; WebKit does
/// not count `ws:` of the same host as 'self'.
const SITE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self' ws: wss:; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

pub(crate) const RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// All routes. The site and the numbers are there only where they are asked for.
pub(crate) fn router(sockets: Sockets, demo_site: bool, numbers: bool) -> Router {
    let mut asked = Router::new()
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/avatar", put(avatar::put))
        .route("/avatar/{name}", get(avatar::get))
        .route("/file/{id}", get(files::get).put(files::put).options(files::ask))
        .route("/file-pass", post(files::pass).options(files::ask))
        .route("/history", get(history::list))
        .route("/history/export", get(history::export))
        .route("/history/figures", get(history::figures))
        .route("/history/{id}", get(history::one));
    if numbers {
        asked = asked.route("/metrics", get(metrics));
    }
    let mut router = Router::new()
        .merge(asked.route_layer(from_fn_with_state(sockets.clone(), share)))
        .route("/agent", get(agent_socket))
        .route("/visitor", get(visitor_socket))
        .route("/healthz", get(healthz))
        .route(WIDGET.path, get(|headers: HeaderMap| async move { widget(&headers) }));
    if demo_site {
        for asset in SITE {
            let serve = move |headers: HeaderMap| async move { site(asset, &headers) };
            router = router.route(asset.path, get(serve));
        }
    }
    router
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here\n") })
        .with_state(sockets)
}

/// No address asks more than its share.
async fn share(
    State(sockets): State<Sockets>,
    address: Address,
    request: Request,
    next: Next,
) -> Response {
    match sockets.asks(address) {
        Ok(()) => next.run(request).await,
        Err(too_fast) => too_fast.into_response(),
    }
}

/// Whether the service does its work, and not only listens.
async fn healthz(State(sockets): State<Sockets>) -> (StatusCode, &'static str) {
    if !sockets.hub.is_alive() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopped\n")
    } else if sockets.metrics.storage_fails() {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "storage: the journal cannot be used; tried every second\n",
        )
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// The numbers for Prometheus.
async fn metrics(State(sockets): State<Sockets>) -> Response {
    match sockets.hub.ask(|answer| Job::Numbers { answer }).await {
        Ok(now) => {
            let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            ([(CONTENT_TYPE, form)], sockets.metrics.written(now)).into_response()
        }
        Err(stopped) => (StatusCode::SERVICE_UNAVAILABLE, format!("{stopped}\n")).into_response(),
    }
}

fn widget(headers: &HeaderMap) -> Response {
    let mut response = file(&WIDGET, headers, "public, max-age=300");
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

fn site(asset: &Asset, headers: &HeaderMap) -> Response {
    let mut response = file(asset, headers, "no-cache");
    let answer = response.headers_mut();
    answer.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SITE_POLICY));
    answer.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    answer.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    answer.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The file, or word that the browser's copy is still right.
fn file(asset: &Asset, headers: &HeaderMap, caching: &'static str) -> Response {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(asset.bytes)[..12]));
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.is_some_and(|list| list.split(',').any(|tag| tag.trim() == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content_type = [(CONTENT_TYPE, HeaderValue::from_static(asset.content_type))];
        (content_type, asset.bytes).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(ETAG, etag);
    }
    response
}
