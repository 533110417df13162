//! The history page: ended chats, newest first, and their transcripts, from the cache.

use super::{
    bar::initial,
    common::{Icon, empty, shape, skeleton, time},
    transcript::{Feed, Transcript},
};
use crate::{
    dom::{focus, scroll::Scrolled},
    state::{
        Action,
        history::{HistoryAction, Transcript as Opened},
        place::PlaceAction,
        select::Names,
        use_select, use_store,
    },
    words::{Words, use_words},
};
use bellhop_model::{ChatState, EndedBy, history::HistoryEntry, view::HistoryChat};
use std::rc::Rc;
use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// This near to the end of the list, in pixels, the next page is read.
const NEAR_END: f64 = 600.0;

/// See the module.
#[component]
pub fn HistoryPage() -> Html {
    let chosen = *use_select(|s| s.history.chosen.is_some());
    html! {
        <div class={classes!("history", chosen.then_some("history--open"))}>
            <Entries />
            <Reader />
        </div>
    }
}

/// The list.
#[component]
fn Entries() -> Html {
    let (store, words) = (use_store(), use_words());
    let entries = use_select(|s| s.history.entries.clone());
    let chosen = *use_select(|s| s.history.chosen);
    let status =
        use_select(|s| (s.history.read, s.history.next.is_some(), s.history.problem.clone()));
    let (read, more, problem) = &*status;
    let onscroll = Callback::from({
        let store = store.clone();
        move |event: Event| {
            let list: Element = event.target_unchecked_into();
            if Scrolled::of(&list).below() < NEAR_END {
                store.dispatch(Action::History(HistoryAction::More));
            }
        }
    });
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    html! {
        <section class="history__list" aria-label={words.say("history-title")}>
            <h1 class="page__title">{ words.say("history-title") }</h1>
            <div class="history__scroll" data-list="" {onscroll} {onkeydown}>
                <div class="history__rows">{ for entries.iter().enumerate().map(|(at, entry)| html! {
                    <Entry key={entry.chat_id.0} entry={Rc::clone(entry)}
                        chosen={chosen == Some(entry.chat_id)} first={at == 0} />
                }) }</div>
                if let Some(problem) = problem {
                    <div class="history__problem" role="alert">
                        <strong>{ words.say("history-failed-title") }</strong>
                        <p>{ words.reason(problem) }</p>
                        <button type="button" class="button"
                            onclick={store.on(|_: MouseEvent| Action::History(HistoryAction::Opened))}>
                            { words.say("try-again") }
                        </button>
                    </div>
                } else if !*read {
                    { skeleton() }
                } else if entries.is_empty() {
                    { empty(Icon::History, words.say("history-empty-title"), words.say("history-empty"), html! {}) }
                } else if *more {
                    <button type="button" class="lists__more" data-rove=""
                        onclick={store.on(|_: MouseEvent| Action::History(HistoryAction::More))}>
                        { words.say("history-more") }
                    </button>
                }
            </div>
        </section>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct EntryProps {
    entry: Rc<HistoryEntry>,
    chosen: bool,
    first: bool,
}

#[component]
fn Entry(props: &EntryProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let entry = &props.entry;
    let chat_id = entry.chat_id;
    let missed = entry.state == ChatState::Missed;
    let onclick = store.on(move |_: MouseEvent| Action::History(HistoryAction::Choose(chat_id)));
    html! {
        <button type="button" class={classes!("entry", props.chosen.then_some("entry--chosen"))} {onclick}
            data-rove="" data-test="history-row" data-chat={chat_id.to_string()}
            aria-current={props.chosen.then_some("true")}
            tabindex={if props.chosen || props.first { "0" } else { "-1" }}>
            <span class="avatar" aria-hidden="true">{ initial(&entry.visitor) }</span>
            <span class="entry__words">
                <span class="entry__top">
                    <bdi class="entry__name">{ &entry.visitor }</bdi>
                    if missed {
                        <span class="badge badge--danger">{ words.say("history-missed") }</span>
                    }
                    <span class="entry__when">
                        <span>{ words.dates.short(entry.ended_at) }</span>
                        { time(&words, entry.ended_at) }
                    </span>
                </span>
                <span class="entry__first"><bdi>{ &entry.first_words }</bdi></span>
                <span class="entry__foot">
                    <span>{ words.with("history-messages", &[("n", entry.messages.into())]) }</span>
                    <span>{ with_whom(&words, entry) }</span>
                    { for entry.tags.iter().map(|tag| html! { <span class="tag">{ tag }</span> }) }
                </span>
            </span>
        </button>
    }
}

fn with_whom(words: &Words, entry: &HistoryEntry) -> String {
    if entry.agents.is_empty() {
        words.say("history-nobody")
    } else {
        words.with("history-agents", &[("names", entry.agents.join(", ").into())])
    }
}

fn how_ended(words: &Words, entry: &HistoryEntry) -> String {
    match (entry.state, entry.ended_by) {
        (ChatState::Missed, _) => words.say("history-missed"),
        (_, Some(EndedBy::Visitor)) => words.say("history-ended-visitor"),
        (_, Some(EndedBy::Timeout)) => words.say("history-ended-timeout"),
        _ => words.say("history-ended-agent"),
    }
}

/// The transcript beside the list.
#[component]
fn Reader() -> Html {
    let (store, words) = (use_store(), use_words());
    let opened = use_select(|s| (s.history.chosen, s.history.chat.clone()));
    let (Some(chosen), opened) = &*opened else {
        return html! {
            <section class="history__reader">
                { empty(Icon::Chat, words.say("history-title"), words.say("history-choose"), html! {}) }
            </section>
        };
    };
    let chat_id = *chosen;
    html! {
        <section class="history__reader" data-test="history-chat">
            {
                match opened {
                    Opened::None | Opened::Loading => skeleton(),
                    Opened::Here(chat) => html! { <Reading key={chat_id.0} chat={Rc::clone(chat)} /> },
                    Opened::Missing => html! {
                        { empty(Icon::Alert, words.say("history-title"), words.say("history-chat-missing"), html! {}) }
                    },
                    Opened::Failed(problem) => {
                        let again = store.on(move |_: MouseEvent| {
                            Action::History(HistoryAction::Choose(chat_id))
                        });
                        let button = html! {
                            <button type="button" class="button" onclick={again}>{ words.say("try-again") }</button>
                        };
                        let title = words.say("history-failed-title");
                        empty(Icon::Alert, title, words.reason(problem), button)
                    }
                }
            }
        </section>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ReadingProps {
    chat: Rc<HistoryChat>,
}

#[component]
fn Reading(props: &ReadingProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let chat = &props.chat;
    let entry = &chat.entry;
    let names = {
        let visitor = entry.visitor.clone();
        use_select(move |s| Rc::new(Names::of(&s.view, visitor.clone())))
    };
    let back = store.on(|_: MouseEvent| Action::Place(PlaceAction::Back));
    let label = words.with("history-transcript", &[("visitor", (&entry.visitor).into())]);
    html! {
        <section class="chat" aria-label={label}>
            <header class="chat__head">
                <button type="button" class="icon-button chat__back" onclick={back}
                    aria-label={words.say("back")} title={words.say("back")}>
                    { shape(Icon::Back, 16) }
                </button>
                <div class="chat__who">
                    <h1 class="chat__name"><bdi>{ &entry.visitor }</bdi></h1>
                    <p class="chat__where">
                        <span>{ words.dates.exact(entry.ended_at) }</span>
                        <span class="chat__page"><span aria-hidden="true">{ "·" }</span><span>{ how_ended(&words, entry) }</span></span>
                    </p>
                </div>
                <span class="tags">{ for entry.tags.iter().map(|tag| html! { <span class="tag">{ tag }</span> }) }</span>
            </header>
            <Transcript feed={Feed::Stored(Rc::clone(chat))} rev={(0, chat.lines.len())} names={Rc::clone(&*names)} />
        </section>
    }
}
