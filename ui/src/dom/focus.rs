//! Moving the focus with the keyboard.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Gives an element the focus without scrolling to it.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Arrow keys, Home and End move between the `[data-rove]` elements of the `[data-list]` the key
/// was pressed in. (Yew hears events at the root, so the list is looked for from the target.)
pub fn rove(event: &KeyboardEvent) {
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let Some(list) = target.and_then(|t| t.closest("[data-list]").ok().flatten()) else { return };
    let Ok(found) = list.query_selector_all("[data-rove]") else { return };
    let items: Vec<Element> =
        (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect();
    let active = crate::dom::page::document().and_then(|d| d.active_element());
    let Some(at) = items.iter().position(|item| Some(item) == active.as_ref()) else { return };
    let to = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => (at + 1).min(items.len() - 1),
        "ArrowUp" | "ArrowLeft" => at.saturating_sub(1),
        "Home" => 0,
        "End" => items.len() - 1,
        _ => return,
    };
    event.prevent_default();
    focus(&items[to]);
}

/// A key pressed to compose a character is the input method's, not ours. WebKit tells
/// the Enter that ended a composition only by its key code.
#[must_use]
pub fn is_composing(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == 229
}
