//! The edges between panes: dragged with the pointer or moved with the arrow keys; the widths are
//! remembered on this machine.

use crate::dom::{events::Listener, page, scroll};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

/// Which pane the edge makes wider or narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Lists,
    Details,
}

impl Side {
    fn property(self) -> &'static str {
        match self {
            Self::Lists => "--lists-width",
            Self::Details => "--details-width",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Lists => "bellhop.lists-width",
            Self::Details => "bellhop.details-width",
        }
    }

    fn default(self) -> i32 {
        match self {
            Self::Lists => 272,
            Self::Details => 288,
        }
    }

    /// Pixels that the pane gains when the edge moves to the right by one.
    fn sign(self) -> i32 {
        match self {
            Self::Lists => 1,
            Self::Details => -1,
        }
    }
}

const NARROWEST: i32 = 200;
const WIDEST: i32 = 440;

/// An edge.
#[derive(Debug, Clone, Copy, PartialEq, Properties)]
pub struct EdgeProps {
    pub side: Side,
}

/// See the module.
#[component]
pub fn Edge(props: &EdgeProps) -> Html {
    let side = props.side;
    let width = use_state_eq(|| side.default());
    let drag = use_mut_ref(|| None::<Vec<Listener<PointerEvent>>>);
    use_effect_with((), {
        let width = width.clone();
        move |()| {
            let known = page::remembered(side.key()).and_then(|text| text.parse().ok());
            if let Some(known) = known {
                apply(side, known, &width);
            }
        }
    });
    let onpointerdown = Callback::from({
        let (width, drag) = (width.clone(), drag.clone());
        move |event: PointerEvent| {
            let Some(document) = page::document() else { return };
            event.prevent_default();
            let (from_x, from) = (event.client_x(), *width);
            let moved = {
                let width = width.clone();
                move |event: PointerEvent| {
                    apply(side, from + side.sign() * (event.client_x() - from_x), &width);
                }
            };
            let ended = {
                let drag = drag.clone();
                move |_: PointerEvent| {
                    // The listener must not be dropped while it runs.
                    let drag = drag.clone();
                    crate::dom::time::next_frame(move || *drag.borrow_mut() = None);
                }
            };
            *drag.borrow_mut() = Some(vec![
                Listener::on(&document, "pointermove", moved),
                Listener::on(&document, "pointerup", ended),
            ]);
        }
    });
    let onkeydown = Callback::from({
        let width = width.clone();
        move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowLeft" => -16,
                "ArrowRight" => 16,
                _ => return,
            };
            event.prevent_default();
            apply(side, *width + side.sign() * by, &width);
        }
    });
    html! {
        <div class="edge" role="separator" aria-orientation="vertical" tabindex="0"
            aria-valuemin={NARROWEST.to_string()} aria-valuemax={WIDEST.to_string()}
            aria-valuenow={width.to_string()} {onpointerdown} {onkeydown} />
    }
}

fn apply(side: Side, wanted: i32, width: &UseStateHandle<i32>) {
    let wanted = wanted.clamp(NARROWEST, WIDEST);
    let root = page::document().and_then(|d| d.document_element());
    if let Some(root) = root.and_then(|r| r.dyn_into::<Element>().ok()) {
        scroll::style(&root, side.property(), &format!("{wanted}px"));
    }
    page::remember(side.key(), Some(&wanted.to_string()));
    width.set(wanted);
}
