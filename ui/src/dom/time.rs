//! Timers that end when they are dropped, and one tick a second for all ages shown.

use std::{cell::RefCell, collections::BTreeMap, future::Future, rc::Rc};
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

type Tick = Rc<dyn Fn()>;

#[derive(Default)]
struct Ticker {
    calls: BTreeMap<u64, Tick>,
    next: u64,
    timer: Option<(i32, Closure<dyn FnMut()>)>,
}

thread_local! {
    static TICKER: RefCell<Ticker> = RefCell::default();
}

fn tick() {
    let calls: Vec<Tick> = TICKER.with_borrow(|t| t.calls.values().cloned().collect());
    for call in calls {
        call();
    }
}

fn subscribe(call: Tick) -> u64 {
    TICKER.with_borrow_mut(|ticker| {
        ticker.next += 1;
        let id = ticker.next;
        ticker.calls.insert(id, call);
        if ticker.timer.is_none() {
            let run = Closure::<dyn FnMut()>::new(tick);
            ticker.timer = web_sys::window()
                .and_then(|window| {
                    window
                        .set_interval_with_callback_and_timeout_and_arguments_0(
                            run.as_ref().unchecked_ref(),
                            1000,
                        )
                        .ok()
                })
                .map(|id| (id, run));
        }
        id
    })
}

fn unsubscribe(id: u64) {
    TICKER.with_borrow_mut(|ticker| {
        ticker.calls.remove(&id);
        if ticker.calls.is_empty()
            && let (Some((timer, _)), Some(window)) = (ticker.timer.take(), web_sys::window())
        {
            window.clear_interval_with_handle(timer);
        }
    });
}

/// What `text` says at this second; the component is rendered again when it says something else.
/// One timer serves all, and none runs while nothing is shown that ages.
#[hook]
pub fn use_each_second<T: PartialEq + 'static>(text: impl Fn() -> T + 'static) -> Rc<T> {
    let update = use_force_update();
    let latest = use_mut_ref(|| None::<(Rc<T>, Rc<dyn Fn() -> T>)>);
    let value = Rc::new(text());
    *latest.borrow_mut() = Some((Rc::clone(&value), Rc::new(text)));
    use_effect_with((), move |()| {
        let id = subscribe(Rc::new(move || {
            let differs = latest.borrow().as_ref().is_some_and(|(value, text)| **value != text());
            if differs {
                update.force_update();
            }
        }));
        move || unsubscribe(id)
    });
    value
}
