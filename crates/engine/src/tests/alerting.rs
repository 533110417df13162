//! Each request is alerted exactly once (R4).

use super::{
    desk::Desk,
    service::{MINA, SORA},
};
use bellhop_model::{
    AgentId, Author, ChatId, Command, CommandId, Fact, Message,
    live::{Live, Presence},
    people::Origin,
    route::Destination,
    view::Ask,
};

fn alerted(desk: &Desk) -> Vec<(ChatId, &str)> {
    desk.alerts.iter().map(|alert| (alert.chat_id, alert.first_words.as_str())).collect()
}

#[test]
fn r4_a_request_is_alerted_once_with_name_and_first_words() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "is it in stock?");
    desk.deliver();
    desk.service.writes(chat, "hello?");
    desk.deliver();
    desk.pass(10_000);
    assert_eq!(alerted(&desk), [(chat, "is it in stock?")]);
    assert_eq!(desk.alerts[0].visitor, "Jun");
    assert_eq!(desk.disk.load().alerted, [(chat, desk.alerts[0].waiting_since)]);
}

#[test]
fn r4_a_request_without_words_is_alerted_all_the_same() {
    let mut desk = Desk::online();
    let visitor = super::service::visitor("Jun");
    let (chat_id, origin) = (ChatId(1), Origin::default());
    desk.service.append(Fact::ChatRequested { chat_id, visitor, origin });
    desk.deliver();
    assert_eq!(alerted(&desk), []);
    desk.pass(500);
    assert_eq!(alerted(&desk), [(ChatId(1), "")]);
}

#[test]
fn r4_a_restart_or_a_new_line_alerts_nothing_again() {
    let mut desk = Desk::online();
    desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.cut();
    desk.connect();
    desk.restart();
    desk.connect();
    assert_eq!(desk.alerts.len(), 1);
    assert_eq!(desk.waiting, Some(1));
}

#[test]
fn r4_what_came_while_away_and_still_waits_is_alerted_after_catching_up() {
    let mut desk = Desk::online();
    desk.cut();
    let served = desk.service.asks("Ana", "me first");
    desk.service.joins(served, SORA);
    let gone = desk.service.asks("Bo", "never mind");
    desk.service.visitor_ends(gone);
    let waiting = desk.service.asks("Jun", "hello");
    desk.connect();
    assert_eq!(alerted(&desk), [(waiting, "hello")]);
    assert_eq!(desk.withdrawn, []);
}

#[test]
fn r4_nothing_is_alerted_while_catching_up() {
    let mut desk = Desk::online();
    desk.cut();
    desk.service.asks("Jun", "hello");
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    while !desk.service.out.is_empty() {
        assert_eq!(alerted(&desk), []);
        let last = desk.service.out.len() == 2;
        desk.deliver_one();
        if last {
            break;
        }
    }
    assert_eq!(desk.alerts.len(), 1);
}

#[test]
fn r4_a_line_that_breaks_while_catching_up_alerts_nothing_of_the_past() {
    let mut desk = Desk::online();
    desk.cut();
    let served = desk.service.asks("Ana", "me first");
    desk.service.joins(served, SORA);
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    for _ in 0..3 {
        desk.deliver_one();
    }
    desk.cut();
    assert_eq!(desk.window.requests().len(), 1, "as far as is known");
    assert_eq!(alerted(&desk), []);
    desk.connect();
    assert_eq!(alerted(&desk), []);
}

#[test]
fn r4_an_alert_is_withdrawn_when_somebody_serves_or_the_visitor_leaves() {
    let mut desk = Desk::online();
    let [a, b, c] = ["Ana", "Bo", "Cho"].map(|name| desk.service.asks(name, "hello"));
    desk.deliver();
    desk.service.joins(a, SORA);
    desk.service.visitor_ends(b);
    desk.command(Command::Serve { chat_id: c }).unwrap();
    desk.deliver();
    assert_eq!(desk.withdrawn, [a, b, c]);
    desk.service.visitor_ends(c);
    desk.deliver();
    assert_eq!(desk.withdrawn.len(), 3, "once each");
}

#[test]
fn r4_an_alert_is_withdrawn_also_when_it_was_served_while_the_program_was_away() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.service.joins(chat, SORA);
    desk.service.leaves(chat, SORA);
    desk.restart();
    desk.connect();
    assert_eq!((desk.withdrawn.as_slice(), desk.alerts.len()), (&[chat][..], 1));
}

#[test]
fn r4_a_chat_that_comes_back_is_alerted_anew_with_its_new_words() {
    let (mut desk, chat) = Desk::in_chat();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    desk.pass(20_000);
    desk.service.writes(chat, "one more thing");
    desk.deliver();
    assert_eq!(alerted(&desk), [(chat, "hello"), (chat, "one more thing")]);
    desk.restart();
    desk.connect();
    assert_eq!(desk.alerts.len(), 2);
}

#[test]
fn r4_a_mirror_made_anew_alerts_nothing_again() {
    let mut desk = Desk::online();
    desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.cut();
    desk.service.lies = 1;
    for _ in 0..3 {
        desk.connect();
    }
    assert_eq!(desk.service.cursors.last(), Some(&bellhop_model::Seq(0)));
    assert_eq!(desk.alerts.len(), 1);
}

#[test]
fn r_112_an_agent_who_is_asked_into_a_chat_is_told_of_it_once() {
    let mut desk = Desk::online();
    let chat_id = desk.service.asks("Jun", "is it in stock?");
    desk.service.joins(chat_id, SORA);
    desk.deliver();
    desk.pass(10_000);
    let alerts = desk.alerts.len();
    let invited = Fact::AgentInvited { chat_id, agent_id: SORA, invited_id: MINA, note: None };
    desk.service.append(invited);
    desk.service.joins(chat_id, MINA);
    desk.deliver();
    desk.service.writes(chat_id, "hello?");
    desk.deliver();
    let told = &desk.alerts[alerts..];
    assert_eq!(told.len(), 1, "once");
    assert_eq!(told[0].invited_by.as_deref(), Some("Sora"));
    assert_eq!(told[0].first_words, "is it in stock?");
    desk.restart();
    desk.connect();
    assert_eq!(desk.alerts.len(), alerts + 1, "nor again after a restart");
}

#[test]
fn domain_8_at_the_limit_an_agent_is_told_of_no_request_but_what_waits_for_her_alone() {
    let mut desk = Desk::online();
    let full = |at_limit| Live::AgentPresence {
        agent_id: MINA,
        presence: Presence::Online,
        outside_hours: None,
        at_limit,
    };
    desk.service.live(vec![full(true)]);
    desk.deliver();
    let waits = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.pass(1_000);
    assert_eq!(alerted(&desk), []);
    let hers = desk.service.asks("Ana", "for Mina");
    desk.service.append(Fact::ChatAssigned { chat_id: hers, agent_id: MINA });
    desk.deliver();
    assert_eq!(alerted(&desk), [(hers, "for Mina")]);
    desk.service.live(vec![full(false)]);
    desk.deliver();
    assert_eq!(alerted(&desk), [(hers, "for Mina"), (waits, "hello")]);
}

/// Mina is asked into a chat of Sora's, and told of it.
fn invited(desk: &mut Desk) -> ChatId {
    let chat_id = desk.service.asks("Jun", "is it in stock?");
    desk.service.joins(chat_id, SORA);
    desk.deliver();
    desk.pass(10_000);
    desk.withdrawn.clear();
    invites(desk, chat_id);
    assert!(desk.toasts.contains(&chat_id), "she is told");
    chat_id
}

fn invites(desk: &mut Desk, chat_id: ChatId) {
    let invited = Fact::AgentInvited { chat_id, agent_id: SORA, invited_id: MINA, note: None };
    desk.service.append(invited);
    desk.service.joins(chat_id, MINA);
    desk.deliver();
}

fn says(desk: &mut Desk, chat_id: ChatId, agent_id: AgentId) {
    let id = CommandId(super::service::bellhop_id(900 + u128::from(agent_id.0)));
    let author = Author::Agent { agent_id };
    let message = Message { id, author, text: "hello".to_owned(), at: desk.now, file: None };
    desk.service.append(Fact::MessagePosted { chat_id, message });
}

#[rstest::rstest]
#[case::she_answers(Command::Say { chat_id: ChatId(1), text: "hello".to_owned() })]
#[case::she_declines(Command::LeaveChat { chat_id: ChatId(1) })]
#[case::she_ends_it(Command::EndChat { chat_id: ChatId(1) })]
fn r_112_an_invitation_is_taken_back_when_she_answers_it_in_the_window(#[case] answer: Command) {
    let mut desk = Desk::online();
    let chat_id = invited(&mut desk);
    desk.service.writes(chat_id, "hello?");
    says(&mut desk, chat_id, SORA);
    desk.deliver();
    assert_eq!(desk.withdrawn, [], "what others say answers nothing");
    desk.command(answer).unwrap();
    desk.deliver();
    assert_eq!((desk.withdrawn.as_slice(), desk.toasts.len()), (&[chat_id][..], 0));
    desk.service.writes(chat_id, "thank you");
    desk.deliver();
    assert_eq!(desk.withdrawn.len(), 1, "once");
}

/// What becomes of the chat while the invitation stands.
#[derive(Debug, Clone, Copy)]
enum Deed {
    SheAnswers,
    SheDeclines,
    TheVisitorEndsIt,
}

#[rstest::rstest]
fn r_112_an_invitation_is_taken_back_when_it_is_answered_on_another_machine_or_void(
    #[values(Deed::SheAnswers, Deed::SheDeclines, Deed::TheVisitorEndsIt)] deed: Deed,
    #[values(0, 1, 2)] away: u8,
) {
    let mut desk = Desk::online();
    let chat_id = invited(&mut desk);
    if away > 0 {
        desk.cut();
    }
    match deed {
        Deed::SheAnswers => says(&mut desk, chat_id, MINA),
        Deed::SheDeclines => desk.service.leaves(chat_id, MINA),
        Deed::TheVisitorEndsIt => desk.service.visitor_ends(chat_id),
    }
    match away {
        0 => desk.deliver(),
        1 => desk.connect(),
        _ => {
            desk.restart();
            desk.connect();
        }
    }
    assert_eq!((desk.withdrawn.as_slice(), desk.toasts.len()), (&[chat_id][..], 0));
}

#[test]
fn r_112_an_invitation_that_was_not_answered_stands_over_a_restart() {
    let mut desk = Desk::online();
    let chat_id = invited(&mut desk);
    desk.restart();
    desk.connect();
    assert_eq!((desk.withdrawn.len(), desk.toasts.contains(&chat_id)), (0, true));
    desk.command(Command::Say { chat_id, text: "hello".to_owned() }).unwrap();
    desk.deliver();
    assert_eq!(desk.withdrawn, [chat_id]);
}

#[test]
fn r_112_an_invitation_is_taken_back_when_she_opens_the_chat_also_without_a_line() {
    let mut desk = Desk::online();
    let chat_id = invited(&mut desk);
    desk.ask(Ask::Attend { chat_id: None }).unwrap();
    desk.cut();
    assert_eq!(desk.withdrawn, []);
    desk.ask(Ask::Attend { chat_id: Some(chat_id) }).unwrap();
    assert_eq!(desk.withdrawn, [chat_id]);
    desk.connect();
    desk.service.leaves(chat_id, MINA);
    desk.deliver();
    assert_eq!(desk.withdrawn.len(), 1, "once");
    desk.pass(1_000);
    invites(&mut desk, chat_id);
    assert!(desk.toasts.contains(&chat_id), "another one is told again");
}

#[rstest::rstest]
fn r_113_a_chat_that_waits_anew_is_told_of_where_its_invitation_stood(
    #[values(false, true)] away: bool,
) {
    let mut desk = Desk::online();
    desk.service.has_departments();
    let chat_id = invited(&mut desk);
    let alerts = desk.alerts.len();
    desk.pass(1_000);
    if away {
        desk.cut();
    }
    desk.service.leaves(chat_id, SORA);
    // Her other machine hands it on, and in the same moment it waits for her again.
    desk.service.transfers(chat_id, MINA, Destination::Agent { agent_id: MINA });
    if away {
        desk.connect();
    }
    desk.deliver();
    assert_eq!((desk.withdrawn.len(), desk.alerts.len()), (1, alerts + 1));
    assert!(desk.toasts.contains(&chat_id), "the request, and not the invitation");
    assert_eq!(desk.alerts[alerts].invited_by, None);
}
