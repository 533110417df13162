//! What stands before the dashboard: starting, the passphrase, and why it cannot go on.

use super::common::{Icon, shape};
use crate::{
    state::{Action, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::view::StuckProblem;
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

/// Characters a new passphrase has at least.
const PASSPHRASE_CHARS: usize = 8;

/// The frame of the dashboard without anything in it.
#[component]
pub fn Starting() -> Html {
    let words = use_words();
    html! {
        <div class="frame frame--starting" data-test="starting" role="status" aria-label={words.say("starting")}>
            <div class="bar" />
            <main class="frame__page"><div class="stage__wait">{ words.say("starting") }</div></main>
            <footer class="frame__foot" />
        </div>
    }
}

/// Whether the passphrase is chosen or given, and whether the last one was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Properties)]
pub struct PassphraseProps {
    pub choose: bool,
    pub wrong: bool,
}

/// Asks for the passphrase. What is typed stays in the two fields until it is given.
#[component]
pub fn Passphrase(props: &PassphraseProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let choose = props.choose;
    let (first, second) = (use_node_ref(), use_node_ref());
    let complaint = use_state_eq(|| None::<String>);
    let busy = *use_select(|s| s.unlocking);
    let problem = use_select(|s| s.unlock_problem.clone());
    use_effect_with(first.clone(), |first| {
        if let Some(field) = first.cast::<web_sys::Element>() {
            crate::dom::focus::focus(&field);
        }
    });
    let value =
        |node: &NodeRef| node.cast::<HtmlInputElement>().map(|f| f.value()).unwrap_or_default();
    let onsubmit = Callback::from({
        let (store, words, complaint) = (store.clone(), words.clone(), complaint.clone());
        let (first, second) = (first.clone(), second.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let passphrase = value(&first);
            let wrong = check(&words, choose, &passphrase, &value(&second));
            if wrong.is_none() {
                store.dispatch(Action::Unlock(passphrase));
            }
            complaint.set(wrong);
        }
    });
    let said = (*complaint).clone().or_else(|| {
        let failed = |p| words.with("passphrase-failed", &[("reason", words.reason(p).into())]);
        problem.as_ref().as_ref().map(failed)
    });
    let said = said.or_else(|| (props.wrong && !busy).then(|| words.say("passphrase-wrong")));
    html! {
        <main class="stage" data-test="needs-passphrase">
            <form class="stage__card" {onsubmit}>
                <span class="empty__icon">{ shape(Icon::Lock, 20) }</span>
                <h1 class="stage__title">
                    { if choose { words.say("passphrase-choose-title") } else { words.say("passphrase-title") } }
                </h1>
                <p class="stage__text">
                    { if choose { words.say("passphrase-choose") } else { words.say("passphrase-enter") } }
                </p>
                <label class="field">
                    <span>{ words.say("passphrase-label") }</span>
                    <input ref={first} type="password" class="field__input" data-test="passphrase"
                        autocomplete={if choose { "new-password" } else { "current-password" }} />
                </label>
                if choose {
                    <label class="field">
                        <span>{ words.say("passphrase-repeat") }</span>
                        <input ref={second} type="password" class="field__input"
                            data-test="passphrase-repeat" autocomplete="new-password" />
                    </label>
                }
                if let Some(said) = said {
                    <p class="stage__problem" role="alert" data-test="passphrase-problem">{ said }</p>
                }
                <button type="submit" class="button button--main button--wide" data-test="unlock" disabled={busy}>
                    { if choose { words.say("passphrase-start") } else { words.say("passphrase-unlock") } }
                </button>
            </form>
        </main>
    }
}

fn check(words: &Words, choose: bool, passphrase: &str, repeated: &str) -> Option<String> {
    if !choose {
        return passphrase
            .is_empty()
            .then(|| words.with("passphrase-short", &[("n", 1_u32.into())]));
    }
    if passphrase.chars().count() < PASSPHRASE_CHARS {
        return Some(words.with("passphrase-short", &[("n", PASSPHRASE_CHARS.into())]));
    }
    (passphrase != repeated).then(|| words.say("passphrase-differ"))
}

/// Why the program cannot go on.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct StuckProps {
    pub problem: StuckProblem,
}

/// What happened, why, and what to do.
#[component]
pub fn Stuck(props: &StuckProps) -> Html {
    let words = use_words();
    let (what, todo) = explain(&words, &props.problem);
    let (file, detail) = evidence(&props.problem);
    html! { <StuckPage {what} {todo} {file} {detail} /> }
}

fn explain(words: &Words, problem: &StuckProblem) -> (String, String) {
    match problem {
        StuckProblem::CacheNewer { found, known, .. } => (
            words.with(
                "stuck-cache-newer",
                &[("found", (*found).into()), ("known", (*known).into())],
            ),
            words.say("stuck-cache-newer-do"),
        ),
        StuckProblem::KeyMissing { .. } => {
            (words.say("stuck-key-missing"), words.say("stuck-key-missing-do"))
        }
        StuckProblem::KeyStore { .. } => {
            (words.say("stuck-key-store"), words.say("stuck-key-store-do"))
        }
        StuckProblem::DataDirectory { .. } => {
            (words.say("stuck-data-directory"), words.say("stuck-data-directory-do"))
        }
        StuckProblem::InUse { .. } => (words.say("stuck-in-use"), words.say("stuck-in-use-do")),
        StuckProblem::Service { .. } => (words.say("stuck-service"), words.say("stuck-service-do")),
    }
}

fn evidence(problem: &StuckProblem) -> (Option<String>, Option<String>) {
    match problem {
        StuckProblem::CacheNewer { path, .. } | StuckProblem::InUse { path } => {
            (Some(path.clone()), None)
        }
        StuckProblem::KeyMissing { path, detail }
        | StuckProblem::DataDirectory { path, detail } => {
            (Some(path.clone()), Some(detail.clone()))
        }
        StuckProblem::KeyStore { detail } | StuckProblem::Service { detail } => {
            (None, Some(detail.clone()))
        }
    }
}

/// Why the window has no program behind it.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct NoBackendProps {
    pub detail: String,
}

/// The window cannot reach the program.
#[component]
pub fn NoBackend(props: &NoBackendProps) -> Html {
    let words = use_words();
    html! {
        <StuckPage what={words.say("stuck-window")} todo={words.say("stuck-window-do")}
            file={None::<String>} detail={Some(props.detail.clone())} />
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct StuckPageProps {
    what: String,
    todo: String,
    file: Option<String>,
    detail: Option<String>,
}

#[component]
fn StuckPage(props: &StuckPageProps) -> Html {
    let words = use_words();
    let entry = |term: String, text: &str, code: bool| {
        html! {
            <>
                <dt>{ term }</dt>
                <dd class={code.then_some("stage__code")}>{ text.to_owned() }</dd>
            </>
        }
    };
    html! {
        <main class="stage" data-test="stuck" role="alert">
            <div class="stage__card stage__card--wide">
                <span class="empty__icon empty__icon--danger">{ shape(Icon::Alert, 20) }</span>
                <h1 class="stage__title">{ words.say("stuck-title") }</h1>
                <p class="stage__text">{ words.say("stuck-nothing-lost") }</p>
                <dl class="stage__terms">
                    { entry(words.say("stuck-what"), &props.what, false) }
                    { entry(words.say("stuck-do"), &props.todo, false) }
                    if let Some(file) = &props.file {
                        { entry(words.say("stuck-file"), file, true) }
                    }
                    if let Some(detail) = &props.detail {
                        { entry(words.say("stuck-detail"), detail, true) }
                    }
                </dl>
            </div>
        </main>
    }
}
