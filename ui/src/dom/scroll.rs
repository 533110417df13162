//! Sizes and scroll positions.

use web_sys::{Element, HtmlElement, HtmlTextAreaElement};

/// A scrolled element as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scrolled {
    pub top: f64,
    pub height: f64,
    pub content: f64,
}

impl Scrolled {
    /// Of this element.
    #[must_use]
    pub fn of(element: &Element) -> Self {
        Self {
            top: f64::from(element.scroll_top()),
            height: f64::from(element.client_height()),
            content: f64::from(element.scroll_height()),
        }
    }

    /// How far the end is below what is seen.
    #[must_use]
    pub fn below(self) -> f64 {
        self.content - self.top - self.height
    }
}

/// Scrolls to a place, if it is not there.
pub fn to(element: &Element, top: f64) {
    let top = top.round() as i32;
    if element.scroll_top() != top {
        element.set_scroll_top(top);
    }
}

/// Sets a style through the object model.
pub fn style(element: &Element, property: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.style().set_property(property, value);
    }
}

/// The exact height of an element.
#[must_use]
pub fn height_of(element: &Element) -> f64 {
    element.get_bounding_client_rect().height()
}

/// Makes a text box as high as its text; the style sheet says how high at most.
pub fn fit(textarea: &HtmlTextAreaElement) {
    style(textarea, "height", "auto");
    let borders = textarea.offset_height() - textarea.client_height();
    style(textarea, "height", &format!("{}px", textarea.scroll_height() + borders));
}
