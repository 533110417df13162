use super::*;
use bellhop_model::{
    CommandId, EndedBy, Message, Timestamp, VisitorId, VisitorProfile,
    people::{Origin, Page},
};

const ME: AgentId = AgentId(1);
const CHAT: ChatId = ChatId(7);

fn asks(text: &str) -> Vec<Seen> {
    let visitor = VisitorProfile {
        id: VisitorId("a3f1c2d4e5b697880716253a".to_owned()),
        name: None,
        language: "en".to_owned(),
        browser: String::new(),
        platform: String::new(),
        page: Page::default(),
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: Timestamp(0),
    };
    let origin = Origin::default();
    vec![fact(Fact::ChatRequested { chat_id: CHAT, visitor, origin }), says(text)]
}

fn says(text: &str) -> Seen {
    let message = Message {
        id: CommandId::from_parts(Timestamp(0), [1; 10]),
        author: Author::Visitor,
        text: text.to_owned(),
        at: Timestamp(0),
        file: None,
    };
    fact(Fact::MessagePosted { chat_id: CHAT, message })
}

fn fact(fact: Fact) -> Seen {
    Seen::Fact(Box::new(fact))
}

fn joined() -> Seen {
    fact(Fact::AgentJoined { chat_id: CHAT, agent_id: ME })
}

fn at_work() -> Colleague {
    let mut colleague = Colleague::new(Chance::new(3), 0);
    assert_eq!(colleague.handle(Seen::Time, 0), [Act::Open]);
    colleague.handle(Seen::SignedIn(ME), 0);
    colleague.handle(Seen::CaughtUp, 0);
    colleague
}

/// Lets time pass until she does something that is no typing sign.
fn wait(colleague: &mut Colleague, now: &mut i64) -> Vec<Act> {
    for _ in 0..1_000 {
        *now = colleague.wake_at().expect("something to do").max(*now);
        let mut acts = colleague.handle(Seen::Time, *now);
        acts.retain(|act| !matches!(act, Act::Typing { .. }));
        if !acts.is_empty() {
            return acts;
        }
    }
    panic!("she does nothing");
}

fn see(colleague: &mut Colleague, seen: Vec<Seen>, now: i64) {
    for seen in seen {
        assert_eq!(colleague.handle(seen, now), []);
    }
}

#[test]
fn she_serves_answers_from_the_stock_tags_and_leaves_what_is_quiet() {
    let (mut mina, mut now) = (at_work(), 0);
    assert_eq!(mina.wake_at(), None);
    see(&mut mina, asks("And the microwave?"), now);
    assert_eq!(wait(&mut mina, &mut now), [Act::Wish(Command::ServeNext)]);
    see(&mut mina, vec![joined(), Seen::Settled], now);
    let text = "Yes, there is no metal in the glaze.".to_owned();
    assert_eq!(wait(&mut mina, &mut now), [Act::Wish(Command::Say { chat_id: CHAT, text })]);
    let tags = vec!["dishwasher".to_owned()];
    let leaves = [
        Act::Wish(Command::SetTags { chat_id: CHAT, tags }),
        Act::Wish(Command::EndChat { chat_id: CHAT }),
    ];
    let said_at = now;
    assert_eq!(wait(&mut mina, &mut now), leaves);
    assert!(now - said_at > 60_000);
}

#[test]
fn a_chat_that_the_visitor_ended_is_tagged_and_left() {
    let (mut mina, mut now) = (at_work(), 0);
    see(&mut mina, asks("xyzzy"), now);
    wait(&mut mina, &mut now);
    see(&mut mina, vec![joined(), Seen::Settled], now);
    let ended = Fact::ChatEnded { chat_id: CHAT, by: EndedBy::Visitor };
    see(&mut mina, vec![fact(ended)], now);
    assert_eq!(wait(&mut mina, &mut now), [Act::Wish(Command::EndChat { chat_id: CHAT })]);
}

#[test]
fn what_a_colleague_serves_is_left_alone_and_at_closing_time_she_goes_home() {
    let (mut mina, now) = (at_work(), 0);
    see(&mut mina, asks("And the microwave?"), now);
    let served = Fact::AgentJoined { chat_id: CHAT, agent_id: AgentId(2) };
    see(&mut mina, vec![fact(served)], now);
    let reached = mina.wake_at().unwrap();
    assert_eq!(mina.handle(Seen::Time, reached), []);
    assert_eq!(mina.handle(Seen::Closing, reached), [Act::Depart]);
    assert_eq!(mina.wake_at(), None);
}

#[test]
fn at_closing_time_she_leaves_her_chats_first() {
    let (mut mina, mut now) = (at_work(), 0);
    see(&mut mina, asks("xyzzy"), now);
    wait(&mut mina, &mut now);
    see(&mut mina, vec![joined(), Seen::Settled], now);
    let leaves = [Act::Wish(Command::EndChat { chat_id: CHAT })];
    assert_eq!(mina.handle(Seen::Closing, now), leaves);
    let left = Fact::AgentLeft { chat_id: CHAT, agent_id: ME };
    // Not before she knows that it is done.
    assert_eq!(mina.handle(fact(left), now), []);
    assert_eq!(mina.handle(Seen::Settled, now), [Act::Depart]);
}

#[test]
fn law_1_the_same_seed_and_the_same_sights_give_the_same_acts() {
    let play = |seed| {
        let mut colleague = Colleague::new(Chance::new(seed), 0);
        let mut sights = vec![Seen::Time, Seen::SignedIn(ME), Seen::CaughtUp];
        sights.extend(asks("Is the small moon jar in stock?"));
        sights.extend([Seen::Time, joined(), Seen::Settled, Seen::Time, Seen::Lost, Seen::Time]);
        sights.extend([Seen::CaughtUp, Seen::Time, Seen::Time, says("xyzzy"), Seen::Time]);
        let mut now = 0;
        let mut acts = Vec::new();
        for seen in sights {
            if seen == Seen::Time {
                now = colleague.wake_at().unwrap_or(now).max(now);
            }
            acts.push((now, colleague.handle(seen, now)));
        }
        acts
    };
    for seed in 0..50 {
        assert_eq!(play(seed), play(seed));
    }
    assert_ne!(play(1), play(2));
}
