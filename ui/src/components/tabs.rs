//! The open chats as tabs at the bottom right, the newest nearest the corner.

use super::common::{Age, Icon, shape};
use crate::{
    dom::focus,
    state::{
        Action,
        end::EndAction,
        place::PlaceAction,
        select::{self, ChatItem},
        use_select, use_store,
    },
    words::use_words,
};
use web_sys::{KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// See the module.
#[component]
pub fn Tabs() -> Html {
    let words = use_words();
    let tabs = use_select(select::tabs);
    let any_shown = tabs.iter().any(|t| t.shown);
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    html! {
        <div class="tabs" data-list="" role="toolbar" aria-label={words.say("tabs-label")} {onkeydown}>
            { for tabs.iter().enumerate().map(|(at, item)| html! {
                <Tab key={item.id.0} item={item.clone()} number={at + 1}
                    entry={item.shown || (!any_shown && at == 0)} />
            }) }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct TabProps {
    item: ChatItem,
    /// Its place from the left, which is its key.
    number: usize,
    entry: bool,
}

#[component]
fn Tab(props: &TabProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let item = &props.item;
    let chat_id = item.id;
    let show = store.on(move |_: MouseEvent| Action::Place(PlaceAction::Show(chat_id)));
    let close = store.on(move |_: MouseEvent| Action::End(EndAction::Asked(chat_id)));
    let class = classes!(
        "tab",
        item.shown.then_some("tab--shown"),
        (item.unread > 0).then_some("tab--unread"),
        item.over.then_some("tab--over"),
    );
    let entry = if props.entry { "0" } else { "-1" };
    let end = words.with("tab-close", &[("visitor", (&item.label).into())]);
    let key = (props.number <= 9).then(|| format!("Ctrl+{}", props.number));
    html! {
        <div {class}>
            <button type="button" class="tab__show" onclick={show} data-rove="" tabindex={entry}
                data-test="tab" data-chat={chat_id.to_string()} data-unread={item.unread.to_string()}
                aria-current={item.shown.then_some("true")} title={key.clone()}
                aria-keyshortcuts={key.map(|_| format!("Control+{}", props.number))}>
                <span class="tab__mark" aria-hidden="true">
                    if item.typing {
                        <span class="typing"><i /><i /><i /></span>
                    } else {
                        <span class="dot" />
                    }
                </span>
                <bdi class="tab__name">{ &item.label }</bdi>
                if item.unread > 0 {
                    <span class="unread" aria-label={words.with("row-unread", &[("n", item.unread.into())])}>
                        { item.unread.min(99) }
                    </span>
                }
                if item.over {
                    <span class="tab__ended">{ words.say("row-ended") }</span>
                } else if let Some(since) = item.unanswered_since {
                    <Age {since} urgent=true />
                }
            </button>
            <button type="button" class="tab__close" onclick={close} data-test="tab-close"
                data-chat={chat_id.to_string()} aria-label={end.clone()} title={end}
                tabindex="0">
                { shape(Icon::Close, 16) }
            </button>
        </div>
    }
}
