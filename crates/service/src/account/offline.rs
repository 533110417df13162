//! Offline messages (domain.md 16): left while nobody is there, kept, answered or marked.
//!
//! Invariant: a message that nobody has read is never thrown away for another one.

use super::{Account, Granted};
use bellhop_model::{
    AgentId, Author, CommandId, DepartmentId, Fact, Message, OfflineMessageId, Permission, Refusal,
    Seq, Timestamp, VisitorId, VisitorProfile,
    limits::{OFFLINE_ANSWERS, OFFLINE_MESSAGES, OFFLINE_MESSAGES_PER_VISITOR},
    offline::{OfflineAnswer, OfflineMessage, checked_email},
    people::Origin,
    route::DepartmentRef,
    rules,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct OfflineMessages {
    all: BTreeMap<OfflineMessageId, OfflineMessage>,
    /// Where they were left from; of which nothing is known, are not listed.
    origins: BTreeMap<OfflineMessageId, Origin>,
    unread: usize,
    last: u64,
    version: Seq,
    /// What was answered to a message, and to whom: it goes when the message is deleted.
    answers: BTreeMap<OfflineMessageId, (VisitorId, Vec<CommandId>)>,
    /// Those that fell out of the list, and have their records all the same.
    fallen: BTreeSet<OfflineMessageId>,
}

impl OfflineMessages {
    pub(super) fn apply(&mut self, seq: Seq, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::OfflineMessageLeft { message, origin } => {
                if !origin.is_unknown() {
                    self.origins.insert(message.id, origin.clone());
                }
                self.last = self.last.max(message.id.0);
                self.unread += usize::from(message.unread);
                self.all.insert(message.id, OfflineMessage::clone(message));
                if self.all.len() > OFFLINE_MESSAGES {
                    let oldest = self.all.values().find(|kept| !kept.unread);
                    if let Some(oldest) = oldest.map(|kept| kept.id) {
                        self.all.remove(&oldest);
                        self.origins.remove(&oldest);
                        self.fallen.insert(oldest);
                    }
                }
            }
            Fact::OfflineMessageMarked { message_id, unread, .. } => {
                self.mark(*message_id, *unread);
            }
            Fact::OfflineMessageAnswered { message_id, agent_id, message } => {
                self.mark(*message_id, false);
                if let Some(kept) = self.all.get_mut(message_id) {
                    let text = message.text.clone();
                    kept.answers.push(OfflineAnswer { agent_id: *agent_id, text, at });
                    let visitor = kept.visitor.id.clone();
                    let said = self.answers.entry(*message_id).or_insert((visitor, Vec::new()));
                    said.1.push(message.id);
                }
            }
            Fact::OfflineMessageDeleted { message_id, .. } => {
                self.mark(*message_id, false);
                self.all.remove(message_id);
                self.origins.remove(message_id);
                self.answers.remove(message_id);
                self.fallen.remove(message_id);
            }
            _ => return,
        }
        self.version = seq;
    }

    fn mark(&mut self, id: OfflineMessageId, unread: bool) {
        let Some(kept) = self.all.get_mut(&id) else { return };
        self.unread -= usize::from(kept.unread);
        kept.unread = unread;
        self.unread += usize::from(unread);
    }

    /// What was answered to it, and to whom.
    pub(super) fn answers_to(&self, id: OfflineMessageId) -> Vec<(VisitorId, CommandId)> {
        let said = self.answers.get(&id);
        let said = said.map(|(visitor, answers)| answers.iter().map(|id| (visitor.clone(), *id)));
        said.into_iter().flatten().collect()
    }

    /// It is in the history.
    pub(super) fn has_record(&self, id: OfflineMessageId) -> bool {
        self.all.contains_key(&id) || self.fallen.contains(&id)
    }

    /// The newest there ever was; 0 where there was none.
    pub(super) fn last(&self) -> OfflineMessageId {
        OfflineMessageId(self.last)
    }

    /// Who left the message.
    pub(super) fn left_by(&self, id: OfflineMessageId) -> Option<&VisitorId> {
        self.all.get(&id).map(|kept| &kept.visitor.id)
    }
}

impl Account {
    /// The number of the last event about offline messages.
    #[must_use]
    pub fn offline_version(&self) -> Seq {
        self.offline.version
    }

    /// Offline messages before this one, newest first.
    pub fn offline_messages(
        &self,
        before: Option<OfflineMessageId>,
    ) -> impl Iterator<Item = &OfflineMessage> {
        let to = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.offline.all.range((Bound::Unbounded, to)).rev().map(|(_, message)| message)
    }

    /// One of them, while it is kept.
    #[must_use]
    pub fn offline_message(&self, id: OfflineMessageId) -> Option<&OfflineMessage> {
        self.offline.all.get(&id)
    }

    /// Where it was left from, while it is kept.
    #[must_use]
    pub(crate) fn origin_of_message(&self, id: OfflineMessageId) -> Origin {
        self.offline.origins.get(&id).cloned().unwrap_or_default()
    }

    /// A visitor leaves a message; where somebody is there, they should rather ask them.
    pub(super) fn leave_message(
        &self,
        visitor: &VisitorProfile,
        (text, email): (&str, &str),
        department: Option<DepartmentId>,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        if self.agents.keys().any(|agent| self.can_be_handed(*agent)) {
            return Err(Refusal::SomebodyIsThere);
        }
        rules::check_text(text)?;
        let email = checked_email(email)?;
        if self.offline.unread >= OFFLINE_MESSAGES {
            return Err(Refusal::limit("offline_messages", OFFLINE_MESSAGES));
        }
        let all = self.offline.all.values();
        let of_them = all.filter(|kept| kept.unread && kept.visitor.id == visitor.id);
        if of_them.count() >= OFFLINE_MESSAGES_PER_VISITOR {
            return Err(Refusal::limit("offline_messages", OFFLINE_MESSAGES_PER_VISITOR));
        }
        let department = department.and_then(|id| self.setup.department(id));
        let department = department.filter(|known| known.enabled);
        let message = Box::new(OfflineMessage {
            id: OfflineMessageId(self.offline.last + 1),
            visitor: visitor.clone(),
            email,
            text: text.to_owned(),
            department: department
                .map(|known| DepartmentRef { id: known.id, name: known.name.clone() }),
            left_at: now,
            unread: true,
            answers: Vec::new(),
        });
        let origin = self.origin_of(&visitor.id);
        Ok(Granted { facts: vec![Fact::OfflineMessageLeft { message, origin }], chat_id: None })
    }

    pub(super) fn mark_message(
        &self,
        agent: AgentId,
        id: OfflineMessageId,
        unread: bool,
    ) -> Result<Vec<Fact>, Refusal> {
        let kept = self.read_by(agent, id)?;
        if kept.unread == unread {
            return Ok(Vec::new());
        }
        Ok(vec![Fact::OfflineMessageMarked { message_id: id, agent_id: agent, unread }])
    }

    /// The answer waits for the visitor, until they are on the site again.
    pub(super) fn answer_message(
        &self,
        agent: AgentId,
        id: OfflineMessageId,
        (command, text): (CommandId, &str),
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refusal> {
        rules::check_text(text)?;
        let kept = self.read_by(agent, id)?;
        if kept.answers.len() >= OFFLINE_ANSWERS {
            return Err(Refusal::limit("answers", OFFLINE_ANSWERS));
        }
        let author = Author::Agent { agent_id: agent };
        let message = Message { id: command, author, text: text.to_owned(), at: now, file: None };
        Ok(vec![Fact::OfflineMessageAnswered { message_id: id, agent_id: agent, message }])
    }

    fn read_by(&self, agent: AgentId, id: OfflineMessageId) -> Result<&OfflineMessage, Refusal> {
        self.roles.require(agent, Permission::ViewPastChats)?;
        self.offline.all.get(&id).ok_or(Refusal::NoSuchMessage { message_id: id })
    }
}

#[cfg(test)]
mod tests {
    use crate::account::{
        Granted, VisitorWish,
        department_tests::KILN,
        tests::{Desk, HANA, MINA},
    };
    use bellhop_model::{
        Author, Availability, Command, DepartmentId, Extent, Fact, OfflineMessageId, Permission,
        Refusal, VisitorId,
        chat::LineBody,
        limits::{OFFLINE_ANSWERS, OFFLINE_MESSAGES, OFFLINE_MESSAGES_PER_VISITOR},
        manage::Management,
        offline::OfflineMessage,
        refusal::FieldProblem,
    };

    const FIRST: OfflineMessageId = OfflineMessageId(1);

    impl Desk {
        fn leaves(
            &mut self,
            name: &str,
            text: &str,
            department: Option<DepartmentId>,
        ) -> Result<Granted, Refusal> {
            let (text, email) = (text.to_owned(), format!("{name}@example.com"));
            self.visitor(name, &VisitorWish::Leave { text, email, department })
        }
    }

    #[test]
    fn domain_16_a_message_is_left_only_while_nobody_is_there() {
        let mut desk = Desk::with_departments();
        assert_eq!(desk.leaves("jun", "Hello?", None), Err(Refusal::SomebodyIsThere));
        for agent in [MINA, HANA] {
            desk.account.agent_gone(agent, desk.now);
        }
        let yuna = crate::account::department_tests::YUNA;
        let availability = Availability::Invisible;
        desk.agent(yuna, Command::SetAvailability { availability }).unwrap();
        desk.leaves("jun", "Hello?", Some(KILN)).unwrap();
        assert_eq!(desk.leaves("jun", " ", None), Err(Refusal::TextEmpty));
        let wish = VisitorWish::Leave {
            text: "Hello".to_owned(),
            email: "nowhere".to_owned(),
            department: None,
        };
        let problem = Refusal::field("email", FieldProblem::NotAllowed);
        assert_eq!(desk.visitor("jun", &wish), Err(problem));
        let kept: Vec<_> = desk.account.offline_messages(None).collect();
        assert_eq!(
            (kept.len(), kept[0].email.as_str(), kept[0].unread),
            (1, "jun@example.com", true)
        );
        assert_eq!(kept[0].department.as_ref().unwrap().name, "Kiln");
        assert_eq!(desk.account.waiting_count(), 0, "it is no request");
    }

    #[test]
    fn domain_16_a_message_is_marked_or_answered_and_the_answer_waits_for_the_visitor() {
        let mut desk = Desk::new();
        desk.leaves("jun", "Do you ship to Busan?", None).unwrap();
        let mark = |unread| Management::MarkOfflineMessage { message_id: FIRST, unread };
        assert_eq!(desk.manages(HANA, mark(true)).unwrap().facts, []);
        assert_eq!(desk.manages(HANA, mark(false)).unwrap().facts.len(), 1);
        desk.manages(HANA, mark(true)).unwrap();
        let none = OfflineMessageId(9);
        let unknown = Management::MarkOfflineMessage { message_id: none, unread: false };
        let refusal = Refusal::NoSuchMessage { message_id: none };
        assert_eq!(desk.manages(HANA, unknown), Err(refusal));

        let text = "Yes, we do.".to_owned();
        let answer = Management::AnswerOfflineMessage { message_id: FIRST, text };
        desk.manages(HANA, answer.clone()).unwrap();
        let kept = desk.account.offline_messages(None).next().unwrap();
        assert_eq!((kept.unread, kept.answers.len()), (false, 1));
        desk.pass(20 * 24 * 60 * 60 * 1000);
        let jun = VisitorId("jun".to_owned());
        let waits = desk.account.greetings(&jun)[0].clone();
        assert_eq!(waits.author, Author::Agent { agent_id: HANA });
        let chat = desk.says("jun", "Thank you!");
        let first =
            desk.account.chat(chat).unwrap().transcript.iter().find_map(|line| match &line.body {
                LineBody::Said { message } => Some(message.id),
                _ => None,
            });
        assert_eq!(first, Some(waits.id), "it is part of the chat that follows");
        assert_eq!(desk.account.greetings(&jun), []);

        for _ in 1..OFFLINE_ANSWERS {
            desk.manages(HANA, answer.clone()).unwrap();
        }
        let limit = Refusal::limit("answers", OFFLINE_ANSWERS);
        assert_eq!(desk.manages(HANA, answer.clone()), Err(limit));
        desk.agents_may(Permission::ViewPastChats, Extent::None);
        let no = Refusal::NotPermitted { permission: "view_past_chats".to_owned() };
        assert_eq!(desk.manages(HANA, answer), Err(no));
    }

    #[test]
    fn domain_16_an_answer_becomes_part_of_a_chat_that_is_open_already() {
        let mut desk = Desk::new();
        desk.leaves("jun", "Do you ship to Busan?", None).unwrap();
        let chat = desk.says("jun", "Hello?");
        let text = "Yes, we do.".to_owned();
        desk.manages(HANA, Management::AnswerOfflineMessage { message_id: FIRST, text }).unwrap();
        let jun = VisitorId("jun".to_owned());
        let answer = desk.account.greetings(&jun)[0].id;
        assert!(desk.account.was_said(&jun, answer), "no command may take its id");
        desk.says("jun", "Thank you!");
        assert_eq!(desk.account.greetings(&jun), []);
        let said: Vec<_> = desk.account.chat(chat).unwrap().transcript.iter().collect();
        let texts: Vec<_> = said
            .iter()
            .filter_map(|line| match &line.body {
                LineBody::Said { message } => Some(message.text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["Hello?", "Yes, we do.", "Thank you!"]);
        assert!(desk.account.was_said(&jun, answer));
        let other = desk.id();
        assert!(!desk.account.was_said(&jun, other));
    }

    #[test]
    fn domain_16_one_visitor_does_not_fill_the_list() {
        let mut desk = Desk::new();
        for _ in 0..OFFLINE_MESSAGES_PER_VISITOR {
            desk.leaves("jun", "Hello?", None).unwrap();
        }
        let limit = Refusal::limit("offline_messages", OFFLINE_MESSAGES_PER_VISITOR);
        assert_eq!(desk.leaves("jun", "Hello?", None), Err(limit));
        desk.leaves("ara", "Hello?", None).unwrap();
        let read = Management::MarkOfflineMessage { message_id: FIRST, unread: false };
        desk.manages(HANA, read).unwrap();
        desk.leaves("jun", "Hello?", None).unwrap();
    }

    #[test]
    fn domain_16_of_too_many_the_oldest_that_was_read_goes_and_unread_ones_are_kept() {
        let mut desk = Desk::new();
        desk.leaves("jun", "Hello?", None).unwrap();
        let granted = desk.leaves("ara", "Hello?", None).unwrap();
        let Fact::OfflineMessageLeft { message, origin } = &granted.facts[0] else { panic!() };
        for n in 3..=OFFLINE_MESSAGES as u64 {
            let id = OfflineMessageId(n);
            let mut message = Box::new(OfflineMessage { id, ..OfflineMessage::clone(message) });
            message.visitor.id = VisitorId(format!("v{n}"));
            let origin = origin.clone();
            desk.record(vec![Fact::OfflineMessageLeft { message, origin }]);
        }
        let limit = Refusal::limit("offline_messages", OFFLINE_MESSAGES);
        assert_eq!(desk.leaves("sol", "Hello?", None), Err(limit));
        let second = OfflineMessageId(2);
        let read = Management::MarkOfflineMessage { message_id: second, unread: false };
        desk.manages(HANA, read).unwrap();
        desk.leaves("sol", "Hello?", None).unwrap();
        assert_eq!(desk.account.offline_messages(None).count(), OFFLINE_MESSAGES);
        let ids: Vec<_> =
            desk.account.offline_messages(Some(OfflineMessageId(4))).map(|m| m.id).collect();
        assert_eq!(ids, [OfflineMessageId(3), FIRST], "the second was read");
    }
}
