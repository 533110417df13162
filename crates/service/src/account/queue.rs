//! The queue: which chats wait, in which order and for whom, and how many chats each agent is in.
//!
//! Invariants: it lists exactly what the chats themselves say. A chat is taken out before a fact
//! changes it and put back after, so no list can drift from its chats. Chats that are treated
//! alike stand in one group, and whoever asks about all that waits walks over the groups, which
//! are a few, however many wait.

use bellhop_model::{AgentId, Chat, ChatId, ChatState, Fact, Route, Setup, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A chat's place in the order of waiting; between equals the older chat goes first.
pub(super) type Place = (Timestamp, ChatId);

/// What decides who is asked about a chat and who may serve it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// The route; since when it waits for one agent is left out.
    pub(super) route: Route,
    /// What whoever serves it must be able to do.
    pub(super) skills: Vec<String>,
}

/// The chats of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Longest waiting first.
    pub(super) waiting: BTreeSet<Place>,
    /// Since when each waits for one agent alone, where they do.
    pub(super) held: BTreeSet<Place>,
    /// Who may serve them; `None`: that must be looked at.
    admitted: Option<Vec<AgentId>>,
}

/// The lists that are kept so that nobody has to walk over all chats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Queue {
    /// All that waits, longest first.
    waiting: BTreeSet<Place>,
    groups: BTreeMap<Class, Group>,
    /// How many waiting chats each agent may serve; who may serve none is not listed.
    offers: Arc<BTreeMap<AgentId, u32>>,
    /// [`Self::groups`] changed since [`Self::offers`] was counted.
    uncounted: bool,
    /// Ended, and nobody is in them, by the moment they ended.
    left: BTreeSet<Place>,
    open: Arc<BTreeMap<AgentId, u32>>,
    /// Chats that an agent is in and that are not over.
    served: usize,
}

impl Queue {
    /// Whether a fact about a chat may change what is listed here. What is only said or marked
    /// does not, and that is most of what happens.
    pub(super) fn is_moved_by(fact: &Fact) -> bool {
        !matches!(
            fact,
            Fact::MessagePosted { .. }
                | Fact::TagsSet { .. }
                | Fact::TagsAdded { .. }
                | Fact::OptionsOffered { .. }
                | Fact::RatingRequested { .. }
                | Fact::ChatRated { .. }
                | Fact::VisitorNamed { .. }
                | Fact::FileDeleted { .. }
        )
    }

    pub(super) fn enter(&mut self, chat: &Chat, skills: &[String]) {
        if chat.state == ChatState::Waiting {
            let place = (chat.waiting_since, chat.id);
            self.waiting.insert(place);
            let group = self.groups.entry(class_of(chat, skills)).or_default();
            group.waiting.insert(place);
            group.held.extend(chat.route.held_for.map(|hold| (hold.since, chat.id)));
            self.uncounted = true;
        }
        if let Some(ended_at) = chat.ended_at.filter(|_| chat.belongs_to_history()) {
            self.left.insert((ended_at, chat.id));
        }
        self.served += usize::from(chat.state == ChatState::Served);
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                *open.entry(*agent).or_default() += 1;
            }
        }
    }

    /// Must see the chat as it was when it entered.
    pub(super) fn leave(&mut self, chat: &Chat, skills: &[String]) {
        let place = (chat.waiting_since, chat.id);
        if self.waiting.remove(&place) {
            let class = class_of(chat, skills);
            if let Some(group) = self.groups.get_mut(&class) {
                group.waiting.remove(&place);
                if let Some(hold) = chat.route.held_for {
                    group.held.remove(&(hold.since, chat.id));
                }
                if group.waiting.is_empty() {
                    self.groups.remove(&class);
                }
            }
            self.uncounted = true;
        }
        if let Some(ended_at) = chat.ended_at {
            self.left.remove(&(ended_at, chat.id));
        }
        self.served = self.served.saturating_sub(usize::from(chat.state == ChatState::Served));
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                if let Some(count) = open.get_mut(agent) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        open.remove(agent);
                    }
                }
            }
        }
    }

    /// Everything that waits, longest first.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = Place> + '_ {
        self.waiting.iter().copied()
    }

    /// How many wait, whoever may serve them.
    pub(super) fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn served_count(&self) -> usize {
        self.served
    }

    /// What waits, by what decides who is asked about it; no group is empty.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Class, &Group)> {
        self.groups.iter()
    }

    /// Counts anew what each agent may serve, where that may have changed.
    pub(super) fn count_offers(
        &mut self,
        agents: impl Iterator<Item = AgentId> + Clone,
        setup: &Setup,
        setup_changed: bool,
    ) {
        if !std::mem::take(&mut self.uncounted) && !setup_changed {
            return;
        }
        let mut offers = BTreeMap::new();
        for (Class { route, .. }, group) in &mut self.groups {
            if setup_changed || group.admitted.is_none() {
                let admits = |agent: &AgentId| route.admits(*agent, setup);
                group.admitted = Some(agents.clone().filter(admits).collect());
            }
            let count = u32::try_from(group.waiting.len()).unwrap_or(u32::MAX);
            for agent in group.admitted.iter().flatten() {
                let offered: &mut u32 = offers.entry(*agent).or_default();
                *offered = offered.saturating_add(count);
            }
        }
        self.offers = Arc::new(offers);
    }

    pub(super) fn offers(&self) -> Arc<BTreeMap<AgentId, u32>> {
        self.offers.clone()
    }

    /// The chat that was left first, where that was at or before `limit`.
    pub(super) fn left_before(&self, limit: Timestamp) -> Option<ChatId> {
        self.left.first().filter(|(at, _)| *at <= limit).map(|(_, id)| *id)
    }

    /// When the chat that was left first was left.
    pub(super) fn first_left_at(&self) -> Option<Timestamp> {
        self.left.first().map(|(at, _)| *at)
    }

    pub(super) fn open(&self) -> Arc<BTreeMap<AgentId, u32>> {
        self.open.clone()
    }
}

impl Class {
    /// Who is asked about these chats now, where somebody is.
    pub(super) fn asked(&self) -> Option<AgentId> {
        self.route.held_for.map(|hold| hold.agent_id)
    }
}

fn class_of(chat: &Chat, skills: &[String]) -> Class {
    let mut route = chat.route.clone();
    if let Some(hold) = &mut route.held_for {
        hold.since = Timestamp(0);
    }
    // In one order, whoever was first.
    route.missed.sort_unstable();
    route.excluded.sort_unstable();
    Class { route, skills: skills.to_vec() }
}
