//! Resuming by cursor: nothing lost, nothing twice, nothing out of order (law 5).

use super::{
    desk::Desk,
    service::{MINA, SORA, visitor},
};
use bellhop_model::{
    AgentId, Author, ChatId, ChatState, Command, CommandId, Contact, Fact, Message, Seq,
    people::Origin,
    view::{Connection, NoticeBody, Patch},
};

#[test]
fn law_5_what_happened_while_away_arrives_once_and_in_order() {
    let (mut desk, chat) = Desk::in_chat();
    desk.cut();
    for n in 0..50 {
        desk.service.writes(chat, &format!("line {n}"));
    }
    desk.connect();
    let expected: Vec<_> =
        std::iter::once("hello".to_owned()).chain((0..50).map(|n| format!("line {n}"))).collect();
    assert_eq!(desk.said(chat), expected);
    assert_eq!(desk.disk.load().cursor, desk.service.head());
}

#[test]
fn law_5_an_event_that_comes_twice_is_taken_in_once() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.writes(chat, "once");
    let frame = desk.service.out.front().unwrap().clone();
    desk.deliver();
    desk.frame(frame);
    assert_eq!(desk.said(chat), ["hello", "once"]);
    assert_eq!(desk.word(), Connection::Online);
}

#[test]
fn law_5_a_hole_is_seen_at_once_and_mended_from_the_cursor() {
    let (mut desk, chat) = Desk::in_chat();
    let cursor = desk.service.head();
    desk.service.writes(chat, "first");
    desk.service.writes(chat, "second");
    desk.service.out.pop_front();
    desk.deliver_one();
    assert_eq!(desk.word(), Connection::Offline);
    assert_eq!(desk.said(chat), ["hello"], "nothing after the hole is shown");
    desk.connect();
    assert_eq!(desk.service.cursors.last(), Some(&cursor));
    assert_eq!(desk.said(chat), ["hello", "first", "second"]);
    assert!(desk.window.notices.is_empty(), "one hole is no alarm");
}

#[test]
fn law_5_a_line_that_breaks_while_catching_up_goes_on_from_there() {
    let mut desk = Desk::online();
    desk.cut();
    let chat = desk.service.asks("Jun", "hello");
    for n in 0..10 {
        desk.service.writes(chat, &n.to_string());
    }
    desk.connects = 0;
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    // The welcome, the setup, and five of the events.
    for _ in 0..7 {
        desk.deliver_one();
    }
    desk.cut();
    assert_eq!(desk.disk.load().cursor, Seq(7));
    desk.connect();
    assert_eq!(desk.service.cursors.last(), Some(&Seq(7)));
    assert_eq!(desk.said(chat).len(), 11);
}

#[test]
fn law_5_an_unknown_event_keeps_its_number_and_the_agent_is_told_once_to_update() {
    let mut desk = Desk::online();
    desk.service.append(Fact::Unknown);
    desk.service.append(Fact::Unknown);
    let chat = desk.service.asks("Jun", "hello");
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello"]);
    assert_eq!(desk.disk.load().cursor, desk.service.head());
    let bodies: Vec<_> = desk.window.notices.iter().map(|notice| &notice.body).collect();
    assert_eq!(bodies, [&NoticeBody::NewerService]);
}

#[test]
fn law_5_what_one_version_left_out_the_next_one_takes_in() {
    let mut desk = Desk::online();
    let chat = desk.service.asks("Jun", "hello");
    let seq = desk.service.append(Fact::Unknown);
    desk.service.writes(chat, "are you there?");
    desk.deliver();
    let text = "a word of a kind that came with the next version";
    let message = Message {
        id: CommandId(super::service::bellhop_id(77)),
        author: Author::Visitor,
        text: text.into(),
        at: desk.now,
        file: None,
    };
    desk.service.meant(seq, Fact::MessagePosted { chat_id: chat, message });
    desk.restart();
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "are you there?"], "the same version knows no more");

    desk.update();
    desk.connect();
    assert_eq!(desk.service.cursors.last(), Some(&Seq(0)));
    assert_eq!(desk.said(chat), ["hello", text, "are you there?"]);
    assert_eq!(desk.alerts.len(), 1, "what was seen before is not alerted again");
    desk.restart();
    assert_eq!(desk.disk.load().unknown_to, None);
}

#[test]
fn twenty_thousand_events_are_written_in_batches_and_shown_once() {
    let mut desk = Desk::new();
    for n in 0..2_000 {
        let chat = desk.service.asks(&format!("v{n}"), "hello");
        desk.service.joins(chat, SORA);
        for _ in 0..7 {
            desk.service.writes(chat, "more");
        }
        desk.service.leaves(chat, SORA);
    }
    let waiting = desk.service.asks("Jun", "and me?");
    desk.writes = 0;
    desk.publications.clear();
    desk.connect();
    assert!(desk.service.journal.len() > 20_000);
    assert!(desk.writes < 60, "{} transactions", desk.writes);
    assert!(desk.publications.len() < 10, "{} publications", desk.publications.len());
    assert_eq!(desk.window.chats.len(), 1);
    assert_eq!(desk.said(waiting), ["and me?"]);
    assert_eq!(desk.disk.history_ids().len(), 2_000);
    assert_eq!(desk.engine.chats.ids(), [waiting], "the past is not kept in memory");
    assert_eq!(desk.alerts.len(), 1);
}

#[test]
fn while_catching_up_the_chats_stay_as_they_were() {
    let (mut desk, chat) = Desk::in_chat();
    desk.cut();
    for n in 0..700 {
        desk.service.writes(chat, &n.to_string());
    }
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    desk.publications.clear();
    for _ in 0..600 {
        desk.deliver_one();
    }
    assert_eq!(desk.word(), Connection::CatchingUp);
    assert_eq!(desk.said(chat), ["hello"]);
    assert!(desk.disk.load().cursor > Seq(500), "a batch is stored");
    // What the agent does meanwhile is shown at once.
    desk.say(chat, "one moment");
    assert_eq!(desk.pending(chat), ["one moment"]);
    desk.deliver();
    assert_eq!(desk.said(chat).len(), 702);
}

#[test]
fn a_restart_has_everything_that_was_shown() {
    let (mut desk, chat) = Desk::in_chat();
    desk.say(chat, "how can I help?");
    desk.deliver();
    let before = desk.window.chats.clone();
    desk.restart();
    assert_eq!(desk.window.chats, before, "with the service stopped as well");
    assert_eq!(desk.window.me.as_ref().map(|me| me.id), Some(MINA));
    desk.connect();
    assert_eq!(desk.window.chats, before);
}

#[test]
fn domain_9_a_chat_that_comes_back_has_its_history() {
    let (mut desk, chat) = Desk::in_chat();
    desk.say(chat, "bye");
    desk.deliver();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    assert_eq!(desk.disk.history_ids(), [chat]);
    assert!(desk.window.chat(chat).is_none());
    desk.restart();
    desk.connect();
    desk.service.writes(chat, "one more thing");
    desk.deliver();
    assert_eq!(desk.said(chat), ["hello", "bye", "one more thing"]);
    let head = &desk.chat(chat).head;
    assert_eq!((head.state, head.came_back), (ChatState::Waiting, true));
    assert_eq!(desk.disk.chat(chat), desk.service.chats.get(&chat));
    assert!(desk.disk.history_ids().is_empty());
}

#[test]
fn r_063_what_is_written_down_of_a_visitor_reaches_chats_of_the_history_and_comes_back_with_them() {
    let (mut desk, chat) = Desk::in_chat();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    assert_eq!(desk.disk.history_ids(), [chat]);
    desk.publications.clear();
    let visitor_id = desk.service.chats[&chat].visitor.id.clone();
    let contact = Contact { name: "Mr Park".to_owned(), ..Contact::default() };
    let saved = Fact::ContactSaved { visitor_id, agent_id: SORA, contact: contact.clone() };
    desk.service.append(saved);
    desk.deliver();
    assert!(desk.publications.concat().contains(&Patch::HistoryChanged));
    assert_eq!(desk.disk.chat(chat).map(|chat| &chat.visitor.contact), Some(&contact));
    desk.service.writes(chat, "one more thing");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.visitor.contact, contact);
}

#[test]
fn domain_13_a_chat_that_was_deleted_goes_from_the_cache_and_the_history() {
    let (mut desk, chat) = Desk::in_chat();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    assert_eq!(desk.disk.history_ids(), [chat]);
    desk.publications.clear();
    desk.service.append(Fact::ChatDeleted { chat_id: chat, agent_id: Some(SORA) });
    desk.deliver();
    assert!(desk.disk.chats().is_empty());
    assert!(desk.publications.concat().contains(&Patch::HistoryGone { chat_id: chat }));

    // One that began, ended and was deleted while she was away, and one that the cache has.
    let asks = |desk: &mut Desk, chat_id| {
        let (visitor, origin) = (visitor("Ana"), Origin::default());
        desk.service.append(Fact::ChatRequested { chat_id, visitor, origin });
    };
    let [known, unknown, stays] = [7, 8, 9].map(ChatId);
    asks(&mut desk, known);
    desk.deliver();
    desk.cut();
    asks(&mut desk, unknown);
    asks(&mut desk, stays);
    for chat_id in [known, unknown] {
        desk.service.joins(chat_id, SORA);
        desk.service.leaves(chat_id, SORA);
        desk.service.append(Fact::ChatDeleted { chat_id, agent_id: None });
    }
    desk.connect();
    assert_eq!(desk.disk.chats().keys().collect::<Vec<_>>(), [&stays]);
    assert_eq!(desk.disk.chats(), &desk.service.chats);
    assert_eq!((desk.waiting, desk.window.notices.len()), (Some(1), 0));
}

#[test]
fn domain_9_a_chat_that_ended_and_came_back_while_away_is_one_chat() {
    let (mut desk, chat) = Desk::in_chat();
    desk.cut();
    desk.service.leaves(chat, MINA);
    desk.service.writes(chat, "still there?");
    desk.connect();
    assert_eq!(desk.said(chat), ["hello", "still there?"]);
    assert_eq!(desk.disk.chats(), &desk.service.chats);
}

#[test]
fn r_081_a_tag_given_after_the_end_reaches_the_history() {
    let (mut desk, chat) = Desk::in_chat();
    desk.command(Command::EndChat { chat_id: chat }).unwrap();
    desk.deliver();
    desk.publications.clear();
    let tags = vec!["late".to_owned()];
    desk.service.append(Fact::TagsSet { chat_id: chat, agent_id: SORA, tags: tags.clone() });
    desk.deliver();
    assert_eq!(desk.disk.chat(chat).map(|chat| &chat.tags), Some(&tags));
    assert!(desk.publications.concat().contains(&Patch::HistoryChanged));
    assert!(desk.window.chats.is_empty());
}

#[test]
fn an_event_of_a_chat_nobody_knows_is_numbered_and_no_more() {
    let mut desk = Desk::online();
    let message = Message {
        id: CommandId(super::service::bellhop_id(9)),
        author: Author::Agent { agent_id: AgentId(2) },
        text: "?".into(),
        at: desk.now,
        file: None,
    };
    desk.service.append(Fact::MessagePosted { chat_id: bellhop_model::ChatId(77), message });
    desk.deliver();
    assert_eq!(desk.disk.load().cursor, desk.service.head());
    assert_eq!(desk.word(), Connection::Online);
}

#[test]
fn a_mirror_made_anew_shows_no_half_of_it_and_marks_nothing_unread_twice() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.writes(chat, "unread");
    desk.deliver();
    assert_eq!(desk.chat(chat).head.unread, 1);
    let shown = desk.window.chats.clone();
    desk.service.lies = 1;
    desk.service.heartbeat();
    desk.deliver();
    desk.connect();
    assert_eq!(desk.window.chats, shown, "resumed");
    desk.service.lies = 0;
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    assert_eq!(desk.service.cursors.last(), Some(&Seq(0)));
    while desk.deliver_one() {
        assert_eq!(desk.window.chats, shown, "made anew");
    }
    assert_eq!(desk.word(), Connection::Online);
    assert_eq!(desk.disk.chats(), &desk.service.chats);
}

#[test]
fn a_mirror_made_anew_survives_a_line_that_breaks_meanwhile() {
    let (mut desk, chat) = Desk::in_chat();
    for n in 0..600 {
        desk.service.writes(chat, &n.to_string());
    }
    desk.deliver();
    let shown = desk.window.chats.clone();
    desk.cut();
    desk.service.lies = 1;
    desk.connect();
    desk.connect();
    desk.service.lies = 0;
    while !desk.opening {
        desk.tick();
    }
    desk.input(crate::Input::Connected);
    assert_eq!(desk.service.cursors.last(), Some(&Seq(0)));
    for _ in 0..550 {
        desk.deliver_one();
    }
    desk.cut();
    assert_eq!(desk.window.chats, shown, "half of it is not shown");
    desk.connect();
    assert!(desk.service.cursors.last() > Some(&Seq(500)), "and not begun again");
    assert_eq!(desk.window.chats, shown);
}
