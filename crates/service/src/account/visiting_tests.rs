//! In which group a visitor stands, and chats that agents begin.

use super::{
    AdminWish, VisitorWish,
    department_tests::{KILN, YUNA},
    tests::{Desk, HANA, MINA, visitor},
};
use bellhop_model::{
    ChatId, ChatState, Command, Extent, Fact, OfflineMessageId, Permission, Refusal, VisitorId,
    limits,
    manage::Management,
    visit::Category,
    visitor_frame::{VisitorChatState, VisitorLine},
};

fn id(name: &str) -> VisitorId {
    VisitorId(name.to_owned())
}

fn category(desk: &Desk, name: &str) -> Option<Category> {
    desk.account.category_in_chat(&id(name))
}

/// Mina writes first, to somebody who is on the site.
fn starts(desk: &mut Desk, name: &str, text: &str) -> Result<ChatId, Refusal> {
    let here = visitor(name);
    let visitor_id = here.id.clone();
    let command = Command::StartChat { visitor_id, text: text.to_owned() };
    desk.agent_seeing(MINA, command, Some(&here)).map(|granted| granted.chat_id.unwrap())
}

#[test]
fn domain_7_a_visitor_is_incoming_only_while_an_agent_who_may_serve_them_is_signed_in() {
    let mut desk = Desk::with_departments();
    for agent in [MINA, HANA] {
        desk.account.agent_gone(agent, desk.now);
    }
    assert_eq!(category(&desk, "jun"), None);
    desk.asks_for("jun", KILN);
    assert_eq!(category(&desk, "jun"), Some(Category::Incoming));
    desk.account.agent_gone(YUNA, desk.now);
    assert_eq!(category(&desk, "jun"), None);
    desk.account.agent_here(MINA, desk.now);
    assert_eq!(category(&desk, "jun"), None, "the kiln is not hers");
    desk.admin(&AdminWish::EnableDepartment { name: "Kiln".into(), enabled: false }).unwrap();
    assert_eq!(category(&desk, "jun"), Some(Category::Incoming), "now everybody serves it");
}

#[test]
fn domain_7_the_groups_follow_the_chat_and_incoming_goes_before_an_automatic_message() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.pass(5_000);
    assert_eq!(category(&desk, "jun"), Some(Category::TriggerActivated), "nobody is signed in");
    for agent in [MINA, HANA] {
        desk.account.agent_here(agent, desk.now);
    }
    assert_eq!(category(&desk, "jun"), Some(Category::Incoming));
    desk.serve(MINA, chat_id);
    assert_eq!(category(&desk, "jun"), Some(Category::Served));
    assert_eq!(desk.account.served_by(&id("jun")), [MINA]);
    desk.agent(MINA, Command::TransferToAgent { chat_id, agent_id: HANA, note: None }).unwrap();
    assert_eq!(category(&desk, "jun"), Some(Category::Assigned));
    desk.serve(HANA, chat_id);
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    assert_eq!((category(&desk, "jun"), desk.account.served_by(&id("jun"))), (None, vec![]));
    desk.says("jun", "One more thing");
    assert_eq!(category(&desk, "jun"), Some(Category::Incoming));
    assert_eq!(desk.account.chats_so_far(&id("jun")), 1, "it is the same chat");
    desk.ends("jun");
    desk.says("jun", "Another thing");
    assert_eq!(desk.account.chats_so_far(&id("jun")), 2);
}

#[test]
fn r_054_r_055_an_agent_writes_first_and_the_chat_begins_with_what_she_says() {
    let mut desk = Desk::new();
    let chat = starts(&mut desk, "jun", "May I help with the cart?").unwrap();
    assert!(!desk.journal.iter().any(|e| matches!(e.fact, Fact::ChatRequested { .. })));
    assert_eq!((desk.state(chat), desk.offered(HANA)), (ChatState::Served, 0));
    assert_eq!(desk.account.counts().open.get(&MINA), Some(&1));
    let sight = desk.account.visitor_sight(&id("jun"), bellhop_model::Seq(0));
    assert_eq!(sight.state, VisitorChatState::Served);
    let kinds: Vec<_> = sight.lines.iter().map(|seen| &seen.line).collect();
    assert!(
        matches!(kinds[..], [VisitorLine::Joined { .. }, VisitorLine::Theirs { .. }]),
        "{kinds:?}"
    );
    assert_eq!(desk.says("jun", "Yes, please"), chat, "an answer belongs to the same chat");
    assert_eq!(desk.account.chats_so_far(&id("jun")), 1);
    desk.agent(MINA, Command::EndChat { chat_id: chat }).unwrap();
    assert_eq!(desk.state(chat), ChatState::Ended, "not missed");
}

#[test]
fn r_054_who_is_not_there_or_talks_already_or_is_told_nothing_is_refused() {
    let mut desk = Desk::new();
    assert_eq!(starts(&mut desk, "jun", " \n"), Err(Refusal::TextEmpty));
    let chars = limits::MESSAGE_CHARS + 1;
    let too_long = Refusal::TextTooLong { chars, limit: limits::MESSAGE_CHARS };
    assert_eq!(starts(&mut desk, "jun", &"a".repeat(chars)), Err(too_long));
    let command = Command::StartChat { visitor_id: id("jun"), text: "Hello".to_owned() };
    assert_eq!(desk.agent(MINA, command.clone()), Err(Refusal::VisitorNotHere));
    let ara = visitor("ara");
    let refused = desk.agent_seeing(MINA, command, Some(&ara));
    assert_eq!(refused, Err(Refusal::VisitorNotHere), "somebody else is");
    let chat_id = desk.says("jun", "Hello");
    assert_eq!(starts(&mut desk, "jun", "Hello"), Err(Refusal::VisitorInChat { chat_id }));
    desk.visitor("jun", &VisitorWish::End).unwrap();
    assert_eq!(starts(&mut desk, "jun", "Anything else?"), Ok(ChatId(2)));
}

#[test]
fn r_055_of_two_agents_who_write_first_one_begins_and_the_other_is_told_of_the_chat() {
    let mut desk = Desk::new();
    let chat_id = starts(&mut desk, "jun", "May I help?").unwrap();
    let jun = visitor("jun");
    let command = Command::StartChat { visitor_id: jun.id.clone(), text: "May I?".to_owned() };
    let refused = desk.agent_seeing(HANA, command, Some(&jun));
    assert_eq!(refused, Err(Refusal::VisitorInChat { chat_id }));
}

#[test]
fn domain_9_where_the_session_goes_on_an_agent_who_writes_first_brings_the_chat_back() {
    let mut desk = Desk::new();
    let chat = desk.says("jun", "Hello");
    desk.serve(HANA, chat);
    desk.agent(HANA, Command::EndChat { chat_id: chat }).unwrap();
    assert_eq!(starts(&mut desk, "jun", "One more thing"), Ok(chat));
    assert_eq!(
        (desk.state(chat), desk.account.served_by(&id("jun"))),
        (ChatState::Served, vec![MINA])
    );
    assert_eq!(desk.account.chats_so_far(&id("jun")), 1);
    assert_eq!(desk.says("jun", "Yes?"), chat);
}

#[test]
fn domain_7_an_answer_to_an_offline_message_is_no_automatic_message() {
    let mut desk = Desk::new();
    let (text, email) = ("Do you ship to Busan?".to_owned(), String::new());
    desk.visitor("jun", &VisitorWish::Leave { text, email, department: None }).unwrap();
    let message_id = OfflineMessageId(1);
    let answer = Management::AnswerOfflineMessage { message_id, text: "Yes, we do.".to_owned() };
    desk.wishes(MINA, answer).unwrap();
    assert_eq!(desk.account.greetings(&id("jun")).len(), 1);
    assert_eq!(category(&desk, "jun"), None);
}

#[test]
fn domain_14_who_sees_no_visitors_begins_no_chat() {
    let mut desk = Desk::new();
    desk.agents_may(Permission::VisitorsSeen, Extent::None);
    let jun = visitor("jun");
    let command = Command::StartChat { visitor_id: jun.id.clone(), text: "May I?".to_owned() };
    let refused = Err(Refusal::not_permitted(Permission::VisitorsSeen));
    assert_eq!(desk.agent_seeing(HANA, command, Some(&jun)), refused);
}

#[test]
fn domain_14_who_may_only_listen_begins_no_chat() {
    let mut desk = Desk::new();
    desk.agents_may(Permission::ProactiveChatting, Extent::Listen);
    let jun = visitor("jun");
    let command = Command::StartChat { visitor_id: jun.id.clone(), text: "May I?".to_owned() };
    let refused = Err(Refusal::not_permitted(Permission::ProactiveChatting));
    assert_eq!(desk.agent_seeing(HANA, command.clone(), Some(&jun)), refused);
    assert!(desk.agent_seeing(MINA, command, Some(&jun)).is_ok(), "the owner may");
}
