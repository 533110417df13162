//! Team chats: agents among themselves, with no visitor.
//!
//! Invariants: there is one team chat for each set of agents, and nobody else is told of it; it is
//! no chat of a visitor, so it never waits, is in no count and has no tags. What was said is in the
//! journal alone; here is only who is in which and how far each has read.

use super::{Account, Granted};
use bellhop_model::{
    AgentId, Author, CommandId, Event, Fact, Message, Refusal, Seq, TeamChatId, Timestamp,
    limits::{TEAM_CHAT_MEMBERS, TEAM_CHATS},
    rules,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Team {
    chats: BTreeMap<TeamChatId, TeamChat>,
    #[serde(skip)]
    of: HashMap<Vec<AgentId>, TeamChatId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TeamChat {
    members: Vec<AgentId>,
    /// The number of the newest message.
    last: Seq,
    /// How far each has read; who has read nothing is not listed.
    read: BTreeMap<AgentId, Seq>,
}

impl Team {
    /// Carries out one fact, where it is about team chats.
    pub(super) fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::TeamSaid { team_chat_id, members, message } => {
                let chat = self.chats.entry(*team_chat_id).or_insert_with(|| TeamChat {
                    members: members.clone(),
                    last: Seq(0),
                    read: BTreeMap::new(),
                });
                chat.last = event.seq;
                if let Author::Agent { agent_id } = message.author {
                    // Who says something has read what was before.
                    chat.read.insert(agent_id, event.seq);
                }
                self.of.insert(members.clone(), *team_chat_id);
            }
            Fact::TeamRead { team_chat_id, agent_id, up_to } => {
                if let Some(chat) = self.chats.get_mut(team_chat_id) {
                    chat.read.insert(*agent_id, *up_to);
                }
            }
            _ => {}
        }
    }

    /// How many are of three agents or more. Those of two are bounded by how many agents there are.
    fn groups(&self) -> usize {
        self.chats.values().filter(|chat| chat.members.len() > 2).count()
    }

    /// Gives back what a snapshot does not keep.
    pub(super) fn index_all(&mut self) {
        let chats = self.chats.iter();
        self.of = chats.map(|(id, chat)| (chat.members.clone(), *id)).collect();
    }
}

impl Account {
    /// An agent says something to colleagues; the chat of exactly these is there from then on.
    pub(super) fn say_to_team(
        &self,
        agent: AgentId,
        to: &[AgentId],
        (id, text): (CommandId, &str),
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        rules::check_text(text)?;
        let mut members = to.to_vec();
        members.push(agent);
        members.sort_unstable();
        members.dedup();
        if members.len() < 2 {
            return Err(Refusal::ToOneself);
        }
        if members.len() > TEAM_CHAT_MEMBERS {
            return Err(Refusal::limit("members", TEAM_CHAT_MEMBERS));
        }
        if let Some(stranger) = members.iter().find(|id| !self.agents.contains_key(id)) {
            return Err(Refusal::NoSuchAgent { agent_id: *stranger });
        }
        let team_chat_id = match self.team.of.get(&members) {
            Some(known) => *known,
            None if members.len() > 2 && self.team.groups() >= TEAM_CHATS => {
                return Err(Refusal::limit("team_chats", TEAM_CHATS));
            }
            None => TeamChatId(self.team.chats.keys().next_back().map_or(1, |last| last.0 + 1)),
        };
        let author = Author::Agent { agent_id: agent };
        let message = Message { id, author, text: text.to_owned(), at: now, file: None };
        let facts = vec![Fact::TeamSaid { team_chat_id, members, message }];
        Ok(Granted { facts, chat_id: None })
    }

    /// An agent has read a team chat up to a number; reading less than before changes nothing.
    pub(super) fn read_team_chat(
        &self,
        agent: AgentId,
        id: TeamChatId,
        up_to: Seq,
    ) -> Result<Vec<Fact>, Refusal> {
        let chat = self.team.chats.get(&id).filter(|chat| chat.members.contains(&agent));
        let chat = chat.ok_or(Refusal::NoSuchTeamChat { team_chat_id: id })?;
        let up_to = up_to.min(chat.last);
        let before = chat.read.get(&agent).copied().unwrap_or_default();
        if up_to <= before {
            return Ok(Vec::new());
        }
        Ok(vec![Fact::TeamRead { team_chat_id: id, agent_id: agent, up_to }])
    }
}
