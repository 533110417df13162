//! The history: ended chats page by page, and one transcript.
//!
//! Invariant: a page costs its own rows and nothing else, at a thousand chats and at a million
//! messages: it is read from an index in its order, and what it lists stands beside the chat.

use crate::{error::StoreError, load};
use bellhop_model::{
    Chat, ChatId, Timestamp,
    history::{HistoryCursor, HistoryEntry, HistoryPage},
    rules,
    view::HistoryChat,
};
use sqlx::{Connection, SqliteConnection};

/// Rows on one page at most, whatever is asked for.
const PAGE_ROWS: u32 = 500;
/// Characters of the first words that a row shows.
const FIRST_WORDS_CHARS: usize = 160;

macro_rules! entries {
    ($condition:literal) => {
        concat!(
            "SELECT chat.id, chat.ended_at, chat.head, summary.messages, summary.first_words,
             (SELECT json_group_array(name) FROM (
                 SELECT name FROM joined WHERE joined.chat_id = chat.id ORDER BY seq))
             FROM chat LEFT JOIN summary ON summary.chat_id = chat.id WHERE chat.past = 1",
            $condition
        )
    };
}

const FIRST_PAGE: &str = entries!(" ORDER BY chat.ended_at DESC, chat.id DESC LIMIT ?1");
const NEXT_PAGE: &str = entries!(
    " AND (chat.ended_at, chat.id) < (?2, ?3) ORDER BY chat.ended_at DESC, chat.id DESC LIMIT ?1"
);
const ONE: &str = entries!(" AND chat.id = ?1");

type Row = (i64, i64, String, Option<i64>, Option<String>, String);

/// The page after `before`, newest first.
pub(crate) async fn page(
    reader: &mut SqliteConnection,
    before: Option<HistoryCursor>,
    limit: u32,
) -> Result<HistoryPage, StoreError> {
    let limit = limit.clamp(1, PAGE_ROWS);
    // One row more tells whether there is a next page.
    let rows: Vec<Row> = match before {
        None => sqlx::query_as(FIRST_PAGE).bind(limit + 1).fetch_all(reader).await?,
        Some(cursor) => {
            sqlx::query_as(NEXT_PAGE)
                .bind(limit + 1)
                .bind(cursor.ended_at.0)
                .bind(cursor.chat_id.0.cast_signed())
                .fetch_all(reader)
                .await?
        }
    };
    let more = rows.len() > limit as usize;
    let entries = rows
        .into_iter()
        .take(limit as usize)
        .map(|row| Ok(entry(row)?.0))
        .collect::<Result<Vec<HistoryEntry>, StoreError>>()?;
    let next = entries
        .last()
        .filter(|_| more)
        .map(|last| HistoryCursor { ended_at: last.ended_at, chat_id: last.chat_id });
    Ok(HistoryPage { entries, next })
}

/// One chat of the history with its transcript; `None` where the history has no such chat.
pub(crate) async fn chat(
    reader: &mut SqliteConnection,
    chat_id: ChatId,
) -> Result<Option<HistoryChat>, StoreError> {
    // One transaction: the entry and the lines are of the same moment.
    let mut reader = reader.begin().await?;
    let row: Option<Row> =
        sqlx::query_as(ONE).bind(chat_id.0.cast_signed()).fetch_optional(&mut *reader).await?;
    let Some(row) = row else { return Ok(None) };
    let (entry, chat) = entry(row)?;
    let lines: Vec<(i64, String)> =
        sqlx::query_as("SELECT seq, body FROM line WHERE chat_id = ?1 ORDER BY seq")
            .bind(chat_id.0.cast_signed())
            .fetch_all(&mut *reader)
            .await?;
    reader.rollback().await?;
    let lines = lines
        .into_iter()
        .map(|(seq, body)| load::line(&body, chat_id, seq))
        .collect::<Result<_, _>>()?;
    Ok(Some(HistoryChat { entry, visitor: chat.visitor, lines }))
}

fn entry(row: Row) -> Result<(HistoryEntry, Chat), StoreError> {
    let (id, ended_at, head, messages, first_words, agents) = row;
    let chat_id = ChatId(id.cast_unsigned());
    let chat: Chat = load::read(&head, format_args!("chat {chat_id}"))?;
    let entry = HistoryEntry {
        chat_id,
        visitor: chat.visitor.label(),
        state: chat.state,
        requested_at: chat.requested_at,
        ended_at: Timestamp(ended_at),
        ended_by: chat.ended_by,
        agents: load::read(&agents, format_args!("the agents of chat {chat_id}"))?,
        tags: chat.tags.clone(),
        first_words: rules::clean_line(&first_words.unwrap_or_default(), FIRST_WORDS_CHARS),
        messages: u32::try_from(messages.unwrap_or_default()).unwrap_or(u32::MAX),
    };
    Ok((entry, chat))
}
