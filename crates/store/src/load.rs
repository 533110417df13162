//! Reading what the engine begins with.
//!
//! Invariant: the work grows with the chats that are not over, never with the history.

use crate::error::StoreError;
use bellhop_model::{
    Agent, AgentId, Chat, ChatId, PersonalSettings, Seq, Timestamp, TranscriptLine,
    stored::{OutboxRow, Stored},
};
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;
use std::fmt::Display;

/// Reads everything, through the writer's connection: between two transactions, so it is one
/// state of both files.
pub(crate) async fn everything(writer: &mut SqliteConnection) -> Result<Stored, StoreError> {
    let mut stored = mirror(writer).await?;
    let own = own(writer, false).await?;
    stored.outbox = own.outbox;
    stored.drafts = own.drafts;
    stored.settings = own.settings;
    stored.workspace = own.workspace.or(stored.workspace);
    stored.me = own.me.or(stored.me);
    stored.alerted = own.alerted;
    Ok(stored)
}

/// Reads the mirror: `main` of `connection`.
pub(crate) async fn mirror(connection: &mut SqliteConnection) -> Result<Stored, StoreError> {
    let agents: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, body FROM agent").fetch_all(&mut *connection).await?;
    let mut agents = agents
        .into_iter()
        .map(|(id, body)| read(&body, format_args!("agent {id}")))
        .collect::<Result<Vec<Agent>, _>>()?;
    agents.sort_by_key(|agent| agent.id);

    let cursor: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM cursor").fetch_optional(&mut *connection).await?;
    let as_of: Option<i64> =
        sqlx::query_scalar("SELECT at FROM as_of").fetch_optional(&mut *connection).await?;
    Ok(Stored {
        workspace: sqlx::query_as("SELECT id, name FROM main.workspace")
            .fetch_optional(&mut *connection)
            .await?,
        me: me(connection, "SELECT agent_id FROM main.me").await?,
        cursor: Seq(cursor.unwrap_or_default().cast_unsigned()),
        as_of: as_of.map(Timestamp),
        unknown_to: sqlx::query_scalar("SELECT program FROM unknown_to")
            .fetch_optional(&mut *connection)
            .await?,
        agents,
        had_chats: sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM had_chats)")
            .fetch_one(&mut *connection)
            .await?,
        chats: present_chats(connection).await?,
        ..Stored::default()
    })
}

async fn present_chats(connection: &mut SqliteConnection) -> Result<Vec<Chat>, StoreError> {
    let heads: Vec<(i64, String)> = sqlx::query_as("SELECT id, head FROM chat WHERE past = 0")
        .fetch_all(&mut *connection)
        .await?;
    let mut chats = heads
        .into_iter()
        .map(|(id, head)| read(&head, format_args!("chat {}", id.cast_unsigned())))
        .collect::<Result<Vec<Chat>, _>>()?;
    chats.sort_by_key(|chat| chat.id);

    // The outer loop is the few chats, whatever the planner believes about the table's size.
    let lines: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT line.chat_id, line.seq, line.body FROM chat CROSS JOIN line
         ON line.chat_id = chat.id WHERE chat.past = 0 ORDER BY line.chat_id, line.seq",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (chat_id, seq, body) in lines {
        let chat_id = ChatId(chat_id.cast_unsigned());
        let line = line(&body, chat_id, seq)?;
        if let Ok(at) = chats.binary_search_by_key(&chat_id, |chat| chat.id) {
            chats[at].transcript.push(line);
        }
    }
    for chat in &mut chats {
        chat.transcript.sort_by_key(|line| line.seq);
    }
    Ok(chats)
}

/// Reads the agent's own rows: from the writer's connection, or from one to `own.db` alone. There
/// `own_is_main`.
pub(crate) async fn own(
    connection: &mut SqliteConnection,
    own_is_main: bool,
) -> Result<Stored, StoreError> {
    let (workspace, me_sql) = if own_is_main {
        ("SELECT id, name FROM main.workspace", "SELECT agent_id FROM main.me")
    } else {
        ("SELECT id, name FROM own.workspace", "SELECT agent_id FROM own.me")
    };
    let outbox: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT id, body FROM outbox ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    let drafts: Vec<(i64, String)> =
        sqlx::query_as("SELECT chat_id, text FROM draft").fetch_all(&mut *connection).await?;
    let settings: Option<String> =
        sqlx::query_scalar("SELECT body FROM settings").fetch_optional(&mut *connection).await?;
    let alerted: Vec<(i64, i64)> = sqlx::query_as("SELECT chat_id, waiting_since FROM alerted")
        .fetch_all(&mut *connection)
        .await?;
    let mut stored = Stored {
        workspace: sqlx::query_as(workspace).fetch_optional(&mut *connection).await?,
        me: me(connection, me_sql).await?,
        outbox: outbox.iter().map(|(id, body)| outbox_row(id, body)).collect::<Result<_, _>>()?,
        drafts: drafts.into_iter().map(|(id, text)| (ChatId(id.cast_unsigned()), text)).collect(),
        settings: match settings {
            Some(body) => read(&body, "the settings")?,
            None => PersonalSettings::default(),
        },
        alerted: alerted
            .into_iter()
            .map(|(id, since)| (ChatId(id.cast_unsigned()), Timestamp(since)))
            .collect(),
        ..Stored::default()
    };
    stored.drafts.sort();
    stored.alerted.sort();
    Ok(stored)
}

async fn me(
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<Option<AgentId>, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(sql).fetch_optional(connection).await?;
    Ok(id.map(|id| AgentId(id.cast_unsigned())))
}

/// One row of the outbox.
pub(crate) fn outbox_row(id: &[u8], body: &str) -> Result<OutboxRow, StoreError> {
    read(body, format_args!("row {} of the outbox", hex::encode(id)))
}

/// One line of a transcript.
pub(crate) fn line(body: &str, chat_id: ChatId, seq: i64) -> Result<TranscriptLine, StoreError> {
    read(body, format_args!("line {} of chat {chat_id}", seq.cast_unsigned()))
}

/// Reads a row's JSON; `row` names it where that fails.
pub(crate) fn read<T: DeserializeOwned>(body: &str, row: impl Display) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::unreadable_row(row, &error))
}
