//! What is counted.

use std::{fmt, ops::AddAssign};

/// Sums over everybody. `asked` to `missed` are visits as visitors saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Visits in which something was asked and taken.
    pub asked: u64,
    /// Of those, somebody came.
    pub served: u64,
    /// Of those, somebody of the team said something.
    pub answered: u64,
    /// Asked and left without being served.
    pub missed: u64,
    /// Words of visitors that were taken.
    pub said: u64,
    /// Ratings that were taken.
    pub rated: u64,
    /// Requests that colleagues served.
    pub serves: u64,
    /// Words of colleagues that were accepted.
    pub replies: u64,
    /// Lines opened after a first one.
    pub reconnects: u64,
    /// Wishes without an answer at the end.
    pub unsettled: u64,
    pub protocol_errors: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, more: Self) {
        self.asked += more.asked;
        self.served += more.served;
        self.answered += more.answered;
        self.missed += more.missed;
        self.said += more.said;
        self.rated += more.rated;
        self.serves += more.serves;
        self.replies += more.replies;
        self.reconnects += more.reconnects;
        self.unsettled += more.unsettled;
        self.protocol_errors += more.protocol_errors;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "asked {}, served {}, answered {}, missed {}, said {}, replied {}, rated {}, \
             reconnects {}, unsettled {}, protocol errors {}",
            self.asked,
            self.served,
            self.answered,
            self.missed,
            self.said,
            self.replies,
            self.rated,
            self.reconnects,
            self.unsettled,
            self.protocol_errors
        )
    }
}
