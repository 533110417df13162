//! Files in visitors' chats (domain.md 15): their bytes, from whoever sends them to whoever may see
//! them.
//!
//! An upload is written to the disk as it comes ([`intake`]), sealed ([`shelf`]), looked into
//! ([`look`], [`picture`]); then the hub is asked, and only what an event speaks of is kept. [`http`]
//! is the way in, [`give`] the way out, [`pass`] opens files where no header can be sent.
//!
//! Invariants: no file is ever whole in memory, and none is in clear on the disk; the bytes are
//! durable before an event speaks of them (law 2), so after a crash there may be bytes too many,
//! which the next start removes, and never an event without its bytes; what is served says what it
//! is in a way that no browser runs it.

pub(crate) mod check;
mod give;
pub(crate) mod http;
mod intake;
mod look;
mod pass;
mod picture;
mod shelf;

pub(crate) use shelf::{Arriving, FILES_DIR, Shelf, Swept};

use crate::{
    account::Viewer,
    address::Address,
    buckets::Buckets,
    clock::{Clock, millis},
    config::Tuning,
    crowd::{Crowd, Place, Share},
    journal::Actor,
};
use bellhop_model::{
    FileRules, Timestamp,
    file::{FileRefusal, FileTerms},
};
use bellhop_sealed::SealKey;
use pass::Passes;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a visitor's pass opens files: longer than a page stays open, as a rule.
const VISITORS_PASS: Duration = Duration::from_hours(24);
/// How long an agent's does.
const AGENTS_PASS: Duration = Duration::from_mins(5);
/// What somebody waits who finds too many uploads under way.
const NO_ROOM_MS: u64 = 2_000;

/// What is needed to take files and to give them. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shelf: Shelf,
    passes: Passes,
    /// The most bytes a file may have.
    bytes: u64,
    /// One permit for each upload there may be of visitors', and of agents'.
    visitors_room: Arc<Semaphore>,
    agents_room: Arc<Semaphore>,
    addresses: Arc<Crowd>,
    senders: Mutex<(Clock, Buckets<Actor>)>,
}

/// An upload that was let in, until it is dropped.
#[derive(Debug)]
struct Admitted {
    /// Where its bytes are counted.
    place: Option<Arc<Place>>,
    _permit: OwnedSemaphorePermit,
}

impl Files {
    /// Makes their directory where it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn open(data_dir: &Path, key: &SealKey, tuning: &Tuning) -> io::Result<Self> {
        let shelf = Shelf::at(data_dir, key.clone());
        shelf.make()?;
        let senders = (Clock::starting_at(Timestamp(0)), Buckets::new(tuning.files_per_sender));
        Ok(Self(Arc::new(Inner {
            shelf,
            passes: Passes::new(key),
            bytes: tuning.file_bytes,
            visitors_room: Arc::new(Semaphore::new(tuning.uploads)),
            agents_room: Arc::new(Semaphore::new(tuning.uploads)),
            addresses: Crowd::new(Share {
                places: tuning.uploads_per_address,
                entries: tuning.new_uploads_per_address,
                said: tuning.upload_bytes_per_address,
            }),
            senders: Mutex::new(senders),
        })))
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// What may be sent, and what opens what was: as told to this one, at `now`.
    pub(crate) fn terms(&self, viewer: &Viewer, rules: &FileRules, now: Timestamp) -> FileTerms {
        let lifetime = match viewer {
            Viewer::Visitor(_) => VISITORS_PASS,
            Viewer::Agent(_) => AGENTS_PASS,
        };
        let expires_at = now.plus(millis(lifetime));
        FileTerms {
            extensions: rules.allowed(),
            bytes: self.0.bytes,
            pass: self.0.passes.issue(viewer, expires_at),
            expires_at,
        }
    }

    /// Lets one more upload in; `address` is nobody's where it is not limited.
    fn admit(&self, from: &Actor, address: Option<Address>) -> Result<Admitted, FileRefusal> {
        let too_fast = |wait: i64| FileRefusal::TooFast { retry_for_ms: wait.unsigned_abs() };
        let place = address.map(|address| self.0.addresses.enter(address));
        let place = place.transpose().map_err(too_fast)?;
        // Uploads before this one may have had more bytes than the address has.
        if let Some(wait) = place.as_ref().and_then(|place| place.heard(0.0)) {
            return Err(too_fast(wait));
        }
        let full = |_| FileRefusal::TooFast { retry_for_ms: NO_ROOM_MS };
        let room = match from {
            Actor::Visitor(_) => &self.0.visitors_room,
            Actor::Agent(_) => &self.0.agents_room,
        };
        let permit = room.clone().try_acquire_owned().map_err(full)?;
        // A panic while it was held left whole counts behind.
        let mut senders = self.0.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let (clock, buckets) = &mut *senders;
        buckets.take(from.clone(), clock.now()).map_err(too_fast)?;
        Ok(Admitted { place: place.map(Arc::new), _permit: permit })
    }
}
