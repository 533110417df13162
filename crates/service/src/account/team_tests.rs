//! Team chats.

use super::{
    Account,
    department_tests::YUNA,
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{
    AgentId, Author, ChatId, Command, Fact, Message, Refusal, Seq, TeamChatId, Timestamp, limits,
    manage::Management,
};

fn say(to: &[AgentId], text: &str) -> Management {
    Management::SayToTeam { to: to.to_vec(), text: text.to_owned() }
}

fn said(facts: &[Fact]) -> (TeamChatId, Vec<AgentId>) {
    match facts {
        [Fact::TeamSaid { team_chat_id, members, .. }] => (*team_chat_id, members.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn r_115_there_is_one_team_chat_for_each_set_of_agents_whoever_writes_first() {
    let mut desk = Desk::with_departments();
    let (pair, members) = said(&desk.wishes(HANA, say(&[MINA], "Lunch?")).unwrap());
    assert_eq!(members, [MINA, HANA]);
    let answer = desk.wishes(MINA, say(&[HANA, HANA, MINA], "Yes")).unwrap();
    assert_eq!(said(&answer).0, pair);
    let (all, members) = said(&desk.wishes(MINA, say(&[YUNA, HANA], "Kiln at 5")).unwrap());
    assert_eq!((all == pair, members), (false, vec![MINA, HANA, YUNA]));
    let bytes = desk.account.to_snapshot().unwrap();
    desk.account = Account::from_snapshot(rules(), &bytes).unwrap();
    assert_eq!(said(&desk.wishes(YUNA, say(&[HANA, MINA], "Ok")).unwrap()).0, all);
}

#[test]
fn r_115_nobody_but_its_agents_is_told_of_a_team_chat_and_of_reading_only_the_reader() {
    let mut desk = Desk::with_departments();
    let facts = desk.wishes(HANA, say(&[MINA], "Lunch?")).unwrap();
    assert_eq!(facts[0].audience(), Some(vec![MINA, HANA]));
    let read =
        Management::ReadTeamChat { team_chat_id: said(&facts).0, up_to: desk.account.head() };
    let facts = desk.wishes(MINA, read.clone()).unwrap();
    assert_eq!(facts[0].audience(), Some(vec![MINA]));
    let stranger = Refusal::NoSuchTeamChat { team_chat_id: TeamChatId(1) };
    assert_eq!(desk.wishes(YUNA, read), Err(stranger));
    desk.says("jun", "Hello");
    assert_eq!(desk.journal.last().unwrap().fact.audience(), None, "of visitors everybody is");
}

#[test]
fn r_115_what_was_read_never_goes_back_and_who_writes_has_read() {
    let mut desk = Desk::new();
    let team_chat_id = said(&desk.wishes(HANA, say(&[MINA], "One")).unwrap()).0;
    let first = desk.account.head();
    desk.wishes(HANA, say(&[MINA], "Two")).unwrap();
    let second = desk.account.head();
    let read = |up_to| Management::ReadTeamChat { team_chat_id, up_to };
    assert_eq!(desk.wishes(HANA, read(second)), Ok(vec![]), "her own words");
    let fact = |up_to| vec![Fact::TeamRead { team_chat_id, agent_id: MINA, up_to }];
    assert_eq!(desk.wishes(MINA, read(first)), Ok(fact(first)));
    assert_eq!(desk.wishes(MINA, read(Seq(9_999))), Ok(fact(second)), "no further than there is");
    assert_eq!(desk.wishes(MINA, read(first)), Ok(vec![]));
}

#[test]
fn r_111_r_115_files_strangers_oneself_and_what_is_too_much_are_refused() {
    let mut desk = Desk::new();
    let file = Management::SendFileToTeam { to: vec![HANA], name: "list.pdf".to_owned() };
    assert_eq!(desk.wishes(MINA, file), Err(Refusal::NoFilesInTeamChats));
    assert_eq!(desk.wishes(MINA, say(&[MINA], "Me")), Err(Refusal::ToOneself));
    assert_eq!(desk.wishes(MINA, say(&[], "Me")), Err(Refusal::ToOneself));
    assert_eq!(desk.wishes(MINA, say(&[HANA], " ")), Err(Refusal::TextEmpty));
    let chars = limits::MESSAGE_CHARS + 1;
    let too_long = Refusal::TextTooLong { chars, limit: limits::MESSAGE_CHARS };
    assert_eq!(desk.wishes(MINA, say(&[HANA], &"a".repeat(chars))), Err(too_long));
    let nobody = AgentId(99);
    assert_eq!(
        desk.wishes(MINA, say(&[HANA, nobody], "?")),
        Err(Refusal::NoSuchAgent { agent_id: nobody })
    );
    let many: Vec<AgentId> = (1..=limits::TEAM_CHAT_MEMBERS as u64 + 1).map(AgentId).collect();
    let too_many = Refusal::limit("members", limits::TEAM_CHAT_MEMBERS);
    assert_eq!(desk.wishes(MINA, say(&many, "?")), Err(too_many));
}

#[test]
fn r_115_of_three_and_more_there_are_so_many_team_chats_and_of_two_always_one() {
    let mut desk = Desk::with_departments();
    let author = Author::Agent { agent_id: MINA };
    let message =
        Message { id: desk.id(), author, text: "Hello".to_owned(), at: desk.now, file: None };
    for number in 1..=limits::TEAM_CHATS as u64 {
        let members = vec![MINA, HANA, AgentId(100 + number)];
        let team_chat_id = TeamChatId(number);
        desk.record(vec![Fact::TeamSaid { team_chat_id, members, message: message.clone() }]);
    }
    let limit = Refusal::limit("team_chats", limits::TEAM_CHATS);
    assert_eq!(desk.wishes(MINA, say(&[HANA, YUNA], "Lunch?")), Err(limit));
    assert!(desk.wishes(MINA, say(&[HANA], "Lunch?")).is_ok());
}

#[test]
fn r_116_a_team_chat_is_in_no_count_has_no_tags_and_is_no_chat_of_a_visitor() {
    let mut desk = Desk::new();
    let before = desk.account.counts();
    desk.wishes(HANA, say(&[MINA], "Lunch?")).unwrap();
    let after = desk.account.counts();
    assert_eq!((after.waiting, after.open), (before.waiting, before.open));
    assert_eq!(desk.account.due(Timestamp(i64::MAX / 2)), [], "nothing happens by itself");
    let chat_id = ChatId(1);
    let tags = Command::SetTags { chat_id, tags: vec!["lunch".to_owned()] };
    assert_eq!(desk.agent(MINA, tags), Err(Refusal::NoSuchChat { chat_id }));
    assert_eq!(desk.says("jun", "Hello"), chat_id, "the numbers of chats are their own");
}
