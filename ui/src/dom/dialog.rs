//! The browser's own dialog element: focus is held inside and Esc cancels.

use web_sys::HtmlDialogElement;
use yew::NodeRef;

/// Opens it over everything else, once.
pub fn open(node: &NodeRef) {
    if let Some(dialog) = node.cast::<HtmlDialogElement>()
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}
