//! What the dashboard says, in Korean and English (Fluent, `locales/`).
//!
//! Invariant: both languages have the same ids and every id said in the code is there: the tests
//! below read the sources. Names of people are never part of a locale; they come in as arguments,
//! set apart where they run from right to left.

mod reasons;

use crate::dates::Dates;
use bellhop_model::settings::Language;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use std::{borrow::Cow, rc::Rc};
use unic_langid::LanguageIdentifier;
use yew::prelude::*;

/// A language the dashboard speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    Korean,
    English,
}

impl Lang {
    /// What the setting means on a machine whose languages are `system`, most wanted first.
    #[must_use]
    pub fn choose(setting: Language, system: &str) -> Self {
        match setting {
            Language::Korean => Self::Korean,
            Language::System if system.to_ascii_lowercase().starts_with("ko") => Self::Korean,
            Language::English | Language::System => Self::English,
        }
    }

    /// The language's tag, for `lang` and `Intl`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Korean => include_str!("../locales/ko.ftl"),
            Self::English => include_str!("../locales/en.ftl"),
        }
    }
}

/// The words of one language. Clones are the same words.
#[derive(Clone)]
pub struct Words {
    lang: Lang,
    bundle: Rc<FluentBundle<FluentResource>>,
    /// Moments in the same language.
    pub dates: Rc<Dates>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Words").field(&self.lang).finish()
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.lang == other.lang
    }
}

impl Words {
    /// Reads the language's words.
    #[must_use]
    pub fn of(lang: Lang) -> Self {
        // Both tags are well-formed.
        let id: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // Marks around every argument would stand in copied text; `with` sets apart what needs it.
        bundle.set_use_isolating(false);
        // A mistake in a locale is found by the tests; what can be read is used either way.
        let resource =
            FluentResource::try_new(lang.source().to_owned()).unwrap_or_else(|(read, _)| read);
        let _ = bundle.add_resource(resource);
        Self { lang, bundle: Rc::new(bundle), dates: Rc::new(Dates::new(lang.tag())) }
    }

    /// The language spoken.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The words with this id.
    #[must_use]
    pub fn say(&self, id: &'static str) -> String {
        self.with(id, &[])
    }

    /// The words with this id and these arguments.
    #[must_use]
    pub fn with(&self, id: &'static str, args: &[(&'static str, Arg<'_>)]) -> String {
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, arg) in args {
            given.set(*name, arg.value());
        }
        let Some(pattern) = self.bundle.get_message(id).and_then(|m| m.value()) else {
            return id.to_owned();
        };
        self.bundle.format_pattern(pattern, Some(&given), &mut Vec::new()).into_owned()
    }
}

impl Words {
    /// How long something has been so: `3 min`, `1 h 5 min`.
    #[must_use]
    pub fn minutes(&self, minutes: i64) -> String {
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let (h, m) = (("h", Arg::Number(hours)), ("m", Arg::Number(minutes)));
        match (hours, minutes) {
            (0, 0) => self.say("stay-short"),
            (0, _) => self.with("stay-minutes", &[m]),
            _ => self.with("stay-hours", &[h, m]),
        }
    }
}

/// An argument of a sentence.
#[derive(Debug, Clone)]
pub enum Arg<'a> {
    Text(Cow<'a, str>),
    Number(i64),
}

impl Arg<'_> {
    fn value(&self) -> FluentValue<'_> {
        match self {
            // First strong isolate and its end, so that the sentence keeps its direction.
            Self::Text(text) if text.chars().any(runs_right_to_left) => {
                FluentValue::from(format!("\u{2068}{text}\u{2069}"))
            }
            Self::Text(text) => FluentValue::from(text.as_ref()),
            Self::Number(number) => FluentValue::from(*number),
        }
    }
}

fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}')
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as i64)
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// The words of the window.
///
/// # Panics
/// Outside a `ContextProvider<Words>`, which is a mistake in the program.
#[hook]
pub fn use_words() -> Words {
    use_context::<Words>().expect("components stand below the words' provider")
}

#[cfg(test)]
mod tests;
