//! Settings > Personal: obeyed at once, no button to save.

use crate::{
    dom::focus,
    state::{Action, Store, use_select, use_store},
    words::use_words,
};
use bellhop_model::{
    PersonalSettings,
    settings::{Language, Theme},
};
use web_sys::{KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// See the module.
#[component]
pub fn SettingsPage() -> Html {
    let (store, words) = (use_store(), use_words());
    let settings = use_select(|s| s.view.settings.clone());
    let who = use_select(|s| (s.view.me.clone(), s.view.workspace.clone()));
    let (me, workspace) = &*who;
    html! {
        <div class="page">
            <div class="page__main page__main--narrow">
                <h1 class="page__title">{ words.say("settings-title") }</h1>
                <h2 class="page__sub">{ words.say("settings-personal") }</h2>
                <section class="settings">
                    <h3 class="settings__title">{ words.say("settings-requests") }</h3>
                    <Switch name={words.say("settings-notify")} hint={words.say("settings-notify-hint")}
                        test="setting-notify" on={settings.notify_requests}
                        toggled={change(&store, |s| s.notify_requests = !s.notify_requests)} />
                    <Switch name={words.say("settings-sound")} hint={words.say("settings-sound-hint")}
                        test="setting-sound" on={settings.sound_requests}
                        toggled={change(&store, |s| s.sound_requests = !s.sound_requests)} />
                </section>
                <section class="settings">
                    <h3 class="settings__title">{ words.say("settings-window") }</h3>
                    <Choice name={words.say("settings-language")} test="setting-language" options={vec![
                        Opt { label: words.say("settings-system"), on: settings.language == Language::System,
                            chosen: change(&store, |s| s.language = Language::System) },
                        Opt { label: words.say("settings-language-korean"), on: settings.language == Language::Korean,
                            chosen: change(&store, |s| s.language = Language::Korean) },
                        Opt { label: words.say("settings-language-english"), on: settings.language == Language::English,
                            chosen: change(&store, |s| s.language = Language::English) },
                    ]} />
                    <Choice name={words.say("settings-theme")} test="setting-theme" options={vec![
                        Opt { label: words.say("settings-system"), on: settings.theme == Theme::System,
                            chosen: change(&store, |s| s.theme = Theme::System) },
                        Opt { label: words.say("settings-theme-light"), on: settings.theme == Theme::Light,
                            chosen: change(&store, |s| s.theme = Theme::Light) },
                        Opt { label: words.say("settings-theme-dark"), on: settings.theme == Theme::Dark,
                            chosen: change(&store, |s| s.theme = Theme::Dark) },
                    ]} />
                </section>
                <p class="settings__note">{ words.say("settings-saved-note") }</p>
                <p class="settings__note">
                    if let Some(me) = me {
                        { words.with("settings-who", &[("name", (&me.display_name).into())]) }{ " · " }
                    }
                    if let Some(workspace) = workspace {
                        { words.with("settings-workspace", &[("name", (&workspace.name).into())]) }{ ". " }
                        { if workspace.embedded { words.say("settings-embedded") } else { words.say("settings-remote") } }
                    }
                </p>
            </div>
        </div>
    }
}

fn change(store: &Store, edit: fn(&mut PersonalSettings)) -> Callback<MouseEvent> {
    let store = store.clone();
    Callback::from(move |_| {
        let mut settings = store.read(|s| s.view.settings.clone());
        edit(&mut settings);
        store.dispatch(Action::Save(settings));
    })
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct SwitchProps {
    name: String,
    hint: String,
    test: &'static str,
    on: bool,
    toggled: Callback<MouseEvent>,
}

#[component]
fn Switch(props: &SwitchProps) -> Html {
    html! {
        <button type="button" class="setting" role="switch" aria-checked={props.on.to_string()}
            data-test={props.test} onclick={props.toggled.clone()}>
            <span class="setting__words">
                <span class="setting__name">{ &props.name }</span>
                <span class="setting__hint">{ &props.hint }</span>
            </span>
            <span class="switch" aria-hidden="true"><span class="switch__knob" /></span>
        </button>
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Opt {
    label: String,
    on: bool,
    chosen: Callback<MouseEvent>,
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ChoiceProps {
    name: String,
    test: &'static str,
    options: Vec<Opt>,
}

#[component]
fn Choice(props: &ChoiceProps) -> Html {
    let onkeydown = Callback::from(|event: KeyboardEvent| focus::rove(&event));
    html! {
        <div class="setting setting--choice">
            <span class="setting__name">{ &props.name }</span>
            <div class="choice" data-list="" role="radiogroup" aria-label={props.name.clone()} data-test={props.test} {onkeydown}>
                { for props.options.iter().map(|option| html! {
                    <button type="button" role="radio" class="choice__option" data-rove=""
                        aria-checked={option.on.to_string()} onclick={option.chosen.clone()}
                        tabindex={if option.on { "0" } else { "-1" }}>
                        { &option.label }
                    </button>
                }) }
            </div>
        </div>
    }
}
