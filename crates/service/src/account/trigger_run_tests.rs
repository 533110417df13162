//! What triggers are doing (domain.md 11): one run after the other, within limits, and over
//! restarts.

use super::{
    Account, AdminWish,
    tests::{Desk, HANA, MINA, rules, visitor},
    trigger_tests::{is, say, trigger},
};
use bellhop_model::{
    Command, Fact, Trigger, VisitorId,
    limits::{GREETINGS_PER_VISITOR, TAGS_PER_CHAT},
    trigger::{Action, Occasion, Operator, Subject},
};
use std::collections::BTreeSet;

#[test]
fn domain_11_each_run_finds_what_those_before_it_did_and_a_step_leads_on_one() {
    let hi = || trigger(Occasion::WidgetLoaded, vec![], vec![say("1"), say("2"), say("3")]);
    let mut desk = Desk::with_trigger(hi());
    for n in 2..=5 {
        let trigger = Trigger { name: format!("T{n}"), ..hi() };
        desk.admin(&AdminWish::PutTrigger { trigger }).unwrap();
    }
    desk.account.visitor_looks(visitor("jun").into(), true, desk.now);
    let facts = desk.account.step_trigger(desk.now, true).unwrap();
    assert_eq!(facts.len(), 4, "the first run, and no other: {facts:?}");
    desk.record(facts);
    desk.pass(0);
    assert_eq!(desk.greetings("jun").len(), GREETINGS_PER_VISITOR);
    let fired = |desk: &Desk| {
        desk.journal.iter().filter(|e| matches!(e.fact, Fact::TriggerFired { .. })).count()
    };
    assert_eq!(fired(&desk), 4, "the fifth has nothing to say any more");
    desk.looks("jun", "https://shop.example/pots", true);
    assert_eq!(fired(&desk), 4);
}

#[test]
fn domain_6_triggers_give_a_chat_each_tag_once_and_no_more_than_the_limit() {
    let tag = |n: usize| Action::AddTag { tag: format!("t{n}") };
    let actions = vec![tag(0), tag(0), tag(1)];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatMessageSent, vec![], actions.clone()));
    let again =
        Trigger { name: "Again".to_owned(), ..trigger(Occasion::ChatMessageSent, vec![], actions) };
    desk.admin(&AdminWish::PutTrigger { trigger: again }).unwrap();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    desk.pass(0);
    assert_eq!(desk.account.chat(chat_id).unwrap().tags, ["t0", "t1"]);
    let added = desk.journal.iter().filter(|e| matches!(e.fact, Fact::TagsAdded { .. })).count();
    assert_eq!(added, 2);
    let tags: Vec<String> = (1..TAGS_PER_CHAT).map(|n| format!("x{n}")).collect();
    desk.agent(HANA, Command::SetTags { chat_id, tags }).unwrap();
    desk.says("jun", "Hello?");
    desk.pass(0);
    let tags = &desk.account.chat(chat_id).unwrap().tags;
    assert_eq!((tags.len(), tags.last().unwrap().as_str()), (TAGS_PER_CHAT, "t0"));
    desk.says("jun", "Hello??");
    let said = desk.account.head();
    desk.pass(0);
    assert_eq!(desk.account.head(), said, "nothing was done, and nothing is written down");
}

#[test]
fn domain_11_every_message_is_looked_at_whatever_those_before_it_wait_for() {
    let wants = is(Subject::Message, Operator::Contains, "refund");
    let actions = vec![Action::Wait { for_ms: 10_000 }, say("Your order number, please?")];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatMessageSent, vec![wants], actions));
    let chat = desk.says("jun", "a refund!");
    desk.says("jun", "Hello?");
    desk.pass(5_000);
    desk.says("jun", "refund");
    desk.pass(5_000);
    assert_eq!(desk.said_in(chat).len(), 1, "the first of them");
    desk.pass(5_000);
    assert_eq!(desk.said_in(chat).len(), 2, "and the third");
    for _ in 0..30 {
        desk.says("jun", "refund");
    }
    desk.pass(10_000);
    assert_eq!(desk.said_in(chat).len(), 2 + 20, "not of more than so many");
    let actions =
        vec![Action::Wait { for_ms: 10_000 }, say("Once"), Action::Wait { for_ms: 1 }, say("!")];
    let once = trigger(Occasion::ChatMessageSent, vec![], actions);
    let once = Trigger { name: "Once".to_owned(), once: true, ..once };
    desk.admin(&AdminWish::PutTrigger { trigger: once }).unwrap();
    desk.says("jun", "Hello?");
    desk.says("jun", "Hello?");
    desk.pass(10_000);
    desk.pass(1);
    assert_eq!(desk.said_in(chat)[22..], ["Once", "!"], "once, whichever message it was");
    let ids: BTreeSet<_> = desk
        .journal
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::MessagePosted { message, .. } => Some(message.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 35 + 24, "each has an id of its own");
}

#[test]
fn domain_11_a_line_that_breaks_and_comes_back_loads_no_page() {
    let still = is(Subject::StillOnPage, Operator::GreaterOrEqual, "60");
    let mut desk =
        Desk::with_trigger(trigger(Occasion::WidgetLoaded, vec![still], vec![say("Hi")]));
    let (url, other) = ("https://shop.example/", "https://shop.example/pots");
    desk.looks("jun", url, true);
    desk.pass(59_000);
    desk.looks("jun", url, true);
    desk.pass(1_000);
    assert_eq!(desk.greetings("jun"), ["Hi"], "on the page for a minute");
    desk.looks("jun", url, true);
    desk.pass(60_000);
    assert_eq!(desk.greetings("jun").len(), 1, "it does not begin again");
    desk.looks("jun", other, true);
    desk.pass(60_000);
    assert_eq!(desk.greetings("jun").len(), 2, "another page does");
    desk.account.visitor_looks_no_more(&VisitorId("jun".to_owned()));
    desk.looks("jun", other, true);
    desk.pass(60_000);
    assert_eq!(desk.greetings("jun").len(), 3, "and so does the next visit");
}

/// The account as a restart folds it, or as a commit that failed leaves it.
fn folded(desk: &Desk, events: usize) -> Account {
    let mut account = Account::new(rules());
    for event in desk.journal.iter().take(events) {
        account.apply(event).unwrap();
    }
    account
}

#[test]
fn law_2_what_triggers_did_in_a_chat_that_was_never_stored_is_forgotten() {
    let hi =
        trigger(Occasion::ChatRequested, vec![], vec![Action::Wait { for_ms: 1_000 }, say("Hi")]);
    let mut desk = Desk::with_trigger(hi);
    desk.looks("ara", "https://shop.example/", true);
    let stored = desk.journal.len();
    let chat = desk.says("jun", "Hello");
    let mut account = folded(&desk, stored);
    account.sessions_from(&desk.account);
    desk.account = account;
    desk.journal.truncate(stored);
    assert_eq!(desk.says("ara", "Hello"), chat, "the number is another visitor's now");
    desk.serve(MINA, chat);
    desk.pass(1_000);
    desk.pass(1_000);
    assert_eq!(desk.said_in(chat), ["Hi"], "once, for Ara");
    let fired = desk.journal.iter().filter_map(|event| match &event.fact {
        Fact::TriggerFired { visitor_id, .. } => Some(visitor_id.0.as_str()),
        _ => None,
    });
    assert_eq!(fired.collect::<Vec<_>>(), ["ara"]);
}

#[test]
fn law_2_a_commit_that_fails_ends_no_run_of_what_is_stored() {
    let hi = |on| trigger(on, vec![], vec![Action::Wait { for_ms: 1_000 }, say("Hi")]);
    let mut desk = Desk::with_trigger(hi(Occasion::ChatRequested));
    let loaded = Trigger { name: "Loaded".to_owned(), ..hi(Occasion::WidgetLoaded) };
    desk.admin(&AdminWish::PutTrigger { trigger: loaded }).unwrap();
    desk.looks("ara", "https://shop.example/", true);
    let chat = desk.says("jun", "Hello");
    let mut account = folded(&desk, desk.journal.len());
    account.sessions_from(&desk.account);
    desk.account = account;
    desk.pass(1_000);
    assert_eq!((desk.said_in(chat).len(), desk.greetings("ara").len()), (1, 1));
}

#[test]
fn domain_11_a_restart_begins_nothing_anew_in_chats_that_were_served_or_that_agents_began() {
    let hi = trigger(Occasion::ChatRequested, vec![], vec![say("Hi")]);
    let mut desk = Desk::with_trigger(Trigger { enabled: false, ..hi });
    let (served, waits) = (desk.says("jun", "Hello"), desk.says("ara", "Hello"));
    desk.serve(MINA, served);
    let start =
        Command::StartChat { visitor_id: VisitorId("sol".to_owned()), text: "Hi!".to_owned() };
    let began = desk.agent_seeing(MINA, start, Some(&visitor("sol"))).unwrap().chat_id.unwrap();
    let enable = AdminWish::EnableTrigger { name: "Test".to_owned(), enabled: true };
    desk.admin(&enable).unwrap();
    let mut account = folded(&desk, desk.journal.len());
    account.everybody_gone(desk.now);
    desk.account = account;
    desk.pass(0);
    for chat in [served, began] {
        assert_eq!(desk.said_in(chat), Vec::<String>::new());
    }
    assert_eq!(desk.said_in(waits), ["Hi"], "it is not too late for it");
}

#[test]
fn domain_11_after_a_restart_a_run_waits_for_its_visitor_to_be_seen_again() {
    let still = is(Subject::StillOnSite, Operator::GreaterOrEqual, "60");
    let mut desk =
        Desk::with_trigger(trigger(Occasion::ChatRequested, vec![still], vec![say("!")]));
    desk.looks("jun", "https://shop.example/", true);
    let chat = desk.says("jun", "Hello");
    desk.pass(59_000);
    let mut account = folded(&desk, desk.journal.len());
    account.everybody_gone(desk.now);
    desk.account = account;
    desk.pass(2_000);
    assert_eq!(desk.said_in(chat), Vec::<String>::new());
    desk.account.visitor_here(&VisitorId("jun".to_owned()));
    desk.looks("jun", "https://shop.example/", true);
    desk.pass(5_000);
    assert_eq!(desk.said_in(chat), ["!"]);
}

/// The account as a restart at this moment leaves it: from the journal alone, or from a snapshot.
fn restarts(desk: &mut Desk, from_snapshot: bool) {
    let mut account = folded(desk, desk.journal.len());
    if from_snapshot {
        account = Account::from_snapshot(rules(), &account.to_snapshot().unwrap()).unwrap();
    }
    account.everybody_gone(desk.now);
    desk.account = account;
}

#[rstest::rstest]
#[case(false)]
#[case(true)]
fn domain_11_what_waits_because_of_a_message_goes_on_after_a_restart(#[case] from_snapshot: bool) {
    let wants = is(Subject::Message, Operator::Contains, "refund");
    let wait = || Action::Wait { for_ms: 10_000 };
    let actions = vec![wait(), say("Your order?"), wait(), say("Are you there?")];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatMessageSent, vec![wants], actions));
    let chat = desk.says("jun", "a refund!");
    desk.says("jun", "Hello?");
    desk.pass(5_000);
    desk.says("jun", "refund");
    desk.pass(0);
    let journaled = desk.journal.len();
    desk.pass(1_000);
    assert_eq!(desk.journal.len(), journaled, "that it waits is written down once");
    restarts(&mut desk, from_snapshot);
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(4_000)));
    desk.pass(3_999);
    assert_eq!(desk.said_in(chat), Vec::<String>::new());
    desk.pass(1);
    assert_eq!(desk.said_in(chat), ["Your order?"], "for the first of them, when it was due");
    restarts(&mut desk, from_snapshot);
    desk.pass(5_000);
    assert_eq!(desk.said_in(chat), ["Your order?", "Your order?"], "and for the third");
    desk.pass(60_000);
    restarts(&mut desk, from_snapshot);
    desk.pass(60_000);
    assert_eq!(desk.said_in(chat).len(), 4, "what each waited for a second time, once");
    let journaled = desk.journal.len();
    restarts(&mut desk, from_snapshot);
    desk.pass(60_000);
    assert_eq!(desk.journal.len(), journaled, "nothing is left of it");
}

#[test]
fn domain_11_a_restart_brings_no_run_back_that_was_over_or_whose_chat_is() {
    let unserved = is(Subject::VisitorServed, Operator::Equals, "no");
    let actions = vec![Action::Wait { for_ms: 10_000 }, say("We are coming.")];
    let on = Occasion::ChatMessageSent;
    let mut desk = Desk::with_trigger(trigger(on, vec![unserved], actions));
    let [served, ends, spent] = ["jun", "ara", "sol"].map(|name| desk.says(name, "Hello?"));
    desk.pass(0);
    desk.serve(MINA, served);
    desk.ends("ara");
    desk.pass(10_000);
    assert_eq!(desk.said_in(spent), ["We are coming."]);
    let name = "Test".to_owned();
    let enable = |enabled| AdminWish::EnableTrigger { name: name.clone(), enabled };
    let begun = desk.says("sol", "Hello??");
    desk.pass(0);
    desk.admin(&enable(false)).unwrap();
    desk.pass(10_000);
    desk.admin(&enable(true)).unwrap();
    restarts(&mut desk, false);
    desk.pass(60_000);
    for (chat, said) in [(served, 0), (ends, 0), (spent, 1)] {
        let texts = desk.account.chat(chat).map_or(0, |_| desk.said_in(chat).len());
        assert_eq!(texts, said, "{chat}");
    }
    assert_eq!(begun, spent);
}

#[test]
fn domain_11_what_fires_once_does_so_also_where_two_messages_waited_over_a_restart() {
    let actions = vec![
        Action::Wait { for_ms: 10_000 },
        say("Once"),
        Action::Wait { for_ms: 1_000 },
        say("!"),
    ];
    let once = trigger(Occasion::ChatMessageSent, vec![], actions);
    let mut desk = Desk::with_trigger(Trigger { once: true, ..once });
    let chat = desk.says("jun", "Hello?");
    desk.says("jun", "Hello?");
    desk.pass(0);
    restarts(&mut desk, true);
    desk.pass(10_000);
    restarts(&mut desk, true);
    desk.pass(1_000);
    assert_eq!(desk.said_in(chat), ["Once", "!"]);
}

#[test]
fn law_2_a_run_that_a_commit_lost_waits_on_where_the_journal_has_it() {
    let actions = vec![Action::Wait { for_ms: 10_000 }, say("Your order?")];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatMessageSent, vec![], actions));
    let chat = desk.says("jun", "Hello?");
    desk.pass(0);
    let stored = desk.journal.len();
    desk.pass(10_000);
    assert_eq!(desk.said_in(chat).len(), 1);
    // The words were never stored: they are said when it can be stored again.
    let mut account = folded(&desk, stored);
    account.sessions_from(&desk.account);
    desk.account = account;
    desk.journal.truncate(stored);
    assert_eq!(desk.said_in(chat).len(), 0);
    desk.pass(0);
    assert_eq!(desk.said_in(chat), ["Your order?"]);
}

#[test]
fn patterns_are_compiled_once_however_often_other_triggers_change() {
    let matches = is(Subject::PageUrl, Operator::Matches, "a.*");
    let on = Occasion::WidgetLoaded;
    let mut desk = Desk::with_trigger(trigger(on, vec![matches], vec![say("!")]));
    let at = |desk: &Desk| desk.account.triggers.pattern("a.*").map(|p| p.as_str().as_ptr());
    let before = at(&desk);
    let other = Trigger { name: "Other".to_owned(), ..trigger(on, vec![], vec![say("!")]) };
    desk.admin(&AdminWish::PutTrigger { trigger: other }).unwrap();
    assert!(before.is_some() && at(&desk) == before);
    desk.admin(&AdminWish::RemoveTrigger { name: "Test".to_owned() }).unwrap();
    assert_eq!(at(&desk), None);
}
