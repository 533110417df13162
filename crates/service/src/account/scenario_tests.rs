//! The requirements that concern the service, section by section, each walked through by people with
//! names: Mina, Hana and Yuna answer, Jun and Ara visit. What is shown in a window, typed or clicked
//! is the desktop program's; what visitors do on the site is the hub's (`tests/visitors.rs`,
//! `tests/story.rs`).

use super::{
    Account, AdminWish, VisitorWish,
    department_tests::{KILN, ORDERS, YUNA},
    tests::{Desk, HANA, MINA, rules, visitor},
};
use crate::{
    history,
    journal::HistoryStep,
    tickets::{self, Ticket, TicketStep},
};
use bellhop_model::{
    AccountKind, AgentId, Author, Availability, ChatId, ChatState, Command, EndedBy, Rating,
    Refusal, Seq, VisitorId,
    chat::LineBody,
    manage::Management,
    record::{RecordId, WholeRecord},
    shortcut::{Scope, Shortcut},
    visit::Category,
    visitor_frame::{VisitorChatState, VisitorLine},
};
use std::collections::BTreeMap;

/// What is written beside the journal: the history, and the tickets.
#[derive(Debug, Default)]
struct Written {
    records: BTreeMap<RecordId, WholeRecord>,
    tickets: BTreeMap<RecordId, Ticket>,
}

impl Written {
    /// As the hub has it written, event by event.
    fn of(desk: &Desk) -> Self {
        let (mut written, mut account) = (Self::default(), Account::new(rules()));
        for event in &desk.journal {
            let chat = event.fact.chat_id();
            let had = chat.is_some_and(|chat| history::has_record(&account, chat));
            account.apply(event).unwrap();
            let Some(done) = history::step(&account, had, event) else { continue };
            if let Some(step) = tickets::step(&account, &done, event.at) {
                written.ticket(step);
            }
            match done {
                HistoryStep::Keep(whole) => drop(written.records.insert(whole.record.id, *whole)),
                HistoryStep::Drop(id) | HistoryStep::Erase(id) => drop(written.records.remove(&id)),
                HistoryStep::Amend { id, line } => {
                    written.records.get_mut(&id).unwrap().transcript.push(line);
                }
            }
        }
        written
    }

    fn ticket(&mut self, step: TicketStep) {
        match step {
            TicketStep::Make { ticket, .. } => drop(self.tickets.insert(ticket.of, *ticket)),
            TicketStep::Withdraw(of) | TicketStep::Erase(of) => drop(self.tickets.remove(&of)),
            TicketStep::Tag { of, tags } => self.tickets.get_mut(&of).unwrap().tags = tags,
            TicketStep::Contact { .. } => {}
        }
    }

    fn chat(&self, chat: ChatId) -> &WholeRecord {
        &self.records[&RecordId::Chat(chat)]
    }

    fn ticket_of(&self, chat: ChatId) -> Option<&Ticket> {
        self.tickets.get(&RecordId::Chat(chat))
    }
}

fn id(name: &str) -> VisitorId {
    VisitorId(name.to_owned())
}

fn say(chat_id: ChatId, text: &str) -> Command {
    Command::Say { chat_id, text: text.to_owned() }
}

fn tags(chat_id: ChatId, tags: &[&str]) -> Command {
    Command::SetTags { chat_id, tags: tags.iter().map(|tag| (*tag).to_owned()).collect() }
}

/// What a visitor reads in their chat, a word for each line.
fn reads(desk: &Desk, name: &str) -> Vec<String> {
    let sight = desk.account.visitor_sight(&id(name), Seq(0));
    let word = |line: &VisitorLine| match line {
        VisitorLine::Mine { text, .. } => format!("I: {text}"),
        VisitorLine::Theirs { name, text, .. } => format!("{name}: {text}"),
        VisitorLine::Options { options } => format!("[{}]", options.join("/")),
        VisitorLine::RatingRequested { name } => format!("{name} asks for a rating"),
        VisitorLine::Rated { rating, .. } => format!("rated {rating:?}"),
        VisitorLine::Joined { name, .. } => format!("{name} joined"),
        VisitorLine::LeftChat { name } => format!("{name} left"),
        VisitorLine::Ended { mine } => format!("ended, mine {mine}"),
        VisitorLine::FileDeleted { name, .. } => format!("{name} deleted"),
        VisitorLine::Continued { name } => format!("{name} continued"),
    };
    sight.lines.iter().map(|seen| word(&seen.line)).collect()
}

fn said(desk: &Desk, chat: ChatId) -> Vec<String> {
    let lines = desk.account.chat(chat).unwrap().transcript.iter();
    let said = lines.filter_map(|line| match &line.body {
        LineBody::Said { message } => Some(message.text.clone()),
        _ => None,
    });
    said.collect()
}

fn offers(desk: &Desk) -> [u32; 3] {
    [MINA, HANA, YUNA].map(|agent| desk.offered(agent))
}

fn support(agents: &[&str]) -> AdminWish {
    let agents = agents.iter().map(|email| (*email).to_owned()).collect();
    AdminWish::SetSupport { kind: AccountKind::ChatSupport, agents }
}

/// A question, its answer, an end with a tag; of Jun and Mina.
fn question(desk: &mut Desk) -> ChatId {
    let chat_id = desk.says("jun", "Is the moon jar in stock?");
    desk.pass(10);
    desk.serve(MINA, chat_id);
    desk.agent(MINA, say(chat_id, "It is.")).unwrap();
    desk.agent(MINA, tags(chat_id, &["stock"])).unwrap();
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    chat_id
}

#[test]
fn section_1_r_001_r_006_a_chat_goes_alike_in_both_kinds_of_account_and_only_one_makes_tickets() {
    let mut chats = Desk::with_departments();
    let mut with_support = Desk::with_departments();
    with_support.admin(&support(&["desk@support.example"])).unwrap();
    let (chat, other) = (question(&mut chats), question(&mut with_support));
    // what agents and the visitor see is the same, but for the number that the setup took.
    let bodies = |desk: &Desk, chat| {
        let lines = desk.account.chat(chat).unwrap().transcript.iter();
        let bodies: Vec<LineBody> = lines.map(|line| line.body.clone()).collect();
        // The ids of messages are counted, and one command more or less was given before.
        serde_json::to_string(&bodies).unwrap()
    };
    assert_eq!(bodies(&chats, chat), bodies(&with_support, other));
    assert_eq!(reads(&chats, "jun"), reads(&with_support, "jun"));
    // no ticket, and nobody to give one to, in an account of chats.
    assert_eq!(Written::of(&chats).ticket_of(chat), None);
    assert!(Written::of(&with_support).ticket_of(other).is_some());
    let email = "desk@support.example".to_owned();
    let choose = || Management::SetTicketAssignee { email: email.clone() };
    let refused = Refusal::NotASupportAgent { email: email.clone() };
    assert_eq!(chats.wishes(MINA, choose()), Err(refused));
    assert!(with_support.wishes(MINA, choose()).is_ok());
}

#[test]
fn section_2_r_010_to_r_032_a_request_is_answered() {
    let mut desk = Desk::with_departments();
    desk.admin(&AdminWish::SwitchRatings { enabled: true }).unwrap();
    let shortcut = Shortcut {
        name: "stock".to_owned(),
        message: "It is in stock. Anything else?".to_owned(),
        options: vec!["Yes".to_owned(), "No".to_owned()],
        tags: Vec::new(),
        scope: Scope::All,
    };
    desk.admin(&AdminWish::PutShortcut { shortcut }).unwrap();

    // Jun asks, everybody's button says 1; Ara asks, it says 2.
    assert_eq!(offers(&desk), [0, 0, 0]);
    let chat_id = desk.says("jun", "Is the moon jar in stock?");
    assert_eq!(offers(&desk), [1, 1, 1]);
    desk.pass(1);
    let second = desk.says("ara", "Do you ship to Busan?");
    assert_eq!(offers(&desk), [2, 2, 2]);
    // nobody has time, and Jun is told so by a trigger.
    desk.pass(5_000);

    // Mina and Hana click at once; Mina gets Jun's, and of Jun's Hana is told.
    assert_eq!(desk.agent(MINA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
    let late = desk.agent(HANA, Command::Serve { chat_id });
    assert_eq!(late, Err(Refusal::AlreadyServed { by: "Mina".to_owned() }));
    assert_eq!(offers(&desk), [1, 1, 1]);
    // Jun's first words, the automatic message, and that Mina joined, in this order.
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!(chat.first_words(), "Is the moon jar in stock?");
    let [asked, automatic, joined] = &chat.transcript[..] else { panic!("{chat:?}") };
    assert!(matches!(&asked.body, LineBody::Said { message } if message.author == Author::Visitor));
    let by_trigger = |author: &Author| matches!(author, Author::Trigger { .. });
    assert!(matches!(&automatic.body, LineBody::Said { message } if by_trigger(&message.author)));
    assert!(matches!(joined.body, LineBody::AgentJoined { agent_id: MINA, .. }));

    // a shortcut's text, made her own; then words of hers.
    let (shortcut, text) = ("stock".to_owned(), "It is in stock, Jun. Anything else?".to_owned());
    desk.agent(MINA, Command::SayShortcut { chat_id, shortcut, text }).unwrap();
    desk.says("jun", "No");
    // a rating is asked for, for ratings are enabled.
    desk.agent(MINA, Command::RequestRating { chat_id }).unwrap();
    let (rating, comment) = (Some(Rating::Good), Some("Quick".to_owned()));
    desk.visitor("jun", &VisitorWish::Rate { rating, comment }).unwrap();
    // Ara's chat is another one, also for Mina.
    desk.serve(MINA, second);
    desk.agent(MINA, say(second, "We do.")).unwrap();
    assert_eq!(desk.account.counts().open[&MINA], 2);
    assert_eq!(said(&desk, second).last().unwrap(), "We do.");
    let told = reads(&desk, "jun");
    assert_eq!(
        told[2..],
        [
            "Mina joined",
            "Mina: It is in stock, Jun. Anything else?",
            "[Yes/No]",
            "I: No",
            "Mina asks for a rating",
            "rated Some(Good)",
        ]
    );
    // it goes on for as long as it is active.
    desk.pass(30 * 60 * 1000);
    desk.agent(MINA, say(chat_id, "Are you still there?")).unwrap();
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(desk.account.counts().open[&MINA], 1);
}

#[test]
fn section_3_r_040_to_r_045_a_request_is_looked_at_and_answered_by_the_first_reply() {
    let mut desk = Desk::with_departments();
    let chat_id = desk.says("jun", "Is the moon jar in stock?");
    desk.pass(0);
    // every agent has the request and what was said, and nothing need be asked of
    // the service to look at it: what Jun sees and what the button counts stays as it is.
    let (seen, journaled) = (reads(&desk, "jun"), desk.journal.len());
    assert_eq!(seen, ["I: Is the moon jar in stock?"]);
    assert_eq!((desk.journal.len(), offers(&desk)), (journaled, [1, 1, 1]));
    // Jun gave no name and goes by a number.
    let label = desk.account.chat(chat_id).unwrap().visitor.label();
    assert!(label.starts_with('#'), "{label}");
    // looking is not being in it.
    assert_eq!(desk.agent(HANA, say(chat_id, "Hello")), Err(Refusal::NotInChat));
    // Hana's program serves with her first words; she is the server from then on.
    desk.agent(HANA, Command::Serve { chat_id }).unwrap();
    desk.agent(HANA, say(chat_id, "It is.")).unwrap();
    assert_eq!(reads(&desk, "jun")[1..], ["Hana joined", "Hana: It is."]);
    // Mina, who looked at it too, is told before anything of hers goes out.
    let late = desk.agent(MINA, Command::Serve { chat_id });
    assert_eq!(late, Err(Refusal::AlreadyServed { by: "Hana".to_owned() }));
    assert_eq!(desk.agent(MINA, say(chat_id, "It is.")), Err(Refusal::NotInChat));
    assert_eq!(reads(&desk, "jun").len(), 3);
}

#[test]
fn section_4_r_050_to_r_056_an_agent_writes_to_a_visitor_who_hesitates() {
    let mut desk = Desk::with_departments();
    let jun = visitor("jun");
    desk.account.visitor_here(&jun.id);
    desk.looks("jun", "https://shop.example/cart", true);
    // a window of Mina's opens with Jun; Jun sees nothing of it.
    assert_eq!(desk.account.category_in_chat(&jun.id), None);
    assert_eq!((desk.sees("jun"), reads(&desk, "jun").len()), (VisitorChatState::None, 0));
    // her first words begin the chat, and are what Jun sees first.
    let text = "May I help you with the cart?".to_owned();
    let start = Command::StartChat { visitor_id: jun.id.clone(), text: text.clone() };
    let chat_id = desk.agent_seeing(MINA, start.clone(), Some(&jun)).unwrap().chat_id.unwrap();
    assert_eq!(reads(&desk, "jun"), ["Mina joined".to_owned(), format!("Mina: {text}")]);
    // the list says that Jun is served, and by whom, and how many chats there were.
    assert_eq!(desk.account.category_in_chat(&jun.id), Some(Category::Served));
    assert_eq!(desk.account.served_by(&jun.id), [MINA]);
    assert_eq!(desk.account.chats_so_far(&jun.id), 1);
    assert_eq!(offers(&desk), [0, 0, 0], "nobody is asked to serve it");
    // Hana had the same idea and is told of the chat.
    let late = desk.agent_seeing(HANA, start, Some(&jun));
    assert_eq!(late, Err(Refusal::VisitorInChat { chat_id }));
    assert_eq!(desk.says("jun", "Yes, please"), chat_id);
    // Jun leaves the site with the cart; the chat ends by itself, and Mina sees that.
    desk.account.visitor_gone(&jun.id, desk.now);
    desk.pass(120_000);
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!((chat.state, chat.ended_by), (ChatState::Ended, Some(EndedBy::Timeout)));
    assert_eq!(chat.agents, [MINA]);
}

#[test]
fn section_5_r_060_to_r_064_who_the_visitor_is_and_what_was_said_before() {
    let mut desk = Desk::with_departments();
    desk.admin(&support(&[])).unwrap();
    let first = question(&mut desk);
    desk.pass(60 * 60 * 1000);
    let second = desk.says("jun", "Me again");
    desk.serve(HANA, second);
    // Hana finds Jun's chat of before, with its conversation.
    let written = Written::of(&desk);
    let of_jun = written.records.values().filter(|whole| whole.record.visitor.id == id("jun"));
    assert_eq!(of_jun.count(), 1, "the one that goes on is no history yet");
    let whole = written.chat(first);
    assert_eq!(whole.record.first_words, "Is the moon jar in stock?");
    let spoken = whole.transcript.iter().filter(|line| matches!(line.body, LineBody::Said { .. }));
    assert_eq!(spoken.count(), 2);
    // she writes down who Jun is.
    let wish = Management::SetContact {
        visitor_id: id("jun"),
        name: "Mr Park".to_owned(),
        email: "jun@example.com".to_owned(),
        phone: String::new(),
    };
    desk.wishes(HANA, wish).unwrap();
    let contact = &desk.account.chat(second).unwrap().visitor.contact;
    assert_eq!((contact.name.as_str(), contact.email.as_str()), ("Mr Park", "jun@example.com"));
    assert!(!reads(&desk, "jun").concat().contains("Park"), "it is for agents");
    // the ticket of the chat is from whom she wrote down.
    desk.ends("jun");
    desk.agent(HANA, Command::EndChat { chat_id: second }).unwrap();
    let written = Written::of(&desk);
    let requester = &written.ticket_of(second).unwrap().requester;
    assert_eq!((requester.name.as_str(), requester.email.as_str()), ("Mr Park", "jun@example.com"));
}

#[test]
fn section_6_r_070_to_r_081_either_side_ends_a_chat() {
    let mut desk = Desk::with_departments();
    // Mina tags and ends; R-081: it is in the history with its tags.
    let first = question(&mut desk);
    assert_eq!((desk.state(first), desk.sees("jun")), (ChatState::Ended, VisitorChatState::Left));
    assert_eq!(Written::of(&desk).chat(first).record.tags, ["stock"]);

    // Ara ends hers, and Hana sees that.
    let chat_id = desk.says("ara", "Do you ship to Busan?");
    desk.serve(HANA, chat_id);
    desk.ends("ara");
    let last = desk.last_line(chat_id);
    assert!(matches!(last, LineBody::Ended { by: EndedBy::Visitor }), "{last:?}");
    // it stays open for her, and is no history.
    desk.pass(60 * 60 * 1000);
    assert_eq!(desk.account.counts().open.get(&HANA), Some(&1));
    assert!(!Written::of(&desk).records.contains_key(&RecordId::Chat(chat_id)));
    // she continues it, and Ara reads on.
    desk.agent(HANA, Command::ContinueChat { chat_id }).unwrap();
    desk.agent(HANA, say(chat_id, "We do ship to Busan.")).unwrap();
    let told = reads(&desk, "ara");
    assert_eq!(told[2..], ["ended, mine true", "Hana continued", "Hana: We do ship to Busan."]);
    // Ara ends it once more; Hana adds tags to what has ended, and ends it.
    desk.ends("ara");
    desk.agent(HANA, tags(chat_id, &["shipping", "busan"])).unwrap();
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(desk.account.counts().open.get(&HANA), None);
    let written = Written::of(&desk);
    assert_eq!(written.chat(chat_id).record.tags, ["shipping", "busan"]);
    assert_eq!(written.chat(chat_id).record.ended_by, Some(EndedBy::Visitor));
    assert_eq!(desk.agent(HANA, Command::ContinueChat { chat_id }), Err(Refusal::ChatEnded));
}

fn to_department(chat_id: ChatId, department_id: bellhop_model::DepartmentId) -> Command {
    Command::TransferToDepartment { chat_id, department_id, note: None }
}

#[test]
fn section_7_r_090_to_r_099_a_chat_is_handed_on() {
    let mut desk = Desk::with_departments();
    let chat_id = desk.says("jun", "The glaze has come off.");
    desk.serve(MINA, chat_id);
    desk.agent(MINA, say(chat_id, "Let me ask somebody.")).unwrap();
    let waits = desk.asks_for("ara", KILN);
    // to the kiln, behind Ara who waits there.
    desk.agent(MINA, to_department(chat_id, KILN)).unwrap();
    assert_eq!(offers(&desk), [0, 0, 2]);
    assert_eq!(desk.agent(YUNA, Command::ServeNext).unwrap().chat_id, Some(waits));
    assert_eq!(desk.agent(YUNA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
    // Yuna has the whole conversation.
    assert_eq!(said(&desk, chat_id), ["The glaze has come off.", "Let me ask somebody."]);
    // she hands it to Hana by name.
    let note = Some("A refund, please".to_owned());
    desk.agent(YUNA, Command::TransferToAgent { chat_id, agent_id: HANA, note }).unwrap();
    assert_eq!(offers(&desk), [0, 1, 0]);
    desk.serve(HANA, chat_id);
    // to her own department while Mina is online there; nobody else, and it is
    // refused with the reason, whatever the menu said when it opened.
    let set = |availability| Command::SetAvailability { availability };
    desk.agent(MINA, set(Availability::Away)).unwrap();
    let alone = Refusal::NobodyElseOnline { department: "Orders".to_owned() };
    assert_eq!(desk.agent(HANA, to_department(chat_id, ORDERS)), Err(alone));
    desk.agent(MINA, set(Availability::Online)).unwrap();
    desk.agent(HANA, to_department(chat_id, ORDERS)).unwrap();
    // Hana cannot answer it again; Mina can.
    assert_eq!(offers(&desk), [1, 0, 0]);
    assert_eq!(desk.agent(HANA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    assert_eq!(desk.agent(HANA, Command::Serve { chat_id }), Err(Refusal::Excluded));
    desk.serve(MINA, chat_id);
    // Mina is of the kiln, too; both are her own, and both need somebody else.
    desk.department("Kiln", &["mina@shop.example"]);
    for department in [ORDERS, KILN] {
        let refused = desk.agent(MINA, to_department(chat_id, department));
        assert!(matches!(refused, Err(Refusal::NobodyElseOnline { .. })), "{refused:?}");
    }
    // Jun was told of people, and of nothing between them.
    let told = reads(&desk, "jun");
    let people =
        ["joined", "left"].map(|word| told.iter().filter(|one| one.ends_with(word)).count());
    assert_eq!(people, [4, 3], "{told:?}");
    assert!(!told.concat().contains("refund"));
}

#[test]
fn section_8_r_110_to_r_116_agents_together() {
    let mut desk = Desk::with_departments();
    let chat_id = desk.says("jun", "Which clay is it?");
    desk.serve(MINA, chat_id);
    // Yuna is added, and Mina stays.
    desk.agent(MINA, Command::Invite { chat_id, agent_id: YUNA, note: None }).unwrap();
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [MINA, YUNA]);
    assert_eq!(desk.account.counts().open.get(&YUNA), Some(&1));
    desk.agent(YUNA, say(chat_id, "Porcelain.")).unwrap();
    // Mina hands it on and leaves; Jun never waits meanwhile.
    desk.agent(MINA, Command::TransferToAgent { chat_id, agent_id: HANA, note: None }).unwrap();
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [YUNA, HANA]);
    assert_eq!(desk.sees("jun"), VisitorChatState::Served);
    // Hana leaves Yuna to it.
    desk.agent(HANA, Command::LeaveChat { chat_id }).unwrap();
    assert_eq!(desk.agent(YUNA, Command::LeaveChat { chat_id }), Err(Refusal::LastInChat));

    // Mina and Hana apart, with no visitor and in no count.
    let counts = desk.account.counts();
    let text = "That was porcelain!".to_owned();
    let facts = desk.wishes(MINA, Management::SayToTeam { to: vec![HANA], text }).unwrap();
    assert_eq!(facts[0].audience(), Some(vec![MINA, HANA]), "only those two");
    assert_eq!(facts[0].chat_id(), None, "no chat of a visitor: no tags, no rating, no ticket");
    let after = desk.account.counts();
    assert_eq!((after.waiting, after.open), (counts.waiting, counts.open));
    assert_eq!(desk.account.category_in_chat(&id("jun")), Some(Category::Served));
    // no files among themselves.
    let file = Management::SendFileToTeam { to: vec![HANA], name: "clay.pdf".to_owned() };
    assert_eq!(desk.wishes(MINA, file), Err(Refusal::NoFilesInTeamChats));
}

#[test]
fn section_9_r_120_to_r_126_tickets_are_given_to_whom_the_agent_chose() {
    let mut desk = Desk::with_departments();
    desk.admin(&support(&["desk@support.example", "kim@support.example"])).unwrap();
    let choose = |desk: &mut Desk, agent: AgentId, email: &str| {
        desk.wishes(agent, Management::SetTicketAssignee { email: email.to_owned() }).map(|_| ())
    };
    let mut asked = 0;
    let mut chat = |desk: &mut Desk, agent: AgentId| {
        asked += 1;
        let name = format!("v{asked}");
        let chat_id = desk.says(&name, "Where is my order?");
        desk.serve(agent, chat_id);
        desk.ends(&name);
        desk.agent(agent, Command::EndChat { chat_id }).unwrap();
        chat_id
    };
    // of whoever chose nobody, tickets are nobody's.
    let nobodys = chat(&mut desk, MINA);
    // Mina names Kim, and it is so from the moment she saved it.
    assert_eq!(choose(&mut desk, MINA, "Kim@Support.example"), Ok(()));
    let kims = chat(&mut desk, MINA);
    let hanas = chat(&mut desk, HANA);
    // an address that is no support agent's is refused with the reason, and Kim stays.
    let email = "nobody@example.com".to_owned();
    let refused = Refusal::NotASupportAgent { email: email.clone() };
    assert_eq!(choose(&mut desk, MINA, &email), Err(refused));
    let still_kims = chat(&mut desk, MINA);
    // cleared, it is nobody's again.
    assert_eq!(choose(&mut desk, MINA, " "), Ok(()));
    let again_nobodys = chat(&mut desk, MINA);
    // tickets that were made before stayed as they were.
    let written = Written::of(&desk);
    let given = |chat| written.ticket_of(chat).unwrap().assignee.as_deref();
    let kim = Some("kim@support.example");
    let all = [nobodys, kims, hanas, still_kims, again_nobodys].map(given);
    assert_eq!(all, [None, kim, None, kim, None]);
}

#[test]
fn section_10_what_the_document_leaves_open_is_as_it_was_decided() {
    let mut desk = Desk::with_departments();
    // Point 3: the button serves who waits longest of those she may serve.
    let kiln = desk.asks_for("ara", KILN);
    desk.pass(1);
    let chat_id = desk.says("jun", "Hello");
    assert_eq!(desk.agent(MINA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
    // Point 2: a transfer has a new place, whenever the chat was asked for.
    desk.pass(1);
    let later = desk.asks_for("sol", ORDERS);
    desk.agent(MINA, to_department(chat_id, ORDERS)).unwrap();
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(later));
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
    // Point 7: for Hana the chat is closed; the session is not, and comes back with its history.
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(desk.sees("jun"), VisitorChatState::Left);
    assert_eq!(desk.says("jun", "One more thing"), chat_id);
    // Point 1: Mina transferred it to her own department and may not serve it, in all this session,
    // until somebody invites her.
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(Refusal::Excluded));
    desk.serve(HANA, chat_id);
    desk.agent(HANA, Command::Invite { chat_id, agent_id: MINA, note: None }).unwrap();
    desk.agent(MINA, Command::LeaveChat { chat_id }).unwrap();
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    desk.says("jun", "And another one");
    desk.serve(MINA, chat_id);
    // Point 6: Jun ended it and is gone. Mina continues; her words wait for Jun, who finds them on
    // coming back in time.
    desk.account.visitor_here(&id("jun"));
    desk.ends("jun");
    desk.account.visitor_gone(&id("jun"), desk.now);
    desk.pass(10_000);
    desk.agent(MINA, Command::ContinueChat { chat_id }).unwrap();
    desk.agent(MINA, say(chat_id, "Did that help?")).unwrap();
    desk.account.visitor_here(&id("jun"));
    assert_eq!(reads(&desk, "jun").last().unwrap(), "Mina: Did that help?");
    desk.says("jun", "It did");
    // Point 7: all of it is one entry of the history.
    desk.ends("jun");
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    let written = Written::of(&desk);
    assert_eq!(written.chat(chat_id).record.agents.len(), 2);
    assert_eq!(written.records.len(), 1);
    assert!(desk.agent(YUNA, Command::Serve { chat_id: kiln }).is_ok(), "Ara still waits");
}
