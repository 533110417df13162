//! Components rendered natively; what they print is compared with the snapshots beside this file.

use super::{chat::ChatPane, dashboard::Dashboard, stages};
use crate::{
    state::{
        Action, Page, State, Store,
        drafts::DraftAction,
        end::EndAction,
        history::HistoryAction,
        place::PlaceAction,
        samples::{self, MINA, NOW, patch, request, said, served, state},
    },
    words::{Lang, Words},
};
use bellhop_model::{
    AgentId, Author, ChatId, ChatState, EndedBy, Refusal, Seq, TranscriptLine,
    chat::LineBody,
    history::HistoryPage,
    view::{
        Connection, ConnectionView, LinkProblem, Patch, PendingMessage, SendState, StuckProblem,
    },
};
use yew::{LocalServerRenderer, prelude::*};

#[derive(PartialEq, Properties)]
struct StageProps {
    store: Store,
    lang: Lang,
    child: Html,
}

#[component]
fn Around(props: &StageProps) -> Html {
    html! {
        <ContextProvider<Store> context={props.store.clone()}>
            <ContextProvider<Words> context={Words::of(props.lang)}>
                { props.child.clone() }
            </ContextProvider<Words>>
        </ContextProvider<Store>>
    }
}

async fn render(state: State, lang: Lang, child: Html) -> String {
    let store = Store::new(state);
    let html = LocalServerRenderer::<Around>::with_props(StageProps { store, lang, child })
        .hydratable(false)
        .render()
        .await;
    // One element a line, so that a difference can be read.
    html.replace("><", ">\n<")
}

fn window() -> Html {
    html! { <Dashboard /> }
}

fn chat(id: u64) -> Html {
    html! { <ChatPane chat_id={ChatId(id)} /> }
}

#[tokio::test(flavor = "current_thread")]
async fn r_010_r_011_the_request_button_stands_at_the_bottom_left() {
    let state = state(vec![request(1, None, 7_000), request(2, Some("Jun"), 42_000)]);
    let html = render(state, Lang::Korean, html! { <super::queue::ServeButton /> }).await;
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn r_012_with_nobody_waiting_nothing_is_offered() {
    let html = render(state(vec![]), Lang::English, window()).await;
    assert!(!html.contains("data-test=\"serve\""));
    assert!(html.contains("No requests"));
}

#[tokio::test(flavor = "current_thread")]
async fn r_015_r_017_the_chat_shows_comment_automatic_message_and_joined_line_in_order() {
    let html = render(state(vec![served(1, Some("Jun"))]), Lang::English, chat(1)).await;
    insta::assert_snapshot!(html);
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is not shown"));
    assert!(at("Is it in stock?") < at("One moment please."));
    assert!(at("One moment please.") < at("You joined the chat"));
    assert!(html.contains("data-line=\"said\" data-from=\"visitor\""));
    assert!(html.contains("data-line=\"said\" data-from=\"trigger\""));
    assert!(html.contains("data-line=\"joined\""));
}

#[tokio::test(flavor = "current_thread")]
async fn r_113_the_note_of_who_handed_the_chat_over_is_seen_first_until_it_is_answered() {
    let mut handed = served(1, Some("Jun"));
    let body = LineBody::Invited {
        agent_id: AgentId(2),
        name: "Sora".to_owned(),
        invited_id: MINA,
        invited: "Mina".to_owned(),
        note: Some("Asks for <b>discount</b>".to_owned()),
    };
    handed.lines.push(TranscriptLine { seq: Seq(160), at: NOW, body });
    let html = render(state(vec![handed.clone()]), Lang::English, chat(1)).await;
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is not shown"));
    assert!(at("Note from Sora") < at("Is it in stock?"));
    assert!(at("Asks for &lt;b&gt;discount") < at("Is it in stock?"));
    handed.lines.push(said(170, Author::Agent { agent_id: MINA }, "Of course", 1_000));
    let html = render(state(vec![handed]), Lang::English, chat(1)).await;
    assert!(!html.contains("note-on-top"));
}

#[tokio::test(flavor = "current_thread")]
async fn law_9_visitor_text_is_never_html() {
    let mut hostile = served(1, Some("<script>alert(1)</script>"));
    hostile.head.visitor.page.title = "<img src=x onerror=alert(1)>".to_owned();
    hostile.head.visitor.page.url = "javascript:alert(1)".to_owned();
    hostile.head.visitor.referrer = "javascript:alert(2)".to_owned();
    let words = "<b>x</b> javascript:alert(3) https://shop.example/?a=\"><script>";
    hostile.lines.push(said(150, Author::Visitor, words, 1_000));
    let mut state = state(vec![hostile]);
    state.reduce(Action::Place(PlaceAction::Show(ChatId(1))));
    let html = render(state, Lang::English, window()).await;
    for tag in ["<script", "<img", "<b>x", "href=\"javascript", "<a "] {
        assert!(!html.contains(tag), "{tag} came through");
    }
    assert!(html.contains("&lt;b&gt;x&lt;/b&gt; javascript:alert(3) "));
}

#[tokio::test(flavor = "current_thread")]
async fn r_040_a_request_that_is_looked_at_says_that_nobody_sees_it() {
    let html = render(state(vec![request(1, Some("Jun"), 9_000)]), Lang::Korean, chat(1)).await;
    assert!(html.contains("data-test=\"peek\""));
    assert!(html.contains("보고 있다는 것을 알 수 없습니다"));
    assert!(html.contains("data-test=\"composer\""));
}

#[tokio::test(flavor = "current_thread")]
async fn r_072_r_073_the_end_dialog_asks_and_has_exactly_three_choices() {
    let mut state = state(vec![served(1, Some("Jun"))]);
    state.reduce(Action::End(EndAction::Asked(ChatId(1))));
    let html = render(state, Lang::Korean, html! { <super::end_dialog::EndDialog /> }).await;
    assert_eq!(html.matches("<button").count(), 3);
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn r_074_adding_tags_opens_a_field_in_the_same_dialog() {
    let mut state = state(vec![served(1, Some("Jun"))]);
    for action in [
        EndAction::Asked(ChatId(1)),
        EndAction::AddTags,
        EndAction::TagTyped("refund ".to_owned()),
        EndAction::TagTyped("<b>".to_owned()),
        EndAction::TagEntered,
    ] {
        state.reduce(Action::End(action));
    }
    let html = render(state, Lang::English, html! { <super::end_dialog::EndDialog /> }).await;
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn r_077_r_079_a_chat_the_visitor_ended_offers_to_continue() {
    let mut ended = served(1, Some("Jun"));
    ended.head.state = ChatState::Ended;
    ended.head.ended_by = Some(EndedBy::Visitor);
    let html = render(state(vec![ended]), Lang::Korean, chat(1)).await;
    assert!(html.contains("data-test=\"visitor-ended\""));
    assert!(html.contains("data-test=\"continue\""));
    assert!(html.contains("채팅 계속"));
}

#[tokio::test(flavor = "current_thread")]
async fn r_032_r_071_tabs_show_unread_typing_age_and_an_x() {
    let (mut one, mut two, mut three) =
        (served(1, Some("Jun")), served(2, None), served(3, Some("소아")));
    one.head.unread = 3;
    one.head.unanswered_since = Some(NOW.plus(-75_000));
    two.head.visitor_typing = true;
    two.head.unanswered_since = None;
    three.head.state = ChatState::Ended;
    let mut state = state(vec![one, two, three]);
    state.reduce(Action::Place(PlaceAction::Show(ChatId(2))));
    let html = render(state, Lang::English, html! { <super::tabs::Tabs /> }).await;
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn a_message_on_its_way_shows_how_far_it_has_come() {
    let mut chat_view = served(1, Some("Jun"));
    let pending = |n, text: &str, state| PendingMessage {
        id: samples::command_id(n),
        text: text.to_owned(),
        at: NOW,
        state,
    };
    chat_view.pending = vec![
        pending(1, "sent", SendState::Sending),
        pending(2, "waits", SendState::Queued),
        pending(3, "refused", SendState::Failed { refusal: Refusal::NotInChat }),
    ];
    let html = render(state(vec![chat_view]), Lang::English, chat(1)).await;
    assert!(html.contains("aria-label=\"Sending\""));
    assert!(html.contains("aria-label=\"Waits for the connection\""));
    assert!(html.contains("Not sent: you are not in this chat."));
    assert!(html.contains("data-test=\"send-again\"") && html.contains("data-test=\"discard\""));
}

#[tokio::test(flavor = "current_thread")]
async fn bad_input_what_the_service_said_wrongly_is_named_and_cannot_be_markup() {
    for (problem, said) in [
        (
            LinkProblem::BadFrame { detail: "a frame of 10 MiB <b>".to_owned() },
            "sent something that cannot be read (a frame of 10 MiB &lt;b&gt;)",
        ),
        (
            LinkProblem::Unreachable { detail: "the address ftp://a is none".to_owned() },
            "does not answer (the address ftp://a is none)",
        ),
    ] {
        let connection = ConnectionView {
            word: Connection::Offline,
            as_of: None,
            retry_at: None,
            problem: Some(problem),
            clock_skew_ms: 0,
        };
        let mut state = state(vec![]);
        patch(&mut state, vec![Patch::Connection { connection }]);
        let html = render(state, Lang::English, window()).await;
        assert!(html.contains(said), "{html}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn r_077_whose_chat_the_visitor_ended_is_told_that_their_next_message_begins_another() {
    let mut chat = served(1, Some("Jun"));
    chat.head.ended_by = Some(EndedBy::Visitor);
    let mut state = state(vec![chat]);
    state.reduce(Action::End(EndAction::Asked(ChatId(1))));
    let html = render(state, Lang::English, html! { <super::end_dialog::EndDialog /> }).await;
    assert!(html.contains("begins a new chat") && !html.contains("comes back to the queue"));
}

#[tokio::test(flavor = "current_thread")]
async fn the_connection_is_one_of_four_words_and_says_how_old_the_view_is() {
    for (word, said) in [
        (Connection::Offline, "오프라인"),
        (Connection::Connecting, "연결 중"),
        (Connection::CatchingUp, "따라잡는 중"),
        (Connection::Online, "온라인"),
    ] {
        let mut state = state(vec![]);
        let connection = ConnectionView {
            word,
            as_of: Some(NOW.plus(-180_000)),
            retry_at: Some(NOW.plus(12_000)),
            problem: Some(LinkProblem::Unreachable { detail: "refused".to_owned() }),
            clock_skew_ms: 0,
        };
        patch(&mut state, vec![Patch::Connection { connection }]);
        let html = render(state, Lang::Korean, window()).await;
        assert!(html.contains(&format!("<span>{said}</span>")), "{said}");
        assert_eq!(html.contains("data-test=\"stale\""), word != Connection::Online);
        assert_eq!(html.contains("14:02 기준"), word != Connection::Online);
        assert_eq!(html.contains("12초 후 다시 시도"), word == Connection::Offline);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_home_page_shows_the_demonstration_site() {
    let html = render(state(vec![]), Lang::English, html! { <super::home::HomePane /> }).await;
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn r_081_the_history_lists_ended_chats_with_their_tags() {
    let mut state = state(vec![]);
    state.reduce(Action::Place(PlaceAction::Go(Page::History)));
    let entry = bellhop_model::history::HistoryEntry {
        chat_id: ChatId(5),
        visitor: "<i>Jun</i>".to_owned(),
        state: ChatState::Missed,
        requested_at: NOW.plus(-60_000),
        ended_at: NOW,
        ended_by: Some(EndedBy::Timeout),
        agents: vec![],
        tags: vec!["refund".to_owned()],
        first_words: "Is it in stock?".to_owned(),
        messages: 1,
    };
    let result = Ok(HistoryPage { entries: vec![entry], next: None });
    state.reduce(Action::History(HistoryAction::Page { before: None, result }));
    let html = render(state, Lang::English, html! { <super::history::HistoryPage /> }).await;
    assert!(html.contains("data-test=\"history-row\"") && html.contains("refund"));
    assert!(html.contains("&lt;i&gt;Jun&lt;/i&gt;") && html.contains("Missed"));
}

#[tokio::test(flavor = "current_thread")]
async fn settings_personal_has_one_switch_each_for_notification_and_sound() {
    let html =
        render(state(vec![]), Lang::Korean, html! { <super::settings::SettingsPage /> }).await;
    assert_eq!(html.matches("role=\"switch\"").count(), 2);
    assert!(html.contains("data-test=\"setting-notify\"") && html.contains("개인용"));
}

#[tokio::test(flavor = "current_thread")]
async fn what_keeps_the_program_from_going_on_is_said_with_what_to_do() {
    let problem =
        StuckProblem::CacheNewer { path: "/data/cache.db".to_owned(), found: 7, known: 3 };
    let html = render(State::default(), Lang::English, html! { <stages::Stuck {problem} /> }).await;
    insta::assert_snapshot!(html);
}

#[tokio::test(flavor = "current_thread")]
async fn a_passphrase_is_chosen_twice_and_given_once() {
    let choose = html! { <stages::Passphrase choose=true wrong=false /> };
    let html = render(State::default(), Lang::English, choose).await;
    assert_eq!(html.matches("type=\"password\"").count(), 2);
    let give = html! { <stages::Passphrase choose=false wrong=true /> };
    let html = render(State::default(), Lang::English, give).await;
    assert_eq!(html.matches("type=\"password\"").count(), 1);
    assert!(html.contains("does not open the files"));
}

#[tokio::test(flavor = "current_thread")]
async fn no_style_attribute_is_written() {
    // The window's policy refuses them; styles go through the object model.
    let mut state = state(vec![request(1, None, 9_000), served(2, Some("Jun"))]);
    state.reduce(Action::Place(PlaceAction::Show(ChatId(2))));
    let text = "half".to_owned();
    state.reduce(Action::Draft(DraftAction::Typed { chat_id: ChatId(2), text }));
    let html = render(state, Lang::English, window()).await;
    assert!(!html.contains(" style="));
}
