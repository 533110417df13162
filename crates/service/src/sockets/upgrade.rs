//! From an HTTP request to a WebSocket (RFC 6455, 4.2).
//!
//! Done here and not by axum's extractor because a line that ends for a frame of 10 MiB must still
//! tell why, and for that the bytes below the WebSocket are needed (see [`super::line`]).

use crate::door::Inside;
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
        },
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The bytes below a WebSocket.
pub(crate) type Io = TokioIo<Upgraded>;

/// A request that asks for a WebSocket.
#[derive(Debug)]
pub(crate) struct Upgrade {
    on: OnUpgrade,
    accept: String,
    inside: Option<Inside>,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let bad = |why| (StatusCode::BAD_REQUEST, why);
        if !names(&parts.headers, CONNECTION.as_str(), "upgrade")
            || !names(&parts.headers, UPGRADE.as_str(), "websocket")
        {
            return Err((StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket only"));
        }
        if parts.headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(bad("only version 13 of WebSocket is spoken here"));
        }
        let key =
            parts.headers.get(SEC_WEBSOCKET_KEY).ok_or(bad("the WebSocket key is missing"))?;
        let accept = derive_accept_key(key.as_bytes());
        let on = parts.extensions.remove::<OnUpgrade>();
        let on = on.ok_or(bad("this connection cannot become a WebSocket"))?;
        Ok(Self { on, accept, inside: parts.extensions.remove::<Inside>() })
    }
}

impl Upgrade {
    /// Answers the request and runs `then` on the connection once it is a WebSocket; it keeps the
    /// place at the door until it is done.
    pub(crate) fn answer<F>(
        self,
        then: impl FnOnce(Io, Option<Inside>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Ok(accept) = HeaderValue::from_str(&self.accept) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let Self { on, inside, .. } = self;
        tokio::spawn(async move {
            match on.await {
                // A task of its own, which has no room for what led here.
                Ok(io) => drop(tokio::spawn(then(TokioIo::new(io), inside))),
                Err(error) => tracing::debug!(%error, "a connection did not become a WebSocket"),
            }
        });
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// The header is a list that has this word.
fn names(headers: &HeaderMap, header: &str, word: &str) -> bool {
    let mut values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.any(|list| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(word)))
}
