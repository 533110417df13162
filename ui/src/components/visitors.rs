//! The visitors page: who asked, and who is on the site.

use super::{
    common::{Age, Icon, counted, empty},
    details::VisitorCard,
};
use crate::{
    dom::{focus, scroll::Scrolled},
    state::{
        Action,
        place::PlaceAction,
        select::{self, ChatItem, VisitorChat, VisitorItem},
        use_select, use_store,
    },
    words::use_words,
};
use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// Height of a row in pixels; the style sheet says the same.
const ROW: f64 = 44.0;
/// Rows rendered beyond what is visible.
const BEYOND: usize = 12;

/// See the module.
#[component]
pub fn VisitorsPage() -> Html {
    let words = use_words();
    let requests = use_select(select::requests);
    let chosen = use_select(|s| {
        let id = s.place.visitor.as_ref()?;
        s.view.visitors.iter().find(|v| v.id == *id).cloned()
    });
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    html! {
        <div class={classes!("page", chosen.is_some().then_some("page--aside"))}>
            <div class="page__main">
                <h1 class="page__title">{ words.say("visitors-title") }</h1>
                <section class="table-box" data-test="visitors-incoming" data-list="" onkeydown={onkeydown.clone()}>
                    { counted(words.say("visitors-incoming"), requests.len(), true) }
                    if requests.is_empty() {
                        <p class="table-box__none">{ words.say("visitors-incoming-empty") }</p>
                    } else {
                        <div class="table" role="table" aria-label={words.say("visitors-incoming")}>
                            <div class="table__head" role="row">
                                <span role="columnheader">{ words.say("visitors-col-visitor") }</span>
                                <span role="columnheader" class="table__wide">{ words.say("visitors-col-page") }</span>
                                <span role="columnheader" class="table__num">{ words.say("visitors-col-wait") }</span>
                            </div>
                            <div role="rowgroup">{ for requests.iter().enumerate().map(|(at, item)| html! {
                                <RequestRow key={item.id.0} item={item.clone()} entry={at == 0} />
                            }) }</div>
                        </div>
                    }
                </section>
                <Active {onkeydown} />
            </div>
            if let Some(visitor) = &*chosen {
                <aside class="details" aria-label={words.say("details-label")} data-test="details">
                    <VisitorCard visitor={visitor.clone()} here=true />
                </aside>
            }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct RequestRowProps {
    item: ChatItem,
    entry: bool,
}

/// A request; its name or ID opens it to look at.
#[component]
fn RequestRow(props: &RequestRowProps) -> Html {
    let store = use_store();
    let item = &props.item;
    let chat_id = item.id;
    let onclick = store.on(move |_: MouseEvent| Action::Place(PlaceAction::Show(chat_id)));
    html! {
        <button type="button" class="table__row" role="row" {onclick} data-rove="" data-test="incoming-row"
            data-chat={chat_id.to_string()} tabindex={if props.entry { "0" } else { "-1" }}>
            <span role="cell" class="table__name"><bdi>{ &item.label }</bdi></span>
            <span role="cell" class="table__wide">
                <span class="table__words"><bdi>{ &item.first_words }</bdi></span>
                <span class="table__sub"><bdi>{ &item.page }</bdi></span>
            </span>
            <span role="cell" class="table__num"><Age since={item.waiting_since} urgent=true /></span>
        </button>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ActiveProps {
    onkeydown: Callback<KeyboardEvent>,
}

/// Everybody on the site: a window over rows of one height.
#[component]
fn Active(props: &ActiveProps) -> Html {
    let words = use_words();
    let store = use_store();
    let people = *use_select(|s| s.people_rev);
    let all =
        use_memo((store, people), |(store, _)| store.read(|s| select::visitors(s, usize::MAX)));
    let stale = *use_select(select::is_stale);
    let node = use_node_ref();
    let (above, below) = (use_node_ref(), use_node_ref());
    let seen = use_state_eq(|| (0, 40));
    let onscroll = Callback::from({
        let (node, seen) = (node.clone(), seen.clone());
        move |_: Event| {
            if let Some(node) = node.cast::<Element>() {
                let scrolled = Scrolled::of(&node);
                let first = (scrolled.top / ROW) as usize;
                seen.set((first / 8 * 8, (scrolled.height / ROW) as usize + 8));
            }
        }
    });
    let total = all.len();
    let from = seen.0.saturating_sub(BEYOND).min(total);
    let to = (seen.0 + seen.1 + BEYOND).min(total);
    use_effect_with(
        (above.clone(), below.clone(), from, total - to),
        |(above, below, before, after)| {
            for (space, rows) in [(above, before), (below, after)] {
                if let Some(space) = space.cast::<Element>() {
                    crate::dom::scroll::style(
                        &space,
                        "height",
                        &format!("{}px", *rows as f64 * ROW),
                    );
                }
            }
        },
    );
    html! {
        <section class="table-box table-box--grow" data-test="visitors-active" data-list="" onkeydown={props.onkeydown.clone()}>
            { counted(words.say("visitors-active"), total, false) }
            if total == 0 {
                { empty(Icon::Visitors, words.say("list-active-empty"), if stale { words.say("visitors-stale") } else { words.say("visitors-active-empty") }, html! {}) }
            } else {
                <div class="table table--scroll" role="table" ref={node} {onscroll}
                    aria-label={words.say("visitors-active")} aria-rowcount={total.to_string()}>
                    <div class="table__head" role="row">
                        <span role="columnheader">{ words.say("visitors-col-visitor") }</span>
                        <span role="columnheader" class="table__wide">{ words.say("visitors-col-page") }</span>
                        <span role="columnheader" class="table__mid">{ words.say("visitors-col-from") }</span>
                        <span role="columnheader" class="table__mid">{ words.say("visitors-col-browser") }</span>
                        <span role="columnheader" class="table__mid">{ words.say("visitors-col-status") }</span>
                        <span role="columnheader" class="table__num">{ words.say("visitors-col-time") }</span>
                    </div>
                    <div ref={above} />
                    <div role="rowgroup">{ for all[from..to].iter().enumerate().map(|(at, item)| html! {
                        <VisitorTableRow key={item.id.0.clone()} item={item.clone()} entry={from + at == 0} />
                    }) }</div>
                    <div ref={below} />
                </div>
            }
        </section>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct VisitorTableRowProps {
    item: VisitorItem,
    entry: bool,
}

/// A visitor; their chat opens where there is one, else their details.
#[component]
fn VisitorTableRow(props: &VisitorTableRowProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let item = &props.item;
    let chosen = {
        let id = item.id.clone();
        *use_select(move |s| s.place.visitor.as_ref() == Some(&id))
    };
    let onclick = store.on({
        let (id, chat) = (item.id.clone(), item.chat);
        move |_: MouseEvent| {
            Action::Place(match chat {
                Some((chat_id, _)) => PlaceAction::Show(chat_id),
                None => PlaceAction::ShowVisitor(Some(id.clone())),
            })
        }
    });
    let (status, tone) = match item.chat {
        Some((_, VisitorChat::Waiting)) => {
            (words.say("visitors-status-waiting"), "status--waiting")
        }
        Some((_, VisitorChat::Mine)) => (words.say("visitors-status-mine"), "status--mine"),
        None => (words.say("visitors-status-none"), "status--none"),
    };
    let from = if item.from.is_empty() { words.say("visitors-direct") } else { item.from.clone() };
    html! {
        <button type="button" class={classes!("table__row", chosen.then_some("table__row--chosen"))}
            role="row" {onclick} data-rove="" data-test="active-row"
            tabindex={if props.entry { "0" } else { "-1" }}>
            <span role="cell" class="table__name"><bdi>{ &item.label }</bdi></span>
            <span role="cell" class="table__wide"><bdi>{ &item.page }</bdi></span>
            <span role="cell" class="table__mid"><bdi>{ from }</bdi></span>
            <span role="cell" class="table__mid">{ &item.browser }</span>
            <span role="cell" class="table__mid"><span class={classes!("status", tone)}>{ status }</span></span>
            <span role="cell" class="table__num"><Age since={item.arrived_at} calm=true /></span>
        </button>
    }
}
