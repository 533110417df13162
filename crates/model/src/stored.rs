//! What the desktop program keeps on the agent's machine, in the words of the engine.
//!
//! The engine says what is to be stored ([`StoreOp`]), the store carries it out in one
//! transaction and knows nothing of why. Two kinds of rows with two sets of rules
//! (reliability.md 0.3): the *mirror* of the service's history may be thrown away and fetched
//! again; the agent's *own* rows (outbox, drafts, settings) may not.

use crate::{
    Agent, AgentId, Chat, ChatId, Command, CommandId, Contact, PersonalSettings, Refusal, Seq,
    Timestamp, TranscriptLine, VisitorId,
};
use serde::{Deserialize, Serialize};

/// One change of the cache. All ops given together are one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOp {
    /// Mirror: the chat's head as it is now. `transcript` is ignored: lines come one by one.
    PutChat { chat: Box<Chat> },
    /// Mirror: one line more. A line that is already there (same chat, same number) is the same
    /// line; nothing is done.
    AddLine { chat_id: ChatId, line: TranscriptLine },
    /// Mirror: the chat and its lines are no more, in the history either. What was in their place on
    /// the disk is overwritten.
    DeleteChat { chat_id: ChatId },
    /// Mirror: what is written down of a visitor now, in all their chats, those of the history too.
    PutContact { visitor_id: VisitorId, contact: Contact },
    /// Mirror: the agents of the account.
    PutAgents { agents: Vec<Agent> },
    /// Mirror: everything up to this event is stored (law 5). In the same transaction as what it
    /// speaks of.
    SetCursor { seq: Seq },
    /// Mirror: until when it is known to agree with the service, by this machine's clock; so that
    /// the agent is told how old the view is after a restart, too.
    SetAsOf { at: Timestamp },
    /// Mirror: an event was left out because this program, its name and version, did not know it.
    /// Another version takes everything in again.
    SetUnknownTo { program: String },
    /// Mirror: forget everything mirrored, for a resync. The agent's own rows stay.
    ClearMirror,
    /// The workspace the cache belongs to.
    SetWorkspace { id: String, name: String },
    /// Which of the agents is the one who works here, so that her chats are hers before the
    /// service has answered.
    SetMe { agent_id: AgentId },
    /// Own: a command on its way.
    PutOutbox { row: OutboxRow },
    /// Own: it was answered, or given up by the agent.
    DropOutbox { id: CommandId },
    /// Own: what stands in a text box; empty deletes it.
    PutDraft { chat_id: ChatId, text: String },
    /// Own: Settings > Personal.
    PutSettings { settings: PersonalSettings },
    /// Own: a request has been alerted, so that it is not again after a restart (R4). The same
    /// chat alerts anew when it comes back, with another `waiting_since`.
    PutAlerted { chat_id: ChatId, waiting_since: Timestamp },
}

/// A command between the agent's wish and the service's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    pub id: CommandId,
    pub command: Command,
    /// When the agent wished it, by this machine's clock. Rows are sent in the order of their ids.
    pub at: Timestamp,
    /// Set when the service refused it for good; it waits for the agent's decision.
    pub refused: Option<Refusal>,
}

/// All that the engine needs to begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    pub workspace: Option<(String, String)>,
    pub me: Option<AgentId>,
    pub cursor: Seq,
    pub as_of: Option<Timestamp>,
    /// Of the program that left events out.
    pub unknown_to: Option<String>,
    pub agents: Vec<Agent>,
    /// There is a chat, in the history or not, or was one.
    pub had_chats: bool,
    /// The chats that do not belong to the history yet, with their transcripts.
    pub chats: Vec<Chat>,
    /// In the order of their ids.
    pub outbox: Vec<OutboxRow>,
    pub drafts: Vec<(ChatId, String)>,
    pub settings: PersonalSettings,
    pub alerted: Vec<(ChatId, Timestamp)>,
}
