//! What the window knows and how it changes: one pure reducer.
//!
//! Invariant (law 7): [`State::view`] is what the backend last said, changed only by
//! [`bellhop_model::view::View::apply`]; everything else here is the window's own (the page, the
//! chat that is looked at, what stands in the text boxes, the end dialog, the history read so
//! far). [`State::reduce`] does nothing outside: what should happen is returned as [`Effect`]s and
//! carried out by `crate::runner`.

pub mod action;
pub mod drafts;
pub mod end;
pub mod history;
pub mod place;
pub mod reply;
pub mod rows;
pub mod select;
pub mod store;

pub use action::{Action, CallProblem, Deed, Effect, Failure};
pub use place::Page;
pub use store::{Store, use_select, use_store};

use bellhop_model::{
    ChatId, Command,
    view::{Ask, NoticeBody, Patch, Stage, Update, View},
};
use std::collections::BTreeMap;

/// All that the window shows.
#[derive(Debug, Default)]
pub struct State {
    /// The backend's view, at revision `rev`.
    pub view: View,
    /// `None` before the first snapshot, and after a gap until the next one.
    pub rev: Option<u64>,
    /// A snapshot has come; stays so through later gaps.
    pub known: bool,
    /// The rows of each transcript, kept in step with the view's lines.
    pub books: BTreeMap<ChatId, rows::Book>,
    /// Rises with every change of who is on the site, or of a chat's head.
    pub people_rev: u64,
    pub place: place::Place,
    pub drafts: drafts::Drafts,
    pub end: Option<end::EndDialog>,
    pub reply: reply::Replies,
    pub history: history::History,
    pub failures: Vec<Failure>,
    /// A request is being served: the button does not offer the next one meanwhile.
    pub serving: bool,
    pub unlocking: bool,
    pub unlock_problem: Option<CallProblem>,
    /// The backend cannot be reached at all.
    pub no_backend: Option<String>,
    /// The agent has been shown where she goes on.
    began: bool,
    /// The window is the one the agent works in now.
    pub focused: bool,
    next_failure: u64,
    attended: Option<ChatId>,
}

impl State {
    /// Carries out one action and says what should happen outside.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Update(update) => self.update(*update, &mut effects),
            Action::Place(action) => self.move_to(action, &mut effects),
            Action::Draft(action) => self.write(action, &mut effects),
            Action::End(action) => self.end(action, &mut effects),
            Action::History(action) => self.history.reduce(action, &mut effects),
            Action::ServeNext => {
                if !self.serving && self.may_serve() {
                    self.serving = true;
                    effects.push(Effect::Command(Command::ServeNext));
                }
            }
            Action::Serve(chat_id) => {
                if !self.serving && self.may_serve() {
                    self.serving = true;
                    effects.push(Effect::Command(Command::Serve { chat_id }));
                }
            }
            Action::Continue(chat_id) => {
                effects.push(Effect::Command(Command::ContinueChat { chat_id }));
                self.place.ask_focus();
            }
            Action::SetAvailability(availability) => {
                effects.push(Effect::Command(Command::SetAvailability { availability }));
            }
            Action::Save(settings) => {
                // Shown at once; the backend's patch confirms it or the failure says why not.
                self.view.settings = settings.clone();
                effects.push(Effect::Ask(Ask::SaveSettings { settings }));
            }
            Action::SendAgain(id) => effects.push(Effect::Ask(Ask::SendAgain { id })),
            Action::Discard(id) => effects.push(Effect::Ask(Ask::Discard { id })),
            Action::DismissNotice(id) => effects.push(Effect::Ask(Ask::DismissNotice { id })),
            Action::DismissFailure(id) => self.failures.retain(|f| f.id != id),
            Action::ConnectNow => effects.push(Effect::Ask(Ask::ConnectNow)),
            Action::OpenLink(href) => effects.push(Effect::OpenLink(href)),
            Action::OpenSite => effects.push(Effect::OpenSite),
            Action::Unlock(passphrase) => {
                if !self.unlocking {
                    self.unlocking = true;
                    self.unlock_problem = None;
                    effects.push(Effect::Unlock(passphrase));
                }
            }
            Action::Unlocked(result) => {
                self.unlocking = false;
                self.unlock_problem = result.err();
            }
            Action::NoBackend(detail) => self.no_backend = Some(detail),
            Action::Focused(focused) => self.focused = focused,
            Action::Done { deed, result } => self.done(deed, result, &mut effects),
        }
        // Only a chat of the agent's own stays beside another.
        let mine = |id: &ChatId| self.view.chat(*id).is_some_and(|c| c.head.mine);
        self.place.beside = self.place.beside.filter(mine);
        self.attend(&mut effects);
        effects
    }

    /// Serving needs the connection, for somebody else may have served the request.
    #[must_use]
    pub fn may_serve(&self) -> bool {
        self.view.connection.word == bellhop_model::view::Connection::Online
    }

    /// How many lines of transcripts the window has, of all chats.
    #[must_use]
    pub fn lines_known(&self) -> usize {
        self.books.values().map(|book| book.rev().1).sum()
    }

    fn update(&mut self, update: Update, effects: &mut Vec<Effect>) {
        match update {
            Update::Snapshot { rev, view } => {
                self.view = *view;
                self.rev = Some(rev);
                self.known = true;
                self.people_rev += 1;
                self.books =
                    self.view.chats.iter().map(|c| (c.head.id, rows::Book::of(&c.lines))).collect();
                for chat in &self.view.chats {
                    self.drafts.offer(chat.head.id, &chat.draft);
                }
                self.view_changed(effects);
            }
            Update::Patches { rev, patches } => {
                if self.rev.map(|mine| mine + 1) != Some(rev) {
                    // A gap: a new snapshot is the only thing that mends it. Asked for once.
                    if self.rev.take().is_some() {
                        effects.push(Effect::Watch);
                    }
                    return;
                }
                self.rev = Some(rev);
                for patch in patches {
                    self.patch(patch, effects);
                }
                self.view_changed(effects);
            }
        }
    }

    fn patch(&mut self, patch: Patch, effects: &mut Vec<Effect>) {
        if !matches!(patch, Patch::LineAdded { .. } | Patch::Pending { .. } | Patch::Focus { .. }) {
            self.people_rev += 1;
        }
        match &patch {
            Patch::Focus { chat_id } => {
                let chat_id = *chat_id;
                self.flush_shown(effects);
                self.place.show(chat_id);
                self.serving = false;
            }
            Patch::HistoryChanged => self.history.changed(effects),
            Patch::HistoryGone { chat_id } => self.history.gone(*chat_id, effects),
            Patch::ChatPut { chat } => {
                self.books.insert(chat.head.id, rows::Book::of(&chat.lines));
                self.drafts.offer(chat.head.id, &chat.draft);
            }
            Patch::LineAdded { chat_id, line } => {
                if let Some(book) = self.books.get_mut(chat_id) {
                    book.add(line);
                }
            }
            Patch::NoticeRaised { notice } => {
                if let NoticeBody::Refused { wished, refusal } = &notice.body
                    && self.serve_refused(*wished, refusal)
                {
                    self.reply.told.insert(notice.id);
                    effects.push(Effect::Ask(Ask::DismissNotice { id: notice.id }));
                }
            }
            Patch::ChatGone { chat_id } => {
                self.keep_taken(*chat_id);
                if !self.reply.is_taken(*chat_id) {
                    self.books.remove(chat_id);
                }
            }
            _ => {}
        }
        self.view.apply(patch);
    }

    /// What follows from a changed view: replies that waited for their chat go out, and what the
    /// window showed of chats that are gone is put away.
    fn view_changed(&mut self, effects: &mut Vec<Effect>) {
        self.send_replies(effects);
        if !self.began && self.view.stage == Stage::Ready {
            self.began = true;
            self.go_on();
        }
        if let Some(dialog) = &self.end
            && self.view.chat(dialog.chat_id).is_none_or(|c| !c.head.mine)
        {
            self.end = None;
        }
        if self.reply.taken.as_ref().is_some_and(|t| self.view.chat(t.chat.head.id).is_some()) {
            self.reply.taken = None;
        }
        if let Some(shown) = self.place.shown
            && self.view.chat(shown).is_none()
            && !self.reply.is_taken(shown)
        {
            self.place.shown = None;
        }
    }

    /// At the start of the program: in a chat the agent is in, where there is one.
    fn go_on(&mut self) {
        let first = select::tab_order(self).first().copied();
        if let (None, place::Page::Home, Some(first)) = (self.place.shown, self.place.page, first) {
            self.place.show(first);
        }
    }

    fn done(&mut self, deed: Deed, result: Result<(), CallProblem>, effects: &mut Vec<Effect>) {
        match (&deed, result) {
            (Deed::Serve(_), Ok(())) => self.serving = false,
            (Deed::Serve(chat_id), Err(problem)) => {
                self.serving = false;
                let kept = chat_id.is_some_and(|id| self.reply.give_up(id, problem.clone()));
                if !kept {
                    self.fail(deed, problem);
                }
            }
            (Deed::Say { chat_id, text }, Err(problem)) => {
                self.drafts.give_back(*chat_id, text);
                self.reply.problems.insert(*chat_id, problem);
                effects.push(Effect::Draft {
                    chat_id: *chat_id,
                    text: self.drafts.text(*chat_id).to_owned(),
                });
            }
            (Deed::Quiet, _) | (_, Ok(())) => {}
            (_, Err(problem)) => self.fail(deed, problem),
        }
    }

    /// Says that something did not work, until dismissed. The same failure is said once.
    fn fail(&mut self, deed: Deed, problem: CallProblem) {
        if self.failures.iter().any(|f| f.deed == deed && f.problem == problem) {
            return;
        }
        self.next_failure += 1;
        self.failures.push(Failure { id: self.next_failure, deed, problem });
    }

    /// Tells the backend which chat is looked at, when that changed.
    fn attend(&mut self, effects: &mut Vec<Effect>) {
        let attended = self.place.shown.filter(|_| self.focused && self.place.page == Page::Home);
        let attended = attended.filter(|id| self.view.chat(*id).is_some());
        if attended != self.attended && self.rev.is_some() {
            self.attended = attended;
            effects.push(Effect::Ask(Ask::Attend { chat_id: attended }));
        }
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
