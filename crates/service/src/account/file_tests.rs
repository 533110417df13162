//! Files in visitors' chats, one rule by one.

use super::{
    Account, AdminWish, FileFrom, FileWish, Granted, SetupProblem, Viewer,
    tests::{Desk, HANA, IDLE_MS, MINA, rules},
};
use crate::address::Address;
use bellhop_model::{
    Author, ChatId, ChatState, Command, Extent, Fact, FileId, FileKind, Permission, Refusal,
    SentFile, Seq, VisitorId,
    chat::LineBody,
    file::FileRefusal,
    limits::{FILE_EXTENSIONS, FILES_PER_CHAT},
    manage::Management,
    record::Record,
    rules::FileName,
    visitor_frame::VisitorLine,
};

pub(super) fn file_id(number: u64) -> FileId {
    FileId(format!("{number:032x}"))
}

fn from(visitor: &str) -> FileFrom {
    FileFrom::Visitor(VisitorId(visitor.to_owned()))
}

impl Desk {
    /// A file of so many bytes arrives.
    pub(super) fn sends(
        &mut self,
        from: &FileFrom,
        name: &str,
        (id, bytes): (FileId, u64),
    ) -> Result<Granted, FileRefusal> {
        let (name, command) = (FileName::read(name).unwrap(), self.id());
        let file = SentFile { id, kind: FileKind::Pdf, bytes, pixels: None };
        let granted = self.account.decide_file(from, command, (&name, file), self.now)?;
        self.record(granted.facts.clone());
        Ok(granted)
    }

    fn pdf(&mut self, from: &FileFrom, number: u64) -> Result<Granted, FileRefusal> {
        self.sends(from, "order.pdf", (file_id(number), 1000))
    }

    fn served(&mut self) -> (ChatId, FileFrom) {
        let chat = self.says("jun", "Hello");
        self.serve(MINA, chat);
        (chat, FileFrom::Agent { agent: MINA, chat })
    }
}

#[test]
fn domain_15_a_file_is_a_message_of_its_author_and_counts_like_one() {
    let mut desk = Desk::new();
    let (chat_id, mina) = desk.served();
    desk.pass(1000);
    desk.pdf(&mina, 1).unwrap();
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!(chat.unanswered_since(), None, "a file answers");
    desk.pass(1000);
    let sent = desk.pdf(&from("jun"), 2).unwrap();
    let [Fact::MessagePosted { message, .. }] = &sent.facts[..] else { panic!("{sent:?}") };
    assert_eq!((&message.author, message.text.as_str()), (&Author::Visitor, "order.pdf"));
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!(chat.unanswered_since(), Some(desk.now), "and waits for an answer");
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    let record = Record::of(desk.account.chat(chat_id).unwrap()).unwrap();
    assert_eq!((record.said.visitor, record.said.agents), (2, 1));
    assert_eq!(record.response.unwrap().first_ms, 1000);
    assert!(record.unread && !record.dropped);
    let sight = desk.account.visitor_sight(&VisitorId("jun".to_owned()), Seq(0));
    let files = sight.lines.iter().filter(|line| {
        matches!(
            &line.line,
            VisitorLine::Mine { file: Some(_), .. } | VisitorLine::Theirs { file: Some(_), .. }
        )
    });
    assert_eq!(files.count(), 2);
}

#[test]
fn domain_15_files_go_into_a_chat_that_goes_on_and_that_one_is_in() {
    let mut desk = Desk::new();
    assert_eq!(desk.pdf(&from("jun"), 1), Err(FileRefusal::ChatEnded), "there is no chat");
    let nowhere = FileFrom::Agent { agent: MINA, chat: ChatId(9) };
    assert_eq!(desk.pdf(&nowhere, 1), Err(FileRefusal::NoSuchChat { chat_id: ChatId(9) }));
    let chat = desk.says("jun", "Hello");
    let mina = FileFrom::Agent { agent: MINA, chat };
    desk.pdf(&from("jun"), 1).unwrap();
    assert_eq!(desk.pdf(&mina, 2), Err(FileRefusal::NotInChat), "she does not serve it");
    desk.serve(MINA, chat);
    desk.pdf(&mina, 2).unwrap();
    let hana = FileFrom::Agent { agent: HANA, chat };
    assert_eq!(desk.pdf(&hana, 3), Err(FileRefusal::NotInChat));
    desk.ends("jun");
    for sender in [&mina, &from("jun")] {
        assert_eq!(desk.pdf(sender, 4), Err(FileRefusal::ChatEnded));
    }
    desk.agent(MINA, Command::EndChat { chat_id: chat }).unwrap();
    desk.pass(0);
    assert_eq!(desk.account.chat(chat), None);
    assert_eq!(desk.pdf(&mina, 4), Err(FileRefusal::ChatEnded), "it belongs to the history");
}

#[test]
fn section_10_point_4_with_two_agents_in_a_visitors_chat_both_send_files() {
    let mut desk = Desk::new();
    let (chat, mina) = desk.served();
    desk.account.agent_here(HANA, desk.now);
    let invite = Command::Invite { chat_id: chat, agent_id: HANA, note: None };
    desk.agent(MINA, invite).unwrap();
    desk.pdf(&mina, 1).unwrap();
    desk.pdf(&FileFrom::Agent { agent: HANA, chat }, 2).unwrap();
}

#[test]
fn r_111_no_file_goes_into_a_team_chat() {
    let mut desk = Desk::new();
    let wish = Management::SendFileToTeam { to: vec![HANA], name: "a.pdf".to_owned() };
    assert_eq!(desk.manages(MINA, wish), Err(Refusal::NoFilesInTeamChats));
}

#[test]
fn domain_9_after_the_agents_left_a_file_brings_the_chat_back_like_a_word() {
    let mut desk = Desk::new();
    let (chat_id, _) = desk.served();
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(10);
    let sent = desk.pdf(&from("jun"), 1).unwrap();
    assert_eq!(sent.facts[0], Fact::ChatCameBack { chat_id });
    assert_eq!(desk.state(chat_id), ChatState::Waiting);
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(IDLE_MS);
    assert_eq!(desk.pdf(&from("jun"), 2), Err(FileRefusal::ChatEnded));
}

#[test]
fn domain_12_who_is_banned_neither_sends_nor_sees_a_file() {
    let mut desk = Desk::new();
    let (_, mina) = desk.served();
    desk.pdf(&mina, 1).unwrap();
    let jun = VisitorId("jun".to_owned());
    desk.account.visitor_here(&jun);
    desk.account.seen_from(&jun, Address::parse("192.0.2.1").unwrap());
    let (address, reason) = ("192.0.2.1".to_owned(), String::new());
    desk.manages(MINA, Management::BanAddress { address, reason }).unwrap();
    assert_eq!(desk.pdf(&from("jun"), 2), Err(FileRefusal::NotAvailable));
    let seen = desk.account.file_for(&Viewer::Visitor(jun), &file_id(1));
    assert_eq!(seen, Err(FileRefusal::NotAvailable));
}

#[test]
fn domain_15_switched_off_documents_are_refused_and_added_extensions_are_taken() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    let jun = from("jun");
    let id = |number| (file_id(number), 1);
    let not_allowed = desk.sends(&jun, "a.docx", id(1)).unwrap_err();
    assert!(matches!(not_allowed, FileRefusal::KindNotAllowed { .. }));
    let allow = |list: &[&str]| {
        let extensions = list.iter().map(|&extension| extension.to_owned()).collect();
        AdminWish::Files(FileWish::Allow { extensions })
    };
    assert_eq!(desk.admin(&allow(&["DOCX", "pdf", "csv", "docx"])), Ok(true));
    assert_eq!(desk.admin(&allow(&["docx"])), Ok(false), "it is so already");
    assert_eq!(desk.account.file_rules().extensions, ["csv", "docx"]);
    desk.sends(&jun, "a.docx", id(1)).unwrap();
    let off = |sending| AdminWish::Files(FileWish::Switch { sending });
    assert_eq!((desk.admin(&off(false)), desk.admin(&off(false))), (Ok(true), Ok(false)));
    for name in ["a.docx", "a.pdf", "a.txt"] {
        assert_eq!(desk.sends(&jun, name, id(2)), Err(FileRefusal::SendingOff), "{name}");
    }
    desk.sends(&jun, "a.png", id(2)).unwrap();
    desk.admin(&off(true)).unwrap();
    let disallow = FileWish::Disallow { extensions: vec!["docx".to_owned(), "pdf".to_owned()] };
    desk.admin(&AdminWish::Files(disallow)).unwrap();
    desk.sends(&jun, "a.pdf", id(3)).unwrap();
    desk.sends(&jun, "a.docx", id(4)).unwrap_err();
    let many: Vec<String> = (0..=FILE_EXTENSIONS).map(|number| format!("x{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for wrong in [&["../x"][..], &["x.y"], &[""], &["muchtoolongone"], &many] {
        let refused = desk.admin(&allow(wrong));
        assert!(matches!(refused, Err(SetupProblem::Refused(_))), "{wrong:?}");
    }
}

#[test]
fn one_chat_has_so_many_files() {
    let mut desk = Desk::new();
    desk.says("jun", "Hello");
    for number in 0..FILES_PER_CHAT as u64 {
        desk.sends(&from("jun"), "a.pdf", (file_id(number), 1)).unwrap();
    }
    let (what, limit) = ("files".to_owned(), FILES_PER_CHAT as u64);
    assert_eq!(desk.pdf(&from("jun"), 900), Err(FileRefusal::LimitReached { what, limit }));
}

#[test]
fn section_10_all_files_have_so_much_room_and_visitors_leave_some_of_it() {
    let mut desk = Desk::new();
    let (_, mina) = desk.served();
    desk.says("sora", "Hello");
    let full = |limit| Err(FileRefusal::LimitReached { what: "bytes".to_owned(), limit });
    // One visitor has a twentieth of it, all of them nine tenths, and agents all.
    desk.sends(&from("jun"), "a.pdf", (file_id(900), 50_000)).unwrap();
    assert_eq!(desk.pdf(&from("jun"), 902), full(50_000));
    desk.sends(&from("sora"), "a.pdf", (file_id(901), 850_000)).unwrap();
    assert_eq!(desk.pdf(&from("sora"), 902), full(900_000));
    desk.sends(&mina, "a.pdf", (file_id(903), 100_000)).unwrap();
    assert_eq!(desk.pdf(&mina, 904), full(1_000_000));
    for number in [900, 901] {
        let file_id = file_id(number);
        desk.admin(&AdminWish::Files(FileWish::Delete { file_id })).unwrap();
    }
    desk.pdf(&mina, 904).unwrap();
    assert_eq!(desk.pdf(&from("jun"), 902), full(50_000), "what she has in his chat is his, too");
    desk.pdf(&from("sora"), 902).unwrap();
}

#[test]
fn a_file_is_seen_by_its_visitor_and_by_agents_who_may_see_its_chat() {
    let mut desk = Desk::new();
    let yuna = desk.account.new_agent("Yuna", "yuna@shop.example").unwrap();
    let viewer = Viewer::Agent(yuna.id);
    desk.record(vec![Fact::AgentSaved { agent: yuna }]);
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    desk.pdf(&FileFrom::Agent { agent: HANA, chat: chat_id }, 1).unwrap();
    let sees = |desk: &Desk, viewer: &Viewer| desk.account.file_for(viewer, &file_id(1)).map(drop);
    let visitor = |name: &str| Viewer::Visitor(VisitorId(name.to_owned()));
    assert_eq!(sees(&desk, &visitor("jun")), Ok(()));
    assert_eq!(sees(&desk, &visitor("sora")), Err(FileRefusal::NoSuchFile));
    assert_eq!(sees(&desk, &viewer), Ok(()), "she is told of every chat that goes on");
    desk.ends("jun");
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    desk.pass(0);
    assert_eq!(sees(&desk, &visitor("jun")), Ok(()), "a chat that is over stays theirs");
    let blind = vec![(Permission::ViewPastChats, Extent::None)];
    desk.admin(&AdminWish::PutRole { name: "Agent".to_owned(), grants: blind }).unwrap();
    let refused = FileRefusal::not_permitted(Permission::ViewPastChats);
    assert_eq!(sees(&desk, &viewer), Err(refused));
    assert_eq!(sees(&desk, &Viewer::Agent(HANA)), Ok(()), "she was in it");
}

#[test]
fn domain_13_administrators_delete_a_file_for_good_and_the_transcript_says_so() {
    let mut desk = Desk::new();
    let (chat_id, mina) = desk.served();
    desk.pdf(&mina, 1).unwrap();
    desk.pdf(&from("jun"), 2).unwrap();
    let delete = |number| Management::DeleteFile { file_id: file_id(number) };
    let refused = Refusal::NotPermitted { permission: "administrator".to_owned() };
    assert_eq!(desk.manages(HANA, delete(1)), Err(refused));
    desk.manages(MINA, delete(1)).unwrap();
    let last = desk.account.chat(chat_id).unwrap().transcript.last().unwrap().clone();
    let line = LineBody::FileDeleted { file_id: file_id(1), name: "order.pdf".to_owned() };
    assert_eq!(last.body, line);
    assert!(desk.account.is_deleted(&file_id(1)) && !desk.account.has_file(&file_id(1)));
    let jun = VisitorId("jun".to_owned());
    let seen = desk.account.visitor_sight(&jun, Seq(0)).lines.pop().unwrap().line;
    assert!(matches!(seen, VisitorLine::FileDeleted { .. }), "{seen:?}");
    let gone = Refusal::NoSuchFile { file_id: file_id(1) };
    assert_eq!(desk.manages(MINA, delete(1)), Err(gone));

    // Of a chat that belongs to the history, too.
    desk.ends("jun");
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(0);
    assert_eq!(desk.account.chat(chat_id), None);
    desk.admin(&AdminWish::Files(FileWish::Delete { file_id: file_id(2) })).unwrap();
    let fact = &desk.journal.last().unwrap().fact;
    assert!(matches!(fact, Fact::FileDeleted { agent_id: None, .. }), "{fact:?}");
    assert_eq!(desk.account.files().count(), 0);
    let mut folded = Account::new(rules());
    for event in &desk.journal {
        folded.apply(event).unwrap();
    }
    assert!(folded.same_fold(&desk.account).unwrap());
}
