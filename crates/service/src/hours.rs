//! `bellhop-service admin hours`: when the account and its departments are open.

use crate::admin::{Place, lines};
use anyhow::{Context as _, ensure};
use bellhop_model::{
    Hours, Timestamp,
    hours::{DAY_MINUTES, OpenSpan, Week},
};
use bellhop_service::{AdminWish, HoursNow, Running, Team};
use clap::Subcommand;
use serde_json::json;
use std::collections::BTreeMap;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Say when the account or a department is open, and enable that. What was said before is
    /// replaced.
    Set {
        #[command(flatten)]
        place: Place,
        /// The department; without it the hours of the whole account, which go before those of
        /// departments.
        #[arg(long, value_name = "NAME")]
        department: Option<String>,
        /// The time zone, as the IANA database names it, such as Asia/Seoul.
        #[arg(long, value_name = "ZONE")]
        time_zone: String,
        /// Days and a stretch of them: "mon-fri 09:00-18:00", "sat,sun 10:00-14:00" or
        /// "daily 00:00-24:00"; once for each stretch. Days that are not named are closed.
        #[arg(long = "open", value_name = "DAYS HOURS", value_parser = stretch)]
        open: Vec<Stretch>,
    },
    /// Let the hours that were set count again.
    Enable {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "NAME")]
        department: Option<String>,
    },
    /// Let them not count: open at any time.
    Disable {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "NAME")]
        department: Option<String>,
    },
    /// Print all hours, and whether it is open now.
    List {
        #[command(flatten)]
        place: Place,
        /// Each as a JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// The same stretch on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    days: Vec<usize>,
    span: OpenSpan,
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Set { place, .. }
            | Self::Enable { place, .. }
            | Self::Disable { place, .. }
            | Self::List { place, .. } => place,
        }
    }

    /// What the account is asked for; nothing for a list.
    fn wish(self) -> Option<AdminWish> {
        Some(match self {
            Self::Set { department, time_zone, open, .. } => {
                let mut week = Week::default();
                for Stretch { days, span } in open {
                    for day in days {
                        week.0[day].push(span);
                    }
                }
                AdminWish::SetHours { department, time_zone, week }
            }
            Self::Enable { department, .. } => AdminWish::EnableHours { department, enabled: true },
            Self::Disable { department, .. } => {
                AdminWish::EnableHours { department, enabled: false }
            }
            Self::List { .. } => return None,
        })
    }
}

/// Does it, and tells how the hours are then.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let json = matches!(admin, Admin::List { json: true, .. });
    if let Some(wish) = admin.wish() {
        running.admin(wish).await?;
    }
    let Team { hours, .. } = running.team().await?;
    if json {
        return lines(hours.iter().map(as_json));
    }
    let told: Vec<String> = hours.iter().map(told).collect();
    Ok(if told.is_empty() { "always open".to_owned() } else { told.join("\n") })
}

/// The department, or null for the account's; the week as it is given to `set`; times in
/// milliseconds since 1970.
fn as_json(now: &HoursNow) -> serde_json::Value {
    let Hours { enabled, time_zone, week } = &now.hours;
    let days = DAYS.iter().zip(&week.0).map(|(day, spans)| {
        let spans: Vec<String> = spans.iter().copied().map(clocks).collect();
        ((*day).to_owned(), spans)
    });
    let days: BTreeMap<String, Vec<String>> = days.collect();
    json!({
        "department": now.department, "enabled": enabled, "time_zone": time_zone, "week": days,
        "open_now": now.opening.open, "until": now.opening.until,
    })
}

/// One line: what it is the hours of, the time zone, the week, and what that comes to now.
fn told(now: &HoursNow) -> String {
    let Hours { enabled, time_zone, week } = &now.hours;
    let whose = now.department.as_deref().unwrap_or("(account)");
    let state = match (enabled, now.opening.open) {
        (false, _) => "disabled".to_owned(),
        (true, true) => format!("open{}", until(now.opening.until, time_zone)),
        (true, false) => format!("closed{}", until(now.opening.until, time_zone)),
    };
    let days = DAYS.iter().zip(&week.0).filter(|(_, spans)| !spans.is_empty());
    let days: Vec<String> = days
        .map(|(day, spans)| {
            let spans: Vec<String> = spans.iter().copied().map(clocks).collect();
            format!("{day} {}", spans.join(" "))
        })
        .collect();
    let days = if days.is_empty() { "never".to_owned() } else { days.join(", ") };
    format!("{whose}\t{time_zone}\t{days}\t{state}")
}

fn until(at: Option<Timestamp>, time_zone: &str) -> String {
    let moment = at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok());
    let there = moment.and_then(|moment| moment.in_tz(time_zone).ok());
    there.map_or_else(String::new, |there| format!(" until {}", there.strftime("%Y-%m-%d %H:%M")))
}

fn clocks(span: OpenSpan) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    format!("{}-{}", clock(span.from), clock(span.to))
}

fn stretch(text: &str) -> anyhow::Result<Stretch> {
    let (days, hours) = text
        .trim()
        .split_once(' ')
        .context("days and hours are needed: \"mon-fri 09:00-18:00\"")?;
    let (from, to) = hours.trim().split_once('-').context("from when until when: 09:00-18:00")?;
    let span = OpenSpan { from: minutes(from)?, to: minutes(to)? };
    Ok(Stretch { days: days_of(days)?, span })
}

fn minutes(text: &str) -> anyhow::Result<u16> {
    let told = || format!("{text:?} is no time of day; it is written 09:30");
    let (hours, minutes) = text.trim().split_once(':').with_context(told)?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
    let (hours, minutes) = number(hours).zip(number(minutes)).with_context(told)?;
    let all = hours * 60 + minutes;
    ensure!(minutes < 60 && all <= DAY_MINUTES, told());
    Ok(all)
}

fn days_of(text: &str) -> anyhow::Result<Vec<usize>> {
    if text.eq_ignore_ascii_case("daily") {
        return Ok((0..DAYS.len()).collect());
    }
    let day = |name: &str| {
        let known = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
        known.with_context(|| format!("{name:?} is no day; the days are {}", DAYS.join(", ")))
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => days.push(day(part)?),
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                // From Saturday to Tuesday is over the end of the week.
                let length = (last + DAYS.len() - first) % DAYS.len();
                days.extend((0..=length).map(|step| (first + step) % DAYS.len()));
            }
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn domain_10_days_and_hours_are_read_as_they_are_said() {
        let read = |text: &str| stretch(text).map(|read| (read.days, read.span.from, read.span.to));
        assert_eq!(read("mon-fri 09:00-18:30").unwrap(), (vec![0, 1, 2, 3, 4], 540, 1_110));
        assert_eq!(read("Sat,sun 10:00-14:00").unwrap(), (vec![5, 6], 600, 840));
        assert_eq!(read("sat-mon 00:00-24:00").unwrap(), (vec![5, 6, 0], 0, 1_440));
        assert_eq!(read("daily 08:00-09:00").unwrap().0.len(), 7);
    }

    #[test]
    fn bad_input_what_is_no_day_and_no_time_is_named() {
        for (text, wrong) in [
            ("someday 09:00-18:00", "someday"),
            ("mon 9-18", "09:30"),
            ("mon 09:60-18:00", "09:60"),
            ("mon 09:00-24:01", "24:01"),
            ("mon 65000:00-18:00", "65000:00"),
            ("mon", "days and hours"),
            ("mon 09:00", "until when"),
        ] {
            let told = stretch(text).unwrap_err().to_string();
            assert!(told.contains(wrong), "{text}: {told}");
        }
    }
}
