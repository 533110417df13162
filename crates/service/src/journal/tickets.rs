//! Tickets in the journal's file: those that are kept here, and those that wait to be given away.
//!
//! Unlike the history they are not only made from the events: where a ticket went is known here
//! alone. So they move along with the account ([`Moved`]).

use super::{Journal, JournalError, JournalReader, record_of, row_of};
use crate::tickets::{Ticket, TicketStep, users::SupportAgents};
use bellhop_model::{ChatId, Contact, OfflineMessageId, Timestamp, VisitorId, record::RecordId};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// A ticket that is to be given away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingTicket {
    pub(crate) ticket: Ticket,
    /// So many tries were begun.
    pub(crate) tries: u32,
}

/// What is known of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TicketNote {
    /// It begins now; whatever becomes of it, the ticket may be there from here on.
    Begun,
    /// It has this name where it is kept.
    Sent {
        remote: String,
    },
    PutOff {
        until: Timestamp,
        why: String,
    },
    /// It will not be tried again.
    Refused {
        why: String,
    },
}

/// Under this name in `meta` stands [`Moved`].
const MOVED: &str = "moved";

/// Under this name in `meta` stand [`SupportAgents`].
const AGENTS: &str = "support_agents";

/// The last chat and the last offline message that another service had before the account moved here.
/// It may have given their tickets away, whatever the rows say that came along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) chat: ChatId,
    pub(crate) message: OfflineMessageId,
}

impl Moved {
    /// The ticket of this record may be there although nothing here knows of a try.
    pub(crate) fn has(self, of: RecordId) -> bool {
        match of {
            RecordId::Chat(id) => id <= self.chat,
            RecordId::OfflineMessage(id) => id <= self.message,
        }
    }
}

/// A ticket as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTicket {
    pub ticket: Ticket,
    /// `kept` here; `waiting`, `sent` or `refused` where tickets are kept elsewhere.
    pub state: String,
    /// Its name there.
    pub remote: Option<String>,
    /// Why the last try failed.
    pub why: Option<String>,
}

/// Carries steps out within a transaction. `away`: tickets are kept elsewhere.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    steps: &[TicketStep],
    away: bool,
) -> Result<(), JournalError> {
    for step in steps {
        match step {
            TicketStep::Make { ticket, due_at } => {
                // What was given away does not change; an assignee is of the first moment.
                sqlx::query(
                    "INSERT INTO ticket (id, ticket, state, due_at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET due_at = ?4, ticket =
                         json_set(?2, '$.assignee', json_extract(ticket.ticket, '$.assignee'),
                             '$.made_at', json_extract(ticket.ticket, '$.made_at'))
                     WHERE state IN ('kept', 'waiting') AND tries = 0",
                )
                .bind(row_of(ticket.of))
                .bind(serde_json::to_string(ticket)?)
                .bind(if away { "waiting" } else { "kept" })
                .bind(due_at.0)
                .execute(&mut *connection)
                .await?;
            }
            TicketStep::Withdraw(of) => {
                sqlx::query(
                    "DELETE FROM ticket WHERE id = ?
                     AND state IN ('kept', 'waiting') AND tries = 0",
                )
                .bind(row_of(*of))
                .execute(&mut *connection)
                .await?;
            }
            TicketStep::Erase(of) => erase(connection, *of).await?,
            TicketStep::Contact { of, contact } => write_requester(connection, of, contact).await?,
            TicketStep::Tag { of, tags } => {
                sqlx::query(
                    "UPDATE ticket SET ticket = json_set(ticket, '$.tags', json(?2))
                     WHERE id = ?1 AND state IN ('kept', 'waiting') AND tries = 0",
                )
                .bind(row_of(*of))
                .bind(serde_json::to_string(tags)?)
                .execute(&mut *connection)
                .await?;
            }
        }
    }
    Ok(())
}

/// The visitor's contact information, in their tickets that were not given away.
async fn write_requester(
    connection: &mut SqliteConnection,
    of: &VisitorId,
    contact: &Contact,
) -> Result<(), JournalError> {
    for (part, written) in
        [("$.requester.name", &contact.name), ("$.requester.email", &contact.email)]
    {
        if written.is_empty() {
            continue;
        }
        sqlx::query(
            "UPDATE ticket SET ticket = json_set(ticket, ?2, ?3)
             WHERE id IN (SELECT id FROM history WHERE visitor_id = ?1)
             AND state IN ('kept', 'waiting') AND tries = 0",
        )
        .bind(&of.0)
        .bind(part)
        .bind(written)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// A ticket that is nowhere else goes with its chat; of one that is, or may be, elsewhere only its name
/// there stays, and it is not tried again.
async fn erase(connection: &mut SqliteConnection, of: RecordId) -> Result<(), JournalError> {
    for statement in [
        "DELETE FROM ticket WHERE id = ?
             AND (state IN ('kept', 'refused') OR (state = 'waiting' AND tries = 0))",
        "UPDATE ticket SET ticket = json_set(ticket, '$.subject', '', '$.text', '',
                 '$.requester', json_object('name', '', 'email', ''), '$.tags', json('[]')),
             why = iif(state = 'waiting', 'its chat was deleted', why),
             state = iif(state = 'waiting', 'refused', state) WHERE id = ?",
    ] {
        sqlx::query(statement).bind(row_of(of)).execute(&mut *connection).await?;
    }
    Ok(())
}

impl Journal {
    /// Notes what another service had.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn note_moved(&mut self, moved: Moved) -> Result<(), JournalError> {
        self.set_meta(MOVED, &serde_json::to_string(&moved)?).await
    }

    /// Notes what support agents are called where tickets are kept.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn note_support_agents(
        &mut self,
        agents: &SupportAgents,
    ) -> Result<(), JournalError> {
        self.set_meta(AGENTS, &serde_json::to_string(agents)?).await
    }

    /// Notes what is known of a try. False where there is no such ticket to be given away, for its
    /// chat was deleted.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn note_ticket(
        &mut self,
        of: RecordId,
        note: &TicketNote,
    ) -> Result<bool, JournalError> {
        let (state, due_at, remote, why) = match note {
            TicketNote::Begun => ("waiting", None, None, None),
            TicketNote::Sent { remote } => ("sent", None, Some(remote.as_str()), None),
            TicketNote::PutOff { until, why } => ("waiting", Some(until.0), None, Some(why)),
            TicketNote::Refused { why } => ("refused", None, None, Some(why)),
        };
        let noted = sqlx::query(
            "UPDATE ticket SET state = ?2, due_at = coalesce(?3, due_at), remote = ?4, why = ?5,
                 tries = tries + ?6 WHERE id = ?1 AND (state = 'waiting' OR ?2 = 'sent')",
        )
        .bind(row_of(of))
        .bind(state)
        .bind(due_at)
        .bind(remote)
        .bind(why)
        .bind(*note == TicketNote::Begun)
        .execute(&mut *self.writer)
        .await?;
        Ok(noted.rows_affected() > 0)
    }
}

impl JournalReader {
    /// What another service had; nothing where the account never moved.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn moved(&self) -> Result<Moved, JournalError> {
        let kept = self.meta(MOVED).await?;
        Ok(kept.map(|kept| serde_json::from_str(&kept)).transpose()?.unwrap_or_default())
    }

    /// What support agents are called where tickets are kept, as far as that is known.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn support_agents(&self) -> Result<SupportAgents, JournalError> {
        let kept = self.meta(AGENTS).await?;
        Ok(kept.map(|kept| serde_json::from_str(&kept)).transpose()?.unwrap_or_default())
    }

    /// When the next ticket is to be given away.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn next_ticket_at(&self) -> Result<Option<Timestamp>, JournalError> {
        let mut reader = self.readers.take().await?;
        let next: Option<i64> =
            sqlx::query_scalar("SELECT min(due_at) FROM ticket WHERE state = 'waiting'")
                .fetch_one(&mut *reader.connection)
                .await?;
        self.readers.give_back(reader);
        Ok(next.map(Timestamp))
    }

    /// Tickets that are due, first ones first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn waiting_tickets(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<WaitingTicket>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows: Vec<(String, u32)> = sqlx::query_as(
            "SELECT ticket, tries FROM ticket WHERE state = 'waiting' AND due_at <= ?
             ORDER BY due_at, id LIMIT ?",
        )
        .bind(now.0)
        .bind(limit)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        let waiting = rows.into_iter().map(|(ticket, tries)| {
            Ok(WaitingTicket { ticket: serde_json::from_str(&ticket)?, tries })
        });
        waiting.collect()
    }

    /// Which records have a ticket, and whether it would go with its chat: nobody else may have it.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn ticket_ids(&self) -> Result<Vec<(RecordId, bool)>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows: Vec<(i64, bool)> = sqlx::query_as(
            "SELECT id, state = 'kept' OR (state = 'waiting' AND tries = 0) FROM ticket",
        )
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        Ok(rows.into_iter().map(|(row, may_go)| (record_of(row), may_go)).collect())
    }

    /// The newest tickets, newest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn tickets(&self, limit: u32) -> Result<Vec<KeptTicket>, JournalError> {
        type Row = (String, String, Option<String>, Option<String>);
        let mut reader = self.readers.take().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT ticket, state, remote, why FROM ticket
             ORDER BY ticket ->> 'made_at' DESC, id DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        let kept = rows.into_iter().map(|(ticket, state, remote, why)| {
            Ok(KeptTicket { ticket: serde_json::from_str(&ticket)?, state, remote, why })
        });
        kept.collect()
    }
}
