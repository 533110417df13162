//! The outbox: each message arrives exactly once, in order, or shows why not (R3).

use super::desk::Desk;
use bellhop_model::{
    ChatId, Command, CommandId, Refusal,
    view::{Ask, AskProblem, NoticeBody, Patch, SendState},
};

fn states(desk: &Desk, chat: ChatId) -> Vec<SendState> {
    desk.chat(chat).pending.iter().map(|pending| pending.state.clone()).collect()
}

fn sent_ids(desk: &Desk) -> Vec<CommandId> {
    desk.service.heard.iter().map(|named| named.id).collect()
}

#[test]
fn r_029_a_message_is_stored_before_it_is_answered_or_sent() {
    let (mut desk, chat) = Desk::in_chat();
    let id = desk.say(chat, "hi");
    // The desk carries effects out in order; here is what was there when the frame went out.
    assert_eq!(desk.disk.load().outbox.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert_eq!(states(&desk, chat), [SendState::Sending]);
    desk.deliver();
    assert_eq!(desk.disk.load().outbox, []);
    assert_eq!(desk.said(chat), ["hello", "hi"]);
}

#[rstest::rstest]
#[case(false)]
#[case(true)]
fn a_message_neither_flickers_nor_doubles(#[case] answers_first: bool) {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.answers_first = answers_first;
    desk.say(chat, "hi");
    desk.publications.clear();
    while desk.deliver_one() {
        let shown =
            desk.said(chat).iter().filter(|text| *text == "hi").count() + desk.pending(chat).len();
        assert_eq!(shown, 1);
    }
    let with_line: Vec<_> = desk
        .publications
        .iter()
        .filter(|patches| patches.iter().any(|p| matches!(p, Patch::LineAdded { .. })))
        .collect();
    assert!(matches!(with_line[..], [patches]
        if patches.iter().any(|p| matches!(p, Patch::Pending { pending, .. } if pending.is_empty()))));
}

#[test]
fn r3_what_is_said_offline_is_sent_once_and_in_order_on_reconnecting() {
    let (mut desk, chat) = Desk::in_chat();
    desk.cut();
    let ids: Vec<_> = ["one", "two", "three"].map(|text| desk.say(chat, text)).into();
    assert_eq!(states(&desk, chat), [SendState::Queued, SendState::Queued, SendState::Queued]);
    desk.restart();
    assert_eq!(desk.pending(chat), ["one", "two", "three"]);
    desk.service.heard.clear();
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "one", "two", "three"]);
    assert_eq!(desk.pending(chat), [""; 0]);
    assert_eq!(sent_ids(&desk), ids);
}

#[test]
fn r3_an_answer_lost_with_the_line_is_asked_for_again_with_the_same_id() {
    let (mut desk, chat) = Desk::in_chat();
    let id = desk.say(chat, "hi");
    desk.cut();
    desk.service.heard.clear();
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "hi"]);
    assert_eq!(desk.service.chats[&chat].transcript.len(), 3);
    // The event came while catching up: it is known to be done without asking.
    assert_eq!(sent_ids(&desk), [] as [CommandId; 0]);
    assert_eq!(desk.disk.load().outbox, []);
    assert_eq!(
        desk.ask(Ask::Command { id, command: Command::Say { chat_id: chat, text: "hi".into() } }),
        Ok(())
    );
    assert_eq!(desk.service.heard.len(), 0, "and a repeated ask changes nothing");
}

#[test]
fn law_6_a_reloaded_window_repeats_its_asks_and_nothing_happens_twice() {
    let (mut desk, chat) = Desk::in_chat();
    let id = desk.fresh_id();
    let ask = Ask::Command { id, command: Command::Say { chat_id: chat, text: "hi".into() } };
    for _ in 0..3 {
        desk.ask(ask.clone()).unwrap();
    }
    desk.deliver();
    desk.ask(ask.clone()).unwrap();
    desk.restart();
    desk.connect();
    desk.ask(ask).unwrap();
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "hi"]);
    assert_eq!(desk.pending(chat), [""; 0]);
}

#[test]
fn r2_a_refused_message_is_never_overtaken() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.push_back(Refusal::TooFast { retry_for_ms: 700 });
    desk.say(chat, "one");
    desk.say(chat, "two");
    desk.command(Command::SetTags { chat_id: chat, tags: vec!["x".into()] }).unwrap();
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello"]);
    assert_eq!(states(&desk, chat), [SendState::Queued, SendState::Queued]);
    desk.pass(699);
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello"]);
    desk.pass(1);
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "one", "two"]);
    assert_eq!(desk.chat(chat).head.tags, ["x"]);
}

#[test]
fn law_10_a_service_that_cannot_store_is_tried_again_more_and_more_slowly() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.extend(std::iter::repeat_n(Refusal::StorageUnavailable, 8));
    let id = desk.say(chat, "hi");
    let mut waits = Vec::new();
    let mut before = desk.now;
    while desk.pending(chat) == ["hi"] {
        desk.deliver();
        if desk.service.heard.iter().filter(|named| named.id == id).count() > waits.len() + 1 {
            waits.push(desk.now.since(before) / 1_000);
            before = desk.now;
        }
        desk.tick();
    }
    assert_eq!(waits[..6], [1, 2, 4, 8, 16, 30]);
    assert_eq!(desk.said(chat), ["hello", "hi"]);
}

#[test]
fn r3_a_message_refused_for_good_stays_in_sight_until_the_agent_decides() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.push_back(Refusal::UnknownCommand);
    let id = desk.say(chat, "one");
    desk.say(chat, "two");
    desk.deliver();
    let failed = SendState::Failed { refusal: Refusal::UnknownCommand };
    assert_eq!(states(&desk, chat), std::slice::from_ref(&failed));
    assert_eq!(desk.said(chat), ["hello", "two"], "what follows goes on");
    desk.restart();
    desk.connect();
    assert_eq!(states(&desk, chat), [failed]);
    desk.service.heard.clear();
    desk.ask(Ask::SendAgain { id }).unwrap();
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "two", "one"]);
    assert_ne!(sent_ids(&desk), [id], "under a new id: the old one has its answer");
    assert_eq!((desk.pending(chat).len(), desk.disk.load().outbox.len()), (0, 0));
    desk.ask(Ask::SendAgain { id }).unwrap();
    assert_eq!(desk.service.heard.len(), 1);
}

#[test]
fn a_failed_message_can_be_given_up() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.push_back(Refusal::UnknownCommand);
    let id = desk.say(chat, "one");
    desk.deliver();
    desk.ask(Ask::Discard { id }).unwrap();
    assert_eq!((desk.pending(chat).len(), desk.disk.load().outbox.len()), (0, 0));
    desk.ask(Ask::Discard { id }).unwrap();
}

#[test]
fn a_message_that_may_have_arrived_cannot_be_given_up_any_more() {
    let (mut desk, chat) = Desk::in_chat();
    let id = desk.say(chat, "one");
    assert_eq!(desk.ask(Ask::Discard { id }), Err(AskProblem::NotReady));
    desk.cut();
    assert_eq!(desk.ask(Ask::Discard { id }), Err(AskProblem::NotReady));
    let id = desk.say(chat, "two");
    assert_eq!(desk.ask(Ask::Discard { id }), Ok(()), "this one never left");
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "one"]);
}

#[test]
fn send_again_hurries_what_waits() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.push_back(Refusal::StorageUnavailable);
    let id = desk.say(chat, "one");
    desk.deliver();
    desk.ask(Ask::SendAgain { id }).unwrap();
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "one"]);
    assert_eq!(sent_ids(&desk)[1..], [id, id], "under the same id");
}

#[test]
fn r3_a_failed_message_of_a_chat_that_leaves_is_told_and_not_dropped_silently() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.refuse.push_back(Refusal::UnknownCommand);
    desk.say(chat, "one");
    desk.deliver();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    let command = Command::Say { chat_id: chat, text: "one".into() };
    let refusal = Refusal::UnknownCommand;
    assert_eq!(
        desk.window.notices[0].body,
        NoticeBody::Refused { wished: (&command).into(), refusal }
    );
    assert_eq!(desk.disk.load().outbox, []);
}

#[rstest::rstest]
#[case("", Refusal::TextEmpty)]
#[case(" \n", Refusal::TextEmpty)]
#[case(&"가".repeat(4_001), Refusal::TextTooLong { chars: 4_001, limit: 4_000 })]
fn a_text_the_service_would_refuse_is_refused_here(#[case] text: &str, #[case] refusal: Refusal) {
    let (mut desk, chat) = Desk::in_chat();
    let before = desk.disk.load();
    let say = Command::Say { chat_id: chat, text: text.into() };
    assert_eq!(desk.command(say), Err(AskProblem::Refused { refusal }));
    assert_eq!(desk.disk.load(), before);
    let tags = Command::SetTags { chat_id: chat, tags: vec!["a b".into()] };
    assert!(matches!(desk.command(tags), Err(AskProblem::Refused { .. })));
}

#[test]
fn law_8_a_draft_belongs_to_its_chat_and_survives_a_restart() {
    let (mut desk, chat) = Desk::in_chat();
    let other = desk.service.asks("Ana", "hi");
    desk.deliver();
    desk.ask(Ask::Draft { chat_id: chat, text: "안녕하세".into() }).unwrap();
    desk.ask(Ask::Draft { chat_id: other, text: "for Ana".into() }).unwrap();
    desk.restart();
    assert_eq!(desk.chat(chat).draft, "안녕하세");
    assert_eq!(desk.chat(other).draft, "for Ana");
    desk.connect();
    desk.say(chat, "안녕하세요");
    assert_eq!((desk.chat(chat).draft.as_str(), desk.disk.load().drafts.len()), ("", 1));
}

#[test]
fn a_draft_goes_when_its_chat_is_over_and_waits_while_a_colleague_serves_it() {
    let (mut desk, chat) = Desk::in_chat();
    let other = desk.service.asks("Ana", "hi");
    desk.deliver();
    for chat_id in [chat, other] {
        desk.ask(Ask::Draft { chat_id, text: "half".into() }).unwrap();
    }
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.service.joins(other, super::service::SORA);
    desk.deliver();
    assert_eq!(desk.disk.load().drafts, [(other, "half".to_owned())]);
    desk.service.leaves(other, super::service::SORA);
    desk.deliver();
    assert_eq!(desk.disk.load().drafts, []);
}

#[test]
fn a_draft_of_a_chat_that_is_not_there_or_of_a_book_is_refused() {
    let (mut desk, chat) = Desk::in_chat();
    let nowhere = Ask::Draft { chat_id: ChatId(99), text: "x".into() };
    assert!(matches!(desk.ask(nowhere), Err(AskProblem::Refused { .. })));
    let book = Ask::Draft { chat_id: chat, text: "x".repeat(100_001) };
    assert!(matches!(desk.ask(book), Err(AskProblem::Refused { .. })));
}

#[test]
fn r9_what_cannot_be_stored_is_not_done_and_taken_back() {
    let (mut desk, chat) = Desk::in_chat();
    desk.ask(Ask::Draft { chat_id: chat, text: "my words".into() }).unwrap();
    let shown = desk.window.clone();
    desk.disk_is_full = true;
    let not_stored = Err(AskProblem::NotStored { detail: "the disk is full".into() });
    let heard = desk.service.heard.len();
    assert_eq!(
        desk.command(Command::Say { chat_id: chat, text: "my words".into() }).map(|_| ()),
        not_stored
    );
    assert_eq!(desk.ask(Ask::Draft { chat_id: chat, text: "other".into() }), not_stored);
    let settings = bellhop_model::PersonalSettings { sound_requests: false, ..Default::default() };
    assert_eq!(desk.ask(Ask::SaveSettings { settings }), not_stored);
    assert_eq!(desk.service.heard.len(), heard, "nothing was sent");
    assert_eq!(desk.window.chats, shown.chats);
    assert_eq!(desk.window.settings, shown.settings);
    assert!(
        matches!(desk.window.notices[..], [ref n] if matches!(n.body, NoticeBody::CacheUnwritable { .. }))
    );
    desk.service.writes(chat, "the live chat goes on");
    desk.deliver();
    assert_eq!(desk.said(chat).last().map(String::as_str), Some("the live chat goes on"));
    desk.disk_is_full = false;
    desk.input(crate::Input::StoreRecovered);
    assert!(desk.window.notices.is_empty());
    desk.say(chat, "my words");
    desk.deliver();
    assert_eq!(desk.said(chat).last().map(String::as_str), Some("my words"));
}

#[test]
fn r_023_r_024_the_typing_sign_goes_with_the_text() {
    let (mut desk, chat) = Desk::in_chat();
    let key = Ask::Typing { chat_id: chat, on: true };
    desk.ask(key.clone()).unwrap();
    desk.say(chat, "hi");
    assert_eq!(desk.service.typing, [(chat, true), (chat, false)], "off when sent");
    desk.ask(key.clone()).unwrap();
    desk.ask(Ask::Draft { chat_id: chat, text: String::new() }).unwrap();
    desk.ask(key.clone()).unwrap();
    desk.ask(Ask::Typing { chat_id: chat, on: false }).unwrap();
    desk.ask(key.clone()).unwrap();
    desk.ask(Ask::Attend { chat_id: None }).unwrap();
    let signs: Vec<bool> = desk.service.typing.iter().map(|(_, on)| *on).collect();
    assert_eq!(signs, [true, false, true, false, true, false, true, false]);
}
