//! The demonstration shop as a visitor walks through it.

use super::Language;
use bellhop_model::people::Page;

/// A page of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Home,
    MoonJar,
    CeladonCup,
    Teapot,
    GreenTea,
    Cart,
    Checkout,
    Delivery,
}

impl Stop {
    /// What somebody who looks around may look at.
    pub const THINGS: [Self; 5] =
        [Self::MoonJar, Self::CeladonCup, Self::Teapot, Self::GreenTea, Self::Delivery];

    fn path(self) -> &'static str {
        match self {
            Self::Home => "",
            Self::MoonJar => "/moon-jar",
            Self::CeladonCup => "/celadon-cup",
            Self::Teapot => "/teapot",
            Self::GreenTea => "/green-tea",
            Self::Cart => "/cart",
            Self::Checkout => "/checkout",
            Self::Delivery => "/delivery",
        }
    }

    fn title(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::Korean, Self::Home) => "달과 주전자",
            (Language::Korean, Self::MoonJar) => "달항아리 (소) · 달과 주전자",
            (Language::Korean, Self::CeladonCup) => "청자 찻잔 · 달과 주전자",
            (Language::Korean, Self::Teapot) => "분청 찻주전자 · 달과 주전자",
            (Language::Korean, Self::GreenTea) => "우전 녹차 · 달과 주전자",
            (Language::Korean, Self::Cart) => "장바구니 · 달과 주전자",
            (Language::Korean, Self::Checkout) => "주문서 · 달과 주전자",
            (Language::Korean, Self::Delivery) => "배송과 교환 안내 · 달과 주전자",
            (Language::English, Self::Home) => "Moon & Kettle",
            (Language::English, Self::MoonJar) => "Moon jar, small · Moon & Kettle",
            (Language::English, Self::CeladonCup) => "Celadon cup · Moon & Kettle",
            (Language::English, Self::Teapot) => "Buncheong teapot · Moon & Kettle",
            (Language::English, Self::GreenTea) => "First-flush green tea · Moon & Kettle",
            (Language::English, Self::Cart) => "Your cart · Moon & Kettle",
            (Language::English, Self::Checkout) => "Checkout · Moon & Kettle",
            (Language::English, Self::Delivery) => "Delivery and returns · Moon & Kettle",
        }
    }
}

/// The page as the widget on it would name it; `site` ends without a slash.
#[must_use]
pub fn page(site: &str, stop: Stop, language: Language) -> Page {
    let folder = if language == Language::Korean { "/ko" } else { "" };
    Page {
        url: format!("{site}/shop{folder}{}", stop.path()),
        title: stop.title(language).to_owned(),
        language: language.tag().to_owned(),
    }
}

/// Where visitors come from; nobody tells of the last.
pub const REFERRERS: [&str; 5] = [
    "https://search.example/?q=teapot",
    "https://search.example/?q=%EB%8B%AC%ED%95%AD%EC%95%84%EB%A6%AC",
    "https://blog.example/tea/first-flush",
    "https://social.example/p/48213",
    "",
];

/// Browsers as they name themselves.
pub const USER_AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Linux; Android 15; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
];
