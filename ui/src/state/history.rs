//! The history as far as it has been read. It comes from the cache, so it is there with
//! no connection.
//!
//! Invariant: the list is newest first without repeats; a page replaces exactly the range it
//! covers, so a page read anew adds what is new and removes what is gone.

use super::{CallProblem, Effect};
use bellhop_model::{
    ChatId,
    history::{HistoryCursor, HistoryEntry, HistoryPage},
    view::HistoryChat,
};
use std::rc::Rc;

/// The history page.
#[derive(Debug, Default)]
pub struct History {
    pub entries: Vec<Rc<HistoryEntry>>,
    /// Where the next page begins; `None` when all has been read.
    pub next: Option<HistoryCursor>,
    /// The first page has come.
    pub read: bool,
    pub loading: bool,
    pub problem: Option<CallProblem>,
    /// The chat whose transcript is open.
    pub chosen: Option<ChatId>,
    pub chat: Transcript,
}

/// The transcript beside the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Transcript {
    #[default]
    None,
    Loading,
    Here(Rc<HistoryChat>),
    Missing,
    Failed(CallProblem),
}

/// What happens on the history page.
#[derive(Debug, Clone, PartialEq)]
pub enum HistoryAction {
    Opened,
    /// The end of the list came into sight.
    More,
    Page {
        before: Option<HistoryCursor>,
        result: Result<HistoryPage, CallProblem>,
    },
    Choose(ChatId),
    Chat {
        chat_id: ChatId,
        result: Result<Option<Box<HistoryChat>>, CallProblem>,
    },
}

impl History {
    pub(super) fn reduce(&mut self, action: HistoryAction, effects: &mut Vec<Effect>) {
        match action {
            HistoryAction::Opened => {
                if !self.loading {
                    self.load(None, effects);
                }
            }
            HistoryAction::More => {
                if let (Some(next), false) = (self.next, self.loading) {
                    self.load(Some(next), effects);
                }
            }
            HistoryAction::Page { before, result } => self.page(before, result),
            HistoryAction::Choose(chat_id) => {
                self.chosen = Some(chat_id);
                self.chat = Transcript::Loading;
                effects.push(Effect::HistoryChat(chat_id));
            }
            HistoryAction::Chat { chat_id, result } => {
                if result.as_ref().is_ok_and(Option::is_none) {
                    self.entries.retain(|entry| entry.chat_id != chat_id);
                }
                if self.chosen == Some(chat_id) {
                    self.chat = match result {
                        Ok(Some(chat)) => Transcript::Here(Rc::new(*chat)),
                        Ok(None) => Transcript::Missing,
                        Err(problem) => Transcript::Failed(problem),
                    };
                }
            }
        }
    }

    /// An ended chat was added: the newest page is read anew if the list was ever looked at, and the
    /// transcript that is open.
    pub(super) fn changed(&mut self, effects: &mut Vec<Effect>) {
        if self.read {
            effects.push(Effect::HistoryPage(None));
        }
        effects.extend(self.chosen.map(Effect::HistoryChat));
    }

    /// A chat was deleted: it is shown no longer, wherever it stood.
    pub(super) fn gone(&mut self, chat_id: ChatId, effects: &mut Vec<Effect>) {
        self.entries.retain(|entry| entry.chat_id != chat_id);
        if self.chosen == Some(chat_id) {
            effects.push(Effect::HistoryChat(chat_id));
        }
    }

    fn load(&mut self, before: Option<HistoryCursor>, effects: &mut Vec<Effect>) {
        self.loading = true;
        self.problem = None;
        effects.push(Effect::HistoryPage(before));
    }

    fn page(&mut self, before: Option<HistoryCursor>, result: Result<HistoryPage, CallProblem>) {
        self.loading = false;
        let page = match result {
            Ok(page) => page,
            Err(problem) => {
                self.problem = Some(problem);
                return;
            }
        };
        let place = |e: &HistoryEntry| (e.ended_at, e.chat_id);
        let above = before.map(|c| (c.ended_at, c.chat_id));
        let last = page.entries.last().map(place);
        let reaches_end = page.next.is_none();
        // Newest first: smaller places come later. The page covers everything below `above` down
        // to its own last entry, or to the very end.
        let covered = |e: &HistoryEntry| {
            above.is_none_or(|a| place(e) < a)
                && (reaches_end || last.is_some_and(|l| place(e) >= l))
        };
        let knew_more =
            !reaches_end && self.entries.iter().any(|e| last.is_some_and(|l| place(e) < l));
        let new_ids: Vec<ChatId> = page.entries.iter().map(|e| e.chat_id).collect();
        self.entries.retain(|e| !covered(e) && !new_ids.contains(&e.chat_id));
        self.entries.extend(page.entries.into_iter().map(Rc::new));
        self.entries.sort_by_key(|e| std::cmp::Reverse(place(e)));
        if !knew_more {
            self.next = page.next;
        }
        self.read = true;
    }
}
