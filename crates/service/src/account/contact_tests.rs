//! Contact information and notes: what agents write down of a visitor.

use super::{
    Account, VisitorWish,
    tests::{Desk, HANA, MINA, rules, visitor},
};
use bellhop_model::{
    AgentId, Contact, Extent, Fact, Permission, Refusal, VisitorId, limits, manage::Management,
    refusal::FieldProblem,
};

impl Desk {
    /// What a wish about the account leads to.
    pub(super) fn wishes(
        &mut self,
        agent: AgentId,
        wish: Management,
    ) -> Result<Vec<Fact>, Refusal> {
        self.manages(agent, wish).map(|granted| granted.facts)
    }
}

fn contact(visitor: &str, name: &str, email: &str) -> Management {
    Management::SetContact {
        visitor_id: VisitorId(visitor.to_owned()),
        name: name.to_owned(),
        email: email.to_owned(),
        phone: String::new(),
    }
}

fn note(visitor: &str, note: &str) -> Management {
    Management::SetVisitorNote { visitor_id: VisitorId(visitor.to_owned()), note: note.to_owned() }
}

#[test]
fn r_063_what_an_agent_writes_down_stays_with_the_visitor_over_chats() {
    let mut desk = Desk::new();
    let first = desk.says("jun", "Hello");
    desk.serve(MINA, first);
    desk.wishes(MINA, contact("jun", " Jun  Park ", "jun@shop.example")).unwrap();
    desk.wishes(HANA, note("jun", "Left-handed.\nAsks twice. ")).unwrap();
    let expected = Contact {
        name: "Jun Park".to_owned(),
        email: "jun@shop.example".to_owned(),
        phone: String::new(),
        note: "Left-handed.\nAsks twice.".to_owned(),
    };
    assert_eq!(desk.account.chat(first).unwrap().visitor.contact, expected, "the chat of now");
    desk.ends("jun");
    desk.pass(1_000);
    let second = desk.says("jun", "Me again");
    let requested = desk.journal.iter().find_map(|event| match &event.fact {
        Fact::ChatRequested { chat_id, visitor, .. } if *chat_id == second => Some(visitor.clone()),
        _ => None,
    });
    let requested = requested.unwrap();
    assert_eq!(requested.contact, expected, "whoever serves the next chat sees it");
    assert_eq!((requested.name, requested.contact.name.as_str()), (None, "Jun Park"));

    let bytes = desk.account.to_snapshot().unwrap();
    let back = Account::from_snapshot(rules(), &bytes).unwrap();
    assert_eq!(back.contact_of(&VisitorId("jun".to_owned())), expected);
}

#[test]
fn r_063_a_name_the_visitor_gives_does_not_replace_the_one_that_agents_wrote_down() {
    let mut desk = Desk::new();
    let chat = desk.says("jun", "Hello");
    desk.wishes(MINA, contact("jun", "Mr Park", "")).unwrap();
    desk.visitor("jun", &VisitorWish::Name { name: "Junie".to_owned() }).unwrap();
    let known = |desk: &Desk| desk.account.chat(chat).unwrap().visitor.label();
    assert_eq!(known(&desk), "Mr Park");
    desk.wishes(MINA, contact("jun", "", "")).unwrap();
    assert_eq!(known(&desk), "Junie");
    assert_eq!(desk.account.name_of_visitor(&VisitorId("jun".to_owned())), Some("Junie"));
}

#[test]
fn r_063_saying_it_twice_changes_nothing_and_nothing_is_written_of_nobody() {
    let mut desk = Desk::new();
    let nobody = Refusal::NoSuchVisitor { visitor_id: VisitorId("jun".to_owned()) };
    assert_eq!(desk.wishes(MINA, note("jun", "?")), Err(nobody));
    let jun = visitor("jun");
    desk.account.visitor_here(&jun.id);
    assert_eq!(desk.wishes(MINA, note("jun", "On the site, no chat")).unwrap().len(), 1);
    assert_eq!(desk.wishes(HANA, note("jun", " On the site, no chat ")), Ok(Vec::new()));
    desk.account.visitor_gone(&jun.id, desk.now);
    assert_eq!(desk.wishes(MINA, note("jun", "")).unwrap().len(), 1, "still known by the note");
}

#[test]
fn r_063_of_so_many_visitors_something_is_written_down_and_of_no_more() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    desk.says("ara", "Hello");
    desk.wishes(MINA, note("ara", "Known")).unwrap();
    let known = |number: usize| (VisitorId(number.to_string()), Contact::default());
    desk.account.contacts.extend((1..limits::CONTACTS).map(known));
    let limit = Refusal::limit("contacts", limits::CONTACTS);
    assert_eq!(desk.wishes(MINA, note("jun", "?")), Err(limit));
    assert!(desk.wishes(MINA, note("ara", "Known well")).is_ok());
    desk.wishes(MINA, note("ara", "")).unwrap();
    assert!(desk.wishes(MINA, note("jun", "?")).is_ok());
}

#[test]
fn r_063_what_is_too_long_or_not_what_it_says_is_refused() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    let long = "가".repeat(limits::NAME_CHARS + 1);
    for (wish, (field, problem)) in [
        (contact("jun", &long, ""), ("name", FieldProblem::TooLong)),
        (contact("jun", "", "jun"), ("email", FieldProblem::NotAllowed)),
    ] {
        assert_eq!(desk.wishes(MINA, wish), Err(Refusal::field(field, problem)));
    }
    let limit = limits::VISITOR_NOTE_CHARS;
    assert!(desk.wishes(MINA, note("jun", &"가".repeat(limit))).is_ok());
    let too_long = Refusal::TextTooLong { chars: limit + 1, limit };
    assert_eq!(desk.wishes(MINA, note("jun", &"가".repeat(limit + 1))), Err(too_long));
    assert_eq!(desk.wishes(MINA, Management::Unknown), Err(Refusal::UnknownCommand));
}

#[test]
fn domain_14_contact_information_and_notes_are_written_by_those_who_may() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    desk.agents_may(Permission::EditVisitorNotes, Extent::No);
    let refused = Refusal::not_permitted(Permission::EditVisitorNotes);
    assert_eq!(desk.wishes(HANA, note("jun", "?")), Err(refused));
    assert!(desk.wishes(HANA, contact("jun", "Jun", "")).is_ok());
    desk.agents_may(Permission::EditVisitorInformation, Extent::No);
    let refused = Refusal::not_permitted(Permission::EditVisitorInformation);
    assert_eq!(desk.wishes(HANA, contact("jun", "J", "")), Err(refused));
    assert!(desk.wishes(MINA, contact("jun", "J", "")).is_ok(), "the owner may");
}
