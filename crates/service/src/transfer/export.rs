//! Out of a service that does not run.

use super::{
    Answer, End, FILE_PART, FileHead, FilePart, Head, Line, Moved, PAGE, STREAM, TransferError,
    WITHOUT_FILES,
};
use crate::{
    files::Shelf,
    journal::{JournalError, JournalReader, StoredEvent, row_of},
    running::{self, JOURNAL_FILE},
};
use bellhop_model::{ChatId, Fact, FileId, Seq};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write},
    path::Path,
};

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
    let (reader, shelf, lock) = running::read_alone(data_dir, key).await?;
    let written = if reader.is_of_this_schema().await? {
        Stream { out, hash: Sha256::new(), lines: 0 }.all(&reader, &shelf, secrets).await
    } else {
        Err(TransferError::Older { path: data_dir.join(JOURNAL_FILE) })
    };
    reader.close().await;
    drop(lock);
    written
}

/// The files that events speak of, and that were not deleted.
#[derive(Default)]
struct Files(BTreeMap<FileId, ChatId>);

impl Files {
    fn follow(&mut self, fact: &str) -> Result<(), JournalError> {
        // Most events are of no file, and need not be read.
        if !fact.contains("\"file") && !fact.contains("\"chat_deleted") {
            return Ok(());
        }
        match serde_json::from_str(fact)? {
            Fact::MessagePosted { chat_id, message } => {
                self.0.extend(message.file.map(|file| (file.id, chat_id)));
            }
            Fact::ChatDeleted { chat_id, .. } => self.0.retain(|_, of| *of != chat_id),
            Fact::FileDeleted { file_id, .. } => drop(self.0.remove(&file_id)),
            _ => {}
        }
        Ok(())
    }
}

/// The stream as it is written.
struct Stream<W> {
    out: W,
    hash: Sha256,
    lines: u64,
}

impl<W: Write> Stream<W> {
    async fn all(
        mut self,
        reader: &JournalReader,
        shelf: &Shelf,
        secrets: bool,
    ) -> Result<Moved, TransferError> {
        let workspace_id = reader.meta("workspace_id").await?.unwrap_or_default();
        // Whoever knows no files can read what has none.
        let version = if shelf.found()?.is_empty() { WITHOUT_FILES } else { STREAM };
        self.line(&Line::BellhopExport(Head { version, workspace_id, secrets }))?;
        let mut moved = Moved::default();
        let mut files = Files::default();
        let head = reader.head().await?;
        let mut after = Seq(0);
        while after < head {
            let page = reader.page(after, head, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for StoredEvent { seq, at, fact } in page {
                moved.events += 1;
                files.follow(&fact)?;
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
        for id in files.0.into_keys() {
            moved.files += u64::from(self.file(shelf, id)?);
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

    /// Writes one file. False where it is not there, or is damaged: the account goes without it, as it is
    /// here.
    fn file(&mut self, shelf: &Shelf, id: FileId) -> Result<bool, TransferError> {
        // It is read twice: what has begun cannot be taken back from the stream.
        let readable = shelf.open(&id).and_then(|mut opening| {
            let size = opening.size();
            match io::copy(&mut opening, &mut io::sink())? {
                found if found == size => shelf.open(&id),
                found => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("it has {found} bytes of {size}"),
                )),
            }
        });
        let mut opening = match readable {
            Err(error) => {
                tracing::warn!(file = %id, %error, "a file that was sent cannot be read");
                return Ok(false);
            }
            Ok(opening) => opening,
        };
        let mut left = opening.size();
        self.line(&Line::File(FileHead { id, bytes: left }))?;
        while left > 0 {
            let mut bytes = vec![0; left.min(FILE_PART as u64) as usize];
            opening.read_exact(&mut bytes)?;
            left -= bytes.len() as u64;
            self.line(&Line::FilePart(FilePart { data: BASE64.encode(&bytes) }))?;
        }
        Ok(true)
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
