//! The lists beside the chat window: requests, the agent's chats, who is on the site.

use super::{
    bar::initial,
    common::{Age, counted},
};
use crate::{
    dom::focus,
    state::{
        Action, Page,
        place::PlaceAction,
        select::{self, ChatItem, VisitorChat, VisitorItem},
        use_select, use_store,
    },
    words::use_words,
};
use web_sys::{KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// Visitors shown here; the page has them all.
const VISITORS_SHOWN: usize = 30;

/// See the module.
#[component]
pub fn Lists() -> Html {
    let (store, words) = (use_store(), use_words());
    let requests = use_select(select::requests);
    let mine = use_select(select::tabs);
    let people = *use_select(|s| s.people_rev);
    let visitors = use_memo((store.clone(), people), |(store, _)| {
        store.read(|s| select::visitors(s, VISITORS_SHOWN))
    });
    let stale = *use_select(select::is_stale);
    let total = *use_select(|s| s.view.visitors.len());
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    let more = store.on(|_: MouseEvent| Action::Place(PlaceAction::Go(Page::Visitors)));
    let mut first = true;
    let mut entry = || std::mem::take(&mut first);
    html! {
        <section class="lists" data-list="" aria-label={words.say("lists-label")} {onkeydown}>
            <div class="lists__group" data-test="list-incoming">
                { counted(words.say("list-incoming"), requests.len(), true) }
                <div class="lists__rows">{ for requests.iter().map(|item| html! {
                    <ChatRow key={item.id.0} item={item.clone()} request=true entry={entry()} />
                }) }</div>
                if requests.is_empty() {
                    <p class="lists__none">{ words.say("list-incoming-empty") }</p>
                }
            </div>
            <div class="lists__group" data-test="list-served">
                { counted(words.say("list-served"), mine.len(), false) }
                <div class="lists__rows">{ for mine.iter().map(|item| html! {
                    <ChatRow key={item.id.0} item={item.clone()} request=false entry={entry()} />
                }) }</div>
                if mine.is_empty() {
                    <p class="lists__none">{ words.say("list-served-empty") }</p>
                }
            </div>
            <div class="lists__group" data-test="list-active">
                { counted(words.say("list-active"), total, false) }
                <div class="lists__rows">{ for visitors.iter().map(|item| html! {
                    <VisitorRow key={item.id.0.clone()} item={item.clone()} entry={entry()} />
                }) }</div>
                if visitors.is_empty() {
                    <p class="lists__none">
                        { if stale { words.say("visitors-stale") } else { words.say("list-active-empty") } }
                    </p>
                }
                if total > VISITORS_SHOWN {
                    <button type="button" class="lists__more" data-rove="" tabindex="-1" onclick={more}>
                        { words.with("list-all-visitors", &[("n", total.into())]) }
                    </button>
                }
            </div>
        </section>
    }
}

fn tab_index(entry: bool) -> &'static str {
    if entry { "0" } else { "-1" }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ChatRowProps {
    item: ChatItem,
    request: bool,
    /// The row that Tab reaches; the arrow keys go on from there.
    entry: bool,
}

/// A request or one of the agent's chats.
#[component]
fn ChatRow(props: &ChatRowProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let item = &props.item;
    let chat_id = item.id;
    let onclick = store.on(move |_: MouseEvent| Action::Place(PlaceAction::Show(chat_id)));
    let class = classes!(
        "row",
        item.shown.then_some("row--shown"),
        props.request.then_some("row--request"),
        (item.unread > 0).then_some("row--unread"),
    );
    let note = if item.typing {
        html! { <span class="row__typing">{ words.say("row-typing") }</span> }
    } else if item.over {
        html! { { words.say("row-ended") } }
    } else if item.first_words.is_empty() {
        html! { { &item.page } }
    } else {
        html! { { &item.first_words } }
    };
    let age = if props.request { Some(item.waiting_since) } else { item.unanswered_since };
    html! {
        <button type="button" {class} {onclick} data-rove="" tabindex={tab_index(props.entry)}
            data-test={if props.request { "request-row" } else { "chat-row" }} data-chat={chat_id.to_string()}
            aria-current={item.shown.then_some("true")}>
            <span class="avatar" aria-hidden="true">{ initial(&item.label) }</span>
            <span class="row__words">
                <span class="row__name">
                    <bdi>{ &item.label }</bdi>
                    if item.came_back {
                        <span class="badge">{ words.say("row-came-back") }</span>
                    }
                </span>
                <span class="row__note">{ note }</span>
            </span>
            <span class="row__end">
                if let Some(since) = age {
                    <Age {since} urgent=true />
                }
                if item.unread > 0 {
                    <span class="unread" aria-label={words.with("row-unread", &[("n", item.unread.into())])}>
                        { item.unread.min(99) }
                    </span>
                }
            </span>
        </button>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct VisitorRowProps {
    item: VisitorItem,
    entry: bool,
}

/// Somebody on the site. A press opens their chat, where there is one, or their details.
#[component]
fn VisitorRow(props: &VisitorRowProps) -> Html {
    let store = use_store();
    let item = &props.item;
    let onclick = store.on({
        let (chat, id) = (item.chat, item.id.clone());
        move |_: MouseEvent| {
            Action::Place(match chat {
                Some((chat_id, _)) => PlaceAction::Show(chat_id),
                None => PlaceAction::ShowVisitor(Some(id.clone())),
            })
        }
    });
    let dot = match item.chat {
        Some((_, VisitorChat::Waiting)) => "dot--attention",
        Some((_, VisitorChat::Mine)) => "dot--mine",
        None => "dot--here",
    };
    html! {
        <button type="button" class="row row--visitor" {onclick} data-rove=""
            data-test="visitor-row" tabindex={tab_index(props.entry)}>
            <span class={classes!("dot", dot)} aria-hidden="true" />
            <span class="row__words">
                <span class="row__name"><bdi>{ &item.label }</bdi></span>
                <span class="row__note"><bdi>{ &item.page }</bdi></span>
            </span>
            <span class="row__end"><Age since={item.arrived_at} calm=true /></span>
        </button>
    }
}
