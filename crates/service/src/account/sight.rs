//! A chat as its visitor sees it: no tags, no notes of agents for each other, no agents' ids, no
//! numbers of the journal.

use super::Account;
use bellhop_model::{
    AgentId, Author, Chat, ChatState, EndedBy, Fact, Message, Seq, Timestamp, TranscriptLine,
    VisitorId,
    chat::LineBody,
    visitor_frame::{VisitorChatState, VisitorLine, VisitorServerFrame},
};

/// Lines in one chat before their numbers run into those of a chat asked for 64 ms later.
const LINES_BITS: u32 = 17;

/// One line as the visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLine {
    /// The number before it in this chat; 0 for the first.
    pub prev: Seq,
    pub seq: Seq,
    pub at: Timestamp,
    pub line: VisitorLine,
}

/// What a visitor sees on arriving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorSight {
    pub state: VisitorChatState,
    /// The lines the visitor's browser has belong to another chat.
    pub reset: bool,
    /// The lines it does not have.
    pub lines: Vec<SeenLine>,
}

impl Account {
    /// Where a visitor's chat stands, in their terms.
    #[must_use]
    pub fn visitor_state(&self, visitor: &VisitorId) -> VisitorChatState {
        let Some(chat) = self.chat_of(visitor) else { return VisitorChatState::None };
        match (chat.state, chat.ended_by) {
            (ChatState::Waiting, _) => VisitorChatState::Waiting,
            (ChatState::Served, _) => VisitorChatState::Served,
            (_, Some(EndedBy::Agent { .. })) => VisitorChatState::Left,
            (_, Some(EndedBy::Visitor)) => VisitorChatState::Ended,
            (_, Some(EndedBy::Timeout) | None) => VisitorChatState::None,
        }
    }

    /// What a visitor sees whose browser has the lines up to `cursor`.
    #[must_use]
    pub fn visitor_sight(&self, visitor: &VisitorId, cursor: Seq) -> VisitorSight {
        let state = self.visitor_state(visitor);
        let chat = self.chat_of(visitor).filter(|_| state != VisitorChatState::None);
        let known = chat.and_then(|chat| self.number_of(chat, cursor));
        let lines = chat.map(|chat| self.seen_lines(chat, known.unwrap_or_default()));
        VisitorSight {
            state,
            reset: cursor != Seq(0) && known.is_none(),
            lines: lines.unwrap_or_default(),
        }
    }

    /// The newest line of a chat, where the visitor sees it and it is the one numbered `journal`
    /// in the journal.
    #[must_use]
    pub fn newest_seen(&self, chat: &Chat, journal: Seq) -> Option<SeenLine> {
        let newest = chat.transcript.last().filter(|line| line.seq == journal)?;
        let line = self.seen(newest)?;
        Some(numbered(chat, self.lookups.seen_lines(chat.id), newest.at, line))
    }

    /// The number of the line of a chat that its visitor knows under this one.
    fn number_of(&self, chat: &Chat, seq: Seq) -> Option<u64> {
        let number = seq.0.checked_sub(base(chat))?;
        (1..=self.lookups.seen_lines(chat.id)).contains(&number).then_some(number)
    }

    /// What the visitor sees of a chat behind the first `known` lines: of a long chat that is known
    /// nothing is copied.
    fn seen_lines(&self, chat: &Chat, known: u64) -> Vec<SeenLine> {
        let seen = chat.transcript.iter().filter(|line| is_seen(line)).zip(1_u64..);
        let new = seen.skip_while(|(_, number)| *number <= known);
        new.filter_map(|(line, number)| Some(numbered(chat, number, line.at, self.seen(line)?)))
            .collect()
    }

    fn seen(&self, line: &TranscriptLine) -> Option<VisitorLine> {
        Some(match &line.body {
            LineBody::Said { message } => {
                let (id, text, file) = (message.id, message.text.clone(), message.file.clone());
                match &message.author {
                    Author::Visitor => VisitorLine::Mine { id, text, file },
                    Author::Trigger { name } => {
                        VisitorLine::Theirs { id, name: name.clone(), text, file }
                    }
                    Author::Agent { agent_id } => {
                        VisitorLine::Theirs { id, name: self.display_name(*agent_id), text, file }
                    }
                }
            }
            LineBody::AgentJoined { agent_id, name } => VisitorLine::Joined {
                name: name.clone(),
                tagline: self.tagline(*agent_id),
                avatar: self.avatar_name(*agent_id),
            },
            LineBody::AgentLeft { name, .. } => VisitorLine::LeftChat { name: name.clone() },
            LineBody::Ended { by } => VisitorLine::Ended { mine: *by == EndedBy::Visitor },
            LineBody::Continued { name, .. } => VisitorLine::Continued { name: name.clone() },
            LineBody::Offered { options } => VisitorLine::Options { options: options.clone() },
            LineBody::RatingRequested { name, .. } => {
                VisitorLine::RatingRequested { name: name.clone() }
            }
            LineBody::Rated { rating, comment } => {
                VisitorLine::Rated { rating: *rating, comment: comment.clone() }
            }
            LineBody::FileDeleted { file_id, name } => {
                VisitorLine::FileDeleted { file_id: file_id.clone(), name: name.clone() }
            }
            LineBody::CameBack
            | LineBody::Tagged { .. }
            | LineBody::ForDepartment { .. }
            | LineBody::Transferred { .. }
            | LineBody::Invited { .. }
            | LineBody::Assigned { .. }
            | LineBody::Unassigned { .. }
            | LineBody::Released { .. } => return None,
        })
    }

    /// What a fact says to a visitor who has no chat, and to whom.
    pub(crate) fn greets<'a>(&'a self, fact: &'a Fact) -> Option<(&'a VisitorId, &'a Message)> {
        match fact {
            Fact::VisitorGreeted { visitor_id, message } => Some((visitor_id, message)),
            Fact::OfflineMessageAnswered { message_id, message, .. } => {
                Some((self.offline.left_by(*message_id)?, message))
            }
            _ => None,
        }
    }

    /// What waits for a visitor's first words.
    pub(crate) fn greeting_frames(&self, visitor: &VisitorId) -> Vec<VisitorServerFrame> {
        self.greetings(visitor).iter().map(|message| self.greeting_frame(message)).collect()
    }

    pub(crate) fn greeting_frame(&self, message: &Message) -> VisitorServerFrame {
        let name = match &message.author {
            Author::Trigger { name } => name.clone(),
            Author::Agent { agent_id } => self.display_name(*agent_id),
            Author::Visitor => String::new(),
        };
        let (id, text, at) = (message.id, message.text.clone(), message.at);
        VisitorServerFrame::Greeting { id, name, text, at }
    }

    pub(crate) fn display_name(&self, agent: AgentId) -> String {
        self.agents.get(&agent).map(|a| a.display_name.clone()).unwrap_or_default()
    }
}

/// The visitor sees it.
pub(super) fn is_seen(line: &TranscriptLine) -> bool {
    !matches!(
        line.body,
        LineBody::CameBack
            | LineBody::Tagged { .. }
            | LineBody::ForDepartment { .. }
            | LineBody::Transferred { .. }
            | LineBody::Invited { .. }
            | LineBody::Assigned { .. }
            | LineBody::Unassigned { .. }
            | LineBody::Released { .. }
    )
}

/// A visitor's numbers tell nothing of the account. They begin at the moment of the request, so
/// that a number of an older chat is never one of a newer chat, and stay below 2^53, which is as
/// far as a browser counts. What those of a chat begin above:
fn base(chat: &Chat) -> u64 {
    let moment = u64::try_from(chat.requested_at.0).unwrap_or_default() >> 6;
    (moment & ((1 << 36) - 1)) << LINES_BITS
}

fn numbered(chat: &Chat, number: u64, at: Timestamp, line: VisitorLine) -> SeenLine {
    let base = base(chat);
    let prev = if number == 1 { Seq(0) } else { Seq(base + number - 1) };
    SeenLine { prev, seq: Seq(base + number), at, line }
}
