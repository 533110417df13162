//! What a weekly schedule comes to at a moment, in its time zone.
//!
//! The database of time zones is part of the program, so that every machine has the same answers.
//! Pure: a schedule and a moment in, an opening out.

use bellhop_model::{Hours, Timestamp};
use jiff::{
    ToSpan as _,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

/// How far ahead a change is looked for. A stretch or a break that a change of the clocks
/// swallows is there again a week later.
const HORIZON_DAYS: i64 = 15;

/// Whether something is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub open: bool,
    /// When that changes; nothing where no change is in sight.
    pub until: Option<Timestamp>,
}

impl Opening {
    /// Open, for ever.
    pub const ALWAYS: Self = Self { open: true, until: None };
}

/// The zone of this name; upper and lower case do not matter.
pub(super) fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// What `hours` come to at `now`. A stretch lasts from its beginning to its end by the clock on
/// the wall: a time that comes twice is the first of both, one that is skipped is as much later
/// as the clocks went forward.
pub(super) fn opening(hours: &Hours, now: Timestamp) -> Opening {
    // A zone that a later version of the database has no more leaves everything open.
    let Some(zone) = time_zone(&hours.time_zone) else { return Opening::ALWAYS };
    let Ok(moment) = jiff::Timestamp::from_millisecond(now.0) else { return Opening::ALWAYS };
    let today = zone.to_datetime(moment).date();
    let mut open: Vec<(Timestamp, Timestamp)> = Vec::new();
    let days = (-1..=HORIZON_DAYS).filter_map(|days| today.checked_add(days.days()).ok());
    for day in days {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        for span in hours.week.0.get(weekday).into_iter().flatten() {
            open.extend(moment_at(&zone, day, span.from).zip(moment_at(&zone, day, span.to)));
        }
    }
    let end_of_sight = today.checked_add((HORIZON_DAYS + 1).days()).ok();
    let end_of_sight = end_of_sight.and_then(|day| moment_at(&zone, day, 0));
    let until = |at: Timestamp| Some(at).filter(|at| Some(*at) != end_of_sight);
    for (from, to) in merged(open) {
        if now < from {
            return Opening { open: false, until: Some(from) };
        }
        if now < to {
            return Opening { open: true, until: until(to) };
        }
    }
    Opening { open: false, until: None }
}

fn moment_at(zone: &TimeZone, day: Date, minute: u16) -> Option<Timestamp> {
    let local = day.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes()).ok()?;
    Some(Timestamp(zone.to_timestamp(local).ok()?.as_millisecond()))
}

/// In their order, and as one where one goes on as the other ends. What ends before it begins,
/// because the clocks went forward over it, is not there.
fn merged(mut open: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    open.retain(|(from, to)| from < to);
    open.sort_unstable();
    let mut whole: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(open.len());
    for (from, to) in open {
        match whole.last_mut() {
            Some((_, last)) if from <= *last => *last = to.max(*last),
            _ => whole.push((from, to)),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::hours::{OpenSpan, Week};

    fn hours(zone: &str, days: impl IntoIterator<Item = (usize, u16, u16)>) -> Hours {
        let mut week = Week::default();
        for (day, from, to) in days {
            week.0[day].push(OpenSpan { from, to });
        }
        Hours { enabled: true, time_zone: zone.to_owned(), week: week.checked().unwrap() }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn told(hours: &Hours, now: &str) -> (bool, Option<String>) {
        let Opening { open, until } = opening(hours, at(now));
        let until = until.map(|at| jiff::Timestamp::from_millisecond(at.0).unwrap().to_string());
        (open, until)
    }

    fn until(open: bool, at: &str) -> (bool, Option<String>) {
        (open, Some(at.to_owned()))
    }

    #[test]
    fn domain_10_a_day_begins_and_ends_by_the_clock_of_its_time_zone() {
        // Seoul is nine hours ahead: Monday 09:00 there is midnight in UTC.
        let seoul = hours("Asia/Seoul", (0..5).map(|day| (day, 9 * 60, 18 * 60)));
        let monday = "2026-11-23T00:00:00Z";
        assert_eq!(told(&seoul, "2026-11-22T23:59:59.999Z"), until(false, monday));
        assert_eq!(told(&seoul, monday), until(true, "2026-11-23T09:00:00Z"));
        assert_eq!(told(&seoul, "2026-11-23T09:00:00Z"), until(false, "2026-11-24T00:00:00Z"));
        let friday_evening = "2026-11-27T12:00:00Z";
        assert_eq!(told(&seoul, friday_evening), until(false, "2026-11-30T00:00:00Z"));
    }

    #[test]
    fn domain_10_the_clock_on_the_wall_goes_on_over_daylight_saving() {
        // Berlin: 2026-03-29 the clocks go forward at 02:00, 2026-10-25 back at 03:00.
        let berlin = hours("Europe/Berlin", (0..7).map(|day| (day, 9 * 60, 17 * 60)));
        assert_eq!(told(&berlin, "2026-03-28T16:00:00Z"), until(false, "2026-03-29T07:00:00Z"));
        assert_eq!(told(&berlin, "2026-03-29T07:00:00Z"), until(true, "2026-03-29T15:00:00Z"));
        assert_eq!(told(&berlin, "2026-10-24T15:00:00Z"), until(false, "2026-10-25T08:00:00Z"));
    }

    #[test]
    fn domain_10_a_time_that_is_skipped_is_later_and_one_that_comes_twice_is_the_first() {
        let skipped = hours("Europe/Berlin", [(6, 150, 300)]);
        assert_eq!(told(&skipped, "2026-03-29T00:00:00Z"), until(false, "2026-03-29T01:30:00Z"));
        let twice = hours("Europe/Berlin", [(6, 0, 150)]);
        assert_eq!(told(&twice, "2026-10-24T23:00:00Z"), until(true, "2026-10-25T00:30:00Z"));
        // Sunday 02:00 to 03:00 is not there on that day; the Sunday after it is.
        let swallowed = hours("Europe/Berlin", [(6, 120, 180)]);
        assert_eq!(told(&swallowed, "2026-03-28T12:00:00Z"), until(false, "2026-04-05T00:00:00Z"));
    }

    #[test]
    fn domain_10_a_night_goes_on_past_midnight() {
        let night = hours("UTC", [(4, 22 * 60, 1_440), (5, 0, 4 * 60)]);
        assert_eq!(told(&night, "2026-11-27T23:00:00Z"), until(true, "2026-11-28T04:00:00Z"));
        assert_eq!(told(&night, "2026-11-28T00:00:00Z"), until(true, "2026-11-28T04:00:00Z"));
    }

    #[test]
    fn domain_10_what_never_changes_has_no_next_change() {
        let always = hours("Asia/Seoul", (0..7).map(|day| (day, 0, 1_440)));
        assert_eq!(told(&always, "2026-11-26T04:00:00Z"), (true, None));
        let never = hours("Asia/Seoul", []);
        assert_eq!(told(&never, "2026-11-26T04:00:00Z"), (false, None));
        let nowhere = hours("Mars/Olympus", [(0, 0, 60)]);
        assert_eq!(told(&nowhere, "2026-11-26T04:00:00Z"), (true, None));
    }

    proptest::proptest! {
        /// The answer is the same at every moment until it changes, and changes then.
        #[test]
        fn domain_10_an_opening_holds_until_the_moment_it_names(
            spans in proptest::collection::vec((0_usize..7, 0_u16..1_440, 1_u16..300), 1..6),
            zone in proptest::sample::select(vec!["UTC", "Asia/Seoul", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
            now in 1_760_000_000_000_i64..1_800_000_000_000,
            part in 0.0_f64..1.0,
        ) {
            let mut week = Week::default();
            for (day, from, length) in spans {
                week.0[day].push(OpenSpan { from, to: (from + length).min(1_440) });
            }
            let Ok(week) = week.checked() else { return Ok(()) };
            let hours = Hours { enabled: true, time_zone: zone.to_owned(), week };
            let first = opening(&hours, Timestamp(now));
            let until = first.until.expect("a week with a break changes");
            let between = now + ((until.0 - now - 1) as f64 * part) as i64;
            proptest::prop_assert_eq!(opening(&hours, Timestamp(between)), first);
            proptest::prop_assert_eq!(opening(&hours, until).open, !first.open);
        }
    }
}
