//! The operating system's key store: Secret Service, Keychain or Credential Manager.
//!
//! Its calls block, may wait for a person who is asked to unlock it, and may never return. So each
//! runs on a thread of its own and is given up after a while. Invariant: "there is no entry" is
//! said only by a store that answered; silence and errors are [`Trouble`].

use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// The name under which all entries stand.
pub(super) const SERVICE: &str = "net.bellhop.desktop";
/// How long a store may take to answer at all.
const TO_ANSWER: Duration = Duration::from_secs(10);
/// How long reading or writing an entry may take: a locked store asks for its password first.
const TO_UNLOCK: Duration = Duration::from_mins(1);

/// What is wrong with the key store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("there is no key store: {detail}")]
    Absent { detail: String },
    #[error("the key store is locked: {detail}")]
    Locked { detail: String },
    #[error("the key store failed: {detail}")]
    Failed { detail: String },
    #[error("the key store did not answer within {0:?}")]
    Silent(Duration),
}

/// A key store as the rest of [`super`] needs it. All calls may block.
pub(super) trait KeyStore: Send + Sync {
    /// Whether there is one.
    fn status(&self) -> Result<(), Trouble>;
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<String>>, Trouble>;
    fn set(&self, entry: &str, text: &str) -> Result<(), Trouble>;
}

/// A key store whose calls do not block and always end.
#[derive(Clone)]
pub(super) struct Access {
    store: Arc<dyn KeyStore>,
    to_answer: Duration,
    to_unlock: Duration,
}

impl Access {
    pub(super) fn system() -> Self {
        Self { store: Arc::new(System), to_answer: TO_ANSWER, to_unlock: TO_UNLOCK }
    }

    #[cfg(test)]
    pub(super) fn to(store: Arc<dyn KeyStore>, patience: Duration) -> Self {
        Self { store, to_answer: patience, to_unlock: patience }
    }

    /// The entry's text; `None` where the store has no such entry.
    pub(super) async fn get(&self, entry: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
        let entry = entry.to_owned();
        self.ask(self.to_answer, |store| store.status()).await?;
        self.ask(self.to_unlock, move |store| store.get(&entry)).await
    }

    pub(super) async fn set(&self, entry: &str, text: &str) -> Result<(), Trouble> {
        let entry = entry.to_owned();
        let text = Zeroizing::new(text.to_owned());
        self.ask(self.to_answer, |store| store.status()).await?;
        self.ask(self.to_unlock, move |store| store.set(&entry, &text)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl FnOnce(&dyn KeyStore) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let store = Arc::clone(&self.store);
        // Not a thread of tokio's: its runtime would wait for one that never returns.
        let (sender, answer) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("key-store".to_owned())
            .spawn(move || {
                // Nobody waits any more for an answer that comes too late.
                let _ = sender.send(call(&*store));
            })
            .map_err(|error| Trouble::Failed { detail: error.to_string() })?;
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Trouble::Failed { detail: "its call was broken off".to_owned() }),
            Err(_) => Err(Trouble::Silent(patience)),
        }
    }
}

/// The platform's own store.
struct System;

impl KeyStore for System {
    fn status(&self) -> Result<(), Trouble> {
        match keyring::Entry::store_status() {
            Ok(()) => Ok(()),
            Err(error) => Err(Trouble::Absent { detail: error.to_string() }),
        }
    }

    fn get(&self, entry: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
        match keyring::Entry::new(SERVICE, entry).and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(trouble(error)),
        }
    }

    fn set(&self, entry: &str, text: &str) -> Result<(), Trouble> {
        let kept = keyring::Entry::new(SERVICE, entry).and_then(|entry| entry.set_password(text));
        kept.map_err(trouble)
    }
}

/// By kind: the text of some errors holds what they could not decode.
fn trouble(error: keyring::Error) -> Trouble {
    match error {
        keyring::Error::NoStorageAccess(why) => Trouble::Locked { detail: why.to_string() },
        keyring::Error::NoDefaultStore => Trouble::Absent { detail: "none was set up".to_owned() },
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            Trouble::Failed { detail: "the entry is not text".to_owned() }
        }
        keyring::Error::Ambiguous(entries) => {
            Trouble::Failed { detail: format!("{} entries have the same name", entries.len()) }
        }
        error => Trouble::Failed { detail: error.to_string() },
    }
}
