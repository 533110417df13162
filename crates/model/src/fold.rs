//! The one meaning of a chat's events, used by the service's account and by the desktop's engine.

use crate::{
    AgentId, Author, Chat, ChatId, ChatState, EndedBy, Fact, Rating, Route, Seq, Timestamp,
    TranscriptLine, VisitorProfile, chat::LineBody, route::Destination,
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
            route: Route::default(),
            ended_at: None,
            ended_by: None,
            transcript: Vec::new(),
        }
    }

    /// The chat that this fact begins, where it begins one.
    #[must_use]
    pub fn begun_by(fact: &Fact, at: Timestamp) -> Option<Self> {
        match fact {
            Fact::ChatRequested { chat_id, visitor, .. } => {
                Some(Self::requested(*chat_id, visitor.clone(), at))
            }
            Fact::ChatStarted { chat_id, visitor, .. } => {
                let requested = Self::requested(*chat_id, visitor.clone(), at);
                Some(Self { state: ChatState::Served, ..requested })
            }
            _ => None,
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
            Fact::TagsSet { .. }
            | Fact::TagsAdded { .. }
            | Fact::OptionsOffered { .. }
            | Fact::RatingRequested { .. }
            | Fact::ChatRated { .. }
            | Fact::FileDeleted { .. } => self.remarked(fact, name_of)?,
            Fact::VisitorNamed { name, .. } => {
                self.visitor.name = Some(name.clone());
                return None;
            }
            Fact::DepartmentChosen { .. }
            | Fact::ChatTransferred { .. }
            | Fact::AgentInvited { .. }
            | Fact::ChatReleased { .. }
            | Fact::ChatAssigned { .. }
            | Fact::ChatUnassigned { .. } => self.rerouted(fact, name_of)?,
            // The request is what the chat begins with; the others are of no chat.
            _ => return None,
        };
        let line = TranscriptLine { seq, at, body };
        self.route.follow(&line);
        self.transcript.push(line);
        self.transcript.last()
    }

    /// The line of a fact about what the chat is marked with, what its visitor may do by a click, or
    /// what is in it no more.
    fn remarked(&mut self, fact: &Fact, name_of: &dyn Fn(AgentId) -> String) -> Option<LineBody> {
        Some(match fact {
            Fact::TagsSet { tags, .. } => {
                self.tags.clone_from(tags);
                LineBody::Tagged { tags: tags.clone() }
            }
            Fact::TagsAdded { tags, .. } => {
                for tag in tags {
                    if !self.tags.contains(tag) {
                        self.tags.push(tag.clone());
                    }
                }
                LineBody::Tagged { tags: self.tags.clone() }
            }
            Fact::OptionsOffered { options, .. } => LineBody::Offered { options: options.clone() },
            Fact::RatingRequested { agent_id, .. } => {
                LineBody::RatingRequested { agent_id: *agent_id, name: name_of(*agent_id) }
            }
            Fact::ChatRated { rating, comment, .. } => {
                LineBody::Rated { rating: *rating, comment: comment.clone() }
            }
            Fact::FileDeleted { file_id, name, .. } => {
                LineBody::FileDeleted { file_id: file_id.clone(), name: name.clone() }
            }
            _ => return None,
        })
    }

    /// The line of a fact that changes who may serve the chat. What it does to the route is told
    /// by the line alone ([`Route::follow`]), so that a chat of the history has the same one.
    fn rerouted(&mut self, fact: &Fact, name_of: &dyn Fn(AgentId) -> String) -> Option<LineBody> {
        Some(match fact {
            Fact::DepartmentChosen { department_id, name, .. } => {
                LineBody::ForDepartment { department_id: *department_id, department: name.clone() }
            }
            Fact::ChatTransferred { agent_id, to, excluded, waits_from, note, .. } => {
                self.state = ChatState::Waiting;
                self.waiting_since = *waits_from;
                let to_name = match to {
                    Destination::Agent { agent_id } => Some(name_of(*agent_id)),
                    Destination::Department { .. } | Destination::Unknown => None,
                };
                LineBody::Transferred {
                    agent_id: *agent_id,
                    name: name_of(*agent_id),
                    to: to.clone(),
                    to_name,
                    excluded: *excluded,
                    waits_from: *waits_from,
                    note: note.clone(),
                }
            }
            Fact::AgentInvited { agent_id, invited_id, note, .. } => LineBody::Invited {
                agent_id: *agent_id,
                name: name_of(*agent_id),
                invited_id: *invited_id,
                invited: name_of(*invited_id),
                note: note.clone(),
            },
            Fact::ChatAssigned { agent_id, .. } => {
                LineBody::Assigned { agent_id: *agent_id, name: name_of(*agent_id) }
            }
            Fact::ChatUnassigned { reason, .. } => LineBody::Unassigned { reason: *reason },
            Fact::ChatReleased { reason, .. } => LineBody::Released {
                reason: *reason,
                name: self.route.held_for.map(|hold| name_of(hold.agent_id)),
            },
            _ => return None,
        })
    }

    /// Since when a chat with this transcript waited last.
    #[must_use]
    pub fn last_waited_since(requested_at: Timestamp, lines: &[TranscriptLine]) -> Timestamp {
        let last = lines.iter().rev().find_map(|line| match &line.body {
            LineBody::CameBack => Some(line.at),
            LineBody::Transferred { waits_from, .. } => Some(*waits_from),
            _ => None,
        });
        last.unwrap_or(requested_at)
    }

    /// The note that the agent who handed the chat over wrote for whoever serves it now, with her
    /// name: that of the last transfer or invitation.
    #[must_use]
    pub fn handover_note(&self) -> Option<(&str, &str)> {
        handover_note(&self.transcript, None)
    }

    /// When a colleague asked this agent into the chat, and who: as long as the chat goes on and
    /// she has neither answered nor left.
    #[must_use]
    pub fn invitation(&self, agent: AgentId) -> Option<(Timestamp, &str)> {
        if self.state.is_over() || !self.agents.contains(&agent) {
            return None;
        }
        let heeded = |body: &LineBody| match body {
            LineBody::Said { message } => message.author == Author::Agent { agent_id: agent },
            LineBody::AgentLeft { agent_id, .. } => *agent_id == agent,
            _ => false,
        };
        let mut since = self.transcript.iter().rev().take_while(|line| !heeded(&line.body));
        since.find_map(|line| match &line.body {
            LineBody::Invited { invited_id, name, .. } if *invited_id == agent => {
                Some((line.at, name.as_str()))
            }
            _ => None,
        })
    }

    /// The rating that counts, with its comment: the last one, where it was not taken back
    /// (domain.md 5).
    #[must_use]
    pub fn rating(&self) -> Option<(Rating, Option<&str>)> {
        self.transcript.iter().rev().find_map(|line| match &line.body {
            LineBody::Rated { rating, comment } => Some(rating.map(|r| (r, comment.as_deref()))),
            _ => None,
        })?
    }

    /// Some agent has been in it.
    #[must_use]
    pub fn was_served(&self) -> bool {
        self.transcript.iter().any(|line| matches!(line.body, LineBody::AgentJoined { .. }))
    }

    /// It waits, and not for the first time: its visitor came back, or it was transferred.
    #[must_use]
    pub fn came_back(&self) -> bool {
        let again = |line: &TranscriptLine| {
            matches!(line.body, LineBody::CameBack | LineBody::Transferred { .. })
        };
        self.state == ChatState::Waiting && self.transcript.iter().any(again)
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

/// The note of the last transfer or invitation, with the name of who wrote it; not where `reader`
/// has said something since, for then it was read.
#[must_use]
pub fn handover_note(lines: &[TranscriptLine], reader: Option<AgentId>) -> Option<(&str, &str)> {
    let mut unread = lines.iter().rev().take_while(|line| match &line.body {
        LineBody::Said { message } => {
            reader.is_none_or(|agent_id| message.author != Author::Agent { agent_id })
        }
        _ => true,
    });
    unread.find_map(|line| match &line.body {
        LineBody::Transferred { name, note, .. } | LineBody::Invited { name, note, .. } => {
            Some(note.as_deref().map(|note| (name.as_str(), note)))
        }
        _ => None,
    })?
}
