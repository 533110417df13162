//! The queue: which chats wait, in which order and for whom, and how many chats each agent is in.
//!
//! Invariant: it lists exactly what the chats themselves say. A chat is taken out before a fact
//! changes it and put back after, so no list can drift from its chats.

use bellhop_model::{AgentId, Chat, ChatId, ChatState, Route, Setup, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The lists that are kept so that nobody has to walk over all chats.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// Longest waiting first; between equals the older chat.
    waiting: BTreeSet<(Timestamp, ChatId)>,
    /// The routes that waiting chats go, and how many go each: a few, however many wait.
    routes: BTreeMap<Route, u32>,
    /// How many waiting chats each agent may serve; who may serve none is not listed.
    offers: Arc<BTreeMap<AgentId, u32>>,
    /// [`Self::routes`] changed since [`Self::offers`] was counted.
    uncounted: bool,
    /// Ended, and nobody is in them, by the moment they ended.
    left: BTreeSet<(Timestamp, ChatId)>,
    open: Arc<BTreeMap<AgentId, u32>>,
}

impl Queue {
    pub(super) fn enter(&mut self, chat: &Chat) {
        if chat.state == ChatState::Waiting {
            self.waiting.insert((chat.waiting_since, chat.id));
            *self.routes.entry(class_of(chat)).or_default() += 1;
            self.uncounted = true;
        }
        if let Some(ended_at) = chat.ended_at.filter(|_| chat.belongs_to_history()) {
            self.left.insert((ended_at, chat.id));
        }
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                *open.entry(*agent).or_default() += 1;
            }
        }
    }

    /// Must see the chat as it was when it entered.
    pub(super) fn leave(&mut self, chat: &Chat) {
        if self.waiting.remove(&(chat.waiting_since, chat.id)) {
            let class = class_of(chat);
            if let Some(count) = self.routes.get_mut(&class) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.routes.remove(&class);
                }
            }
            self.uncounted = true;
        }
        if let Some(ended_at) = chat.ended_at {
            self.left.remove(&(ended_at, chat.id));
        }
        if !chat.agents.is_empty() {
            let open = Arc::make_mut(&mut self.open);
            for agent in &chat.agents {
                if let Some(count) = open.get_mut(agent) {
                    *count = count.saturating_sub(1);
                }
            }
            open.retain(|_, count| *count > 0);
        }
    }

    /// Everything that waits, longest first.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = (Timestamp, ChatId)> + '_ {
        self.waiting.iter().copied()
    }

    /// The routes that waiting chats go.
    pub(super) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.keys()
    }

    /// Counts anew what each agent may serve, where that may have changed.
    pub(super) fn count_offers(
        &mut self,
        agents: impl Iterator<Item = AgentId>,
        setup: &Setup,
        setup_changed: bool,
    ) {
        if !std::mem::take(&mut self.uncounted) && !setup_changed {
            return;
        }
        let offers = agents.filter_map(|agent| {
            let admitting = self.routes.iter().filter(|(route, _)| route.admits(agent, setup));
            let count = admitting.map(|(_, count)| *count).sum();
            (count > 0).then_some((agent, count))
        });
        self.offers = Arc::new(offers.collect());
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

/// The route, as far as it says who is admitted.
fn class_of(chat: &Chat) -> Route {
    let mut route = chat.route.clone();
    if let Some(hold) = &mut route.held_for {
        hold.since = Timestamp(0);
    }
    route.missed.clear();
    route
}
