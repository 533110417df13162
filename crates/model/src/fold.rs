//! The one meaning of a chat's events, used by the service's account and by the desktop's engine.

use crate::{
    AgentId, Author, Chat, ChatId, ChatState, EndedBy, Fact, Seq, Timestamp, TranscriptLine,
    VisitorProfile, chat::LineBody,
};

impl Chat {
    /// The chat that a request begins.
    #[must_use]
    pub fn requested(id: ChatId, visitor: VisitorProfile, at: Timestamp) -> Self {
        Self {
            id,
            visitor,
            state: ChatState::Waiting,
            requested_at: at,
            waiting_since: at,
            agents: Vec::new(),
            tags: Vec::new(),
            ended_at: None,
            ended_by: None,
            transcript: Vec::new(),
        }
    }

    /// Carries out one fact about this chat and returns the line it added to the transcript.
    /// `name_of` gives the name an agent has now.
    pub fn apply(
        &mut self,
        seq: Seq,
        at: Timestamp,
        fact: &Fact,
        name_of: &dyn Fn(AgentId) -> String,
    ) -> Option<&TranscriptLine> {
        let body = match fact {
            Fact::MessagePosted { message, .. } => LineBody::Said { message: message.clone() },
            Fact::AgentJoined { agent_id, .. } => {
                if !self.agents.contains(agent_id) {
                    self.agents.push(*agent_id);
                }
                self.state = ChatState::Served;
                LineBody::AgentJoined { agent_id: *agent_id, name: name_of(*agent_id) }
            }
            Fact::AgentLeft { agent_id, .. } => {
                self.agents.retain(|a| a != agent_id);
                LineBody::AgentLeft { agent_id: *agent_id, name: name_of(*agent_id) }
            }
            Fact::ChatEnded { by, .. } => {
                self.state = if self.was_served() { ChatState::Ended } else { ChatState::Missed };
                self.ended_at = Some(at);
                self.ended_by = Some(*by);
                LineBody::Ended { by: *by }
            }
            Fact::ChatContinued { agent_id, .. } => {
                self.state = ChatState::Served;
                self.ended_at = None;
                self.ended_by = None;
                LineBody::Continued { agent_id: *agent_id, name: name_of(*agent_id) }
            }
            Fact::ChatCameBack { .. } => {
                self.state = ChatState::Waiting;
                self.waiting_since = at;
                self.ended_at = None;
                self.ended_by = None;
                LineBody::CameBack
            }
            Fact::TagsSet { tags, .. } => {
                self.tags.clone_from(tags);
                LineBody::Tagged { tags: tags.clone() }
            }
            Fact::VisitorNamed { name, .. } => {
                self.visitor.name = Some(name.clone());
                return None;
            }
            Fact::ChatRequested { .. }
            | Fact::AgentSaved { .. }
            | Fact::AvailabilitySet { .. }
            | Fact::Unknown => return None,
        };
        self.transcript.push(TranscriptLine { seq, at, body });
        self.transcript.last()
    }

    /// Some agent has been in it.
    #[must_use]
    pub fn was_served(&self) -> bool {
        self.transcript.iter().any(|line| matches!(line.body, LineBody::AgentJoined { .. }))
    }

    /// It waits, and not for the first time.
    #[must_use]
    pub fn came_back(&self) -> bool {
        self.state == ChatState::Waiting
            && self.transcript.iter().any(|line| matches!(line.body, LineBody::CameBack))
    }

    /// The first thing the visitor said; empty before they said anything.
    #[must_use]
    pub fn first_words(&self) -> &str {
        self.transcript
            .iter()
            .find_map(|line| match &line.body {
                LineBody::Said { message } if message.author == Author::Visitor => {
                    Some(message.text.as_str())
                }
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Since when the visitor waits for an answer: the first of their messages after the last one
    /// of an agent. Automatic messages answer nobody.
    #[must_use]
    pub fn unanswered_since(&self) -> Option<Timestamp> {
        let mut since = None;
        for line in &self.transcript {
            if let LineBody::Said { message } = &line.body {
                match message.author {
                    Author::Visitor => since = since.or(Some(line.at)),
                    Author::Agent { .. } => since = None,
                    Author::Trigger { .. } => {}
                }
            }
        }
        since
    }

    /// It is over and the agent has no say in it any more: it belongs to the history.
    #[must_use]
    pub fn belongs_to_history(&self) -> bool {
        self.state.is_over() && self.agents.is_empty()
    }

    /// The visitor ended it while this agent was in it: she may continue it.
    #[must_use]
    pub fn may_continue(&self, agent: AgentId) -> bool {
        self.state == ChatState::Ended
            && matches!(self.ended_by, Some(EndedBy::Visitor | EndedBy::Timeout))
            && self.agents.contains(&agent)
    }
}
