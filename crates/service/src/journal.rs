//! The journal: the account's facts, append-only, encrypted, in SQLite.
//!
//! Invariants: events are numbered without holes; what [`Journal::commit`] returned `Ok` for
//! survives a crash and a power cut (`synchronous=FULL`); one connection writes and checkpoints,
//! the readers only read (the SQLite below SQLCipher 4.10 asks for that, reliability.md); no byte
//! of a chat reaches the disk in clear. An event that was stored is never changed, but that the words
//! of a deleted chat are taken out of its events ([`erase`]).
//!
//! It knows neither accounts nor sockets. Who may write what is the hub's business.

mod erase;
mod found;
mod history;
mod key;
mod open;
mod read;
mod rows;
mod schema;
mod snapshot;
mod tickets;

pub(crate) use erase::Traces;
pub(crate) use found::FoundBy;
pub(crate) use history::{HistoryStep, Place, Wanted, record_of, row_of};
pub use key::KeyError;
pub(crate) use key::key_of;
pub use open::OpenError;
pub(crate) use read::{Bearer, JournalReader, StoredEvent};
pub(crate) use rows::{AnswerRow, PasswordRow, TicketRow, TokenRow};
pub use snapshot::SNAPSHOT_FILE;
pub(crate) use snapshot::{Kept, Print, Snapshot};
pub use tickets::KeptTicket;
pub(crate) use tickets::{Moved, TicketNote, WaitingTicket};

use crate::{account::FileFrom, tickets::TicketStep};
use bellhop_model::{
    AgentId, CommandId, Event, Fact, Seq, Timestamp, frame::Outcome, record::RecordId,
};
use bellhop_sealed::{Held, SealKey};
use sha2::{Digest, Sha256};
use sqlx::{Connection as _, Row};
use std::{
    collections::HashMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

/// Under this name in `meta` stands that tickets are kept elsewhere.
const TICKETS_GO: &str = "tickets_go_away";
/// How long the first answers to commands are remembered: longer than any client keeps trying.
const ANSWERS_KEPT_MS: i64 = 60 * 24 * 60 * 60 * 1000;

/// Who gave a command; ids of different clients never meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Actor {
    Agent(AgentId),
    Visitor(bellhop_model::VisitorId),
}

impl From<&FileFrom> for Actor {
    fn from(from: &FileFrom) -> Self {
        match from {
            FileFrom::Visitor(visitor) => Self::Visitor(visitor.clone()),
            FileFrom::Agent { agent, .. } => Self::Agent(*agent),
        }
    }
}

impl Actor {
    fn key(&self, id: CommandId) -> String {
        match self {
            Self::Agent(agent) => format!("a{agent}:{id}"),
            Self::Visitor(visitor) => format!("v{visitor}:{id}"),
        }
    }
}

/// What one transaction stores.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) events: Vec<Event>,
    pub(crate) answers: Vec<(Actor, CommandId, Outcome)>,
    /// What the events do to the history.
    pub(crate) history: Vec<HistoryStep>,
    /// What they mean for the tickets.
    pub(crate) tickets: Vec<TicketStep>,
}

impl Entry {
    /// What is deleted for good.
    fn erased(&self) -> impl Iterator<Item = RecordId> {
        self.history.iter().filter_map(|step| match step {
            HistoryStep::Erase(id) => Some(*id),
            _ => None,
        })
    }

    /// The numbers of its events, where it has any.
    fn seqs(&self) -> Option<RangeInclusive<Seq>> {
        Some(self.events.first()?.seq..=self.events.last()?.seq)
    }
}

/// A failure of the storage. Its text names no content.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal cannot be used: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("an event could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the journal cannot be opened again: {0}")]
    Open(#[from] Box<OpenError>),
}

/// The writing end. There is exactly one.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    key: SealKey,
    writer: Held,
    reader: JournalReader,
    /// The last deletion of which there may be traces in the file.
    traces: Option<Seq>,
    /// Tickets are kept elsewhere, and wait here until they are there.
    tickets_go_away: bool,
}

impl Journal {
    /// Opens the journal, or makes it.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is as it was then.
    pub(crate) async fn open(path: &Path, key: &[u8; 32]) -> Result<Self, OpenError> {
        let key = SealKey::new(*key);
        let mut writer = open::writer(path, &key).await?;
        let traces = erase::traces(&mut writer).await;
        let traces = traces.map_err(|error| open::classify(path, error))?;
        let reader = JournalReader::open(path, &key).await?;
        let swept = reader.snapshots.sweep();
        swept.map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let go = sqlx::query("SELECT value FROM meta WHERE name = ?").bind(TICKETS_GO);
        let go = go.fetch_optional(&mut *writer).await;
        let tickets_go_away = go.map_err(|error| open::classify(path, error))?.is_some();
        Ok(Self { path: path.to_owned(), key, writer, reader, traces, tickets_go_away })
    }

    /// Tickets that are made from now on wait to be given away, or are kept.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn let_tickets_go(&mut self, go: bool) -> Result<(), JournalError> {
        if go {
            self.set_meta(TICKETS_GO, "yes").await?;
        } else {
            let kept = sqlx::query("DELETE FROM meta WHERE name = ?").bind(TICKETS_GO);
            kept.execute(&mut *self.writer).await?;
        }
        self.tickets_go_away = go;
        Ok(())
    }

    /// A reading end; clones share a few connections.
    #[must_use]
    pub(crate) fn reader(&self) -> JournalReader {
        self.reader.clone()
    }

    /// Stores all of it or nothing, and returns when it is on the disk.
    ///
    /// # Errors
    /// It may then be stored or not; the caller reads the journal to know.
    pub(crate) async fn commit(
        &mut self,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut events = Vec::with_capacity(entry.events.len());
        for event in &entry.events {
            events.push((event.seq.0, event.at.0, serde_json::to_string(&event.fact)?));
        }
        let mut answers = Vec::with_capacity(entry.answers.len());
        for (actor, id, outcome) in &entry.answers {
            answers.push((actor.key(*id), serde_json::to_string(outcome)?));
        }
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if !events.is_empty() {
            sqlx::query(
                "INSERT INTO event (seq, at, fact)
                 SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) ORDER BY key",
            )
            .bind(serde_json::to_string(&events)?)
            .execute(&mut *transaction)
            .await?;
        }
        if !answers.is_empty() {
            sqlx::query(
                "INSERT INTO answer (command, outcome, at)
                 SELECT value ->> 0, value ->> 1, ? FROM json_each(?)",
            )
            .bind(now.0)
            .bind(serde_json::to_string(&answers)?)
            .execute(&mut *transaction)
            .await?;
        }
        for event in &entry.events {
            if let Fact::AgentSwitched { agent_id, enabled: false } = event.fact {
                let dropped = sqlx::query("DELETE FROM token WHERE agent_id = ?");
                dropped.bind(agent_id.0.cast_signed()).execute(&mut *transaction).await?;
            }
        }
        let erased = entry.seqs().filter(|_| entry.erased().next().is_some());
        if let Some(seqs) = &erased {
            for id in entry.erased() {
                erase::erase(&mut transaction, id, seqs.clone()).await?;
            }
        }
        history::write(&mut transaction, &entry.history).await?;
        tickets::write(&mut transaction, &entry.tickets, self.tickets_go_away).await?;
        transaction.commit().await?;
        if let Some(seqs) = erased {
            self.traces = Some(*seqs.end());
        }
        Ok(())
    }

    /// The first answers to those of these commands that were answered before (law 6).
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn answers(
        &mut self,
        commands: &[(Actor, CommandId)],
    ) -> Result<HashMap<(Actor, CommandId), Outcome>, JournalError> {
        if commands.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<String> = commands.iter().map(|(actor, id)| actor.key(*id)).collect();
        let rows = sqlx::query(
            "SELECT command, outcome FROM answer
             WHERE command IN (SELECT value FROM json_each(?))",
        )
        .bind(serde_json::to_string(&keys)?)
        .fetch_all(&mut *self.writer)
        .await?;
        let mut found: HashMap<String, Outcome> = HashMap::with_capacity(rows.len());
        for row in rows {
            let outcome: String = row.try_get(1)?;
            found.insert(row.try_get(0)?, serde_json::from_str(&outcome)?);
        }
        let known = commands.iter().filter_map(|(actor, id)| {
            Some(((actor.clone(), *id), found.get(&actor.key(*id))?.clone()))
        });
        Ok(known.collect())
    }

    /// Remembers a token of an agent by its hash alone.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn put_token(
        &mut self,
        token: &str,
        agent: AgentId,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<(), JournalError> {
        let values =
            "INSERT INTO token (hash, agent_id, issued_at, expires_at) VALUES (?, ?, ?, ?)";
        sqlx::query(values)
            .bind(token_hash(token))
            .bind(agent.0.cast_signed())
            .bind(now.0)
            .bind(expires_at.map(|at| at.0))
            .execute(&mut *self.writer)
            .await?;
        Ok(())
    }

    /// Forgets a token. Answers whether it was there.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn drop_token(&mut self, hash: &[u8]) -> Result<bool, JournalError> {
        let dropped = sqlx::query("DELETE FROM token WHERE hash = ?").bind(hash);
        Ok(dropped.execute(&mut *self.writer).await?.rows_affected() > 0)
    }

    /// Forgets all tokens of an agent. Answers how many there were.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn drop_tokens_of(&mut self, agent: AgentId) -> Result<u64, JournalError> {
        let agent = agent.0.cast_signed();
        let dropped = sqlx::query("DELETE FROM token WHERE agent_id = ?").bind(agent);
        Ok(dropped.execute(&mut *self.writer).await?.rows_affected())
    }

    /// Keeps the hash of an agent's password in the place of the one before.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn put_password(
        &mut self,
        agent: AgentId,
        hash: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        sqlx::query("INSERT OR REPLACE INTO password (agent_id, hash, set_at) VALUES (?, ?, ?)")
            .bind(agent.0.cast_signed())
            .bind(hash)
            .bind(now.0)
            .execute(&mut *self.writer)
            .await?;
        Ok(())
    }

    /// A value about the workspace as a whole.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) async fn meta(&mut self, name: &str) -> Result<Option<String>, JournalError> {
        let row = sqlx::query("SELECT value FROM meta WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut *self.writer)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Sets a value about the workspace as a whole.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn set_meta(&mut self, name: &str, value: &str) -> Result<(), JournalError> {
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *self.writer)
        .await?;
        Ok(())
    }

    /// Forgets answers nobody will ask for again, and tokens that open nothing any more.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) async fn forget_what_is_old(&mut self, now: Timestamp) -> Result<(), JournalError> {
        sqlx::query("DELETE FROM answer WHERE at < ?")
            .bind(now.plus(-ANSWERS_KEPT_MS).0)
            .execute(&mut *self.writer)
            .await?;
        sqlx::query("DELETE FROM token WHERE expires_at <= ?")
            .bind(now.0)
            .execute(&mut *self.writer)
            .await?;
        Ok(())
    }

    /// After a failure: opens the writing connection anew and sees whether it can write.
    ///
    /// # Errors
    /// It still cannot.
    pub(crate) async fn recover(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let writer = open::writer(&self.path, &self.key).await.map_err(Box::new)?;
        let broken = std::mem::replace(&mut self.writer, writer);
        if let Err(error) = broken.close().await {
            tracing::debug!(%error, "the broken connection did not close cleanly");
        }
        self.traces = erase::traces(&mut self.writer).await?;
        self.set_meta("last_recovery_at", &now.0.to_string()).await
    }

    /// Closes all connections; the WAL is folded into the file.
    pub(crate) async fn close(self) {
        self.reader.close().await;
        if let Err(error) = self.writer.close().await {
            tracing::warn!(%error, "the journal was not closed cleanly; the WAL stays beside it");
        }
    }
}

/// What is stored of a token. Tokens are 256 random bits, so one round of SHA-256 cannot be
/// turned back, and looking a hash up tells an onlooker's clock nothing about the token.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests;
