//! The request button at the bottom left: the only strong colour on the screen.

use super::common::{Age, Icon, shape};
use crate::{
    state::{
        Action,
        select::{self, Readiness},
        use_select, use_store,
    },
    words::use_words,
};
use web_sys::MouseEvent;
use yew::prelude::*;

/// See the module.
#[component]
pub fn ServeButton() -> Html {
    let (store, words) = (use_store(), use_words());
    let button = use_select(select::serve_button);
    match &*button {
        select::ServeButton::Quiet { stale } => html! {
            <div class="serve serve--quiet" data-test="serve-none">
                { shape(Icon::Bell, 16) }
                <span>
                    { if *stale { words.say("serve-none-offline") } else { words.say("serve-none") } }
                </span>
            </div>
        },
        select::ServeButton::Offer { count, longest_since, ready } => {
            let onclick = store.on(|_: MouseEvent| Action::ServeNext);
            let waits = html! { <Age class="serve__wait" since={*longest_since} /> };
            let able = *ready == Readiness::Ready;
            let note = match ready {
                Readiness::Ready => {
                    let (before, after) =
                        around(&words.with("serve-longest", &[("wait", MARK.into())]));
                    html! { <>{ before }{ waits }{ after }</> }
                }
                Readiness::Busy => html! { { words.say("serve-busy") } },
                Readiness::Offline => html! { { words.say("serve-offline-short") } },
            };
            html! {
                <button type="button" data-test="serve" {onclick}
                    class={classes!("serve", "serve--offer", (!able).then_some("serve--unable"))}
                    aria-disabled={(!able).to_string()} aria-keyshortcuts="Alt+S Control+Shift+S"
                    title={(*ready == Readiness::Offline).then(|| words.say("serve-offline"))}>
                    <span class="serve__count" aria-hidden="true">{ count }</span>
                    <span class="serve__words">
                        <span class="serve__title">{ words.with("serve-n", &[("n", (*count).into())]) }</span>
                        <span class="serve__note">{ note }</span>
                    </span>
                    <kbd class="kbd serve__key">{ "Alt S" }</kbd>
                </button>
            }
        }
    }
}

const MARK: &str = "\u{1}";

/// What stands before and after an argument that counts by itself.
fn around(sentence: &str) -> (String, String) {
    sentence
        .split_once(MARK)
        .map_or_else(|| (sentence.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()))
}
