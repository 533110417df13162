//! A scripted visitor: looks around the shop, asks, listens, says what they think of it, and goes.
//!
//! Invariant: they leave only once everything they said was taken or refused, so that what is
//! counted is what the service has.

mod persona;

pub use persona::Persona;

use super::{RENEW_MS, again_at};
use crate::{
    chance::Chance,
    stock::{Stop, page},
};
use bellhop_model::{Rating, people::Page, visitor_frame::VisitorChatState};
use persona::{Farewell, Mishap, Rates};

/// What a visitor sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The time they waited for has come.
    Time,
    /// The line stands, and the chat is this far; whether chats can be rated.
    Welcomed {
        chat: VisitorChatState,
        ratings: bool,
    },
    /// The line is gone, or could not be had.
    Lost,
    State(VisitorChatState),
    /// Somebody of the team, or something automatic, said this.
    Answer(String),
    /// Somebody of the team asks what they think of the chat.
    AskedToRate,
    /// Something they said, what they think, or their end, was taken or refused.
    Settled,
    /// The simulation comes to its end.
    Closing,
}

/// What a visitor does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Opens this page: connects with the key and the cursor.
    Open(Page),
    /// The network goes away; nobody says goodbye.
    Cut,
    /// The page is closed, as by a reload.
    Shut,
    /// Goes to another page without loading one.
    Move(Page),
    Name(&'static str),
    Typing(bool),
    Say(String),
    Rate(Rating, Option<&'static str>),
    End,
    /// Is gone for good.
    Depart,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Doing {
    Coming,
    Browsing(Vec<Stop>),
    /// Reads, or thinks of what to say.
    Thinking,
    Typing(String),
    /// Waits for an answer as long as patience lasts.
    Listening,
    Leaving,
    /// Has ended the chat and waits until that is taken.
    Ending,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// To be opened at this time, where there is one.
    Shut(Option<i64>),
    Opening,
    Open,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Visitor {
    who: Persona,
    chance: Chance,
    site: String,
    page: Page,
    link: Link,
    tries: u32,
    chat: VisitorChatState,
    /// Somebody serves the chat, or did.
    served: bool,
    doing: Doing,
    /// When they do the next thing.
    at: i64,
    /// When the typing sign is renewed, while one stands.
    renew_at: Option<i64>,
    said: usize,
    unsettled: usize,
    mused: bool,
    /// Chats can be rated.
    ratings: bool,
}

impl Visitor {
    /// A visitor who comes to `site` (without a slash at its end) at the time `at`.
    #[must_use]
    pub fn new(site: &str, mut chance: Chance, at: i64) -> Self {
        let who = Persona::draw(&mut chance);
        let first = who.walk.first().copied().unwrap_or(Stop::Home);
        Self {
            page: page(site, first, who.language),
            site: site.to_owned(),
            who,
            chance,
            link: Link::Shut(None),
            tries: 0,
            chat: VisitorChatState::None,
            served: false,
            doing: Doing::Coming,
            at,
            renew_at: None,
            said: 0,
            unsettled: 0,
            mused: false,
            ratings: false,
        }
    }

    #[must_use]
    pub fn who(&self) -> &Persona {
        &self.who
    }

    /// When they want to be told the time.
    #[must_use]
    pub fn wake_at(&self) -> Option<i64> {
        if self.doing == Doing::Gone {
            return None;
        }
        let link = if let Link::Shut(at) = self.link { at } else { None };
        [Some(self.at), link, self.renew_at].into_iter().flatten().min()
    }

    /// What they do about it.
    pub fn handle(&mut self, seen: Seen, now: i64) -> Vec<Act> {
        let mut acts = Vec::new();
        match seen {
            _ if self.doing == Doing::Gone => {}
            Seen::Time => self.time(now, &mut acts),
            Seen::Welcomed { chat, ratings } => {
                self.link = Link::Open;
                self.tries = 0;
                self.ratings = ratings;
                self.stands(chat, now);
            }
            Seen::Lost => {
                let again = again_at(&mut self.chance, self.tries, now);
                self.tries += 1;
                self.link = Link::Shut(Some(again));
                self.renew_at = None;
            }
            Seen::State(chat) => self.stands(chat, now),
            Seen::Answer(text) => self.hear(&text, now),
            Seen::AskedToRate if self.who.rates == Rates::Asked => {
                self.who.rates = Rates::ByThemselves;
            }
            Seen::AskedToRate => {}
            Seen::Settled => {
                self.unsettled = self.unsettled.saturating_sub(1);
                if self.doing == Doing::Ending && self.unsettled == 0 {
                    let pause = self.chance.within(500..3_000);
                    self.then(Doing::Leaving, now + pause);
                    self.who.farewell = Farewell::Close;
                }
            }
            Seen::Closing => self.close(now, &mut acts),
        }
        acts
    }

    fn then(&mut self, doing: Doing, at: i64) {
        self.doing = doing;
        self.at = at;
    }

    fn chat_is_open(&self) -> bool {
        matches!(self.chat, VisitorChatState::Waiting | VisitorChatState::Served)
    }

    /// The chat stands otherwise than before, maybe.
    fn stands(&mut self, chat: VisitorChatState, now: i64) {
        let before = std::mem::replace(&mut self.chat, chat);
        if before == chat {
            return;
        }
        match chat {
            VisitorChatState::Served => {
                self.served = true;
                if self.doing == Doing::Listening {
                    self.at = now + self.who.patience_ms;
                }
            }
            VisitorChatState::Left if self.doing == Doing::Listening => {
                let pause = now + self.chance.within(2_000..8_000);
                let muses = self.who.muses && !self.mused;
                self.then(if muses { Doing::Thinking } else { Doing::Leaving }, pause);
            }
            _ => {}
        }
    }

    fn hear(&mut self, text: &str, now: i64) {
        if self.doing != Doing::Listening || !self.served {
            return;
        }
        let reading = text.chars().count() as i64 * self.who.language.reading_ms();
        let at = now + reading + self.chance.within(800..4_000);
        let more = self.said < self.who.talk.turns.len();
        self.then(if more { Doing::Thinking } else { Doing::Leaving }, at);
    }

    fn time(&mut self, now: i64, acts: &mut Vec<Act>) {
        if let Link::Shut(Some(at)) = self.link
            && at <= now
        {
            self.link = Link::Opening;
            acts.push(Act::Open(self.page.clone()));
        }
        if self.renew_at.is_some_and(|at| at <= now) {
            self.renew_at = Some(now + RENEW_MS);
            acts.push(Act::Typing(true));
        }
        if self.at <= now {
            self.next(now, acts);
        }
    }

    /// The next thing.
    fn next(&mut self, now: i64, acts: &mut Vec<Act>) {
        match std::mem::replace(&mut self.doing, Doing::Gone) {
            Doing::Coming => {
                self.link = Link::Opening;
                acts.push(Act::Open(self.page.clone()));
                let walk = self.who.walk.get(1..).unwrap_or_default().to_vec();
                let pause = self.chance.within(4_000..20_000);
                self.then(Doing::Browsing(walk), now + pause);
            }
            Doing::Browsing(mut left) => {
                let pause = if left.is_empty() {
                    self.doing = Doing::Thinking;
                    1_000..4_000
                } else {
                    self.page = page(&self.site, left.remove(0), self.who.language);
                    acts.push(Act::Move(self.page.clone()));
                    self.doing = Doing::Browsing(left);
                    4_000..20_000
                };
                self.at = now + self.chance.within(pause);
            }
            Doing::Thinking => self.begin_typing(now, acts),
            Doing::Typing(text) => self.say(text, now, acts),
            Doing::Listening => self.then(Doing::Leaving, now),
            Doing::Leaving => self.leave(now, acts),
            Doing::Ending => self.then(Doing::Ending, now + 10_000),
            Doing::Gone => {}
        }
    }

    fn begin_typing(&mut self, now: i64, acts: &mut Vec<Act>) {
        let turns = self.who.talk.turns;
        let text = turns.get(self.said).map_or_else(
            || {
                self.mused = true;
                self.who.language.afterthought().0
            },
            |(question, _)| *question,
        );
        // As the widget does: a sign is heard only while there is a chat.
        if self.chat_is_open() && self.link == Link::Open {
            acts.push(Act::Typing(true));
            self.renew_at = Some(now + RENEW_MS);
        }
        let keys = text.chars().count() as i64 * self.who.language.key_ms();
        let takes = keys * self.chance.within(70..140) / 100;
        self.then(Doing::Typing(text.to_owned()), now + takes.max(800));
    }

    fn say(&mut self, text: String, now: i64, acts: &mut Vec<Act>) {
        if self.renew_at.take().is_some() {
            acts.push(Act::Typing(false));
        }
        if let Some(name) = self.who.name.take() {
            acts.push(Act::Name(name));
        }
        acts.push(Act::Say(text));
        self.said += 1;
        self.unsettled += 1;
        self.then(Doing::Listening, now + self.who.patience_ms);
        if let Some((_, mishap)) = self.who.mishap.take_if(|(turn, _)| *turn == self.said) {
            let (act, gone_for) = match mishap {
                Mishap::Reload => (Act::Shut, 800..2_500),
                Mishap::Lost => (Act::Cut, 2_000..12_000),
            };
            acts.push(act);
            self.link = Link::Shut(Some(now + self.chance.within(gone_for)));
        }
    }

    fn leave(&mut self, now: i64, acts: &mut Vec<Act>) {
        if self.ratings && self.served && self.who.rates == Rates::ByThemselves {
            self.who.rates = Rates::Never;
            let (rating, why) = self.who.opinion;
            acts.push(Act::Rate(rating, why));
            self.unsettled += 1;
            let pause = self.chance.within(800..3_000);
            self.then(Doing::Leaving, now + pause);
        } else if self.who.farewell == Farewell::End && self.chat_is_open() {
            acts.push(Act::End);
            self.unsettled += 1;
            self.then(Doing::Ending, now + 10_000);
        } else if self.unsettled > 0 {
            self.then(Doing::Leaving, now + 1_000);
        } else {
            self.doing = Doing::Gone;
            acts.push(Act::Depart);
        }
    }

    /// Ends what is open and goes.
    fn close(&mut self, now: i64, acts: &mut Vec<Act>) {
        self.renew_at = None;
        self.who.rates = Rates::Never;
        if self.said == 0 {
            self.doing = Doing::Gone;
            acts.push(Act::Depart);
        } else if self.doing != Doing::Ending {
            self.who.farewell = Farewell::End;
            self.leave(now, acts);
        }
    }
}

#[cfg(test)]
mod tests;
