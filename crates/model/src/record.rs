//! Records: the entries of the service's history (domain.md 13), and what is asked of it over HTTP.
//!
//! Not to be confused with [`crate::history`], which is what the desktop program lists of the chats
//! on its own disk. Every text of a visitor's in here is hostile until shown as plain text (law 9).

use crate::{
    AgentId, Author, Chat, ChatId, ChatState, Contact, DepartmentId, EndedBy, OfflineMessageId,
    Rating, Timestamp, TranscriptLine, VisitorProfile, chat::LineBody, limits::TITLE_CHARS,
    offline::OfflineMessage, people::Origin, rules,
};
use serde::{Deserialize, Serialize};
use std::{fmt, num::ParseIntError, str::FromStr};

/// Which chat, or which offline message: `7`, or `m7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum RecordId {
    Chat(ChatId),
    OfflineMessage(OfflineMessageId),
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat(id) => id.fmt(f),
            Self::OfflineMessage(id) => write!(f, "m{id}"),
        }
    }
}

impl FromStr for RecordId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix('m') {
            Some(message) => Self::OfflineMessage(OfflineMessageId(message.parse()?)),
            None => Self::Chat(ChatId(text.parse()?)),
        })
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RecordId {
    type Error = ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    Chat,
    OfflineMessage,
}

impl RecordKind {
    /// As it is written everywhere.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::OfflineMessage => "offline_message",
        }
    }
}

/// Who began a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartedBy {
    Visitor,
    /// An agent wrote first.
    Agent,
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
/// it came back; or an offline message, which begins and ends when it was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub id: RecordId,
    pub kind: RecordKind,
    /// As they were when they asked, with the name they gave last, and what agents have written down
    /// of them until now.
    pub visitor: VisitorProfile,
    /// Where they can be written to, where they said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Where their browser asked from, what it called itself, and which way it came; of chats that an
    /// older version kept, some of it is not known. Lists leave the path out.
    #[serde(flatten)]
    pub origin: Origin,
    pub started_by: StartedBy,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// From the request to the end, in milliseconds.
    pub duration_ms: i64,
    /// From the request to the first agent who served it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<i64>,
    /// Everybody who was in it, in the order they joined; who answered the message.
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
    /// The visitor's last words were not answered; nobody has read the message.
    pub unread: bool,
    /// The one that counts: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    pub tags: Vec<String>,
    /// The first thing the visitor said, as one line.
    pub first_words: String,
    /// The ticket that was made of it, by the name it has where tickets are kept. Like the contact
    /// of the visitor it is added where a record is told: a ticket gets its name after its chat.
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
        let rating = chat.rating();
        Some(Self {
            id: RecordId::Chat(chat.id),
            kind: RecordKind::Chat,
            visitor: unwritten(&chat.visitor),
            email: String::new(),
            origin: Origin::default(),
            started_by: started_by(&chat.transcript),
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
            rating: rating.map(|(rating, _)| rating),
            comment: rating.and_then(|(_, comment)| comment).map(ToOwned::to_owned),
            tags: chat.tags.clone(),
            first_words: rules::clean_line(chat.first_words(), TITLE_CHARS),
            ticket: None,
        })
    }

    /// The record of an offline message (domain.md 16). `name_of` gives an agent's name.
    #[must_use]
    pub fn of_message(message: &OfflineMessage, name_of: &dyn Fn(AgentId) -> String) -> Self {
        let mut agents: Vec<Named<AgentId>> = Vec::new();
        for answer in &message.answers {
            if !agents.iter().any(|known| known.id == answer.agent_id) {
                let (id, name) = (answer.agent_id, name_of(answer.agent_id));
                agents.push(Named { id, name });
            }
        }
        let answers = u32::try_from(message.answers.len()).unwrap_or(u32::MAX);
        let department = message.department.as_ref();
        Self {
            id: RecordId::OfflineMessage(message.id),
            kind: RecordKind::OfflineMessage,
            visitor: unwritten(&message.visitor),
            email: message.email.clone(),
            origin: Origin::default(),
            started_by: StartedBy::Visitor,
            started_at: message.left_at,
            ended_at: message.left_at,
            ended_by: None,
            duration_ms: 0,
            waited_ms: None,
            agents,
            department: department.map(|of| Named { id: of.id, name: of.name.clone() }),
            said: Said { visitor: 1, agents: answers, automatic: 0 },
            response: None,
            missed: false,
            dropped: false,
            unread: message.unread,
            rating: None,
            comment: None,
            tags: Vec::new(),
            first_words: rules::clean_line(&message.text, TITLE_CHARS),
            ticket: None,
        }
    }

    /// The same of a visitor who asked from there.
    #[must_use]
    pub fn asked_from(self, origin: &Origin) -> Self {
        Self { origin: origin.clone(), ..self }
    }

    /// Takes what happened to the chat after nothing could be said in it any more.
    pub fn amend(&mut self, line: &LineBody) {
        match line {
            LineBody::Tagged { tags } => self.tags.clone_from(tags),
            LineBody::Rated { rating, comment } => {
                self.rating = *rating;
                self.comment = rating.and(comment.clone());
            }
            _ => {}
        }
    }
}

/// What agents write down of a visitor is of no chat and may change at any time: it is added where a
/// record is told.
fn unwritten(visitor: &VisitorProfile) -> VisitorProfile {
    VisitorProfile { contact: Contact::default(), ..visitor.clone() }
}

/// A chat that a visitor asks for begins with their words, one that an agent begins with her coming.
fn started_by(lines: &[TranscriptLine]) -> StartedBy {
    let first = lines.iter().find_map(|line| match &line.body {
        LineBody::AgentJoined { .. } => Some(StartedBy::Agent),
        LineBody::Said { message } if message.author == Author::Visitor => Some(StartedBy::Visitor),
        _ => None,
    });
    first.unwrap_or(StartedBy::Visitor)
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// Behind this place: the `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most [`crate::limits::RECORDS_PER_PAGE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Exactly these, by comma: for an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<String>,
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

/// The answer to `GET /history/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeRecord {
    pub record: Record,
    /// Of a chat.
    pub transcript: Vec<TranscriptLine>,
    /// Of an offline message, itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<OfflineMessage>,
}

/// Of which records figures are asked for: the query of `GET /history/figures`. Nothing in it asks for
/// what was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FiguresQuery {
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
}

/// The answer to `GET /history/figures`: sums and means of records (domain.md 14,
/// `access_analytics`). A mean is of those records that have such a time, in milliseconds, and not
/// there where none has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    pub chats: u64,
    /// Of the chats, those that nobody served.
    pub missed: u64,
    /// Of the chats, those that were served and in which no agent said a word.
    pub dropped: u64,
    /// Of the chats, by the rating that counts.
    pub good: u64,
    pub bad: u64,
    pub offline_messages: u64,
    /// From the request to the first agent who served it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<i64>,
    /// From the visitor's first words to the first ones of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_ms: Option<i64>,
    /// From the request to the end, of chats that were served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

/// Why nothing of the history is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum RecordRefusal {
    #[error("the token is not known, has expired or was revoked")]
    BadToken,
    #[error("there is no record {id}")]
    NoSuchRecord { id: RecordId },
    #[error("the agent's role does not allow it ({permission})")]
    NotPermitted { permission: String },
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

crate::tagged!(RecordRefusal: "code");
