//! Requests, serving, ending.

use super::{
    desk::Desk,
    service::{MINA, SORA},
};
use bellhop_model::{
    ChatId, ChatState, Command, EndedBy, Fact, Refusal,
    chat::LineBody,
    live::{Live, Typist},
    view::{Ask, AskProblem, Connection, NoticeBody, Patch},
};

#[test]
fn r_012_the_number_of_requests_follows_every_change() {
    let mut desk = Desk::online();
    assert_eq!(desk.waiting, Some(0));
    let first = desk.service.asks("Jun", "hello");
    let second = desk.service.asks("Ana", "hi");
    desk.deliver();
    assert_eq!((desk.waiting, desk.window.requests().len()), (Some(2), 2));
    desk.service.joins(first, SORA);
    desk.deliver();
    assert_eq!((desk.waiting, desk.window.requests().len()), (Some(1), 1));
    desk.service.visitor_ends(second);
    desk.deliver();
    assert_eq!((desk.waiting, desk.window.requests().len()), (Some(0), 0));
}

#[test]
fn r_015_to_r_017_serving_shows_first_comment_automatic_messages_and_the_joining_in_order() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "is it in stock?");
    let message = bellhop_model::Message {
        id: bellhop_model::CommandId(super::service::bellhop_id(1 << 80)),
        author: bellhop_model::Author::Trigger { name: "Shop".into() },
        text: "Somebody will be with you soon.".into(),
        at: desk.now,
        file: None,
    };
    desk.service.append(Fact::MessagePosted { chat_id: chat, message });
    desk.deliver();
    desk.command(Command::ServeNext).unwrap();
    desk.deliver();
    let kinds: Vec<_> = desk
        .chat(chat)
        .lines
        .iter()
        .map(|line| match &line.body {
            LineBody::Said { message } => message.text.as_str(),
            LineBody::AgentJoined { name, .. } => name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["is it in stock?", "Somebody will be with you soon.", "Mina"]);
    assert_eq!(desk.focused, [chat], "R-014: the chat is shown");
}

#[rstest::rstest]
#[case(false)]
#[case(true)]
fn r_014_the_served_chat_is_shown_once_whichever_comes_first(#[case] answers_first: bool) {
    let mut desk = Desk::online();
    desk.service.answers_first = answers_first;
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.command(Command::Serve { chat_id: chat }).unwrap();
    desk.deliver();
    assert_eq!(desk.focused, [chat]);
    assert!(desk.chat(chat).head.mine);
}

#[test]
fn r_014_the_served_chat_is_shown_also_when_the_answer_comes_over_the_next_line() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.command(Command::ServeNext).unwrap();
    desk.cut();
    assert_eq!(desk.focused, []);
    desk.connect();
    assert_eq!(desk.focused, [chat]);
    assert_eq!(desk.service.heard.len(), 2);
    assert_eq!(desk.service.heard[0], desk.service.heard[1], "with the same id");
}

#[test]
fn r_018_whom_somebody_else_served_first_is_told_by_whom() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.service.joins(chat, SORA);
    let command = Command::Serve { chat_id: chat };
    desk.command(command.clone()).unwrap();
    desk.deliver();
    let refusal = Refusal::AlreadyServed { by: "Sora".into() };
    assert_eq!(
        desk.window.notices[0].body,
        NoticeBody::Refused { wished: (&command).into(), refusal: refusal.clone() }
    );
    assert!(desk.window.chat(chat).is_none());
    assert_eq!(desk.disk.load().outbox, []);
    // Once it is known here, it is said at once.
    assert_eq!(desk.command(command), Err(AskProblem::Refused { refusal }));
    assert_eq!(desk.service.heard.len(), 1);
}

#[test]
fn a_double_click_serves_once() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    for _ in 0..3 {
        desk.command(Command::Serve { chat_id: chat }).unwrap();
    }
    desk.deliver();
    assert_eq!(desk.service.heard.len(), 1);
    for _ in 0..3 {
        desk.command(Command::EndChat { chat_id: chat }).unwrap();
    }
    desk.deliver();
    assert_eq!(desk.service.heard.len(), 2);
    assert!(desk.window.notices.is_empty());
}

#[test]
fn a_wish_to_serve_that_has_grown_old_is_not_carried_out() {
    let mut desk = Desk::online();
    desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.command(Command::ServeNext).unwrap();
    // It never arrives, and the agent goes home.
    desk.service.journal.truncate(4);
    desk.service.chats.get_mut(&ChatId(1)).unwrap().agents.clear();
    desk.service.chats.get_mut(&ChatId(1)).unwrap().state = ChatState::Waiting;
    desk.service.chats.get_mut(&ChatId(1)).unwrap().transcript.truncate(1);
    desk.service.heard.clear();
    desk.now = desk.now.plus(60 * 60 * 1_000);
    desk.restart();
    desk.connect();
    assert_eq!(desk.service.heard, []);
    assert_eq!(desk.disk.load().outbox, []);
    assert_eq!(desk.window.requests().len(), 1);
}

#[test]
fn r_044_what_is_said_right_after_serving_follows_it() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    assert_eq!(
        desk.command(Command::Say { chat_id: chat, text: "hi".into() }),
        Err(AskProblem::Refused { refusal: Refusal::NotInChat })
    );
    desk.command(Command::Serve { chat_id: chat }).unwrap();
    desk.say(chat, "hi");
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "hi"]);
}

#[test]
fn r_045_a_reply_to_a_chat_somebody_else_served_does_not_go_out() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.service.joins(chat, SORA);
    desk.command(Command::Serve { chat_id: chat }).unwrap();
    desk.say(chat, "hi");
    desk.deliver();
    assert_eq!(desk.window.notices.len(), 2, "she is told of both");
    assert!(!desk.service.chats[&chat].agents.contains(&MINA));
    assert_eq!(desk.disk.load().outbox, []);
}

#[test]
fn r_041_looking_at_a_request_sends_nothing() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    desk.ask(Ask::Attend { chat_id: Some(chat) }).unwrap();
    desk.ask(Ask::Typing { chat_id: chat, on: true }).unwrap();
    desk.pass(5_000);
    assert_eq!((desk.service.heard.len(), desk.service.typing.len()), (0, 0));
    assert_eq!(desk.waiting, Some(1));
}

#[test]
fn r_075_ending_closes_the_chat_and_puts_it_into_the_history() {
    let (mut desk, chat) = Desk::in_chat();
    desk.publications.clear();
    desk.command(Command::SetTags { chat_id: chat, tags: vec!["refund".into()] }).unwrap();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    assert!(desk.window.chats.is_empty());
    assert_eq!(desk.disk.history_ids(), [chat]);
    assert_eq!(desk.disk.chat(chat).map(|c| c.tags.clone()), Some(vec!["refund".to_owned()]));
    let patches = desk.publications.concat();
    assert!(patches.contains(&Patch::ChatGone { chat_id: chat }));
    assert!(patches.contains(&Patch::HistoryChanged));
}

#[test]
fn r_080_a_chat_the_visitor_ended_stays_until_the_agent_chooses() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.visitor_ends(chat);
    desk.deliver();
    desk.restart();
    desk.connect();
    let head = &desk.chat(chat).head;
    assert_eq!((head.state, head.ended_by), (ChatState::Ended, Some(EndedBy::Visitor)));
    assert!(head.mine);
    let say = Command::Say { chat_id: chat, text: "wait".into() };
    assert_eq!(desk.command(say), Err(AskProblem::Refused { refusal: Refusal::ChatEnded }));
    // the X.
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    assert!(desk.window.chats.is_empty());
    assert_eq!(desk.disk.history_ids(), [chat]);
}

#[test]
fn r_079_continue_reopens_it() {
    let (mut desk, chat) = Desk::in_chat();
    let go_on = Command::ContinueChat { chat_id: chat };
    let refused = AskProblem::Refused { refusal: Refusal::ChatNotEnded };
    assert_eq!(desk.command(go_on.clone()), Err(refused));
    desk.service.visitor_ends(chat);
    desk.deliver();
    desk.command(go_on).unwrap();
    desk.say(chat, "still here");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.state, ChatState::Served);
    assert_eq!(desk.said(chat), ["hello", "still here"]);
}

#[test]
fn an_activated_notification_shows_exactly_its_chat() {
    let mut desk = Desk::online();
    let first = desk.service.asks("Jun", "hello");
    let second = desk.service.asks("Ana", "hi");
    desk.deliver();
    desk.activate(second, false);
    assert_eq!((desk.shown, &desk.focused[..]), (1, &[second][..]));
    assert!(desk.service.heard.is_empty(), "looking serves nobody");
    desk.activate(first, true);
    desk.deliver();
    assert!(desk.chat(first).head.mine);
    assert_eq!((desk.shown, desk.focused.last()), (2, Some(&first)));
    assert_eq!(desk.service.heard[0].command, Command::Serve { chat_id: first });
}

#[test]
fn an_activated_notification_of_a_chat_that_is_gone_says_so() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    desk.service.joins(chat, SORA);
    desk.deliver();
    for (id, refusal) in [
        (chat, Refusal::AlreadyServed { by: "Sora".into() }),
        (ChatId(99), Refusal::NoSuchChat { chat_id: ChatId(99) }),
    ] {
        desk.activate(id, true);
        let command = Command::Serve { chat_id: id };
        let told = desk.window.notices.last().map(|notice| notice.body.clone());
        assert_eq!(told, Some(NoticeBody::Refused { wished: (&command).into(), refusal }));
    }
    assert_eq!((desk.shown, desk.focused.len(), desk.service.heard.len()), (2, 0, 0));
}

#[test]
fn r_032_unread_counts_what_came_while_another_chat_was_looked_at() {
    let (mut desk, chat) = Desk::in_chat();
    desk.ask(Ask::Attend { chat_id: Some(chat) }).unwrap();
    desk.service.writes(chat, "seen");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unread, 0);
    desk.ask(Ask::Attend { chat_id: None }).unwrap();
    desk.service.writes(chat, "one");
    desk.service.writes(chat, "two");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unread, 2);
    desk.ask(Ask::Attend { chat_id: Some(chat) }).unwrap();
    assert_eq!(desk.chat(chat).head.unread, 0);
    desk.ask(Ask::Attend { chat_id: None }).unwrap();
    desk.say(chat, "mine");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unread, 0, "her own words are not unread");
}

#[test]
fn since_when_the_visitor_waits_for_an_answer() {
    let (mut desk, chat) = Desk::in_chat();
    let since = desk.now;
    assert_eq!(desk.chat(chat).head.unanswered_since, Some(since));
    desk.pass(1_000);
    desk.service.writes(chat, "hello?");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unanswered_since, Some(since));
    desk.say(chat, "yes");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unanswered_since, None);
}

#[test]
fn the_visitors_typing_sign_ends_by_itself_and_with_their_words() {
    let (mut desk, chat) = Desk::in_chat();
    let sign = |on| vec![Live::Typing { chat_id: chat, who: Typist::Visitor, on }];
    desk.service.live(sign(true));
    desk.deliver();
    assert!(desk.chat(chat).head.visitor_typing);
    desk.pass(5_999);
    assert!(desk.chat(chat).head.visitor_typing);
    desk.pass(1);
    assert!(!desk.chat(chat).head.visitor_typing);
    desk.service.live(sign(true));
    desk.service.writes(chat, "there");
    desk.deliver();
    assert!(!desk.chat(chat).head.visitor_typing);
    desk.service.live(sign(true));
    desk.deliver();
    desk.cut();
    assert!(!desk.chat(chat).head.visitor_typing, "nobody is known to type while Offline");
    assert_eq!(desk.word(), Connection::Offline);
}
