//! What the tray and the notifications say, in Korean and English.

use bellhop_model::settings::Language;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

const KOREAN: &str = include_str!("../locales/ko.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

/// The texts in one language.
pub(crate) struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Before the agent's settings are known: as the operating system says.
    pub(crate) fn at_start() -> Self {
        Self::new(Language::System)
    }

    pub(crate) fn new(language: Language) -> Self {
        let korean = match language {
            Language::Korean => true,
            Language::English => false,
            Language::System => {
                sys_locale::get_locale().is_some_and(|locale| locale.starts_with("ko"))
            }
        };
        if korean { Self::from(KOREAN, "ko") } else { Self::from(ENGLISH, "en") }
    }

    fn from(source: &str, tag: &str) -> Self {
        // A broken message is reported by the test below and shown by its id here.
        let resource = match FluentResource::try_new(source.to_owned()) {
            Ok(resource) => resource,
            Err((partial, _)) => partial,
        };
        let mut bundle = FluentBundle::new_concurrent(tag.parse().into_iter().collect());
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { bundle }
    }

    fn text(&self, id: &str, args: Option<&FluentArgs>) -> String {
        match self.bundle.get_message(id).and_then(|message| message.value()) {
            Some(pattern) => {
                let mut errors = Vec::new();
                self.bundle.format_pattern(pattern, args, &mut errors).into_owned()
            }
            None => id.to_owned(),
        }
    }

    fn with<'a>(&self, id: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        self.text(id, Some(&args))
    }

    pub(crate) fn request_title(&self, visitor: &str) -> String {
        self.with("request-title", "visitor", visitor.to_owned())
    }

    /// A colleague asks the agent into a visitor's chat.
    pub(crate) fn invitation_title(&self, name: &str, visitor: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("name", name.to_owned());
        args.set("visitor", visitor.to_owned());
        self.text("invitation-title", Some(&args))
    }

    /// How many wait, in words; "nobody" for 0.
    pub(crate) fn waiting(&self, count: u32) -> String {
        self.with("waiting", "count", count)
    }

    /// Instead of how many wait.
    pub(crate) fn offline(&self) -> String {
        self.text("offline", None)
    }

    pub(crate) fn serve(&self) -> String {
        self.text("serve", None)
    }

    pub(crate) fn serve_next(&self) -> String {
        self.text("serve-next", None)
    }

    pub(crate) fn open(&self) -> String {
        self.text("open", None)
    }

    pub(crate) fn availability(&self) -> String {
        self.text("availability", None)
    }

    pub(crate) fn online(&self) -> String {
        self.text("online", None)
    }

    pub(crate) fn away(&self) -> String {
        self.text("away", None)
    }

    pub(crate) fn invisible(&self) -> String {
        self.text("invisible", None)
    }

    pub(crate) fn quit(&self) -> String {
        self.text("quit", None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        for source in [KOREAN, ENGLISH] {
            FluentResource::try_new(source.to_owned()).unwrap();
            let words = Words::from(source, "en");
            for text in [
                words.request_title("Jun"),
                words.invitation_title("Mina", "Jun"),
                words.waiting(2),
                words.offline(),
                words.serve(),
                words.serve_next(),
                words.open(),
                words.availability(),
                words.online(),
                words.away(),
                words.invisible(),
                words.quit(),
            ] {
                assert!(!text.is_empty());
                assert!(!text.contains('{') && !text.contains('-'), "{text} is missing");
            }
        }
    }

    #[test]
    fn r_012_the_number_waiting_is_said_in_the_right_form() {
        let words = Words::new(Language::English);
        assert_eq!(words.waiting(0), "Nobody is waiting");
        assert_eq!(words.waiting(1), "1 request is waiting");
        assert_eq!(words.waiting(3), "3 requests are waiting");
        assert_eq!(Words::new(Language::Korean).waiting(3), "요청 3개가 기다립니다");
    }
}
