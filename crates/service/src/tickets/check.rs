//! Whether there is a ticket of each record that should have one, and of no other. What a ticket
//! says is of the moment it was made, perhaps by an older version, and is not compared.

use super::TicketStep;
use crate::{
    journal::{JournalError, JournalReader},
    verify::Found,
};
use bellhop_model::record::RecordId;
use std::collections::BTreeSet;

/// The records with a ticket, as the events make them.
#[derive(Debug, Default)]
pub(crate) struct Expected(BTreeSet<RecordId>);

impl Expected {
    /// Takes what an event means for the tickets.
    pub(crate) fn follow(&mut self, step: Option<TicketStep>) {
        match step {
            Some(TicketStep::Make { ticket, .. }) => drop(self.0.insert(ticket.of)),
            Some(TicketStep::Withdraw(of) | TicketStep::Erase(of)) => drop(self.0.remove(&of)),
            Some(TicketStep::Contact { .. } | TicketStep::Tag { .. }) | None => {}
        }
    }

    /// What is to be said about those that are kept.
    pub(crate) async fn compared(&self, reader: &JournalReader) -> Found {
        self.differing(reader)
            .await
            .unwrap_or_else(|error| Found::Bad(format!("the tickets cannot be read: {error}")))
    }

    async fn differing(&self, reader: &JournalReader) -> Result<Found, JournalError> {
        let (mut there, mut too_many) = (BTreeSet::new(), None);
        for (of, may_go) in reader.ticket_ids().await? {
            there.insert(of);
            // One that was given away stays, whatever becomes of its chat.
            if may_go && !self.0.contains(&of) {
                too_many.get_or_insert(of);
            }
        }
        Ok(match (self.0.difference(&there).next(), too_many) {
            (Some(missing), _) => Found::Bad(format!("there is no ticket of {missing}")),
            (None, Some(of)) => Found::Bad(format!("there is a ticket of {of}, which has none")),
            (None, None) => Found::Good(format!("there are the {} tickets", self.0.len())),
        })
    }
}
