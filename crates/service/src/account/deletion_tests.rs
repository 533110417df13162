//! Deletion: who may, and that the account is the one that a journal without the words makes.

use super::{
    Account, AdminWish, SetupProblem, VisitorWish,
    tests::{Desk, HANA, MINA, rules},
};
use crate::redact::redacted;
use bellhop_model::{
    ChatId, Command, Event, Extent, Fact, OfflineMessageId, Permission, Rating, Refusal, Timestamp,
    VisitorId, manage::Management, record::RecordId,
};
use proptest::prelude::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// In all words of chats here and nowhere else.
const WORD: &str = "xylophone";
const NAMES: [&str; 3] = ["jun", "ara", "sora"];

fn delete(id: RecordId) -> Management {
    Management::DeleteRecord { id }
}

impl Desk {
    fn deletes(&mut self, id: RecordId) -> Result<(), Refusal> {
        self.manages(MINA, delete(id)).map(|_| ())
    }

    /// The journal as it lies in the file after the deletions in it.
    fn erased_journal(&self) -> Vec<Event> {
        let deleted = |fact: &Fact| match fact {
            Fact::ChatDeleted { chat_id, .. } => Some(RecordId::Chat(*chat_id)),
            Fact::OfflineMessageDeleted { message_id, .. } => {
                Some(RecordId::OfflineMessage(*message_id))
            }
            _ => None,
        };
        let gone: Vec<RecordId> =
            self.journal.iter().filter_map(|event| deleted(&event.fact)).collect();
        let about = |fact: &Fact| match fact {
            Fact::OfflineMessageLeft { message, .. } => Some(RecordId::OfflineMessage(message.id)),
            Fact::OfflineMessageAnswered { message_id, .. } => {
                Some(RecordId::OfflineMessage(*message_id))
            }
            fact => fact.chat_id().map(RecordId::Chat),
        };
        let erase = |event: &Event| {
            let is_gone = about(&event.fact).is_some_and(|id| gone.contains(&id));
            let fact = event.fact.clone();
            Event { fact: if is_gone { redacted(fact) } else { fact }, ..*event }
        };
        self.journal.iter().map(erase).collect()
    }
}

fn folded(journal: &[Event]) -> Account {
    let mut account = Account::new(rules());
    for event in journal {
        account.apply(event).unwrap();
    }
    account
}

#[test]
fn domain_13_who_may_deletes_what_is_over_and_nobody_else_anything() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    let id = RecordId::Chat(chat_id);
    assert_eq!(desk.deletes(id), Err(Refusal::ChatNotEnded));
    desk.serve(HANA, chat_id);
    desk.ends("jun");
    assert_eq!(desk.deletes(id), Err(Refusal::ChatNotEnded), "an agent is in it");
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    let no = Refusal::NotPermitted { permission: "delete_chats".to_owned() };
    assert_eq!(desk.manages(HANA, delete(id)).map(|_| ()), Err(no));
    desk.agents_may(Permission::DeleteChats, Extent::Account);
    let deleted = desk.manages(HANA, delete(id)).unwrap().facts;
    assert_eq!(deleted, [Fact::ChatDeleted { chat_id, agent_id: Some(HANA) }]);
    let gone = Refusal::NoSuchChat { chat_id };
    assert_eq!(desk.deletes(id), Err(gone.clone()));
    let tags = Command::SetTags { chat_id, tags: vec!["late".to_owned()] };
    assert_eq!(desk.agent(MINA, tags), Err(gone));
    let message_id = OfflineMessageId(7);
    let none = Refusal::NoSuchMessage { message_id };
    assert_eq!(desk.deletes(RecordId::OfflineMessage(message_id)), Err(none));
}

#[test]
fn domain_13_a_chat_that_was_deleted_does_not_come_back_and_its_number_is_not_given_again() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    desk.deletes(RecordId::Chat(chat_id)).unwrap();
    let jun = VisitorId("jun".to_owned());
    assert_eq!(desk.sees("jun"), bellhop_model::visitor_frame::VisitorChatState::None);
    assert_eq!(desk.account.chats_so_far(&jun), 1);
    desk.admin(&AdminWish::SwitchRatings { enabled: true }).unwrap();
    let rate = VisitorWish::Rate { rating: Some(Rating::Good), comment: None };
    assert_eq!(desk.visitor("jun", &rate), Err(Refusal::NothingToRate));
    let back = desk.account.to_snapshot().unwrap();
    assert!(Account::from_snapshot(rules(), &back).unwrap().same_fold(&desk.account).unwrap());
    assert_eq!(desk.says("jun", "One more thing"), ChatId(chat_id.0 + 1));
}

#[test]
fn domain_13_chats_are_kept_for_as_long_as_the_account_says() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.ends("jun");
    let (id, ended_at) = (RecordId::Chat(chat_id), desk.now);
    desk.pass(400 * DAY_MS);
    assert_eq!(desk.account.keeps_from(desk.now), None, "until somebody deletes it");
    assert_eq!(desk.account.expired(id, ended_at, desk.now), None);
    for days in [Some(0), Some(40_000)] {
        let problem = SetupProblem::Retention { most: 36_500 };
        assert_eq!(desk.admin(&AdminWish::SetRetention { days }), Err(problem));
    }
    let keep = |days| AdminWish::SetRetention { days };
    assert_eq!(desk.admin(&keep(Some(401))), Ok(true));
    assert_eq!(desk.admin(&keep(Some(401))), Ok(false));
    assert_eq!(desk.account.expired(id, ended_at, desk.now), None);
    desk.pass(DAY_MS + 1);
    let deleted = Fact::ChatDeleted { chat_id, agent_id: None };
    assert_eq!(desk.account.expired(id, ended_at, desk.now), Some(deleted.clone()));
    desk.record(vec![deleted]);
    assert_eq!(desk.account.expired(id, ended_at, desk.now), None, "it is gone");
    let open = desk.says("jun", "Again");
    assert_eq!(desk.account.expired(RecordId::Chat(open), Timestamp(0), desk.now), None);
    assert_eq!(desk.admin(&keep(None)), Ok(true));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Asks(usize),
    Named(usize),
    Ends(usize),
    Rates(usize),
    Leaves(usize),
    Answers(u64),
    Serves,
    Tags(u64),
    Transfers(u64),
    Left(u64),
    Deletes(u64),
    DeletesMessage(u64),
    Waits(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..NAMES.len();
    let chat = 1..8_u64;
    prop_oneof![
        3 => who.clone().prop_map(Step::Asks),
        2 => who.clone().prop_map(Step::Named),
        2 => who.clone().prop_map(Step::Ends),
        1 => who.clone().prop_map(Step::Rates),
        1 => who.prop_map(Step::Leaves),
        1 => (1..4_u64).prop_map(Step::Answers),
        3 => Just(Step::Serves),
        1 => chat.clone().prop_map(Step::Tags),
        1 => chat.clone().prop_map(Step::Transfers),
        2 => chat.clone().prop_map(Step::Left),
        3 => chat.prop_map(Step::Deletes),
        1 => (1..4_u64).prop_map(Step::DeletesMessage),
        1 => (0_i64..2_000_000).prop_map(Step::Waits),
    ]
}

impl Desk {
    /// What cannot be done is passed over.
    fn goes_through(&mut self, step: Step) {
        let words = |n: usize| format!("{WORD} {n}");
        match step {
            Step::Asks(who) => drop(self.says(NAMES[who], &words(who))),
            Step::Named(who) => {
                let name = words(who + self.journal.len());
                let _ = self.visitor(NAMES[who], &VisitorWish::Name { name });
            }
            Step::Ends(who) => drop(self.visitor(NAMES[who], &VisitorWish::End)),
            Step::Rates(who) => {
                let comment = Some(words(self.journal.len()));
                let rate = VisitorWish::Rate { rating: Some(Rating::Bad), comment };
                let _ = self.visitor(NAMES[who], &rate);
            }
            Step::Leaves(who) => {
                let (text, email) = (words(who), format!("{WORD}@shop.example"));
                let leave = VisitorWish::Leave { text, email, department: None };
                let _ = self.visitor(NAMES[who], &leave);
            }
            Step::Answers(id) => {
                let (message_id, text) = (OfflineMessageId(id), words(1));
                let _ = self.manages(HANA, Management::AnswerOfflineMessage { message_id, text });
            }
            Step::Serves => drop(self.agent(HANA, Command::ServeNext)),
            Step::Tags(id) => {
                let (chat_id, tags) = (ChatId(id), vec![WORD.to_owned()]);
                let _ = self.agent(HANA, Command::SetTags { chat_id, tags });
            }
            Step::Transfers(id) => {
                let (chat_id, agent_id, note) = (ChatId(id), MINA, Some(words(2)));
                let wish = Command::TransferToAgent { chat_id, agent_id, note };
                let _ = self.agent(HANA, wish);
            }
            Step::Left(id) => drop(self.agent(HANA, Command::EndChat { chat_id: ChatId(id) })),
            Step::Deletes(id) => drop(self.deletes(RecordId::Chat(ChatId(id)))),
            Step::DeletesMessage(id) => {
                let _ = self.deletes(RecordId::OfflineMessage(OfflineMessageId(id)));
            }
            Step::Waits(millis) => self.pass(millis),
        }
    }
}

proptest! {
    #[test]
    fn law_3_a_journal_without_the_words_of_what_was_deleted_makes_the_same_account(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut desk = Desk::new();
        desk.admin(&AdminWish::SwitchRatings { enabled: true }).unwrap();
        for step in steps {
            desk.goes_through(step);
        }
        let whole = folded(&desk.journal);
        let left = folded(&desk.erased_journal());
        prop_assert!(left.same_fold(&whole).unwrap());
        // And when everything is deleted that can be, no word of it is left in either.
        for id in 1..60 {
            let _ = desk.agent(HANA, Command::EndChat { chat_id: ChatId(id) });
            let _ = desk.agent(MINA, Command::EndChat { chat_id: ChatId(id) });
        }
        for who in NAMES {
            let _ = desk.visitor(who, &VisitorWish::End);
        }
        for id in 1..60 {
            let _ = desk.agent(HANA, Command::EndChat { chat_id: ChatId(id) });
            let _ = desk.deletes(RecordId::Chat(ChatId(id)));
            let _ = desk.deletes(RecordId::OfflineMessage(OfflineMessageId(id)));
        }
        let erased = desk.erased_journal();
        let text = serde_json::to_string(&erased).unwrap();
        prop_assert!(!text.contains(WORD), "{text}");
        for account in [folded(&erased), folded(&desk.journal)] {
            let text = String::from_utf8(account.to_snapshot().unwrap()).unwrap();
            prop_assert!(!text.contains(WORD), "{text}");
        }
    }
}
