//! Visitor text as typed spans: the only form in which it is shown (law 9).
//!
//! Nothing is removed and nothing is added: the spans of a text, put together, are the text.

use linkify::{LinkFinder, LinkKind};

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Words, and line breaks as they were typed.
    Text(String),
    /// A web or mail address. `text` is what was written; `href` is what opens when the agent
    /// clicks, always `http:`, `https:` or `mailto:`.
    Link { text: String, href: String },
}

/// Parses a message.
#[must_use]
pub fn parse(text: &str) -> Vec<Span> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    finder
        .spans(text)
        .map(|span| {
            let words = span.as_str().to_owned();
            match span.kind().and_then(|kind| address(&words, kind)) {
                Some(href) => Span::Link { text: words, href },
                None => Span::Text(words),
            }
        })
        .collect()
}

/// Whether the program may hand this address to the operating system at a click
/// (reliability.md S4): an allowed scheme, no control and no direction-changing characters, and
/// nothing that a program would take for an option.
#[must_use]
pub fn may_open(href: &str) -> bool {
    let lower = href.to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| {
        lower.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('-'))
    }) && href.chars().all(|c| crate::rules::is_plain(c) && !c.is_whitespace())
}

fn address(words: &str, kind: &LinkKind) -> Option<String> {
    let href = match kind {
        LinkKind::Email => format!("mailto:{words}"),
        _ => words.to_owned(),
    };
    may_open(&href).then_some(href)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(spans: &[Span]) -> String {
        spans
            .iter()
            .map(|span| match span {
                Span::Text(text) | Span::Link { text, .. } => text.as_str(),
            })
            .collect()
    }

    #[test]
    fn s4_web_and_mail_addresses_become_links_and_nothing_else_does() {
        let spans = parse("보세요 https://shop.example/장바구니 or mail me@shop.example");
        assert!(spans.contains(&Span::Link {
            text: "me@shop.example".into(),
            href: "mailto:me@shop.example".into()
        }));
        for hostile in
            ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "smb://x/y"]
        {
            assert!(
                parse(hostile).iter().all(|span| matches!(span, Span::Text(_))),
                "{hostile} became a link"
            );
        }
    }

    #[test]
    fn s1_markup_stays_words() {
        let text = "<img src=x onerror=alert(1)><script>1</script>";
        assert_eq!(parse(text), vec![Span::Text(text.into())]);
    }

    #[test]
    fn s4_only_plain_addresses_may_open() {
        assert!(may_open("https://shop.example/a?b=c"));
        for hostile in ["https://", "https://-flag", "https://a b", "https://a\u{202E}b", "-x", ""]
        {
            assert!(!may_open(hostile), "{hostile:?} may open");
        }
    }

    proptest! {
        #[test]
        fn f4_no_word_is_lost(text in "\\PC{0,200}") {
            prop_assert_eq!(words(&parse(&text)), text);
        }
    }
}
