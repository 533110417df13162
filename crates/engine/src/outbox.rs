//! The outbox: every command between the agent's wish and the service's answer.
//!
//! Invariant: a command leaves only after it is stored, and its row leaves the cache only after
//! the service has answered it or the agent has given it up; so it is carried out exactly once
//! or shows why not. Commands about one chat are sent one after the other, each after the answer
//! to the one before: a refused one is never overtaken by what follows it.

use bellhop_model::{
    ChatId, Command, CommandId, Refusal, Seq, Timestamp,
    command::NamedCommand,
    frame::Outcome,
    stored::OutboxRow,
    view::{PendingMessage, SendState},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// No answer for so long: the line is not what it claims to be.
pub(crate) const ANSWER_MS: i64 = 30_000;
/// A wish to serve or to reopen is about the moment; it is not carried out long after it.
const MOMENT_MS: i64 = 60_000;
/// Between tries where the service does not say.
const RETRY_MS: (i64, i64) = (1_000, 30_000);
/// Ids remembered after they were answered, so that a repeated ask changes nothing.
const REMEMBERED: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flight {
    Ready,
    Sent {
        at: Timestamp,
    },
    Delayed {
        until: Timestamp,
    },
    /// Done; its message is shown as on its way until the event comes.
    Accepted {
        last: Seq,
    },
}

#[derive(Debug, Clone)]
struct Entry {
    row: OutboxRow,
    flight: Flight,
    tries: u32,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nobody waits for it any more.
    Stale,
    Done {
        command: Command,
        chat_id: Option<ChatId>,
    },
    /// It is tried again by itself.
    Later,
    Refused {
        row: OutboxRow,
        refusal: Refusal,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    entries: BTreeMap<CommandId, Entry>,
    answered: VecDeque<CommandId>,
}

impl Outbox {
    pub(crate) fn new(rows: Vec<OutboxRow>) -> Self {
        let mut outbox = Self::default();
        for row in rows {
            outbox.add(row);
        }
        outbox
    }

    /// A new command, stored in the same breath.
    pub(crate) fn add(&mut self, row: OutboxRow) {
        self.entries.insert(row.id, Entry { row, flight: Flight::Ready, tries: 0 });
    }

    /// It is on its way or was answered lately: asking again changes nothing.
    pub(crate) fn knows(&self, id: CommandId) -> bool {
        self.entries.contains_key(&id) || self.answered.contains(&id)
    }

    pub(crate) fn row(&self, id: CommandId) -> Option<&OutboxRow> {
        self.entries.get(&id).map(|entry| &entry.row)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &OutboxRow> {
        self.entries.values().map(|entry| &entry.row)
    }

    /// Some command that is not settled fits.
    pub(crate) fn any_open(&self, fits: impl Fn(&Command) -> bool) -> bool {
        self.entries.values().any(|entry| entry.is_open() && fits(&entry.row.command))
    }

    /// The service may have it already.
    pub(crate) fn may_be_delivered(&self, id: CommandId) -> bool {
        self.entries.get(&id).is_some_and(|entry| {
            entry.row.refused.is_none()
                && entry.tries > 0
                && !matches!(entry.flight, Flight::Delayed { .. })
        })
    }

    pub(crate) fn remove(&mut self, id: CommandId) -> Option<OutboxRow> {
        self.entries.remove(&id).map(|entry| entry.row)
    }

    /// The commands that may go out now, in order. They count as sent.
    pub(crate) fn send(&mut self, now: Timestamp) -> Vec<NamedCommand> {
        let mut busy: BTreeSet<Option<ChatId>> = BTreeSet::new();
        let mut out = Vec::new();
        for entry in self.entries.values_mut().filter(|entry| entry.is_open()) {
            if !busy.insert(entry.row.command.chat_id()) {
                continue;
            }
            let may = match entry.flight {
                Flight::Ready => true,
                Flight::Delayed { until } => until <= now,
                Flight::Sent { .. } | Flight::Accepted { .. } => false,
            };
            if may {
                entry.flight = Flight::Sent { at: now };
                entry.tries = entry.tries.saturating_add(1);
                let command = entry.row.command.clone();
                out.push(NamedCommand { id: entry.row.id, command });
            }
        }
        out
    }

    /// The line is gone: whatever was not answered is sent again with the same id.
    pub(crate) fn line_lost(&mut self) {
        for entry in self.entries.values_mut() {
            if let Flight::Sent { .. } = entry.flight {
                entry.flight = Flight::Ready;
            }
        }
    }

    /// Time jumped: no delay can be trusted.
    pub(crate) fn hurry(&mut self) {
        for entry in self.entries.values_mut() {
            if let Flight::Delayed { .. } = entry.flight {
                entry.flight = Flight::Ready;
            }
        }
    }

    /// Try this one now.
    pub(crate) fn hurry_one(&mut self, id: CommandId) {
        if let Some(entry) = self.entries.get_mut(&id)
            && let Flight::Delayed { .. } = entry.flight
        {
            entry.flight = Flight::Ready;
        }
    }

    /// Takes out the wishes whose moment has passed, and the messages that have become lines.
    pub(crate) fn caught_up(&mut self, cursor: Seq, now: Timestamp) -> Vec<OutboxRow> {
        self.entries.retain(
            |_, entry| !matches!(entry.flight, Flight::Accepted { last } if last <= cursor),
        );
        let late: Vec<CommandId> = self
            .entries
            .values()
            .filter(|entry| is_of_the_moment(&entry.row.command))
            .filter(|entry| now.since(entry.row.at) > MOMENT_MS)
            .map(|entry| entry.row.id)
            .collect();
        late.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// The service answered.
    pub(crate) fn answer(&mut self, id: CommandId, outcome: Outcome, now: Timestamp) -> Settled {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.is_open()) else {
            return Settled::Stale;
        };
        match outcome {
            Outcome::Accepted { last, chat_id } => {
                entry.flight = Flight::Accepted { last };
                let command = entry.row.command.clone();
                // A message stays in sight until its event comes.
                if !matches!(command, Command::Say { .. }) {
                    self.entries.remove(&id);
                }
                self.remember(id);
                Settled::Done { command, chat_id }
            }
            Outcome::Refused { refusal } if refusal.is_transient() => {
                let wait = match refusal {
                    Refusal::TooFast { retry_for_ms } => {
                        i64::try_from(retry_for_ms).unwrap_or(i64::MAX).clamp(50, RETRY_MS.1)
                    }
                    _ => (RETRY_MS.0 << entry.tries.saturating_sub(1).min(5)).min(RETRY_MS.1),
                };
                entry.flight = Flight::Delayed { until: now.plus(wait) };
                Settled::Later
            }
            Outcome::Refused { refusal } => {
                let mut row = entry.row.clone();
                row.refused = Some(refusal.clone());
                self.entries.remove(&id);
                self.remember(id);
                Settled::Refused { row, refusal }
            }
        }
    }

    /// Keeps a refused message for the agent's decision.
    pub(crate) fn keep_refused(&mut self, row: OutboxRow) {
        self.add(row);
    }

    /// The event of a message came. Whether its row is still in the cache; `None` where it is no
    /// message of ours on its way.
    pub(crate) fn posted(&mut self, id: CommandId) -> Option<bool> {
        let is_said = |entry: &Entry| matches!(entry.row.command, Command::Say { .. });
        if !self.entries.get(&id).is_some_and(is_said) {
            return None;
        }
        let entry = self.entries.remove(&id)?;
        self.remember(id);
        Some(!matches!(entry.flight, Flight::Accepted { .. }))
    }

    /// What is on its way in a chat, in order.
    pub(crate) fn pending(&self, chat: ChatId) -> Vec<PendingMessage> {
        self.entries
            .values()
            .filter_map(|entry| {
                let Command::Say { chat_id, text } = &entry.row.command else { return None };
                if *chat_id != chat {
                    return None;
                }
                let state = match (&entry.row.refused, entry.flight) {
                    (Some(refusal), _) => SendState::Failed { refusal: refusal.clone() },
                    (None, Flight::Ready | Flight::Delayed { .. }) => SendState::Queued,
                    (None, Flight::Sent { .. } | Flight::Accepted { .. }) => SendState::Sending,
                };
                Some(PendingMessage {
                    id: entry.row.id,
                    text: text.clone(),
                    at: entry.row.at,
                    state,
                })
            })
            .collect()
    }

    /// A command has waited too long for its answer.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        self.entries
            .values()
            .any(|entry| matches!(entry.flight, Flight::Sent { at } if now >= at.plus(ANSWER_MS)))
    }

    /// When something here is due, while the line is live.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.entries
            .values()
            .filter(|entry| entry.row.refused.is_none())
            .filter_map(|entry| match entry.flight {
                Flight::Sent { at } => Some(at.plus(ANSWER_MS)),
                Flight::Delayed { until } => Some(until),
                Flight::Ready | Flight::Accepted { .. } => None,
            })
            .min()
    }

    fn remember(&mut self, id: CommandId) {
        self.answered.push_back(id);
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
    }
}

impl Entry {
    /// Neither answered nor refused for good.
    fn is_open(&self) -> bool {
        self.row.refused.is_none() && !matches!(self.flight, Flight::Accepted { .. })
    }
}

/// Somebody else may have done it meanwhile, so it needs the connection now.
pub(crate) fn is_of_the_moment(command: &Command) -> bool {
    matches!(
        command,
        Command::ServeNext
            | Command::Serve { .. }
            | Command::StartChat { .. }
            | Command::ContinueChat { .. }
            | Command::TransferToDepartment { .. }
            | Command::TransferToAgent { .. }
            | Command::Invite { .. }
            | Command::LeaveChat { .. }
    )
}
