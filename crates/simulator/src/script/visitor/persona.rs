//! Who a scripted visitor is: drawn once, from the seed.

use crate::{
    chance::Chance,
    stock::{Language, REFERRERS, Stop, Talk, USER_AGENTS},
};

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
        }
    }
}
