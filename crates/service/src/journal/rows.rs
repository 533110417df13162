//! The journal's rows beside the events, as they leave one file and enter another.

use super::{Journal, JournalError, JournalReader, row_of};
use crate::tickets::Ticket;
use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, FromRow, Row as _, sqlite::SqliteRow};

/// The first answer to a command (law 6). `outcome` is JSON.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct AnswerRow {
    pub(crate) command: String,
    pub(crate) outcome: String,
    pub(crate) at: i64,
}

/// A token's hash and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRow {
    #[serde(with = "as_hex")]
    pub(crate) hash: Vec<u8>,
    pub(crate) agent_id: i64,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: Option<i64>,
}

/// The hash of an agent's password.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRow {
    pub(crate) agent_id: i64,
    pub(crate) hash: String,
    pub(crate) set_at: i64,
}

/// A ticket, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketRow {
    pub(crate) ticket: Ticket,
    pub(crate) state: TicketState,
    pub(crate) due_at: i64,
    pub(crate) tries: u32,
    pub(crate) remote: Option<String>,
    pub(crate) why: Option<String>,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketState {
    /// It is kept here.
    Kept,
    /// It is to be given away.
    Waiting,
    Sent,
    Refused,
}

impl TicketState {
    fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Kept, Self::Waiting, Self::Sent, Self::Refused]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        // What is wrong with it is not quoted: it may be a secret's.
        hex::decode(String::deserialize(from)?).map_err(|_| D::Error::custom("not hexadecimal"))
    }
}

impl JournalReader {
    /// A value about the workspace as a whole.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn meta(&self, name: &str) -> Result<Option<String>, JournalError> {
        let mut reader = self.readers.take().await?;
        let value = sqlx::query_scalar("SELECT value FROM meta WHERE name = ?").bind(name);
        let value = value.fetch_optional(&mut *reader.connection).await?;
        self.readers.give_back(reader);
        Ok(value)
    }

    /// At most `limit` answers whose command comes after `after`, in that order.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn answer_rows(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<AnswerRow>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows = sqlx::query_as(
            "SELECT command, outcome, at FROM answer WHERE command > ? ORDER BY command LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        Ok(rows)
    }

    /// At most `limit` tickets whose row comes after `after`, in that order.
    ///
    /// # Errors
    /// The journal cannot be read, or a row is no ticket.
    pub(crate) async fn ticket_rows(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<TicketRow>, JournalError> {
        let mut reader = self.readers.take().await?;
        let rows = sqlx::query(
            "SELECT ticket, state, due_at, tries, remote, why FROM ticket WHERE id > ?
             ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *reader.connection)
        .await?;
        self.readers.give_back(reader);
        rows.iter().map(ticket_row).collect()
    }

    /// All tokens and passwords.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn secret_rows(
        &self,
    ) -> Result<(Vec<TokenRow>, Vec<PasswordRow>), JournalError> {
        let mut reader = self.readers.take().await?;
        let tokens =
            sqlx::query_as("SELECT hash, agent_id, issued_at, expires_at FROM token ORDER BY hash")
                .fetch_all(&mut *reader.connection)
                .await?;
        let passwords =
            sqlx::query_as("SELECT agent_id, hash, set_at FROM password ORDER BY agent_id")
                .fetch_all(&mut *reader.connection)
                .await?;
        self.readers.give_back(reader);
        Ok((tokens, passwords))
    }
}

impl Journal {
    /// Stores rows of another file, all or none.
    ///
    /// # Errors
    /// The journal cannot be written, or has such rows already.
    pub(crate) async fn put_rows(
        &mut self,
        answers: &[AnswerRow],
        tokens: &[TokenRow],
        passwords: &[PasswordRow],
        tickets: &[TicketRow],
    ) -> Result<(), JournalError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for TicketRow { ticket, state, due_at, tries, remote, why } in tickets {
            sqlx::query(
                "INSERT INTO ticket (id, ticket, state, due_at, tries, remote, why)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(row_of(ticket.of))
            .bind(serde_json::to_string(ticket)?)
            .bind(state.name())
            .bind(due_at)
            .bind(tries)
            .bind(remote)
            .bind(why)
            .execute(&mut *transaction)
            .await?;
        }
        for AnswerRow { command, outcome, at } in answers {
            sqlx::query("INSERT INTO answer (command, outcome, at) VALUES (?, ?, ?)")
                .bind(command)
                .bind(outcome)
                .bind(at)
                .execute(&mut *transaction)
                .await?;
        }
        for TokenRow { hash, agent_id, issued_at, expires_at } in tokens {
            sqlx::query(
                "INSERT INTO token (hash, agent_id, issued_at, expires_at) VALUES (?, ?, ?, ?)",
            )
            .bind(&hash[..])
            .bind(agent_id)
            .bind(issued_at)
            .bind(expires_at)
            .execute(&mut *transaction)
            .await?;
        }
        for PasswordRow { agent_id, hash, set_at } in passwords {
            sqlx::query("INSERT INTO password (agent_id, hash, set_at) VALUES (?, ?, ?)")
                .bind(agent_id)
                .bind(hash)
                .bind(set_at)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn ticket_row(row: &SqliteRow) -> Result<TicketRow, JournalError> {
    let state: String = row.try_get("state")?;
    let unknown = || sqlx::Error::Decode(format!("{state:?} is no state of a ticket").into());
    Ok(TicketRow {
        ticket: serde_json::from_str(row.try_get("ticket")?)?,
        state: TicketState::named(&state).ok_or_else(unknown)?,
        due_at: row.try_get("due_at")?,
        tries: row.try_get("tries")?,
        remote: row.try_get("remote")?,
        why: row.try_get("why")?,
    })
}
