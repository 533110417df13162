//! What is taken back when an ask could not be stored.
//!
//! Invariant: an ask that is answered "not stored" has changed nothing. Only the last ask can be
//! taken back, for the driver says at once what became of it.

use crate::engine::Engine;
use bellhop_model::{ChatId, CommandId, PersonalSettings, Timestamp, stored::OutboxRow};

#[derive(Debug)]
pub(crate) enum Undo {
    /// A new command, and the draft it was made of.
    Wish {
        id: CommandId,
        draft: Option<(ChatId, String)>,
    },
    /// A row was taken out; perhaps another was made of it.
    Row {
        row: OutboxRow,
        made: Option<CommandId>,
    },
    Draft {
        chat_id: ChatId,
        text: String,
    },
    Settings {
        settings: Box<PersonalSettings>,
    },
}

impl Engine {
    pub(crate) fn ask_not_stored(&mut self, detail: String, now: Timestamp) {
        match self.undo.take() {
            Some(Undo::Wish { id, draft }) => {
                if let Some(row) = self.outbox.remove(id) {
                    self.marks.own_of(&row);
                }
                if let Some((chat_id, text)) = draft {
                    self.set_draft(chat_id, text);
                }
            }
            Some(Undo::Row { row, made }) => {
                if let Some(made) = made {
                    self.outbox.remove(made);
                }
                self.marks.own_of(&row);
                self.outbox.add(row);
            }
            Some(Undo::Draft { chat_id, text }) => self.set_draft(chat_id, text),
            Some(Undo::Settings { settings }) => {
                self.settings = *settings;
                self.marks.settings = true;
            }
            None => {}
        }
        self.raise_unwritable(detail, now);
    }

    /// What stands in the text box of a chat, as the window shows it.
    pub(crate) fn set_draft(&mut self, chat_id: ChatId, text: String) {
        if text.is_empty() {
            self.drafts.remove(&chat_id);
        } else {
            self.drafts.insert(chat_id, text);
        }
        self.marks.own(chat_id);
    }
}
