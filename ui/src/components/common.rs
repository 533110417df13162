//! Small parts used everywhere.

pub mod icon;

pub use icon::{Icon, shape};

use crate::{
    dates,
    dom::time::use_aging,
    state::{select, use_select},
    words::{Words, use_words},
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
    /// In minutes: for what is no wait. A figure that changes each second draws the eye, and
    /// would keep an idle window painting.
    #[prop_or_default]
    pub calm: bool,
}

/// How long ago something was, counting up.
#[component]
pub fn Age(props: &AgeProps) -> Html {
    let skew = *use_select(|s| s.view.connection.clock_skew_ms);
    let words = use_words();
    let (since, calm) = (props.since, props.calm);
    let shown = use_aging(move || {
        let millis = dates::now().plus(skew).since(since).max(0);
        let (text, step) = if calm {
            (words.minutes(millis / 60_000), 60_000)
        } else {
            (dates::age(millis), 1000)
        };
        ((text, level(millis)), step - millis % step)
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

/// A clock time, such as `14:02`, with the exact moment in its tooltip.
pub fn time(words: &Words, at: Timestamp) -> Html {
    html! { <time class="time" title={words.dates.exact(at)}>{ words.dates.time(at) }</time> }
}

/// A heading of a list with its count, which stands out where somebody waits.
pub fn counted(title: String, count: usize, attention: bool) -> Html {
    let pill = classes!("count", (attention && count > 0).then_some("count--attention"));
    html! {
        <h2 class="counted"><span>{ title }</span><span class={pill}>{ count }</span></h2>
    }
}

/// The designed nothing: what will appear here, and the one thing to do.
pub fn empty(icon: Icon, title: String, text: String, more: Html) -> Html {
    html! {
        <div class="empty">
            <span class="empty__icon">{ shape(icon, 20) }</span>
            <h2 class="empty__title">{ title }</h2>
            <p class="empty__text">{ text }</p>
            { more }
        </div>
    }
}

/// Grey bars where rows will be; shown only when they take longer than a blink.
pub fn skeleton() -> Html {
    html! {
        <div class="skeleton" aria-hidden="true">
            { for (0..6).map(|n| html! { <span key={n} class="skeleton__bar" /> }) }
        </div>
    }
}
