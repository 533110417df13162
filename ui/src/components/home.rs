//! The home page while no chat is open: what to do first, or what to expect.

use super::common::{Icon, empty, shape};
use crate::{
    state::{Action, use_select, use_store},
    words::{Words, use_words},
};
use web_sys::MouseEvent;
use yew::prelude::*;

/// See the module.
#[component]
pub fn HomePane() -> Html {
    let words = use_words();
    let counts = use_select(|s| {
        let waiting = s.view.chats.iter().filter(|c| c.head.is_request()).count();
        (waiting, s.view.chats.iter().filter(|c| c.head.mine).count())
    });
    let site = use_select(|s| {
        let workspace = s.view.workspace.as_ref();
        workspace.and_then(|w| Some((w.site_url.clone()?, !w.had_chats)))
    });
    let (waiting, mine) = *counts;
    html! {
        <section class="home" data-test="home">
            {
                match (waiting, mine, &*site) {
                    (0, 0, Some((url, first))) => {
                        html! { <Site url={url.clone()} first={*first} /> }
                    }
                    (0, 0, None) => {
                        empty(Icon::Bell, words.say("home-idle-title"), words.say("home-idle"), keys(&words))
                    }
                    (0, _, _) => {
                        empty(Icon::Chat, words.say("home-open-title"), words.say("home-open"), keys(&words))
                    }
                    (n, _, _) => {
                        let title = words.with("home-waiting-title", &[("n", n.into())]);
                        empty(Icon::Bell, title, words.say("home-waiting"), keys(&words))
                    }
                }
            }
        </section>
    }
}

/// The keys worth knowing.
fn keys(words: &Words) -> Html {
    html! {
        <dl class="keys">
            <dt><kbd class="kbd">{ "Alt S" }</kbd></dt><dd>{ words.say("home-key-serve") }</dd>
            <dt><kbd class="kbd">{ "Ctrl 1–9" }</kbd></dt><dd>{ words.say("home-key-tabs") }</dd>
            <dt><kbd class="kbd">{ "Esc" }</kbd></dt><dd>{ words.say("home-key-back") }</dd>
        </dl>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct SiteProps {
    url: String,
    /// Nobody has asked yet.
    first: bool,
}

/// The demonstration site and, as long as nobody has asked, what will happen.
#[component]
fn Site(props: &SiteProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let name =
        use_select(|s| s.view.workspace.as_ref().map(|w| w.name.clone()).unwrap_or_default());
    let open = store.on(|_: MouseEvent| Action::OpenSite);
    let (title, text) = if props.first {
        let text = words.with("home-ready", &[("workspace", name.as_str().into())]);
        (words.say("home-ready-title"), text)
    } else {
        (words.say("home-idle-title"), words.say("home-idle"))
    };
    html! {
        <div class="first">
            <span class="empty__icon">{ shape(Icon::Bell, 20) }</span>
            <h1 class="first__title">{ title }</h1>
            <p class="first__text">{ text }</p>
            <div class="first__site">
                <div class="first__address">
                    <span class="first__label">{ words.say("home-site") }</span>
                    <span class="first__url" data-test="site-url">{ &props.url }</span>
                </div>
                <button type="button" class="button button--main" data-test="open-site" onclick={open}>
                    { words.say("home-open-site") }{ shape(Icon::OutLink, 16) }
                </button>
            </div>
            if props.first {
                <ol class="first__steps">
                    <li>{ words.say("home-step-1") }</li>
                    <li>{ words.say("home-step-2") }</li>
                    <li>{ words.say("home-step-3") }</li>
                </ol>
            } else {
                { keys(&words) }
            }
        </div>
    }
}
