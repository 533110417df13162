//! What the agent should know, as a calm stack that is dismissed one by one.

use super::common::{Icon, shape};
use crate::{
    state::{Action, Deed, Failure, use_select, use_store},
    words::{Words, use_words},
};
use bellhop_model::view::{Notice, NoticeBody, Wished};
use web_sys::MouseEvent;
use yew::prelude::*;

/// See the module.
#[component]
pub fn Notices() -> Html {
    let words = use_words();
    let notices = use_select(|s| {
        let untold = s.view.notices.iter().filter(|n| !s.reply.told.contains(&n.id));
        untold.cloned().collect::<Vec<_>>()
    });
    let failures = use_select(|s| s.failures.clone());
    if notices.is_empty() && failures.is_empty() {
        return html! {};
    }
    html! {
        <section class="notices" role="status" aria-label={words.say("notices-label")}>
            { for notices.iter().map(|notice| html! {
                <Card key={format!("n{}", notice.id)} text={said(&words, notice)} detail={detail(notice)}
                    dismiss={Action::DismissNotice(notice.id)} />
            }) }
            { for failures.iter().map(|failure| html! {
                <Card key={format!("f{}", failure.id)} text={failed(&words, failure)} detail={None::<String>}
                    dismiss={Action::DismissFailure(failure.id)} />
            }) }
        </section>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct CardProps {
    text: String,
    detail: Option<String>,
    dismiss: Action,
}

#[component]
fn Card(props: &CardProps) -> Html {
    let (store, words) = (use_store(), use_words());
    let dismiss = store.on({
        let action = props.dismiss.clone();
        move |_: MouseEvent| action.clone()
    });
    html! {
        <div class="notice" data-test="notice">
            { shape(Icon::Info, 16) }
            <div class="notice__words">
                <p>{ &props.text }</p>
                if let Some(detail) = &props.detail {
                    <p class="notice__detail">{ detail }</p>
                }
            </div>
            <button type="button" class="icon-button" data-test="notice-dismiss" onclick={dismiss}
                aria-label={words.say("dismiss")} title={words.say("dismiss")}>
                { shape(Icon::Close, 16) }
            </button>
        </div>
    }
}

fn said(words: &Words, notice: &Notice) -> String {
    match &notice.body {
        NoticeBody::Refused { wished, refusal } => {
            let reason = words.refusal(refusal);
            refused(words, *wished, &reason)
        }
        NoticeBody::Resynced { .. } => words.say("notice-resynced"),
        NoticeBody::NoNotifications { .. } => words.say("notice-no-notifications"),
        NoticeBody::NoSound { .. } => words.say("notice-no-sound"),
        NoticeBody::NoTray => words.say("notice-no-tray"),
        NoticeBody::CacheSetAside { .. } => words.say("notice-cache-set-aside"),
        NoticeBody::CacheUnwritable { .. } => words.say("notice-cache-unwritable"),
        NoticeBody::SecondStart => words.say("notice-second-start"),
        NoticeBody::NewerService => words.say("notice-newer-service"),
    }
}

fn detail(notice: &Notice) -> Option<String> {
    match &notice.body {
        NoticeBody::CacheSetAside { path, .. } => Some(path.clone()),
        NoticeBody::CacheUnwritable { detail }
        | NoticeBody::NoNotifications { detail }
        | NoticeBody::NoSound { detail } => Some(detail.clone()),
        _ => None,
    }
}

fn refused(words: &Words, wished: Wished, reason: &str) -> String {
    let id = match wished {
        Wished::Serve(_) => "notice-refused-serve",
        Wished::Say => "notice-refused-say",
        Wished::Tags => "notice-refused-tags",
        Wished::End => "notice-refused-end",
        Wished::Continue => "notice-refused-continue",
        Wished::Availability => "notice-refused-availability",
        Wished::Transfer => "notice-refused-transfer",
        Wished::Invite => "notice-refused-invite",
        Wished::Leave => "notice-refused-leave",
        Wished::Other => "notice-refused-other",
    };
    words.with(id, &[("reason", reason.into())])
}

fn failed(words: &Words, failure: &Failure) -> String {
    let reason = words.reason(&failure.problem);
    let why = || [("reason", (&reason).into())];
    match failure.deed {
        Deed::Serve(_) => words.with("notice-refused-serve", &why()),
        Deed::Say { .. } => words.with("notice-refused-say", &why()),
        Deed::SetTags => words.with("notice-refused-tags", &why()),
        Deed::EndChat => words.with("notice-refused-end", &why()),
        Deed::Continue => words.with("notice-refused-continue", &why()),
        Deed::Availability => words.with("notice-refused-availability", &why()),
        Deed::Transfer => words.with("notice-refused-transfer", &why()),
        Deed::Invite => words.with("notice-refused-invite", &why()),
        Deed::Leave => words.with("notice-refused-leave", &why()),
        Deed::Settings => words.with("notice-failed-settings", &why()),
        Deed::Message => words.with("notice-failed-message", &why()),
        Deed::Link => words.with("notice-failed-link", &why()),
        Deed::Connect | Deed::Quiet => words.with("notice-refused-other", &why()),
    }
}
