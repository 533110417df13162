//! Small parts used everywhere.

pub mod icon;

pub use icon::{Icon, Shape};

use crate::{
    dates,
    dom::time::use_each_second,
    state::{select, use_select},
    words::use_words,
};
use bellhop_model::Timestamp;
use yew::prelude::*;

/// What an age shows.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct AgeProps {
    /// A moment of the service's clock.
    pub since: Timestamp,
    #[prop_or_default]
    pub class: Classes,
    /// Turns amber, then red, as it grows.
    #[prop_or_default]
    pub urgent: bool,
}

/// How long ago something was, counting up.
#[component]
pub fn Age(props: &AgeProps) -> Html {
    let skew = *use_select(|s| s.view.connection.clock_skew_ms);
    let since = props.since;
    let shown = use_each_second(move || {
        let millis = dates::now().plus(skew).since(since);
        (dates::age(millis), level(millis))
    });
    let (text, level) = &*shown;
    let level = props.urgent.then_some(*level);
    html! { <span class={classes!("age", level, props.class.clone())}>{ text }</span> }
}

fn level(millis: i64) -> &'static str {
    if millis >= select::LATE_MS {
        "age--late"
    } else if millis >= select::AGING_MS {
        "age--aging"
    } else {
        "age--fresh"
    }
}

/// A clock time with the exact moment in its tooltip.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TimeProps {
    pub at: Timestamp,
    #[prop_or_default]
    pub class: Classes,
}

/// A clock time, such as `14:02`.
#[component]
pub fn Time(props: &TimeProps) -> Html {
    let words = use_words();
    let exact = words.dates.exact(props.at);
    html! {
        <time class={classes!("time", props.class.clone())} title={exact}>
            { words.dates.time(props.at) }
        </time>
    }
}

/// A heading of a list with its count.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CountedProps {
    pub title: String,
    pub count: usize,
    #[prop_or_default]
    pub attention: bool,
}

/// See [`CountedProps`].
#[component]
pub fn Counted(props: &CountedProps) -> Html {
    let pill =
        classes!("count", (props.attention && props.count > 0).then_some("count--attention"));
    html! {
        <h2 class="counted">
            <span>{ &props.title }</span>
            <span class={pill}>{ props.count }</span>
        </h2>
    }
}

/// The designed nothing: what will appear here, and the one thing to do.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EmptyProps {
    pub icon: Icon,
    pub title: String,
    pub text: String,
    #[prop_or_default]
    pub children: Html,
}

/// See [`EmptyProps`].
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="empty">
            <span class="empty__icon"><Shape icon={props.icon} size={20} /></span>
            <h2 class="empty__title">{ &props.title }</h2>
            <p class="empty__text">{ &props.text }</p>
            { props.children.clone() }
        </div>
    }
}

/// Grey bars where rows will be; shown only when they take longer than a blink.
#[component]
pub fn Skeleton() -> Html {
    html! {
        <div class="skeleton" aria-hidden="true">
            { for (0..6).map(|n| html! { <span key={n} class="skeleton__bar" /> }) }
        </div>
    }
}
