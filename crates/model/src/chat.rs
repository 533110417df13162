//! A chat and what is said in it.

use crate::{
    AgentId, ChatId, CommandId, DepartmentId, FileId, Route, SentFile, Seq, Timestamp,
    VisitorProfile,
    route::{Destination, ReleaseReason},
    routing::UnassignedReason,
};
use serde::{Deserialize, Serialize};

mod reading;

/// Where a chat stands. A request is a chat that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatState {
    Waiting,
    Served,
    Ended,
    /// Ended before anybody served it.
    Missed,
}

impl ChatState {
    /// Nobody can say anything in it now.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Missed)
    }
}

/// Who said or did something in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Author {
    Visitor,
    Agent {
        agent_id: AgentId,
    },
    /// An automatic message; `name` is the name it is sent under.
    Trigger {
        name: String,
    },
}

crate::tagged!(Author: "kind");

/// One message. Its id is the id of the command that said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: CommandId,
    pub author: Author,
    /// Plain text as it was typed; at most [`crate::limits::MESSAGE_CHARS`] characters. The name
    /// of the file, where it is one.
    pub text: String,
    pub at: Timestamp,
    /// It is a file (domain.md 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<SentFile>>,
}

/// What a visitor thinks of a chat (domain.md 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    Good,
    Bad,
}

impl Rating {
    /// As it is written everywhere.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// Who ended a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum EndedBy {
    Visitor,
    Agent {
        agent_id: AgentId,
    },
    /// The visitor went away and did not come back in time (domain.md 9).
    Timeout,
}

crate::tagged!(EndedBy: "kind");

/// A chat, folded from its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    pub id: ChatId,
    pub visitor: VisitorProfile,
    pub state: ChatState,
    /// When the visitor asked; never changes.
    pub requested_at: Timestamp,
    /// Since when it waits, for a waiting chat: a chat that came back waits anew.
    pub waiting_since: Timestamp,
    /// The agents in it now, in the order they joined. An agent stays in a chat the visitor
    /// ended until she leaves or continues it.
    pub agents: Vec<AgentId>,
    pub tags: Vec<String>,
    /// Who may serve it while it waits.
    #[serde(default)]
    pub route: Route,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<EndedBy>,
    /// Everything that was said and done, in order.
    pub transcript: Vec<TranscriptLine>,
}

/// One line of a transcript, numbered like the event it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TranscriptLine {
    pub seq: Seq,
    pub at: Timestamp,
    /// Written last: what comes after its tag is its own.
    #[serde(flatten)]
    pub body: LineBody,
}

/// What a line of a transcript says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum LineBody {
    Said {
        message: Message,
    },
    AgentJoined {
        agent_id: AgentId,
        name: String,
    },
    AgentLeft {
        agent_id: AgentId,
        name: String,
    },
    Ended {
        by: EndedBy,
    },
    Continued {
        agent_id: AgentId,
        name: String,
    },
    /// The visitor wrote again after the agents had left; the chat waits anew (domain.md 9).
    CameBack,
    Tagged {
        tags: Vec<String>,
    },
    /// The visitor may answer by a click.
    Offered {
        options: Vec<String>,
    },
    /// An agent asked for a rating.
    RatingRequested {
        agent_id: AgentId,
        name: String,
    },
    /// The visitor rated the chat, or took the rating back.
    Rated {
        rating: Option<Rating>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// A file was deleted for good; the message that it was stays.
    FileDeleted {
        file_id: FileId,
        name: String,
    },
    /// The request is for this department.
    ForDepartment {
        department_id: DepartmentId,
        department: String,
    },
    /// An agent handed the chat over; it waits again, at the bottom of the queue.
    Transferred {
        agent_id: AgentId,
        name: String,
        to: Destination,
        /// The name of the agent it waits for, where it waits for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_name: Option<String>,
        /// She transferred it to her own department and may not serve it again.
        #[serde(default)]
        excluded: bool,
        /// Since when it waits: its place in the queue.
        waits_from: Timestamp,
        /// For whoever serves it next; no visitor ever sees it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An agent asked another one into the chat.
    Invited {
        agent_id: AgentId,
        name: String,
        invited_id: AgentId,
        invited: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It waits for this agent alone, whom the service chose (domain.md 8).
    Assigned {
        agent_id: AgentId,
        name: String,
    },
    /// The service found nobody to assign it to.
    Unassigned {
        reason: UnassignedReason,
    },
    /// It waits no more for one agent, or for one department, alone.
    Released {
        reason: ReleaseReason,
        /// The agent it had waited for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

crate::tagged!(LineBody: "line");
