//! What is asked of chats so often that nobody may read a transcript, or walk over all chats, for
//! it.
//!
//! Invariant: it follows from the chats that are kept whole and from nothing else, and is made anew
//! from them, so it stands in no snapshot.

use super::{sight::is_seen, trigger_runs::is_automatic};
use bellhop_model::{Chat, ChatId, CommandId, TranscriptLine, VisitorId, chat::LineBody};
use std::collections::{BTreeSet, HashMap, HashSet};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lookups {
    transcripts: HashMap<ChatId, Tally>,
    /// The chats of each visitor; of most there is one.
    of_visitor: HashMap<VisitorId, BTreeSet<ChatId>>,
}

/// What a transcript comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    /// How many lines its visitor sees.
    seen: u64,
    /// The ids of all messages.
    said: HashSet<CommandId>,
    /// Bytes of their texts.
    bytes: usize,
    /// An automatic message is among them.
    automatic: bool,
}

impl Tally {
    fn add(&mut self, line: &TranscriptLine) {
        self.seen += u64::from(is_seen(line));
        if let LineBody::Said { message } = &line.body {
            self.said.insert(message.id);
            self.bytes += message.text.len();
            self.automatic |= is_automatic(message);
        }
    }
}

impl Lookups {
    /// There is one more chat.
    pub(super) fn enter(&mut self, chat: &Chat) {
        let tally = self.transcripts.entry(chat.id).or_default();
        for line in &chat.transcript {
            tally.add(line);
        }
        self.of_visitor.entry(chat.visitor.id.clone()).or_default().insert(chat.id);
    }

    /// The chat has one more line.
    pub(super) fn add(&mut self, chat: ChatId, line: &TranscriptLine) {
        if let Some(tally) = self.transcripts.get_mut(&chat) {
            tally.add(line);
        }
    }

    /// The chat is not kept whole any more.
    pub(super) fn leave(&mut self, chat: &Chat) {
        self.transcripts.remove(&chat.id);
        if let Some(chats) = self.of_visitor.get_mut(&chat.visitor.id) {
            chats.remove(&chat.id);
            if chats.is_empty() {
                self.of_visitor.remove(&chat.visitor.id);
            }
        }
    }

    /// How many lines of a chat its visitor sees.
    pub(super) fn seen_lines(&self, chat: ChatId) -> u64 {
        self.transcripts.get(&chat).map_or(0, |tally| tally.seen)
    }

    /// How many messages a chat has, and how many bytes of text.
    pub(super) fn said_in(&self, chat: ChatId) -> (usize, usize) {
        self.transcripts.get(&chat).map_or((0, 0), |tally| (tally.said.len(), tally.bytes))
    }

    pub(super) fn was_said(&self, chat: ChatId, message: CommandId) -> bool {
        self.transcripts.get(&chat).is_some_and(|tally| tally.said.contains(&message))
    }

    pub(super) fn has_automatic_message(&self, chat: ChatId) -> bool {
        self.transcripts.get(&chat).is_some_and(|tally| tally.automatic)
    }

    /// A visitor's chats, the oldest first.
    pub(super) fn chats_of(&self, visitor: &VisitorId) -> impl Iterator<Item = ChatId> + '_ {
        self.of_visitor.get(visitor).into_iter().flatten().copied()
    }
}
