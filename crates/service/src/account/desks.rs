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
use std::collections::BTreeMap;

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
}

impl Desk {
    /// Chats she is in that go on.
    pub(super) fn chats(&self) -> usize {
        self.answered.len()
    }

    /// Chats that count: those she answered within the last ten minutes.
    pub(super) fn load(&self, now: Timestamp) -> usize {
        self.answered.values().filter(|at| at.plus(LOAD_MS) > now).count()
    }

    /// When the next chat counts no more.
    pub(super) fn next_relief(&self, now: Timestamp) -> Option<Timestamp> {
        self.answered.values().map(|at| at.plus(LOAD_MS)).filter(|at| *at > now).min()
    }

    fn left(&mut self, chat: ChatId, at: Timestamp) {
        if self.answered.remove(&chat).is_some() && self.answered.is_empty() {
            self.free_since = at;
        }
    }
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
pub(super) struct Desks(BTreeMap<AgentId, Desk>);

impl Desks {
    pub(super) fn get(&self, agent: AgentId) -> Option<&Desk> {
        self.0.get(&agent)
    }

    fn of(&mut self, agent: AgentId) -> &mut Desk {
        self.0.entry(agent).or_default()
    }

    /// What was said of every agent.
    pub(super) fn told(&self) -> Vec<AgentRouting> {
        let told = self.iter().map(|(agent_id, desk)| AgentRouting {
            agent_id,
            skills: desk.skills.clone(),
            chat_limit: desk.chat_limit,
        });
        told.collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (AgentId, &Desk)> {
        self.0.iter().map(|(id, desk)| (*id, desk))
    }

    /// Takes in a chat that comes from a snapshot.
    pub(super) fn enter(&mut self, chat: &Chat) {
        if chat.state != ChatState::Served {
            return;
        }
        for agent in &chat.agents {
            self.of(*agent).answered.insert(chat.id, answered_at(chat, *agent));
        }
    }

    /// Carries out a fact about agents.
    pub(super) fn apply(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::AgentRoutingSaved { agent_id, skills, chat_limit } => {
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
            Fact::AgentLeft { agent_id, .. } => self.of(*agent_id).left(chat.id, at),
            Fact::ChatEnded { .. } => {
                for agent in &chat.agents {
                    self.of(*agent).left(chat.id, at);
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
                    && let Some(answered) = self.of(agent_id).answered.get_mut(&chat.id)
                {
                    *answered = at;
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
