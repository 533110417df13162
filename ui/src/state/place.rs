//! Where the agent is: the page, the chat and the visitor she looks at.
//!
//! Invariant: moving never touches a text box; the chat that is left has its draft told to the
//! backend and its typing sign taken back first (law 8, R-024).

use super::{Effect, State, history::HistoryAction, reply};
use bellhop_model::{ChatId, VisitorId, view::Ask};

/// A page of the left bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    #[default]
    Home,
    Visitors,
    History,
    Settings,
}

/// Where the agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub page: Page,
    /// The chat in the chat window on the home page.
    pub shown: Option<ChatId>,
    /// The agent's chat that was shown before it, which stands beside it where there is room.
    pub beside: Option<ChatId>,
    /// The shown one stands at the right of the two: neither moves when the other is turned to.
    pub at_right: bool,
    /// The visitor whose details stand on the visitors page.
    pub visitor: Option<VisitorId>,
    /// Where Esc leads from the chat.
    pub back: Option<Page>,
    /// Whether the details pane is open; `None` until the agent decides: then it is where there is
    /// room for it.
    pub details: Option<bool>,
    /// Rises whenever the text box of the shown chat should take the focus.
    pub focus_no: u64,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            page: Page::Home,
            shown: None,
            beside: None,
            at_right: false,
            visitor: None,
            back: None,
            details: None,
            focus_no: 0,
        }
    }
}

/// What moves the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceAction {
    Go(Page),
    /// Show this chat, the agent's own or a request she only looks at.
    Show(ChatId),
    /// Show the nth tab from the left, counted from 1.
    ShowTab(usize),
    /// The agent turned to the chat beside the shown one; the focus is where she put it.
    Turn(ChatId),
    ShowVisitor(Option<VisitorId>),
    /// One step back (Esc).
    Back,
    /// Open or fold away the details pane.
    OpenDetails(bool),
}

impl Place {
    /// Shows exactly this chat, with the text box ready.
    pub fn show(&mut self, chat_id: ChatId) {
        if self.page != Page::Home {
            self.back = Some(self.page);
        }
        self.page = Page::Home;
        self.turn(chat_id);
        self.ask_focus();
    }

    /// Makes this chat the shown one; the one before stays beside it, where it was.
    fn turn(&mut self, chat_id: ChatId) {
        if self.shown == Some(chat_id) {
            return;
        }
        if let Some(before) = self.shown.replace(chat_id) {
            self.beside = Some(before);
            self.at_right = !self.at_right;
        } else if self.beside == Some(chat_id) {
            self.beside = None;
        }
    }

    /// The chats of the home page from left to right, where there is room for two of them.
    #[must_use]
    pub fn side_by_side(&self) -> [Option<ChatId>; 2] {
        if self.at_right { [self.beside, self.shown] } else { [self.shown, self.beside] }
    }

    /// Puts the cursor into the text box of the shown chat.
    pub fn ask_focus(&mut self) {
        self.focus_no += 1;
    }
}

impl State {
    pub(super) fn move_to(&mut self, action: PlaceAction, effects: &mut Vec<Effect>) {
        match action {
            PlaceAction::Go(page) => {
                self.flush_shown(effects);
                self.place.page = page;
                self.place.back = None;
                if page == Page::History {
                    self.history.reduce(HistoryAction::Opened, effects);
                }
            }
            PlaceAction::Show(chat_id) => {
                self.flush_shown(effects);
                self.place.show(chat_id);
                reply::put_away_taken(self);
            }
            PlaceAction::ShowTab(number) => {
                let order = super::select::tab_order(self);
                if let Some(chat_id) = number.checked_sub(1).and_then(|at| order.get(at)).copied() {
                    self.move_to(PlaceAction::Show(chat_id), effects);
                }
            }
            PlaceAction::Turn(chat_id) => {
                self.flush_shown(effects);
                self.place.turn(chat_id);
                reply::put_away_taken(self);
            }
            PlaceAction::ShowVisitor(visitor) => {
                self.flush_shown(effects);
                self.place.page = Page::Visitors;
                self.place.visitor = visitor;
            }
            PlaceAction::Back => self.step_back(effects),
            PlaceAction::OpenDetails(open) => self.place.details = Some(open),
        }
    }

    fn step_back(&mut self, effects: &mut Vec<Effect>) {
        self.flush_shown(effects);
        match self.place.page {
            Page::Home => {
                if let Some(page) = self.place.back.take() {
                    self.place.page = page;
                } else {
                    (self.place.shown, self.place.beside) = (None, None);
                    reply::put_away_taken(self);
                }
            }
            Page::Visitors if self.place.visitor.is_some() => self.place.visitor = None,
            Page::History if self.history.chosen.is_some() => self.history.chosen = None,
            Page::Visitors | Page::History | Page::Settings => self.place.page = Page::Home,
        }
    }

    /// The shown chat is left: what stands in its box is told, its typing sign taken back.
    pub(super) fn flush_shown(&mut self, effects: &mut Vec<Effect>) {
        let Some(chat_id) = self.place.shown else { return };
        effects.push(Effect::FlushDraft(chat_id));
        if self.drafts.stop_typing(chat_id) {
            effects.push(Effect::Ask(Ask::Typing { chat_id, on: false }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_before_stays_where_it_was_beside_the_one_shown() {
        let [a, b, c] = [1, 2, 3].map(ChatId);
        let mut place = Place::default();
        for (turn_to, left, right) in [
            (a, Some(a), None),
            (b, Some(a), Some(b)),
            (a, Some(a), Some(b)),
            (c, Some(a), Some(c)),
            (c, Some(a), Some(c)),
            (b, Some(b), Some(c)),
        ] {
            place.turn(turn_to);
            assert_eq!((place.shown, place.side_by_side()), (Some(turn_to), [left, right]));
        }
    }

    #[test]
    fn a_chat_left_alone_can_be_turned_to() {
        let mut place = Place::default();
        place.turn(ChatId(1));
        place.turn(ChatId(2));
        place.shown = None;
        place.turn(ChatId(1));
        assert_eq!((place.shown, place.beside), (Some(ChatId(1)), None));
    }
}
