//! Bans, by browser and by address.

use super::{
    Account, AdminWish, SetupProblem, VisitorWish,
    tests::{Desk, HANA, MINA, rules},
};
use crate::address::Address;
use bellhop_model::{
    ChatId, ChatState, Command, EndedBy, Extent, Fact, Permission, Refusal, VisitorId,
    ban::{Ban, Banned},
    limits::{BAN_REASON_CHARS, BANNED_ADDRESSES},
    manage::Management,
    refusal::FieldProblem,
};

fn id(name: &str) -> VisitorId {
    VisitorId(name.to_owned())
}

fn ban(name: &str, reason: &str, address: bool) -> Management {
    Management::BanVisitor { visitor_id: id(name), reason: reason.to_owned(), address }
}

fn ban_address(address: &str) -> Management {
    Management::BanAddress { address: address.to_owned(), reason: String::new() }
}

fn no_address() -> Refusal {
    Refusal::field("address", FieldProblem::NotAllowed)
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn says(desk: &mut Desk, name: &str) -> Result<(), Refusal> {
    let wish = VisitorWish::Say {
        id: desk.id(),
        text: "Hello".to_owned(),
        department: None,
        skills: vec![],
    };
    desk.visitor(name, &wish).map(|_| ())
}

#[test]
fn domain_12_a_ban_ends_the_chat_for_everybody_and_the_visitor_says_no_more() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Spam");
    for agent in [MINA, HANA] {
        desk.account.agent_here(agent, desk.now);
    }
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::Invite { chat_id, agent_id: HANA, note: None }).unwrap();
    let facts = desk.wishes(MINA, ban("jun", "Spam", false)).unwrap();
    assert!(matches!(facts[0], Fact::Banned { .. }), "who is cut off first is told nothing else");
    assert_eq!(desk.state(chat_id), ChatState::Ended);
    assert_eq!(desk.account.counts().open.len(), 0);
    assert_eq!(says(&mut desk, "jun"), Err(Refusal::NotAvailable));
    assert_eq!(desk.visitor("jun", &VisitorWish::End), Err(Refusal::NotAvailable));
    assert!(desk.account.is_banned(&id("jun"), None));
    assert_eq!(desk.wishes(HANA, ban("jun", "Spam", false)), Ok(Vec::new()), "so already");

    let lift = Management::LiftBan { banned: Banned::Visitor { visitor_id: id("jun") } };
    assert_eq!(desk.wishes(HANA, lift.clone()).unwrap().len(), 1);
    assert_eq!(desk.wishes(HANA, lift), Ok(Vec::new()));
    assert_eq!(says(&mut desk, "jun"), Ok(()));
}

#[test]
fn domain_12_a_request_of_a_banned_visitor_waits_no_more() {
    let mut desk = Desk::new();
    desk.says("jun", "Spam");
    assert_eq!(desk.offered(HANA), 1);
    desk.wishes(MINA, ban("jun", "", false)).unwrap();
    assert_eq!(desk.offered(HANA), 0);
    let serve = Command::Serve { chat_id: ChatId(1) };
    assert_eq!(desk.agent(HANA, serve), Err(Refusal::ChatEnded));
}

#[test]
fn domain_12_an_address_is_banned_with_everybody_behind_it_and_nobody_else() {
    let mut desk = Desk::new();
    for (name, from) in [("jun", "192.0.2.1"), ("ara", "192.0.2.1"), ("sol", "192.0.2.2")] {
        desk.account.visitor_here(&id(name));
        desk.account.seen_from(&id(name), address(from));
        desk.says(name, "Hello");
    }
    desk.wishes(MINA, ban("jun", "", true)).unwrap();
    assert_eq!(desk.offered(HANA), 1, "of them sol alone still waits");
    assert_eq!(says(&mut desk, "ara"), Err(Refusal::NotAvailable));
    assert_eq!(says(&mut desk, "sol"), Ok(()));
    assert!(desk.account.is_banned(&id("new"), Some(address("192.0.2.1"))));
    assert!(!desk.account.is_banned(&id("new"), None));

    // A network of IPv6 is one address, however it is written.
    desk.wishes(MINA, ban_address(" 2001:DB8:1:2::99 ")).unwrap();
    assert!(desk.account.is_banned(&id("new"), Some(address("2001:db8:1:2:aaaa::1"))));
    let banned = Banned::Address { address: "2001:db8:1:2::7".to_owned() };
    desk.wishes(HANA, Management::LiftBan { banned }).unwrap();
    assert!(!desk.account.is_banned(&id("new"), Some(address("2001:db8:1:2:aaaa::1"))));
}

#[test]
fn domain_12_a_ban_of_an_address_ends_the_chats_there_whoever_bans() {
    let by_admin = |address: &str| AdminWish::Ban {
        banned: Banned::Address { address: address.to_owned() },
        reason: String::new(),
    };
    for administrator in [false, true] {
        let mut desk = Desk::new();
        for (name, from) in [("jun", "192.0.2.1"), ("ara", "192.0.2.1"), ("sol", "192.0.2.2")] {
            desk.account.visitor_here(&id(name));
            desk.account.seen_from(&id(name), address(from));
            let chat_id = desk.says(name, "Hello");
            desk.serve(HANA, chat_id);
        }
        // She is still in it when it is over.
        desk.ends("jun");
        if administrator {
            assert_eq!(desk.admin(&by_admin("192.0.2.1")), Ok(true));
        } else {
            desk.wishes(MINA, ban_address("192.0.2.1")).unwrap();
        }
        assert_eq!(desk.account.counts().open.get(&HANA), Some(&1), "sol's");
        let ends = desk.journal.iter().filter_map(|event| match event.fact {
            Fact::ChatEnded { chat_id, by } => Some((chat_id, by)),
            _ => None,
        });
        let by = if administrator { EndedBy::Timeout } else { EndedBy::Agent { agent_id: MINA } };
        let expected = [(ChatId(1), EndedBy::Visitor), (ChatId(2), by)];
        assert_eq!(ends.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn domain_12_a_chat_of_a_banned_visitor_is_not_continued() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Spam");
    desk.serve(MINA, chat_id);
    desk.ends("jun");
    // As a version that left agents in such a chat wrote it down.
    let banned = Banned::Visitor { visitor_id: id("jun") };
    let (name, reason) = (String::new(), String::new());
    desk.record(vec![Fact::Banned { ban: Ban { banned, name, reason, agent_id: None } }]);
    let go_on = Command::ContinueChat { chat_id };
    assert_eq!(desk.agent(MINA, go_on), Err(Refusal::ChatEnded));
}

#[test]
fn domain_12_an_address_that_everybody_comes_from_is_not_banned() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    desk.account.visitor_here(&id("jun"));
    // The second is a proxy's.
    for own in ["127.0.0.1", "192.0.2.80"] {
        desk.account.seen_from(&id("jun"), address(own));
        assert_eq!(desk.wishes(MINA, ban("jun", "", true)), Err(Refusal::AddressUnknown));
        assert_eq!(desk.wishes(MINA, ban_address(own)), Err(no_address()));
        let own = own.to_owned();
        let banned = Banned::Address { address: own.clone() };
        let wish = AdminWish::Ban { banned: banned.clone(), reason: String::new() };
        assert_eq!(desk.admin(&wish), Err(SetupProblem::OwnAddress { address: own }));
        assert!(desk.wishes(MINA, Management::LiftBan { banned }).is_ok(), "an older version's");
    }
    assert_eq!(desk.account.bans("", None).count(), 0);
}

#[test]
fn domain_12_what_is_no_address_or_not_known_or_too_long_is_refused() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    assert_eq!(desk.wishes(MINA, ban("jun", "", true)), Err(Refusal::AddressUnknown));
    assert!(!desk.account.is_banned(&id("jun"), None), "all of it or nothing");
    assert_eq!(desk.wishes(MINA, ban_address("jun")), Err(no_address()));
    let nobody = Refusal::NoSuchVisitor { visitor_id: id("nobody") };
    assert_eq!(desk.wishes(MINA, ban("nobody", "", false)), Err(nobody));
    let long = "가".repeat(BAN_REASON_CHARS + 1);
    let too_long = Refusal::TextTooLong { chars: BAN_REASON_CHARS + 1, limit: BAN_REASON_CHARS };
    assert_eq!(desk.wishes(MINA, ban("jun", &long, false)), Err(too_long));
    let unknown = Management::LiftBan { banned: Banned::Unknown };
    assert_eq!(desk.wishes(MINA, unknown), Err(no_address()));
}

#[test]
fn domain_12_of_more_addresses_than_are_kept_the_oldest_falls_out() {
    let mut desk = Desk::new();
    let nth = |n: usize| format!("10.{}.{}.1", n / 256, n % 256);
    for n in 0..BANNED_ADDRESSES {
        desk.wishes(MINA, ban_address(&nth(n))).unwrap();
    }
    let reason = Management::BanAddress { address: nth(0), reason: "again".to_owned() };
    desk.wishes(MINA, reason).unwrap();
    desk.wishes(MINA, ban_address("192.0.2.1")).unwrap();
    let is_banned = |n: usize| desk.account.is_banned(&id("x"), Some(address(&nth(n))));
    assert!(is_banned(0), "banned anew, it is not the oldest any more");
    assert!(!is_banned(1) && is_banned(2));
    assert!(desk.account.is_banned(&id("x"), Some(address("192.0.2.1"))));
}

#[test]
fn domain_12_the_list_is_searched_newest_first_also_after_a_restart() {
    let mut desk = Desk::new();
    for n in 0..3 {
        desk.wishes(MINA, ban_address(&format!("10.0.{n}.1"))).unwrap();
    }
    desk.says("jun", "Hello");
    desk.visitor("jun", &VisitorWish::Name { name: "Jun Park".to_owned() }).unwrap();
    desk.wishes(MINA, ban("jun", "Sends the same link again and again", false)).unwrap();
    let bytes = desk.account.to_snapshot().unwrap();
    let back = Account::from_snapshot(rules(), &bytes).unwrap();
    for account in [&desk.account, &back] {
        let all: Vec<_> = account.bans("", None).collect();
        assert_eq!((all.len(), all[0].ban.name.as_str()), (4, "Jun Park"), "newest first");
        let rest: Vec<_> = account.bans("", Some(all[1].seq)).collect();
        assert_eq!(rest, all[2..], "the page after that one");
        let found = |search: &str| account.bans(search, None).count();
        let counts = ["PARK", "same link", "jun", "10.0.2.1", "nobody"].map(found);
        assert_eq!(counts, [1, 1, 1, 1, 0]);
        assert!(account.is_banned(&id("jun"), None));
        assert!(account.bans_version() > all[1].seq);
    }
}

#[test]
fn domain_12_an_administrator_bans_and_lifts_without_knowing_a_visitor() {
    let mut desk = Desk::new();
    let visitor_id = VisitorId("a3f1c2d4e5b697880716253a".to_owned());
    let banned = Banned::Visitor { visitor_id: visitor_id.clone() };
    let wish = AdminWish::Ban { banned: banned.clone(), reason: "Spam".to_owned() };
    assert_eq!((desk.admin(&wish), desk.admin(&wish)), (Ok(true), Ok(false)));
    assert!(desk.account.is_banned(&visitor_id, None));
    let lift = AdminWish::LiftBan { banned };
    assert_eq!((desk.admin(&lift), desk.admin(&lift)), (Ok(true), Ok(false)));
    let wrong = |banned: Banned| AdminWish::Ban { banned, reason: String::new() };
    let jun = wrong(Banned::Visitor { visitor_id: id("jun") });
    assert_eq!(desk.admin(&jun), Err(SetupProblem::NotAVisitor { visitor_id: id("jun") }));
    let address = "not one".to_owned();
    let no_address = wrong(Banned::Address { address: address.clone() });
    assert_eq!(desk.admin(&no_address), Err(SetupProblem::NotAnAddress { address }));
}

#[test]
fn domain_14_bans_are_managed_by_those_who_may() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    desk.agents_may(Permission::ManageBans, Extent::None);
    let refused = Refusal::not_permitted(Permission::ManageBans);
    let lift = Management::LiftBan { banned: Banned::Visitor { visitor_id: id("jun") } };
    for wish in [ban("jun", "", false), ban_address("192.0.2.1"), lift] {
        assert_eq!(desk.wishes(HANA, wish), Err(refused.clone()));
    }
    assert!(desk.wishes(MINA, ban("jun", "", false)).is_ok(), "the owner may");
}
