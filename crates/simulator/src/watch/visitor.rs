//! What a visitor was told, and whether it can be so.

use super::{Violation, follow};
use bellhop_model::{CommandId, Seq, visitor_frame::VisitorLine};
use std::collections::{HashMap, HashSet};

/// See the module.
#[derive(Debug, Default)]
pub struct VisitorWatch {
    cursor: Seq,
    /// Messages that came, of whoever's.
    lines: HashSet<CommandId>,
    /// Everything said and wished, with whether it was taken once that is known.
    wishes: HashMap<CommandId, Option<bool>>,
}

impl VisitorWatch {
    /// What to resume from.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.cursor
    }

    /// The lines known belong to a chat that is over.
    pub fn reset(&mut self) {
        self.cursor = Seq(0);
        self.lines.clear();
    }

    pub fn asked(&mut self, id: CommandId) {
        self.wishes.entry(id).or_insert(None);
    }

    /// Takes a line.
    ///
    /// # Errors
    /// What is wrong with it; it counts nevertheless.
    pub fn line(&mut self, prev: Seq, seq: Seq, line: &VisitorLine) -> Result<(), Violation> {
        if prev == Seq(0) && seq > self.cursor {
            self.reset();
        }
        follow(&mut self.cursor, prev, seq)?;
        match line {
            VisitorLine::Mine { id, .. } if !self.wishes.contains_key(id) => {
                Err(Violation::NotOurs(*id))
            }
            VisitorLine::Mine { id, .. } | VisitorLine::Theirs { id, .. }
                if !self.lines.insert(*id) =>
            {
                Err(Violation::MessageTwice(*id))
            }
            _ => Ok(()),
        }
    }

    /// Takes a `taken` or a `refused`; whether it is the first for this wish.
    ///
    /// # Errors
    /// When there was no such wish, or it was answered otherwise before.
    pub fn answered(&mut self, id: CommandId, taken: bool) -> Result<bool, Violation> {
        match self.wishes.get_mut(&id) {
            None => Err(Violation::UnknownAnswer(id)),
            Some(Some(first)) if *first != taken => Err(Violation::AnswerChanged(id)),
            Some(answer) => Ok(answer.replace(taken).is_none()),
        }
    }

    /// The wish was refused for now: the same may be taken later.
    pub fn put_off(&mut self, id: CommandId) -> Result<(), Violation> {
        self.wishes.contains_key(&id).then_some(()).ok_or(Violation::UnknownAnswer(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::Timestamp;

    fn id(number: u8) -> CommandId {
        CommandId::from_parts(Timestamp(0), [number; 10])
    }

    fn mine(number: u8) -> VisitorLine {
        VisitorLine::Mine { id: id(number), text: "Hello".to_owned(), file: None }
    }

    #[test]
    fn law_5_lines_follow_each_other_and_a_new_chat_begins_at_nothing() {
        let mut watch = VisitorWatch::default();
        watch.asked(id(1));
        watch.asked(id(2));
        assert_eq!(watch.line(Seq(0), Seq(10), &mine(1)), Ok(()));
        let twice = Violation::Twice { seq: Seq(10), had: Seq(10) };
        assert_eq!(watch.line(Seq(0), Seq(10), &mine(1)), Err(twice));
        assert_eq!(watch.line(Seq(10), Seq(11), &mine(2)), Ok(()));
        assert_eq!(watch.line(Seq(11), Seq(12), &mine(2)), Err(Violation::MessageTwice(id(2))));
        assert_eq!(watch.line(Seq(12), Seq(13), &mine(3)), Err(Violation::NotOurs(id(3))));
        let hole = Violation::Hole { prev: Seq(14), seq: Seq(15), had: Seq(13) };
        let joined = VisitorLine::Joined { name: "Mina".to_owned(), tagline: None, avatar: None };
        assert_eq!(watch.line(Seq(14), Seq(15), &joined), Err(hole));
        // Another chat.
        assert_eq!(watch.line(Seq(0), Seq(30), &mine(1)), Ok(()));
        assert_eq!(watch.cursor(), Seq(30));
    }

    #[test]
    fn law_6_a_wish_has_one_answer() {
        let mut watch = VisitorWatch::default();
        assert_eq!(watch.answered(id(1), true), Err(Violation::UnknownAnswer(id(1))));
        assert_eq!(watch.put_off(id(1)), Err(Violation::UnknownAnswer(id(1))));
        watch.asked(id(1));
        assert_eq!(watch.put_off(id(1)), Ok(()));
        assert_eq!(watch.answered(id(1), true), Ok(true));
        assert_eq!(watch.answered(id(1), true), Ok(false));
        assert_eq!(watch.answered(id(1), false), Err(Violation::AnswerChanged(id(1))));
    }
}
