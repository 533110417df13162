//! What each agent has before her: the chats that count as her load, since when she is free, what
//! she missed, and what an administrator said of her.
//!
//! Invariant: a fold of the journal. The load follows from the chats alone, so it is made anew
//! from them and stands in no snapshot.

use bellhop_model::{
    AgentId, Author, Availability, Chat, ChatId, ChatState, Fact, Seq, Timestamp,
    chat::LineBody,
    route::{Hold, ReleaseReason},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A chat that was answered longer ago counts no more (domain.md 8: ten minutes).
pub(super) const LOAD_MS: i64 = 10 * 60 * 1000;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Desk {
    pub(super) skills: Vec<String>,
    /// Her own limit of chats.
    pub(super) chat_limit: Option<u8>,
    /// Since when she is in no chat that goes on, or else online.
    pub(super) free_since: Timestamp,
    /// The event with which she was given a request last.
    pub(super) given_at: Seq,
    /// Requests she was given and did not take, one after the other.
    pub(super) misses: u8,
    /// When she answered last in each chat that goes on and that she is in.
    #[serde(skip)]
    answered: BTreeMap<ChatId, Timestamp>,
    /// The same, longest ago first.
    #[serde(skip)]
    in_order: BTreeSet<(Timestamp, ChatId)>,
}

impl Desk {
    /// Chats she is in that go on.
    pub(super) fn chats(&self) -> usize {
        self.answered.len()
    }

    /// Chats that count: those she answered within the last ten minutes. No more than `most` are
    /// counted.
    pub(super) fn load(&self, now: Timestamp, most: usize) -> usize {
        self.in_order.range((counts_from(now), ChatId(0))..).take(most).count()
    }

    /// She answers, or leaves a chat (`None`). When she answered in it before.
    fn answers(&mut self, chat: ChatId, at: Option<Timestamp>) -> Option<Timestamp> {
        let before = match at {
            Some(at) => self.answered.insert(chat, at),
            None => self.answered.remove(&chat),
        };
        if let Some(before) = before {
            self.in_order.remove(&(before, chat));
        }
        self.in_order.extend(at.map(|at| (at, chat)));
        before
    }
}

/// The first moment of an answer that counts at `now`.
fn counts_from(now: Timestamp) -> Timestamp {
    now.plus(1 - LOAD_MS)
}

/// What an administrator said of an agent, or she of herself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRouting {
    pub agent_id: AgentId,
    pub skills: Vec<String>,
    /// Her own limit of chats.
    pub chat_limit: Option<u8>,
}

/// The desks of all agents.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Desks {
    all: BTreeMap<AgentId, Desk>,
    /// The last answer of each agent in each chat that goes on, longest ago first.
    #[serde(skip)]
    in_order: BTreeSet<(Timestamp, ChatId, AgentId)>,
    /// Whose load may have changed since [`Self::turned`] was asked last, and when that was.
    #[serde(skip)]
    touched: BTreeSet<AgentId>,
    #[serde(skip)]
    asked_at: Timestamp,
}

impl Desks {
    pub(super) fn get(&self, agent: AgentId) -> Option<&Desk> {
        self.all.get(&agent)
    }

    fn of(&mut self, agent: AgentId) -> &mut Desk {
        self.all.entry(agent).or_default()
    }

    fn answers(&mut self, agent: AgentId, chat: ChatId, at: Option<Timestamp>) -> bool {
        let before = self.of(agent).answers(chat, at);
        if let Some(before) = before {
            self.in_order.remove(&(before, chat, agent));
        }
        self.in_order.extend(at.map(|at| (at, chat, agent)));
        self.touched.insert(agent);
        before.is_some()
    }

    fn leaves(&mut self, agent: AgentId, chat: ChatId, at: Timestamp) {
        let was_in = self.answers(agent, chat, None);
        let desk = self.of(agent);
        if was_in && desk.answered.is_empty() {
            desk.free_since = at;
        }
    }

    /// Something besides her chats decides how many more she gets, and may have changed.
    pub(super) fn touch(&mut self, agent: AgentId) {
        self.touched.insert(agent);
    }

    /// The agents whose load, or what it is measured by, may have changed since this was asked
    /// last.
    pub(super) fn turned(&mut self, now: Timestamp) -> BTreeSet<AgentId> {
        let now = now.max(self.asked_at);
        let [from, to] = [std::mem::replace(&mut self.asked_at, now), now]
            .map(|moment| (counts_from(moment), ChatId(0), AgentId(0)));
        let mut turned = std::mem::take(&mut self.touched);
        turned.extend(self.in_order.range(from..to).map(|(_, _, agent)| *agent));
        turned
    }

    /// When the next chat of any agent counts no more.
    pub(super) fn next_relief(&self, now: Timestamp) -> Option<Timestamp> {
        let mut counting = self.in_order.range((counts_from(now), ChatId(0), AgentId(0))..);
        counting.next().map(|(at, ..)| at.plus(LOAD_MS))
    }

    /// What was said of every agent.
    pub(super) fn told(&self) -> Vec<AgentRouting> {
        let told = self.all.iter().map(|(agent_id, desk)| AgentRouting {
            agent_id: *agent_id,
            skills: desk.skills.clone(),
            chat_limit: desk.chat_limit,
        });
        told.collect()
    }

    /// Takes in a chat that comes from a snapshot.
    pub(super) fn enter(&mut self, chat: &Chat) {
        if chat.state != ChatState::Served {
            return;
        }
        for agent in &chat.agents {
            self.answers(*agent, chat.id, Some(answered_at(chat, *agent)));
        }
    }

    /// Carries out a fact about agents.
    pub(super) fn apply(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::AgentRoutingSaved { agent_id, skills, chat_limit } => {
                self.touch(*agent_id);
                let desk = self.of(*agent_id);
                desk.skills.clone_from(skills);
                desk.chat_limit = *chat_limit;
            }
            Fact::AvailabilitySet { agent_id, availability, missed } => {
                let desk = self.of(*agent_id);
                if *availability == Availability::Online {
                    desk.free_since = desk.free_since.max(at);
                }
                if missed.is_some() || *availability == Availability::Online {
                    desk.misses = 0;
                }
            }
            _ => {}
        }
    }

    /// Carries out a fact about a chat. `chat` is as it is after it, `held` as it was before.
    pub(super) fn follow(
        &mut self,
        chat: &Chat,
        held: Option<Hold>,
        fact: &Fact,
        (seq, at): (Seq, Timestamp),
    ) {
        match fact {
            Fact::AgentLeft { agent_id, .. } => self.leaves(*agent_id, chat.id, at),
            Fact::ChatEnded { .. } => {
                for agent in &chat.agents {
                    self.leaves(*agent, chat.id, at);
                }
            }
            Fact::ChatAssigned { agent_id, .. } => self.of(*agent_id).given_at = seq,
            Fact::AgentJoined { agent_id, .. } => {
                let desk = self.of(*agent_id);
                desk.given_at = seq;
                desk.misses = 0;
                self.enter(chat);
            }
            Fact::ChatReleased { reason: ReleaseReason::NotTaken, .. } => {
                if let Some(hold) = held {
                    let desk = self.of(hold.agent_id);
                    desk.misses = desk.misses.saturating_add(1);
                }
            }
            Fact::ChatContinued { .. } => self.enter(chat),
            Fact::MessagePosted { message, .. } => {
                if let Author::Agent { agent_id } = message.author
                    && self.of(agent_id).answered.contains_key(&chat.id)
                {
                    self.answers(agent_id, chat.id, Some(at));
                }
            }
            _ => {}
        }
    }
}

/// When an agent who is in a chat did something in it that her visitor sees.
fn answered_at(chat: &Chat, agent: AgentId) -> Timestamp {
    let hers = |body: &LineBody| match body {
        LineBody::AgentJoined { agent_id, .. } | LineBody::Continued { agent_id, .. } => {
            *agent_id == agent
        }
        LineBody::Said { message } => message.author == Author::Agent { agent_id: agent },
        _ => false,
    };
    let last = chat.transcript.iter().rev().find(|line| hers(&line.body));
    last.map_or(chat.requested_at, |line| line.at)
}
