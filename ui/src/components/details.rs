//! What is known of a visitor.

use super::common::{Age, Icon, shape, time};
use crate::{
    state::{Action, select, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::{ChatId, Timestamp, VisitorProfile, span};
use web_sys::MouseEvent;
use yew::prelude::*;

/// Of the visitor of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Properties)]
pub struct DetailsProps {
    pub chat_id: ChatId,
    /// The agent has not decided: shown where the window is wide enough.
    #[prop_or_default]
    pub where_there_is_room: bool,
}

/// The pane beside the chat window.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let words = use_words();
    let chat_id = props.chat_id;
    let head = use_select(move |s| select::chat(s, chat_id).map(|c| c.head.clone()));
    let Some(head) = &*head else { return html! {} };
    html! {
        <aside class={classes!("details", props.where_there_is_room.then_some("details--if-room"))} aria-label={words.say("details-label")} data-test="details">
            <VisitorCard visitor={head.visitor.clone()} here={head.visitor_here}
                requested_at={Some(head.requested_at)} tags={Some(head.tags.clone())} />
        </aside>
    }
}

/// A visitor, with a chat or without.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CardProps {
    pub visitor: VisitorProfile,
    pub here: bool,
    #[prop_or_default]
    pub requested_at: Option<Timestamp>,
    #[prop_or_default]
    pub tags: Option<Vec<String>>,
}

/// Everything known, as a list of terms.
#[component]
pub fn VisitorCard(props: &CardProps) -> Html {
    let words = use_words();
    let visitor = &props.visitor;
    let language = (!visitor.language.is_empty()).then(|| words.dates.language(&visitor.language));
    html! {
        <div class="card">
            <header class="card__head">
                <span class="avatar avatar--large" aria-hidden="true">{ super::bar::initial(&visitor.label()) }</span>
                <div>
                    <h2 class="card__name"><bdi>{ visitor.label() }</bdi></h2>
                    <p class="card__state">
                        <span class={classes!("dot", if props.here { "dot--here" } else { "dot--gone" })} aria-hidden="true" />
                        { if props.here { words.say("chat-here") } else { words.say("chat-gone") } }
                        if visitor.name.is_some() {
                            <span class="card__id">{ visitor.id.label() }</span>
                        }
                    </p>
                </div>
            </header>
            <dl class="terms">
                <dt>{ words.say("details-page") }</dt>
                <dd>
                    <bdi class="terms__strong">{ select::page_label(&visitor.page) }</bdi>
                    <Address url={visitor.page.url.clone()} />
                </dd>
                <dt>{ words.say("details-arrived") }</dt>
                <dd>
                    { time(&words, visitor.arrived_at) }
                    if props.here {
                        <span class="terms__note">{ on_site(&words, visitor.arrived_at) }</span>
                    }
                </dd>
                if let Some(at) = props.requested_at {
                    <dt>{ words.say("details-requested") }</dt>
                    <dd>{ time(&words, at) }</dd>
                }
                <dt>{ words.say("details-referrer") }</dt>
                <dd>
                    if visitor.referrer.is_empty() {
                        { words.say("details-referrer-none") }
                    } else {
                        <Address url={visitor.referrer.clone()} />
                    }
                </dd>
                <dt>{ words.say("details-browser") }</dt>
                <dd>{ known(&words, &visitor.browser) }</dd>
                <dt>{ words.say("details-platform") }</dt>
                <dd>{ known(&words, &visitor.platform) }</dd>
                <dt>{ words.say("details-language") }</dt>
                <dd>{ language.unwrap_or_else(|| words.say("no-value")) }</dd>
                if let Some(tags) = &props.tags {
                    <dt>{ words.say("details-tags") }</dt>
                    <dd>
                        if tags.is_empty() {
                            { words.say("details-tags-none") }
                        } else {
                            <span class="tags">{ for tags.iter().map(|tag| html! { <span class="tag">{ tag }</span> }) }</span>
                        }
                    </dd>
                }
            </dl>
        </div>
    }
}

fn known(words: &Words, text: &str) -> String {
    let text = bellhop_model::rules::clean_line(text, 120);
    if text.is_empty() { words.say("no-value") } else { text }
}

const MARK: &str = "\u{1}";

/// "On the site for 4:12", counting.
fn on_site(words: &Words, since: Timestamp) -> Html {
    let sentence = words.with("details-on-site", &[("time", MARK.into())]);
    let (before, after) = sentence.split_once(MARK).unwrap_or((&sentence, ""));
    html! { <>{ before.to_owned() }<Age {since} calm=true />{ after.to_owned() }</> }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct AddressProps {
    url: String,
}

/// An address the visitor's browser gave: opened by the backend where that is allowed, else
/// plain text.
#[component]
fn Address(props: &AddressProps) -> Html {
    let store = use_store();
    let url = props.url.clone();
    let shown = bellhop_model::rules::clean_line(&url, 300);
    if !span::may_open(&url) {
        return html! { <bdi class="address">{ shown }</bdi> };
    }
    let title = shown.clone();
    let onclick = store.on(move |_: MouseEvent| Action::OpenLink(url.clone()));
    html! {
        <button type="button" class="link-text address" {onclick} {title}>
            <bdi>{ shown }</bdi>{ shape(Icon::OutLink, 16) }
        </button>
    }
}
