//! Transfers, invitations and leaving.

use super::{
    AGENT_GRACE_MS,
    department_tests::{KILN, ORDERS, YUNA},
    tests::{Desk, HANA, MINA},
};
use bellhop_model::{
    AgentId, Availability, ChatId, ChatState, Command, DepartmentId, Fact, Refusal, Seq, VisitorId,
    chat::LineBody,
    route::ReleaseReason,
    visitor_frame::{VisitorChatState, VisitorLine},
};

/// How long a chat waits for one agent alone, unless an administrator says otherwise.
const REASSIGN_MS: i64 = 30_000;

fn to_department(chat_id: ChatId, department_id: DepartmentId) -> Command {
    Command::TransferToDepartment { chat_id, department_id, note: None }
}

fn to_agent(chat_id: ChatId, agent_id: AgentId) -> Command {
    Command::TransferToAgent { chat_id, agent_id, note: Some(" Be kind. ".to_owned()) }
}

fn invite(chat_id: ChatId, agent_id: AgentId) -> Command {
    Command::Invite { chat_id, agent_id, note: None }
}

/// A chat that Mina serves.
fn served(desk: &mut Desk) -> ChatId {
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    chat_id
}

#[test]
fn r_093_a_chat_goes_to_any_other_department_also_while_nobody_is_online_in_it() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.account.agent_gone(YUNA, desk.now);
    desk.agent(MINA, to_department(chat_id, KILN)).unwrap();
    assert_eq!(desk.state(chat_id), ChatState::Waiting);
    assert_eq!(desk.account.counts().open.get(&MINA), None, "she has left");
    assert_eq!((desk.offered(MINA), desk.offered(HANA), desk.offered(YUNA)), (0, 0, 1));
    assert!(desk.agent(YUNA, Command::Serve { chat_id }).is_ok());
}

#[test]
fn r_094_the_own_department_only_while_somebody_else_is_online_in_it() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    let nobody = Err(Refusal::NobodyElseOnline { department: "Orders".into() });
    let set = |availability| Command::SetAvailability { availability };
    desk.agent(HANA, set(Availability::Away)).unwrap();
    assert_eq!(desk.agent(MINA, to_department(chat_id, ORDERS)), nobody, "away is not online");
    desk.agent(HANA, set(Availability::Online)).unwrap();
    desk.account.agent_gone(HANA, desk.now);
    assert_eq!(desk.agent(MINA, to_department(chat_id, ORDERS)), nobody, "nor is who is not here");
    assert_eq!(desk.state(chat_id), ChatState::Served, "nothing was changed");
    desk.account.agent_here(HANA, desk.now);
    assert!(desk.agent(MINA, to_department(chat_id, ORDERS)).is_ok());
}

#[test]
fn r_095_a_transfer_that_cannot_be_says_why() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    let department_id = DepartmentId(9);
    assert_eq!(
        desk.agent(MINA, to_department(chat_id, department_id)),
        Err(Refusal::NoSuchDepartment { department_id })
    );
    desk.department("Empty", &[]);
    assert_eq!(
        desk.agent(MINA, to_department(chat_id, DepartmentId(3))),
        Err(Refusal::DepartmentEmpty { department: "Empty".into() })
    );
    let disable = super::AdminWish::EnableDepartment { name: "Kiln".into(), enabled: false };
    desk.admin(&disable).unwrap();
    assert_eq!(
        desk.agent(MINA, to_department(chat_id, KILN)),
        Err(Refusal::DepartmentDisabled { department: "Kiln".into() })
    );
    assert_eq!(desk.agent(HANA, to_department(chat_id, ORDERS)), Err(Refusal::NotInChat));
    assert_eq!(desk.agent(MINA, to_agent(chat_id, MINA)), Err(Refusal::ToOneself));
    let agent_id = AgentId(9);
    assert_eq!(
        desk.agent(MINA, to_agent(chat_id, agent_id)),
        Err(Refusal::NoSuchAgent { agent_id })
    );
    let note = Some("n".repeat(1_001));
    let long = Command::TransferToAgent { chat_id, agent_id: HANA, note };
    let too_long = Refusal::TextTooLong { chars: 1_001, limit: 1_000 };
    assert_eq!(desk.agent(MINA, long), Err(too_long));
    desk.ends("jun");
    assert_eq!(desk.agent(MINA, to_agent(chat_id, HANA)), Err(Refusal::ChatEnded));
}

#[test]
fn r_096_who_transferred_to_her_own_department_does_not_serve_that_chat_again() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, to_department(chat_id, ORDERS)).unwrap();
    assert_eq!((desk.offered(MINA), desk.offered(HANA)), (0, 1), "not offered in the button");
    assert_eq!(desk.agent(MINA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(Refusal::Excluded));

    // For the life of the session: also when the visitor comes back to it.
    desk.serve(HANA, chat_id);
    let alone = Err(Refusal::NobodyElseOnline { department: "Orders".into() });
    assert_eq!(desk.agent(HANA, to_department(chat_id, ORDERS)), alone, "Mina could not serve it");
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(desk.says("jun", "Still there?"), chat_id);
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(Refusal::Excluded));

    // Until somebody invites her.
    desk.serve(HANA, chat_id);
    desk.agent(HANA, invite(chat_id, MINA)).unwrap();
    desk.agent(MINA, Command::LeaveChat { chat_id }).unwrap();
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    desk.says("jun", "One more thing");
    assert!(desk.agent(MINA, Command::Serve { chat_id }).is_ok());
}

#[test]
fn r_097_a_transferred_chat_waits_behind_every_request_that_waits() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    let other = desk.asks_for("ara", ORDERS);
    // In the same millisecond, and with a smaller number than the other.
    desk.agent(MINA, to_department(chat_id, ORDERS)).unwrap();
    desk.pass(10);
    let later = desk.asks_for("sol", ORDERS);
    for expected in [other, chat_id, later] {
        assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(expected));
    }
}

#[test]
fn r_098_each_of_an_agents_departments_is_her_own() {
    let mut desk = Desk::with_departments();
    desk.department("Kiln", &["mina@shop.example", "yuna@shop.example"]);
    let chat_id = served(&mut desk);
    for (gone, department) in [(HANA, ORDERS), (YUNA, KILN)] {
        desk.account.agent_gone(gone, desk.now);
        let refused = desk.agent(MINA, to_department(chat_id, department));
        assert!(matches!(refused, Err(Refusal::NobodyElseOnline { .. })), "{refused:?}");
    }
    desk.account.agent_here(YUNA, desk.now);
    desk.agent(MINA, to_department(chat_id, KILN)).unwrap();
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(Refusal::Excluded));
}

#[test]
fn r_099_the_receiver_has_the_whole_conversation_and_the_note_and_the_visitor_no_note() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, Command::Say { chat_id, text: "Hi".to_owned() }).unwrap();
    desk.agent(MINA, to_agent(chat_id, YUNA)).unwrap();
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!(chat.handover_note(), Some(("Mina", "Be kind.")));
    let said = chat.transcript.iter().filter(|line| matches!(line.body, LineBody::Said { .. }));
    assert_eq!(said.count(), 2);
    assert!(matches!(desk.last_line(chat_id), LineBody::Transferred { to_name: Some(name), .. }
        if name == "Yuna"));

    let jun = VisitorId("jun".to_owned());
    let sight = desk.account.visitor_sight(&jun, Seq(0));
    assert_eq!(sight.state, VisitorChatState::Waiting);
    let last = &sight.lines.last().unwrap().line;
    assert!(matches!(last, VisitorLine::LeftChat { name } if name == "Mina"));
    assert_eq!(sight.lines.len(), 4, "hello, joined, hi, left");
    desk.serve(YUNA, chat_id);
    let seen = desk.account.visitor_sight(&jun, sight.lines.last().unwrap().seq);
    assert_eq!((seen.reset, seen.lines.len()), (false, 1), "no line is missing or doubled");
}

#[test]
fn r_113_a_chat_transferred_to_an_agent_waits_for_her_alone() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, to_agent(chat_id, HANA)).unwrap();
    assert_eq!((desk.offered(MINA), desk.offered(HANA), desk.offered(YUNA)), (0, 1, 0));
    let held = Refusal::HeldForAnother { name: "Hana".into() };
    assert_eq!(desk.agent(YUNA, Command::Serve { chat_id }), Err(held));
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
}

#[test]
fn domain_8_a_chat_that_is_not_taken_in_time_goes_back_to_everybody() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, to_agent(chat_id, HANA)).unwrap();
    desk.pass(0);
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(REASSIGN_MS)));
    desk.pass(REASSIGN_MS - 1);
    assert_eq!(desk.offered(YUNA), 0);
    desk.pass(1);
    assert!(matches!(
        desk.last_line(chat_id),
        LineBody::Released { reason: ReleaseReason::NotTaken, name: Some(name) } if name == "Hana"
    ));
    assert_eq!((desk.offered(MINA), desk.offered(HANA), desk.offered(YUNA)), (1, 1, 1));
}

#[rstest::rstest]
#[case(true)]
#[case(false)]
fn domain_8_a_chat_held_for_who_goes_away_goes_back_to_the_queue(#[case] invisible: bool) {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, to_agent(chat_id, HANA)).unwrap();
    if invisible {
        let availability = Availability::Invisible;
        desk.agent(HANA, Command::SetAvailability { availability }).unwrap();
        desk.pass(0);
    } else {
        desk.account.agent_gone(HANA, desk.now);
        desk.pass(AGENT_GRACE_MS - 1);
        assert_eq!(desk.offered(YUNA), 0, "she may be back in a moment");
        desk.pass(1);
    }
    let gone = |line: &LineBody| {
        matches!(line, LineBody::Released { reason: ReleaseReason::AgentGone, .. })
    };
    assert!(gone(desk.last_line(chat_id)));
    assert_eq!(desk.offered(YUNA), 1);
    let taken = desk.agent(YUNA, Command::ServeNext).unwrap().chat_id.unwrap();
    let refused = Err(Refusal::AgentNotThere { name: "Hana".into() });
    assert_eq!(desk.agent(YUNA, to_agent(taken, HANA)), refused);
}

#[test]
fn r_114_an_invited_agent_is_added_and_the_inviting_one_stays() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    desk.agent(MINA, invite(chat_id, YUNA)).unwrap();
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [MINA, YUNA]);
    assert!(desk.agent(YUNA, Command::Say { chat_id, text: "Hi".to_owned() }).is_ok());
    let again = Err(Refusal::AlreadyInChat { name: "Yuna".into() });
    assert_eq!(desk.agent(MINA, invite(chat_id, YUNA)), again);
    let not_alone = Err(Refusal::NotAlone { with: "Yuna".into() });
    assert_eq!(desk.agent(MINA, to_department(chat_id, KILN)), not_alone);

    // With a colleague in it, a transfer to an agent never makes the visitor wait.
    let granted = desk.agent(MINA, to_agent(chat_id, HANA)).unwrap();
    assert!(matches!(granted.facts[0], Fact::AgentInvited { invited_id: HANA, .. }));
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [YUNA, HANA]);
    assert_eq!(desk.state(chat_id), ChatState::Served);
}

#[test]
fn r_110_whoever_is_not_the_last_leaves_and_the_chat_goes_on() {
    let mut desk = Desk::with_departments();
    let chat_id = served(&mut desk);
    assert_eq!(desk.agent(MINA, Command::LeaveChat { chat_id }), Err(Refusal::LastInChat));
    desk.agent(MINA, invite(chat_id, HANA)).unwrap();
    desk.agent(MINA, Command::LeaveChat { chat_id }).unwrap();
    assert_eq!(desk.state(chat_id), ChatState::Served);
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [HANA]);
}
