//! Into a data directory that has no journal.

use super::{
    Answer, End, FileHead, FilePart, Line, Moved, OLDEST_STREAM, PAGE, STREAM, TransferError,
};
use crate::{
    account::{Account, AccountRules},
    files::{Arriving, FILES_DIR, Shelf},
    fold::LoadError,
    journal::{
        self, AnswerRow, Entry, Journal, JournalError, PasswordRow, TicketRow, TokenRow, key_of,
    },
    running::{self, JOURNAL_FILE},
};
use bellhop_model::{Event, Timestamp};
use bellhop_sealed::SealKey;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    io::{BufRead, Write as _},
    path::{Path, PathBuf},
};

/// Bytes a line may have.
const LINE_BYTES: u64 = 4 * 1024 * 1024;

/// Reads an account from `from` into a data directory that has none, which is made where it is
/// not there. `key` as in [`crate::Config`]. The workspace keeps its id, so that agents' programs
/// go on with what they have.
///
/// # Errors
/// See [`TransferError`]; there is no journal then.
pub async fn import(
    data_dir: &Path,
    key: Option<[u8; 32]>,
    from: impl BufRead,
) -> Result<Moved, TransferError> {
    let path = data_dir.join(JOURNAL_FILE);
    let lock = running::own(data_dir)?;
    let dir = data_dir.join(FILES_DIR);
    if let Some(path) = [&path, &dir].into_iter().find(|path| path.exists()) {
        return Err(TransferError::Occupied { path: path.clone() });
    }
    let key = key_of(key, data_dir, &path)?;
    let part = data_dir.join(format!("{JOURNAL_FILE}.import"));
    let files = Shelf::in_dir(data_dir.join(format!("{FILES_DIR}.import")), SealKey::new(key));
    forget(&part, &files)?;
    let journal = Journal::open(&part, &key).await?;
    let mut taking = Taking::new(journal, files.clone());
    let taken = taking.all(from).await;
    taking.file = None;
    taking.journal.close().await;
    match taken {
        Ok(moved) => {
            // The journal last: with it, it is done.
            if moved.files > 0 {
                fs::rename(files.dir(), &dir)?;
            }
            fs::rename(&part, &path)?;
            drop(lock);
            Ok(moved)
        }
        Err(error) => {
            forget(&part, &files)?;
            Err(error)
        }
    }
}

/// Removes what an import left that did not go through.
fn forget(part: &Path, files: &Shelf) -> io::Result<()> {
    match fs::remove_dir_all(files.dir()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = part.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// It goes into addresses and headers, so it is what a service makes of it and nothing else.
fn is_workspace_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// What is wrong with a line about files.
enum WrongFile {
    Line(&'static str),
    Io(io::Error),
}

impl WrongFile {
    fn at(self, line: u64) -> TransferError {
        match self {
            Self::Line(what) => TransferError::Line { line, what },
            Self::Io(error) => error.into(),
        }
    }
}

impl From<io::Error> for WrongFile {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The stream as it is read.
struct Taking {
    journal: Journal,
    account: Account,
    moved: Moved,
    events: Vec<Event>,
    answers: Vec<AnswerRow>,
    tickets: Vec<TicketRow>,
    tokens: Vec<TokenRow>,
    passwords: Vec<PasswordRow>,
    files: Shelf,
    /// The file whose parts come, and the bytes that are missing of it.
    file: Option<(Arriving, u64)>,
}

impl Taking {
    fn new(journal: Journal, files: Shelf) -> Self {
        Self {
            journal,
            files,
            file: None,
            account: Account::new(AccountRules::default()),
            moved: Moved::default(),
            events: Vec::new(),
            answers: Vec::new(),
            tickets: Vec::new(),
            tokens: Vec::new(),
            passwords: Vec::new(),
        }
    }

    async fn all(&mut self, mut from: impl BufRead) -> Result<Moved, TransferError> {
        let (mut hash, mut line, mut text) = (Sha256::new(), 0, String::new());
        loop {
            let wrong = |what| TransferError::Line { line: line + 1, what };
            text.clear();
            // A line without its end, or of a length that is none of ours, is not JSON.
            let read = io::Read::take(&mut from, LINE_BYTES).read_line(&mut text)?;
            if read == 0 {
                return Err(wrong("missing: the stream has no end"));
            }
            let read: Line =
                serde_json::from_str(&text).map_err(|_| wrong("none that is known here"))?;
            match read {
                Line::BellhopExport(head)
                    if line == 0
                        && (OLDEST_STREAM..=STREAM).contains(&head.version)
                        && is_workspace_id(&head.workspace_id) =>
                {
                    self.journal.set_meta("workspace_id", &head.workspace_id).await?;
                }
                Line::BellhopExport(head)
                    if line == 0 && (OLDEST_STREAM..=STREAM).contains(&head.version) =>
                {
                    return Err(wrong("the beginning of a workspace whose id is none"));
                }
                Line::BellhopExport(_) if line == 0 => {
                    return Err(wrong("of a version that is not known here"));
                }
                _ if line == 0 => return Err(wrong("not the beginning of an export")),
                Line::BellhopExport(_) => return Err(wrong("a second beginning")),
                Line::End(end) => {
                    let sha256 = hex::encode(hash.finalize());
                    if end != (End { lines: line, sha256 }) {
                        return Err(wrong("an end that does not fit what came before it"));
                    }
                    if self.file.is_some() {
                        return Err(wrong("an end in the middle of a file"));
                    }
                    self.store().await?;
                    // The other service may go on, and give away what came along as waiting.
                    self.journal.note_moved(self.had()).await?;
                    return Ok(self.moved);
                }
                Line::Ticket(row) if !self.had().has(row.ticket.of) => {
                    return Err(wrong("a ticket of a chat that the events do not have"));
                }
                Line::File(head) => self.begin_file(head).map_err(|why| why.at(line + 1))?,
                Line::FilePart(part) => self.take_part(&part).map_err(|why| why.at(line + 1))?,
                other => self.take(other)?,
            }
            if self.waiting() >= PAGE as usize {
                self.store().await?;
            }
            hash.update(text.as_bytes());
            line += 1;
        }
    }

    fn take(&mut self, line: Line) -> Result<(), TransferError> {
        match line {
            Line::Event(event) => {
                let applied = self.account.apply(&event).map_err(LoadError::from);
                applied.map_err(TransferError::NoAccount)?;
                self.moved.events += 1;
                self.events.push(*event);
            }
            Line::Answer(Answer { command, outcome, at }) => {
                let outcome = serde_json::to_string(&outcome).map_err(JournalError::from)?;
                self.moved.answers += 1;
                self.answers.push(AnswerRow { command, outcome, at });
            }
            Line::Ticket(row) => {
                self.moved.tickets += 1;
                self.tickets.push(*row);
            }
            Line::Token(token) => {
                self.moved.tokens += 1;
                self.tokens.push(token);
            }
            Line::Password(password) => {
                self.moved.passwords += 1;
                self.passwords.push(password);
            }
            Line::BellhopExport(_) | Line::File(_) | Line::FilePart(_) | Line::End(_) => {}
        }
        Ok(())
    }

    /// A file of an event, after all events.
    fn begin_file(&mut self, head: FileHead) -> Result<(), WrongFile> {
        let FileHead { id, bytes } = head;
        if self.file.is_some() {
            return Err(WrongFile::Line("another file in the middle of one"));
        }
        if self.account.file(&id).is_none_or(|kept| kept.bytes != bytes) {
            return Err(WrongFile::Line("a file that no event speaks of"));
        }
        self.files.make()?;
        self.file = Some((self.files.begin_as(id)?, bytes));
        self.end_file()
    }

    fn take_part(&mut self, part: &FilePart) -> Result<(), WrongFile> {
        let bytes = BASE64.decode(part.data.as_bytes());
        let bytes = bytes.map_err(|_| WrongFile::Line("a part of a file that is not Base64"))?;
        let Some((arriving, left)) = &mut self.file else {
            return Err(WrongFile::Line("a part of no file"));
        };
        *left = left.checked_sub(bytes.len() as u64).ok_or(WrongFile::Line("too long a file"))?;
        arriving.write_all(&bytes)?;
        self.end_file()
    }

    fn end_file(&mut self) -> Result<(), WrongFile> {
        if let Some((arriving, _)) = self.file.take_if(|(_, left)| *left == 0) {
            let id = arriving.sealed()?.land()?;
            self.files.keep(&id)?;
            self.moved.files += 1;
        }
        Ok(())
    }

    /// The newest chat and offline message that came along.
    fn had(&self) -> journal::Moved {
        let (chat, message) = self.account.last_records();
        journal::Moved { chat, message }
    }

    fn waiting(&self) -> usize {
        let secrets = self.tokens.len() + self.passwords.len();
        self.events.len() + self.answers.len() + self.tickets.len() + secrets
    }

    async fn store(&mut self) -> Result<(), TransferError> {
        let events = std::mem::take(&mut self.events);
        self.journal.commit(&Entry { events, ..Entry::default() }, Timestamp(0)).await?;
        let Self { journal, answers, tokens, passwords, tickets, .. } = self;
        journal.put_rows(answers, tokens, passwords, tickets).await?;
        self.answers.clear();
        self.tickets.clear();
        self.tokens.clear();
        self.passwords.clear();
        Ok(())
    }
}
