//! Random wishes in random orders against what must always be so.

use super::{
    Account, VisitorWish,
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{
    AgentId, ChatId, ChatState, Command, Event, Fact, Refusal, VisitorId, chat::LineBody,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const VISITORS: [&str; 3] = ["jun", "ara", "sol"];

#[derive(Debug, Clone)]
enum Step {
    Agent(AgentId, Command),
    Says(usize),
    Ends(usize),
    Here(usize),
    Gone(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let agent = prop_oneof![Just(MINA), Just(HANA)];
    let chat = (1_u64..6).prop_map(ChatId);
    let command = prop_oneof![
        3 => Just(Command::ServeNext),
        3 => chat.clone().prop_map(|chat_id| Command::Serve { chat_id }),
        3 => chat.clone().prop_map(|chat_id| Command::Say { chat_id, text: "text".to_owned() }),
        2 => chat.clone().prop_map(|chat_id| Command::EndChat { chat_id }),
        2 => chat.clone().prop_map(|chat_id| Command::ContinueChat { chat_id }),
        1 => chat.prop_map(|chat_id| Command::SetTags { chat_id, tags: vec!["tag".to_owned()] }),
    ];
    let visitor = 0..VISITORS.len();
    prop_oneof![
        6 => (agent, command).prop_map(|(agent, command)| Step::Agent(agent, command)),
        4 => visitor.clone().prop_map(Step::Says),
        1 => visitor.clone().prop_map(Step::Ends),
        1 => visitor.clone().prop_map(Step::Here),
        1 => visitor.prop_map(Step::Gone),
        2 => prop_oneof![Just(1), Just(5_000), Just(130_000), Just(1_300_000)]
            .prop_map(Step::Pass),
    ]
}

fn take(desk: &mut Desk, step: Step) {
    match step {
        Step::Agent(agent, command) => {
            let longest = longest_waiting(&desk.journal);
            let before = waiting(&desk.journal);
            let decided = desk.agent(agent, command.clone());
            match (&command, &decided) {
                (Command::ServeNext, Ok(granted)) => assert_eq!(granted.chat_id, longest),
                (Command::ServeNext, Err(refusal)) => {
                    assert_eq!((refusal, longest), (&Refusal::NobodyWaiting, None));
                }
                (Command::Serve { chat_id }, Ok(granted)) => {
                    assert_eq!(before.contains(chat_id), !granted.facts.is_empty());
                }
                (Command::Serve { chat_id }, Err(_)) => assert!(!before.contains(chat_id)),
                _ => {}
            }
        }
        Step::Says(who) => {
            desk.says(VISITORS[who], "text");
        }
        Step::Ends(who) => drop(desk.visitor(VISITORS[who], &VisitorWish::End)),
        Step::Here(who) => desk.account.visitor_here(&VisitorId(VISITORS[who].to_owned())),
        Step::Gone(who) => {
            desk.account.visitor_gone(&VisitorId(VISITORS[who].to_owned()), desk.now);
        }
        Step::Pass(millis) => desk.pass(millis),
    }
}

/// The queue, said over again and simply: who waits, by the journal alone.
fn queue(journal: &[Event]) -> BTreeMap<ChatId, i64> {
    let mut queue = BTreeMap::new();
    for event in journal {
        match &event.fact {
            Fact::ChatRequested { chat_id, .. } | Fact::ChatCameBack { chat_id } => {
                assert!(queue.insert(*chat_id, event.at.0).is_none());
            }
            Fact::AgentJoined { chat_id, .. } => {
                assert!(queue.remove(chat_id).is_some(), "exactly one agent serves a request");
            }
            Fact::ChatEnded { chat_id, .. } => {
                queue.remove(chat_id);
            }
            _ => {}
        }
    }
    queue
}

fn waiting(journal: &[Event]) -> BTreeSet<ChatId> {
    queue(journal).into_keys().collect()
}

fn longest_waiting(journal: &[Event]) -> Option<ChatId> {
    queue(journal).into_iter().min_by_key(|(id, since)| (*since, *id)).map(|(id, _)| id)
}

fn check(desk: &Desk) {
    let waiting = queue(&desk.journal);
    assert_eq!(desk.account.counts().waiting as usize, waiting.len());
    let mut open = BTreeMap::new();
    for (id, chat) in &desk.account.chats {
        assert_eq!(chat.state == ChatState::Waiting, waiting.contains_key(id));
        assert_eq!(
            chat.state == ChatState::Served,
            !chat.agents.is_empty() && chat.ended_at.is_none()
        );
        for agent in &chat.agents {
            *open.entry(*agent).or_insert(0) += 1;
        }
    }
    assert_eq!(*desk.account.counts().open, open);
    for visitor in VISITORS {
        let visitor = VisitorId(visitor.to_owned());
        let alive = desk
            .account
            .chats
            .values()
            .filter(|chat| chat.visitor.id == visitor && !chat.state.is_over());
        assert!(alive.count() <= 1, "a visitor is in one chat at a time");
    }
}

/// Nothing that was said is lost, doubled or out of order.
fn check_messages(desk: &Desk) {
    for chat in desk.account.chats.values() {
        let said = chat.transcript.iter().filter_map(|line| match &line.body {
            LineBody::Said { message } => Some(message.id),
            _ => None,
        });
        let journaled = desk.journal.iter().filter_map(|event| match &event.fact {
            Fact::MessagePosted { chat_id, message } if *chat_id == chat.id => Some(message.id),
            _ => None,
        });
        assert!(said.eq(journaled));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn r_018_whatever_is_wished_in_whatever_order_the_queue_is_right(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let mut desk = Desk::new();
        for step in steps {
            take(&mut desk, step);
            check(&desk);
        }
        check_messages(&desk);

        // Law 3: the state is the fold of the journal.
        let mut folded = Account::new(rules());
        for event in &desk.journal {
            folded.apply(event).unwrap();
        }
        folded.archive_done();
        desk.account.archive_done();
        prop_assert_eq!(folded.counts(), desk.account.counts());
        for (id, chat) in &desk.account.chats {
            prop_assert_eq!(folded.chats.get(id), Some(chat));
        }
        for (id, past) in &folded.past {
            prop_assert_eq!(desk.account.past.get(id), Some(past));
        }
    }
}
