//! Who a scripted visitor is: drawn once, from the seed.

use crate::{
    chance::Chance,
    stock::{Language, REFERRERS, Stop, Talk, USER_AGENTS},
};
use bellhop_model::Rating;

/// How somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// Ends the chat.
    End,
    /// Just closes the page.
    Close,
}

/// What happens to a visitor in the middle of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    Reload,
    /// The network is gone for some seconds.
    Lost,
}

/// When somebody says what they think of the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rates {
    ByThemselves,
    /// When somebody of the team asks for it.
    Asked,
    Never,
}

/// Who a visitor is, what they want and how patient they are.
#[derive(Debug, Clone)]
pub struct Persona {
    pub language: Language,
    pub referrer: &'static str,
    pub user_agent: &'static str,
    pub talk: &'static Talk,
    /// Given before the first word, by those who give one.
    pub(super) name: Option<&'static str>,
    /// The pages they see, the first one first.
    pub(super) walk: Vec<Stop>,
    pub(super) patience_ms: i64,
    pub(super) farewell: Farewell,
    /// After so many words.
    pub(super) mishap: Option<(usize, Mishap)>,
    /// Has one thing more to ask when the agent has left.
    pub(super) muses: bool,
    pub(super) rates: Rates,
    pub(super) opinion: (Rating, Option<&'static str>),
}

impl Persona {
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let language = if chance.happens(50) { Language::Korean } else { Language::English };
        let talk = chance.one(language.talks());
        let mut walk = vec![*chance.one(&[Stop::Home, Stop::Home, talk.page])];
        for _ in 0..chance.within(0..4) {
            let next = *chance.one(&Stop::THINGS);
            if walk.last() != Some(&next) {
                walk.push(next);
            }
        }
        if walk.last() != Some(&talk.page) {
            walk.push(talk.page);
        }
        let mishap = chance.happens(35).then(|| {
            let turn = 1 + chance.within(0..talk.turns.len() as i64) as usize;
            (turn, if chance.happens(50) { Mishap::Reload } else { Mishap::Lost })
        });
        Self {
            language,
            referrer: *chance.one(&REFERRERS),
            user_agent: *chance.one(&USER_AGENTS),
            talk,
            name: chance.happens(60).then(|| *chance.one(language.names())),
            walk,
            patience_ms: chance.within(60_000..180_000),
            farewell: if chance.happens(60) { Farewell::End } else { Farewell::Close },
            mishap,
            muses: chance.happens(25),
            rates: *chance.one(&[Rates::ByThemselves, Rates::Asked, Rates::Asked, Rates::Never]),
            opinion: opinion(chance, language),
        }
    }
}

/// Most are content; of either, some say why.
fn opinion(chance: &mut Chance, language: Language) -> (Rating, Option<&'static str>) {
    let rating = if chance.happens(80) { Rating::Good } else { Rating::Bad };
    let why = chance.one(language.opinions(rating));
    (rating, chance.happens(40).then_some(*why))
}
