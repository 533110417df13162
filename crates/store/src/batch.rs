//! One `write`: its ops turned into rows outside the transaction, and carried out inside it.
//!
//! Invariant: carrying a batch out twice is the same as once, so a batch whose commit is in doubt
//! can be carried out again. Lines and chats are inserted many at a time: a catch-up after a
//! night brings ten thousand ops in one batch.

use crate::error::StoreError;
use bellhop_model::{Author, Chat, ChatId, TranscriptLine, chat::LineBody, stored::StoreOp};
use serde::Serialize;
use sqlx::{Connection, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use std::{collections::HashMap, sync::LazyLock};

/// The steps of one transaction, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    steps: Vec<Step>,
    ops: usize,
}

#[derive(Debug)]
enum Step {
    Lines(Vec<LineRow>),
    Chats(Vec<ChatRow>),
    Change(Change),
}

/// A change of a row or two, or of whole tables.
#[derive(Debug)]
enum Change {
    ClearMirror,
    DeleteChat { chat_id: i64 },
    Agent { id: i64, body: String },
    Contact { visitor_id: String, contact: String },
    Cursor { seq: i64 },
    AsOf { at: i64 },
    UnknownTo { program: String },
    Workspace { id: String, name: String },
    Me { agent_id: i64 },
    PutOutbox { id: [u8; 16], body: String },
    DropOutbox { id: [u8; 16] },
    PutDraft { chat_id: i64, text: String },
    DropDraft { chat_id: i64 },
    Settings { body: String },
    Alerted { chat_id: i64, waiting_since: i64 },
}

#[derive(Debug)]
struct LineRow {
    chat_id: i64,
    seq: i64,
    kind: &'static str,
    agent: Option<(i64, String)>,
    body: String,
}

#[derive(Debug)]
struct ChatRow {
    id: i64,
    past: bool,
    ended_at: i64,
    head: String,
}

impl Batch {
    pub(crate) fn new(ops: Vec<StoreOp>) -> Result<Self, StoreError> {
        let mut batch = Self { steps: Vec::new(), ops: ops.len() };
        let mut mirror = Gathered::default();
        for op in ops {
            batch.add(op, &mut mirror)?;
        }
        batch.flush(&mut mirror);
        Ok(batch)
    }

    /// How many ops it was made of.
    pub(crate) fn ops(&self) -> usize {
        self.ops
    }

    fn add(&mut self, op: StoreOp, mirror: &mut Gathered) -> Result<(), StoreError> {
        let change = match op {
            StoreOp::PutChat { chat } => return mirror.put_chat(*chat),
            StoreOp::AddLine { chat_id, line } => {
                mirror.lines.push(LineRow::new(chat_id, line)?);
                return Ok(());
            }
            StoreOp::ClearMirror => {
                self.flush(mirror);
                Change::ClearMirror
            }
            StoreOp::DeleteChat { chat_id } => {
                // What was put before is there first.
                self.flush(mirror);
                Change::DeleteChat { chat_id: chat_id.0.cast_signed() }
            }
            StoreOp::PutContact { visitor_id, contact } => {
                // The rows it changes are there first.
                self.flush(mirror);
                Change::Contact { visitor_id: visitor_id.0, contact: json(&contact)? }
            }
            StoreOp::PutAgents { agents } => {
                for agent in &agents {
                    let body = json(agent)?;
                    let id = agent.id.0.cast_signed();
                    self.steps.push(Step::Change(Change::Agent { id, body }));
                }
                return Ok(());
            }
            StoreOp::SetCursor { seq } => Change::Cursor { seq: seq.0.cast_signed() },
            StoreOp::SetAsOf { at } => Change::AsOf { at: at.0 },
            StoreOp::SetUnknownTo { program } => Change::UnknownTo { program },
            StoreOp::SetWorkspace { id, name } => Change::Workspace { id, name },
            StoreOp::SetMe { agent_id } => Change::Me { agent_id: agent_id.0.cast_signed() },
            StoreOp::PutOutbox { row } => {
                Change::PutOutbox { id: *row.id.0.as_bytes(), body: json(&row)? }
            }
            StoreOp::DropOutbox { id } => Change::DropOutbox { id: *id.0.as_bytes() },
            StoreOp::PutDraft { chat_id, text } if text.is_empty() => {
                Change::DropDraft { chat_id: chat_id.0.cast_signed() }
            }
            StoreOp::PutDraft { chat_id, text } => {
                Change::PutDraft { chat_id: chat_id.0.cast_signed(), text }
            }
            StoreOp::PutSettings { settings } => Change::Settings { body: json(&settings)? },
            StoreOp::PutAlerted { chat_id, waiting_since } => {
                Change::Alerted { chat_id: chat_id.0.cast_signed(), waiting_since: waiting_since.0 }
            }
        };
        self.steps.push(Step::Change(change));
        Ok(())
    }

    fn flush(&mut self, mirror: &mut Gathered) {
        let Gathered { lines, chats, .. } = std::mem::take(mirror);
        if !lines.is_empty() {
            self.steps.push(Step::Lines(lines));
        }
        if !chats.is_empty() {
            self.steps.push(Step::Chats(chats));
        }
    }

    /// Something is deleted for good with it.
    pub(crate) fn deletes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Change(Change::DeleteChat { .. })))
    }

    /// Carries the batch out within the transaction that `connection` is in.
    pub(crate) async fn carry_out(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), StoreError> {
        for step in &self.steps {
            step.carry_out(connection).await?;
        }
        Ok(())
    }
}

/// Rows of the mirror between two points where order matters: lines do not depend on chats, and
/// of a chat's heads only the last one counts.
#[derive(Default)]
struct Gathered {
    lines: Vec<LineRow>,
    chats: Vec<ChatRow>,
    position: HashMap<ChatId, usize>,
}

impl Gathered {
    fn put_chat(&mut self, mut chat: Chat) -> Result<(), StoreError> {
        chat.transcript.clear();
        let row = ChatRow {
            id: chat.id.0.cast_signed(),
            past: chat.belongs_to_history(),
            ended_at: chat.ended_at.unwrap_or(chat.requested_at).0,
            head: json(&chat)?,
        };
        if let Some(at) = self.position.get(&chat.id) {
            self.chats[*at] = row;
        } else {
            self.position.insert(chat.id, self.chats.len());
            self.chats.push(row);
        }
        Ok(())
    }
}

impl LineRow {
    fn new(chat_id: ChatId, line: TranscriptLine) -> Result<Self, StoreError> {
        let body = json(&line)?;
        let (kind, agent) = match line.body {
            LineBody::Said { message } if message.author == Author::Visitor => ("visitor", None),
            LineBody::Said { .. } => ("said", None),
            LineBody::AgentJoined { agent_id, name } => {
                ("joined", Some((agent_id.0.cast_signed(), name)))
            }
            _ => ("other", None),
        };
        Ok(Self {
            chat_id: chat_id.0.cast_signed(),
            seq: line.seq.0.cast_signed(),
            kind,
            agent,
            body,
        })
    }
}

impl Step {
    async fn carry_out(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        match self {
            Self::Lines(rows) => insert_all(connection, &INSERT_LINES, rows, bind_line).await,
            Self::Chats(rows) => insert_all(connection, &INSERT_CHATS, rows, bind_chat).await,
            Self::Change(change) => {
                for statement in change.statements() {
                    statement.execute(&mut *connection).await?;
                }
                Ok(())
            }
        }
    }
}

impl Change {
    fn statements(&self) -> Vec<Statement<'_>> {
        let statement = match self {
            Self::ClearMirror => return CLEAR_MIRROR.map(sqlx::query).into(),
            Self::DeleteChat { chat_id } => {
                return DELETE_CHAT.map(|sql| sqlx::query(sql).bind(chat_id)).into();
            }
            Self::Workspace { id, name } => {
                return PUT_WORKSPACE.map(|sql| sqlx::query(sql).bind(id).bind(name)).into();
            }
            Self::Me { agent_id } => {
                return PUT_ME.map(|sql| sqlx::query(sql).bind(agent_id)).into();
            }
            Self::Agent { id, body } => sqlx::query(
                "INSERT INTO agent (id, body) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            )
            .bind(id)
            .bind(body),
            Self::Contact { visitor_id, contact } => sqlx::query(
                "UPDATE chat SET head = json_set(head, '$.visitor.contact', json(?2))
                 WHERE json_extract(head, '$.visitor.id') = ?1",
            )
            .bind(visitor_id)
            .bind(contact),
            Self::Cursor { seq } => {
                sqlx::query("INSERT OR REPLACE INTO cursor (one, seq) VALUES (1, ?1)").bind(seq)
            }
            Self::AsOf { at } => {
                sqlx::query("INSERT OR REPLACE INTO as_of (one, at) VALUES (1, ?1)").bind(at)
            }
            Self::UnknownTo { program } => {
                sqlx::query("INSERT OR REPLACE INTO unknown_to (one, program) VALUES (1, ?1)")
                    .bind(program)
            }
            Self::PutOutbox { id, body } => {
                sqlx::query("INSERT OR REPLACE INTO outbox (id, body) VALUES (?1, ?2)")
                    .bind(&id[..])
                    .bind(body)
            }
            Self::DropOutbox { id } => {
                sqlx::query("DELETE FROM outbox WHERE id = ?1").bind(&id[..])
            }
            Self::PutDraft { chat_id, text } => {
                sqlx::query("INSERT OR REPLACE INTO draft (chat_id, text) VALUES (?1, ?2)")
                    .bind(chat_id)
                    .bind(text)
            }
            Self::DropDraft { chat_id } => {
                sqlx::query("DELETE FROM draft WHERE chat_id = ?1").bind(chat_id)
            }
            Self::Settings { body } => {
                sqlx::query("INSERT OR REPLACE INTO settings (one, body) VALUES (1, ?1)").bind(body)
            }
            Self::Alerted { chat_id, waiting_since } => sqlx::query(
                "INSERT OR REPLACE INTO alerted (chat_id, waiting_since) VALUES (?1, ?2)",
            )
            .bind(chat_id)
            .bind(waiting_since),
        };
        vec![statement]
    }
}

const DELETE_CHAT: [&str; 4] = [
    "DELETE FROM line WHERE chat_id = ?1",
    "DELETE FROM chat WHERE id = ?1",
    "DELETE FROM summary WHERE chat_id = ?1",
    "DELETE FROM joined WHERE chat_id = ?1",
];
const CLEAR_MIRROR: [&str; 8] = [
    "DELETE FROM line",
    "DELETE FROM chat",
    "DELETE FROM summary",
    "DELETE FROM joined",
    "DELETE FROM agent",
    "DELETE FROM cursor",
    "DELETE FROM as_of",
    "DELETE FROM unknown_to",
];
// These two stand in both files; the names of all other tables are in one of them only.
pub(crate) const PUT_WORKSPACE: [&str; 2] = [
    "INSERT OR REPLACE INTO main.workspace (one, id, name) VALUES (1, ?1, ?2)",
    "INSERT OR REPLACE INTO own.workspace (one, id, name) VALUES (1, ?1, ?2)",
];
pub(crate) const PUT_ME: [&str; 2] = [
    "INSERT OR REPLACE INTO main.me (one, agent_id) VALUES (1, ?1)",
    "INSERT OR REPLACE INTO own.me (one, agent_id) VALUES (1, ?1)",
];

/// The same insertion for 64, 8 and 1 rows. Three statements stay prepared instead of one for
/// every number of rows.
struct Insertion([(usize, String); 3]);

impl Insertion {
    fn new(into: &str, row: &str, conflict: &str) -> Self {
        Self([64, 8, 1].map(|rows| {
            let values = vec![row; rows].join(", ");
            (rows, format!("INSERT INTO {into} VALUES {values} ON CONFLICT {conflict}"))
        }))
    }
}

static INSERT_LINES: LazyLock<Insertion> = LazyLock::new(|| {
    Insertion::new(
        "line (chat_id, seq, kind, agent_id, agent_name, body)",
        "(?, ?, ?, ?, ?, ?)",
        "(chat_id, seq) DO NOTHING",
    )
});
static INSERT_CHATS: LazyLock<Insertion> = LazyLock::new(|| {
    Insertion::new(
        "chat (id, past, ended_at, head)",
        "(?, ?, ?, ?)",
        "(id) DO UPDATE SET past = excluded.past, ended_at = excluded.ended_at,
         head = excluded.head",
    )
});

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind_line<'q>(statement: Statement<'q>, row: &'q LineRow) -> Statement<'q> {
    statement
        .bind(row.chat_id)
        .bind(row.seq)
        .bind(row.kind)
        .bind(row.agent.as_ref().map(|(id, _)| *id))
        .bind(row.agent.as_ref().map(|(_, name)| name.as_str()))
        .bind(row.body.as_str())
}

fn bind_chat<'q>(statement: Statement<'q>, row: &'q ChatRow) -> Statement<'q> {
    statement.bind(row.id).bind(row.past).bind(row.ended_at).bind(row.head.as_str())
}

async fn insert_all<'q, T>(
    connection: &mut SqliteConnection,
    insertion: &'static Insertion,
    rows: &'q [T],
    bind: fn(Statement<'q>, &'q T) -> Statement<'q>,
) -> Result<(), StoreError> {
    let mut rest = rows;
    for (size, sql) in &insertion.0 {
        while let Some((chunk, after)) = rest.split_at_checked(*size) {
            let statement = chunk.iter().fold(sqlx::query(sql.as_str()), bind);
            statement.execute(&mut *connection).await?;
            rest = after;
        }
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Io { detail: format!("a row cannot be spelled: {error}") })
}

/// Carries batches out in one transaction of their own.
pub(crate) async fn commit(
    connection: &mut SqliteConnection,
    batches: impl Iterator<Item = &Batch>,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for batch in batches {
        batch.carry_out(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
