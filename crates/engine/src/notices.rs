//! Notices: what the agent should know, until she has dismissed it.
//!
//! Invariant: the same thing is said once at a time, and there are never so many that they hide
//! the chats.

use bellhop_model::{
    Timestamp,
    view::{Notice, NoticeBody, Patch},
};

/// Shown at once; the oldest goes first.
const NOTICES: usize = 20;

#[derive(Debug, Default)]
pub(crate) struct Notices {
    shown: Vec<Notice>,
    last_id: u64,
}

impl Notices {
    /// Says something. Of the same thing said before only the newest stays.
    pub(crate) fn raise(&mut self, body: NoticeBody, at: Timestamp) -> Vec<Patch> {
        let mut patches = self.withdraw(|shown| *shown == body);
        if self.shown.len() >= NOTICES {
            let oldest = self.shown.remove(0);
            patches.push(Patch::NoticeGone { id: oldest.id });
        }
        self.last_id += 1;
        let notice = Notice { id: self.last_id, at, body };
        self.shown.push(notice.clone());
        patches.push(Patch::NoticeRaised { notice });
        patches
    }

    pub(crate) fn dismiss(&mut self, id: u64) -> Vec<Patch> {
        let before = self.shown.len();
        self.shown.retain(|notice| notice.id != id);
        if self.shown.len() == before { Vec::new() } else { vec![Patch::NoticeGone { id }] }
    }

    /// Takes back what is not so any more.
    pub(crate) fn withdraw(&mut self, which: impl Fn(&NoticeBody) -> bool) -> Vec<Patch> {
        let mut gone = Vec::new();
        self.shown.retain(|notice| {
            let goes = which(&notice.body);
            if goes {
                gone.push(Patch::NoticeGone { id: notice.id });
            }
            !goes
        });
        gone
    }

    pub(crate) fn shown(&self) -> &[Notice] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(detail: &str) -> NoticeBody {
        NoticeBody::NoNotifications { detail: detail.to_owned() }
    }

    #[test]
    fn the_same_thing_is_said_once_at_a_time() {
        let mut notices = Notices::default();
        notices.raise(trouble("a"), Timestamp(1));
        let patches = notices.raise(trouble("a"), Timestamp(2));
        assert!(matches!(
            &patches[..],
            [Patch::NoticeGone { id: 1 }, Patch::NoticeRaised { notice }] if notice.id == 2
        ));
        assert_eq!(notices.shown().len(), 1);
        assert_eq!(notices.dismiss(2), [Patch::NoticeGone { id: 2 }]);
        assert_eq!(notices.dismiss(2), []);
    }

    #[test]
    fn notices_never_pile_up() {
        let mut notices = Notices::default();
        for n in 0..1_000 {
            notices.raise(trouble(&n.to_string()), Timestamp(n));
        }
        assert_eq!(notices.shown().len(), NOTICES);
        assert_eq!(notices.shown().last().map(|n| n.id), Some(1_000));
    }
}
