//! Timers that end when they are dropped, and one timer for all ages shown.

use crate::dates;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use yew::prelude::*;

/// Calls a function once, later. Dropping it calls nothing.
#[derive(Debug)]
pub struct Timeout {
    id: i32,
    _call: Closure<dyn FnMut()>,
}

impl Timeout {
    /// After `millis`.
    #[must_use]
    pub fn new(millis: i32, call: impl FnOnce() + 'static) -> Self {
        let call = Closure::once(call);
        let id = web_sys::window()
            .and_then(|window| {
                window
                    .set_timeout_with_callback_and_timeout_and_arguments_0(
                        call.as_ref().unchecked_ref(),
                        millis,
                    )
                    .ok()
            })
            .unwrap_or_default();
        Self { id, _call: call }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

/// Runs the task to its end, but returns after `millis` at the latest; the task then goes on by
/// itself.
pub async fn race(task: impl Future<Output = ()> + 'static, millis: i32) {
    let task = future_to_promise(async move {
        task.await;
        Ok(JsValue::UNDEFINED)
    });
    let mut timer = None;
    let late = js_sys::Promise::new(&mut |resolve, _| {
        timer = Some(Timeout::new(millis, move || {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }));
    });
    let _ = JsFuture::from(js_sys::Promise::race(&js_sys::Array::of2(&task, &late))).await;
    drop(timer);
}

/// Calls `then` when what is rendered now has been painted.
pub fn after_paint(then: impl FnOnce() + 'static) {
    let second = Closure::once_into_js(then);
    let first = Closure::once_into_js(move || frame(&second));
    frame(&first);
}

fn frame(call: &JsValue) {
    if let Some(window) = web_sys::window() {
        let _ = window.request_animation_frame(call.unchecked_ref());
    }
}

/// Calls `then` in the next frame, before it is painted.
pub fn next_frame(then: impl FnOnce() + 'static) {
    frame(&Closure::once_into_js(then));
}

/// Does something at once, but no more than once in a frame: what is asked for again within the
/// frame is done once, in the next. A window that is not seen has no frames, so that there it
/// waits until it is.
pub struct OncePerFrame {
    act: Box<dyn Fn()>,
    in_frame: Cell<bool>,
    again: Cell<bool>,
}

impl std::fmt::Debug for OncePerFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OncePerFrame").finish_non_exhaustive()
    }
}

impl OncePerFrame {
    /// For doing this.
    #[must_use]
    pub fn new(act: impl Fn() + 'static) -> Rc<Self> {
        Rc::new(Self { act: Box::new(act), in_frame: Cell::default(), again: Cell::default() })
    }

    /// Does it, or sees to it that it is done in the next frame.
    pub fn act(self: &Rc<Self>) {
        if self.in_frame.replace(true) {
            self.again.set(true);
            return;
        }
        (self.act)();
        let this = Rc::clone(self);
        next_frame(move || {
            this.in_frame.set(false);
            if this.again.take() {
                this.act();
            }
        });
    }
}

/// Lets one age look at the clock; answers how many milliseconds later it says something else.
type Look = Rc<dyn Fn() -> i64>;

#[derive(Default)]
struct Ticker {
    /// Each with the moment when it says something else.
    looks: BTreeMap<u64, (i64, Look)>,
    next: u64,
    timer: Option<Timeout>,
}

thread_local! {
    static TICKER: RefCell<Ticker> = RefCell::default();
    /// In a window that is not seen nothing ages; once it is, everything is looked at.
    static TICK: Rc<OncePerFrame> = OncePerFrame::new(tick);
}

/// Not exact: what is due together is painted together, and a timer may be early by a little.
const SLACK_MS: i64 = 50;
/// No age goes longer without a look: it also finds a clock that was set back.
const LONGEST_MS: i64 = 60_000;

fn tick() {
    let now = dates::now().0;
    let due: Vec<(u64, Look)> = TICKER.with_borrow(|ticker| {
        let due = |at: i64| at <= now + SLACK_MS || at > now + LONGEST_MS;
        ticker
            .looks
            .iter()
            .filter(|(_, (at, _))| due(*at))
            .map(|(id, (_, look))| (*id, Rc::clone(look)))
            .collect()
    });
    for (id, look) in due {
        let later = look();
        expect(id, now, later);
    }
    wind(now);
}

fn due() {
    TICK.with(OncePerFrame::act);
}

/// From now on the age `id` says something else after `later` milliseconds.
fn expect(id: u64, now: i64, later: i64) {
    TICKER.with_borrow_mut(|ticker| {
        if let Some((at, _)) = ticker.looks.get_mut(&id) {
            *at = now + later.clamp(SLACK_MS, LONGEST_MS);
        }
    });
}

/// Sets the timer to the next age that changes. None runs while nothing is shown that ages.
fn wind(now: i64) {
    TICKER.with_borrow_mut(|ticker| {
        let next = ticker.looks.values().map(|(at, _)| *at).min();
        ticker.timer =
            next.map(|at| Timeout::new((at - now).clamp(SLACK_MS, LONGEST_MS) as i32, due));
    });
}

fn subscribe(look: Look) -> u64 {
    TICKER.with_borrow_mut(|ticker| {
        ticker.next += 1;
        ticker.looks.insert(ticker.next, (0, look));
        ticker.next
    })
}

fn unsubscribe(id: u64) {
    TICKER.with_borrow_mut(|ticker| {
        ticker.looks.remove(&id);
        if ticker.looks.is_empty() {
            ticker.timer = None;
        }
    });
}

/// What `text` says now, and in how many milliseconds it says something else; the component is
/// rendered again when it does.
#[hook]
pub fn use_aging<T: PartialEq + 'static>(text: impl Fn() -> (T, i64) + 'static) -> Rc<T> {
    let update = use_force_update();
    let latest = use_mut_ref(|| None::<(Rc<T>, Rc<dyn Fn() -> (T, i64)>)>);
    let (value, later) = text();
    let value = Rc::new(value);
    *latest.borrow_mut() = Some((Rc::clone(&value), Rc::new(text)));
    let id = use_mut_ref(|| 0);
    let mine = Rc::clone(&id);
    use_effect_with((), move |()| {
        let look = move || {
            let Some((shown, text)) = latest.borrow().clone() else { return LONGEST_MS };
            let (value, later) = text();
            if *shown != value {
                update.force_update();
            }
            later
        };
        let id = subscribe(Rc::new(look));
        *mine.borrow_mut() = id;
        move || unsubscribe(id)
    });
    // After each rendering: what is shown may be the age of something else by now.
    use_effect(move || {
        let now = dates::now().0;
        expect(*id.borrow(), now, later);
        wind(now);
    });
    value
}
