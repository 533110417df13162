//! The chat window: who, what was said, the text box.

use super::{
    common::{Icon, shape},
    composer::Composer,
    transcript::{Feed, Transcript},
};
use crate::{
    state::{
        Action,
        place::PlaceAction,
        rows,
        select::{self, Names, Standing},
        use_select, use_store,
    },
    words::use_words,
};
use bellhop_model::{ChatId, view::ChatHead};
use std::rc::Rc;
use web_sys::{FocusEvent, MouseEvent};
use yew::prelude::*;

/// Which chat.
#[derive(Debug, Clone, Copy, PartialEq, Properties)]
pub struct ChatProps {
    pub chat_id: ChatId,
    /// It stands beside the chat the agent is in, and becomes that chat when she turns to it.
    #[prop_or_default]
    pub beside: bool,
}

/// See the module.
#[component]
pub fn ChatPane(props: &ChatProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let chat_id = props.chat_id;
    let head = use_select(move |s| select::chat(s, chat_id).map(|c| c.head.clone()));
    let standing = use_select(move |s| select::standing(s, chat_id));
    let names = use_select(move |s| {
        select::chat(s, chat_id).map(|c| Rc::new(Names::of(&s.view, c.head.visitor.label())))
    });
    let (Some(head), Some(standing), Some(names)) = (&*head, &*standing, &*names) else {
        return html! {};
    };
    let label = words.with("chat-label", &[("visitor", (&names.visitor).into())]);
    let turn = props
        .beside
        .then(|| store.on(move |_: FocusEvent| Action::Place(PlaceAction::Turn(chat_id))));
    html! {
        <section class={classes!("chat", props.beside.then_some("chat--beside"))} aria-label={label}
            data-test="chat" data-chat={chat_id.to_string()} onfocusin={turn}>
            <Header head={head.clone()} />
            <Standings standing={standing.clone()} {chat_id} visitor={names.visitor.clone()} />
            <HandoverNote {chat_id} />
            <Conversation {chat_id} names={Rc::clone(names)} typing={head.visitor_typing} />
            <Composer {chat_id} standing={standing.clone()} visitor={names.visitor.clone()} />
        </section>
    }
}

/// The note of who handed the chat over: seen before everything else.
#[component]
fn HandoverNote(props: &ChatProps) -> Html {
    let words = use_words();
    let chat_id = props.chat_id;
    let note = use_select(move |s| select::handover_note(s, chat_id));
    let Some((name, note)) = &*note else { return html! {} };
    html! {
        <div class="standing standing--note" role="note" data-test="note-on-top">
            <p class="standing__words">
                <strong>{ words.with("handover-note", &[("name", name.into())]) }</strong>
                <bdi>{ note }</bdi>
            </p>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ConversationProps {
    chat_id: ChatId,
    names: Rc<Names>,
    typing: bool,
}

/// The transcript alone hears of new lines, so that nothing around it is rendered with each.
#[component]
fn Conversation(props: &ConversationProps) -> Html {
    let chat_id = props.chat_id;
    let rev = *use_select(move |s| s.books.get(&chat_id).map(rows::Book::rev).unwrap_or_default());
    let pending = use_select(move |s| {
        select::chat(s, chat_id).map(|c| c.pending.clone()).unwrap_or_default()
    });
    html! {
        <Transcript feed={Feed::Live(chat_id)} {rev} names={Rc::clone(&props.names)}
            typing={props.typing} {pending} />
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct HeaderProps {
    head: ChatHead,
}

#[component]
fn Header(props: &HeaderProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let decided = *use_select(|s| s.place.details);
    let open = decided.unwrap_or_else(crate::dom::page::has_room_for_details);
    let visitor = &props.head.visitor;
    let page = select::page_label(&visitor.page);
    let here = props.head.visitor_here;
    let back = store.on(|_: MouseEvent| Action::Place(PlaceAction::Back));
    let toggle = store.on(move |_: MouseEvent| Action::Place(PlaceAction::OpenDetails(!open)));
    let info = if open { words.say("chat-details-hide") } else { words.say("chat-details-show") };
    let back_label = words.say("chat-back");
    html! {
        <header class="chat__head">
            <button type="button" class="icon-button chat__back" onclick={back}
                aria-label={back_label.clone()} title={back_label}>
                { shape(Icon::Back, 16) }
            </button>
            <div class="chat__who">
                <h1 class="chat__name"><bdi>{ visitor.label() }</bdi></h1>
                <p class="chat__where">
                    <span class={classes!("dot", if here { "dot--here" } else { "dot--gone" })} aria-hidden="true" />
                    <span>{ if here { words.say("chat-here") } else { words.say("chat-gone") } }</span>
                    if !page.is_empty() {
                        <span class="chat__page"><span aria-hidden="true">{ "·" }</span><bdi title={visitor.page.url.clone()}>{ page }</bdi></span>
                    }
                </p>
            </div>
            <button type="button" class={classes!("icon-button", open.then_some("icon-button--on"))}
                data-test="details-toggle" onclick={toggle} aria-pressed={open.to_string()}
                aria-label={info.clone()} title={info}>
                { shape(Icon::Panel, 16) }
            </button>
        </header>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct StandingProps {
    standing: Standing,
    chat_id: ChatId,
    visitor: String,
}

/// The bar that says how the agent stands to this chat, where that is not plainly "hers".
#[component]
fn Standings(props: &StandingProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let chat_id = props.chat_id;
    let visitor = || [("visitor", (&props.visitor).into())];
    let online = *use_select(crate::state::State::may_serve);
    let ready = *use_select(|s| s.may_serve() && !s.serving);
    let sending = *use_select(move |s| s.reply.waits(chat_id));
    let written = *use_select(move |s| !s.drafts.text(chat_id).trim().is_empty());
    match &props.standing {
        Standing::Mine => html! {},
        Standing::Peek => {
            let serve = store.on(move |_: MouseEvent| Action::Serve(chat_id));
            let note = if sending {
                words.say("peek-sending")
            } else {
                words.with("peek-note", &visitor())
            };
            html! {
                <div class="standing standing--peek" data-test="peek">
                    { shape(Icon::Eye, 16) }
                    <p class="standing__words"><strong>{ words.say("peek-title") }</strong>{ " " }{ note }</p>
                    <button type="button" class="button button--attention" data-test="peek-serve"
                        onclick={serve} disabled={!ready || sending}
                        title={(!online).then(|| words.say("serve-offline"))}>
                        { words.say("peek-serve") }
                    </button>
                </div>
            }
        }
        Standing::Taken { by } => html! {
            <div class="standing standing--taken" data-test="taken" role="alert">
                { shape(Icon::Alert, 16) }
                <p class="standing__words">
                    <strong>
                        { match by {
                            Some(by) => words.with("taken-title", &[("by", by.into())]),
                            None => words.say("taken-title-unknown"),
                        } }
                    </strong>
                    { " " }
                    { if written { words.say("taken-note") } else { words.say("taken-note-empty") } }
                </p>
                <button type="button" class="button"
                    onclick={store.on(|_: MouseEvent| Action::Place(PlaceAction::Back))}>
                    { words.say("close") }
                </button>
            </div>
        },
        Standing::VisitorEnded { timeout } => html! {
            <div class="standing standing--ended" data-test="visitor-ended" role="alert">
                { shape(Icon::Info, 16) }
                <p class="standing__words">
                    <strong>
                        { if *timeout {
                            words.with("visitor-ended-timeout", &visitor())
                        } else {
                            words.with("visitor-ended-title", &visitor())
                        } }
                    </strong>
                    { " " }{ words.say("visitor-ended-note") }
                </p>
                <button type="button" class="button button--main" data-test="continue"
                    onclick={store.on(move |_: MouseEvent| Action::Continue(chat_id))}>
                    { words.say("continue-chat") }
                </button>
            </div>
        },
    }
}
