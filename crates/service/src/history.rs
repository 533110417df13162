//! The history (domain.md 13): every chat that is over and every offline message, searched and
//! exported.
//!
//! [`step`] says what an event does to it; the journal carries that out in the transaction of the
//! event ([`crate::journal`]); [`bring_up`] makes all of it anew where an older version wrote the
//! journal; [`http`] answers who asks.
//!
//! Invariant: it is derived from the events alone, so it can always be made anew; `verify` compares.

pub(crate) mod check;
pub(crate) mod forms;
pub(crate) mod http;
pub(crate) mod words;

use crate::{
    account::{Account, AccountRules},
    fold::LoadError,
    journal::{HistoryStep, Journal},
};
use bellhop_model::{
    Chat, ChatId, Event, Fact, Seq, TranscriptLine,
    chat::LineBody,
    record::{Record, RecordId, WholeRecord},
};

/// The version of what a record says and of what finds it. It must rise with every change of either;
/// the next start then makes the history anew.
pub(crate) const HISTORY_VERSION: u32 = 2;

/// Events that are folded between two writes.
const PAGE: u32 = 2_000;

/// The chat is over and has its record.
pub(crate) fn has_record(account: &Account, chat: ChatId) -> bool {
    account.chat(chat).is_some_and(Chat::belongs_to_history)
}

/// What an event did to the history. `account` has it already; `had_record` is how its chat was
/// before.
pub(crate) fn step(account: &Account, had_record: bool, event: &Event) -> Option<HistoryStep> {
    let erased = match &event.fact {
        Fact::ChatDeleted { chat_id, .. } => Some(RecordId::Chat(*chat_id)),
        Fact::OfflineMessageDeleted { message_id, .. } => {
            Some(RecordId::OfflineMessage(*message_id))
        }
        _ => None,
    };
    if let Some(id) = erased {
        return Some(HistoryStep::Erase(id));
    }
    let message = match &event.fact {
        Fact::OfflineMessageLeft { message, .. } => Some(message.id),
        Fact::OfflineMessageMarked { message_id, .. }
        | Fact::OfflineMessageAnswered { message_id, .. } => Some(*message_id),
        _ => None,
    };
    if let Some(message) = message.and_then(|id| account.offline_message(id)) {
        let record = Record::of_message(message, &|agent| account.display_name(agent));
        let record = record.asked_from(&account.origin_of_message(message.id));
        let message = Some(message.clone());
        let whole = WholeRecord { record, transcript: Vec::new(), message };
        return Some(HistoryStep::Keep(Box::new(whole)));
    }
    let chat_id = event.fact.chat_id()?;
    let id = RecordId::Chat(chat_id);
    let Some(chat) = account.chat(chat_id) else {
        let body = match &event.fact {
            Fact::TagsSet { tags, .. } => LineBody::Tagged { tags: tags.clone() },
            Fact::ChatRated { rating, comment, .. } => {
                LineBody::Rated { rating: *rating, comment: comment.clone() }
            }
            Fact::FileDeleted { file_id, name, .. } => {
                LineBody::FileDeleted { file_id: file_id.clone(), name: name.clone() }
            }
            _ => return None,
        };
        let line = TranscriptLine { seq: event.seq, at: event.at, body };
        return Some(HistoryStep::Amend { id, line });
    };
    match Record::of(chat) {
        Some(record) => {
            let record = record.asked_from(&account.origin_of_chat(chat_id));
            let transcript = chat.transcript.clone();
            let whole = WholeRecord { record, transcript, message: None };
            Some(HistoryStep::Keep(Box::new(whole)))
        }
        None => had_record.then_some(HistoryStep::Drop(id)),
    }
}

/// Makes the history anew where it is not of this version. Broken off, it is begun again at the
/// next start.
///
/// # Errors
/// The journal cannot be read or written, or does not make an account.
pub(crate) async fn bring_up(journal: &mut Journal) -> Result<(), LoadError> {
    let reader = journal.reader();
    if reader.has_history(HISTORY_VERSION).await? {
        return Ok(());
    }
    let head = reader.head().await?;
    if head > Seq(0) {
        tracing::info!(events = head.0, "the history is made anew; that happens once");
    }
    journal.clear_history().await?;
    let mut account = Account::new(AccountRules::default());
    while account.head() < head {
        let mut steps = Vec::new();
        for stored in reader.page(account.head(), head, PAGE).await? {
            let fact = serde_json::from_str(&stored.fact)?;
            let event = Event { seq: stored.seq, at: stored.at, fact };
            let had = event.fact.chat_id().is_some_and(|chat| has_record(&account, chat));
            account.apply(&event)?;
            steps.extend(step(&account, had, &event));
        }
        journal.write_history(&steps).await?;
    }
    journal.history_is_made(HISTORY_VERSION).await?;
    Ok(())
}
