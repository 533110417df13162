//! Whether the history that is kept is the one that the events make.

use super::HISTORY_VERSION;
use crate::{
    journal::{HistoryStep, JournalError, JournalReader},
    verify::Found,
};
use bellhop_model::{ChatId, TranscriptLine, record::WholeRecord};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The history as the events make it, in prints: all of its words would take the room of the
/// journal once more.
#[derive(Debug, Default)]
pub(crate) struct Expected(BTreeMap<ChatId, Expect>);

#[derive(Debug)]
struct Expect {
    print: Vec<u8>,
    /// As they were when the print was taken.
    tags: Vec<String>,
    /// What was tagged after that.
    tagged: Vec<(Vec<String>, TranscriptLine)>,
}

impl Expected {
    /// Takes what an event does to the history.
    pub(crate) fn follow(&mut self, step: Option<HistoryStep>) {
        match step {
            Some(HistoryStep::Keep(whole)) => {
                let tags = whole.record.tags.clone();
                let expect = Expect { print: print(&whole), tags, tagged: Vec::new() };
                self.0.insert(whole.record.chat_id, expect);
            }
            Some(HistoryStep::Drop(chat_id)) => drop(self.0.remove(&chat_id)),
            Some(HistoryStep::Tag { chat_id, tags, line }) => {
                if let Some(expect) = self.0.get_mut(&chat_id) {
                    expect.tagged.push((tags, line));
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
        let (mut there, mut differ) = (0, Vec::new());
        let words = reader
            .each_record(|whole| {
                there += 1;
                let chat_id = whole.record.chat_id;
                if !self.0.get(&chat_id).is_some_and(|expect| expect.is(whole)) {
                    differ.push(chat_id);
                }
            })
            .await?;
        let expected = self.0.len() as u64;
        Ok(match differ.first() {
            Some(first) => {
                let count = differ.len();
                Found::Bad(format!(
                    "{count} records are not what the events make, chat {first} first"
                ))
            }
            None if there != expected => {
                Found::Bad(format!("{there} records are kept, the events make {expected}"))
            }
            None if words != there => {
                Found::Bad(format!("{there} records are kept, {words} can be searched"))
            }
            None => Found::Good(format!("the history has the {there} records of the events")),
        })
    }
}

impl Expect {
    fn is(&self, mut whole: WholeRecord) -> bool {
        for (tags, line) in self.tagged.iter().rev() {
            if whole.record.tags != *tags || whole.transcript.pop().as_ref() != Some(line) {
                return false;
            }
            // As they were before this one, so that the next round compares them.
            whole.record.tags.clone_from(&self.tags_before(line));
        }
        print(&whole) == self.print
    }

    /// The tags before a line of [`Self::tagged`].
    fn tags_before(&self, line: &TranscriptLine) -> Vec<String> {
        let earlier = self.tagged.iter().take_while(|(_, known)| known != line);
        earlier.last().map_or(&self.tags, |(tags, _)| tags).clone()
    }
}

fn print(whole: &WholeRecord) -> Vec<u8> {
    // A record that has no JSON form equals none.
    let json = serde_json::to_vec(whole).unwrap_or_default();
    Sha256::digest(json).to_vec()
}
