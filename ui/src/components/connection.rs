//! The connection in four words, and how old the view is while it is not Online.

use super::common::{Icon, shape};
use crate::{
    dates,
    dom::time::use_aging,
    state::{Action, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::view::{Connection, ConnectionView};
use web_sys::MouseEvent;
use yew::prelude::*;

fn word(words: &Words, connection: Connection) -> (String, &'static str) {
    match connection {
        Connection::Offline => (words.say("connection-offline"), "offline"),
        Connection::Connecting => (words.say("connection-connecting"), "connecting"),
        Connection::CatchingUp => (words.say("connection-catching-up"), "catching-up"),
        Connection::Online => (words.say("connection-online"), "online"),
    }
}

/// The word alone, at the bottom edge.
#[component]
pub fn ConnectionWord() -> Html {
    let words = use_words();
    let connection = use_select(|s| s.view.connection.word);
    let (said, code) = word(&words, *connection);
    html! {
        <div class={classes!("link", format!("link--{code}"))} data-test="connection"
            data-word={code} role="status" aria-label={words.say("connection-label")}>
            <span class="link__dot" aria-hidden="true" />
            <span>{ said }</span>
        </div>
    }
}

/// The thin bar over a view that is not of this moment.
#[component]
pub fn StaleBar() -> Html {
    let connection = use_select(|s| s.view.connection.clone());
    if connection.word == Connection::Online {
        return html! {};
    }
    html! { <Stale connection={(*connection).clone()} /> }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct StaleProps {
    connection: ConnectionView,
}

#[component]
fn Stale(props: &StaleProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let ConnectionView { word: connection, as_of, retry_at, problem, .. } = &props.connection;
    let (said, code) = word(&words, *connection);
    let age = match as_of {
        Some(at) => {
            let mut time = words.dates.time(*at);
            if dates::local_day(*at) != dates::local_day(dates::now()) {
                time = format!("{} {time}", words.dates.short(*at));
            }
            words.with("stale-as-of", &[("time", time.into())])
        }
        None => words.say("stale-never"),
    };
    let due = *retry_at;
    let left = use_aging(move || {
        let left = due.map(|due| due.since(dates::now()).max(0));
        let next = left.map_or(i64::MAX, |left| (left + 999) % 1000 + 1);
        (left.map(|left| (left + 999) / 1000), next)
    });
    let offline = *connection == Connection::Offline;
    let onclick = store.on(|_: MouseEvent| Action::ConnectNow);
    html! {
        <div class={classes!("stale", format!("stale--{code}"))} data-test="stale" role="status">
            { shape(if offline { Icon::Offline } else { Icon::Clock }, 16) }
            <span class="stale__words">
                <strong>{ said }</strong>
                { " · " }{ age }
                if let Some(problem) = problem {
                    { " · " }{ words.link_problem(problem) }
                    if let Some(detail) = problem.detail() {
                        { format!(" ({detail})") }
                    }
                }
                if let (true, Some(seconds)) = (offline, *left) {
                    <span class="stale__due" aria-live="off">
                        { " · " }{ words.with("stale-retry-in", &[("seconds", seconds.into())]) }
                    </span>
                }
            </span>
            if offline {
                <button type="button" class="button button--small" data-test="connect-now" {onclick}>
                    { words.say("connect-now") }
                </button>
            }
        </div>
    }
}
