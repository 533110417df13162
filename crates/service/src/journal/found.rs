//! What the history's records are found by, and whether it lies there as it should.
//!
//! Invariant: nothing in the file is changed. What words a record should be found by is asked of an
//! index of the same kind, which is made in memory, a few records at a time.

use super::{
    JournalError, JournalReader,
    history::{row_of, whole},
};
use crate::history::words;
use bellhop_model::record::{Record, WholeRecord};
use futures_util::TryStreamExt as _;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// Records whose words are in memory at one time.
const AT_ONCE: usize = 500;

/// What a record is found by besides its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundBy {
    pub(super) row: i64,
    pub(super) ended_at: i64,
    pub(super) visitor: String,
    pub(super) department: Option<i64>,
    pub(super) kind: String,
    pub(super) missed: bool,
    pub(super) unread: bool,
    pub(super) rating: Option<String>,
    pub(super) agents: BTreeSet<i64>,
    pub(super) tags: BTreeSet<String>,
}

impl FoundBy {
    pub(crate) fn of(record: &Record) -> Self {
        let department = record.department.as_ref();
        Self {
            row: row_of(record.id),
            ended_at: record.ended_at.0,
            visitor: record.visitor.id.0.clone(),
            department: department.map(|department| department.id.0.cast_signed()),
            kind: record.kind.name().to_owned(),
            missed: record.missed,
            unread: record.unread,
            rating: record.rating.map(|given| given.name().to_owned()),
            agents: record.agents.iter().map(|agent| agent.id.0.cast_signed()).collect(),
            tags: record.tags.iter().cloned().collect(),
        }
    }

    fn lying(row: &SqliteRow) -> Result<Self, JournalError> {
        let (agents, tags): (&str, &str) = (row.try_get("agents")?, row.try_get("tags")?);
        Ok(Self {
            row: row.try_get("id")?,
            ended_at: row.try_get("ended_at")?,
            visitor: row.try_get("visitor_id")?,
            department: row.try_get("department_id")?,
            kind: row.try_get("kind")?,
            missed: row.try_get("missed")?,
            unread: row.try_get("unread")?,
            rating: row.try_get("rating")?,
            agents: serde_json::from_str(agents)?,
            tags: serde_json::from_str(tags)?,
        })
    }
}

/// What finds records and is not of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Astray {
    /// Rows of agents and of tags that belong to no record.
    pub(crate) rows: u64,
    /// Records that are found by other words than theirs, or that are not there, by their rows.
    pub(crate) words: BTreeSet<i64>,
}

impl JournalReader {
    /// Gives every record, with what it lies there to be found by, to `take`, and says what else
    /// finds records.
    ///
    /// # Errors
    /// The journal cannot be read, or a record is none.
    pub(crate) async fn each_record(
        &self,
        mut take: impl FnMut(WholeRecord, FoundBy),
    ) -> Result<Astray, JournalError> {
        let mut reader = self.readers.take().await?;
        // Not given back: it has tables of its own.
        let mut beside = self.readers.take().await?;
        let mut index = Index::beside(&mut beside.connection).await?;
        let query = sqlx::query(
            "SELECT h.*,
                 (SELECT json_group_array(agent_id) FROM history_agent a WHERE a.id = h.id)
                     AS agents,
                 (SELECT json_group_array(tag) FROM history_tag t WHERE t.id = h.id) AS tags
             FROM history h ORDER BY h.id",
        );
        let mut rows = query.fetch(&mut *reader.connection);
        while let Some(row) = rows.try_next().await? {
            let record = whole(&row)?;
            index.expect(&record).await?;
            take(record, FoundBy::lying(&row)?);
        }
        drop(rows);
        let rows: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM history_agent WHERE id NOT IN (SELECT id FROM history))
                 + (SELECT count(*) FROM history_tag WHERE id NOT IN (SELECT id FROM history))",
        )
        .fetch_one(&mut *reader.connection)
        .await?;
        let words = index.differing().await?;
        self.readers.give_back(reader);
        Ok(Astray { rows: rows.cast_unsigned(), words })
    }
}

/// Every word of every record, in prints that do not depend on their order: one for each record.
type Prints = HashMap<i64, u64>;

/// An index like the one that lies there, empty, and what the records come to.
struct Index<'a> {
    connection: &'a mut SqliteConnection,
    expected: Prints,
    waiting: usize,
}

impl<'a> Index<'a> {
    async fn beside(connection: &'a mut SqliteConnection) -> Result<Self, JournalError> {
        sqlx::raw_sql(
            "PRAGMA query_only = OFF;
             CREATE VIRTUAL TABLE temp.words_again USING fts5 (
                 words, content = '', tokenize = 'unicode61 remove_diacritics 0'
             );
             CREATE VIRTUAL TABLE temp.each_again USING fts5vocab (temp, words_again, instance);
             CREATE VIRTUAL TABLE temp.each_kept USING fts5vocab (main, history_words, instance);",
        )
        .execute(&mut *connection)
        .await?;
        Ok(Self { connection, expected: Prints::new(), waiting: 0 })
    }

    async fn expect(&mut self, whole: &WholeRecord) -> Result<(), JournalError> {
        let row = row_of(whole.record.id);
        self.expected.entry(row).or_default();
        sqlx::query("INSERT INTO temp.words_again (rowid, words) VALUES (?, ?)")
            .bind(row)
            .bind(words::of_record(whole))
            .execute(&mut *self.connection)
            .await?;
        self.waiting += 1;
        if self.waiting >= AT_ONCE { self.read().await } else { Ok(()) }
    }

    /// Takes the prints of what is in memory.
    async fn read(&mut self) -> Result<(), JournalError> {
        let Self { connection, expected, waiting } = self;
        prints(connection, "SELECT term, doc, offset FROM temp.each_again", expected).await?;
        sqlx::raw_sql("INSERT INTO temp.words_again (words_again) VALUES ('delete-all')")
            .execute(&mut **connection)
            .await?;
        *waiting = 0;
        Ok(())
    }

    async fn differing(mut self) -> Result<BTreeSet<i64>, JournalError> {
        self.read().await?;
        let Self { connection, expected, .. } = self;
        let mut kept = Prints::new();
        prints(connection, "SELECT term, doc, offset FROM temp.each_kept", &mut kept).await?;
        let rows =
            sqlx::query_scalar::<_, i64>("SELECT rowid FROM history_words").fetch(connection);
        let rows: BTreeSet<i64> = rows.try_collect().await?;
        let expected_rows: BTreeSet<i64> = expected.keys().copied().collect();
        let mut differing = &rows ^ &expected_rows;
        // A record may have no words.
        for (row, print) in expected {
            if kept.remove(&row).unwrap_or_default() != print {
                differing.insert(row);
            }
        }
        differing.extend(kept.into_keys());
        Ok(differing)
    }
}

async fn prints(
    connection: &mut SqliteConnection,
    of: &'static str,
    into: &mut Prints,
) -> Result<(), JournalError> {
    let mut words = sqlx::query_as::<_, (String, i64, i64)>(of).fetch(connection);
    while let Some((word, row, place)) = words.try_next().await? {
        let mut print = DefaultHasher::new();
        (word, place).hash(&mut print);
        let sum = into.entry(row).or_default();
        *sum = sum.wrapping_add(print.finish());
    }
    Ok(())
}
