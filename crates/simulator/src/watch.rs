//! Does the service keep its word? What docs/protocol.md promises, checked at every frame.
//!
//! Invariant: after a violation the watch goes on from what it was told, so that one mistake is
//! counted once. Pure: frames in, violations out.

pub mod agent;
pub mod visitor;

use bellhop_model::{CommandId, Seq, frame::Digest};

/// What the service must not do. Says nothing of what anybody said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("a hole: number {seq} says it follows {prev}, but {had} was the last")]
    Hole { prev: Seq, seq: Seq, had: Seq },
    #[error("number {seq} came after {had}: twice, or out of order")]
    Twice { seq: Seq, had: Seq },
    #[error("the message {0} was told twice")]
    MessageTwice(CommandId),
    #[error("words {0} that nobody here said")]
    NotOurs(CommandId),
    #[error("an answer to {0}, which was never asked")]
    UnknownAnswer(CommandId),
    #[error("{0} was answered once so and once otherwise")]
    AnswerChanged(CommandId),
    #[error("the digest is {told:?}, what was delivered comes to {ours:?}")]
    Digest { told: Digest, ours: Digest },
    #[error("a frame that cannot be read: {0}")]
    Unreadable(String),
    #[error("the line was ended: {0}")]
    Rejected(String),
}

/// Checks a number and the one it says it follows; the number counts from then on.
fn follow(cursor: &mut Seq, prev: Seq, seq: Seq) -> Result<(), Violation> {
    let had = *cursor;
    if seq <= had {
        return Err(Violation::Twice { seq, had });
    }
    *cursor = seq;
    if prev == had { Ok(()) } else { Err(Violation::Hole { prev, seq, had }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_5_a_hole_and_a_repeat_are_seen_and_counted_once() {
        let mut cursor = Seq(4);
        assert_eq!(follow(&mut cursor, Seq(4), Seq(6)), Ok(()));
        let hole = Violation::Hole { prev: Seq(7), seq: Seq(8), had: Seq(6) };
        assert_eq!(follow(&mut cursor, Seq(7), Seq(8)), Err(hole));
        assert_eq!(follow(&mut cursor, Seq(8), Seq(9)), Ok(()));
        let twice = Violation::Twice { seq: Seq(9), had: Seq(9) };
        assert_eq!(follow(&mut cursor, Seq(8), Seq(9)), Err(twice));
    }
}
