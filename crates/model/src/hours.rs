//! Operating hours: when an account, or one of its departments, is open (domain.md 10).
//!
//! Only the words are here. What they come to at a moment needs the calendar, which the service
//! has: it tells whether somebody is outside hours, so no client computes with time zones.

use crate::{Timestamp, limits::SPANS_PER_DAY};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// A weekly schedule in a time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// A schedule that is not enabled says nothing: as if there were none.
    pub enabled: bool,
    /// The name of the zone in the IANA database, such as `Asia/Seoul`.
    pub time_zone: String,
    pub week: Week,
}

/// When it is open, Monday first. A day without a stretch is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub [Vec<OpenSpan>; 7]);

/// A stretch of a day, by the clock on the wall there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenSpan {
    /// Minutes since midnight.
    pub from: u16,
    /// The first minute that is closed again; 1440 is the end of the day.
    pub to: u16,
}

/// Why an agent is invisible whatever she chose: she is outside hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideHours {
    /// The next opening; nothing where there is none in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
}

/// What is wrong with a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeekProblem {
    #[error("a stretch of opening hours must end after it begins, on the same day")]
    Backwards,
    #[error("two stretches of opening hours of one day overlap")]
    Overlap,
    #[error("a day has at most {SPANS_PER_DAY} stretches of opening hours")]
    TooMany,
}

impl Week {
    /// The same week with the stretches of each day in their order.
    ///
    /// # Errors
    /// See [`WeekProblem`].
    pub fn checked(mut self) -> Result<Self, WeekProblem> {
        for day in &mut self.0 {
            day.sort_unstable();
            if day.len() > SPANS_PER_DAY {
                return Err(WeekProblem::TooMany);
            }
            if day.iter().any(|span| span.from >= span.to || span.to > DAY_MINUTES) {
                return Err(WeekProblem::Backwards);
            }
            if day.windows(2).any(|pair| pair[0].to > pair[1].from) {
                return Err(WeekProblem::Overlap);
            }
        }
        Ok(self)
    }
}
