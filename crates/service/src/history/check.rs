//! Whether the history that is kept is the one that the events make.

use super::HISTORY_VERSION;
use crate::{
    journal::{FoundBy, HistoryStep, JournalError, JournalReader, record_of},
    verify::Found,
};
use bellhop_model::{
    Rating, TranscriptLine,
    record::{Record, RecordId, WholeRecord},
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The history as the events make it, in prints: all of its words would take the room of the
/// journal once more.
#[derive(Debug, Default)]
pub(crate) struct Expected(BTreeMap<RecordId, Expect>);

#[derive(Debug)]
struct Expect {
    print: Vec<u8>,
    /// What can be amended, as it was when the print was taken.
    before: Amended,
    /// What amended it after that.
    lines: Vec<TranscriptLine>,
}

type Amended = (Vec<String>, Option<Rating>, Option<String>);

impl Expected {
    /// Takes what an event does to the history.
    pub(crate) fn follow(&mut self, step: Option<HistoryStep>) {
        match step {
            Some(HistoryStep::Keep(whole)) => {
                let (print, before) = (print(&whole), amended(&whole.record));
                self.0.insert(whole.record.id, Expect { print, before, lines: Vec::new() });
            }
            Some(HistoryStep::Drop(id) | HistoryStep::Erase(id)) => drop(self.0.remove(&id)),
            Some(HistoryStep::Amend { id, line }) => {
                if let Some(expect) = self.0.get_mut(&id) {
                    expect.lines.push(line);
                }
            }
            None => {}
        }
    }

    /// What is to be said about the one that is kept.
    pub(crate) async fn compared(&self, reader: &JournalReader) -> Found {
        self.differing(reader)
            .await
            .unwrap_or_else(|error| Found::Bad(format!("the history cannot be read: {error}")))
    }

    async fn differing(&self, reader: &JournalReader) -> Result<Found, JournalError> {
        if !reader.is_of_this_schema().await? || !reader.has_history(HISTORY_VERSION).await? {
            return Ok(Found::Note("the next start makes the history anew".to_owned()));
        }
        let (mut there, mut differ, mut lost) = (0, Vec::new(), BTreeSet::new());
        let astray = reader
            .each_record(|whole, found_by| {
                there += 1;
                let id = whole.record.id;
                if found_by != FoundBy::of(&whole.record) {
                    lost.insert(id);
                }
                if !self.0.get(&id).is_some_and(|expect| expect.is(whole)) {
                    differ.push(id);
                }
            })
            .await?;
        lost.extend(astray.words.into_iter().map(record_of));
        let expected = self.0.len() as u64;
        Ok(match differ.first() {
            Some(first) => {
                let count = differ.len();
                Found::Bad(format!("{count} records are not what the events make, {first} first"))
            }
            None if there != expected => {
                Found::Bad(format!("{there} records are kept, the events make {expected}"))
            }
            None => match lost.first() {
                Some(first) => Found::Bad(format!(
                    "{} records are not found by what they say, {first} first",
                    lost.len()
                )),
                None if astray.rows > 0 => {
                    Found::Bad(format!("{} entries find no record", astray.rows))
                }
                None => Found::Good(format!("the history has the {there} records of the events")),
            },
        })
    }
}

impl Expect {
    fn is(&self, mut whole: WholeRecord) -> bool {
        let now = amended(&whole.record);
        (whole.record.tags, whole.record.rating, whole.record.comment) = self.before.clone();
        let mut again = whole.record.clone();
        for line in &self.lines {
            again.amend(&line.body);
        }
        let whole_length = whole.transcript.len().checked_sub(self.lines.len());
        let Some(before) = whole_length else { return false };
        let lines = whole.transcript.split_off(before);
        amended(&again) == now && lines == self.lines && print(&whole) == self.print
    }
}

fn amended(record: &Record) -> Amended {
    (record.tags.clone(), record.rating, record.comment.clone())
}

fn print(whole: &WholeRecord) -> Vec<u8> {
    // A record that has no JSON form equals none.
    let json = serde_json::to_vec(whole).unwrap_or_default();
    Sha256::digest(json).to_vec()
}
