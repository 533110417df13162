//! Tickets: in an account of chat and support, one of each chat that is over, and
//! of each offline message.
//!
//! [`step`] says what an event means for them and the journal carries that out in the transaction
//! of the event, so a chat cannot end without its ticket. Where tickets are kept elsewhere, the row
//! waits for [`sender`], which gives it to a [`Sink`]; whom it may be assigned to there [`roster`]
//! finds out.
//!
//! Invariants: one ticket for each record; it is not given away before its chat can no more come
//! back, and after that it does not change, but that its words go with its chat when that is deleted;
//! an assignee is taken from the settings of the moment it
//! is made.

pub(crate) mod check;
pub(crate) mod roster;
pub(crate) mod sender;
pub(crate) mod users;
pub(crate) mod zendesk;

pub use zendesk::Zendesk;

use crate::{account::Account, history::forms, journal::HistoryStep};
use bellhop_model::{
    AccountKind, Contact, EndedBy, Fact, Timestamp, VisitorId,
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
    /// Where the service before kept them: for who opens its directory in between. None are given
    /// away meanwhile.
    AsBefore,
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
    /// Agents wrote this down of the visitor.
    Contact { of: VisitorId, contact: Contact },
    /// Its chat was deleted, and with it what it says.
    Erase(RecordId),
    /// Its chat's tags changed.
    Tag { of: RecordId, tags: Vec<String> },
}

/// What an event means for the tickets, by what it does to the history. `at` is its moment.
pub(crate) fn step(account: &Account, done: &HistoryStep, at: Timestamp) -> Option<TicketStep> {
    if let HistoryStep::Erase(id) = done {
        return Some(TicketStep::Erase(*id));
    }
    if account.setup().support.kind != AccountKind::ChatSupport {
        return None;
    }
    Some(match done {
        HistoryStep::Keep(whole) => {
            let ended_at = whole.record.ended_at;
            // Who is left by the agents may still bring the chat back (domain.md 9).
            let may_come_back = matches!(whole.record.ended_by, Some(EndedBy::Agent { .. }));
            let for_ms = if may_come_back { account.rules().session_idle_ms } else { 0 };
            let due_at = ended_at.plus(for_ms);
            TicketStep::Make { ticket: Box::new(ticket(account, whole, at)), due_at }
        }
        HistoryStep::Drop(id) | HistoryStep::Erase(id) => TicketStep::Withdraw(*id),
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
    let contact = account.contact_of(&record.visitor.id);
    let requester = requester(record, &contact);
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

/// What agents wrote down goes before what the visitor said.
fn requester(record: &Record, contact: &Contact) -> Requester {
    let or = |written: &String, said: String| {
        if written.is_empty() { said } else { written.clone() }
    };
    Requester {
        name: or(&contact.name, record.visitor.label()),
        email: or(&contact.email, record.email.clone()),
    }
}

/// What agents wrote down of a visitor changed: tickets that were not given away yet are from them
/// under what it says now.
pub(crate) fn written_down(fact: &Fact) -> Option<TicketStep> {
    let Fact::ContactSaved { visitor_id, contact, .. } = fact else { return None };
    Some(TicketStep::Contact { of: visitor_id.clone(), contact: contact.clone() })
}

/// What is too long for a ticket stays in the history.
fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(TICKET_CHARS) {
        text.truncate(at);
        text.push_str("\n[The rest is in the chat's history.]\n");
    }
    text
}
