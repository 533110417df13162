//! A file on its way to whoever may see it.
//!
//! Invariant: what is given says its type as it was looked into, and says of itself that no browser
//! may run it or guess at it; it goes out piece by piece, and a failure breaks it off.

use crate::{
    account::{KeptFile, Viewer},
    hub::Job,
    sockets::Sockets,
};
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
};
use bellhop_model::{FileId, file::FileRefusal};
use bellhop_sealed::stream::Opening;
use futures_util::stream::try_unfold;
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read as _},
};
use tokio::task::spawn_blocking;

/// Bytes that are read and sent together.
const PIECE: usize = 64 * 1024;

/// A file for whoever may see it, with all that is said of it.
pub(super) async fn given(
    sockets: &Sockets,
    viewer: Viewer,
    id: &str,
) -> Result<Response, FileRefusal> {
    let id = FileId::read(id).ok_or(FileRefusal::NoSuchFile)?;
    let file = id.clone();
    let kept = sockets.hub.ask(|answer| Job::FileAsked { viewer, file, answer }).await;
    let kept = kept.map_err(|_| FileRefusal::StorageUnavailable)??;
    let shelf = sockets.files.shelf().clone();
    let (opened, expected) = (id.clone(), kept.bytes);
    let opening = spawn_blocking(move || {
        let opening = shelf.open(&opened)?;
        let same = opening.size() == expected;
        if same { Ok(opening) } else { Err(io::Error::other("it has another length")) }
    });
    let opening = opening.await.map_err(io::Error::other).flatten();
    let opening = opening.map_err(|error| {
        tracing::error!(%error, file = %id, "a file that was sent cannot be read");
        FileRefusal::StorageUnavailable
    })?;
    let body = Body::from_stream(try_unfold(opening, piece));
    Ok((headers_of(&kept), body).into_response())
}

/// The next bytes of a file on its way. A failure breaks the answer off.
async fn piece(mut opening: Opening<File>) -> io::Result<Option<(Bytes, Opening<File>)>> {
    let read = spawn_blocking(move || {
        let mut bytes = vec![0; PIECE];
        let length = opening.read(&mut bytes)?;
        bytes.truncate(length);
        Ok::<_, io::Error>((Bytes::from(bytes), opening))
    });
    let (bytes, opening) = read.await.map_err(io::Error::other)??;
    Ok((!bytes.is_empty()).then_some((bytes, opening)))
}

fn headers_of(kept: &KeptFile) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, kept.kind.media_type()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "private, max-age=86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(crate::http::RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(CONTENT_LENGTH, kept.bytes.into());
    let disposition = disposition(&kept.name, kept.kind.is_picture());
    headers.extend(disposition.map(|said| (CONTENT_DISPOSITION, said)));
    headers
}

/// The name as headers say it (RFC 6266, RFC 8187): in ASCII for whoever knows nothing else, and as
/// it is.
fn disposition(name: &str, shown: bool) -> Option<HeaderValue> {
    let how = if shown { "inline" } else { "attachment" };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_.()[]+,=@!#$&".contains(c);
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            let _ = write!(whole, "%{byte:02X}");
        }
    }
    let said = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    HeaderValue::from_str(&said).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::FileKind::{self, Jpeg, Other, Pdf, Png, Text};

    fn said(name: &str, shown: bool) -> String {
        disposition(name, shown).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_name_is_said_in_both_ways_and_ends_no_header() {
        assert_eq!(
            said("달 항아리 (2).png", true),
            "inline; filename=\"_ ___ (2).png\"; \
             filename*=UTF-8''%EB%8B%AC%20%ED%95%AD%EC%95%84%EB%A6%AC%20%282%29.png"
        );
        let hostile = said("a\"; x=\"\r\nSet-Cookie: y.pdf", false);
        assert!(
            hostile.starts_with("attachment; filename=\"a__ x=___Set-Cookie_ y.pdf\"; "),
            "{hostile}"
        );
        assert_eq!(hostile.matches(['\r', '\n']).count(), 0);
        assert_eq!(hostile.matches('"').count(), 2);
    }

    #[test]
    fn what_is_given_says_what_it_is_and_that_it_is_not_run() {
        let kept = |kind: FileKind| KeptFile {
            chat_id: bellhop_model::ChatId(1),
            visitor_id: bellhop_model::VisitorId(String::new()),
            name: "a.txt".to_owned(),
            kind,
            bytes: 5,
        };
        for (kind, media_type, how) in [
            (Pdf, "application/pdf", "attachment"),
            (Png, "image/png", "inline"),
            (Jpeg, "image/jpeg", "inline"),
            (Text, "text/plain; charset=utf-8", "attachment"),
            (Other, "application/octet-stream", "attachment"),
        ] {
            let headers = headers_of(&kept(kind));
            assert_eq!(headers[CONTENT_TYPE], media_type);
            assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[CONTENT_LENGTH], "5");
            let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
            assert!(headers[CONTENT_DISPOSITION].to_str().unwrap().starts_with(how), "{kind:?}");
        }
    }
}
