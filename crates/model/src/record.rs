//! Records: the entries of the service's history (domain.md 13), and what is asked of it over HTTP.
//!
//! Not to be confused with [`crate::history`], which is what the desktop program lists of the chats
//! on its own disk. Every text of a visitor's in here is hostile until shown as plain text (law 9).

use crate::{
    AgentId, Author, Chat, ChatId, ChatState, DepartmentId, EndedBy, Timestamp, TranscriptLine,
    VisitorProfile, chat::LineBody, limits::TITLE_CHARS, rules,
};
use serde::{Deserialize, Serialize};

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    Chat,
    OfflineMessage,
}

/// An agent or a department under the name it had then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<Id> {
    pub id: Id,
    pub name: String,
}

/// How many messages each side said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    pub visitor: u32,
    pub agents: u32,
    pub automatic: u32,
}

/// How long the visitor's words waited for an agent's, in milliseconds. Counted from the first word
/// after the agent's last one; automatic messages answer nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseTimes {
    pub first_ms: i64,
    pub average_ms: i64,
    pub longest_ms: i64,
}

/// One entry of the history: a chat that is over, from its request to its last end, however often
/// it came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub chat_id: ChatId,
    pub kind: RecordKind,
    /// As they were when they asked, with the name they gave last.
    pub visitor: VisitorProfile,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// From the request to the end, in milliseconds.
    pub duration_ms: i64,
    /// From the request to the first agent who served it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<i64>,
    /// Everybody who was in it, in the order they joined.
    pub agents: Vec<Named<AgentId>>,
    /// The last one it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Named<DepartmentId>>,
    pub said: Said,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseTimes>,
    /// Nobody served it.
    pub missed: bool,
    /// It was served, and no agent said a word.
    pub dropped: bool,
    /// The visitor's last words were not answered.
    pub unread: bool,
    pub tags: Vec<String>,
    /// The first thing the visitor said, as one line.
    pub first_words: String,
    /// The ticket that was made of it, by the name it has where tickets are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

impl Record {
    /// The record of a chat that belongs to the history; `None` of one that goes on.
    #[must_use]
    pub fn of(chat: &Chat) -> Option<Self> {
        let ended_at = chat.ended_at.filter(|_| chat.belongs_to_history())?;
        let said = said(&chat.transcript);
        let missed = chat.state == ChatState::Missed;
        let joined = chat.transcript.iter().find_map(|line| match line.body {
            LineBody::AgentJoined { .. } => Some(line.at),
            _ => None,
        });
        Some(Self {
            chat_id: chat.id,
            kind: RecordKind::Chat,
            visitor: chat.visitor.clone(),
            started_at: chat.requested_at,
            ended_at,
            ended_by: chat.ended_by,
            duration_ms: ended_at.since(chat.requested_at),
            waited_ms: joined.map(|at| at.since(chat.requested_at)),
            agents: agents(&chat.transcript),
            department: department(&chat.transcript),
            response: response_times(&chat.transcript),
            missed,
            dropped: !missed && said.agents == 0,
            unread: chat.unanswered_since().is_some(),
            said,
            tags: chat.tags.clone(),
            first_words: rules::clean_line(chat.first_words(), TITLE_CHARS),
            ticket: None,
        })
    }
}

fn said(lines: &[TranscriptLine]) -> Said {
    let mut said = Said::default();
    for line in lines {
        if let LineBody::Said { message } = &line.body {
            match message.author {
                Author::Visitor => said.visitor += 1,
                Author::Agent { .. } => said.agents += 1,
                Author::Trigger { .. } => said.automatic += 1,
            }
        }
    }
    said
}

fn agents(lines: &[TranscriptLine]) -> Vec<Named<AgentId>> {
    let mut agents: Vec<Named<AgentId>> = Vec::new();
    for line in lines {
        if let LineBody::AgentJoined { agent_id, name } = &line.body
            && !agents.iter().any(|known| known.id == *agent_id)
        {
            agents.push(Named { id: *agent_id, name: name.clone() });
        }
    }
    agents
}

fn department(lines: &[TranscriptLine]) -> Option<Named<DepartmentId>> {
    use crate::route::Destination;
    lines.iter().rev().find_map(|line| match &line.body {
        LineBody::ForDepartment { department_id, department } => {
            Some(Named { id: *department_id, name: department.clone() })
        }
        LineBody::Transferred { to: Destination::Department { department_id, name }, .. } => {
            Some(Named { id: *department_id, name: name.clone() })
        }
        _ => None,
    })
}

fn response_times(lines: &[TranscriptLine]) -> Option<ResponseTimes> {
    let (mut asked, mut times) = (None, Vec::new());
    for line in lines {
        let LineBody::Said { message } = &line.body else { continue };
        match message.author {
            Author::Visitor => asked = asked.or(Some(line.at)),
            Author::Agent { .. } => {
                times.extend(asked.take().map(|asked| line.at.since(asked)));
            }
            Author::Trigger { .. } => {}
        }
    }
    let first_ms = *times.first()?;
    let average_ms = times.iter().sum::<i64>() / i64::try_from(times.len()).ok()?;
    Some(ResponseTimes { first_ms, average_ms, longest_ms: times.into_iter().max()? })
}

/// Which records, in the query of `GET /history`. Everything is optional; what is given must all
/// be so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordQuery {
    /// Words of the conversation, of names, titles, addresses and tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Ended at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Ended before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Of one visitor: their past chats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecordKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
    /// Behind this place: the `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most [`crate::limits::RECORDS_PER_PAGE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Exactly these chats, by comma: for an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chats: Option<String>,
    /// How an export is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<RecordForm>,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordForm {
    /// One row for each chat, with a first row of names.
    #[default]
    Csv,
    /// A list of [`WholeRecord`].
    Json,
    Text,
    /// One page that loads nothing.
    Html,
}

/// The answer to `GET /history`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPage {
    pub records: Vec<Record>,
    /// Give it back as `after` for the next page; not there on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to `GET /history/<chat_id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeRecord {
    pub record: Record,
    pub transcript: Vec<TranscriptLine>,
}

/// Why nothing of the history is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RecordRefusal {
    #[error("the token is not known, has expired or was revoked")]
    BadToken,
    #[error("there is no ended chat {chat_id}")]
    NoSuchChat { chat_id: ChatId },
    #[error("the request could not be read")]
    BadRequest,
    #[error("{count} records are asked for; {limit} are exported at one time")]
    TooMany { count: u64, limit: u64 },
    #[error("the service cannot look anything up now")]
    StorageUnavailable,
    #[error("refused for a reason this version does not know")]
    #[serde(other)]
    Unknown,
}
