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
        self.shown = Some(chat_id);
        self.ask_focus();
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
                    self.place.shown = None;
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
