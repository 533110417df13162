//! The left bar: the agent and her availability at the top, the pages below.

use super::common::{Icon, shape};
use crate::{
    dom::focus,
    state::{Action, Page, place::PlaceAction, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::{Agent, Availability};
use web_sys::{FocusEvent, KeyboardEvent, MouseEvent, Node};
use yew::prelude::*;

/// See the module.
#[component]
pub fn Bar() -> Html {
    let me = use_select(|s| s.view.me.clone());
    html! {
        <nav class="bar">
            if let Some(me) = &*me {
                <Me me={me.clone()} />
            }
            <Pages />
        </nav>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct MeProps {
    me: Agent,
}

/// The agent; a press opens the menu of availabilities.
#[component]
fn Me(props: &MeProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let open = use_state_eq(|| false);
    let node = use_node_ref();
    let now = props.me.availability;
    let said = availability(&words, now).0;
    let toggle = Callback::from({
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    });
    let onkeydown = Callback::from({
        let open = open.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && *open {
                event.prevent_default();
                open.set(false);
            } else {
                focus::rove(&event);
            }
        }
    });
    let onfocusout = Callback::from({
        let (open, node) = (open.clone(), node.clone());
        move |event: FocusEvent| {
            let to =
                event.related_target().and_then(|t| wasm_bindgen::JsCast::dyn_into::<Node>(t).ok());
            let inside = node.cast::<Node>().is_some_and(|n| n.contains(to.as_ref()));
            if !inside {
                open.set(false);
            }
        }
    });
    let choice = |choice: Availability| {
        let (name, hint) = availability(&words, choice);
        let onclick = Callback::from({
            let (store, open) = (store.clone(), open.clone());
            move |_: MouseEvent| {
                open.set(false);
                store.dispatch(Action::SetAvailability(choice));
            }
        });
        html! {
            <button type="button" class="menu__item" role="menuitemradio" data-rove="" {onclick}
                data-test={format!("availability-{}", dot(choice))}
                aria-checked={(choice == now).to_string()}>
                <span class={classes!("dot", format!("dot--{}", dot(choice)))} />
                <span class="menu__words">
                    <span class="menu__name">{ name }</span>
                    <span class="menu__hint">{ hint }</span>
                </span>
                if choice == now {
                    { shape(Icon::Check, 16) }
                }
            </button>
        }
    };
    let label = words.with("me-menu", &[("availability", (&said).into())]);
    html! {
        <div class="me" data-list="" ref={node} {onkeydown} {onfocusout}>
            <button type="button" class="me__button" data-test="me" data-rove="" onclick={toggle}
                aria-haspopup="menu" aria-expanded={open.to_string()} aria-label={label.clone()} title={label}>
                <span class="avatar avatar--me" aria-hidden="true">{ initial(&props.me.display_name) }</span>
                <span class={classes!("dot", "dot--badge", format!("dot--{}", dot(now)))} />
                <span class="me__name">{ &props.me.display_name }</span>
            </button>
            if *open {
                <div class="menu" role="menu" aria-label={props.me.display_name.clone()}>
                    <div class="menu__who">
                        <strong>{ &props.me.display_name }</strong>
                        <span>{ &props.me.email }</span>
                    </div>
                    { choice(Availability::Online) }
                    { choice(Availability::Away) }
                    { choice(Availability::Invisible) }
                </div>
            }
        </div>
    }
}

fn availability(words: &Words, availability: Availability) -> (String, String) {
    match availability {
        Availability::Online => {
            (words.say("availability-online"), words.say("availability-online-hint"))
        }
        Availability::Away => (words.say("availability-away"), words.say("availability-away-hint")),
        Availability::Invisible => {
            (words.say("availability-invisible"), words.say("availability-invisible-hint"))
        }
    }
}

fn dot(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Away => "away",
        Availability::Invisible => "invisible",
    }
}

/// The letter that stands for a name without a picture.
#[must_use]
pub fn initial(name: &str) -> String {
    name.trim()
        .chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "#".to_owned(), |c| c.to_uppercase().collect())
}

/// The pages.
#[component]
fn Pages() -> Html {
    let (store, words) = (use_store(), use_words());
    let at = use_select(|s| s.place.page);
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    let page = |page: Page, icon: Icon, test: &'static str, name: String| {
        let here = *at == page;
        let onclick = store.on(move |_: MouseEvent| Action::Place(PlaceAction::Go(page)));
        html! {
            <button type="button" class={classes!("bar__page", here.then_some("bar__page--here"))}
                data-test={test} data-rove="" {onclick} aria-current={here.then_some("page")}
                tabindex={if here { "0" } else { "-1" }}>
                { shape(icon, 20) }
                <span>{ name }</span>
            </button>
        }
    };
    html! {
        <div class="bar__pages" data-list="" role="toolbar" aria-orientation="vertical"
            aria-label={words.say("nav-label")} {onkeydown}>
            { page(Page::Home, Icon::Home, "nav-home", words.say("nav-home")) }
            { page(Page::Visitors, Icon::Visitors, "nav-visitors", words.say("nav-visitors")) }
            { page(Page::History, Icon::History, "nav-history", words.say("nav-history")) }
            <span class="bar__gap" />
            { page(Page::Settings, Icon::Settings, "nav-settings", words.say("nav-settings")) }
        </div>
    }
}
