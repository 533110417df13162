//! What can still be read of the agent's own rows in a damaged file.
//!
//! Invariant: the damaged file is only read. Each table is walked from both ends until a page
//! cannot be read, so that one bad page costs the rows on it and no others.

use crate::{
    batch::{self, Batch},
    connect,
    error::StoreError,
    load,
};
use bellhop_model::{
    ChatId, CommandId, PersonalSettings, Timestamp,
    stored::{OutboxRow, StoreOp},
};
use bellhop_sealed::SealKey;
use futures_util::TryStreamExt;
use sqlx::{FromRow, SqliteConnection, sqlite::SqliteRow};
use std::{collections::BTreeMap, path::Path};

/// The rows that could be read.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    workspace: Option<(String, String)>,
    me: Option<i64>,
    settings: Option<PersonalSettings>,
    outbox: BTreeMap<CommandId, OutboxRow>,
    drafts: BTreeMap<i64, String>,
    alerted: BTreeMap<i64, i64>,
}

/// Reads what can be read of the own file at `path`.
pub(crate) async fn read(path: &Path, key: &SealKey) -> Rows {
    let mut rows = Rows::default();
    let file = (path, key);
    rows.workspace = walk(file, "SELECT id, name FROM workspace").await.pop();
    rows.me = walk(file, "SELECT agent_id FROM me").await.pop().map(|(id,)| id);
    let settings: Vec<(String,)> = walk(file, "SELECT body FROM settings").await;
    rows.settings = settings.iter().find_map(|(body,)| load::read(body, "the settings").ok());
    for sql in BOTH_WAYS_OUTBOX {
        let found: Vec<(Vec<u8>, String)> = walk(file, sql).await;
        let found = found.iter().filter_map(|(id, body)| load::outbox_row(id, body).ok());
        rows.outbox.extend(found.map(|row| (row.id, row)));
    }
    for sql in BOTH_WAYS_DRAFTS {
        rows.drafts.extend(walk::<(i64, String)>(file, sql).await);
    }
    for sql in BOTH_WAYS_ALERTED {
        rows.alerted.extend(walk::<(i64, i64)>(file, sql).await);
    }
    rows
}

impl Rows {
    /// How many there are, besides whose they are.
    pub(crate) fn len(&self) -> usize {
        self.outbox.len()
            + self.drafts.len()
            + self.alerted.len()
            + usize::from(self.settings.is_some())
    }

    /// Writes them into a fresh own file.
    pub(crate) async fn write(self, own: &mut SqliteConnection) -> Result<(), StoreError> {
        if let Some((id, name)) = &self.workspace {
            sqlx::query(batch::PUT_WORKSPACE[0]).bind(id).bind(name).execute(&mut *own).await?;
        }
        if let Some(agent_id) = self.me {
            sqlx::query(batch::PUT_ME[0]).bind(agent_id).execute(&mut *own).await?;
        }
        let mut ops: Vec<StoreOp> = Vec::with_capacity(self.len());
        ops.extend(self.settings.map(|settings| StoreOp::PutSettings { settings }));
        ops.extend(self.outbox.into_values().map(|row| StoreOp::PutOutbox { row }));
        ops.extend(
            self.drafts
                .into_iter()
                .map(|(id, text)| StoreOp::PutDraft { chat_id: ChatId(id.cast_unsigned()), text }),
        );
        ops.extend(self.alerted.into_iter().map(|(id, since)| StoreOp::PutAlerted {
            chat_id: ChatId(id.cast_unsigned()),
            waiting_since: Timestamp(since),
        }));
        batch::commit(own, std::iter::once(&Batch::new(ops)?)).await
    }
}

const BOTH_WAYS_OUTBOX: [&str; 2] =
    ["SELECT id, body FROM outbox ORDER BY id", "SELECT id, body FROM outbox ORDER BY id DESC"];
const BOTH_WAYS_DRAFTS: [&str; 2] = [
    "SELECT chat_id, text FROM draft ORDER BY chat_id",
    "SELECT chat_id, text FROM draft ORDER BY chat_id DESC",
];
const BOTH_WAYS_ALERTED: [&str; 2] = [
    "SELECT chat_id, waiting_since FROM alerted ORDER BY chat_id",
    "SELECT chat_id, waiting_since FROM alerted ORDER BY chat_id DESC",
];

/// The rows up to the first that cannot be read. A connection of its own, because one that has met
/// a bad page answers nothing more.
async fn walk<T>((path, key): (&Path, &SealKey), sql: &'static str) -> Vec<T>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let mut found = Vec::new();
    let Ok(mut file) = connect::to_look(path, key).await else { return found };
    let mut rows = sqlx::query_as(sql).fetch(&mut *file);
    while let Ok(Some(row)) = rows.try_next().await {
        found.push(row);
    }
    found
}
