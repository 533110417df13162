//! Moving the focus with the keyboard.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Gives an element the focus without scrolling to it.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Arrow keys, Home and End move between the `[data-rove]` elements of a list. `list` is where
/// the key was heard. Returns whether the key meant that.
pub fn rove(event: &KeyboardEvent, list: &Element) -> bool {
    let Ok(found) = list.query_selector_all("[data-rove]") else { return false };
    let items: Vec<Element> =
        (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect();
    let active = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
    let Some(at) = items.iter().position(|item| Some(item) == active.as_ref()) else {
        return false;
    };
    let to = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => (at + 1).min(items.len() - 1),
        "ArrowUp" | "ArrowLeft" => at.saturating_sub(1),
        "Home" => 0,
        "End" => items.len() - 1,
        _ => return false,
    };
    event.prevent_default();
    focus(&items[to]);
    true
}

/// The event's own list: where the listener stands.
#[must_use]
pub fn list_of(event: &KeyboardEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

/// A key pressed to compose a character is the input method's, not ours. WebKit tells
/// the Enter that ended a composition only by its key code.
#[must_use]
pub fn is_composing(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == 229
}
