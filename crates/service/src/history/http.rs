//! `GET /history`, `GET /history/<chat>`, `GET /history/export` and `GET /history/figures`, for agents
//! with a token.
//!
//! Invariants: an export is read and sent page by page, however long it is; what asks here never
//! takes all readers of the journal, so that lines that catch up do not wait for a search; what is
//! sent is never shown by a browser as a page of this origin.

use super::forms::Writer;
use crate::{
    hub::{HubHandle, Job},
    journal::{JournalError, JournalReader, Place, Wanted, row_of},
    sign_in::{json, token_of},
    sockets::{
        Sockets,
        agent::{bearer, from_a_page},
        line::Ended,
    },
};
use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    AgentId, Permission,
    frame::Rejection,
    limits::{RECORDS_PER_EXPORT, RECORDS_PER_PAGE, SEARCH_CHARS},
    record::{FiguresQuery, Record, RecordId, RecordPage, RecordQuery, RecordRefusal},
};
use futures_util::stream::try_unfold;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Readers of the journal that the history may use at one time.
pub(crate) const AT_ONCE: usize = 2;
/// Whole records that are read and sent together.
const PIECE: u32 = 50;

/// One page of records.
pub(crate) async fn list(State(sockets): State<Sockets>, headers: HeaderMap, uri: Uri) -> Response {
    let answer = async {
        allowed(&sockets, &headers, Permission::ViewPastChats).await?;
        let wanted = wanted(&uri)?;
        let limit = wanted.query.limit.unwrap_or(RECORDS_PER_PAGE);
        let _turn = turn(&sockets.history).await?;
        let mut records = sockets.reader.records(&wanted, limit + 1).await.map_err(storage)?;
        let more = records.len() > limit as usize;
        records.truncate(limit as usize);
        for record in &mut records {
            record.origin.path.clear();
        }
        know(&sockets.hub, &mut records.iter_mut().collect::<Vec<_>>()).await?;
        let last = records.last().filter(|_| more);
        let next = last.map(|last| place(last).to_string());
        Ok(RecordPage { records, next })
    };
    match refuse_pages(&headers) {
        Some(refused) => refused,
        None => answer.await.map_or_else(refused, |page| json(StatusCode::OK, &page)),
    }
}

/// One chat, with everything that was said.
pub(crate) async fn one(
    State(sockets): State<Sockets>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let answer = async {
        allowed(&sockets, &headers, Permission::ViewPastChats).await?;
        let id = id.parse().map_err(|_| RecordRefusal::BadRequest)?;
        let wanted = Wanted { ids: Some(vec![id]), ..Wanted::default() };
        let _turn = turn(&sockets.history).await?;
        let found = sockets.reader.whole_records(&wanted, 1).await.map_err(storage)?;
        let found = found.into_iter().next();
        let mut found = found.ok_or(RecordRefusal::NoSuchRecord { id })?;
        know(&sockets.hub, &mut [&mut found.record]).await?;
        Ok(found)
    };
    match refuse_pages(&headers) {
        Some(refused) => refused,
        None => answer.await.map_or_else(refused, |whole| json(StatusCode::OK, &whole)),
    }
}

/// One or many chats as a file.
pub(crate) async fn export(
    State(sockets): State<Sockets>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let answer = async {
        allowed(&sockets, &headers, Permission::ViewPastChats).await?;
        let mut wanted = wanted(&uri)?;
        let form = wanted.query.form.take().unwrap_or_default();
        let first = turn(&sockets.history).await?;
        let count = sockets.reader.count_records(&wanted).await.map_err(storage)?;
        if count > RECORDS_PER_EXPORT {
            return Err(RecordRefusal::TooMany { count, limit: RECORDS_PER_EXPORT });
        }
        let writer = Writer::new(form);
        let (kind, name) = writer.kind();
        let (reader, hub) = (sockets.reader.clone(), sockets.hub.clone());
        drop(first);
        let turns = sockets.history.clone();
        let export = Export { reader, hub, wanted, writer, at: At::Begin, turns };
        let headers = [
            (CONTENT_TYPE, kind.to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
            (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (CACHE_CONTROL, "no-store".to_owned()),
        ];
        let body = Body::from_stream(try_unfold(export, Export::next));
        Ok((headers, body).into_response())
    };
    match refuse_pages(&headers) {
        Some(refused) => refused,
        None => answer.await.unwrap_or_else(refused),
    }
}

/// What many chats come to.
pub(crate) async fn figures(
    State(sockets): State<Sockets>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let answer = async {
        allowed(&sockets, &headers, Permission::AccessAnalytics).await?;
        let query = Query::<FiguresQuery>::try_from_uri(&uri);
        let Query(query) = query.map_err(|_| RecordRefusal::BadRequest)?;
        let FiguresQuery { from, to, agent, department } = query;
        let query = RecordQuery { from, to, agent, department, ..RecordQuery::default() };
        let _turn = turn(&sockets.history).await?;
        sockets.reader.figures(&Wanted { query, ..Wanted::default() }).await.map_err(storage)
    };
    match refuse_pages(&headers) {
        Some(refused) => refused,
        None => answer.await.map_or_else(refused, |figures| json(StatusCode::OK, &figures)),
    }
}

/// An export on its way.
struct Export {
    reader: JournalReader,
    hub: HubHandle,
    wanted: Wanted,
    writer: Writer,
    at: At,
    /// It has a turn for each piece, and none while one is on its way: whoever takes it slowly keeps
    /// nobody waiting.
    turns: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Begin,
    Records,
    End,
    Over,
}

impl Export {
    /// The next piece of the file. A failure breaks the file off, so that nobody takes a part for
    /// the whole.
    async fn next(mut self) -> Result<Option<(String, Self)>, BrokenOff> {
        let piece = match self.at {
            At::Begin => {
                self.at = At::Records;
                self.writer.begin()
            }
            At::Records => {
                let _turn = turn(&self.turns).await?;
                let mut records = self.reader.whole_records(&self.wanted, PIECE).await?;
                let mut known: Vec<_> = records.iter_mut().map(|whole| &mut whole.record).collect();
                know(&self.hub, &mut known).await?;
                self.wanted.after = records.last().map(|last| place(&last.record));
                if records.len() < PIECE as usize {
                    self.at = At::End;
                }
                let mut piece = String::new();
                for whole in &records {
                    piece.push_str(&self.writer.one(whole).map_err(JournalError::from)?);
                }
                piece
            }
            At::End => {
                self.at = At::Over;
                self.writer.end()
            }
            At::Over => return Ok(None),
        };
        Ok(Some((piece, self)))
    }
}

/// Why an export ends before its end.
#[derive(Debug, thiserror::Error)]
enum BrokenOff {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Refused(#[from] RecordRefusal),
}

/// Adds what is written down of the visitors.
async fn know(hub: &HubHandle, records: &mut [&mut Record]) -> Result<(), RecordRefusal> {
    let visitors = records.iter().map(|record| record.visitor.id.clone()).collect();
    let contacts = hub.ask(|answer| Job::ContactsOf { visitors, answer }).await;
    let contacts = contacts.map_err(|_| RecordRefusal::StorageUnavailable)?;
    for (record, contact) in records.iter_mut().zip(contacts) {
        record.visitor.contact = contact;
    }
    Ok(())
}

fn place(record: &Record) -> Place {
    Place { ended_at: record.ended_at.0, row: row_of(record.id) }
}

/// Which records, or that this cannot be read.
fn wanted(uri: &Uri) -> Result<Wanted, RecordRefusal> {
    let bad = |_| RecordRefusal::BadRequest;
    let Query(query) =
        Query::<RecordQuery>::try_from_uri(uri).map_err(|_| RecordRefusal::BadRequest)?;
    let too_long = query.text.as_ref().is_some_and(|text| text.chars().count() > SEARCH_CHARS);
    let limit = query.limit.unwrap_or(1);
    if too_long || limit == 0 || limit > RECORDS_PER_PAGE {
        return Err(RecordRefusal::BadRequest);
    }
    let after = query.after.as_deref().map(str::parse).transpose().map_err(bad)?;
    let ids = query.ids.as_deref().map(|ids| ids.split(',').map(str::parse).collect());
    let ids: Option<Vec<RecordId>> = ids.transpose().map_err(bad)?;
    Ok(Wanted { query, ids, after })
}

async fn allowed(
    sockets: &Sockets,
    headers: &HeaderMap,
    permission: Permission,
) -> Result<AgentId, RecordRefusal> {
    let token = token_of(headers).ok_or(RecordRefusal::BadToken)?;
    let agent = match bearer(sockets, &crate::journal::token_hash(token)).await {
        Ok(bearer) => bearer.agent,
        Err(Ended::Reject(Rejection::BadToken)) => return Err(RecordRefusal::BadToken),
        Err(_) => return Err(RecordRefusal::StorageUnavailable),
    };
    let may = sockets.hub.ask(|answer| Job::May { agent, permission, answer }).await;
    match may {
        Ok(true) => Ok(agent),
        Ok(false) => {
            let permission = permission.name().to_owned();
            Err(RecordRefusal::NotPermitted { permission })
        }
        Err(_) => Err(RecordRefusal::StorageUnavailable),
    }
}

async fn turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, RecordRefusal> {
    turns.clone().acquire_owned().await.map_err(|_| RecordRefusal::StorageUnavailable)
}

fn storage(error: JournalError) -> RecordRefusal {
    tracing::warn!(%error, "the history cannot be read");
    RecordRefusal::StorageUnavailable
}

fn refuse_pages(headers: &HeaderMap) -> Option<Response> {
    let why = "web pages do not read the history\n";
    from_a_page(headers).then(|| (StatusCode::FORBIDDEN, why).into_response())
}

fn refused(refusal: RecordRefusal) -> Response {
    let status = match refusal {
        RecordRefusal::BadToken => StatusCode::UNAUTHORIZED,
        RecordRefusal::NotPermitted { .. } => StatusCode::FORBIDDEN,
        RecordRefusal::NoSuchRecord { .. } => StatusCode::NOT_FOUND,
        RecordRefusal::BadRequest => StatusCode::BAD_REQUEST,
        RecordRefusal::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        RecordRefusal::StorageUnavailable | RecordRefusal::Unknown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    json(status, &refusal)
}
