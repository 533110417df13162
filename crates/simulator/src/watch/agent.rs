//! What an agent was told, and whether it can be so.

use super::{Violation, follow};
use bellhop_model::{
    AgentId, ChatId, CommandId, Event, Fact, Seq,
    frame::{Digest, Outcome},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// See the module.
#[derive(Debug, Default)]
pub struct AgentWatch {
    cursor: Seq,
    me: Option<AgentId>,
    waiting: BTreeSet<ChatId>,
    mine: BTreeSet<ChatId>,
    /// Some request is not for everybody: how many wait for this agent is then the service's word,
    /// for who may serve which is not folded here.
    routed: bool,
    messages: HashSet<CommandId>,
    /// Every command, with its answer once there is one.
    commands: HashMap<CommandId, Option<Outcome>>,
}

impl AgentWatch {
    /// What to resume from.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.cursor
    }

    pub fn welcomed(&mut self, me: AgentId) {
        self.me = Some(me);
    }

    pub fn asked(&mut self, id: CommandId) {
        self.commands.entry(id).or_insert(None);
    }

    /// Takes an event.
    ///
    /// # Errors
    /// What is wrong with it; it counts nevertheless.
    pub fn event(&mut self, prev: Seq, event: &Event) -> Result<(), Violation> {
        let followed = follow(&mut self.cursor, prev, event.seq);
        if matches!(followed, Err(Violation::Twice { .. })) {
            return followed;
        }
        self.fold(&event.fact).and(followed)
    }

    fn fold(&mut self, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::ChatRequested { chat_id, .. } | Fact::ChatCameBack { chat_id } => {
                self.waiting.insert(*chat_id);
            }
            Fact::AgentJoined { chat_id, agent_id } => {
                self.waiting.remove(chat_id);
                if Some(*agent_id) == self.me {
                    self.mine.insert(*chat_id);
                }
            }
            Fact::AgentLeft { chat_id, agent_id } if Some(*agent_id) == self.me => {
                self.mine.remove(chat_id);
            }
            Fact::ChatEnded { chat_id, .. } => {
                self.waiting.remove(chat_id);
            }
            Fact::DepartmentChosen { .. } | Fact::ChatTransferred { .. } => self.routed = true,
            Fact::MessagePosted { message, .. } if !self.messages.insert(message.id) => {
                return Err(Violation::MessageTwice(message.id));
            }
            _ => {}
        }
        Ok(())
    }

    /// Compares a digest with what was delivered; that of `caught_up` too. The welcome's head says
    /// nothing about that: the newest events may be for others (docs/protocol.md, Hello).
    ///
    /// # Errors
    /// When they differ.
    pub fn digest(&self, told: Digest) -> Result<(), Violation> {
        let count = |chats: &BTreeSet<ChatId>| u32::try_from(chats.len()).unwrap_or(u32::MAX);
        let waiting = if self.routed { told.waiting } else { count(&self.waiting) };
        let ours = Digest { last: self.cursor, waiting, open: count(&self.mine) };
        if told == ours { Ok(()) } else { Err(Violation::Digest { told, ours }) }
    }

    /// Takes an answer; whether it is the first to this command.
    ///
    /// # Errors
    /// When there was no such command, or it was answered otherwise before.
    pub fn answered(&mut self, id: CommandId, outcome: &Outcome) -> Result<bool, Violation> {
        match self.commands.get_mut(&id) {
            None => Err(Violation::UnknownAnswer(id)),
            Some(Some(first)) if first == outcome => Ok(false),
            // These two pass, and are not kept as the answer (docs/protocol.md, Refusals).
            Some(Some(first)) if !is_passing(first) => Err(Violation::AnswerChanged(id)),
            Some(answer) => Ok(answer.replace(outcome.clone()).is_none()),
        }
    }
}

fn is_passing(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused { refusal } if refusal.is_transient())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::{Author, EndedBy, Message, Refusal, Timestamp};

    fn id(number: u8) -> CommandId {
        CommandId::from_parts(Timestamp(0), [number; 10])
    }

    fn event(seq: u64, fact: Fact) -> Event {
        Event { seq: Seq(seq), at: Timestamp(0), fact }
    }

    #[test]
    fn law_5_the_digest_is_counted_from_what_was_delivered() {
        let mut watch = AgentWatch::default();
        watch.welcomed(AgentId(1));
        let chat_id = ChatId(7);
        assert_eq!(watch.digest(Digest::default()), Ok(()), "nothing yet is for her");
        let behind = Digest { last: Seq(2), ..Digest::default() };
        assert!(matches!(watch.digest(behind), Err(Violation::Digest { .. })));
        watch.event(Seq(0), &event(1, Fact::ChatCameBack { chat_id })).unwrap();
        let waiting = Digest { last: Seq(1), waiting: 1, open: 0 };
        assert_eq!(watch.digest(waiting), Ok(()));
        let joined = Fact::AgentJoined { chat_id, agent_id: AgentId(1) };
        watch.event(Seq(1), &event(2, joined)).unwrap();
        assert!(matches!(watch.digest(waiting), Err(Violation::Digest { .. })));
        // An ended chat is hers until she leaves it.
        let ended = Fact::ChatEnded { chat_id, by: EndedBy::Visitor };
        watch.event(Seq(2), &event(3, ended)).unwrap();
        assert_eq!(watch.digest(Digest { last: Seq(3), waiting: 0, open: 1 }), Ok(()));
    }

    #[test]
    fn law_6_a_command_has_one_answer_and_a_message_comes_once() {
        let mut watch = AgentWatch::default();
        let accepted = Outcome::Accepted { last: Seq(1), chat_id: None };
        assert_eq!(watch.answered(id(1), &accepted), Err(Violation::UnknownAnswer(id(1))));
        watch.asked(id(1));
        assert_eq!(watch.answered(id(1), &accepted), Ok(true));
        assert_eq!(watch.answered(id(1), &accepted), Ok(false));
        let refused = Outcome::Refused { refusal: Refusal::NobodyWaiting };
        assert_eq!(watch.answered(id(1), &refused), Err(Violation::AnswerChanged(id(1))));

        let message = Message {
            id: id(2),
            author: Author::Visitor,
            text: "Hello".to_owned(),
            at: Timestamp(0),
            file: None,
        };
        let posted = Fact::MessagePosted { chat_id: ChatId(7), message };
        watch.event(Seq(0), &event(1, posted.clone())).unwrap();
        let twice = Err(Violation::MessageTwice(id(2)));
        assert_eq!(watch.event(Seq(1), &event(2, posted)), twice);
    }
}
