//! When a line is opened, believed and given up.

use super::{desk::Desk, service::MINA};
use crate::{Engine, EngineConfig, Input};
use bellhop_model::{
    Availability, Command, Seq, Timestamp,
    frame::{Digest, Rejection, ServerFrame, Workspace},
    view::{Ask, AskProblem, Connection, LinkProblem, NoticeBody, WorkspaceView},
};

#[test]
fn the_agent_sees_four_words_in_their_order() {
    let mut desk = Desk::new();
    assert_eq!(desk.word(), Connection::Connecting);
    desk.input(Input::Connected);
    assert_eq!(desk.word(), Connection::Connecting);
    desk.deliver_one();
    assert_eq!(desk.word(), Connection::CatchingUp);
    desk.deliver();
    assert_eq!(desk.word(), Connection::Online);
    desk.cut();
    assert_eq!(desk.word(), Connection::Offline);
    assert!(desk.window.connection.retry_at.is_some());
}

#[test]
fn without_a_token_nothing_is_tried() {
    let config = EngineConfig {
        token: String::new(),
        client: String::new(),
        seed: 1,
        workspace: WorkspaceView::default(),
    };
    let mut engine = Engine::new(bellhop_model::stored::Stored::default(), config, Timestamp(0));
    let effects = engine.handle(Input::Started, Timestamp(0));
    assert!(!effects.contains(&crate::Effect::Connect));
    assert_eq!(engine.wake_at(), None);
    assert_eq!(engine.view().connection.word, Connection::Offline);
}

#[test]
fn r5_a_line_that_says_nothing_is_dropped_and_another_opened() {
    let mut desk = Desk::online();
    let before = desk.connects;
    // The pings go nowhere.
    desk.pass(25_000);
    desk.service.out.clear();
    desk.pass(9_999);
    assert_eq!(desk.word(), Connection::Online);
    desk.pass(1);
    assert_eq!(desk.word(), Connection::Offline);
    assert_eq!(desk.window.connection.problem, Some(LinkProblem::Silent));
    desk.connect();
    assert_eq!((desk.word(), desk.connects), (Connection::Online, before + 1));
    assert_eq!(desk.window.connection.problem, None);
}

#[test]
fn r5_a_quiet_line_that_answers_pings_stays() {
    let mut desk = Desk::online();
    for _ in 0..20 {
        desk.pass(25_000);
        desk.deliver();
    }
    assert_eq!((desk.word(), desk.connects), (Connection::Online, 1));
}

#[test]
fn i3_after_sleep_the_line_is_dropped_at_once_whatever_it_claims() {
    let mut desk = Desk::online();
    desk.input(Input::Woke);
    assert_eq!(desk.word(), Connection::Connecting);
    assert!(desk.opening, "at once, with no back-off");
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
}

#[test]
fn i3_an_announced_sleep_drops_the_line_and_waits_for_the_waking() {
    let mut desk = Desk::online();
    desk.input(Input::Suspending);
    assert_eq!(desk.word(), Connection::Offline);
    assert!(!desk.opening);
    desk.input(Input::Woke);
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
}

#[rstest::rstest]
#[case(Rejection::BadToken)]
#[case(Rejection::ProtocolUnknown { asked: 1, speaks: 2 })]
fn a_rejection_that_trying_cannot_help_waits_for_the_agent(#[case] rejection: Rejection) {
    let mut desk = Desk::new();
    desk.service.reject = Some(rejection.clone());
    desk.connect();
    assert_eq!(desk.word(), Connection::Offline);
    assert_eq!(desk.window.connection.problem, Some(LinkProblem::Rejected { rejection }));
    assert_eq!(desk.window.connection.retry_at, None);
    desk.pass(3_600_000);
    desk.input(Input::Woke);
    assert_eq!(desk.connects, 1);
    desk.ask(Ask::ConnectNow).unwrap();
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
}

#[rstest::rstest]
#[case(Rejection::TooSlow)]
#[case(Rejection::Stopping)]
#[case(Rejection::StorageUnavailable)]
#[case(Rejection::Unknown)]
fn a_passing_rejection_is_tried_again_by_itself(#[case] rejection: Rejection) {
    let mut desk = Desk::new();
    desk.service.reject = Some(rejection);
    desk.connect();
    assert!(desk.window.connection.retry_at.is_some());
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
}

#[test]
fn a_welcome_of_another_protocol_is_no_welcome() {
    let mut desk = Desk::new();
    desk.input(Input::Connected);
    let ServerFrame::Welcome { me, workspace, head, now, .. } =
        desk.service.out.pop_front().unwrap()
    else {
        panic!()
    };
    desk.frame(ServerFrame::Welcome { protocol: 9, me, workspace, head, now });
    let rejection = Rejection::ProtocolUnknown { asked: 1, speaks: 9 };
    assert_eq!(desk.window.connection.problem, Some(LinkProblem::Rejected { rejection }));
}

#[test]
fn the_service_of_another_workspace_overwrites_nothing() {
    let (mut desk, chat) = Desk::in_chat();
    let stored = desk.disk.load();
    desk.cut();
    desk.service.workspace =
        Workspace { id: "w2".into(), name: "The Other Shop".into(), site_url: None };
    desk.connect();
    let expected = "The Little Shop (w1)".to_owned();
    let found = "The Other Shop (w2)".to_owned();
    let problem = LinkProblem::OtherWorkspace { expected, found };
    assert_eq!(desk.window.connection.problem, Some(problem));
    assert_eq!(desk.disk.load(), stored);
    assert!(desk.chat(chat).head.mine, "what is there stays in sight");
    desk.pass(3_600_000);
    assert_eq!(desk.connects, 2, "it is not tried again by itself");
}

#[test]
fn a_cursor_ahead_of_the_wrong_service_does_not_cost_the_mirror() {
    let (mut desk, _) = Desk::in_chat();
    let stored = desk.disk.load();
    desk.cut();
    // Somebody put a fresh service of another workspace at the address.
    desk.service.journal.truncate(2);
    desk.service.workspace.id = "w2".into();
    desk.connect();
    desk.connect();
    assert_eq!(desk.service.cursors.last(), Some(&Seq(0)));
    assert!(matches!(desk.window.connection.problem, Some(LinkProblem::OtherWorkspace { .. })));
    assert_eq!(desk.disk.load(), stored);
}

#[test]
fn a_cursor_ahead_of_the_right_service_is_a_mirror_made_anew() {
    let (mut desk, chat) = Desk::in_chat();
    desk.command(Command::SetTags { chat_id: chat, tags: vec!["vip".into()] }).unwrap();
    desk.deliver();
    desk.cut();
    // It was restored from an older copy.
    desk.service.journal.truncate(5);
    desk.service.chats.get_mut(&chat).unwrap().tags.clear();
    desk.connect();
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
    assert_eq!(desk.disk.load().cursor, Seq(5));
    assert_eq!(desk.chat(chat).head.tags, Vec::<String>::new());
    assert!(matches!(desk.window.notices[0].body, NoticeBody::Resynced { .. }));
}

#[test]
fn a_digest_that_does_not_agree_is_a_resync_and_a_visible_alarm() {
    let mut desk = Desk::online();
    desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.frame(ServerFrame::Digest(Digest { last: desk.service.head(), waiting: 2, open: 0 }));
    assert_eq!(desk.word(), Connection::Offline);
    assert!(
        matches!(desk.window.notices[..], [ref n] if matches!(n.body, NoticeBody::Resynced { .. }))
    );
    desk.connect();
    assert_eq!(desk.word(), Connection::Online);
    assert_eq!(desk.service.cursors.last(), Some(&desk.service.head()));
}

#[test]
fn a_digest_that_never_agrees_makes_the_mirror_anew_and_then_is_borne() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.cut();
    desk.service.lies = 1;
    for _ in 0..3 {
        desk.connect();
    }
    assert_eq!(desk.service.cursors.last(), Some(&Seq(0)), "from the beginning");
    assert_eq!(desk.word(), Connection::Online, "and then it is borne");
    assert_eq!(desk.said(chat), ["hello"]);
    assert_eq!(desk.alerts.len(), 1);
    let connects = desk.connects;
    for _ in 0..20 {
        desk.pass(25_000);
        desk.deliver();
    }
    assert_eq!((desk.word(), desk.connects), (Connection::Online, connects));
}

#[test]
fn reconnecting_never_changes_the_agents_availability() {
    let mut desk = Desk::online();
    desk.command(Command::SetAvailability { availability: Availability::Away }).unwrap();
    desk.deliver();
    assert_eq!(desk.window.me.as_ref().map(|me| me.availability), Some(Availability::Away));
    desk.cut();
    desk.connect();
    desk.restart();
    desk.connect();
    let me = desk.window.me.clone().unwrap();
    assert_eq!((me.id, me.availability), (MINA, Availability::Away));
    assert_eq!(desk.service.heard.len(), 1);
}

#[test]
fn a_command_that_is_never_answered_shows_that_the_line_is_dead() {
    let (mut desk, chat) = Desk::in_chat();
    desk.say(chat, "are you there?");
    desk.service.out.clear();
    for _ in 0..3 {
        desk.pass(9_000);
        desk.frame(ServerFrame::Unknown);
    }
    assert_eq!(desk.word(), Connection::Online);
    desk.pass(3_000);
    assert_eq!(desk.word(), Connection::Offline);
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "are you there?"]);
}

#[test]
fn frames_of_the_wrong_moment_change_nothing() {
    let mut desk = Desk::new();
    let nothing = ServerFrame::CaughtUp { digest: Digest::default() };
    desk.frame(nothing.clone());
    desk.input(Input::Connected);
    let held = std::mem::take(&mut desk.service.out);
    desk.frame(nothing);
    desk.frame(ServerFrame::Live { reset: true, values: Vec::new() });
    assert_eq!(desk.word(), Connection::Connecting);
    desk.service.out = held;
    desk.deliver();
    assert_eq!(desk.word(), Connection::Online);
}

#[test]
fn offline_nothing_can_be_served() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.cut();
    for command in [Command::ServeNext, Command::Serve { chat_id: chat }] {
        assert_eq!(desk.command(command), Err(AskProblem::Offline));
    }
    desk.connect();
    assert!(desk.service.heard.is_empty());
}

#[test]
fn after_a_restart_without_the_service_the_view_still_says_how_old_it_is() {
    let mut desk = Desk::online();
    desk.pass(5_000);
    desk.input(Input::Stopping);
    let as_of = desk.window.connection.as_of;
    assert!(as_of.is_some());
    desk.restart();
    assert_eq!((desk.word(), desk.window.connection.as_of), (Connection::Connecting, as_of));
}

#[test]
fn r1_what_was_received_moves_the_stored_age_of_the_view_along() {
    let mut desk = Desk::online();
    let before = desk.disk.load().as_of.expect("stored when everything had come");
    desk.pass(9_000);
    desk.service.asks("Jun", "Hello");
    desk.deliver();
    // No goodbye: the process dies here.
    assert_eq!(desk.disk.load().as_of, Some(before.plus(9_000)));
}
