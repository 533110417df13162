//! What an agent is told who may not view past chats comes to what the heartbeat tells her (law 5).

use super::{AGENTS, World};
use bellhop_model::{AgentId, Chat, ChatId, Event};
use std::collections::BTreeMap;

/// The chats that a program mirrors from events.
#[derive(Debug, Default)]
struct Mirror(BTreeMap<ChatId, Chat>);

impl Mirror {
    fn take(&mut self, event: &Event) {
        if let Some(chat) = Chat::begun_by(&event.fact, event.at) {
            self.0.insert(chat.id, chat);
        } else if let Some(chat) = event.fact.chat_id().and_then(|id| self.0.get_mut(&id)) {
            chat.apply(event.seq, event.at, &event.fact, &|_| String::new());
        }
    }

    fn counts(&self, world: &World, agent: AgentId) -> (usize, usize) {
        let setup = world.desk.account.setup();
        let offered = self.0.values().filter(|chat| chat.is_offered_to(agent, setup)).count();
        (offered, self.0.values().filter(|chat| chat.agents.contains(&agent)).count())
    }
}

impl World {
    /// From whichever event an agent's program goes on, which has all before it.
    pub(super) fn check_told(&self) {
        let (account, journal) = (&self.desk.account, &self.desk.journal);
        let counts = account.counts();
        for agent in AGENTS {
            let open = counts.open.get(&agent).copied().unwrap_or_default();
            let expected = (self.desk.offered(agent) as usize, open as usize);
            for cursor in [0, journal.len() / 3, journal.len() / 2, journal.len()] {
                let (before, after) = journal.split_at(cursor);
                let (mut mirror, mut hidden) = (Mirror::default(), account.past_without(agent));
                for event in before {
                    mirror.take(event);
                }
                for event in after {
                    if !hidden.hides(&event.fact) {
                        mirror.take(event);
                    }
                }
                assert_eq!(mirror.counts(self, agent), expected, "{agent} from {cursor}");
            }
        }
    }
}
