//! The account at this moment, in numbers, for agents who may see them (domain.md 14,
//! `view_monitor`).
//!
//! It looks at the groups of what waits and at the desks of agents, and at no chat.

use super::{Account, desks::Desk};
use bellhop_model::{
    AgentId, Permission, Refusal,
    live::Presence,
    monitor::{AgentNow, QueueNow},
};
use std::collections::BTreeMap;

impl Account {
    /// Whether the agent may see the monitor.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`]: her role does not allow `view_monitor`.
    pub(crate) fn may_monitor(&self, agent: AgentId) -> Result<(), Refusal> {
        self.roles.require(agent, Permission::ViewMonitor).map(drop)
    }

    /// What waits: first what is for no department, then for each department in the order of their
    /// ids, also where nothing waits.
    #[must_use]
    pub(crate) fn queues_now(&self) -> Vec<QueueNow> {
        let empty = |department_id| {
            (department_id, QueueNow { department_id, waiting: 0, waits_since: None })
        };
        let departments = self.setup.departments.iter().map(|department| Some(department.id));
        let mut queues: BTreeMap<_, QueueNow> =
            std::iter::once(None).chain(departments).map(empty).collect();
        for (class, group) in self.queue.groups() {
            let department_id = class.route.department.as_ref().map(|department| department.id);
            let queue = queues.entry(department_id).or_insert_with(|| empty(department_id).1);
            queue.waiting = queue.waiting.saturating_add(count(group.waiting.len()));
            let first = group.waiting.first().map(|(since, _)| *since);
            queue.waits_since = queue.waits_since.into_iter().chain(first).min();
        }
        queues.into_values().collect()
    }

    /// Everybody who works here, in the order of their ids, behind this one.
    pub(crate) fn agents_now(&self, after: Option<AgentId>) -> impl Iterator<Item = AgentNow> {
        let agents = self.agents.keys().copied().filter(move |agent| Some(*agent) > after);
        agents.filter(|agent| self.is_enabled(*agent)).map(|agent_id| {
            let availability = self.availability_now(agent_id).unwrap_or_default();
            AgentNow {
                agent_id,
                presence: Presence::of(availability, self.is_here(agent_id)),
                chats: count(self.desks.get(agent_id).map_or(0, Desk::chats)),
                chat_limit: self.chat_limit(agent_id),
            }
        })
    }
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{
        AdminWish,
        department_tests::{KILN, ORDERS, YUNA},
        tests::{Desk, HANA, MINA},
    };
    use bellhop_model::{
        Availability, Command, DepartmentId, Extent, Timestamp,
        routing::{ChatLimit, Routing},
    };

    fn waits(
        department: Option<DepartmentId>,
        waiting: u32,
        waits_since: Option<Timestamp>,
    ) -> QueueNow {
        QueueNow { department_id: department, waiting, waits_since }
    }

    fn at_work(agent_id: AgentId, presence: Presence, chats: u32) -> AgentNow {
        AgentNow { agent_id, presence, chats, chat_limit: None }
    }

    #[test]
    fn domain_14_the_monitor_tells_what_waits_for_whom_and_since_when() {
        let mut desk = Desk::with_departments();
        let nothing = [None, Some(ORDERS), Some(KILN)].map(|of| waits(of, 0, None));
        assert_eq!(desk.account.queues_now(), nothing);
        let first = desk.now;
        let chat_id = desk.asks_for("jun", KILN);
        desk.pass(1_000);
        let second = desk.now;
        desk.asks_for("ara", KILN);
        desk.says("sol", "Hello");
        assert_eq!(
            desk.account.queues_now(),
            [
                waits(None, 1, Some(second)),
                waits(Some(ORDERS), 0, None),
                waits(Some(KILN), 2, Some(first)),
            ]
        );
        let department = desk.account.setup().department(KILN).unwrap();
        let server = department.members[0];
        desk.serve(server, chat_id);
        assert_eq!(desk.account.queues_now()[2], waits(Some(KILN), 1, Some(second)));
    }

    #[test]
    fn domain_14_the_monitor_tells_what_each_agent_does() {
        let mut desk = Desk::with_departments();
        for agent in [MINA, HANA, YUNA] {
            desk.account.agent_gone(agent, desk.now);
        }
        desk.account.agent_here(HANA, desk.now);
        let away = Command::SetAvailability { availability: Availability::Away };
        desk.agent(HANA, away).unwrap();
        let [going, over] = ["jun", "ara"].map(|name| desk.says(name, "Hello"));
        desk.serve(HANA, going);
        desk.serve(HANA, over);
        desk.ends("ara");
        let told: Vec<_> = desk.account.agents_now(None).collect();
        let [mina, hana, yuna] = [(MINA, 0), (HANA, 1), (YUNA, 0)].map(|(agent, chats)| {
            let presence = if agent == HANA { Presence::Away } else { Presence::Offline };
            at_work(agent, presence, chats)
        });
        assert_eq!(told, [mina, hana, yuna], "a chat that is over is no work");
        assert_eq!(desk.account.agents_now(Some(MINA)).collect::<Vec<_>>(), [hana, yuna]);

        let chat_limit = Some(ChatLimit { chats: 3, of_each: false, by_agents: false });
        let routing = Routing { chat_limit, ..Routing::default() };
        desk.admin(&AdminWish::SetRouting { routing }).unwrap();
        let email = "yuna@shop.example".to_owned();
        desk.admin(&AdminWish::SwitchAgent { email, enabled: false }).unwrap();
        let told: Vec<_> = desk.account.agents_now(None).collect();
        let limited = |now: AgentNow| AgentNow { chat_limit: Some(3), ..now };
        assert_eq!(told, [limited(mina), limited(hana)], "who works here no more is not there");
    }

    #[test]
    fn domain_14_the_monitor_is_for_whom_the_role_lets_see_it() {
        let mut desk = Desk::new();
        assert_eq!(desk.account.may_monitor(HANA), Ok(()));
        desk.agents_may(Permission::ViewMonitor, Extent::None);
        let refused = Refusal::not_permitted(Permission::ViewMonitor);
        assert_eq!(desk.account.may_monitor(HANA), Err(refused));
        assert_eq!(desk.account.may_monitor(MINA), Ok(()), "the owner sees it");
    }
}
