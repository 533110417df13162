//! The history's rows in the journal's file: one for each chat that belongs to the history, and
//! what finds it.
//!
//! Invariants: a row changes in the transaction of the event that changes its chat, so the history
//! is of the same moment as the journal; all of it can be made anew from the events.

use super::{Journal, JournalError, JournalReader, found::FoundBy};
use crate::history::words;
use bellhop_model::{
    ChatId, OfflineMessageId, Timestamp, TranscriptLine,
    record::{Figures, Record, RecordId, RecordQuery, WholeRecord},
};
use sqlx::{Connection as _, QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

/// Under this name in `meta` stands the version of the history that the rows are of.
const MADE: &str = "history";

/// What an event does to the history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum HistoryStep {
    /// The chat, or the offline message, belongs to it, as this.
    Keep(Box<WholeRecord>),
    /// It came back or was continued.
    Drop(RecordId),
    /// It was deleted for good, and what was said in it goes from the whole file.
    Erase(RecordId),
    /// It was tagged or rated, or lost a file, when nothing could be said in it any more.
    Amend { id: RecordId, line: TranscriptLine },
}

/// The row of a record: chats above nothing, offline messages below.
pub(crate) fn row_of(id: RecordId) -> i64 {
    match id {
        RecordId::Chat(id) => id.0.cast_signed(),
        RecordId::OfflineMessage(id) => -id.0.cast_signed(),
    }
}

/// The record of a row.
pub(crate) fn record_of(row: i64) -> RecordId {
    if row < 0 {
        RecordId::OfflineMessage(OfflineMessageId(row.unsigned_abs()))
    } else {
        RecordId::Chat(ChatId(row.unsigned_abs()))
    }
}

/// A place in the history, newest first; a page goes on behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ended_at: i64,
    pub(crate) row: i64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.ended_at, self.row)
    }
}

impl std::str::FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ended_at, row) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { ended_at: ended_at.parse()?, row: row.parse()? })
    }
}

/// Which rows are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) query: RecordQuery,
    /// Exactly these, where they are named.
    pub(crate) ids: Option<Vec<RecordId>>,
    pub(crate) after: Option<Place>,
}

/// Carries steps out within a transaction, in their order.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    steps: &[HistoryStep],
) -> Result<(), JournalError> {
    for step in steps {
        match step {
            HistoryStep::Keep(whole) => keep(connection, whole).await?,
            HistoryStep::Drop(id) | HistoryStep::Erase(id) => {
                forget(connection, row_of(*id)).await?;
            }
            HistoryStep::Amend { id, line } => {
                // Without its row there is nothing to amend.
                let known = record(connection, row_of(*id)).await?;
                let Some(mut whole) = known else { continue };
                whole.record.amend(&line.body);
                whole.transcript.push(line.clone());
                keep(connection, &whole).await?;
            }
        }
    }
    Ok(())
}

/// The record as it lies there, where there is one.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<WholeRecord>, JournalError> {
    let row = sqlx::query("SELECT record, said FROM history WHERE id = ?").bind(id);
    let row = row.fetch_optional(connection).await?;
    row.as_ref().map(whole).transpose()
}

async fn forget(connection: &mut SqliteConnection, id: i64) -> Result<(), JournalError> {
    let Some(known) = record(connection, id).await? else { return Ok(()) };
    // The index holds no texts of its own: it is told which words go.
    sqlx::query("INSERT INTO history_words (history_words, rowid, words) VALUES ('delete', ?, ?)")
        .bind(id)
        .bind(words::of_record(&known))
        .execute(&mut *connection)
        .await?;
    for statement in [
        "DELETE FROM history WHERE id = ?",
        "DELETE FROM history_agent WHERE id = ?",
        "DELETE FROM history_tag WHERE id = ?",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn keep(connection: &mut SqliteConnection, whole: &WholeRecord) -> Result<(), JournalError> {
    let WholeRecord { record, transcript, message } = whole;
    let found_by = FoundBy::of(record);
    forget(connection, found_by.row).await?;
    sqlx::query(
        "INSERT INTO history (id, ended_at, visitor_id, department_id, kind, missed, unread,
             rating, record, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(found_by.row)
    .bind(found_by.ended_at)
    .bind(found_by.visitor)
    .bind(found_by.department)
    .bind(found_by.kind)
    .bind(found_by.missed)
    .bind(found_by.unread)
    .bind(found_by.rating)
    .bind(serde_json::to_string(record)?)
    .bind(serde_json::to_string(&(transcript, message))?)
    .execute(&mut *connection)
    .await?;
    for agent in found_by.agents {
        sqlx::query("INSERT INTO history_agent (agent_id, id) VALUES (?, ?)")
            .bind(agent)
            .bind(found_by.row)
            .execute(&mut *connection)
            .await?;
    }
    for tag in found_by.tags {
        sqlx::query("INSERT INTO history_tag (tag, id) VALUES (?, ?)")
            .bind(tag)
            .bind(found_by.row)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("INSERT INTO history_words (rowid, words) VALUES (?, ?)")
        .bind(found_by.row)
        .bind(words::of_record(whole))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn whole(row: &SqliteRow) -> Result<WholeRecord, JournalError> {
    let (record, said): (String, String) = (row.try_get("record")?, row.try_get("said")?);
    let (transcript, message) = serde_json::from_str(&said)?;
    Ok(WholeRecord { record: serde_json::from_str(&record)?, transcript, message })
}

/// A question for these columns of records and the name of each one's ticket, where it has one: that
/// of where it was given to, or, where tickets are kept here, that of its record.
fn asking(columns: &str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(columns).push(
        ", coalesce(t.remote, iif(t.state = 'kept', t.ticket ->> 'of', NULL)) AS ticket
         FROM history h LEFT JOIN ticket t ON t.id = h.id ",
    );
    query
}

fn ticket(row: &SqliteRow) -> Result<Option<String>, sqlx::Error> {
    row.try_get("ticket")
}

impl Journal {
    /// Forgets every row, so that they can be made anew.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn clear_history(&mut self) -> Result<(), JournalError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql(
            "DELETE FROM history; DELETE FROM history_agent; DELETE FROM history_tag;
             INSERT INTO history_words (history_words) VALUES ('delete-all');
             DELETE FROM meta WHERE name = 'history';",
        )
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Carries steps out that come from events which are stored already.
    ///
    /// # Errors
    /// The journal cannot be written; nothing of them is done then.
    pub(crate) async fn write_history(
        &mut self,
        steps: &[HistoryStep],
    ) -> Result<(), JournalError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        write(&mut transaction, steps).await?;
        Ok(transaction.commit().await?)
    }

    /// The rows are those of all events, in this version of the history.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn history_is_made(&mut self, version: u32) -> Result<(), JournalError> {
        self.set_meta(MADE, &version.to_string()).await
    }
}

impl JournalReader {
    /// At most `limit` records, newest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn records(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<Vec<Record>, JournalError> {
        let mut query = asking("h.record");
        narrow(&mut query, wanted);
        query.push(" ORDER BY h.ended_at DESC, h.id DESC LIMIT ").push_bind(limit);
        let mut reader = self.readers.take().await?;
        let rows = query.build().fetch_all(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        let read = |row: &SqliteRow| {
            let record = serde_json::from_str(row.try_get("record")?)?;
            Ok(Record { ticket: ticket(row)?, ..record })
        };
        rows.iter().map(read).collect()
    }

    /// The same with their transcripts.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn whole_records(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<Vec<WholeRecord>, JournalError> {
        let mut query = asking("h.record, h.said");
        narrow(&mut query, wanted);
        query.push(" ORDER BY h.ended_at DESC, h.id DESC LIMIT ").push_bind(limit);
        let mut reader = self.readers.take().await?;
        let rows = query.build().fetch_all(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        let read = |row: &SqliteRow| {
            let mut read = whole(row)?;
            read.record.ticket = ticket(row)?;
            Ok(read)
        };
        rows.iter().map(read).collect()
    }

    /// At most `limit` records that ended before this moment, the oldest first, behind this place.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn ended_before(
        &self,
        limit: Timestamp,
        after: Option<Place>,
        count: u32,
    ) -> Result<Vec<Place>, JournalError> {
        let after = after.unwrap_or(Place { ended_at: i64::MIN, row: i64::MIN });
        let mut reader = self.readers.take().await?;
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT ended_at, id FROM history WHERE ended_at < ? AND (ended_at, id) > (?, ?)
             ORDER BY ended_at, id LIMIT ?",
        )
        .bind(limit.0)
        .bind(after.ended_at)
        .bind(after.row)
        .bind(count)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        Ok(rows.into_iter().map(|(ended_at, row)| Place { ended_at, row }).collect())
    }

    /// How many there are.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn count_records(&self, wanted: &Wanted) -> Result<u64, JournalError> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM history h ");
        narrow(&mut query, wanted);
        let mut reader = self.readers.take().await?;
        let count: i64 = query.build_query_scalar().fetch_one(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        Ok(count.cast_unsigned())
    }

    /// What they come to.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn figures(&self, wanted: &Wanted) -> Result<Figures, JournalError> {
        let mut query = QueryBuilder::new(
            "SELECT count(*) FILTER (WHERE h.kind = 'chat') AS chats,
                 count(*) FILTER (WHERE h.missed) AS missed,
                 count(*) FILTER (WHERE h.record ->> 'dropped') AS dropped,
                 count(*) FILTER (WHERE h.rating = 'good') AS good,
                 count(*) FILTER (WHERE h.rating = 'bad') AS bad,
                 count(*) FILTER (WHERE h.kind = 'offline_message') AS offline_messages,
                 avg(h.record ->> 'waited_ms') AS waited_ms,
                 avg(h.record ->> '$.response.first_ms') AS first_response_ms,
                 avg(h.record ->> 'duration_ms') FILTER (WHERE h.kind = 'chat' AND NOT h.missed)
                     AS duration_ms
             FROM history h ",
        );
        narrow(&mut query, wanted);
        let mut reader = self.readers.take().await?;
        let row = query.build().fetch_one(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        let sum = |name| row.try_get(name).map(i64::cast_unsigned);
        let mean = |name| {
            let mean: Result<Option<f64>, _> = row.try_get(name);
            mean.map(|mean| mean.map(|mean| mean.round() as i64))
        };
        Ok(Figures {
            chats: sum("chats")?,
            missed: sum("missed")?,
            dropped: sum("dropped")?,
            good: sum("good")?,
            bad: sum("bad")?,
            offline_messages: sum("offline_messages")?,
            waited_ms: mean("waited_ms")?,
            first_response_ms: mean("first_response_ms")?,
            duration_ms: mean("duration_ms")?,
        })
    }

    /// Whether the rows are all there, and of this version of the history.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn has_history(&self, version: u32) -> Result<bool, JournalError> {
        Ok(self.meta(MADE).await? == Some(version.to_string()))
    }
}

/// Adds the conditions. Everything that was typed is bound, and never part of the statement.
fn narrow(to: &mut QueryBuilder<Sqlite>, wanted: &Wanted) {
    let Wanted { query, ids, after } = wanted;
    to.push("WHERE 1 = 1");
    if let Some(ids) = ids {
        to.push(" AND h.id IN (SELECT value FROM json_each(");
        let list = ids.iter().map(|id| row_of(*id).to_string()).collect::<Vec<_>>().join(",");
        to.push_bind(format!("[{list}]")).push("))");
    }
    if let Some(Place { ended_at, row }) = after {
        to.push(" AND (h.ended_at, h.id) < (").push_bind(*ended_at).push(", ");
        to.push_bind(*row).push(")");
    }
    if let Some(from) = query.from {
        to.push(" AND h.ended_at >= ").push_bind(from.0);
    }
    if let Some(until) = query.to {
        to.push(" AND h.ended_at < ").push_bind(until.0);
    }
    if let Some(visitor) = &query.visitor {
        to.push(" AND h.visitor_id = ").push_bind(visitor.clone());
    }
    if let Some(department) = query.department {
        to.push(" AND h.department_id = ").push_bind(department.0.cast_signed());
    }
    if let Some(of) = query.kind {
        to.push(" AND h.kind = ").push_bind(of.name());
    }
    if let Some(missed) = query.missed {
        to.push(" AND h.missed = ").push_bind(missed);
    }
    if let Some(unread) = query.unread {
        to.push(" AND h.unread = ").push_bind(unread);
    }
    if let Some(wanted) = query.rating {
        to.push(" AND h.rating = ").push_bind(wanted.name());
    }
    if let Some(agent) = query.agent {
        to.push(" AND EXISTS (SELECT 1 FROM history_agent a WHERE a.id = h.id");
        to.push(" AND a.agent_id = ").push_bind(agent.0.cast_signed()).push(")");
    }
    if let Some(tag) = &query.tag {
        to.push(" AND EXISTS (SELECT 1 FROM history_tag t WHERE t.id = h.id");
        to.push(" AND t.tag = ").push_bind(tag.clone()).push(")");
    }
    if let Some(text) = &query.text {
        match words::query(text) {
            Some(words) => {
                to.push(" AND h.id IN (SELECT rowid FROM history_words");
                to.push(" WHERE history_words MATCH ").push_bind(words).push(")");
            }
            // Nothing that could be a word: nothing has it.
            None => drop(to.push(" AND 1 = 0")),
        }
    }
}
