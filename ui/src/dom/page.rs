//! The page: its language, theme and storage.

use super::events::Listener;
use wasm_bindgen::JsValue;
use web_sys::Event;
use yew::prelude::*;

const THEME_KEY: &str = "bellhop.theme";
const LANG_KEY: &str = "bellhop.lang";

/// The language the system wants most, such as `ko-KR`; English where there is no page (native
/// tests).
#[must_use]
pub fn system_language() -> String {
    if cfg!(target_arch = "wasm32") {
        web_sys::window().and_then(|w| w.navigator().language()).unwrap_or_default()
    } else {
        String::new()
    }
}

/// Marks the page with its language and remembers it for the next start.
pub fn set_language(tag: &str) {
    mark("lang", Some(tag));
    remember(LANG_KEY, Some(tag));
}

/// Marks the page with its theme (`None`: the system's) and remembers it for the next start.
pub fn set_theme(theme: Option<&str>) {
    mark("data-theme", theme);
    remember(THEME_KEY, theme);
}

/// Marks the page with how many lines the window has by now, shown or not: what the benchmark of
/// the way from the service to here (P6) looks at.
pub fn tell_known(lines: usize) {
    mark("data-lines", Some(&lines.to_string()));
}

fn mark(attribute: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|d| d.document_element()) else { return };
    let _ = match value {
        Some(value) => root.set_attribute(attribute, value),
        None => root.remove_attribute(attribute),
    };
}

/// Remembers a choice about the window alone. Storage may be closed to the page; then it holds
/// until the window closes.
pub fn remember(key: &str, value: Option<&str>) {
    let Some(Ok(Some(storage))) = web_sys::window().map(|w| w.local_storage()) else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// What was remembered.
#[must_use]
pub fn remembered(key: &str) -> Option<String> {
    web_sys::window()?.local_storage().ok()??.get_item(key).ok()?
}

/// The document.
#[must_use]
pub fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// The window is wide enough for the details pane beside the chat; the style sheet knows the same
/// width. Where there is no window (native tests), it is.
#[must_use]
pub fn has_room_for_details() -> bool {
    width().is_none_or(|width| width >= 1120.0)
}

/// Whether two chats fit side by side (looks.md: above 1,600 px), as the window is now.
#[hook]
pub fn use_room_for_two() -> bool {
    let has_room = || width().is_some_and(|width| width > 1600.0);
    let room = use_state_eq(has_room);
    use_effect_with((), {
        let room = room.clone();
        move |()| {
            let listener = web_sys::window()
                .map(|w| Listener::on(&w, "resize", move |_: Event| room.set(has_room())));
            move || drop(listener)
        }
    });
    *room
}

/// In CSS pixels; `None` where there is no window (native tests).
fn width() -> Option<f64> {
    if cfg!(target_arch = "wasm32") {
        web_sys::window().and_then(|w| w.inner_width().ok()?.as_f64())
    } else {
        None
    }
}

/// The window has the agent's attention.
#[must_use]
pub fn has_focus() -> bool {
    document().and_then(|d| d.has_focus().ok()).unwrap_or_default()
}

/// Random bytes for an id.
#[must_use]
pub fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    let filled = web_sys::window()
        .and_then(|w| w.crypto().ok())
        .is_some_and(|c| c.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    bytes
}

/// Says something to the developer's console; never visitor text (law 11).
pub fn complain(text: &str) {
    web_sys::console::error_1(&JsValue::from_str(text));
}
