//! One row of a transcript. Rows are keyed struct components: a row is rendered again only when
//! it changed itself (performance.md).

use super::common::{Icon, shape, time};
use crate::{
    state::{Action, Store, select::Names},
    words::{Arg, Words},
};
use bellhop_model::{
    Author, EndedBy, Message, Rating, SentFile, Timestamp, TranscriptLine,
    chat::LineBody,
    route::{Destination, ReleaseReason},
    routing::UnassignedReason,
    span::{self, Span},
    view::{PendingMessage, SendState},
};
use std::rc::Rc;
use web_sys::MouseEvent;
use yew::prelude::*;

/// What a row shows.
#[derive(Debug, Clone, PartialEq)]
pub enum RowBody {
    Day(Timestamp),
    Line(Box<TranscriptLine>),
    Pending(Box<PendingMessage>),
}

/// A row and what it needs to speak.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct RowProps {
    pub body: RowBody,
    /// The first of its group: it names the speaker.
    pub leads: bool,
    /// Its place in the book, for measuring; none for rows below the book.
    #[prop_or_default]
    pub index: Option<usize>,
    pub names: Rc<Names>,
    pub words: Words,
    pub store: Store,
}

/// A row.
#[derive(Debug)]
pub struct LineRow;

impl Component for LineRow {
    type Message = ();
    type Properties = RowProps;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let inner = match &props.body {
            RowBody::Day(at) => html! {
                <div class="day" role="separator"><span>{ props.words.dates.day(*at) }</span></div>
            },
            RowBody::Line(line) => match &line.body {
                LineBody::Said { message } => said(props, message, line.at, None),
                body => system(props, body, line.at),
            },
            RowBody::Pending(pending) => {
                let message = pending.as_message(props.names.me.unwrap_or_default());
                said(props, &message, pending.at, Some(pending))
            }
        };
        let index = props.index.map(|index| index.to_string());
        html! { <div class="line" data-row={index}>{ inner }</div> }
    }
}

/// What kind of line it is, for the tests of the whole product.
fn kind(body: &LineBody) -> &'static str {
    match body {
        LineBody::Said { .. } => "said",
        LineBody::AgentJoined { .. } => "joined",
        LineBody::AgentLeft { .. } => "left",
        LineBody::Ended { .. } => "ended",
        LineBody::Continued { .. } => "continued",
        LineBody::CameBack => "came-back",
        LineBody::Tagged { .. } => "tagged",
        LineBody::Offered { .. } => "offered",
        LineBody::RatingRequested { .. } => "rating-requested",
        LineBody::Rated { .. } => "rated",
        LineBody::FileDeleted { .. } => "file-deleted",
        LineBody::ForDepartment { .. } => "for-department",
        LineBody::Transferred { .. } => "transferred",
        LineBody::Invited { .. } => "invited",
        LineBody::Assigned { .. } => "assigned",
        LineBody::Unassigned { .. } => "unassigned",
        LineBody::Released { .. } => "released",
    }
}

fn said(
    props: &RowProps,
    message: &Message,
    at: Timestamp,
    pending: Option<&PendingMessage>,
) -> Html {
    let RowProps { names, words, .. } = props;
    let (from, speaker) = match &message.author {
        Author::Visitor => ("visitor", names.visitor.clone()),
        Author::Agent { agent_id } if Some(*agent_id) == names.me => ("agent", words.say("you")),
        Author::Agent { agent_id } => ("agent", names.agent(*agent_id).to_owned()),
        Author::Trigger { name } => ("trigger", name.clone()),
    };
    let own = matches!(&message.author, Author::Agent { agent_id } if Some(*agent_id) == names.me);
    let failed = pending.is_some_and(|p| matches!(p.state, SendState::Failed { .. }));
    let class = classes!(
        "said",
        format!("said--{from}"),
        own.then_some("said--own"),
        props.leads.then_some("said--leads"),
        pending.is_some().then_some("said--pending"),
        failed.then_some("said--failed"),
    );
    html! {
        <div {class} data-line="said" data-from={from} data-pending={pending.map(|_| "true")}>
            if props.leads {
                <div class={classes!("said__who", own.then_some("spoken-only"))}>
                    <bdi>{ speaker }</bdi>
                    if from == "trigger" {
                        <span class="badge">{ words.say("automatic") }</span>
                    }
                </div>
            }
            <div class="said__row">
                <div class="said__text" dir="auto">
                    if let Some(file) = &message.file {
                        { sent(words, &message.text, file) }
                    } else {
                        { for text(props, &message.text) }
                    }
                </div>
                <span class="said__meta">
                    if let Some(pending) = pending {
                        { mark(words, &pending.state) }
                    } else {
                        { time(words, at) }
                    }
                </span>
            </div>
            if let Some(pending) = pending {
                { failure(props, pending) }
            }
        </div>
    }
}

/// A file, by its name and size.
fn sent(words: &Words, name: &str, file: &SentFile) -> String {
    words.with("file-sent", &[("name", name.into()), ("size", file.size().into())])
}

/// The message as text nodes and links that the backend opens (law 9).
fn text(props: &RowProps, text: &str) -> Vec<Html> {
    span::parse(text)
        .into_iter()
        .map(|span| match span {
            Span::Text(text) => html! { { text } },
            Span::Link { text, href } => {
                let title = href.clone();
                let onclick = props.store.on(move |_: MouseEvent| Action::OpenLink(href.clone()));
                html! {
                    <button type="button" class="link-text" data-test="link" {title} {onclick}>{ text }</button>
                }
            }
        })
        .collect()
}

fn mark(words: &Words, state: &SendState) -> Html {
    let (icon, said) = match state {
        SendState::Queued => (Icon::Clock, words.say("message-queued")),
        SendState::Sending => (Icon::Sending, words.say("message-sending")),
        SendState::Failed { .. } => return html! {},
    };
    html! { <span class="said__mark" role="img" aria-label={said.clone()} title={said}>{ shape(icon, 16) }</span> }
}

fn failure(props: &RowProps, pending: &PendingMessage) -> Html {
    let SendState::Failed { refusal } = &pending.state else { return html! {} };
    let words = &props.words;
    let id = pending.id;
    let reason = words.refusal(refusal);
    html! {
        <div class="said__failure" role="alert">
            <span>{ words.with("message-failed", &[("reason", reason.into())]) }</span>
            <button type="button" class="text-button" data-test="send-again"
                onclick={props.store.on(move |_: MouseEvent| Action::SendAgain(id))}>
                { words.say("try-again") }
            </button>
            <button type="button" class="text-button text-button--danger" data-test="discard"
                onclick={props.store.on(move |_: MouseEvent| Action::Discard(id))}>
                { words.say("discard") }
            </button>
        </div>
    }
}

fn system(props: &RowProps, body: &LineBody, at: Timestamp) -> Html {
    html! {
        <div class="system" data-line={kind(body)}>
            <span class="system__text">{ sentence(props, body) }</span>
            { time(&props.words, at) }
            if let Some(note) = note(body) {
                <div class="system__note" data-test="handover-note" dir="auto">
                    { for text(props, note) }
                </div>
            }
        </div>
    }
}

/// What one agent wrote for another, which the visitor never sees; or the visitor about the chat.
fn note(body: &LineBody) -> Option<&str> {
    match body {
        LineBody::Transferred { note, .. } | LineBody::Invited { note, .. } => note.as_deref(),
        LineBody::Rated { comment, .. } => comment.as_deref(),
        _ => None,
    }
}

fn sentence(props: &RowProps, body: &LineBody) -> String {
    let RowProps { names, words, .. } = props;
    let me = |id: &bellhop_model::AgentId| names.me == Some(*id);
    let visitor = || [("visitor", (&names.visitor).into())];
    match body {
        LineBody::Said { .. } => String::new(),
        LineBody::AgentJoined { agent_id, .. } if me(agent_id) => words.say("line-joined-you"),
        LineBody::AgentJoined { name, .. } => words.with("line-joined", &[("name", name.into())]),
        LineBody::AgentLeft { agent_id, .. } if me(agent_id) => words.say("line-left-you"),
        LineBody::AgentLeft { name, .. } => words.with("line-left", &[("name", name.into())]),
        LineBody::Continued { agent_id, .. } if me(agent_id) => words.say("line-continued-you"),
        LineBody::Continued { name, .. } => words.with("line-continued", &[("name", name.into())]),
        LineBody::Ended { by: EndedBy::Visitor } => words.with("line-ended-visitor", &visitor()),
        LineBody::Ended { by: EndedBy::Timeout } => words.with("line-ended-timeout", &visitor()),
        LineBody::Ended { by: EndedBy::Agent { agent_id } } if me(agent_id) => {
            words.say("line-ended-agent-you")
        }
        LineBody::Ended { by: EndedBy::Agent { agent_id } } => {
            words.with("line-ended-agent", &[("name", names.agent(*agent_id).into())])
        }
        LineBody::CameBack => words.with("line-came-back", &visitor()),
        LineBody::Tagged { tags } if tags.is_empty() => words.say("line-untagged"),
        LineBody::Tagged { tags } => words.with("line-tagged", &[("tags", tags.join(", ").into())]),
        LineBody::Offered { options } => {
            words.with("line-offered", &[("options", options.join(" / ").into())])
        }
        LineBody::RatingRequested { agent_id, .. } if me(agent_id) => {
            words.say("line-rating-requested-you")
        }
        LineBody::RatingRequested { name, .. } => {
            words.with("line-rating-requested", &[("name", name.into())])
        }
        LineBody::Rated { rating, .. } => rated(words, *rating, &visitor()),
        LineBody::FileDeleted { name, .. } => {
            words.with("line-file-deleted", &[("name", name.into())])
        }
        LineBody::ForDepartment { department, .. } => {
            words.with("line-for-department", &[("department", department.into())])
        }
        LineBody::Transferred { agent_id, name, to, to_name, .. } => {
            transferred(words, (!me(agent_id)).then_some(name), to, to_name.as_ref())
        }
        LineBody::Invited { agent_id, invited, .. } if me(agent_id) => {
            words.with("line-invited-by-you", &[("invited", invited.into())])
        }
        LineBody::Invited { name, invited_id, .. } if me(invited_id) => {
            words.with("line-invited-you", &[("name", name.into())])
        }
        LineBody::Invited { name, invited, .. } => {
            words.with("line-invited", &[("name", name.into()), ("invited", invited.into())])
        }
        LineBody::Assigned { agent_id, .. } if me(agent_id) => words.say("line-assigned-you"),
        LineBody::Assigned { name, .. } => words.with("line-assigned", &[("name", name.into())]),
        LineBody::Unassigned { reason: UnassignedReason::AllMissed } => {
            words.say("line-unassigned-missed")
        }
        LineBody::Unassigned { .. } => words.say("line-unassigned"),
        LineBody::Released { reason, name } => released(words, *reason, name.as_ref()),
    }
}

fn rated(words: &Words, rating: Option<Rating>, visitor: &[(&'static str, Arg<'_>)]) -> String {
    match rating {
        Some(Rating::Good) => words.with("line-rated-good", visitor),
        Some(Rating::Bad) => words.with("line-rated-bad", visitor),
        None => words.with("line-rated-none", visitor),
    }
}

/// `name` is the colleague's who transferred the chat; none where it was the agent herself.
fn transferred(
    words: &Words,
    name: Option<&String>,
    to: &Destination,
    to_name: Option<&String>,
) -> String {
    let target = match to {
        Destination::Department { name, .. } => Some(name),
        Destination::Agent { .. } => to_name,
        Destination::Unknown => None,
    };
    let target = target.map_or_else(|| words.say("no-value"), ToOwned::to_owned);
    match name {
        Some(name) => {
            words.with("line-transferred", &[("name", name.into()), ("to", target.into())])
        }
        None => words.with("line-transferred-you", &[("to", target.into())]),
    }
}

fn released(words: &Words, reason: ReleaseReason, name: Option<&String>) -> String {
    match (reason, name) {
        (ReleaseReason::NotTaken, Some(name)) => {
            words.with("line-released-not-taken", &[("name", name.into())])
        }
        (ReleaseReason::AgentGone, Some(name)) => {
            words.with("line-released-agent-gone", &[("name", name.into())])
        }
        (ReleaseReason::DepartmentClosed, _) => words.say("line-released-department"),
        _ => words.say("line-released"),
    }
}
