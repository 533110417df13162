//! What triggers are doing (domain.md 11): from the event through conditions and waits to what is
//! said.
//!
//! A run begins with its event. When its moment comes and the conditions hold, the next action is
//! done; after a wait they must hold again. Where only time is missing, the run waits for it; else
//! it is over. While nobody is there to answer, no run goes on.
//!
//! Not journaled: what a run did is ([`Fact::TriggerFired`]), so after a restart the runs of chats
//! begin where they were. A visitor on the site opens the page anew.

use super::{Account, triggers::FIRST_REPLY};
use bellhop_model::{
    Author, Availability, Chat, ChatId, ChatState, CommandId, Event, Fact, Message, Timestamp,
    Trigger, TriggerId, VisitorId, VisitorProfile,
    chat::LineBody,
    trigger::{Action, Condition, Kind, Needs, Occasion, Operator, Subject},
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// What a run is about. There is one at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct About {
    trigger: TriggerId,
    visitor: VisitorId,
    chat: Option<ChatId>,
}

#[derive(Debug, Clone)]
struct Run {
    /// The next action.
    step: u32,
    due: Timestamp,
    /// When the event was.
    begun: Timestamp,
    /// What the visitor said, where that was the event.
    said: String,
}

/// A visitor who is on the site.
#[derive(Debug, Clone)]
struct Sight {
    profile: VisitorProfile,
    page_since: Timestamp,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    going: HashMap<About, Run>,
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
    /// within the site.
    pub fn visitor_looks(&mut self, profile: &VisitorProfile, opened: bool, now: Timestamp) {
        let sights = &mut self.runs.sights;
        let before = sights.get(&profile.id).filter(|_| !opened);
        let same = before.filter(|sight| sight.profile.page.url == profile.page.url);
        let page_since = same.map_or(now, |sight| sight.page_since);
        let sight = Sight { profile: profile.clone(), page_since };
        sights.insert(profile.id.clone(), sight);
        if opened {
            self.begin_runs(Occasion::WidgetLoaded, &profile.id, None, now, "");
        }
    }

    /// The visitor is on no page any more.
    pub fn visitor_looks_no_more(&mut self, visitor: &VisitorId) {
        self.runs.sights.remove(visitor);
        self.end_runs(visitor, None);
    }

    fn end_runs(&mut self, visitor: &VisitorId, chat: Option<ChatId>) {
        for trigger in self.triggers.ids() {
            self.runs.remove(&About { trigger, visitor: visitor.clone(), chat });
        }
    }

    /// An event that just happened begins runs and leads them on.
    pub fn arm(&mut self, event: &Event) {
        match &event.fact {
            Fact::ChatRequested { chat_id, visitor } => {
                let (chat, on) = (Some(*chat_id), Occasion::ChatRequested);
                self.begin_runs(on, &visitor.id, chat, event.at, "");
            }
            Fact::MessagePosted { chat_id, message } if message.author == Author::Visitor => {
                let visitor = self.chats.get(chat_id).map(|chat| chat.visitor.id.clone());
                if let Some(visitor) = visitor {
                    let (chat, on) = (Some(*chat_id), Occasion::ChatMessageSent);
                    self.begin_runs(on, &visitor, chat, event.at, &message.text);
                }
            }
            Fact::ChatEnded { chat_id, .. } => {
                let visitor = self.chats.get(chat_id).map(|chat| chat.visitor.id.clone());
                if let Some(visitor) = visitor {
                    self.end_runs(&visitor, Some(*chat_id));
                }
            }
            Fact::TriggerFired { trigger_id, visitor_id, chat_id, step, .. } => {
                let about =
                    About { trigger: *trigger_id, visitor: visitor_id.clone(), chat: *chat_id };
                let Some(run) = self.runs.remove(&about) else { return };
                let actions = self.triggers.enabled(*trigger_id).map_or(0, |t| t.actions.len());
                if (*step as usize) < actions {
                    self.runs.put(about, Run { step: *step, due: event.at, ..run });
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
                let answered = has_automatic_message(chat);
                (chat.id, chat.visitor.id.clone(), chat.requested_at, answered)
            })
            .collect();
        for (chat_id, visitor, requested_at, answered) in alive {
            self.begin_runs(Occasion::ChatRequested, &visitor, Some(chat_id), requested_at, "");
            if answered && self.triggers.done_in(chat_id, FIRST_REPLY) == 0 {
                // A version before triggers said it, and kept no other sign of it.
                self.runs.remove(&About { trigger: FIRST_REPLY, visitor, chat: Some(chat_id) });
            }
        }
    }

    fn begin_runs(
        &mut self,
        occasion: Occasion,
        visitor: &VisitorId,
        chat: Option<ChatId>,
        at: Timestamp,
        said: &str,
    ) {
        let mut begun = Vec::new();
        for trigger in self.triggers.on(occasion) {
            let about = About { trigger: trigger.id, visitor: visitor.clone(), chat };
            let again = occasion == Occasion::WidgetLoaded;
            if self.runs.going.contains_key(&about) && !again {
                continue;
            }
            let done = if occasion == Occasion::ChatRequested { chat } else { None };
            let step = done.map_or(0, |chat| self.triggers.done_in(chat, trigger.id));
            let spent = trigger.once && self.triggers.has_fired(trigger.id, visitor);
            if (step == 0 && spent) || step as usize >= trigger.actions.len() {
                continue;
            }
            begun.push((about, Run { step, due: at, begun: at, said: said.to_owned() }));
        }
        for (about, run) in begun {
            self.runs.put(about, run);
        }
    }

    /// Leads runs on whose moment has come, as far as that leads to no fact; [`Self::due`] tells
    /// the facts of the others.
    pub fn step_triggers(&mut self, now: Timestamp, staffed: bool) {
        let mut ready = Vec::new();
        while staffed
            && let Some((due, about)) = self.runs.due.first().cloned()
            && due <= now
        {
            let Some(run) = self.runs.remove(&about) else { continue };
            match self.turn(&about, &run, now) {
                Turn::Act => ready.push((about, run)),
                Turn::Later(due, step) => self.runs.put(about, Run { step, due, ..run }),
                Turn::Over => {}
            }
        }
        for (about, run) in ready {
            self.runs.put(about, run);
        }
    }

    /// What the runs do whose moment has come, in a fixed order; those of `ended` chats do nothing
    /// any more.
    pub(super) fn triggered(&self, now: Timestamp, ended: &[ChatId]) -> Vec<Fact> {
        let due = self.runs.due.iter().take_while(|(due, _)| *due <= now);
        let due = due.filter_map(|(_, about)| Some((about, self.runs.going.get(about)?)));
        let due = due.filter(|(about, _)| about.chat.is_none_or(|chat| !ended.contains(&chat)));
        let acts = due.filter(|(about, run)| matches!(self.turn(about, run, now), Turn::Act));
        acts.flat_map(|(about, run)| self.act(about, run, now)).collect()
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
        if !scene.is_there() || (step == 0 && self.is_spent(trigger, about)) {
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

    fn is_spent(&self, trigger: &Trigger, about: &About) -> bool {
        trigger.once && self.triggers.has_fired(trigger.id, &about.visitor)
    }

    /// The facts of the actions up to the next wait.
    fn act(&self, about: &About, run: &Run, now: Timestamp) -> Vec<Fact> {
        let Some(trigger) = self.triggers.enabled(about.trigger) else { return Vec::new() };
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
        for (action, step) in actions.into_iter().zip(run.step..) {
            match (action, talk) {
                (Action::Say { name, .. }, chat) => {
                    let name = name.clone().unwrap_or_else(|| self.rules.first_reply.name.clone());
                    let message = Message {
                        id: message_id(about, run, step, now),
                        author: Author::Trigger { name },
                        text: self.text(action, about).to_owned(),
                        at: now,
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
                (Action::AddTag { tag }, Some(chat)) if !chat.tags.contains(tag) => {
                    facts.push(Fact::TagsAdded { chat_id: chat.id, tags: vec![tag.clone()] });
                }
                _ => {}
            }
        }
        facts
    }

    /// What a trigger says, in the language the visitor is addressed in.
    fn text<'a>(&self, action: &'a Action, about: &About) -> &'a str {
        let Action::Say { text, translations, .. } = action else { return "" };
        let language = self.profile(about).map(primary_language).unwrap_or_default();
        translations.get(&language).unwrap_or(text)
    }

    /// The visitor as they are on the site now, or as they were when they asked.
    fn profile(&self, about: &About) -> Option<&VisitorProfile> {
        let here = self.runs.sights.get(&about.visitor).map(|sight| &sight.profile);
        here.or_else(|| about.chat.and_then(|id| self.chats.get(&id)).map(|chat| &chat.visitor))
    }

    /// `online`, `away` or `offline`: the most that any agent is.
    fn status(&self) -> &'static str {
        let here = |wanted| {
            let mut agents = self.agents.values().filter(|agent| agent.availability == wanted);
            agents.any(|agent| self.is_here(agent.id))
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
            Some(id) => account.chats.get(&id),
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

    /// The next moment at which time alone makes a condition hold.
    fn next_moment(&self, trigger: &Trigger) -> Option<Timestamp> {
        let moments = trigger.conditions.iter().filter_map(|condition| self.moment(condition));
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
    let name = format!("{}:{}:{chat}:{step}:{}", about.trigger, about.visitor, run.due.0);
    let mut random = [0; 10];
    random.copy_from_slice(&Sha256::digest(name.as_bytes())[..10]);
    CommandId::from_parts(now, random)
}

pub(super) fn has_automatic_message(chat: &Chat) -> bool {
    chat.transcript.iter().any(|line| {
        matches!(&line.body, LineBody::Said { message }
            if matches!(message.author, Author::Trigger { .. }))
    })
}
