//! Taking the words of a deleted chat, or offline message, out of the journal's events, and what is left
//! to do afterwards until no trace of them is in the file.
//!
//! Invariants: the events keep their numbers, their moments and what they mean for the account
//! ([`crate::redact`]); they change in the transaction of the event that says so. What cannot be done
//! there - a snapshot from before is replaced, the log beside the file is emptied - is written down
//! there, and done later, after a restart too.

use super::{Journal, JournalError, history, row_of};
use crate::redact::redacted;
use bellhop_model::{
    Fact, Seq, Timestamp,
    chat::LineBody,
    record::{RecordId, WholeRecord},
};
use sqlx::SqliteConnection;
use std::{collections::BTreeSet, ops::RangeInclusive};

/// Under this name in `meta` stands the number of the last deletion of which there may be traces.
const TRACES: &str = "traces";
/// What the connection is told before it is tried, and again afterwards: whoever reads is not waited
/// for.
const AT_ONCE: &str = "PRAGMA busy_timeout = 0";
const PATIENT: &str = "PRAGMA busy_timeout = 2000";

/// How far the last traces of what was deleted are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traces {
    Gone,
    /// They are in the snapshot, until there is a newer one.
    InSnapshot,
    /// They may be in the log, which a reader keeps from being emptied.
    InLog,
}

/// The last deletion of which there may be traces.
pub(super) async fn traces(connection: &mut SqliteConnection) -> Result<Option<Seq>, sqlx::Error> {
    let kept = sqlx::query_scalar("SELECT value FROM meta WHERE name = ?").bind(TRACES);
    let kept: Option<String> = kept.fetch_optional(connection).await?;
    Ok(kept.and_then(|kept| kept.parse().ok()).map(Seq))
}

/// Takes the words of a record out of all events that are about it. `entry` are the events that are
/// stored together with the one that deletes it; they may have words as well.
pub(super) async fn erase(
    connection: &mut SqliteConnection,
    id: RecordId,
    entry: RangeInclusive<Seq>,
) -> Result<(), JournalError> {
    let (first, upto) = (*entry.start(), *entry.end());
    let all = 1..=upto.0;
    let known = history::record(connection, row_of(id)).await?;
    redact(connection, id, first.0..=upto.0, &mut BTreeSet::new()).await?;
    let mut found = BTreeSet::new();
    if let Some(known) = &known {
        for range in ranges(connection, known, upto).await? {
            redact(connection, id, range, &mut found).await?;
        }
    }
    if !known.is_some_and(|known| is_all_of(&known, &found)) {
        // Its record is not whole, or the moments in the journal are in no order: all are looked at.
        redact(connection, id, all, &mut found).await?;
    }
    let note = "INSERT INTO meta (name, value) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sqlx::query(note).bind(TRACES).bind(upto.0.to_string()).execute(connection).await?;
    Ok(())
}

/// The first event of a record, and all that its transcript speaks of, are among these.
fn is_all_of(known: &WholeRecord, found: &BTreeSet<Seq>) -> bool {
    let lines = known.transcript.len();
    let first = known.transcript.iter().map(|line| line.seq).min();
    let began = first.is_none_or(|first| found.first().is_some_and(|seq| *seq < first));
    let answers = known.message.as_ref().map_or(0, |message| 1 + message.answers.len());
    began
        && found.len() >= (lines + 1).max(answers)
        && known.transcript.iter().all(|line| found.contains(&line.seq))
}

/// Where the events of a record lie: from its beginning to its last end, and each that came later.
async fn ranges(
    connection: &mut SqliteConnection,
    known: &WholeRecord,
    upto: Seq,
) -> Result<Vec<RangeInclusive<u64>>, JournalError> {
    let mut ranges = Vec::new();
    if let Some(message) = &known.message {
        let moments = message.answers.iter().map(|answer| answer.at);
        for at in std::iter::once(message.left_at).chain(moments) {
            let from = first_at(connection, at, upto).await?;
            let after = first_at(connection, at.plus(1), upto).await?;
            ranges.push(from..=after);
        }
        return Ok(ranges);
    }
    let lines = &known.transcript;
    let is_end = |body: &LineBody| matches!(body, LineBody::Ended { .. });
    let last_end = lines.iter().rposition(|line| is_end(&line.body)).unwrap_or_default();
    if let Some(end) = lines.get(last_end) {
        let from = first_at(connection, known.record.started_at, upto).await?;
        ranges.push(from..=end.seq.0);
        ranges.extend(lines[last_end..].iter().map(|line| line.seq.0..=line.seq.0));
    }
    Ok(ranges)
}

/// The number of the first event at this moment or later. Numbers have no holes, and their moments
/// rise with them.
async fn first_at(
    connection: &mut SqliteConnection,
    at: Timestamp,
    upto: Seq,
) -> Result<u64, JournalError> {
    let (mut low, mut high) = (1, upto.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let moment: Option<i64> = sqlx::query_scalar("SELECT at FROM event WHERE seq = ?")
            .bind(middle.cast_signed())
            .fetch_optional(&mut *connection)
            .await?;
        if moment.is_some_and(|moment| moment < at.0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

async fn redact(
    connection: &mut SqliteConnection,
    id: RecordId,
    range: RangeInclusive<u64>,
    found: &mut BTreeSet<Seq>,
) -> Result<(), JournalError> {
    let about = match id {
        RecordId::Chat(_) => {
            "SELECT seq, fact FROM event WHERE seq BETWEEN ? AND ? AND fact ->> 'chat_id' = ?"
        }
        RecordId::OfflineMessage(_) => {
            "SELECT seq, fact FROM event WHERE seq BETWEEN ? AND ?
             AND fact ->> 'kind' IN ('offline_message_left', 'offline_message_answered')
             AND coalesce(fact ->> 'message_id', fact ->> '$.message.id') = ?"
        }
    };
    let number = match id {
        RecordId::Chat(id) => id.0,
        RecordId::OfflineMessage(id) => id.0,
    };
    let events: Vec<(i64, String)> = sqlx::query_as(about)
        .bind(range.start().cast_signed())
        .bind(range.end().cast_signed())
        .bind(number.cast_signed())
        .fetch_all(&mut *connection)
        .await?;
    for (seq, kept) in events {
        found.insert(Seq(seq.cast_unsigned()));
        let fact: Fact = serde_json::from_str(&kept)?;
        let left = serde_json::to_string(&redacted(fact))?;
        if left != kept {
            sqlx::query("UPDATE event SET fact = ? WHERE seq = ?")
                .bind(left)
                .bind(seq)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

impl Journal {
    /// There may be traces of what was deleted.
    pub(crate) fn has_traces(&self) -> bool {
        self.traces.is_some()
    }

    /// Does what is left to be done about them, as far as that is possible now.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn remove_traces(&mut self) -> Result<Traces, JournalError> {
        let Some(deleted) = self.traces else { return Ok(Traces::Gone) };
        let snapshot = self.reader.snapshot_seq().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the snapshot cannot be read, and will be replaced");
            Some(Seq(0))
        });
        if snapshot.is_some_and(|seq| seq < deleted) {
            return Ok(Traces::InSnapshot);
        }
        sqlx::query(AT_ONCE).execute(&mut *self.writer).await?;
        let emptied = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *self.writer)
            .await;
        sqlx::query(PATIENT).execute(&mut *self.writer).await?;
        let busy: i64 = emptied?;
        if busy != 0 {
            return Ok(Traces::InLog);
        }
        sqlx::query("DELETE FROM meta WHERE name = ?")
            .bind(TRACES)
            .execute(&mut *self.writer)
            .await?;
        self.traces = None;
        Ok(Traces::Gone)
    }
}
