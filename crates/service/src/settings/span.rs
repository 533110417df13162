//! A length of time as people write it: `250ms`, `5s`, `2min`, `12h`, `30d`.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        read(&text).map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is no length of time such as 250ms, 5s, 2min or 12h"
            ))
        })
    }
}

fn read(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    // A year is longer than anything waited for here.
    number
        .checked_mul(millis)
        .filter(|ms| *ms <= 366 * 24 * 60 * 60 * 1000)
        .map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_number_and_a_unit() {
        assert_eq!(read("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read("2 min"), Some(Duration::from_mins(2)));
        assert_eq!(read("30d"), Some(Duration::from_hours(720)));
        for bad in ["", "5", "s", "-5s", "5m", "1.5s", "99999999999999999999s", "9999d"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
