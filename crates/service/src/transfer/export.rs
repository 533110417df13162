//! Out of a service that does not run.

use super::{Answer, End, Head, Line, Moved, PAGE, STREAM, TransferError};
use crate::{
    journal::{JournalError, JournalReader, StoredEvent, row_of},
    running::{self, JOURNAL_FILE},
};
use bellhop_model::Seq;
use sha2::{Digest, Sha256};
use std::{io::Write, path::Path};

/// Writes the account of a data directory to `out`. `key` as in [`crate::Config`]. With `secrets`
/// the hashes of tokens and passwords go along, so that agents stay signed in at the other end.
/// Nothing in the directory is changed.
///
/// # Errors
/// See [`TransferError`].
pub async fn export(
    data_dir: &Path,
    key: Option<[u8; 32]>,
    secrets: bool,
    out: impl Write,
) -> Result<Moved, TransferError> {
    let (reader, lock) = running::read_alone(data_dir, key).await?;
    let written = if reader.is_of_this_schema().await? {
        Stream { out, hash: Sha256::new(), lines: 0 }.all(&reader, secrets).await
    } else {
        Err(TransferError::Older { path: data_dir.join(JOURNAL_FILE) })
    };
    reader.close().await;
    drop(lock);
    written
}

/// The stream as it is written.
struct Stream<W> {
    out: W,
    hash: Sha256,
    lines: u64,
}

impl<W: Write> Stream<W> {
    async fn all(mut self, reader: &JournalReader, secrets: bool) -> Result<Moved, TransferError> {
        let workspace_id = reader.meta("workspace_id").await?.unwrap_or_default();
        self.line(&Line::BellhopExport(Head { version: STREAM, workspace_id, secrets }))?;
        let mut moved = Moved::default();
        let head = reader.head().await?;
        let mut after = Seq(0);
        while after < head {
            let page = reader.page(after, head, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for StoredEvent { seq, at, fact } in page {
                moved.events += 1;
                let at = at.0;
                self.text(&format!(r#"{{"event":{{"seq":{seq},"at":{at},"fact":{fact}}}}}"#))?;
            }
        }
        let mut after = String::new();
        loop {
            let page = reader.answer_rows(&after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.command);
            for row in page {
                moved.answers += 1;
                let outcome = serde_json::from_str(&row.outcome).map_err(JournalError::from)?;
                self.line(&Line::Answer(Answer { command: row.command, outcome, at: row.at }))?;
            }
        }
        moved.tickets = self.tickets(reader).await?;
        if secrets {
            let (tokens, passwords) = reader.secret_rows().await?;
            moved.tokens = tokens.len() as u64;
            moved.passwords = passwords.len() as u64;
            for token in tokens {
                self.line(&Line::Token(token))?;
            }
            for password in passwords {
                self.line(&Line::Password(password))?;
            }
        }
        self.end()?;
        Ok(moved)
    }

    async fn tickets(&mut self, reader: &JournalReader) -> Result<u64, TransferError> {
        let (mut after, mut count) = (i64::MIN, 0);
        loop {
            let page = reader.ticket_rows(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = row_of(last.ticket.of);
            for row in page {
                count += 1;
                self.line(&Line::Ticket(Box::new(row)))?;
            }
        }
    }

    fn end(mut self) -> Result<(), TransferError> {
        let sha256 = hex::encode(self.hash.clone().finalize());
        self.line(&Line::End(End { lines: self.lines, sha256 }))?;
        Ok(self.out.flush()?)
    }

    fn line(&mut self, line: &Line) -> Result<(), TransferError> {
        let text = serde_json::to_string(line).map_err(JournalError::from)?;
        self.text(&text)
    }

    fn text(&mut self, text: &str) -> Result<(), TransferError> {
        self.hash.update(text.as_bytes());
        self.hash.update(b"\n");
        self.lines += 1;
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.write_all(b"\n")?)
    }
}
