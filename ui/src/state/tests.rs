use super::{
    drafts::DraftAction,
    end::EndAction,
    history::{HistoryAction, Transcript},
    place::PlaceAction,
    samples::*,
    select::{Readiness, ServeButton, Standing},
    *,
};
use bellhop_model::{
    Author, ChatState, EndedBy, Refusal, Seq, Timestamp,
    history::{HistoryCursor, HistoryEntry, HistoryPage},
    limits,
    refusal::TagProblem,
    view::{AskProblem, ChatView, Connection, Notice, Wished},
};

fn show(state: &mut State, id: u64) -> Vec<Effect> {
    state.reduce(Action::Place(PlaceAction::Show(ChatId(id))))
}

fn typed(state: &mut State, id: u64, text: &str) -> Vec<Effect> {
    let text = text.to_owned();
    state.reduce(Action::Draft(DraftAction::Typed { chat_id: ChatId(id), text }))
}

fn send(state: &mut State, id: u64) -> Vec<Effect> {
    state.reduce(Action::Draft(DraftAction::Send { chat_id: ChatId(id) }))
}

fn commands(effects: &[Effect]) -> Vec<&Command> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Command(command) => Some(command),
            _ => None,
        })
        .collect()
}

fn say(id: u64, text: &str) -> Command {
    Command::Say { chat_id: ChatId(id), text: text.to_owned() }
}

fn becomes_mine(chat: &ChatView) -> Patch {
    let mut head = chat.head.clone();
    head.mine = true;
    head.state = ChatState::Served;
    head.agents = vec![MINA];
    Patch::ChatHead { head: Box::new(head) }
}

#[test]
fn r_012_the_button_counts_the_requests_and_names_the_longest_wait() {
    let mut state =
        state(vec![request(1, None, 7_000), request(2, Some("Jun"), 42_000), served(3, None)]);
    assert_eq!(
        select::serve_button(&state),
        ServeButton::Offer { count: 2, longest_since: NOW.plus(-42_000), ready: Readiness::Ready }
    );
    patch(
        &mut state,
        vec![Patch::ChatGone { chat_id: ChatId(1) }, Patch::ChatGone { chat_id: ChatId(2) }],
    );
    assert_eq!(select::serve_button(&state), ServeButton::Quiet { stale: false });
}

#[test]
fn r_014_serving_opens_exactly_the_served_chat() {
    let mut state = state(vec![request(1, None, 7_000), request(2, None, 42_000)]);
    let effects = state.reduce(Action::ServeNext);
    assert_eq!(commands(&effects), [&Command::ServeNext]);
    assert!(state.serving);
    // A second press while the first is under way serves nobody else.
    assert_eq!(state.reduce(Action::ServeNext), []);
    let chat = request(2, None, 42_000);
    let effects = patch(&mut state, vec![becomes_mine(&chat), Patch::Focus { chat_id: ChatId(2) }]);
    assert_eq!(state.place.shown, Some(ChatId(2)));
    assert!(!state.serving);
    assert!(effects.contains(&Effect::Ask(Ask::Attend { chat_id: Some(ChatId(2)) })));
}

#[test]
fn r_018_serving_is_offered_only_with_a_connection() {
    let mut state = state(vec![request(1, None, 7_000)]);
    let mut connection = state.view.connection.clone();
    connection.word = Connection::CatchingUp;
    patch(&mut state, vec![Patch::Connection { connection }]);
    assert_eq!(state.reduce(Action::ServeNext), []);
    assert!(matches!(
        select::serve_button(&state),
        ServeButton::Offer { ready: Readiness::Offline, .. }
    ));
}

#[test]
fn law_7_a_gap_in_the_revisions_asks_for_a_snapshot_once() {
    let mut state = state(vec![]);
    let gap = |rev| Action::Update(Box::new(Update::Patches { rev, patches: vec![] }));
    assert_eq!(state.reduce(gap(5)), [Effect::Watch]);
    assert_eq!(state.reduce(gap(6)), []);
    let snapshot = Update::Snapshot { rev: 9, view: Box::new(view(vec![request(1, None, 1)])) };
    state.reduce(Action::Update(Box::new(snapshot)));
    assert_eq!((state.rev, state.view.chats.len()), (Some(9), 1));
    assert!(state.known);
}

#[test]
fn law_8_a_text_stays_with_its_chat_whatever_is_shown() {
    let mut state = state(vec![served(1, None), served(2, None)]);
    show(&mut state, 1);
    typed(&mut state, 1, "for one");
    let effects = show(&mut state, 2);
    assert!(effects.contains(&Effect::FlushDraft(ChatId(1))));
    typed(&mut state, 2, "for two");
    // A notification pulls the window to another chat in the middle of a word.
    patch(&mut state, vec![Patch::Focus { chat_id: ChatId(1) }]);
    assert_eq!(state.drafts.text(ChatId(1)), "for one");
    assert_eq!(state.drafts.text(ChatId(2)), "for two");
    // And a late keystroke of the box that was left still goes where it was typed.
    typed(&mut state, 2, "for two, too");
    assert_eq!(state.drafts.text(ChatId(2)), "for two, too");
    assert_eq!(state.drafts.text(ChatId(1)), "for one");
}

#[test]
fn law_8_what_the_program_remembers_never_replaces_what_is_being_written() {
    let mut remembered = served(1, None);
    remembered.draft = "from yesterday".to_owned();
    let mut state = state(vec![remembered.clone()]);
    assert_eq!(state.drafts.text(ChatId(1)), "from yesterday");
    typed(&mut state, 1, "");
    patch(&mut state, vec![Patch::ChatPut { chat: Box::new(remembered) }]);
    assert_eq!(state.drafts.text(ChatId(1)), "");
}

#[test]
fn r_023_r_024_the_typing_sign_follows_the_text() {
    let mut state = state(vec![served(1, None), served(2, None)]);
    show(&mut state, 1);
    let on = Effect::Ask(Ask::Typing { chat_id: ChatId(1), on: true });
    let off = Effect::Ask(Ask::Typing { chat_id: ChatId(1), on: false });
    assert!(typed(&mut state, 1, "h").contains(&on));
    assert!(typed(&mut state, 1, "hi").contains(&on));
    assert!(typed(&mut state, 1, "").contains(&off));
    assert!(!typed(&mut state, 1, " ").contains(&on));
    typed(&mut state, 1, "hi");
    assert!(show(&mut state, 2).contains(&off));
}

#[test]
fn r_029_enter_says_the_text_and_clears_that_box_alone() {
    let mut state = state(vec![served(1, None), served(2, None)]);
    typed(&mut state, 1, "first");
    typed(&mut state, 2, "second");
    let before = state.drafts.epoch(ChatId(1));
    let effects = send(&mut state, 1);
    assert_eq!(commands(&effects), [&say(1, "first")]);
    assert_eq!(state.drafts.text(ChatId(1)), "");
    assert!(state.drafts.epoch(ChatId(1)) > before);
    assert_eq!(state.drafts.text(ChatId(2)), "second");
    // Enter on an empty box says nothing.
    assert_eq!(commands(&send(&mut state, 1)), Vec::<&Command>::new());
}

#[test]
fn a_message_over_the_limit_is_refused_and_kept() {
    let mut state = state(vec![served(1, None)]);
    let long = "가".repeat(limits::MESSAGE_CHARS + 1);
    typed(&mut state, 1, &long);
    assert_eq!(send(&mut state, 1), []);
    assert_eq!(state.drafts.text(ChatId(1)), long);
    let refusal = Refusal::TextTooLong { chars: 4_001, limit: 4_000 };
    assert_eq!(
        state.reply.problems.get(&ChatId(1)),
        Some(&CallProblem::Said(AskProblem::Refused { refusal }))
    );
    typed(&mut state, 1, "shorter");
    assert_eq!(state.reply.problems.get(&ChatId(1)), None);
}

#[test]
fn a_message_that_could_not_be_stored_returns_to_its_box() {
    let mut state = state(vec![served(1, None)]);
    typed(&mut state, 1, "first");
    send(&mut state, 1);
    typed(&mut state, 1, "second");
    let problem = CallProblem::Said(AskProblem::NotStored { detail: "disk full".to_owned() });
    let deed = Deed::Say { chat_id: ChatId(1), text: "first".to_owned() };
    state.reduce(Action::Done { deed, result: Err(problem.clone()) });
    assert_eq!(state.drafts.text(ChatId(1)), "first\nsecond");
    assert_eq!(state.reply.problems.get(&ChatId(1)), Some(&problem));
}

#[test]
fn r_041_looking_and_writing_in_a_request_sends_nothing() {
    let mut state = state(vec![request(1, None, 7_000)]);
    show(&mut state, 1);
    let effects = typed(&mut state, 1, "I could say");
    assert_eq!(select::standing(&state, ChatId(1)), Some(Standing::Peek));
    assert_eq!(effects, [Effect::Draft { chat_id: ChatId(1), text: "I could say".to_owned() }]);
    assert!(matches!(select::serve_button(&state), ServeButton::Offer { count: 1, .. }));
}

#[test]
fn r_044_the_reply_to_a_request_serves_it_and_then_goes_out() {
    let chat = request(1, None, 7_000);
    let mut state = state(vec![chat.clone()]);
    show(&mut state, 1);
    typed(&mut state, 1, "Yes, it is");
    assert_eq!(commands(&send(&mut state, 1)), [&Command::Serve { chat_id: ChatId(1) }]);
    assert_eq!(state.drafts.text(ChatId(1)), "Yes, it is");
    // A second Enter meanwhile does nothing, more words stay.
    assert_eq!(commands(&send(&mut state, 1)), Vec::<&Command>::new());
    typed(&mut state, 1, "Yes, it is, and");
    let effects = patch(&mut state, vec![becomes_mine(&chat)]);
    assert_eq!(commands(&effects), [&say(1, "Yes, it is")]);
    assert_eq!(state.drafts.text(ChatId(1)), ", and");
}

#[test]
fn r_045_a_request_somebody_else_served_first_keeps_the_text_and_says_who() {
    let mut state = state(vec![request(1, None, 7_000)]);
    show(&mut state, 1);
    typed(&mut state, 1, "Yes, it is");
    send(&mut state, 1);
    let refusal = Refusal::AlreadyServed { by: "Sora".to_owned() };
    let body = NoticeBody::Refused { wished: Wished::Serve(Some(ChatId(1))), refusal };
    let notice = Notice { id: 1, at: NOW, body };
    let gone = Patch::ChatGone { chat_id: ChatId(1) };
    let effects = patch(&mut state, vec![gone, Patch::NoticeRaised { notice }]);
    assert_eq!(commands(&effects), Vec::<&Command>::new());
    // The reason stands beside the text; the notice would say it twice.
    assert!(effects.contains(&Effect::Ask(Ask::DismissNotice { id: 1 })));
    assert_eq!(state.place.shown, Some(ChatId(1)));
    assert_eq!(state.drafts.text(ChatId(1)), "Yes, it is");
    let by = Some("Sora".to_owned());
    assert_eq!(select::standing(&state, ChatId(1)), Some(Standing::Taken { by }));
    assert!(select::chat(&state, ChatId(1)).is_some(), "the transcript stays");
    state.reduce(Action::Place(PlaceAction::Back));
    assert!(state.reply.taken.is_none() && state.place.shown.is_none());
}

#[test]
fn r_045_the_same_when_the_refusal_comes_first() {
    let mut state = state(vec![request(1, None, 7_000)]);
    show(&mut state, 1);
    typed(&mut state, 1, "Yes");
    send(&mut state, 1);
    let refusal = Refusal::AlreadyServed { by: "Sora".to_owned() };
    state.reduce(Action::Done {
        deed: Deed::Serve(Some(ChatId(1))),
        result: Err(CallProblem::Said(AskProblem::Refused { refusal })),
    });
    patch(&mut state, vec![Patch::ChatGone { chat_id: ChatId(1) }]);
    let by = Some("Sora".to_owned());
    assert_eq!(select::standing(&state, ChatId(1)), Some(Standing::Taken { by }));
    assert_eq!(state.failures, []);
}

#[test]
fn r_072_r_076_the_x_ends_nothing_and_cancel_changes_nothing() {
    let mut state = state(vec![served(1, None)]);
    show(&mut state, 1);
    typed(&mut state, 1, "half a sentence");
    assert_eq!(
        commands(&state.reduce(Action::End(EndAction::Asked(ChatId(1))))),
        [&Command::Unknown; 0]
    );
    assert!(state.end.is_some());
    for action in [EndAction::AddTags, EndAction::TagTyped("vip ".to_owned()), EndAction::Cancelled]
    {
        assert_eq!(state.reduce(Action::End(action)), []);
    }
    assert!(state.end.is_none());
    assert_eq!(state.drafts.text(ChatId(1)), "half a sentence");
}

#[test]
fn r_074_r_075_tags_are_set_before_the_chat_ends() {
    let mut state = state(vec![served(1, None)]);
    for action in [
        EndAction::Asked(ChatId(1)),
        EndAction::AddTags,
        EndAction::TagTyped("refund".to_owned()),
        EndAction::TagEntered,
        EndAction::TagTyped("환불".to_owned()),
    ] {
        state.reduce(Action::End(action));
    }
    // The last one was typed and not entered; it counts.
    let effects = state.reduce(Action::End(EndAction::Confirmed));
    let tags = ["refund", "환불"].map(String::from).to_vec();
    assert_eq!(
        commands(&effects),
        [&Command::SetTags { chat_id: ChatId(1), tags }, &Command::EndChat { chat_id: ChatId(1) }]
    );
    assert!(state.end.is_none());
}

#[rstest::rstest]
// They are not attached a second time, though the service has not said them yet.
#[case(EndAction::Confirmed, vec![Command::EndChat { chat_id: ChatId(1) }])]
#[case(EndAction::Cancelled, vec![])]
fn r_074_tags_are_attached_and_then_the_chat_can_be_ended(
    #[case] then: EndAction,
    #[case] asks: Vec<Command>,
) {
    let mut state = state(vec![served(1, None)]);
    for action in
        [EndAction::Asked(ChatId(1)), EndAction::AddTags, EndAction::TagTyped("refund".to_owned())]
    {
        state.reduce(Action::End(action));
    }
    let effects = state.reduce(Action::End(EndAction::TagsAttached));
    let tags = vec!["refund".to_owned()];
    assert_eq!(commands(&effects), [&Command::SetTags { chat_id: ChatId(1), tags: tags.clone() }]);
    let dialog = state.end.clone().unwrap();
    assert_eq!((dialog.tagging, dialog.tags), (false, tags), "the three choices again");
    let effects = state.reduce(Action::End(then));
    assert_eq!(commands(&effects), asks.iter().collect::<Vec<_>>());
    assert!(state.end.is_none());
}

#[test]
fn r_074_a_tag_that_is_not_allowed_keeps_the_dialog_open() {
    let mut state = state(vec![served(1, None)]);
    for action in [
        EndAction::Asked(ChatId(1)),
        EndAction::AddTags,
        EndAction::TagTyped("<b>".to_owned()),
        EndAction::Confirmed,
    ] {
        assert_eq!(commands(&state.reduce(Action::End(action))), Vec::<&Command>::new());
    }
    let reason = TagProblem::SpecialCharacter;
    let refusal = Refusal::TagInvalid { tag: "<b>".to_owned(), reason };
    assert_eq!(state.end.unwrap().problem, Some(refusal));
}

#[test]
fn r_077_r_080_a_chat_the_visitor_ended_stays_until_the_agent_chooses() {
    let mut chat = served(1, None);
    chat.head.state = ChatState::Ended;
    chat.head.ended_by = Some(EndedBy::Visitor);
    let mut state = state(vec![served(1, None)]);
    show(&mut state, 1);
    patch(&mut state, vec![Patch::ChatHead { head: Box::new(chat.head) }]);
    assert_eq!(
        select::standing(&state, ChatId(1)),
        Some(Standing::VisitorEnded { timeout: false })
    );
    assert_eq!(select::tab_order(&state), [ChatId(1)]);
    let effects = state.reduce(Action::Continue(ChatId(1)));
    assert_eq!(commands(&effects), [&Command::ContinueChat { chat_id: ChatId(1) }]);
}

#[test]
fn r_032_tabs_stand_in_the_order_the_agent_joined() {
    let (mut early, mut late) = (served(7, None), served(2, None));
    early.lines[2].seq = Seq(10);
    late.lines[2].seq = Seq(900);
    let mut state = state(vec![late, early]);
    // The view keeps its chats in the order of their ids.
    state.view.chats.sort_by_key(|c| c.head.id);
    assert_eq!(select::tab_order(&state), [ChatId(7), ChatId(2)]);
    state.reduce(Action::Place(PlaceAction::ShowTab(2)));
    assert_eq!(state.place.shown, Some(ChatId(2)));
}

#[test]
fn esc_steps_back_once_to_where_the_agent_came_from() {
    let mut state = state(vec![request(1, None, 7_000)]);
    state.reduce(Action::Place(PlaceAction::Go(Page::Visitors)));
    show(&mut state, 1);
    assert_eq!((state.place.page, state.place.shown), (Page::Home, Some(ChatId(1))));
    state.reduce(Action::Place(PlaceAction::Back));
    assert_eq!(state.place.page, Page::Visitors);
    state.reduce(Action::Place(PlaceAction::Back));
    assert_eq!(state.place.page, Page::Home);
}

#[test]
fn the_window_opens_on_a_chat_that_the_agent_is_in() {
    let mut state = state(vec![request(1, Some("Jun"), 1_000), served(2, None)]);
    assert_eq!((state.place.page, state.place.shown), (Page::Home, Some(ChatId(2))));
    // Only at the start: what she turned to since stays.
    show(&mut state, 1);
    let again = Update::Snapshot { rev: 9, view: Box::new(state.view.clone()) };
    state.reduce(Action::Update(Box::new(again)));
    assert_eq!(state.place.shown, Some(ChatId(1)));
}

#[test]
fn a_window_with_no_chat_of_the_agent_opens_on_the_queue() {
    let state = state(vec![request(1, Some("Jun"), 1_000)]);
    assert_eq!(state.place.shown, None);
}

#[test]
fn only_a_chat_in_a_focused_window_is_attended() {
    let mut state = state(vec![served(1, None), served(2, None)]);
    let attend = |chat_id| Effect::Ask(Ask::Attend { chat_id });
    assert!(show(&mut state, 2).contains(&attend(Some(ChatId(2)))));
    assert!(show(&mut state, 1).contains(&attend(Some(ChatId(1)))));
    assert_eq!(state.reduce(Action::Focused(false)), [attend(None)]);
    assert_eq!(state.reduce(Action::Focused(true)), [attend(Some(ChatId(1)))]);
    let effects = state.reduce(Action::Place(PlaceAction::Go(Page::Settings)));
    assert!(effects.contains(&attend(None)));
}

#[test]
fn rows_group_by_speaker_and_minute_and_divide_days() {
    use rows::{Book, Row};
    let day = 86_400_000;
    let lines = [
        said(1, Author::Visitor, "yesterday", day),
        said(2, Author::Visitor, "a", 5_000),
        said(3, Author::Visitor, "b", 4_000),
        joined(4, 3_000),
        said(5, Author::Visitor, "c", 2_000),
    ];
    let rows: Vec<Row> = Book::of(&lines).rows().to_vec();
    let line = |index, leads| Row::Line { index, leads };
    assert_eq!(
        rows,
        [
            Row::Day { at: lines[0].at },
            line(0, true),
            Row::Day { at: lines[1].at },
            line(1, true),
            line(2, false),
            line(3, true),
            line(4, true),
        ]
    );
}

fn entry(id: u64, ended: i64) -> HistoryEntry {
    HistoryEntry {
        chat_id: ChatId(id),
        visitor: format!("visitor {id}"),
        state: ChatState::Ended,
        requested_at: Timestamp(ended - 10),
        ended_at: Timestamp(ended),
        ended_by: None,
        agents: vec![],
        tags: vec![],
        first_words: String::new(),
        messages: 1,
    }
}

fn page(
    state: &mut State,
    before: Option<HistoryCursor>,
    ids: &[u64],
    next: Option<u64>,
) -> Vec<Effect> {
    let entries: Vec<_> = ids.iter().map(|id| entry(*id, *id as i64 * 10)).collect();
    let next = next.map(cursor);
    let result = Ok(HistoryPage { entries, next });
    state.reduce(Action::History(HistoryAction::Page { before, result }))
}

fn cursor(id: u64) -> HistoryCursor {
    HistoryCursor { ended_at: Timestamp(id as i64 * 10), chat_id: ChatId(id) }
}

fn listed(state: &State) -> Vec<u64> {
    state.history.entries.iter().map(|e| e.chat_id.0).collect()
}

#[test]
fn r_081_the_history_grows_by_pages_and_takes_in_what_ended_since() {
    let mut state = state(vec![]);
    let effects = state.reduce(Action::Place(PlaceAction::Go(Page::History)));
    assert!(effects.contains(&Effect::HistoryPage(None)));
    page(&mut state, None, &[9, 8, 7], Some(7));
    let effects = state.reduce(Action::History(HistoryAction::More));
    assert_eq!(effects, [Effect::HistoryPage(Some(cursor(7)))]);
    page(&mut state, Some(cursor(7)), &[6, 5], None);
    assert_eq!(listed(&state), [9, 8, 7, 6, 5]);
    let effects = patch(&mut state, vec![Patch::HistoryChanged]);
    assert_eq!(effects, [Effect::HistoryPage(None)]);
    // 10 is new, 8 came back to the queue and is no longer history.
    page(&mut state, None, &[10, 9, 7], Some(7));
    assert_eq!(listed(&state), [10, 9, 7, 6, 5]);
    assert_eq!(state.history.next, None, "the end had been reached already");
}

#[test]
fn domain_13_an_open_transcript_is_closed_when_its_chat_is_deleted_and_its_row_goes() {
    let mut state = state(vec![]);
    state.reduce(Action::Place(PlaceAction::Go(Page::History)));
    page(&mut state, None, &[9, 8], Some(8));
    page(&mut state, Some(cursor(8)), &[7, 6], None);
    state.reduce(Action::History(HistoryAction::Choose(ChatId(6))));
    let effects = patch(&mut state, vec![Patch::HistoryGone { chat_id: ChatId(7) }]);
    assert_eq!((listed(&state), effects), (vec![9, 8, 6], vec![]));
    let effects = patch(&mut state, vec![Patch::HistoryGone { chat_id: ChatId(6) }]);
    assert_eq!(effects, [Effect::HistoryChat(ChatId(6))]);
    let gone = HistoryAction::Chat { chat_id: ChatId(6), result: Ok(None) };
    state.reduce(Action::History(gone));
    assert_eq!(listed(&state), [9, 8]);
    assert_eq!(state.history.chat, Transcript::Missing);
}

#[test]
fn a_history_that_cannot_be_read_says_so_and_can_be_tried_again() {
    let mut state = state(vec![]);
    state.reduce(Action::Place(PlaceAction::Go(Page::History)));
    let problem = CallProblem::Broken("gone".to_owned());
    let result = Err(problem.clone());
    state.reduce(Action::History(HistoryAction::Page { before: None, result }));
    assert_eq!(state.history.problem, Some(problem));
    let effects = state.reduce(Action::History(HistoryAction::Opened));
    assert_eq!(effects, [Effect::HistoryPage(None)]);
}

#[test]
fn a_transcript_that_comes_late_does_not_replace_the_chosen_one() {
    let mut state = state(vec![]);
    for id in [1, 2] {
        state.reduce(Action::History(HistoryAction::Choose(ChatId(id))));
    }
    let result = Ok(None);
    state.reduce(Action::History(HistoryAction::Chat { chat_id: ChatId(1), result }));
    assert_eq!(state.history.chat, Transcript::Loading);
}

#[test]
fn settings_are_shown_at_once() {
    let mut state = state(vec![]);
    let mut settings = state.view.settings.clone();
    settings.sound_requests = false;
    let effects = state.reduce(Action::Save(settings.clone()));
    assert_eq!(effects, [Effect::Ask(Ask::SaveSettings { settings })]);
    assert!(!state.view.settings.sound_requests);
}

#[test]
fn a_failure_is_said_once_until_dismissed() {
    let mut state = state(vec![]);
    let fail = || Action::Done {
        deed: Deed::EndChat,
        result: Err(CallProblem::Said(AskProblem::NotReady)),
    };
    state.reduce(fail());
    state.reduce(fail());
    assert_eq!(state.failures.len(), 1);
    let id = state.failures[0].id;
    state.reduce(Action::DismissFailure(id));
    assert_eq!(state.failures, []);
}
