//! The ledger: what has been delivered, and whether that can be all of it (law 5).
//!
//! Invariant: the cursor names an event that was taken in together with everything before it. A
//! hole, a digest that does not agree or a cursor the service does not know lead to a resync, at
//! first from the cursor and then from the beginning, and never to a guess.

use bellhop_model::{Seq, frame::Digest};

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next.
    Next,
    /// It was taken in before.
    Known,
    /// Something before it is missing.
    Hole,
}

/// What to do when the view cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Reconnect, resume from the cursor.
    Resume,
    /// Reconnect, forget the mirror, take everything in again.
    Anew,
    /// Both were tried. The alarm stays; trying on would only be noise.
    Bear,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    cursor: Seq,
    /// The next line begins at 0, and the mirror is forgotten when the service has said who it is.
    anew: bool,
    /// Remedies since the last agreement.
    remedies: u8,
    /// A heartbeat spoke of this event, which had not come yet.
    ahead: Option<Seq>,
    /// Events up to here have been seen before: the mirror is being made anew.
    seen_before: Seq,
}

impl Ledger {
    pub(crate) fn new(cursor: Seq) -> Self {
        Self { cursor, ..Self::default() }
    }

    pub(crate) fn cursor(&self) -> Seq {
        self.cursor
    }

    /// What the next hello says.
    pub(crate) fn resume_from(&self) -> Seq {
        if self.anew { Seq(0) } else { self.cursor }
    }

    /// Whether the mirror is to be forgotten now that the service has proved to be the right one.
    pub(crate) fn begin_anew(&mut self) -> bool {
        let anew = std::mem::take(&mut self.anew);
        if anew {
            self.seen_before = self.seen_before.max(self.cursor);
            self.cursor = Seq(0);
            self.ahead = None;
        }
        anew
    }

    /// It is taken in again, and the agent has seen it.
    pub(crate) fn was_seen_before(&self, seq: Seq) -> bool {
        seq <= self.seen_before
    }

    pub(crate) fn place(&self, prev: Seq, seq: Seq) -> Place {
        if seq <= self.cursor {
            Place::Known
        } else if prev == self.cursor {
            Place::Next
        } else {
            Place::Hole
        }
    }

    pub(crate) fn advance(&mut self, seq: Seq) {
        self.cursor = seq;
    }

    /// The service does not know the cursor, or not everything before it was taken in.
    pub(crate) fn cursor_unknown(&mut self) {
        self.anew = true;
    }

    /// Something before an event is missing.
    pub(crate) fn hole(&mut self) -> Remedy {
        self.remedy()
    }

    /// Compares with a digest, which counts what `waiting` and `open` count here. `complete`:
    /// everything up to the digest's number has been sent.
    pub(crate) fn compare(
        &mut self,
        digest: Digest,
        waiting: u32,
        open: u32,
        complete: bool,
    ) -> Option<Remedy> {
        if digest.last < self.cursor {
            // Older than what has come since.
            return None;
        }
        if digest.last > self.cursor {
            let overdue = self.ahead.is_some_and(|ahead| ahead > self.cursor);
            self.ahead = Some(digest.last);
            return (complete || overdue).then(|| self.remedy());
        }
        self.ahead = None;
        if (digest.waiting, digest.open) == (waiting, open) {
            self.remedies = 0;
            return None;
        }
        Some(self.remedy())
    }

    fn remedy(&mut self) -> Remedy {
        self.remedies = self.remedies.saturating_add(1);
        self.ahead = None;
        match self.remedies {
            1 => Remedy::Resume,
            2 => {
                self.anew = true;
                Remedy::Anew
            }
            _ => Remedy::Bear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(last: u64, waiting: u32, open: u32) -> Digest {
        Digest { last: Seq(last), waiting, open }
    }

    #[rstest::rstest]
    #[case(7, 8, Place::Next)]
    #[case(7, 12, Place::Next)]
    #[case(6, 7, Place::Known)]
    #[case(0, 3, Place::Known)]
    #[case(8, 9, Place::Hole)]
    #[case(5, 9, Place::Hole)]
    fn law_5_an_event_is_the_next_or_known_or_shows_a_hole(
        #[case] prev: u64,
        #[case] seq: u64,
        #[case] place: Place,
    ) {
        assert_eq!(Ledger::new(Seq(7)).place(Seq(prev), Seq(seq)), place);
    }

    #[test]
    fn law_5_a_digest_that_never_agrees_is_a_resume_then_all_anew_then_an_alarm() {
        let mut ledger = Ledger::new(Seq(7));
        let remedies: Vec<_> =
            (0..4).map(|_| ledger.compare(digest(7, 1, 0), 0, 0, true)).collect();
        let expected = [Remedy::Resume, Remedy::Anew, Remedy::Bear, Remedy::Bear].map(Some);
        assert_eq!(remedies, expected);
        assert_eq!(ledger.compare(digest(7, 1, 0), 1, 0, false), None);
        assert_eq!(ledger.compare(digest(7, 1, 0), 0, 0, false), Some(Remedy::Resume));
    }

    #[test]
    fn law_5_a_heartbeat_may_be_ahead_once() {
        let mut ledger = Ledger::new(Seq(7));
        assert_eq!(ledger.compare(digest(9, 5, 5), 0, 0, false), None);
        ledger.advance(Seq(9));
        assert_eq!(ledger.compare(digest(11, 5, 5), 0, 0, false), None);
        assert_eq!(ledger.compare(digest(11, 5, 5), 0, 0, false), Some(Remedy::Resume));
    }

    #[test]
    fn law_5_after_catching_up_nothing_may_be_missing() {
        let mut ledger = Ledger::new(Seq(7));
        assert_eq!(ledger.compare(digest(8, 0, 0), 0, 0, true), Some(Remedy::Resume));
    }

    #[test]
    fn an_old_digest_says_nothing() {
        assert_eq!(Ledger::new(Seq(7)).compare(digest(6, 3, 3), 0, 0, false), None);
    }

    #[test]
    fn the_mirror_is_forgotten_only_when_the_service_is_known_to_be_the_right_one() {
        let mut ledger = Ledger::new(Seq(7));
        ledger.cursor_unknown();
        assert_eq!((ledger.resume_from(), ledger.cursor()), (Seq(0), Seq(7)));
        assert!(ledger.begin_anew());
        assert_eq!((ledger.resume_from(), ledger.cursor()), (Seq(0), Seq(0)));
        assert!(ledger.was_seen_before(Seq(7)) && !ledger.was_seen_before(Seq(8)));
        assert!(!ledger.begin_anew());
    }
}
