//! From the journal to an account: the newest snapshot and the events after it, or all events.
//!
//! Invariant: a snapshot changes how long a start takes and nothing else. It is the fold of the
//! events up to its number, made from the journal and not from the account at work, so nothing
//! that was not journaled gets into it; one that is damaged, of another fold, of another journal or
//! ahead of this one is passed over, and so is one that the events after it do not fit.

use crate::{
    account::{Account, AccountRules, FOLD_VERSION, FoldError},
    journal::{JournalError, JournalReader, Kept, Snapshot},
};
use bellhop_model::{Seq, Timestamp};
use std::io;
use tokio::sync::oneshot::error::RecvError;

/// Why the account could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the journal does not make an account: {0}")]
    Fold(#[from] FoldError),
    #[error("the account has no JSON form: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the snapshot cannot be written: {0}")]
    NotKept(#[source] io::Error),
    #[error("the fold was broken off")]
    BrokenOff(#[from] tokio::task::JoinError),
    #[error("the thread of the snapshot has ended")]
    NoThread(#[from] RecvError),
}

/// An account as the journal has it.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) account: Account,
    /// The newest moment of its events.
    pub(crate) newest: Timestamp,
    /// The number of the snapshot it began with; 0 where there was none to begin with.
    pub(crate) began_at: Seq,
}

/// Folds the journal into an account.
///
/// # Errors
/// See [`LoadError`].
pub(crate) async fn load(reader: &JournalReader, rules: AccountRules) -> Result<Folded, LoadError> {
    if let Some(begin) = from_snapshot(reader, &rules).await? {
        match tail(reader, begin).await {
            Err(LoadError::Fold(error)) => {
                tracing::warn!(%error, "the events after the snapshot do not fit it");
            }
            other => return other,
        }
    }
    let account = Account::new(rules);
    tail(reader, Folded { account, newest: Timestamp(0), began_at: Seq(0) }).await
}

/// Makes a snapshot of the journal as it is, and keeps it; returns its last event. `None` where the
/// newest one has everything. It folds and writes megabytes without a pause, so it belongs on a thread
/// that serves nobody.
///
/// # Errors
/// See [`LoadError`].
pub(crate) async fn snapshot(
    reader: JournalReader,
    rules: AccountRules,
) -> Result<Option<Seq>, LoadError> {
    let Folded { account, newest: at, began_at } = load(&reader, rules).await?;
    let seq = account.head();
    if seq == began_at {
        return Ok(None);
    }
    let Some(print) = reader.print_of(seq).await? else { return Ok(None) };
    let state = account.to_snapshot()?;
    let snapshot = Snapshot { seq, at, fold: FOLD_VERSION, print, state };
    reader.keep_snapshot(snapshot).await.map_err(LoadError::NotKept)?;
    Ok(Some(seq))
}

/// The account of the newest snapshot, where it may be used.
async fn from_snapshot(
    reader: &JournalReader,
    rules: &AccountRules,
) -> Result<Option<Folded>, LoadError> {
    let kept = match reader.snapshot().await {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!(%error, "the snapshot cannot be read; all events are folded");
            return Ok(None);
        }
    };
    let found = match kept {
        Kept::Nothing => return Ok(None),
        Kept::Damaged => {
            tracing::warn!("the snapshot is damaged; all events are folded");
            return Ok(None);
        }
        Kept::Whole(found) => found,
    };
    match usable(reader, found, rules.clone()).await? {
        Ok(folded) => Ok(Some(folded)),
        Err(why) => {
            tracing::warn!(why, "the snapshot is not used; all events are folded");
            Ok(None)
        }
    }
}

/// The account of a snapshot, or why it may not be used.
pub(crate) async fn usable(
    reader: &JournalReader,
    found: Snapshot,
    rules: AccountRules,
) -> Result<Result<Folded, String>, LoadError> {
    let Snapshot { seq, at, fold, print, state } = found;
    if fold != FOLD_VERSION {
        return Ok(Err(format!("it is of fold {fold}, this program folds as {FOLD_VERSION}")));
    }
    let head = reader.head().await?;
    if seq > head {
        return Ok(Err(format!("it has event {seq}, the journal ends at {head}")));
    }
    if reader.print_of(seq).await? != Some(print) {
        return Ok(Err(format!("event {seq} is another one in it")));
    }
    let read = tokio::task::spawn_blocking(move || Account::from_snapshot(rules, &state)).await?;
    Ok(match read {
        Ok(account) if account.head() == seq => Ok(Folded { account, newest: at, began_at: seq }),
        Ok(account) => Err(format!("it is called {seq} and has event {}", account.head())),
        Err(problem) => Err(problem.to_string()),
    })
}

async fn tail(reader: &JournalReader, begin: Folded) -> Result<Folded, LoadError> {
    let Folded { mut account, mut newest, began_at } = begin;
    let take = |event: bellhop_model::Event| {
        newest = newest.max(event.at);
        account.apply(&event).map_err(LoadError::from)
    };
    reader.each(began_at, take).await?;
    Ok(Folded { account, newest, began_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::FirstReply,
        journal::{Entry, Journal},
    };
    use bellhop_model::{Agent, AgentId, Availability, Event, Fact};

    fn event(seq: u64) -> Event {
        let agent = Agent {
            id: AgentId(seq),
            display_name: format!("Agent {seq}"),
            email: String::new(),
            availability: Availability::Online,
        };
        let at = Timestamp(1000 + seq.cast_signed());
        Event { seq: Seq(seq), at, fact: Fact::AgentSaved { agent } }
    }

    async fn journal(path: &std::path::Path) -> Journal {
        let mut journal = Journal::open(path, &[7; 32]).await.unwrap();
        let entry = Entry { events: (1..=9).map(event).collect(), ..Entry::default() };
        journal.commit(&entry, Timestamp(0)).await.unwrap();
        journal
    }

    fn rules() -> AccountRules {
        let first_reply = FirstReply { after_ms: 5, name: "Shop".to_owned() };
        AccountRules { first_reply, visitor_timeout_ms: 7, ..AccountRules::default() }
    }

    #[tokio::test]
    async fn law_3_only_a_snapshot_of_this_fold_and_of_this_journal_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let journal = journal(&dir.path().join("journal.db")).await;
        let reader = journal.reader();
        let whole = load(&reader, rules()).await.unwrap();
        assert_eq!((whole.began_at, whole.newest), (Seq(0), Timestamp(1009)));
        let kept = snapshot(reader.clone(), rules()).await.unwrap().unwrap();
        let Kept::Whole(made) = reader.snapshot().await.unwrap() else { panic!("it was kept") };
        assert_eq!((made.seq, made.at, made.fold), (Seq(9), Timestamp(1009), FOLD_VERSION));
        assert_eq!(kept, made.seq);
        let used = load(&reader, rules()).await.unwrap();
        assert_eq!((used.began_at, used.newest), (Seq(9), Timestamp(1009)));
        assert!(used.account.same_fold(&whole.account).unwrap());
        assert_eq!(snapshot(reader.clone(), rules()).await.unwrap(), None, "it has everything");

        let other_fold = Snapshot { fold: FOLD_VERSION + 1, ..made.clone() };
        let ahead = Snapshot { seq: Seq(10), ..made.clone() };
        let print = reader.print_of(Seq(8)).await.unwrap().unwrap();
        let misnamed = Snapshot { seq: Seq(8), print, ..made.clone() };
        let of_another_journal = Snapshot { print, ..made.clone() };
        let no_account = Snapshot { state: b"{}".to_vec(), ..made };
        for spoilt in [other_fold, ahead, misnamed, of_another_journal, no_account] {
            reader.keep_snapshot(spoilt.clone()).await.unwrap();
            let passed_over = load(&reader, rules()).await.unwrap();
            assert_eq!(passed_over.began_at, Seq(0), "{spoilt:?}");
            assert!(passed_over.account.same_fold(&whole.account).unwrap());
        }
        journal.close().await;
    }
}
