//! What triggers are doing (domain.md 11): from the event through conditions and waits to what is
//! said.
//!
//! A run begins with its event. When its moment comes and the conditions hold, the next action is
//! done; after a wait they must hold again. Where only time is missing, the run waits for it; else
//! it is over. While nobody is there to answer, no run goes on.
//!
//! Not journaled: what a run did is ([`Fact::TriggerFired`]), and that it waits since a message
//! ([`super::trigger_waits`]), so after a restart the runs of chats go on where they were; in a chat
//! that was served meanwhile none that a request began does so anew. A visitor on the site opens the
//! page anew.

use super::{Account, triggers::FIRST_REPLY};
use bellhop_model::{
    Author, Availability, Chat, ChatId, ChatState, CommandId, Event, Fact, Message, Timestamp,
    Trigger, TriggerId, VisitorId, VisitorProfile,
    limits::TAGS_PER_CHAT,
    trigger::{Action, Condition, Kind, Needs, Occasion, Operator, Subject},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Runs that one step leads on; the next step, at once, leads on the others.
pub const RUNS_AT_ONCE: usize = 128;
/// Runs of one trigger in one chat. What a visitor says while there are so many, is not looked at.
const RUNS_PER_CHAT: usize = 20;
/// A run that only lacks a visitor who is away looks again after so long.
const LOOK_AGAIN_MS: i64 = 5_000;

/// What a run is about. There is one at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub(super) visitor: VisitorId,
    pub(super) chat: Option<ChatId>,
    pub(super) trigger: TriggerId,
    /// What the visitor said, where that was the event.
    pub(super) message: Option<CommandId>,
}

#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The next action.
    pub(super) step: u32,
    /// It did something already; its trigger counts as fired by itself.
    pub(super) has_acted: bool,
    pub(super) due: Timestamp,
    /// When the event was.
    pub(super) begun: Timestamp,
    /// The text of the message.
    pub(super) said: Arc<str>,
}

/// A visitor who is on the site. Who they are the hub keeps as well: it is one copy.
#[derive(Debug, Clone)]
struct Sight {
    profile: Arc<VisitorProfile>,
    page_since: Timestamp,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    going: BTreeMap<About, Run>,
    due: BTreeSet<(Timestamp, About)>,
    sights: HashMap<VisitorId, Sight>,
}

impl Runs {
    fn put(&mut self, about: About, run: Run) {
        self.remove(&about);
        self.due.insert((run.due, about.clone()));
        self.going.insert(about, run);
    }

    fn remove(&mut self, about: &About) -> Option<Run> {
        let run = self.going.remove(about)?;
        self.due.remove(&(run.due, about.clone()));
        Some(run)
    }

    fn of<'a>(
        &'a self,
        visitor: &'a VisitorId,
        chat: Option<ChatId>,
    ) -> impl Iterator<Item = &'a About> {
        let (trigger, message) = (TriggerId(0), None);
        let first = About { visitor: visitor.clone(), chat, trigger, message };
        let from = self.going.range(first..).map(|(about, _)| about);
        from.take_while(move |about| about.visitor == *visitor && about.chat == chat)
    }

    /// The same without what is about chats.
    pub(super) fn without_chats(&self) -> Self {
        let mut kept = Self { sights: self.sights.clone(), ..Self::default() };
        for (about, run) in self.going.iter().filter(|(about, _)| about.chat.is_none()) {
            kept.put(about.clone(), run.clone());
        }
        kept
    }
}

/// What is to become of a run whose moment has come.
enum Turn {
    /// Its next action is to be done.
    Act,
    /// Look again then, at this step.
    Later(Timestamp, u32),
    Over,
}

impl Account {
    /// A visitor is on this page; `opened` when they opened it just now, and did not only move
    /// within the site. Where they were on it a moment ago, only their line broke.
    pub fn visitor_looks(&mut self, profile: Arc<VisitorProfile>, opened: bool, now: Timestamp) {
        let sights = &mut self.runs.sights;
        let before = sights.get(&profile.id);
        let same = before.filter(|sight| sight.profile.page.url == profile.page.url);
        let loaded = opened && same.is_none();
        let page_since = same.map_or(now, |sight| sight.page_since);
        let id = profile.id.clone();
        sights.insert(id.clone(), Sight { profile, page_since });
        if loaded {
            self.begin_runs(Occasion::WidgetLoaded, &id, None, now, None);
        }
    }

    /// The visitor is on no page any more.
    pub fn visitor_looks_no_more(&mut self, visitor: &VisitorId) {
        self.runs.sights.remove(visitor);
        self.end_runs(visitor, None);
    }

    fn end_runs(&mut self, visitor: &VisitorId, chat: Option<ChatId>) {
        let ended: Vec<About> = self.runs.of(visitor, chat).cloned().collect();
        for about in ended {
            self.runs.remove(&about);
        }
    }

    /// An event that just happened begins runs, or ends them.
    pub fn arm(&mut self, event: &Event) {
        match &event.fact {
            Fact::ChatRequested { chat_id, visitor, .. } => {
                let (chat, on) = (Some(*chat_id), Occasion::ChatRequested);
                self.begin_runs(on, &visitor.id, chat, event.at, None);
            }
            Fact::MessagePosted { chat_id, message } if message.author == Author::Visitor => {
                let visitor = self.chats.get(chat_id).map(|chat| chat.visitor.id.clone());
                if let Some(visitor) = visitor {
                    let (chat, on) = (Some(*chat_id), Occasion::ChatMessageSent);
                    self.begin_runs(on, &visitor, chat, event.at, Some(message));
                }
            }
            Fact::ChatEnded { chat_id, .. } => {
                let visitor = self.chats.get(chat_id).map(|chat| chat.visitor.id.clone());
                if let Some(visitor) = visitor {
                    self.end_runs(&visitor, Some(*chat_id));
                }
            }
            _ => {}
        }
    }

    /// Called once the journal is folded: what chats that are not over still wait for.
    pub(super) fn arm_chats(&mut self) {
        let alive = self.chats.values().filter(|chat| !chat.state.is_over());
        let alive: Vec<_> = alive
            .map(|chat| {
                let answered = self.lookups.has_automatic_message(chat.id);
                (chat.id, chat.visitor.id.clone(), chat.requested_at, answered)
            })
            .collect();
        for (chat_id, visitor, requested_at, answered) in alive {
            let (chat, on) = (Some(chat_id), Occasion::ChatRequested);
            self.begin_runs(on, &visitor, chat, requested_at, None);
            if answered && self.triggers.done_in(chat_id, FIRST_REPLY) == 0 {
                // A version before triggers said it, and kept no other sign of it.
                let (trigger, message) = (FIRST_REPLY, None);
                self.runs.remove(&About { visitor, chat, trigger, message });
            }
        }
        for (about, run) in self.waiting_runs() {
            self.runs.put(about, run);
        }
        self.changed();
    }

    fn begin_runs(
        &mut self,
        occasion: Occasion,
        visitor: &VisitorId,
        chat: Option<ChatId>,
        at: Timestamp,
        said: Option<&Message>,
    ) {
        let (message, said) =
            said.map(|said| (said.id, Arc::<str>::from(said.text.as_str()))).unzip();
        let said = said.unwrap_or_default();
        let requested = chat.filter(|_| occasion == Occasion::ChatRequested);
        let served = requested.and_then(|id| self.chats.get(&id)).is_some_and(Chat::was_served);
        let mut begun = Vec::new();
        for trigger in self.triggers.on(occasion) {
            let going = self.runs.of(visitor, chat).filter(|about| about.trigger == trigger.id);
            if going.count() >= RUNS_PER_CHAT {
                continue;
            }
            let step = requested.map_or(0, |chat| self.triggers.done_in(chat, trigger.id));
            let spent = trigger.once && self.triggers.has_fired(trigger.id, visitor);
            if (step == 0 && (spent || served)) || step as usize >= trigger.actions.len() {
                continue;
            }
            let about = About { visitor: visitor.clone(), chat, trigger: trigger.id, message };
            let (has_acted, said) = (step > 0, said.clone());
            begun.push((about, Run { step, has_acted, due: at, begun: at, said }));
        }
        if !begun.is_empty() {
            self.changed();
        }
        for (about, run) in begun {
            self.runs.put(about, run);
        }
    }

    /// Leads on the first run whose moment has come, and tells what it does; `None` where there is
    /// no such run, or nobody is there to answer (`staffed`; domain.md 11). One run at a time, so
    /// that each finds what those before it did.
    pub fn step_trigger(&mut self, now: Timestamp, staffed: bool) -> Option<Vec<Fact>> {
        let (due, about) = self.runs.due.first().filter(|_| staffed)?;
        let about = (*due <= now).then(|| about.clone())?;
        let run = self.runs.remove(&about)?;
        let mut facts = Vec::new();
        match self.turn(&about, &run, now) {
            Turn::Act => {
                let (step, done) = self.act(&about, &run, now);
                let goes_on = self.has_action(about.trigger, step).then_some(now);
                facts.extend(self.waits(&about, (step, true), goes_on));
                facts.extend(done);
                self.runs.put(about, Run { step, has_acted: true, due: now, ..run });
            }
            Turn::Later(due, step) => {
                facts.extend(self.waits(&about, (step, run.has_acted), Some(due)));
                self.runs.put(about, Run { step, due, ..run });
            }
            Turn::Over => facts.extend(self.waits(&about, (run.step, run.has_acted), None)),
        }
        Some(facts)
    }

    /// When the next run goes on.
    pub(super) fn next_run(&self) -> Option<Timestamp> {
        self.runs.due.first().map(|(due, _)| *due)
    }

    fn turn(&self, about: &About, run: &Run, now: Timestamp) -> Turn {
        let Some(trigger) = self.triggers.enabled(about.trigger) else { return Turn::Over };
        let step = run.step as usize;
        let Some(action) = trigger.actions.get(step) else { return Turn::Over };
        let scene = Scene::of(self, about, run, now);
        if !scene.is_there() || (!run.has_acted && self.is_spent(trigger, about)) {
            return Turn::Over;
        }
        if !scene.holds(trigger) {
            let later = scene.next_moment(trigger);
            return later.map_or(Turn::Over, |at| Turn::Later(at, run.step));
        }
        match action {
            Action::Wait { for_ms } => {
                let wait = i64::try_from(*for_ms).unwrap_or(i64::MAX);
                Turn::Later(run.due.plus(wait), run.step + 1)
            }
            _ => Turn::Act,
        }
    }

    /// There is an action at this step.
    fn has_action(&self, trigger: TriggerId, step: u32) -> bool {
        let trigger = self.triggers.enabled(trigger);
        trigger.is_some_and(|trigger| trigger.actions.len() > step as usize)
    }

    fn is_spent(&self, trigger: &Trigger, about: &About) -> bool {
        trigger.once && self.triggers.has_fired(trigger.id, &about.visitor)
    }

    /// The facts of the actions up to the next wait, and how many actions are done then. Where
    /// nothing is said, added or remembered, there is nothing to write down.
    fn act(&self, about: &About, run: &Run, now: Timestamp) -> (u32, Vec<Fact>) {
        let Some(trigger) = self.triggers.enabled(about.trigger) else {
            return (run.step, Vec::new());
        };
        let actions = trigger.actions.iter().skip(run.step as usize);
        let actions: Vec<_> = actions.take_while(|a| !matches!(a, Action::Wait { .. })).collect();
        let done = run.step + u32::try_from(actions.len()).unwrap_or(u32::MAX);
        let marks = trigger.once || actions.contains(&&Action::MarkFired);
        let mut facts = vec![Fact::TriggerFired {
            trigger_id: trigger.id,
            visitor_id: about.visitor.clone(),
            chat_id: about.chat,
            step: done,
            marks,
        }];
        let talk = self.chat_of(&about.visitor).filter(|chat| !chat.state.is_over());
        let mut room = self.triggers.room_for_greetings(&about.visitor);
        let mut tags = talk.map(|chat| chat.tags.clone()).unwrap_or_default();
        for (action, step) in actions.into_iter().zip(run.step..) {
            match (action, talk) {
                (Action::Say { name, .. }, chat) => {
                    let name = name.clone().unwrap_or_else(|| self.rules.first_reply.name.clone());
                    let message = Message {
                        id: message_id(about, run, step, now),
                        author: Author::Trigger { name },
                        text: self.text(action, about).to_owned(),
                        at: now,
                        file: None,
                    };
                    match chat {
                        Some(chat) => {
                            facts.push(Fact::MessagePosted { chat_id: chat.id, message });
                        }
                        None if room > 0 => {
                            room -= 1;
                            let visitor_id = about.visitor.clone();
                            facts.push(Fact::VisitorGreeted { visitor_id, message });
                        }
                        None => {}
                    }
                }
                (Action::AddTag { tag }, Some(chat))
                    if tags.len() < TAGS_PER_CHAT && !tags.contains(tag) =>
                {
                    tags.push(tag.clone());
                    facts.push(Fact::TagsAdded { chat_id: chat.id, tags: vec![tag.clone()] });
                }
                _ => {}
            }
        }
        let is_remembered = self.triggers.has_fired(trigger.id, &about.visitor);
        if facts.len() == 1 && (is_remembered || !marks) {
            facts.clear();
        }
        (done, facts)
    }

    /// What a trigger says, in the language the visitor is addressed in.
    fn text<'a>(&self, action: &'a Action, about: &About) -> &'a str {
        let Action::Say { text, translations, .. } = action else { return "" };
        let language = self.profile(about).map(primary_language).unwrap_or_default();
        translations.get(&language).unwrap_or(text)
    }

    /// The visitor as they are on the site now, or as they were when they asked.
    fn profile(&self, about: &About) -> Option<&VisitorProfile> {
        let here = self.runs.sights.get(&about.visitor).map(|sight| &*sight.profile);
        here.or_else(|| about.chat.and_then(|id| self.chats.get(&id)).map(|chat| &chat.visitor))
    }

    /// `online`, `away` or `offline`: the most that any agent is.
    fn status(&self) -> &'static str {
        let here = |wanted| {
            let mut agents = self.agents.keys().filter(|agent| self.is_here(**agent));
            agents.any(|agent| self.availability_now(*agent) == Some(wanted))
        };
        if here(Availability::Online) {
            "online"
        } else if here(Availability::Away) {
            "away"
        } else {
            "offline"
        }
    }
}

/// What a condition is looked at with.
struct Scene<'a> {
    account: &'a Account,
    about: &'a About,
    run: &'a Run,
    sight: Option<&'a Sight>,
    profile: Option<&'a VisitorProfile>,
    /// The chat it is about, or the visitor's.
    chat: Option<&'a Chat>,
    now: Timestamp,
}

impl<'a> Scene<'a> {
    fn of(account: &'a Account, about: &'a About, run: &'a Run, now: Timestamp) -> Self {
        let chat = match about.chat {
            Some(id) => account.chats.get(&id).filter(|chat| chat.visitor.id == about.visitor),
            None => account.chat_of(&about.visitor),
        };
        Self {
            account,
            about,
            run,
            sight: account.runs.sights.get(&about.visitor),
            profile: account.profile(about),
            chat: chat.filter(|chat| !chat.state.is_over()),
            now,
        }
    }

    /// The chat is not over, or the visitor without one is on the site.
    fn is_there(&self) -> bool {
        if self.about.chat.is_some() { self.chat.is_some() } else { self.sight.is_some() }
    }

    fn holds(&self, trigger: &Trigger) -> bool {
        let mut conditions = trigger.conditions.iter();
        match trigger.needs {
            Needs::All => conditions.all(|condition| self.is_so(condition)),
            Needs::Any => {
                trigger.conditions.is_empty() || conditions.any(|condition| self.is_so(condition))
            }
        }
    }

    /// The next moment at which time alone, or the visitor's return, makes a condition hold.
    fn next_moment(&self, trigger: &Trigger) -> Option<Timestamp> {
        let again = self.sight.is_none().then(|| self.now.plus(LOOK_AGAIN_MS));
        let moments = trigger.conditions.iter().filter_map(|condition| self.moment(condition));
        let moments = moments.map(|moment| again.map_or(moment, |again| moment.max(again)));
        moments.filter(|moment| *moment > self.now).min()
    }

    /// When a condition of time begins to hold, for a visitor who stays.
    fn moment(&self, condition: &Condition) -> Option<Timestamp> {
        let begun = self.run.begun;
        let since = match condition.what {
            Subject::StillOnSite => begun,
            Subject::StillOnPage => self.sight.map_or(begun, |sight| sight.page_since.max(begun)),
            _ => return None,
        };
        Some(since.plus(i64::from(condition.number()?) * 1000))
    }

    fn is_so(&self, condition: &Condition) -> bool {
        match condition.what.kind() {
            Kind::Since => {
                let reached = self.moment(condition).is_some_and(|moment| moment <= self.now);
                reached && self.sight.is_some()
            }
            Kind::Number => {
                let wanted = condition.number().map(i64::from);
                wanted.is_some_and(|wanted| {
                    compare(condition.is, self.number(condition.what), wanted)
                })
            }
            Kind::Flag => {
                let wanted = condition.value == "yes";
                (self.flag(condition.what) == wanted) == (condition.is == Operator::Equals)
            }
            Kind::Text => self.is_text(condition),
        }
    }

    fn number(&self, what: Subject) -> i64 {
        let hours = self.now.0.div_euclid(3_600_000);
        match what {
            // The first day of 1970 was a Thursday.
            Subject::DayOfWeek => (hours.div_euclid(24) + 3).rem_euclid(7),
            _ => hours.rem_euclid(24),
        }
    }

    fn flag(&self, what: Subject) -> bool {
        match what {
            Subject::VisitorServed => self.chat.is_some_and(Chat::was_served),
            Subject::VisitorRequesting => {
                self.chat.is_some_and(|chat| chat.state == ChatState::Waiting)
            }
            _ => self.account.triggers.has_fired(self.about.trigger, &self.about.visitor),
        }
    }

    fn is_text(&self, condition: &Condition) -> bool {
        let language = self.profile.map(primary_language).unwrap_or_default();
        let of_profile = |of: fn(&VisitorProfile) -> &str| self.profile.map(of).unwrap_or_default();
        let text: &str = match condition.what {
            Subject::PageUrl => of_profile(|profile| &profile.page.url),
            Subject::PageTitle => of_profile(|profile| &profile.page.title),
            Subject::Referrer => of_profile(|profile| &profile.referrer),
            Subject::Browser => of_profile(|profile| &profile.browser),
            Subject::Platform => of_profile(|profile| &profile.platform),
            Subject::VisitorName => of_profile(|p| p.name.as_deref().unwrap_or_default()),
            Subject::Language => &language,
            Subject::AccountStatus => self.account.status(),
            Subject::Message if self.run.said.is_empty() => {
                self.chat.map(Chat::first_words).unwrap_or_default()
            }
            Subject::Message => &self.run.said,
            Subject::Department => {
                let desk = self.chat.and_then(|chat| chat.route.department.as_ref());
                desk.map(|desk| desk.name.as_str()).unwrap_or_default()
            }
            _ => return false,
        };
        let value = condition.value.as_str();
        match condition.is {
            Operator::Equals => text == value,
            Operator::NotEqual => text != value,
            Operator::Contains => text.contains(value),
            Operator::DoesNotContain => !text.contains(value),
            Operator::Matches => {
                self.account.triggers.pattern(value).is_some_and(|pattern| pattern.is_match(text))
            }
            _ => false,
        }
    }
}

fn compare(operator: Operator, is: i64, wanted: i64) -> bool {
    match operator {
        Operator::Equals => is == wanted,
        Operator::NotEqual => is != wanted,
        Operator::Less => is < wanted,
        Operator::Greater => is > wanted,
        Operator::LessOrEqual => is <= wanted,
        Operator::GreaterOrEqual => is >= wanted,
        _ => false,
    }
}

/// `ko` of `ko-KR`.
fn primary_language(profile: &VisitorProfile) -> String {
    let language = profile.speaks().split(['-', '_']).next().unwrap_or_default();
    language.to_ascii_lowercase()
}

/// What leads to a message names it; no randomness here (law 1).
fn message_id(about: &About, run: &Run, step: u32, now: Timestamp) -> CommandId {
    let chat = about.chat.map_or(0, |chat| chat.0);
    let said = about.message.map(|id| id.0).unwrap_or_default();
    let name = format!("{}:{}:{chat}:{said}:{step}:{}", about.trigger, about.visitor, run.due.0);
    let mut random = [0; 10];
    random.copy_from_slice(&Sha256::digest(name.as_bytes())[..10]);
    CommandId::from_parts(now, random)
}

pub(super) fn is_automatic(message: &Message) -> bool {
    matches!(message.author, Author::Trigger { .. })
}
