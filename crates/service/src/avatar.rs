//! Agents' pictures: `PUT /avatar` takes one, `GET /avatar/…` gives it to visitors' browsers.
//!
//! Invariant: what is served was drawn by this program. What was sent is decoded, made small and
//! written anew, so that no byte of it reaches a browser, whatever it says it is.

use crate::{
    buckets::Buckets,
    clock::Clock,
    config::Rate,
    hub::Job,
    journal::token_hash,
    sockets::{Sockets, agent::from_a_page},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Path, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    AgentId, Timestamp,
    limits::{AVATAR_BYTES, AVATAR_SIDE},
    people::Avatar,
};
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};
use sha2::{Digest, Sha256};
use std::{
    io::Cursor,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Pixels on each side of what is served: twice what is advised, for dense screens.
const SERVED_SIDE: u32 = 100;
/// Bytes that decoding may take.
const DECODED_BYTES: u64 = 64 * 1024 * 1024;

/// Pictures that one agent may send.
const RATE: Rate = Rate { at_once: 10.0, per_second: 0.01 };
/// Pictures drawn at one time.
const AT_ONCE: usize = 2;
/// Characters of a picture's name, all of them hexadecimal digits.
const NAME_CHARS: usize = 32;

/// Where pictures are drawn: so many of each agent, and few at one time.
#[derive(Debug)]
pub(crate) struct Easel {
    sent: Mutex<(Clock, Buckets<AgentId>)>,
    room: Arc<Semaphore>,
}

impl Easel {
    pub(crate) fn new() -> Self {
        let sent = (Clock::starting_at(Timestamp(0)), Buckets::new(RATE));
        Self { sent: Mutex::new(sent), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// One more picture of this agent.
    fn counted(&self, agent: AgentId) -> Result<(), NotTaken> {
        // A panic while it was held left whole counts behind.
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let (clock, buckets) = &mut *sent;
        let taken = buckets.take(agent, clock.now());
        taken.map_err(|wait| NotTaken::TooFast { retry_for_ms: wait.unsigned_abs() })
    }

    /// The picture as it is served; see [`drawn`].
    async fn draws(&self, bytes: Bytes) -> Option<Avatar> {
        // It goes along, so that nobody who hangs up makes room for another one.
        let permit = self.room.clone().acquire_owned().await.ok()?;
        let drawing = spawn_blocking(move || {
            let avatar = drawn(&bytes);
            drop(permit);
            avatar
        });
        drawing.await.ok().flatten()
    }
}

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    TooFast { retry_for_ms: u64 },
    StorageUnavailable,
}

/// Answers `PUT /avatar`.
pub(crate) async fn put(
    State(sockets): State<Sockets>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if from_a_page(&headers) {
        return code(StatusCode::FORBIDDEN, "forbidden");
    }
    let agent = match bearer(&sockets, &headers).await {
        Ok(agent) => agent,
        Err(response) => return response,
    };
    if let Err(why) = sockets.easel.counted(agent) {
        return not_taken(why);
    }
    let read = timeout(sockets.tuning.request_timeout, to_bytes(body, AVATAR_BYTES)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return code(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Err(_) => return code(StatusCode::REQUEST_TIMEOUT, "too_slow"),
    };
    let Some(avatar) = sockets.easel.draws(body).await else {
        return code(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_picture");
    };
    let name = avatar.name.clone();
    match sockets.hub.ask(|answer| Job::SetAvatar { agent, avatar, answer }).await {
        Ok(Ok(())) => {
            let form = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
            (form, format!("{{\"avatar\":\"{name}\"}}\n")).into_response()
        }
        Ok(Err(why)) => not_taken(why),
        Err(_) => not_taken(NotTaken::StorageUnavailable),
    }
}

fn not_taken(why: NotTaken) -> Response {
    match why {
        NotTaken::TooFast { retry_for_ms } => {
            let mut response = code(StatusCode::TOO_MANY_REQUESTS, "too_fast");
            let seconds = HeaderValue::from(retry_for_ms.div_ceil(1000));
            response.headers_mut().insert(RETRY_AFTER, seconds);
            response
        }
        NotTaken::StorageUnavailable => {
            code(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable")
        }
    }
}

/// Answers `GET /avatar/{name}`. A name is another with every picture, so it may be kept.
pub(crate) async fn get(State(sockets): State<Sockets>, Path(name): Path<String>) -> Response {
    let is_name = name.len() == NAME_CHARS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let picture = is_name.then(|| sockets.hub.picture(&name)).flatten();
    let Some(picture) = picture else { return code(StatusCode::NOT_FOUND, "no_picture") };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400, immutable")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ];
    (headers, picture).into_response()
}

async fn bearer(sockets: &Sockets, headers: &HeaderMap) -> Result<AgentId, Response> {
    let said = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = said.and_then(|said| said.strip_prefix("Bearer ")).map(str::trim);
    let unknown = || code(StatusCode::UNAUTHORIZED, "bad_token");
    let token = token.ok_or_else(unknown)?;
    match sockets.reader.bearer(&token_hash(token)).await {
        Ok(Some(bearer)) if !bearer.has_expired(Clock::starting_at(Timestamp(0)).now()) => {
            Ok(bearer.agent)
        }
        Ok(_) => Err(unknown()),
        Err(error) => {
            tracing::warn!(%error, "a token could not be looked up");
            Err(code(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable"))
        }
    }
}

/// The picture as it is served, where the bytes are a picture of one of three kinds.
fn drawn(bytes: &[u8]) -> Option<Avatar> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let format = reader.format()?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(AVATAR_SIDE);
    limits.max_image_height = Some(AVATAR_SIDE);
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    let small = picture.resize_to_fill(SERVED_SIDE, SERVED_SIDE, FilterType::Triangle).to_rgba8();
    let mut png = Vec::new();
    small.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).ok()?;
    let name = hex::encode(&Sha256::digest(&png)[..16]);
    Some(Avatar { name, png: hex::encode(png) })
}

fn code(status: StatusCode, code: &str) -> Response {
    let form = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, form, format!("{{\"code\":\"{code}\"}}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbaImage;

    fn encoded(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let picture = image::DynamicImage::from(RgbaImage::new(width, height)).to_rgb8();
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn domain_1_a_picture_is_drawn_anew_whatever_kind_it_was() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
            let mut bytes = encoded(format, 50, 80);
            bytes.extend(b"<script>alert(1)</script>");
            let avatar = drawn(&bytes).unwrap();
            let png = hex::decode(&avatar.png).unwrap();
            assert!(!png.windows(8).any(|part| part == b"<script>"), "{format:?}");
            let again = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
            assert_eq!((again.width(), again.height()), (SERVED_SIDE, SERVED_SIDE));
        }
    }

    #[tokio::test]
    async fn no_picture_is_drawn_where_there_is_no_room_and_each_agent_sends_only_some() {
        let easel = Easel::new();
        let picture = Bytes::from(encoded(ImageFormat::Png, 50, 50));
        assert!(easel.draws(picture.clone()).await.is_some());
        assert_eq!(easel.room.available_permits(), AT_ONCE, "it is given back");
        easel.room.close();
        assert_eq!(easel.draws(picture).await, None);
        let (mina, hana) = (AgentId(1), AgentId(2));
        assert!((0..10).all(|_| easel.counted(mina).is_ok()));
        assert!(matches!(easel.counted(mina), Err(NotTaken::TooFast { .. })));
        assert_eq!(easel.counted(hana), Ok(()));
    }

    #[test]
    fn bad_input_what_is_no_small_picture_is_none() {
        assert_eq!(drawn(b""), None);
        assert_eq!(drawn(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), None);
        assert_eq!(drawn(b"\x89PNG\r\n\x1a\nand nothing more"), None);
        let whole = encoded(ImageFormat::Png, 60, 60);
        assert_eq!(drawn(&whole[..whole.len() / 2]), None);
        assert_eq!(drawn(&encoded(ImageFormat::Png, AVATAR_SIDE + 1, 1)), None);
    }
}
