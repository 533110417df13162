//! Moments as people read them, in their own zone and language. The words come from the
//! browser's `Intl`; native tests, which have none, get UTC and plain figures.

use bellhop_model::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// The agent's day a moment falls on, counted from 1970-01-01.
#[must_use]
pub fn local_day(at: Timestamp) -> i64 {
    (at.0 - offset_ms(at)).div_euclid(DAY_MS)
}

/// An age or a wait: `0:07`, `12:30`, `1:02:03`; in whole seconds, never below zero.
#[must_use]
pub fn age(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

use imp::offset_ms;
pub use imp::{Dates, now};

#[cfg(target_arch = "wasm32")]
mod imp {
    use super::Timestamp;
    use js_sys::{Array, Date, Function, Intl::DateTimeFormat, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    /// This machine's clock.
    #[must_use]
    pub fn now() -> Timestamp {
        Timestamp(Date::now() as i64)
    }

    pub(super) fn offset_ms(at: Timestamp) -> i64 {
        // In minutes, positive west of Greenwich.
        let minutes = Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset();
        if minutes.is_finite() { minutes as i64 * 60_000 } else { 0 }
    }

    /// Formats moments in one language. Making a formatter is slow, so each is made once.
    #[derive(Debug)]
    pub struct Dates {
        time: Function,
        day: Function,
        short: Function,
        exact: Function,
        language: Option<(Function, JsValue)>,
    }

    impl Dates {
        /// For the language with this tag, such as `ko`.
        #[must_use]
        pub fn new(tag: &str) -> Self {
            let make = |options: &[(&str, &str)]| {
                let bag = Object::new();
                for (key, value) in options {
                    let _ = Reflect::set(&bag, &(*key).into(), &(*value).into());
                }
                DateTimeFormat::new(&Array::of1(&tag.into()), &bag).format()
            };
            Self {
                time: make(&[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]),
                day: make(&[("weekday", "long"), ("month", "long"), ("day", "numeric")]),
                short: make(&[("month", "short"), ("day", "numeric")]),
                exact: make(&[
                    ("year", "numeric"),
                    ("month", "long"),
                    ("day", "numeric"),
                    ("hour", "2-digit"),
                    ("minute", "2-digit"),
                    ("second", "2-digit"),
                    ("hourCycle", "h23"),
                ]),
                language: display_names(tag),
            }
        }

        /// `14:02`
        #[must_use]
        pub fn time(&self, at: Timestamp) -> String {
            say(&self.time, at)
        }

        /// `Monday, November 23`
        #[must_use]
        pub fn day(&self, at: Timestamp) -> String {
            say(&self.day, at)
        }

        /// `Nov 23`
        #[must_use]
        pub fn short(&self, at: Timestamp) -> String {
            say(&self.short, at)
        }

        /// To the second.
        #[must_use]
        pub fn exact(&self, at: Timestamp) -> String {
            say(&self.exact, at)
        }

        /// The name of the language with this tag: `ko-KR` is "Korean (South Korea)".
        #[must_use]
        pub fn language(&self, tag: &str) -> String {
            self.language
                .as_ref()
                .and_then(|(of, this)| of.call1(this, &tag.into()).ok()?.as_string())
                .unwrap_or_else(|| tag.to_owned())
        }
    }

    fn say(format: &Function, at: Timestamp) -> String {
        let date = Date::new(&JsValue::from_f64(at.0 as f64));
        format
            .call1(&JsValue::UNDEFINED, &date)
            .ok()
            .and_then(|v| v.as_string())
            .unwrap_or_default()
    }

    fn display_names(tag: &str) -> Option<(Function, JsValue)> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let class: Function = Reflect::get(&intl, &"DisplayNames".into()).ok()?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"language".into()).ok()?;
        let made =
            Reflect::construct(&class, &Array::of2(&Array::of1(&tag.into()), &options)).ok()?;
        let of: Function = Reflect::get(&made, &"of".into()).ok()?.dyn_into().ok()?;
        Some((of, made))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod imp {
    use super::{DAY_MS, Timestamp};

    /// A fixed moment, so that what is rendered natively is the same every time:
    /// 2026-11-23T14:05:00Z.
    #[must_use]
    pub fn now() -> Timestamp {
        Timestamp(1_795_442_700_000)
    }

    pub(super) fn offset_ms(_: Timestamp) -> i64 {
        0
    }

    /// Plain figures in UTC.
    #[derive(Debug)]
    pub struct Dates;

    #[allow(clippy::unused_self)]
    impl Dates {
        #[must_use]
        pub fn new(_tag: &str) -> Self {
            Self
        }

        #[must_use]
        pub fn time(&self, at: Timestamp) -> String {
            let minutes = at.0.rem_euclid(DAY_MS) / 60_000;
            format!("{:02}:{:02}", minutes / 60, minutes % 60)
        }

        #[must_use]
        pub fn day(&self, at: Timestamp) -> String {
            format!("day {}", at.0.div_euclid(DAY_MS))
        }

        #[must_use]
        pub fn short(&self, at: Timestamp) -> String {
            self.day(at)
        }

        #[must_use]
        pub fn exact(&self, at: Timestamp) -> String {
            format!("{} {}:{:02}", self.day(at), self.time(at), at.0 / 1000 % 60)
        }

        #[must_use]
        pub fn language(&self, tag: &str) -> String {
            tag.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    #[rstest::rstest]
    #[case(-5, "0:00")]
    #[case(7_400, "0:07")]
    #[case(750_000, "12:30")]
    #[case(3_723_000, "1:02:03")]
    fn ages_are_in_whole_seconds(#[case] millis: i64, #[case] text: &str) {
        assert_eq!(super::age(millis), text);
    }
}
