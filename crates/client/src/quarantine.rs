//! Events that the engine cannot bear.
//!
//! Invariant (reliability.md S15): an event that made the engine panic twice is not given to it a
//! third time; its number is kept, so that everything after it still arrives.

use bellhop_model::{Fact, Seq, frame::ServerFrame};
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    suspects: BTreeSet<Seq>,
    skipped: BTreeSet<Seq>,
}

impl Quarantine {
    /// The engine panicked over this frame. Whether the event is skipped from now on.
    pub(crate) fn blame(&mut self, seq: Seq) -> bool {
        if self.suspects.insert(seq) {
            return false;
        }
        self.skipped.insert(seq);
        true
    }

    /// Takes the content out of an event that is skipped.
    pub(crate) fn screen(&self, frame: &mut ServerFrame) {
        if let ServerFrame::Event { event, .. } = frame
            && self.skipped.contains(&event.seq)
        {
            event.fact = Fact::Unknown;
        }
    }
}

/// The number of the event in this frame.
pub(crate) fn event_in(frame: &ServerFrame) -> Option<Seq> {
    match frame {
        ServerFrame::Event { event, .. } => Some(event.seq),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::{ChatId, Event, Timestamp};

    #[test]
    fn s15_an_event_is_skipped_after_the_second_panic() {
        let event = |seq| ServerFrame::Event {
            prev: Seq(seq - 1),
            event: Event {
                seq: Seq(seq),
                at: Timestamp(0),
                fact: Fact::ChatCameBack { chat_id: ChatId(1) },
            },
        };
        let mut quarantine = Quarantine::default();
        assert!(!quarantine.blame(Seq(7)));
        let mut frame = event(7);
        quarantine.screen(&mut frame);
        assert_eq!(frame, event(7));
        assert!(quarantine.blame(Seq(7)));
        quarantine.screen(&mut frame);
        assert!(matches!(&frame, ServerFrame::Event { event, .. } if event.fact == Fact::Unknown));
        let mut other = event(8);
        quarantine.screen(&mut other);
        assert_eq!(other, event(8));
    }
}
