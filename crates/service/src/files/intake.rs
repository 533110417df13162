//! An upload on its way to the shelf: bytes as they come, looked into and sealed piece by piece.
//!
//! Invariants: of an upload that is not taken nothing is left, whatever ended it; no more is kept of
//! one than a file may have, and no client holds one up for ever.

use super::{
    Files,
    look::{Look, Seen},
    picture::{self, NotDrawn},
    shelf::{Sealed, Shelf},
};
use crate::sockets::stopped;
use axum::body::{Body, BodyDataStream, Bytes};
use bellhop_model::{FileKind, SentFile, file::FileRefusal, rules::FileName};
use futures_util::StreamExt as _;
use std::{
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};

/// Parts of an upload that wait for the disk.
const WAITING: usize = 4;

/// After so long an upload comes at this many bytes a second or is over: a place is not held by drops.
const LEISURE: Duration = Duration::from_secs(20);
const SLOWEST: u64 = 4 * 1024;

/// One picture is drawn at a time: it may take as much memory as all the rest.
static EASEL: Mutex<()> = Mutex::new(());

/// How a client is waited for.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    /// With nothing coming.
    pub(super) silence: Duration,
    /// Altogether.
    pub(super) all: Duration,
    pub(super) stopping: watch::Receiver<bool>,
}

/// What its sender says of a file.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) name: FileName,
    /// The media type; empty where nothing was said.
    pub(super) declared: String,
}

/// A file that is on the shelf, and that no event speaks of yet.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) name: FileName,
    pub(super) file: SentFile,
}

enum Part {
    Bytes(Bytes),
    /// There are no more.
    End,
}

/// Why nothing has landed.
enum Lost {
    Refused(FileRefusal),
    /// The client broke off, or the service stops.
    BrokenOff,
    Io(io::Error),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FileRefusal> for Lost {
    fn from(refusal: FileRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Files {
    /// Takes a file's bytes.
    ///
    /// # Errors
    /// Why it is not taken; nothing is left of it then.
    pub(super) async fn receive(
        &self,
        said: Said,
        body: Body,
        patience: Patience,
    ) -> Result<Landed, FileRefusal> {
        let (to, from) = mpsc::channel(WAITING);
        let (shelf, limit) = (self.0.shelf.clone(), self.0.bytes);
        let writing = spawn_blocking(move || write(&shelf, said, from, limit));
        let fed = feed(body.into_data_stream(), to, limit, patience).await;
        match writing.await {
            Ok(Ok(landed)) => Ok(landed),
            Ok(Err(Lost::Refused(refusal))) => Err(refusal),
            Ok(Err(Lost::BrokenOff)) => Err(fed.err().unwrap_or(FileRefusal::BadRequest)),
            Ok(Err(Lost::Io(error))) => {
                tracing::warn!(%error, "a file cannot be stored");
                Err(FileRefusal::StorageUnavailable)
            }
            Err(error) => {
                tracing::error!(%error, "storing a file broke off");
                Err(FileRefusal::StorageUnavailable)
            }
        }
    }
}

/// Reads what is left of a body that is not wanted, for most programs hear an answer only once they
/// have said all; not more of it than a file may have.
pub(super) async fn drain(body: Body, limit: u64, patience: Patience) {
    let (to, _) = mpsc::channel(1);
    // Whatever it ends by, nobody is told.
    let _ = feed(body.into_data_stream(), to, limit, patience).await;
}

/// Hands a body's bytes over, or lets them go where nobody takes them.
async fn feed(
    mut body: BodyDataStream,
    to: mpsc::Sender<Part>,
    limit: u64,
    patience: Patience,
) -> Result<(), FileRefusal> {
    let Patience { silence, all, mut stopping } = patience;
    let begun = Instant::now();
    let (mut taken, mut unwanted) = (0, 0);
    loop {
        let next = tokio::select! {
            next = timeout_at(begun + all, timeout(silence, body.next())) => next,
            () = stopped(&mut stopping) => return Err(FileRefusal::StorageUnavailable),
        };
        let bytes = match next {
            Err(_) | Ok(Err(_)) => return Err(FileRefusal::TooSlow),
            Ok(Ok(None)) => break,
            Ok(Ok(Some(Err(_)))) => return Err(FileRefusal::BadRequest),
            Ok(Ok(Some(Ok(bytes)))) => bytes,
        };
        let length = bytes.len() as u64;
        taken += length;
        let passed = begun.elapsed();
        if passed > LEISURE && taken < passed.as_secs() * SLOWEST {
            return Err(FileRefusal::TooSlow);
        }
        if to.send(Part::Bytes(bytes)).await.is_err() {
            unwanted += length;
            if unwanted > limit {
                return Ok(());
            }
        }
    }
    // Whoever does not take it has refused it.
    let _ = to.send(Part::End).await;
    Ok(())
}

/// Writes what comes to the shelf and says what it is. Blocks.
fn write(
    shelf: &Shelf,
    said: Said,
    mut from: mpsc::Receiver<Part>,
    limit: u64,
) -> Result<Landed, Lost> {
    let mut look = Look::default();
    let mut arriving = shelf.begin()?;
    loop {
        match from.blocking_recv() {
            Some(Part::Bytes(bytes)) => {
                look.take(&bytes);
                if look.bytes() > limit {
                    return Err(FileRefusal::TooLarge { limit }.into());
                }
                arriving.write_all(&bytes)?;
            }
            Some(Part::End) => break,
            None => return Err(Lost::BrokenOff),
        }
    }
    let Said { name, declared } = said;
    match look.agreed(&name, &declared)? {
        Seen::Kind(kind) => {
            let pixels = picture::pixels(kind, look.head())?;
            landed(arriving.sealed()?, name, (kind, look.bytes(), pixels))
        }
        Seen::Gif => {
            let gif = arriving.sealed()?;
            drop(look);
            // A panic of whoever drew before left nothing half done.
            let easel = EASEL.lock().unwrap_or_else(PoisonError::into_inner);
            let mut png = shelf.begin()?;
            let drawn = picture::redraw(gif.open()?, &mut png, limit);
            drop(easel);
            let pixels = drawn.map_err(|why| match why {
                NotDrawn::Refused(refusal) => Lost::Refused(refusal),
                NotDrawn::Io(error) => Lost::Io(error),
            })?;
            let png = png.sealed()?;
            let bytes = png.open()?.size();
            landed(png, name.with_extension("png"), (FileKind::Png, bytes, Some(pixels)))
        }
    }
}

fn landed(
    sealed: Sealed,
    name: FileName,
    (kind, bytes, pixels): (FileKind, u64, Option<(u32, u32)>),
) -> Result<Landed, Lost> {
    let id = sealed.land()?;
    Ok(Landed { name, file: SentFile { id, kind, bytes, pixels } })
}
