//! The store's handle: what the rest of the program sees of it.

use crate::{
    batch::Batch,
    error::{OpenError, StoreError},
    history,
    open::{self, Opened},
    writer::{self, Job, Writer},
};
use bellhop_model::{
    ChatId,
    history::{HistoryCursor, HistoryPage},
    stored::{StoreOp, Stored},
    view::HistoryChat,
};
use bellhop_sealed::{Held, Reader, Readers, SealKey};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// The open cache. Clones are the same cache; it is closed when the last one is dropped, but only
/// [`Store::close`] lets its caller wait for that.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    dir: PathBuf,
}

impl Store {
    /// Opens the cache in `dir`; makes directory and files where they are missing. The caller
    /// holds the lock of the directory: one process uses it at a time.
    ///
    /// A damaged file is no error: it is set aside, see [`Opened::set_aside`].
    pub async fn open(dir: &Path, key: &SealKey) -> Result<Opened, OpenError> {
        open::open(dir, key).await
    }

    pub(crate) fn start(dir: &Path, key: &SealKey, connection: Held, readers: Readers) -> Self {
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let readers = Arc::new(readers);
        tokio::spawn(Writer::new(dir, key, connection, Arc::clone(&readers)).run(queue));
        Self { shared: Arc::new(Shared { jobs, readers, dir: dir.to_owned() }) }
    }

    /// Everything the engine begins with. Of what was alerted, the chats in the history are left
    /// out after a restart.
    pub async fn load(&self) -> Result<Stored, StoreError> {
        self.ask(|done| Job::Load { done }).await?
    }

    /// Carries `ops` out, in order, in one transaction. It has survived the program's death when
    /// this returns, and the machine's when it touches the agent's own rows. After an error the
    /// same ops can be given again: each says what is to stand there, not what is to be added.
    ///
    /// Dropping the future does not call the write off.
    pub async fn write(&self, ops: Vec<StoreOp>) -> Result<(), StoreError> {
        if ops.is_empty() {
            return Ok(());
        }
        let batch = Batch::new(ops)?;
        self.ask(|done| Job::Write { batch, done }).await?
    }

    /// At most `limit` rows of the history (and never more than 500), newest first, after
    /// `before`.
    pub async fn history_page(
        &self,
        before: Option<HistoryCursor>,
        limit: u32,
    ) -> Result<HistoryPage, StoreError> {
        let mut reader = self.shared.readers.take().await?;
        let page = history::page(&mut reader.connection, before, limit).await;
        self.give_back(reader, page.as_ref().err());
        page
    }

    /// A chat of the history with its transcript; `None` where the history has no such chat.
    pub async fn history_chat(&self, chat_id: ChatId) -> Result<Option<HistoryChat>, StoreError> {
        let mut reader = self.shared.readers.take().await?;
        let chat = history::chat(&mut reader.connection, chat_id).await;
        self.give_back(reader, chat.as_ref().err());
        chat
    }

    /// Carries out what was asked before and closes the files. All clones are closed; a second
    /// call changes nothing.
    pub async fn close(&self) {
        // It is closed already, or now.
        let _ = self.ask(|done| Job::Close { done }).await;
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        self.shared.jobs.send(job(done)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)
    }

    fn give_back(&self, reader: Reader<'_>, error: Option<&StoreError>) {
        if !writer::note_damage(&self.shared.dir, error) {
            self.shared.readers.give_back(reader);
        }
    }
}
