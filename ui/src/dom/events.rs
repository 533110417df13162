//! Listeners on the document and the window that end when they are dropped.

use wasm_bindgen::{JsCast, convert::FromWasmAbi, prelude::Closure};
use web_sys::EventTarget;

/// A listener; dropping it ends it.
#[derive(Debug)]
pub struct Listener<E: 'static> {
    target: EventTarget,
    name: &'static str,
    call: Closure<dyn FnMut(E)>,
}

impl<E: FromWasmAbi + 'static> Listener<E> {
    /// Listens for `name` on `target`.
    pub fn on(target: &EventTarget, name: &'static str, call: impl FnMut(E) + 'static) -> Self {
        let call = Closure::new(call);
        // Fails only for a name that is none.
        let _ = target.add_event_listener_with_callback(name, call.as_ref().unchecked_ref());
        Self { target: target.clone(), name, call }
    }
}

impl<E: 'static> Drop for Listener<E> {
    fn drop(&mut self) {
        let call = self.call.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, call);
    }
}
