//! The one place that holds the [`State`], and how components read it.
//!
//! A component names what it needs ([`use_select`]) and is rendered again only when that differs:
//! a message in one chat does not touch the tabs, the lists or the other chats. The state is
//! changed in place, never copied.

use super::{Action, Effect, State};
use bellhop_model::ChatId;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};
use yew::prelude::*;

type Listener = Rc<dyn Fn(&State)>;
type Runner = Box<dyn Fn(Vec<Effect>)>;

/// Holds the state. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Rc<Inner>,
}

struct Inner {
    state: RefCell<State>,
    listeners: RefCell<Vec<(u64, Listener)>>,
    next: Cell<u64>,
    run: RefCell<Runner>,
    readings: RefCell<BTreeMap<ChatId, Reading>>,
}

/// Where the agent was reading when she left a chat above its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The first visible row of the transcript, and how many of its pixels were above.
    pub row: usize,
    pub into: f64,
    /// How many lines the transcript had.
    pub lines: usize,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Store {
    /// A store whose effects nobody carries out yet: see [`Store::run_with`].
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            inner: Rc::new(Inner {
                state: RefCell::new(state),
                listeners: RefCell::default(),
                next: Cell::default(),
                run: RefCell::new(Box::new(|_| {})),
                readings: RefCell::default(),
            }),
        }
    }

    /// From now on `run` carries out the effects.
    pub fn run_with(&self, run: impl Fn(Vec<Effect>) + 'static) {
        *self.inner.run.borrow_mut() = Box::new(run);
    }

    /// Reduces the action, tells the components and has the effects carried out.
    pub fn dispatch(&self, action: Action) {
        let effects = self.inner.state.borrow_mut().reduce(action);
        self.tell();
        self.run(effects);
    }

    /// The same, but the components are not told: whoever calls this has them told with
    /// [`Store::tell`] before the next frame is drawn.
    pub fn dispatch_quietly(&self, action: Action) {
        let effects = self.inner.state.borrow_mut().reduce(action);
        self.run(effects);
    }

    /// Tells the components that the state has changed.
    pub fn tell(&self) {
        let listeners: Vec<Listener> =
            self.inner.listeners.borrow().iter().map(|(_, l)| Rc::clone(l)).collect();
        for listener in listeners {
            listener(&self.inner.state.borrow());
        }
    }

    fn run(&self, effects: Vec<Effect>) {
        if !effects.is_empty() {
            (self.inner.run.borrow())(effects);
        }
    }

    /// Reads something of the state.
    pub fn read<T>(&self, select: impl FnOnce(&State) -> T) -> T {
        select(&self.inner.state.borrow())
    }

    /// Keeps where the agent reads in a chat until she comes back to it; `None` at its end, which
    /// is followed. Nothing shows it, so it is no state.
    pub fn leave_at(&self, chat: ChatId, reading: Option<Reading>) {
        let mut readings = self.inner.readings.borrow_mut();
        match reading {
            Some(reading) => readings.insert(chat, reading),
            None => readings.remove(&chat),
        };
    }

    /// Where the agent left a chat.
    #[must_use]
    pub fn left_at(&self, chat: ChatId) -> Option<Reading> {
        self.inner.readings.borrow_mut().remove(&chat)
    }

    /// A callback that dispatches what `action` makes of the event.
    pub fn on<E: 'static>(&self, action: impl Fn(E) -> Action + 'static) -> Callback<E> {
        let store = self.clone();
        Callback::from(move |event| store.dispatch(action(event)))
    }

    /// Calls `listener` after every change until the answer is dropped.
    pub fn subscribe(&self, listener: impl Fn(&State) + 'static) -> Subscription {
        let id = self.inner.next.get();
        self.inner.next.set(id + 1);
        self.inner.listeners.borrow_mut().push((id, Rc::new(listener)));
        Subscription { store: self.clone(), id }
    }
}

/// Ends the subscription when dropped.
#[derive(Debug)]
pub struct Subscription {
    store: Store,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.store.inner.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}

/// The store of the window.
///
/// # Panics
/// Outside a `ContextProvider<Store>`, which is a mistake in the program.
#[hook]
pub fn use_store() -> Store {
    use_context::<Store>().expect("components stand below the store's provider")
}

/// What `select` says of the state; the component is rendered again when it says something else.
#[hook]
pub fn use_select<T, F>(select: F) -> Rc<T>
where
    T: PartialEq + 'static,
    F: Fn(&State) -> T + 'static,
{
    let store = use_store();
    let value = Rc::new(store.read(&select));
    let shown = Rc::clone(&value);
    use_until_differs(store, Rc::new(move |state: &State| *shown != select(state)));
    value
}

type Differs = Rc<dyn Fn(&State) -> bool>;

/// Renders the component again once `differs` says so. Apart from [`use_select`] because that is
/// compiled anew for every question, and this is not.
#[hook]
fn use_until_differs(store: Store, differs: Differs) {
    let update = use_force_update();
    let latest = use_mut_ref(|| None::<Differs>);
    *latest.borrow_mut() = Some(differs);
    use_effect_with(store, move |store| {
        let check = move |state: &State| {
            let differs = latest.borrow().clone();
            if differs.is_some_and(|differs| differs(state)) {
                update.force_update();
            }
        };
        // Something may have changed between the first render and this effect.
        store.read(&check);
        let subscription = store.subscribe(check);
        move || drop(subscription)
    });
}
