//! The text box: one for each chat, never shared, never filled by rendering.
//!
//! Invariant: the box is the browser's own while the agent types; the state hears every change
//! and writes into the box only when the text was changed elsewhere (sent, or given back), which
//! its epoch says.

use super::common::{Icon, shape};
use crate::{
    dom::{focus, scroll},
    state::{Action, drafts::DraftAction, select::Standing, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::{ChatId, limits};
use web_sys::{HtmlTextAreaElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

/// From here on the counter shows.
const COUNT_FROM: usize = limits::MESSAGE_CHARS - 400;

/// Which chat, and how the agent stands to it.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ComposerProps {
    pub chat_id: ChatId,
    pub standing: Standing,
    pub visitor: String,
}

/// See the module.
#[component]
pub fn Composer(props: &ComposerProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let chat_id = props.chat_id;
    let node = use_node_ref();
    let epoch = *use_select(move |s| s.drafts.epoch(chat_id));
    let focus_no = *use_select(|s| s.place.focus_no);
    let chars = *use_select(move |s| {
        let text = s.drafts.text(chat_id);
        // Counting is for long texts only.
        if text.len() < COUNT_FROM { 0 } else { text.chars().count() }
    });
    let problem = use_select(move |s| s.reply.problems.get(&chat_id).cloned());
    let closed = matches!(props.standing, Standing::VisitorEnded { .. } | Standing::Taken { .. });

    use_effect_with((node.clone(), epoch), {
        let store = store.clone();
        move |(node, _)| {
            if let Some(area) = node.cast::<HtmlTextAreaElement>() {
                let text = store.read(|s| s.drafts.text(chat_id).to_owned());
                if area.value() != text {
                    area.set_value(&text);
                }
                scroll::fit(&area);
            }
        }
    });
    use_effect_with((node.clone(), focus_no), {
        let store = store.clone();
        move |(node, _)| {
            // The text box of the chat beside the shown one is not meant.
            let meant = store.read(|s| s.place.shown == Some(chat_id));
            if let Some(area) = node.cast::<HtmlTextAreaElement>().filter(|_| meant) {
                focus::focus(&area);
            }
        }
    });

    let oninput = store.on(move |event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        scroll::fit(&area);
        Action::Draft(DraftAction::Typed { chat_id, text: area.value() })
    });
    let onkeydown = Callback::from({
        let store = store.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Enter" && !event.shift_key() && !focus::is_composing(&event) {
                event.prevent_default();
                if !event.repeat() {
                    store.dispatch(Action::Draft(DraftAction::Send { chat_id }));
                }
            }
        }
    });
    let over = chars > limits::MESSAGE_CHARS;
    html! {
        <div class={classes!("composer", closed.then_some("composer--closed"))}>
            if let Some(problem) = &*problem {
                <p class="composer__problem" role="alert" data-test="composer-problem">
                    { shape(Icon::Alert, 16) }
                    <span>{ words.with("message-failed", &[("reason", words.reason(problem).into())]) }</span>
                </p>
            }
            <textarea ref={node} class="composer__box" data-test="composer" rows="1" {oninput} {onkeydown}
                data-chat={chat_id.to_string()} readonly={closed} spellcheck="true" dir="auto"
                aria-label={words.with("composer-label", &[("visitor", (&props.visitor).into())])}
                placeholder={placeholder(&words, &props.standing)} />
            <div class="composer__foot">
                <span class="composer__hints">
                    <span><kbd class="kbd">{ "Enter" }</kbd>{ words.say("composer-hint-send") }</span>
                    <span><kbd class="kbd">{ "Shift Enter" }</kbd>{ words.say("composer-hint-break") }</span>
                </span>
                if chars > COUNT_FROM {
                    <span class={classes!("composer__count", over.then_some("composer__count--over"))}
                        role="status" data-test="composer-count">
                        { count(&words, chars) }
                    </span>
                }
            </div>
        </div>
    }
}

fn placeholder(words: &Words, standing: &Standing) -> String {
    match standing {
        Standing::Mine => words.say("composer-placeholder"),
        Standing::Peek => words.say("composer-placeholder-peek"),
        Standing::VisitorEnded { .. } | Standing::Taken { .. } => {
            words.say("composer-placeholder-ended")
        }
    }
}

fn count(words: &Words, chars: usize) -> String {
    if chars > limits::MESSAGE_CHARS {
        words.with("composer-over", &[("n", (chars - limits::MESSAGE_CHARS).into())])
    } else {
        words.with("composer-left", &[("n", (limits::MESSAGE_CHARS - chars).into())])
    }
}
