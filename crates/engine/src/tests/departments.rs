//! Which requests this agent is shown and told of: those she may serve, and no others.

use super::{
    desk::Desk,
    service::{BOTH, MINA, SORA, SORAS},
};
use bellhop_model::{
    ChatId, Command, Fact, Refusal,
    route::{Destination, ReleaseReason},
    view::{AskProblem, NoticeBody},
};

fn department(id: bellhop_model::DepartmentId) -> Destination {
    Destination::Department { department_id: id, name: "Kiln".into() }
}

/// Sora serves a chat; Mina looks on. There are departments.
fn with_departments() -> (Desk, ChatId) {
    let mut desk = Desk::online();
    desk.service.has_departments();
    let chat = desk.service.asks("Jun", "is it in stock?");
    desk.service.joins(chat, SORA);
    desk.deliver();
    assert_eq!(desk.window.setup.departments.len(), 2, "for the menu of a transfer");
    (desk, chat)
}

fn shown(desk: &Desk) -> Vec<ChatId> {
    desk.window.requests().iter().map(|chat| chat.head.id).collect()
}

#[test]
fn domain_10_a_request_of_another_department_is_neither_shown_nor_alerted_nor_served() {
    let (mut desk, chat_id) = with_departments();
    let alerts = desk.alerts.len();
    desk.now = desk.now.plus(10);
    desk.service.now = desk.now;
    desk.service.transfers(chat_id, SORA, department(SORAS));
    desk.deliver();
    assert_eq!((shown(&desk), desk.waiting, desk.alerts.len()), (vec![], Some(0), alerts));
    let refusal = Refusal::OtherDepartment { department: "Kiln".into() };
    let refused = desk.command(Command::Serve { chat_id });
    assert_eq!(refused, Err(AskProblem::Refused { refusal }));

    desk.service.releases(chat_id, ReleaseReason::DepartmentClosed);
    desk.deliver();
    assert_eq!((shown(&desk), desk.waiting), (vec![chat_id], Some(1)));
    assert_eq!(desk.alerts.last().unwrap().first_words, "is it in stock?", "now it is hers too");
    desk.service.heartbeat();
    desk.deliver();
    assert!(desk.window.notices.is_empty(), "the digest agrees: {:?}", desk.window.notices);
}

#[test]
fn r_096_who_transferred_a_chat_to_her_own_department_is_not_offered_it() {
    let (mut desk, chat_id) = Desk::in_chat();
    desk.service.has_departments();
    desk.deliver();
    let transfer = Command::TransferToDepartment { chat_id, department_id: BOTH, note: None };
    desk.command(transfer).unwrap();
    desk.deliver();
    assert_eq!(desk.window.chat(chat_id), None);
    let refused = desk.command(Command::Serve { chat_id });
    assert_eq!(refused, Err(AskProblem::Refused { refusal: Refusal::Excluded }));

    // Also when it comes back from the history.
    desk.service.joins(chat_id, SORA);
    desk.service.leaves(chat_id, SORA);
    desk.deliver();
    desk.restart();
    desk.connect();
    desk.service.writes(chat_id, "still there?");
    desk.deliver();
    assert_eq!((shown(&desk), desk.waiting), (vec![], Some(0)));
    desk.service.heartbeat();
    desk.deliver();
    assert!(desk.window.notices.is_empty(), "{:?}", desk.window.notices);
}

#[test]
fn r_099_a_chat_transferred_to_this_agent_is_alerted_with_what_was_asked_and_shows_the_note() {
    let (mut desk, chat_id) = with_departments();
    desk.now = desk.now.plus(10);
    desk.service.now = desk.now;
    desk.service.transfers(chat_id, SORA, Destination::Agent { agent_id: MINA });
    desk.deliver();
    let alert = desk.alerts.last().unwrap();
    assert_eq!((alert.chat_id, alert.first_words.as_str()), (chat_id, "is it in stock?"));
    let lines = &desk.chat(chat_id).lines;
    assert!(lines.iter().any(|line| matches!(&line.body,
        bellhop_model::chat::LineBody::Transferred { note: Some(note), .. } if note == "please")));
    assert!(desk.command(Command::ServeNext).is_ok());
}

#[test]
fn law_5_who_is_in_which_department_is_known_again_after_a_restart() {
    let (mut desk, chat_id) = with_departments();
    desk.service.transfers(chat_id, SORA, department(BOTH));
    desk.deliver();
    assert_eq!(shown(&desk), [chat_id]);
    desk.restart();
    desk.connect();
    assert_eq!(shown(&desk), [chat_id], "it is told with the welcome");
    desk.service.append(Fact::Unknown);
    desk.service.heartbeat();
    desk.deliver();
    let resynced = |body: &NoticeBody| matches!(body, NoticeBody::Resynced { .. });
    assert!(!desk.window.notices.iter().any(|notice| resynced(&notice.body)));
}
