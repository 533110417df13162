//! `PUT /file/<id>` takes a file, `GET /file/<id>` gives one, `POST /file-pass` gives what opens
//! files where no header can be sent.
//!
//! Invariant: visitors come from any page and say their key, agents' programs say their token and come
//! from no page; nobody else is answered. Left to others: bytes on their way in ([`super::intake`])
//! and out ([`super::give`]).

use super::{
    give::given,
    intake::{Landed, Patience, Said, drain},
};
use crate::{
    account::{FileFrom, Viewer},
    address::Address,
    clock::Clock,
    crowd::Place,
    hub::{FileAnswer, Job, Offer},
    journal::{Actor, token_hash},
    metrics::Who,
    sign_in::{json, token_of},
    sockets::{
        Sockets,
        agent::{bearer, from_a_page},
        line::Ended,
        visitor::visitor_id,
    },
};
use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, CONTENT_LENGTH,
            CONTENT_TYPE, RETRY_AFTER,
        },
    },
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    AgentId, CommandId, Timestamp,
    file::{FileQuery, FileRefusal},
    frame::Rejection,
    rules::FileName,
};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Answers a browser that asks whether a page may send a file here.
pub(crate) async fn ask() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    for_any_page((StatusCode::NO_CONTENT, headers).into_response())
}

/// Takes a file into a chat.
pub(crate) async fn put(
    State(sockets): State<Sockets>,
    address: Address,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let who = match Viewer::of(&sockets, &headers).await {
        Ok(who) => who,
        Err(refused) => return refused,
    };
    let Ok(id) = id.parse().map(CommandId) else { return refused(&FileRefusal::BadRequest) };
    // Whoever hangs up breaks the body off; what is on its way is brought to its end all the same.
    let taking = tokio::spawn(async move {
        let _open = sockets.open.clone();
        let whose = who.actor();
        let taken = take(&sockets, &who, (id, &uri), (&headers, address), body).await;
        if let Err(refusal) = &taken {
            sockets.metrics.file_refused(Who::from(&whose), refusal);
        }
        taken
    });
    match taking.await {
        Ok(Ok(())) => for_any_page(json(StatusCode::OK, &serde_json::json!({ "taken": id }))),
        Ok(Err(refusal)) => refused(&refusal),
        Err(_) => refused(&FileRefusal::StorageUnavailable),
    }
}

async fn take(
    sockets: &Sockets,
    who: &Viewer,
    (id, uri): (CommandId, &Uri),
    (headers, address): (&HeaderMap, Address),
    body: Body,
) -> Result<(), FileRefusal> {
    let files = &sockets.files;
    let patience = Patience {
        silence: sockets.tuning.request_timeout,
        all: sockets.tuning.upload_timeout,
        stopping: sockets.stopping.clone(),
    };
    let offered = async {
        let (from, name) = from_and_name(sockets, who, uri).await?;
        let length =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let (offer_from, offer_name) = (from.clone(), name.clone());
        let offer = |answer| Job::FileOffered { from: offer_from, id, name: offer_name, answer };
        let offer = sockets.hub.ask(offer).await.map_err(|_| FileRefusal::StorageUnavailable)??;
        if offer == Offer::TakenBefore {
            return Ok(None);
        }
        let limit = files.0.bytes;
        if length.is_some_and(|length: u64| length > limit) {
            return Err(FileRefusal::TooLarge { limit });
        }
        let is_nobody = address.is_local() && !sockets.tuning.loopback_is_limited;
        let counted = (!is_nobody && matches!(who, Viewer::Visitor(_))).then_some(address);
        let admitted = files.admit(&who.actor(), counted)?;
        Ok(Some((from, name, admitted)))
    };
    let (from, name, admitted) = match offered.await {
        Ok(Some(offered)) => offered,
        not_wanted => {
            drain(body, files.0.bytes, patience).await;
            return not_wanted.map(drop);
        }
    };
    let declared = headers.get(CONTENT_TYPE).and_then(|said| said.to_str().ok());
    let said = Said { name, declared: declared.unwrap_or_default().to_owned() };
    let landed = files.receive(said, counted(body, admitted.place.clone()), patience).await?;
    told(sockets, from, id, landed).await
}

/// The same body, whose bytes are counted as its address's.
fn counted(body: Body, place: Option<Arc<Place>>) -> Body {
    let Some(place) = place else { return body };
    let bytes = body.into_data_stream().inspect_ok(move |bytes| {
        // What is too much keeps the next upload waiting, and not this one.
        let _ = place.heard(bytes.len() as f64);
    });
    Body::from_stream(bytes)
}

/// The bytes are on the disk: the chat is told of them, or they go.
async fn told(
    sockets: &Sockets,
    from: FileFrom,
    id: CommandId,
    landed: Landed,
) -> Result<(), FileRefusal> {
    let Landed { name, file } = landed;
    let file_id = file.id.clone();
    let arrived = |answer| Job::FileArrived { from, id, name, file, answer };
    let answer = sockets.hub.ask(arrived).await;
    // Without an answer an event may speak of it or not: the next start knows.
    let unknown = |_| FileRefusal::StorageUnavailable;
    let FileAnswer { told, keep } = answer.map_err(unknown)?;
    let shelf = sockets.files.shelf().clone();
    let done =
        spawn_blocking(
            move || {
                if keep { shelf.keep(&file_id) } else { shelf.drop_arrived(&file_id) }
            },
        );
    match done.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, keep, "a file is put in order at the next start"),
        Err(error) => tracing::error!(%error, "putting a file in order broke off"),
    }
    told
}

/// Whose it is and what it is called, where both can be read.
async fn from_and_name(
    sockets: &Sockets,
    who: &Viewer,
    uri: &Uri,
) -> Result<(FileFrom, FileName), FileRefusal> {
    let query = Query::<FileQuery>::try_from_uri(uri).map_err(|_| FileRefusal::BadRequest)?;
    let Query(FileQuery { name, chat }) = query;
    let from = match (who, chat) {
        (Viewer::Visitor(visitor), None) => FileFrom::Visitor(visitor.clone()),
        (Viewer::Agent(agent), Some(chat)) => FileFrom::Agent { agent: *agent, chat },
        _ => return Err(FileRefusal::BadRequest),
    };
    match FileName::read(&name) {
        Some(name) => Ok((from, name)),
        None => {
            let viewer = who.clone();
            let rules = sockets.hub.ask(|answer| Job::FileRulesAsked { viewer, answer }).await;
            let rules = rules.map_err(|_| FileRefusal::StorageUnavailable)??;
            Err(FileRefusal::KindNotAllowed { allowed: rules.allowed() })
        }
    }
}

/// What opens a file beside the headers.
#[derive(Debug, Deserialize)]
struct PassQuery {
    pass: Option<String>,
}

/// Gives a file to whoever may see it.
pub(crate) async fn get(
    State(sockets): State<Sockets>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let pass = Query::<PassQuery>::try_from_uri(&uri).ok().and_then(|Query(query)| query.pass);
    let viewer = match pass {
        Some(pass) => match sockets.files.0.passes.read(&pass, now()) {
            Some(viewer) => viewer,
            None => return refused(&FileRefusal::BadToken),
        },
        None => match Viewer::of(&sockets, &headers).await {
            Ok(viewer) => viewer,
            Err(refused) => return refused,
        },
    };
    given(&sockets, viewer, &id).await.map_or_else(|refusal| refused(&refusal), for_any_page)
}

/// Gives a pass, with what may be sent.
pub(crate) async fn pass(State(sockets): State<Sockets>, headers: HeaderMap) -> Response {
    let viewer = match Viewer::of(&sockets, &headers).await {
        Ok(viewer) => viewer,
        Err(refused) => return refused,
    };
    let asker = viewer.clone();
    let rules = sockets.hub.ask(|answer| Job::FileRulesAsked { viewer: asker, answer }).await;
    match rules {
        Ok(Ok(rules)) => {
            let terms = sockets.files.terms(&viewer, &rules, now());
            for_any_page(json(StatusCode::OK, &terms))
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(_) => refused(&FileRefusal::StorageUnavailable),
    }
}

fn now() -> Timestamp {
    Clock::starting_at(Timestamp(0)).now()
}

impl Viewer {
    /// By the header `Authorization`: `Visitor <key>`, or `Bearer <token>` of an agent's program.
    async fn of(sockets: &Sockets, headers: &HeaderMap) -> Result<Self, Response> {
        let said = headers.get(AUTHORIZATION).and_then(|said| said.to_str().ok());
        let key = said.and_then(|said| said.strip_prefix("Visitor ")).map(str::trim);
        if let Some(key) = key {
            let visitor = visitor_id(key).map(Self::Visitor);
            return visitor.ok_or_else(|| refused(&FileRefusal::BadToken));
        }
        if from_a_page(headers) {
            return Err((StatusCode::FORBIDDEN, "web pages are no agents\n").into_response());
        }
        let agent = match token_of(headers) {
            Some(token) => agent_of(sockets, token).await,
            None => Err(FileRefusal::BadToken),
        };
        agent.map(Self::Agent).map_err(|refusal| refused(&refusal))
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Visitor(visitor) => Actor::Visitor(visitor.clone()),
            Self::Agent(agent) => Actor::Agent(*agent),
        }
    }
}

async fn agent_of(sockets: &Sockets, token: &str) -> Result<AgentId, FileRefusal> {
    match bearer(sockets, &token_hash(token)).await {
        Ok(bearer) => Ok(bearer.agent),
        Err(Ended::Reject(Rejection::BadToken)) => Err(FileRefusal::BadToken),
        Err(_) => Err(FileRefusal::StorageUnavailable),
    }
}

/// A page of any site may read the answer: what it says is for who knows a secret.
fn for_any_page(mut response: Response) -> Response {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn refused(refusal: &FileRefusal) -> Response {
    let status = match refusal {
        FileRefusal::BadToken => StatusCode::UNAUTHORIZED,
        FileRefusal::BadRequest => StatusCode::BAD_REQUEST,
        FileRefusal::NotAvailable
        | FileRefusal::NotInChat
        | FileRefusal::SendingOff
        | FileRefusal::NotPermitted { .. } => StatusCode::FORBIDDEN,
        FileRefusal::NoSuchChat { .. } | FileRefusal::NoSuchFile => StatusCode::NOT_FOUND,
        FileRefusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
        FileRefusal::ChatEnded | FileRefusal::LimitReached { .. } => StatusCode::CONFLICT,
        FileRefusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        FileRefusal::KindNotAllowed { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        FileRefusal::ContentDiffers | FileRefusal::Empty | FileRefusal::PictureTooLarge { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        FileRefusal::TooFast { .. } => StatusCode::TOO_MANY_REQUESTS,
        FileRefusal::StorageUnavailable | FileRefusal::Unknown => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = json(status, refusal);
    if let FileRefusal::TooFast { retry_for_ms } = refusal {
        let seconds = HeaderValue::from(retry_for_ms.div_ceil(1000));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    for_any_page(response)
}
