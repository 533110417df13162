//! Runs of triggers that a visitor's message began and that wait (domain.md 11): what is written
//! down of them, so that a restart loses none.
//!
//! Invariant: it is a fold of the journal ([`Fact::TriggerWaits`]). A run stands here from its first
//! wait to its end, at the step that it goes on with. Of runs that a request began nothing is
//! written down: they begin anew from their chat.

use super::{
    Account,
    trigger_runs::{About, Run},
};
use bellhop_model::{ChatId, CommandId, Fact, Timestamp, TriggerId, chat::LineBody};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The runs that wait, by the chat they are about.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Waits(HashMap<ChatId, Vec<Waiting>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    trigger: TriggerId,
    message: CommandId,
    /// The next action.
    step: u32,
    /// It did something already.
    acted: bool,
    until: Timestamp,
}

impl Waits {
    /// Carries out one fact, where it is about runs that wait.
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::TriggerWaits { trigger_id, chat_id, message_id, step, acted, until } => {
                let (trigger, message) = (*trigger_id, *message_id);
                let (step, acted) = (*step, *acted);
                let waiting = until.map(|until| Waiting { trigger, message, step, acted, until });
                let all = self.0.entry(*chat_id).or_default();
                all.retain(|one| (one.trigger, one.message) != (trigger, message));
                all.extend(waiting);
                if all.is_empty() {
                    self.0.remove(chat_id);
                }
            }
            Fact::ChatEnded { chat_id, .. } => drop(self.0.remove(chat_id)),
            _ => {}
        }
    }

    fn find(&self, chat: ChatId, trigger: TriggerId, message: CommandId) -> Option<&Waiting> {
        let mut all = self.0.get(&chat)?.iter();
        all.find(|one| (one.trigger, one.message) == (trigger, message))
    }
}

impl Account {
    /// What is written down of a run that goes on with this step, having `acted` or not: that it
    /// waits until then, or no more. Nothing where that is known.
    pub(super) fn waits(
        &self,
        about: &About,
        (step, acted): (u32, bool),
        until: Option<Timestamp>,
    ) -> Option<Fact> {
        let (chat_id, message_id) = about.chat.zip(about.message)?;
        let known = self.triggers.waits.find(chat_id, about.trigger, message_id);
        let is_known = match (known, until) {
            // That it looks again later at the same step is no news.
            (Some(known), Some(_)) => (known.step, known.acted) == (step, acted),
            (known, until) => known.is_none() && until.is_none(),
        };
        let trigger_id = about.trigger;
        (!is_known).then_some(Fact::TriggerWaits {
            trigger_id,
            chat_id,
            message_id,
            step,
            acted,
            until,
        })
    }

    /// The runs that wait, as they are to go on.
    pub(super) fn waiting_runs(&self) -> Vec<(About, Run)> {
        let mut runs = Vec::new();
        for (chat_id, waits) in &self.triggers.waits.0 {
            let Some(chat) = self.chats.get(chat_id).filter(|chat| !chat.state.is_over()) else {
                continue;
            };
            for Waiting { trigger, message, step, acted, until } in waits {
                let said = chat.transcript.iter().find_map(|line| match &line.body {
                    LineBody::Said { message: said } if said.id == *message => {
                        Some((line.at, said))
                    }
                    _ => None,
                });
                let Some((begun, said)) = said else { continue };
                let visitor = chat.visitor.id.clone();
                let (chat, message) = (Some(*chat_id), Some(*message));
                let about = About { visitor, chat, trigger: *trigger, message };
                let (step, has_acted, due) = (*step, *acted, *until);
                let said = said.text.as_str().into();
                runs.push((about, Run { step, has_acted, due, begun, said }));
            }
        }
        runs
    }
}
