//! Carries out the effects of the reducer: calls to the backend and what comes back.
//!
//! Invariant: what changes something leaves in the order the agent did it, one call after the
//! other, for two calls under way at once may overtake each other; typing signs and the chat
//! looked at are latest values and wait for nobody.

use crate::{
    bridge::Backend,
    dates,
    dom::page,
    dom::time::{OncePerFrame, Timeout, race},
    state::{Action, Deed, Effect, State, Store, history::HistoryAction},
};
use bellhop_model::{ChatId, CommandId, Timestamp, view::Ask};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use wasm_bindgen_futures::spawn_local;

/// A pause in typing after which the draft is told, in milliseconds.
const DRAFT_PAUSE_MS: i32 = 300;
/// How long the next call waits for one that does not come back, in milliseconds.
const LANE_PATIENCE_MS: i32 = 10_000;

/// See the module. Clones are the same runner.
#[derive(Debug, Clone)]
pub struct Runner(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    backend: Backend,
    drafts: RefCell<BTreeMap<ChatId, (String, Timeout)>>,
    lane: RefCell<VecDeque<Ask>>,
    lane_busy: Cell<bool>,
    last_id_at: Cell<Timestamp>,
}

impl Runner {
    /// A runner for this store and this backend.
    #[must_use]
    pub fn new(store: Store, backend: Backend) -> Self {
        Self(Rc::new(Inner {
            store,
            backend,
            drafts: RefCell::default(),
            lane: RefCell::default(),
            lane_busy: Cell::default(),
            last_id_at: Cell::default(),
        }))
    }

    /// Carries out effects in their order.
    pub fn run(&self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out(effect);
        }
    }

    /// Tells the backend every draft it has not been told: the window may be gone in a moment.
    pub fn flush_all(&self) {
        let waiting = std::mem::take(&mut *self.0.drafts.borrow_mut());
        for (chat_id, (text, _)) in waiting {
            self.queue(Ask::Draft { chat_id, text });
        }
    }

    /// Says once that the window shows something.
    pub fn ready(&self) {
        let runner = self.clone();
        spawn_local(async move {
            // Only the shell's log waits for it; the window works without.
            let _ = runner.0.backend.ready().await;
        });
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Watch => self.watch(),
            Effect::Command(command) => self.queue(Ask::Command { id: self.fresh_id(), command }),
            Effect::Ask(ask @ (Ask::Typing { .. } | Ask::Attend { .. })) => {
                let runner = self.clone();
                spawn_local(async move { runner.ask(ask).await });
            }
            Effect::Ask(ask) => self.queue(ask),
            Effect::Draft { chat_id, text } => {
                let runner = self.clone();
                let pause = Timeout::new(DRAFT_PAUSE_MS, move || runner.flush(chat_id));
                self.0.drafts.borrow_mut().insert(chat_id, (text, pause));
            }
            Effect::FlushDraft(chat_id) => self.flush(chat_id),
            Effect::HistoryPage(_) | Effect::HistoryChat(_) | Effect::Unlock(_) => {
                let runner = self.clone();
                spawn_local(async move { runner.read(effect).await });
            }
            Effect::OpenLink(_) | Effect::OpenSite => {
                let runner = self.clone();
                spawn_local(async move { runner.open(effect).await });
            }
        }
    }

    fn watch(&self) {
        let runner = self.clone();
        spawn_local(async move {
            let store = runner.0.store.clone();
            let tell = OncePerFrame::new({
                let store = store.clone();
                move || store.tell()
            });
            let watcher = Rc::new(move |update| {
                store.dispatch_quietly(Action::Update(Box::new(update)));
                page::tell_known(store.read(State::lines_known));
                tell.act();
            });
            if let Err(problem) = runner.0.backend.watch(watcher).await {
                let detail = match problem {
                    crate::state::CallProblem::Broken(detail) => detail,
                    crate::state::CallProblem::Said(problem) => problem.to_string(),
                };
                runner.0.store.dispatch(Action::NoBackend(detail));
            }
        });
    }

    async fn read(&self, effect: Effect) {
        let backend = &self.0.backend;
        let action = match effect {
            Effect::HistoryPage(before) => Action::History(HistoryAction::Page {
                before,
                result: backend.history_page(before).await,
            }),
            Effect::HistoryChat(chat_id) => Action::History(HistoryAction::Chat {
                chat_id,
                result: backend.history_chat(chat_id).await,
            }),
            Effect::Unlock(passphrase) => Action::Unlocked(backend.unlock(&passphrase).await),
            _ => return,
        };
        self.0.store.dispatch(action);
    }

    async fn open(&self, effect: Effect) {
        let result = match effect {
            Effect::OpenLink(href) => self.0.backend.open_link(&href).await,
            _ => self.0.backend.open_site().await,
        };
        self.0.store.dispatch(Action::Done { deed: Deed::Link, result });
    }

    fn flush(&self, chat_id: ChatId) {
        let waiting = self.0.drafts.borrow_mut().remove(&chat_id);
        if let Some((text, _)) = waiting {
            self.queue(Ask::Draft { chat_id, text });
        }
    }

    fn queue(&self, ask: Ask) {
        self.0.lane.borrow_mut().push_back(ask);
        if self.0.lane_busy.replace(true) {
            return;
        }
        let runner = self.clone();
        spawn_local(async move {
            loop {
                let next = runner.0.lane.borrow_mut().pop_front();
                let Some(ask) = next else { break };
                let call = runner.clone();
                race(async move { call.ask(ask).await }, LANE_PATIENCE_MS).await;
            }
            runner.0.lane_busy.set(false);
        });
    }

    async fn ask(&self, ask: Ask) {
        let deed = Deed::of(&ask);
        let result = self.0.backend.ask(&ask).await;
        self.0.store.dispatch(Action::Done { deed, result });
    }

    /// A command's id (law 6). Ids rise, so that commands made within one millisecond keep their
    /// order.
    fn fresh_id(&self) -> CommandId {
        let at = dates::now().max(self.0.last_id_at.get().plus(1));
        self.0.last_id_at.set(at);
        CommandId::from_parts(at, crate::dom::page::random())
    }
}
