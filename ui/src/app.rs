//! The window as a whole: connects store, backend and page, and hears the keys that mean the same
//! everywhere.

use crate::{
    bridge::Backend,
    components::{dashboard::Dashboard, stages},
    dom::{self, events::Listener, page},
    runner::Runner,
    state::{Action, Effect, State, Store, place::PlaceAction, use_select},
    words::{Lang, Words},
};
use bellhop_model::{settings::Theme, view::Stage};
use web_sys::{Event, KeyboardEvent};
use yew::prelude::*;

/// Starts the dashboard in the page.
pub fn start() {
    let store = Store::new(State::default());
    store.dispatch(Action::Focused(page::has_focus()));
    match Backend::find() {
        Ok(backend) => {
            let runner = Runner::new(store.clone(), backend);
            let run = runner.clone();
            store.run_with(move |effects| run.run(effects));
            let ready = Callback::from({
                let runner = runner.clone();
                move |()| runner.ready()
            });
            let leave = Callback::from({
                let runner = runner.clone();
                move |()| runner.flush_all()
            });
            yew::Renderer::<App>::with_props(AppProps { store, ready, leave }).render();
            runner.run(vec![Effect::Watch]);
        }
        Err(detail) => {
            store.dispatch(Action::NoBackend(detail));
            let nothing = Callback::noop();
            let props = AppProps { store, ready: nothing.clone(), leave: nothing };
            yew::Renderer::<App>::with_props(props).render();
        }
    }
}

/// What the window needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct AppProps {
    pub store: Store,
    /// Called once, when the first view has been painted.
    pub ready: Callback<()>,
    /// Called when the window may be gone in a moment.
    pub leave: Callback<()>,
}

/// The window.
#[component]
pub fn App(props: &AppProps) -> Html {
    html! {
        <ContextProvider<Store> context={props.store.clone()}>
            <Speaking ready={props.ready.clone()} leave={props.leave.clone()} store={props.store.clone()} />
        </ContextProvider<Store>>
    }
}

/// Everything below it speaks the agent's language.
#[component]
fn Speaking(props: &AppProps) -> Html {
    let setting = use_select(|s| s.view.settings.language);
    let theme = use_select(|s| s.view.settings.theme);
    let known = use_select(|s| s.known || s.no_backend.is_some());
    let lang = Lang::choose(*setting, &page::system_language());
    let words = use_memo(lang, |lang| Words::of(*lang));
    use_effect_with((lang, *theme, *known), |(lang, theme, known)| {
        if *known {
            page::set_language(lang.tag());
            page::set_theme(match theme {
                Theme::System => None,
                Theme::Light => Some("light"),
                Theme::Dark => Some("dark"),
            });
        }
    });
    use_effect_with(*known, {
        let ready = props.ready.clone();
        move |known| {
            if *known {
                dom::time::after_paint(move || ready.emit(()));
            }
        }
    });
    use_effect_with(props.clone(), |props| {
        let listeners = listen(&props.store, &props.leave);
        move || drop(listeners)
    });
    html! {
        <ContextProvider<Words> context={(*words).clone()}>
            <Staged />
        </ContextProvider<Words>>
    }
}

/// The dashboard, or what stands before it.
#[component]
fn Staged() -> Html {
    let stage = use_select(|s| (s.no_backend.clone(), s.view.stage.clone()));
    match &*stage {
        (Some(detail), _) => html! { <stages::NoBackend detail={detail.clone()} /> },
        (None, Stage::Starting) => html! { <stages::Starting /> },
        (None, Stage::NeedsPassphrase { choose, wrong }) => {
            html! { <stages::Passphrase choose={*choose} wrong={*wrong} /> }
        }
        (None, Stage::Stuck { problem }) => html! { <stages::Stuck problem={problem.clone()} /> },
        (None, Stage::Ready) => html! { <Dashboard /> },
    }
}

#[derive(Debug)]
struct Listeners {
    _keys: Listener<KeyboardEvent>,
    _others: Vec<Listener<Event>>,
}

fn listen(store: &Store, leave: &Callback<()>) -> Option<Listeners> {
    let window = web_sys::window()?;
    let document = window.document()?;
    let focused = |store: &Store| {
        let store = store.clone();
        move |_: Event| store.dispatch(Action::Focused(page::has_focus()))
    };
    let leaving = |leave: &Callback<()>| {
        let leave = leave.clone();
        move |_: Event| leave.emit(())
    };
    let on_key = {
        let store = store.clone();
        move |event: KeyboardEvent| {
            if let Some(action) = shortcut(&event) {
                event.prevent_default();
                store.dispatch(action);
            }
        }
    };
    Some(Listeners {
        _keys: Listener::on(&document, "keydown", on_key),
        _others: vec![
            Listener::on(&window, "focus", focused(store)),
            Listener::on(&window, "blur", focused(store)),
            Listener::on(&document, "visibilitychange", leaving(leave)),
            Listener::on(&window, "pagehide", leaving(leave)),
        ],
    })
}

/// What a key means wherever the focus is. The physical key is asked for, so that it is the same
/// with a Korean keyboard.
fn shortcut(event: &KeyboardEvent) -> Option<Action> {
    if event.default_prevented() || dom::focus::is_composing(event) {
        return None;
    }
    let (code, key) = (event.code(), event.key());
    let command = event.ctrl_key() || event.meta_key();
    if key == "Escape" && !command && !event.alt_key() {
        // An open dialog hears Esc itself.
        let dialog = page::document()?.query_selector("dialog[open]").ok()?;
        return dialog.is_none().then_some(Action::Place(PlaceAction::Back));
    }
    if code == "KeyS"
        && ((event.alt_key() && !command) || (command && event.shift_key() && !event.alt_key()))
    {
        return Some(Action::ServeNext);
    }
    if command && !event.shift_key() && !event.alt_key() {
        let number = code.strip_prefix("Digit")?.parse().ok().filter(|n| *n >= 1)?;
        return Some(Action::Place(PlaceAction::ShowTab(number)));
    }
    None
}
