//! A scripted colleague: serves whoever waits, types, answers, tags, asks for a rating, and leaves
//! what is done.
//!
//! One pair of hands: she does one thing at a time, in several chats. Invariant: what she does
//! follows from the facts she was told and the time.

use super::{RENEW_MS, again_at};
use crate::{
    chance::Chance,
    stock::{self, Language},
};
use bellhop_model::{AgentId, Author, ChatId, Command, Fact};
use std::collections::BTreeMap;

/// Chats she is in at the same time.
const AT_ONCE: usize = 4;
/// How long she may still be busy when it is closing time.
const HOME_MS: i64 = 600_000;

/// What a colleague sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The time she waited for has come.
    Time,
    /// She is signed in, as this agent.
    SignedIn(AgentId),
    /// She has everything that happened.
    CaughtUp,
    Lost,
    /// Chats can be rated, or cannot.
    Ratings(bool),
    Fact(Box<Fact>),
    /// A command was answered, one way or the other.
    Settled,
    /// The simulation comes to its end.
    Closing,
}

/// What a colleague does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Connects with the token and the cursor.
    Open,
    Typing {
        chat_id: ChatId,
        on: bool,
    },
    Wish(Command),
    /// Goes home.
    Depart,
}

/// A chat, as far as she has to do with it.
#[derive(Debug, Clone, Default)]
struct Desk {
    waiting: bool,
    mine: bool,
    /// The visitor, or their absence, ended it.
    over: bool,
    /// What the visitor said and nobody answered.
    unanswered: Option<String>,
    tag: Option<&'static str>,
    language: Option<Language>,
    /// When it has been quiet for long enough.
    quiet_at: Option<i64>,
    /// She has left it, or will have.
    closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hands {
    Free,
    /// Sees that somebody waits.
    Reaching,
    /// Has asked to serve.
    Serving,
    Reading(ChatId),
    Typing(ChatId, String),
    Closing(ChatId),
    /// Is gone.
    Home,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Colleague {
    chance: Chance,
    me: Option<AgentId>,
    /// When the line is to be opened, while there is none.
    open_at: Option<i64>,
    live: bool,
    tries: u32,
    chats: BTreeMap<ChatId, Desk>,
    /// Commands without an answer.
    unsettled: usize,
    hands: Hands,
    at: Option<i64>,
    renew_at: Option<i64>,
    /// When she goes at the latest, once it is closing time.
    home_at: Option<i64>,
    /// Chats can be rated.
    ratings: bool,
}

impl Colleague {
    #[must_use]
    pub fn new(chance: Chance, at: i64) -> Self {
        Self {
            chance,
            me: None,
            open_at: Some(at),
            live: false,
            tries: 0,
            chats: BTreeMap::new(),
            unsettled: 0,
            hands: Hands::Free,
            at: None,
            renew_at: None,
            home_at: None,
            ratings: false,
        }
    }

    /// When she wants to be told the time.
    #[must_use]
    pub fn wake_at(&self) -> Option<i64> {
        if self.hands == Hands::Home {
            return None;
        }
        let quiet = self.chats.values().filter(|desk| desk.mine && !desk.closed);
        let quiet = quiet.filter_map(|desk| desk.quiet_at).min();
        let quiet = quiet.filter(|_| self.live && self.hands == Hands::Free);
        [self.open_at, self.at, self.renew_at, self.home_at, quiet].into_iter().flatten().min()
    }

    /// What she does about it.
    pub fn handle(&mut self, seen: Seen, now: i64) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.hands == Hands::Home {
            return acts;
        }
        match seen {
            Seen::Time => self.time(now, &mut acts),
            Seen::SignedIn(me) => self.me = Some(me),
            Seen::Ratings(enabled) => self.ratings = enabled,
            Seen::CaughtUp => {
                self.live = true;
                self.tries = 0;
            }
            Seen::Lost => {
                self.live = false;
                self.renew_at = None;
                self.open_at = Some(again_at(&mut self.chance, self.tries, now));
                self.tries += 1;
            }
            Seen::Fact(fact) => self.fold(&fact, now),
            Seen::Settled => {
                self.unsettled = self.unsettled.saturating_sub(1);
                if self.hands == Hands::Serving {
                    self.free();
                }
            }
            Seen::Closing => self.home_at = Some(now + HOME_MS),
        }
        self.look(now, &mut acts);
        acts
    }

    fn free(&mut self) {
        self.hands = Hands::Free;
        self.at = None;
    }

    fn fold(&mut self, fact: &Fact, now: i64) {
        if let Fact::RatingSwitched { enabled } = fact {
            self.ratings = *enabled;
        }
        let Some(chat_id) = fact.chat_id() else { return };
        let me = self.me;
        let desk = self.chats.entry(chat_id).or_default();
        match fact {
            Fact::ChatRequested { .. } | Fact::ChatCameBack { .. } => {
                *desk = Desk { waiting: true, tag: desk.tag, ..Desk::default() };
            }
            Fact::AgentJoined { agent_id, .. } => {
                desk.waiting = false;
                desk.mine |= Some(*agent_id) == me;
                desk.quiet_at = Some(now + 120_000);
            }
            Fact::AgentLeft { agent_id, .. } if Some(*agent_id) == me => desk.mine = false,
            Fact::ChatEnded { .. } => {
                desk.waiting = false;
                desk.over = true;
            }
            Fact::ChatContinued { .. } => desk.over = false,
            Fact::MessagePosted { message, .. } if message.author == Author::Visitor => {
                desk.language.get_or_insert(Language::of(&message.text));
                desk.unanswered = Some(message.text.clone());
                desk.quiet_at = None;
            }
            _ => {}
        }
        if desk.over && !desk.mine {
            self.chats.remove(&chat_id);
        }
    }

    fn time(&mut self, now: i64, acts: &mut Vec<Act>) {
        if self.open_at.take_if(|at| *at <= now).is_some() {
            acts.push(Act::Open);
        }
        if let Some(at) = self.renew_at
            && at <= now
            && let Hands::Typing(chat_id, _) = self.hands
        {
            self.renew_at = Some(now + RENEW_MS);
            acts.push(Act::Typing { chat_id, on: true });
        }
        if self.at.take_if(|at| *at <= now).is_some() {
            self.next(now, acts);
        }
    }

    /// The thing in hand goes on.
    fn next(&mut self, now: i64, acts: &mut Vec<Act>) {
        match std::mem::replace(&mut self.hands, Hands::Free) {
            Hands::Reaching if self.waiting().is_some() => {
                self.wish(Command::ServeNext, acts);
                self.hands = Hands::Serving;
                self.at = Some(now + 20_000);
            }
            Hands::Reading(chat_id) => self.begin_typing(chat_id, now, acts),
            Hands::Typing(chat_id, text) => {
                self.renew_at = None;
                if self.is_talking(chat_id) {
                    acts.push(Act::Typing { chat_id, on: false });
                    self.wish(Command::Say { chat_id, text }, acts);
                }
            }
            // Unless the visitor has thought of something meanwhile.
            Hands::Closing(chat_id) => {
                if self.chats.get(&chat_id).is_some_and(|d| d.over || d.unanswered.is_none()) {
                    self.leave(chat_id, acts);
                }
            }
            Hands::Free | Hands::Reaching | Hands::Serving | Hands::Home => {}
        }
    }

    /// She is in it, and it goes on.
    fn is_talking(&self, chat_id: ChatId) -> bool {
        self.chats.get(&chat_id).is_some_and(|desk| desk.mine && !desk.over && !desk.closed)
    }

    fn waiting(&self) -> Option<ChatId> {
        self.chats.iter().find(|(_, desk)| desk.waiting).map(|(id, _)| *id)
    }

    fn begin_typing(&mut self, chat_id: ChatId, now: i64, acts: &mut Vec<Act>) {
        if !self.is_talking(chat_id) {
            return;
        }
        let Some(desk) = self.chats.get_mut(&chat_id) else { return };
        let Some(said) = desk.unanswered.take() else { return };
        let language = desk.language.unwrap_or_else(|| Language::of(&said));
        let (text, tag, last) = stock::answer(&said).unwrap_or((language.unsure(), None, false));
        desk.tag = tag.or(desk.tag);
        let keys = text.chars().count() as i64 * language.key_ms();
        // She has shortcuts for most of it.
        let takes = (keys * self.chance.within(30..80) / 100).max(800);
        let quiet = if last { 15_000..40_000 } else { 90_000..150_000 };
        desk.quiet_at = Some(now + takes + self.chance.within(quiet));
        acts.push(Act::Typing { chat_id, on: true });
        self.hands = Hands::Typing(chat_id, text.to_owned());
        self.at = Some(now + takes);
        self.renew_at = Some(now + RENEW_MS);
    }

    fn leave(&mut self, chat_id: ChatId, acts: &mut Vec<Act>) {
        let Some(desk) = self.chats.get_mut(&chat_id).filter(|desk| desk.mine) else { return };
        desk.closed = true;
        let (over, tag) = (desk.over, desk.tag);
        if self.ratings && !over && self.chance.happens(50) {
            self.wish(Command::RequestRating { chat_id }, acts);
        }
        if let Some(tag) = tag {
            self.wish(Command::SetTags { chat_id, tags: vec![tag.to_owned()] }, acts);
        }
        self.wish(Command::EndChat { chat_id }, acts);
    }

    fn wish(&mut self, command: Command, acts: &mut Vec<Act>) {
        self.unsettled += 1;
        acts.push(Act::Wish(command));
    }

    /// With free hands, she takes up the next thing.
    fn look(&mut self, now: i64, acts: &mut Vec<Act>) {
        if let Some(home_at) = self.home_at {
            let mine: Vec<ChatId> =
                self.chats.iter().filter(|(_, d)| d.mine && !d.closed).map(|(id, _)| *id).collect();
            for chat_id in mine {
                self.leave(chat_id, acts);
            }
            let done = self.unsettled == 0 && self.chats.values().all(|desk| !desk.mine);
            if (self.live && done) || home_at <= now {
                self.hands = Hands::Home;
                acts.push(Act::Depart);
            }
            return;
        }
        if !self.live || self.hands != Hands::Free {
            return;
        }
        let mine = || self.chats.iter().filter(|(_, desk)| desk.mine && !desk.closed);
        let over = mine().find(|(_, desk)| desk.over).map(|(id, _)| *id);
        let asked = mine().find(|(_, desk)| desk.unanswered.is_some());
        let asked = asked.map(|(id, desk)| (*id, desk.unanswered.clone().unwrap_or_default()));
        let quiet = mine().find(|(_, desk)| desk.quiet_at.is_some_and(|at| at <= now));
        let quiet = quiet.map(|(id, _)| *id);
        let room = mine().count() < AT_ONCE && self.waiting().is_some();
        if let Some((chat_id, said)) = asked.filter(|_| over.is_none()) {
            let language = Language::of(&said);
            let reading = said.chars().count() as i64 * language.reading_ms();
            self.hands = Hands::Reading(chat_id);
            self.at = Some(now + reading + self.chance.within(500..3_000));
        } else if let Some(chat_id) = over.or(quiet) {
            self.hands = Hands::Closing(chat_id);
            self.at = Some(now + self.chance.within(1_000..4_000));
        } else if room {
            self.hands = Hands::Reaching;
            self.at = Some(now + self.chance.within(1_000..5_000));
        }
    }
}

#[cfg(test)]
mod tests;
