//! The people and words of the samples.

use bellhop_model::{
    Author, ChatId, CommandId, Message, Seq, Timestamp, TranscriptLine, VisitorId, VisitorProfile,
    chat::LineBody,
    people::Page,
    settings::{Language, Theme},
};

pub(super) const MY_NAME: &str = "Mina Seo";

pub(super) fn language(tag: Option<&str>) -> Language {
    match tag {
        Some("ko") => Language::Korean,
        Some("en") => Language::English,
        _ => Language::System,
    }
}

pub(super) fn theme(name: Option<&str>) -> Theme {
    match name {
        Some("dark") => Theme::Dark,
        Some("light") => Theme::Light,
        _ => Theme::System,
    }
}

pub(super) fn message_id(at: Timestamp) -> CommandId {
    CommandId::from_parts(at, crate::dom::page::random())
}

/// Names that a shop's visitors have; the empty one has given none.
const NAMES: [&str; 12] = [
    "Jun Park",
    "",
    "한소아",
    "Amélie Laurent",
    "",
    "박지훈",
    "Tomás Núñez",
    "",
    "김하늘",
    "Ingrid Solberg",
    "",
    "דנה לוי",
];

const PAGES: [(&str, &str); 6] = [
    ("Checkout · Maple & Pine", "/checkout"),
    ("Oak side table · Maple & Pine", "/furniture/oak-side-table"),
    ("Delivery and returns · Maple & Pine", "/help/delivery"),
    ("Maple & Pine", "/"),
    ("Linen curtains, 140 × 260 cm, sand · Maple & Pine", "/textiles/linen-curtains-140x260-sand"),
    ("Cart (3) · Maple & Pine", "/cart"),
];

const BROWSERS: [(&str, &str); 4] = [
    ("Chrome 141", "Windows"),
    ("Safari 26", "macOS"),
    ("Firefox 145", "Linux"),
    ("Samsung Internet 29", "Android"),
];

/// The nth visitor of the shop.
pub(super) fn visitor(n: usize, now: Timestamp) -> VisitorProfile {
    let name = NAMES[n % NAMES.len()];
    let (title, path) = PAGES[n % PAGES.len()];
    let (browser, platform) = BROWSERS[n % BROWSERS.len()];
    let referrers = ["https://www.search.example/", "", "https://news.example/home/spring", ""];
    let languages = ["en-GB", "ko-KR", "ko-KR", "fr-FR", "en-US", "ko-KR", "es-ES"];
    VisitorProfile {
        id: VisitorId(format!("{:024x}", 0x9e37_79b9_7f4a_u64.wrapping_mul(n as u64 + 3))),
        name: (!name.is_empty() && n < NAMES.len()).then(|| name.to_owned()),
        language: languages[n % languages.len()].to_owned(),
        browser: browser.to_owned(),
        platform: platform.to_owned(),
        page: Page {
            url: format!("https://shop.example{path}"),
            title: title.to_owned(),
            ..Page::default()
        },
        referrer: referrers[n % referrers.len()].to_owned(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: now.plus(-((n as i64 * 97 % 41) * 47_000 + 38_000)),
    }
}

/// Who says a line of a sample talk.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    Visitor,
    Me,
    Trigger,
}

/// A talk as lines, the last of them `ago` milliseconds ago, `step` apart.
pub(super) fn lines(
    chat_id: ChatId,
    talk: &[(By, &str)],
    now: Timestamp,
    ago: i64,
    step: i64,
) -> Vec<TranscriptLine> {
    let last = talk.len() as i64 - 1;
    let mut seq = chat_id.0 * 10_000;
    talk.iter()
        .enumerate()
        .map(|(n, (by, text))| {
            seq += 1;
            let at = now.plus(-(ago + (last - n as i64) * step));
            let author = match by {
                By::Visitor => Author::Visitor,
                By::Me => Author::Agent { agent_id: super::ME },
                By::Trigger => Author::Trigger { name: "Maple & Pine".to_owned() },
            };
            let body = if *text == "@joined" {
                LineBody::AgentJoined { agent_id: super::ME, name: MY_NAME.to_owned() }
            } else {
                let id = message_id(at);
                LineBody::Said {
                    message: Message { id, author, text: (*text).to_owned(), at, file: None },
                }
            };
            TranscriptLine { seq: Seq(seq), at, body }
        })
        .collect()
}
