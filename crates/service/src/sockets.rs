//! The two WebSockets: agents' and visitors'.
//!
//! What both have in common is in [`line`]: frames in and out with their limits, and how a line
//! ends so that the other end learns why. A socket decides nothing: it reads frames, hands jobs to
//! the hub and writes what the hub says.

pub(crate) mod agent;
pub(crate) mod line;
mod telling;
pub(crate) mod upgrade;
pub(crate) mod visitor;

use crate::{
    avatar::Easel,
    config::Tuning,
    crowd::{Crowd, Share},
    files::Files,
    history::http::AT_ONCE,
    hub::HubHandle,
    journal::JournalReader,
    metrics::Metrics,
    place::Atlas,
    sign_in::Doorkeeper,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Semaphore, mpsc, watch};

/// What every socket needs of the service.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    pub(crate) hub: HubHandle,
    pub(crate) reader: JournalReader,
    pub(crate) tuning: Arc<Tuning>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) doorkeeper: Arc<Doorkeeper>,
    pub(crate) easel: Arc<Easel>,
    pub(crate) atlas: Arc<Atlas>,
    pub(crate) files: Files,
    /// Visitors' pages by the address they are asked for from.
    pub(crate) pages: Arc<Crowd>,
    /// Turns true when the service stops.
    pub(crate) stopping: watch::Receiver<bool>,
    /// One permit for each socket there may be.
    pub(crate) room: Arc<Semaphore>,
    /// One permit for each reader of the journal that the history may use.
    pub(crate) history: Arc<Semaphore>,
    /// Held by each socket; when all are dropped, all have ended.
    pub(crate) open: mpsc::Sender<()>,
    numbers: Arc<AtomicU64>,
}

impl Sockets {
    pub(crate) fn new(
        hub: HubHandle,
        reader: JournalReader,
        tuning: Arc<Tuning>,
        (metrics, atlas, files): (Arc<Metrics>, Arc<Atlas>, Files),
        stopping: watch::Receiver<bool>,
        open: mpsc::Sender<()>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(tuning.sockets));
        let doorkeeper = Arc::new(Doorkeeper::new(&tuning));
        let pages = Crowd::new(Share {
            places: tuning.pages_per_address,
            entries: tuning.new_pages_per_address,
            frames: tuning.frames_per_address,
        });
        let history = Arc::new(Semaphore::new(AT_ONCE));
        let numbers = Arc::default();
        Self {
            hub,
            reader,
            tuning,
            metrics,
            doorkeeper,
            easel: Arc::new(Easel::new()),
            atlas,
            files,
            pages,
            stopping,
            room,
            history,
            open,
            numbers,
        }
    }

    /// A number no other socket of this process has.
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Waits until the service stops.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means the service is gone altogether.
    let _ = stopping.wait_for(|stop| *stop).await;
}
