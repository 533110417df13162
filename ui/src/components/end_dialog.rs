//! The end dialog: a question and exactly three choices.

use super::common::{Icon, shape};
use crate::{
    dom::{dialog, focus},
    state::{
        Action,
        end::{self, EndAction},
        select, use_select, use_store,
    },
    words::use_words,
};
use bellhop_model::chat::EndedBy;
use web_sys::{Element, HtmlInputElement, InputEvent, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// The dialog, while one is open.
#[component]
pub fn EndDialog() -> Html {
    let open = use_select(|s| s.end.clone());
    match &*open {
        Some(open) => html! { <Open key={open.chat_id.0} dialog={open.clone()} /> },
        None => html! {},
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct OpenProps {
    dialog: end::EndDialog,
}

#[component]
fn Open(props: &OpenProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let node = use_node_ref();
    let confirm = use_node_ref();
    let state = &props.dialog;
    let chat_id = state.chat_id;
    let visitor = use_select(move |s| {
        let head = select::chat(s, chat_id).map(|chat| &chat.head);
        let gone = head.is_some_and(|head| head.ended_by == Some(EndedBy::Visitor));
        (head.map(|head| head.visitor.label()).unwrap_or_default(), gone)
    });
    let (visitor, gone) = &*visitor;
    let named = [("visitor", visitor.as_str().into())];
    let note =
        if *gone { words.with("end-note-gone", &named) } else { words.with("end-note", &named) };
    use_effect_with((), {
        let node = node.clone();
        move |()| dialog::open(&node)
    });
    // Also when the tags are attached and their field has gone.
    use_effect_with(state.tagging, {
        let confirm = confirm.clone();
        move |tagging| {
            if let Some(button) = confirm.cast::<Element>().filter(|_| !tagging) {
                focus::focus(&button);
            }
        }
    });
    let act = |action: EndAction| store.on(move |_: MouseEvent| Action::End(action.clone()));
    let oncancel = store.on(|event: Event| {
        event.prevent_default();
        Action::End(EndAction::Cancelled)
    });
    html! {
        <dialog ref={node} class="dialog" data-test="end-dialog" aria-labelledby="end-title" {oncancel}>
            <h2 id="end-title" class="dialog__title">{ words.say("end-title") }</h2>
            <p class="dialog__note">{ note }</p>
            if state.tagging {
                <TagField dialog={state.clone()} />
            } else if !state.tags.is_empty() {
                <p class="tags" data-test="end-tagged">
                    { for state.tags.iter().map(|tag| html! { <span class="tag">{ tag }</span> }) }
                </p>
            }
            <div class="dialog__choices">
                if state.tagging {
                    <button type="button" class="button" data-test="end-attach" onclick={act(EndAction::TagsAttached)}>
                        { shape(Icon::Tag, 16) }{ words.say("end-attach-tags") }
                    </button>
                } else {
                    <button type="button" class="button" data-test="end-tags" onclick={act(EndAction::AddTags)}>
                        { shape(Icon::Tag, 16) }{ words.say("end-add-tags") }
                    </button>
                }
                <span class="dialog__gap" />
                <button type="button" class="button" data-test="end-cancel" onclick={act(EndAction::Cancelled)}>
                    { words.say("end-cancel") }
                </button>
                <button type="button" ref={confirm} class="button button--danger" data-test="end-confirm"
                    onclick={act(EndAction::Confirmed)}>
                    { words.say("end-confirm") }
                </button>
            </div>
        </dialog>
    }
}

/// The tags and the field for one more.
#[component]
fn TagField(props: &OpenProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let state = &props.dialog;
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        if let Some(field) = node.cast::<Element>() {
            focus::focus(&field);
        }
    });
    // The field is the browser's own; it is written to only when the state took its text.
    use_effect_with((node.clone(), state.typed.clone()), |(node, typed)| {
        if let Some(field) = node.cast::<HtmlInputElement>()
            && typed.is_empty()
            && !field.value().is_empty()
        {
            field.set_value("");
        }
    });
    let oninput = store.on(|event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Action::End(EndAction::TagTyped(field.value()))
    });
    let onkeydown = Callback::from({
        let store = store.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Enter" && !focus::is_composing(&event) {
                event.prevent_default();
                store.dispatch(Action::End(EndAction::TagEntered));
            }
        }
    });
    html! {
        <div class="tagging">
            <label class="tagging__label" for="end-tag-input">{ words.say("end-tags-label") }</label>
            <div class="tagging__field">
                <span class="tags">{ for state.tags.iter().map(|tag| {
                    let remove = words.with("end-tag-remove", &[("tag", tag.into())]);
                    let gone = tag.clone();
                    html! {
                        <span key={tag.clone()} class="tag">
                            { tag }
                            <button type="button" class="tag__remove" aria-label={remove.clone()} title={remove}
                                onclick={store.on(move |_: MouseEvent| Action::End(EndAction::TagRemoved(gone.clone())))}>
                                { shape(Icon::Close, 16) }
                            </button>
                        </span>
                    }
                }) }</span>
                <input ref={node} id="end-tag-input" class="tagging__input" data-test="end-tag-input"
                    type="text" autocomplete="off" {oninput} {onkeydown} aria-describedby="end-tag-hint" />
            </div>
            if let Some(problem) = &state.problem {
                <p id="end-tag-hint" class="tagging__hint tagging__hint--problem" role="alert">
                    { words.refusal(problem) }
                </p>
            } else {
                <p id="end-tag-hint" class="tagging__hint">{ words.say("end-tags-hint") }</p>
            }
        </div>
    }
}
