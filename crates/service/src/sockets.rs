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
    address::Address,
    avatar::Easel,
    buckets::Buckets,
    clock::Clock,
    config::Tuning,
    crowd::{Crowd, Place, Share},
    files::Files,
    history::http::AT_ONCE,
    hub::HubHandle,
    journal::JournalReader,
    metrics::Metrics,
    place::Atlas,
    sign_in::Doorkeeper,
};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use bellhop_model::Timestamp;
use std::sync::{
    Arc, Mutex, PoisonError,
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
    /// Agents' sockets by theirs: behind a proxy the door does not know it.
    desks: Arc<Crowd>,
    requests: Arc<Mutex<(Clock, Buckets<Address>)>>,
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
            said: tuning.frames_per_address,
        });
        let desks = Crowd::new(Share {
            places: tuning.connections_per_address,
            entries: tuning.new_connections_per_address,
            // Each of them has its own.
            said: tuning.agent_frames,
        });
        let requests = Buckets::new(tuning.requests_per_address);
        let requests = Arc::new(Mutex::new((Clock::starting_at(Timestamp(0)), requests)));
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
            desks,
            requests,
            stopping,
            room,
            history,
            open,
            numbers,
        }
    }

    /// This machine itself counts as nobody unless it is told otherwise.
    fn is_nobody(&self, address: Address) -> bool {
        address.is_local() && !self.tuning.loopback_is_limited
    }

    /// A place among those of an address, where it needs one; or the answer to one too many.
    fn place(&self, among: &Arc<Crowd>, address: Address) -> Result<Option<Place>, TooFast> {
        let place = (!self.is_nobody(address)).then(|| among.enter(address)).transpose();
        place.map_err(|wait| {
            self.metrics.turned_away();
            TooFast { retry_for_ms: wait.unsigned_abs() }
        })
    }

    /// One request more from an address; the answer where there were too many.
    pub(crate) fn asks(&self, address: Address) -> Result<(), TooFast> {
        if self.is_nobody(address) {
            return Ok(());
        }
        // A panic while it was held left whole counts behind.
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let (clock, buckets) = &mut *requests;
        buckets.take(address, clock.now()).map_err(|wait| {
            self.metrics.turned_away();
            TooFast { retry_for_ms: wait.unsigned_abs() }
        })
    }

    /// A number no other socket of this process has.
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Too many from one address. A browser tells a page nothing of it but that the line failed;
/// the widget comes back later, as after any failure.
#[derive(Debug)]
pub(crate) struct TooFast {
    retry_for_ms: u64,
}

impl IntoResponse for TooFast {
    fn into_response(self) -> Response {
        let Self { retry_for_ms } = self;
        let body = format!("{{\"code\":\"too_fast\",\"retry_for_ms\":{retry_for_ms}}}\n");
        let headers = [
            (RETRY_AFTER, HeaderValue::from(retry_for_ms.div_ceil(1000))),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
    }
}

/// Waits until the service stops.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means the service is gone altogether.
    let _ = stopping.wait_for(|stop| *stop).await;
}
