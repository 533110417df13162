//! Are the journal and the files whole? Everything is read again from the first event.
//!
//! Invariant: nothing in the data directory is changed, whatever is found there. A finding names
//! numbers and never what was said.

use crate::{
    account::{Account, AccountRules, FoldError},
    files::{Shelf, check},
    fold::{self, LoadError},
    history::{self, check::Expected},
    journal::{JournalError, JournalReader, Kept},
    running::{self, StartError},
    tickets,
};
use bellhop_model::{Event, Seq};
use std::{fmt, path::Path};

/// Holes that are named one by one.
const NAMED: usize = 10;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is as it should be.
    Good(String),
    /// Nothing is lost, but it is good to know.
    Note(String),
    /// Something is wrong.
    Bad(String),
}

/// What was found, in the order it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report(pub Vec<Found>);

impl Report {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.0.iter().any(|found| matches!(found, Found::Bad(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for found in &self.0 {
            match found {
                Found::Good(what) => writeln!(f, "good: {what}")?,
                Found::Note(what) => writeln!(f, "note: {what}")?,
                Found::Bad(what) => writeln!(f, "WRONG: {what}")?,
            }
        }
        f.write_str(if self.is_good() { "The journal is whole." } else { "It is not whole." })
    }
}

/// Checks the journal and the files of a service that does not run. `key` as in [`crate::Config`].
///
/// # Errors
/// There is no journal, it is in use, or it cannot be opened at all.
pub async fn verify(data_dir: &Path, key: Option<[u8; 32]>) -> Result<Report, StartError> {
    let (reader, shelf, lock) = running::read_alone(data_dir, key).await?;
    let report = look(&reader, shelf).await;
    reader.close().await;
    drop(lock);
    Ok(report)
}

async fn look(reader: &JournalReader, shelf: Shelf) -> Report {
    let mut found = Vec::new();
    match reader.integrity().await {
        Ok(told) if told.is_empty() => {
            found.push(Found::Good("SQLite and SQLCipher find every page whole".to_owned()));
        }
        Ok(told) => found.extend(told.into_iter().map(Found::Bad)),
        Err(error) => found.push(Found::Bad(format!("the pages cannot be checked: {error}"))),
    }
    let (beside, about) = snapshot(reader).await;
    found.push(about);
    let mut replay = Replay::beside(beside);
    let read = reader.each(Seq(0), |event| {
        replay.take(&event);
        Ok::<_, JournalError>(())
    });
    if let Err(error) = read.await {
        let last = replay.last;
        found.push(Found::Bad(format!("after event {last} the journal cannot be read: {error}")));
    }
    found.push(replay.history.compared(reader).await);
    found.push(replay.tickets.compared(reader).await);
    let account = replay.whole.clone();
    replay.told(&mut found);
    // Every file is read to its end: not on a thread that others wait for.
    match tokio::task::spawn_blocking(move || check::files(&shelf, &account)).await {
        Ok(files) => found.extend(files),
        Err(error) => found.push(Found::Bad(format!("the files cannot be checked: {error}"))),
    }
    Report(found)
}

/// The account of the snapshot, where a start would use it, and what is to be said about it.
async fn snapshot(reader: &JournalReader) -> (Option<fold::Folded>, Found) {
    let kept = match reader.snapshot().await {
        Ok(kept) => kept,
        Err(error) => return (None, Found::Bad(format!("the snapshot cannot be read: {error}"))),
    };
    let found = match kept {
        Kept::Nothing => return (None, Found::Note("there is no snapshot".to_owned())),
        Kept::Damaged => return (None, Found::Bad("the snapshot is damaged".to_owned())),
        Kept::Whole(found) => found,
    };
    let (seq, is_ours) = (found.seq, found.fold == crate::account::FOLD_VERSION);
    match fold::usable(reader, found, AccountRules::default()).await {
        Ok(Ok(folded)) => (Some(folded), Found::Good(format!("the snapshot has event {seq}"))),
        Ok(Err(why)) if is_ours => (None, Found::Bad(format!("the snapshot is no use: {why}"))),
        Ok(Err(why)) => (None, Found::Note(format!("the snapshot is not used: {why}"))),
        Err(error) => (None, Found::Bad(format!("the snapshot cannot be read: {error}"))),
    }
}

/// Two folds of the journal: from its first event, and from the snapshot.
struct Replay {
    whole: Account,
    misfit: Option<FoldError>,
    beside: Option<fold::Folded>,
    beside_misfit: Option<FoldError>,
    last: Seq,
    events: u64,
    holes: Vec<(Seq, Seq)>,
    history: Expected,
    tickets: tickets::check::Expected,
}

impl Replay {
    fn beside(beside: Option<fold::Folded>) -> Self {
        Self {
            whole: Account::new(AccountRules::default()),
            misfit: None,
            beside,
            beside_misfit: None,
            last: Seq(0),
            events: 0,
            holes: Vec::new(),
            history: Expected::default(),
            tickets: tickets::check::Expected::default(),
        }
    }

    fn take(&mut self, event: &Event) {
        if event.seq != self.last.next() {
            self.holes.push((self.last, event.seq));
        }
        self.last = event.seq;
        self.events += 1;
        if self.misfit.is_none() {
            let chat = event.fact.chat_id();
            let had_record = chat.is_some_and(|chat| history::has_record(&self.whole, chat));
            self.misfit = self.whole.apply(event).err();
            let step = history::step(&self.whole, had_record, event);
            let ticket = step.as_ref().and_then(|done| tickets::step(&self.whole, done, event.at));
            self.tickets.follow(ticket);
            self.history.follow(step);
        }
        if let Some(beside) = &mut self.beside
            && event.seq > beside.began_at
            && self.beside_misfit.is_none()
        {
            self.beside_misfit = beside.account.apply(event).err();
        }
    }

    fn told(self, found: &mut Vec<Found>) {
        let (events, last) = (self.events, self.last);
        if self.holes.is_empty() {
            found.push(Found::Good(format!("{events} events, numbered 1 to {last} with no hole")));
        }
        for (before, after) in self.holes.iter().take(NAMED) {
            found.push(Found::Bad(format!("event {after} follows event {before}")));
        }
        if self.holes.len() > NAMED {
            found.push(Found::Bad(format!("{} more holes", self.holes.len() - NAMED)));
        }
        match &self.misfit {
            None => found.push(Found::Good("the events make an account".to_owned())),
            Some(misfit) => found.push(Found::Bad(format!("they make no account: {misfit}"))),
        }
        let Some(beside) = &self.beside else { return };
        if let Some(misfit) = &self.beside_misfit {
            found.push(Found::Bad(format!("the snapshot does not fit what follows: {misfit}")));
            return;
        }
        let from = beside.began_at;
        found.push(match self.whole.same_fold(&beside.account).map_err(LoadError::from) {
            Ok(true) => Found::Good(format!("the same account comes from snapshot {from}")),
            Ok(false) => Found::Bad(format!("another account comes from snapshot {from}")),
            Err(error) => Found::Bad(error.to_string()),
        });
    }
}
