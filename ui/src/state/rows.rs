//! The rows of a transcript: its lines, grouped by speaker and minute, with a divider per day.
//!
//! Invariant: a book is built by adding lines in order; adding a line costs the same whatever
//! the length of the transcript, and never changes a row that is already there.

use crate::dates;
use bellhop_model::{AgentId, Author, Seq, Timestamp, TranscriptLine, chat::LineBody};
use std::collections::BTreeMap;

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A new day begins.
    Day { at: Timestamp },
    /// The line with this index. `leads`: the first of its group, which names the speaker.
    Line { index: usize, leads: bool },
}

/// The rows of one transcript.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    rows: Vec<Row>,
    lines: usize,
    /// Rises with every change, so that components see one without comparing rows.
    rev: u64,
    last: Option<Last>,
    joins: BTreeMap<AgentId, Seq>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Last {
    day: i64,
    minute: i64,
    author: Option<Author>,
}

impl Book {
    /// The rows of these lines.
    #[must_use]
    pub fn of(lines: &[TranscriptLine]) -> Self {
        let mut book = Self::default();
        for line in lines {
            book.add(line);
        }
        book
    }

    /// One line more.
    pub fn add(&mut self, line: &TranscriptLine) {
        let author = match &line.body {
            LineBody::Said { message } => Some(message.author.clone()),
            _ => None,
        };
        let now =
            Last { day: dates::local_day(line.at), minute: line.at.0.div_euclid(60_000), author };
        if let LineBody::AgentJoined { agent_id, .. } = &line.body {
            self.joins.insert(*agent_id, line.seq);
        }
        if self.last.as_ref().is_none_or(|last| last.day != now.day) {
            self.rows.push(Row::Day { at: line.at });
        }
        let leads = now.author.is_none() || self.last.as_ref() != Some(&now);
        self.rows.push(Row::Line { index: self.lines, leads });
        self.lines += 1;
        self.rev += 1;
        self.last = Some(now);
    }

    /// All rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// When this agent last joined, as the number of the line that says so.
    #[must_use]
    pub fn joined(&self, agent: AgentId) -> Option<Seq> {
        self.joins.get(&agent).copied()
    }

    /// Which change this is, and how many lines there are.
    #[must_use]
    pub fn rev(&self) -> (u64, usize) {
        (self.rev, self.lines)
    }
}
