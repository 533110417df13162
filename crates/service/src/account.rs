//! The account: who may do what, and what follows from it.
//!
//! A pure state machine over the journal (laws 1 and 3): decisions take the state, a wish and the
//! time and return facts or a refusal; [`Account::apply`] carries one journaled fact out. The
//! state is the fold of the journal; besides it there is only who is away from the site and which
//! agents are connected ([`sessions`]), which nobody can know after a restart, and what the clock
//! says of the hours ([`hours`]).
//!
//! It leaves numbers, storage, sockets and the live lane to the hub.

mod admin_roles;
mod admin_routing;
mod admin_wishes;
mod agent_wishes;
mod archive;
mod bans;
mod calendar;
mod contacts;
mod deletion;
mod desks;
mod files;
mod handing_over;
mod hours;
mod lookups;
mod managing;
mod monitor;
mod names;
mod offline;
mod past;
mod profiles;
mod queue;
mod ratings;
mod routing;
mod sessions;
mod shortcuts;
mod sight;
mod snapshot;
mod staff;
mod support;
mod tags;
mod team;
mod timers;
mod trigger_runs;
mod trigger_waits;
mod triggers;
mod visiting;
mod visitor_wishes;

#[cfg(test)]
mod ban_tests;
#[cfg(test)]
mod contact_tests;
#[cfg(test)]
mod deletion_tests;
#[cfg(test)]
mod department_tests;
#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod handing_over_tests;
#[cfg(test)]
mod hours_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod permission_tests;
#[cfg(test)]
mod routing_tests;
#[cfg(test)]
mod scenario_tests;
#[cfg(test)]
mod shortcut_tests;
#[cfg(test)]
mod team_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trigger_run_tests;
#[cfg(test)]
mod trigger_tests;
#[cfg(test)]
mod visiting_tests;

pub use admin_routing::{OwnLimit, RoutingProblem};
pub use admin_wishes::{AdminWish, SetupProblem};
pub use calendar::Opening;
pub use desks::AgentRouting;
pub use files::{FileFrom, FileWish, KeptFile, Viewer};
pub use hours::HoursNow;
pub use managing::AgentWish;
pub(crate) use past::Hidden;
pub use sessions::AGENT_GRACE_MS;
pub use sight::{SeenLine, VisitorSight};
pub use snapshot::{FOLD_VERSION, SnapshotProblem};
pub use timers::FirstReply;
pub use trigger_runs::RUNS_AT_ONCE;
pub use visitor_wishes::VisitorWish;

use crate::address::Address;
use bellhop_model::{
    Agent, AgentId, Chat, ChatId, ChatState, Contact, Event, Fact, OfflineMessageId, Rating,
    Routing, Seq, Setup, Timestamp, VisitorId, limits::MESSAGE_CHARS, people::Origin,
    permission::Roles,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long the fold keeps a chat whole that the agents left: as long as
/// [`AccountRules::session_idle_ms`] may be, so that a chat that came back is still there when the
/// journal says so.
pub(crate) const FOLD_KEEPS_MS: i64 = 24 * 60 * 60 * 1000;

/// Bytes of the longest message.
pub(crate) const MESSAGE_BYTES: usize = 4 * MESSAGE_CHARS;

/// How long the answer to an offline message waits for its visitor.
const ANSWER_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What the account is told once, and not by the journal.
#[derive(Debug, Clone, Default)]
pub struct AccountRules {
    pub first_reply: FirstReply,
    /// Milliseconds a visitor may be away before the chat ends.
    pub visitor_timeout_ms: i64,
    /// Milliseconds after which a session ends whose visitor stays on the site and does nothing: after
    /// the agents left they may bring the chat back no longer (domain.md 9).
    pub session_idle_ms: i64,
    /// The proxies whose word is taken; their addresses are no visitor's.
    pub(crate) proxies: Vec<Address>,
    /// Bytes that all files together may have; where they have as many, no other is taken.
    pub file_room: Option<u64>,
    /// Messages that one chat may have, and bytes of their texts.
    pub chat_room: Option<ChatRoom>,
}

/// How much may be said in one chat, however often it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatRoom {
    pub messages: usize,
    pub bytes: usize,
}

/// What a wish leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Granted {
    /// In order; empty where things already are as wished.
    pub facts: Vec<Fact>,
    /// The chat it was about.
    pub chat_id: Option<ChatId>,
}

/// A request that an agent served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Served {
    chat_id: ChatId,
    by: AgentId,
    at: Timestamp,
}

/// A chat in which nothing can be said any more: what is still asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PastChat {
    /// Everybody who was in it.
    agents: Vec<AgentId>,
    tags: Vec<String>,
    rating: Option<Rating>,
    comment: Option<String>,
    /// How often its visitor rated it.
    ratings: usize,
}

/// Counts that ride on the heartbeat (law 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub last: Seq,
    /// Waiting chats each agent may serve; agents who may serve none are not listed.
    pub waiting: std::sync::Arc<BTreeMap<AgentId, u32>>,
    /// Chats each agent is in; agents in none are not listed.
    pub open: std::sync::Arc<BTreeMap<AgentId, u32>>,
}

/// Why an event does not fit: the journal is not this account's, or not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("event {found} follows event {head}")]
    OutOfOrder { head: Seq, found: Seq },
    #[error("event {seq} speaks of chat {chat_id}, which is not there")]
    NoSuchChat { seq: Seq, chat_id: ChatId },
    #[error("event {seq} speaks of agent {agent_id}, who is not there")]
    NoSuchAgent { seq: Seq, agent_id: AgentId },
    #[error("event {seq} is of a kind this version does not know; a newer version wrote it")]
    UnknownKind { seq: Seq },
}

/// The state of a workspace. Written and read as JSON by [`snapshot`] alone, which gives back what
/// is skipped here; a change of what is kept is a change of [`FOLD_VERSION`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    #[serde(skip)]
    rules: AccountRules,
    head: Seq,
    agents: BTreeMap<AgentId, Agent>,
    /// Those of them who work here no more.
    disabled: BTreeSet<AgentId>,
    setup: Setup,
    schedules: hours::Schedules,
    routing: Routing,
    desks: desks::Desks,
    /// The skills that requests ask for, while they wait.
    skills: BTreeMap<ChatId, Vec<String>>,
    /// Where chats in which something may still happen were asked for from; of which nothing is
    /// known, are not listed.
    origins: BTreeMap<ChatId, Origin>,
    roles: Roles,
    shortcuts: shortcuts::Shortcuts,
    tags: tags::TagList,
    triggers: triggers::Triggers,
    offline: offline::OfflineMessages,
    profiles: profiles::Profiles,
    files: files::Files,
    /// Chats in which something may still happen.
    chats: HashMap<ChatId, Chat>,
    past: HashMap<ChatId, PastChat>,
    /// The chat a visitor's next word belongs to, or belonged to last.
    current: HashMap<VisitorId, ChatId>,
    /// The name each visitor gave last.
    names: names::Names,
    /// What agents wrote down of visitors; of whom nothing is, is not listed.
    contacts: HashMap<VisitorId, Contact>,
    bans: bans::Bans,
    team: team::Team,
    /// For how many days chats and offline messages are kept after their end; without a number,
    /// until somebody deletes them.
    retention: Option<u32>,
    /// The support agent whom tickets of each agent's chats are given to.
    assignees: BTreeMap<AgentId, String>,
    last_chat: u64,
    /// How many chats each visitor has had.
    chats_had: HashMap<VisitorId, u32>,
    /// Chats whose last fact ended them for good. They stay whole until the next step, so that
    /// their visitor can be told.
    done: Vec<ChatId>,
    #[serde(skip)]
    queue: queue::Queue,
    #[serde(skip)]
    lookups: lookups::Lookups,
    /// The request that was served last.
    last_served: Option<Served>,
    #[serde(skip)]
    sessions: sessions::Sessions,
    #[serde(skip)]
    clockwork: hours::Clockwork,
    #[serde(skip)]
    runs: trigger_runs::Runs,
    /// Rises with every change after which something else may be due than before.
    #[serde(skip)]
    changes: u64,
}

impl Account {
    /// An account in which nothing has happened.
    #[must_use]
    pub fn new(rules: AccountRules) -> Self {
        let mut triggers = triggers::Triggers::default();
        triggers.renew(&rules);
        Self {
            rules,
            head: Seq(0),
            agents: BTreeMap::new(),
            disabled: BTreeSet::new(),
            setup: Setup::default(),
            schedules: hours::Schedules::default(),
            routing: Routing::default(),
            desks: desks::Desks::default(),
            skills: BTreeMap::new(),
            origins: BTreeMap::new(),
            roles: Roles::default(),
            shortcuts: shortcuts::Shortcuts::default(),
            tags: tags::TagList::default(),
            triggers,
            offline: offline::OfflineMessages::default(),
            profiles: profiles::Profiles::default(),
            files: files::Files::default(),
            chats: HashMap::new(),
            past: HashMap::new(),
            current: HashMap::new(),
            names: names::Names::default(),
            contacts: HashMap::new(),
            bans: bans::Bans::default(),
            team: team::Team::default(),
            retention: None,
            assignees: BTreeMap::new(),
            last_chat: 0,
            chats_had: HashMap::new(),
            done: Vec::new(),
            queue: queue::Queue::default(),
            lookups: lookups::Lookups::default(),
            last_served: None,
            sessions: sessions::Sessions::default(),
            clockwork: hours::Clockwork::default(),
            runs: trigger_runs::Runs::default(),
            changes: 0,
        }
    }

    /// Another number than before where, since then, something may have come to be due, or will be
    /// at another time; what time alone brings is told by [`Self::next_due`].
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    fn changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    #[must_use]
    pub(crate) fn rules(&self) -> &AccountRules {
        &self.rules
    }

    /// The number of the newest event.
    #[must_use]
    pub fn head(&self) -> Seq {
        self.head
    }

    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(&id)
    }

    /// The agent with this e-mail address, however it is capitalised.
    #[must_use]
    pub fn agent_by_email(&self, email: &str) -> Option<&Agent> {
        self.agents.values().find(|agent| agent.email.eq_ignore_ascii_case(email))
    }

    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// How the account is set up.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// How requests are routed.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// What is said of each agent's skills and limit of chats.
    #[must_use]
    pub fn agent_routing(&self) -> Vec<AgentRouting> {
        self.desks.told()
    }

    /// The roles of the account, and who has which.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// A chat in which something may still happen.
    #[must_use]
    pub fn chat(&self, id: ChatId) -> Option<&Chat> {
        self.chats.get(&id)
    }

    /// The chat a visitor is in or was in last, while something may still happen in it.
    #[must_use]
    pub fn chat_of(&self, visitor: &VisitorId) -> Option<&Chat> {
        self.chats.get(self.current.get(visitor)?)
    }

    /// Where a chat was asked for from, while something may still happen in it.
    #[must_use]
    pub(crate) fn origin_of_chat(&self, id: ChatId) -> Origin {
        self.origins.get(&id).cloned().unwrap_or_default()
    }

    /// The name a visitor gave last.
    #[must_use]
    pub fn name_of_visitor(&self, visitor: &VisitorId) -> Option<&str> {
        self.names.get(visitor).map(String::as_str)
    }

    /// What rides on the heartbeat.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { last: self.head, waiting: self.queue.offers(), open: self.queue.open() }
    }

    /// Chats that wait, whoever may serve them.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.queue.waiting_count()
    }

    /// Chats that an agent is in and that are not over.
    #[must_use]
    pub fn served_count(&self) -> usize {
        self.queue.served_count()
    }

    /// The newest chat and the newest offline message that there ever were.
    #[must_use]
    pub(crate) fn last_records(&self) -> (ChatId, OfflineMessageId) {
        (ChatId(self.last_chat), self.offline.last())
    }

    /// Carries out one fact of the journal.
    ///
    /// # Errors
    /// The event does not follow the ones before it. Nothing was changed then.
    pub fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        if event.seq != self.head.next() {
            return Err(FoldError::OutOfOrder { head: self.head, found: event.seq });
        }
        self.archive_done();
        match &event.fact {
            Fact::Unknown => return Err(FoldError::UnknownKind { seq: event.seq }),
            Fact::AgentSaved { agent } => {
                self.agents.insert(agent.id, agent.clone());
                self.apply_to_hours(&event.fact);
            }
            Fact::AgentSwitched { agent_id, enabled: true } => {
                self.disabled.remove(agent_id);
            }
            Fact::AgentSwitched { agent_id, enabled: false } => {
                self.disabled.insert(*agent_id);
            }
            Fact::AvailabilitySet { agent_id, availability, .. } => {
                let known = self.agents.get_mut(agent_id);
                known
                    .ok_or(FoldError::NoSuchAgent { seq: event.seq, agent_id: *agent_id })?
                    .availability = *availability;
                self.desks.apply(&event.fact, event.at);
            }
            Fact::RoutingSaved { routing } => {
                self.setup.apply(&event.fact);
                self.apply_routing(routing);
            }
            Fact::AgentRoutingSaved { .. } => self.desks.apply(&event.fact, event.at),
            fact @ (Fact::ChatRequested { origin, .. } | Fact::ChatStarted { origin, .. }) => {
                if let Some(chat) = Chat::begun_by(fact, event.at) {
                    self.begin(chat, origin);
                }
            }
            Fact::DepartmentSaved { .. }
            | Fact::RatingSwitched { .. }
            | Fact::HoursSaved { .. } => {
                self.setup.apply(&event.fact);
                self.apply_to_hours(&event.fact);
            }
            Fact::Banned { .. } | Fact::BanLifted { .. } => self.bans.apply(event),
            Fact::TeamSaid { .. } | Fact::TeamRead { .. } => self.team.apply(event),
            Fact::ContactSaved { .. } => self.apply_to_visitor(&event.fact),
            Fact::ChatDeleted { chat_id, .. } => {
                if !self.apply_chat_deleted(*chat_id) {
                    return Err(FoldError::NoSuchChat { seq: event.seq, chat_id: *chat_id });
                }
            }
            Fact::RetentionSaved { days } => self.retention = *days,
            fact => self.apply_to_chat(event, fact)?,
        }
        self.apply_besides(event);
        let setup_changed = matches!(
            event.fact,
            Fact::DepartmentSaved { .. } | Fact::AgentSaved { .. } | Fact::RoutingSaved { .. }
        );
        self.queue.count_offers(self.agents.keys().copied(), &self.setup, setup_changed);
        self.head = event.seq;
        self.changed();
        self.archive_left_before(event.at.plus(-FOLD_KEEPS_MS));
        Ok(())
    }

    fn apply_routing(&mut self, routing: &Routing) {
        self.routing = routing.clone();
        for agent in self.agents.keys() {
            self.desks.touch(*agent);
        }
    }

    /// What a fact does to everything that is neither an agent nor a chat.
    fn apply_besides(&mut self, event: &Event) {
        let Event { seq, at, fact } = event;
        self.apply_to_offline(event);
        self.roles.apply(fact);
        self.shortcuts.apply(*seq, fact);
        self.tags.apply(*seq, fact);
        self.profiles.apply(fact);
        self.triggers.apply(event, &self.rules);
        self.apply_to_files(fact);
        self.apply_support(fact);
        if let Fact::OfflineMessageAnswered { message_id, message, .. } = fact
            && let Some(visitor) = self.offline.left_by(*message_id)
        {
            self.triggers.greet(visitor, message, at.plus(ANSWER_KEPT_MS));
        }
    }

    fn begin(&mut self, chat: Chat, origin: &Origin) {
        let (id, visitor) = (chat.id, chat.visitor.id.clone());
        if !origin.is_unknown() {
            self.origins.insert(id, origin.clone());
        }
        if let Some(name) = &chat.visitor.name {
            self.names.give(&visitor, id, name);
        }
        self.last_chat = self.last_chat.max(id.0);
        let had = self.chats_had.entry(visitor.clone()).or_default();
        *had = had.saturating_add(1);
        self.queue.enter(&chat, &[]);
        self.lookups.enter(&chat);
        self.chats.insert(id, chat);
        self.make_current(id);
        self.reckon_with_absence(&visitor);
    }

    fn apply_to_chat(&mut self, event: &Event, fact: &Fact) -> Result<(), FoldError> {
        let Some(id) = fact.chat_id() else { return Ok(()) };
        if let (Fact::TagsSet { tags, .. }, Some(past)) = (fact, self.past.get_mut(&id)) {
            past.tags.clone_from(tags);
            return Ok(());
        }
        if let (Fact::ChatRated { rating, comment, .. }, Some(past)) =
            (fact, self.past.get_mut(&id))
        {
            past.rate(*rating, comment.as_ref());
            return Ok(());
        }
        if matches!(fact, Fact::FileDeleted { .. }) && self.past.contains_key(&id) {
            return Ok(());
        }
        let Self { agents, chats, queue, desks, skills, lookups, last_served, .. } = self;
        let Some(chat) = chats.get_mut(&id) else {
            return Err(FoldError::NoSuchChat { seq: event.seq, chat_id: id });
        };
        let moves = queue::Queue::is_moved_by(fact);
        if moves {
            queue.leave(chat, skills.get(&id).map(Vec::as_slice).unwrap_or_default());
        }
        let held = chat.route.held_for;
        if let (ChatState::Waiting, Fact::AgentJoined { agent_id, .. }) = (chat.state, fact) {
            *last_served = Some(Served { chat_id: id, by: *agent_id, at: event.at });
        }
        let name_of =
            |agent: AgentId| agents.get(&agent).map(|a| a.display_name.clone()).unwrap_or_default();
        if let Some(line) = chat.apply(event.seq, event.at, fact, &name_of) {
            lookups.add(id, line);
        }
        desks.follow(chat, held, fact, (event.seq, event.at));
        if chat.state != ChatState::Waiting {
            skills.remove(&id);
        }
        if let Fact::SkillsAsked { skills: asked, .. } = fact {
            skills.insert(id, asked.clone());
        }
        if moves {
            queue.enter(chat, skills.get(&id).map(Vec::as_slice).unwrap_or_default());
        }
        let visitor = moves.then(|| chat.visitor.id.clone());
        match fact {
            Fact::VisitorNamed { name, .. } => {
                self.names.give(&chat.visitor.id, id, name);
            }
            Fact::ChatContinued { .. } => self.make_current(id),
            Fact::MessagePosted { message, .. } => {
                self.triggers.said_in_chat(&chat.visitor.id, message.id);
            }
            _ => {}
        }
        self.done.push(id);
        if let Some(visitor) = visitor {
            self.reckon_with_absence(&visitor);
        }
        Ok(())
    }
}
