//! Gives tickets that wait to where they are kept, one after the other, and notes what became of
//! them.
//!
//! Invariant: a ticket waits in its row until its number there is stored; a try is stored before it
//! is made, so that one that was broken off is looked for before the ticket is made again.

use super::{
    users::SupportAgents,
    zendesk::{Desk, Problem},
};
use crate::{
    clock::{Clock, millis},
    hub::{HubHandle, Job, Stopped},
    journal::{JournalReader, Moved, TicketNote, WaitingTicket},
};
use bellhop_model::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};

/// Tickets that are read at one time.
const AT_ONCE: u32 = 20;
/// Time until the storage is asked again.
const STORAGE_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How often is looked without being woken.
const LOOK: Duration = Duration::from_mins(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) desk: Desk,
    pub(crate) reader: JournalReader,
    pub(crate) hub: HubHandle,
    /// Tickets were stored.
    pub(crate) news: Arc<Notify>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// Tickets of other workspaces may lie in the same account.
    pub(crate) workspace: String,
    /// What another service had, which may have given tickets away.
    pub(crate) moved: Moved,
    pub(crate) clock: Clock,
}

impl Sender {
    /// Works until the service stops.
    pub(crate) async fn run(mut self) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = crate::sockets::stopped(&mut stopping) => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        loop {
            let now = self.clock.now();
            let next = match self.reader.next_ticket_at().await {
                Ok(Some(at)) if at <= now => {
                    if !self.round(now).await {
                        return;
                    }
                    continue;
                }
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "tickets cannot be read");
                    None
                }
            };
            let wait = next
                .map_or(LOOK, |at| Duration::from_millis(at.since(now).unsigned_abs()).min(LOOK));
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Tries what is due. False where the service is stopping.
    async fn round(&mut self, now: Timestamp) -> bool {
        let due = self.reader.waiting_tickets(now, AT_ONCE).await;
        let due = due.unwrap_or_else(|error| {
            tracing::warn!(%error, "tickets cannot be read");
            Vec::new()
        });
        for waiting in due {
            // Nothing is sent that might be forgotten: the try is stored before it is made.
            let tried = match self.note(&waiting, TicketNote::Begun).await {
                Ok(true) => {
                    let note = self.give(&waiting, now).await;
                    self.note(&waiting, note).await
                }
                other => other,
            };
            match tried {
                Ok(true) => {}
                // The storage fails; what was tried is looked for when it works again. Or its chat was
                // deleted, and it is not due any more.
                Ok(false) => tokio::time::sleep(STORAGE_WAIT).await,
                Err(Stopped) => return false,
            }
        }
        true
    }

    async fn note(&self, waiting: &WaitingTicket, note: TicketNote) -> Result<bool, Stopped> {
        let of = waiting.ticket.of;
        self.hub.ask(|answer| Job::TicketNoted { of, note, answer }).await
    }

    async fn give(&self, waiting: &WaitingTicket, now: Timestamp) -> TicketNote {
        let WaitingTicket { ticket, tries } = waiting;
        let external_id = format!("bellhop-{}-{}", self.workspace, ticket.of);
        let may_be_there = *tries > 0 || self.moved.has(ticket.of);
        let agents = self.reader.support_agents().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the numbers of the support agents cannot be read");
            SupportAgents::default()
        });
        match self.desk.make(ticket, &agents, &external_id, may_be_there).await {
            Ok(number) => TicketNote::Sent { remote: number.to_string() },
            Err(Problem::Final { why }) => {
                tracing::warn!(of = %ticket.of, why, "a ticket is refused");
                TicketNote::Refused { why }
            }
            Err(Problem::Passing { why, retry_after }) => {
                tracing::info!(of = %ticket.of, why, tries, "a ticket waits");
                let wait = self.desk.account.first_wait;
                let wait = wait.saturating_mul(1 << (*tries).min(16)).min(LONGEST_WAIT);
                let wait = retry_after.map_or(wait, |after| after.max(wait));
                TicketNote::PutOff { until: now.plus(millis(wait)), why }
            }
        }
    }
}
