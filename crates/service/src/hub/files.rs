//! The hub's dealings with files: what is said of them in chats. Their bytes come and go by another
//! way ([`crate::files`]).

use super::{
    FileAnswer, Hub, Known, Offer,
    round::{Effect, Round},
};
use crate::{
    account::{FileFrom, Viewer},
    journal::Actor,
};
use bellhop_model::{
    CommandId, FileId, FileRules, SentFile, file::FileRefusal, frame::Outcome, rules::FileName,
};
use tokio::sync::oneshot;

impl Hub {
    /// Somebody is about to send a file.
    pub(super) fn file_offered(
        &self,
        from: &FileFrom,
        id: CommandId,
        name: &FileName,
        known: &Known,
    ) -> Result<Offer, FileRefusal> {
        if !self.storage.is_fine() {
            return Err(FileRefusal::StorageUnavailable);
        }
        match known.get(&(from.into(), id)) {
            Some(Outcome::Accepted { .. }) => Ok(Offer::TakenBefore),
            // It is the id of something else, which was refused.
            Some(Outcome::Refused { .. }) => Err(FileRefusal::BadRequest),
            None => self.account.check_file(from, name).map(|()| Offer::Send),
        }
    }

    /// Its bytes are here.
    pub(super) fn file_arrived(
        &mut self,
        (from, id): (&FileFrom, CommandId),
        (name, file): (&FileName, SentFile),
        answer: oneshot::Sender<FileAnswer>,
        known: &Known,
        round: &mut Round,
    ) {
        let file_id = file.id.clone();
        let told = |told, keep| FileAnswer { told, keep };
        if !self.storage.is_fine() {
            return drop(answer.send(told(Err(FileRefusal::StorageUnavailable), false)));
        }
        let key = (Actor::from(from), id);
        if let Some(before) = known.get(&key).cloned().or_else(|| round.answered(&key)) {
            // It came twice; the first one is in the chat.
            let taken = matches!(before, Outcome::Accepted { .. });
            let told = told(if taken { Ok(()) } else { Err(FileRefusal::BadRequest) }, false);
            return round.then(Effect::FileTold { file: file_id, told, answer });
        }
        if let FileFrom::Visitor(visitor) = from {
            if self.account.was_said(visitor, id) {
                return drop(answer.send(told(Err(FileRefusal::BadRequest), false)));
            }
            self.visitor_active(visitor);
        }
        let told = match self.account.decide_file(from, id, (name, file), self.now) {
            Ok(granted) => {
                for fact in granted.facts {
                    self.record(fact, round);
                }
                let (last, chat_id) = (self.account.head(), granted.chat_id);
                round.remember(key, Outcome::Accepted { last, chat_id });
                told(Ok(()), true)
            }
            Err(refusal) => told(Err(refusal), false),
        };
        round.then(Effect::FileTold { file: file_id, told, answer });
    }

    /// Which files may be sent, for who may send and see any.
    pub(super) fn file_rules_for(&self, viewer: &Viewer) -> Result<FileRules, FileRefusal> {
        match viewer {
            Viewer::Visitor(visitor) if self.account.is_banned_now(visitor) => {
                Err(FileRefusal::NotAvailable)
            }
            Viewer::Visitor(_) | Viewer::Agent(_) => Ok(self.account.file_rules().clone()),
        }
    }

    /// An event says that it is no more: its bytes go. Where that fails, they go at the next start.
    pub(super) fn remove_file(&mut self, id: &FileId) {
        while self.removals.try_join_next().is_some() {}
        let (shelf, id) = (self.files.shelf().clone(), id.clone());
        self.removals.spawn_blocking(move || {
            if let Err(error) = shelf.destroy(&id) {
                tracing::warn!(%error, file = %id, "a deleted file is still there");
            }
        });
    }
}
