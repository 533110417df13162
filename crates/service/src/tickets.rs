//! Tickets: in an account of chat and support, one of each chat that is over, and
//! of each offline message.
//!
//! [`step`] says what an event means for them and the journal carries that out in the transaction
//! of the event, so a chat cannot end without its ticket. Where tickets are kept elsewhere, the row
//! waits for [`sender`], which gives it to a [`Sink`].
//!
//! Invariants: one ticket for each record; it is not given away before its chat can no more come
//! back, and after that it does not change; an assignee is taken from the settings of the moment it
//! is made.

pub(crate) mod sender;
pub(crate) mod zendesk;

pub use zendesk::Zendesk;

use crate::{
    account::{Account, SESSION_IDLE_MS},
    history::forms,
    journal::HistoryStep,
};
use bellhop_model::{
    AccountKind, EndedBy, Timestamp,
    chat::LineBody,
    limits::{TICKET_CHARS, TITLE_CHARS},
    record::{Record, RecordId, RecordKind, WholeRecord},
    rules,
};
use serde::{Deserialize, Serialize};

/// Where tickets are kept.
#[derive(Debug, Clone, Default)]
pub enum Sink {
    /// In the journal's file.
    #[default]
    Local,
    Zendesk(Zendesk),
}

/// Who a ticket is from: the visitor's contact information.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Requester {
    pub name: String,
    /// Empty where none is known.
    pub email: String,
}

/// A ticket as it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub of: RecordId,
    pub made_at: Timestamp,
    pub subject: String,
    pub requester: Requester,
    /// The address of the support agent it is given to; `None`: nobody.
    pub assignee: Option<String>,
    pub tags: Vec<String>,
    /// The conversation.
    pub text: String,
}

/// What an event means for the tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TicketStep {
    /// There is one, as this; not to be given away before `due_at`.
    Make { ticket: Box<Ticket>, due_at: Timestamp },
    /// Its chat goes on.
    Withdraw(RecordId),
    /// Its chat's tags changed.
    Tag { of: RecordId, tags: Vec<String> },
}

/// What an event means for the tickets, by what it does to the history. `at` is its moment.
pub(crate) fn step(account: &Account, done: &HistoryStep, at: Timestamp) -> Option<TicketStep> {
    if account.setup().support.kind != AccountKind::ChatSupport {
        return None;
    }
    Some(match done {
        HistoryStep::Keep(whole) => {
            let ended_at = whole.record.ended_at;
            // Who is left by the agents may still bring the chat back (domain.md 9).
            let may_come_back = matches!(whole.record.ended_by, Some(EndedBy::Agent { .. }));
            let due_at = if may_come_back { ended_at.plus(SESSION_IDLE_MS) } else { ended_at };
            TicketStep::Make { ticket: Box::new(ticket(account, whole, at)), due_at }
        }
        HistoryStep::Drop(id) => TicketStep::Withdraw(*id),
        HistoryStep::Amend { id, line } => match &line.body {
            LineBody::Tagged { tags } => TicketStep::Tag { of: *id, tags: tags.clone() },
            _ => return None,
        },
    })
}

fn ticket(account: &Account, whole: &WholeRecord, made_at: Timestamp) -> Ticket {
    let record = &whole.record;
    // Of several agents the one who came last: whoever handed the chat on gave it away. An offline
    // message is nobody's chat.
    let agent = record.agents.last().filter(|_| record.kind == RecordKind::Chat);
    let assignee = agent.and_then(|agent| account.ticket_assignee(agent.id));
    let what = match record.kind {
        RecordKind::Chat => "Chat with",
        RecordKind::OfflineMessage => "Message of",
    };
    let requester = requester(record);
    let subject = format!("{what} {}: {}", requester.name, record.first_words);
    Ticket {
        of: record.id,
        made_at,
        subject: rules::clean_line(&subject, TITLE_CHARS),
        requester,
        assignee: assignee.map(ToOwned::to_owned),
        tags: record.tags.clone(),
        text: cut(forms::lines(whole)),
    }
}

fn requester(record: &Record) -> Requester {
    let contact = &record.visitor.contact;
    let email = if contact.email.is_empty() { &record.email } else { &contact.email };
    Requester { name: record.visitor.label(), email: email.clone() }
}

/// What is too long for a ticket stays in the history.
fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(TICKET_CHARS) {
        text.truncate(at);
        text.push_str("\n[The rest is in the chat's history.]\n");
    }
    text
}
