//! Handing a chat over: transfers, invitations, leaving, and what becomes of a chat that waits
//! for somebody who does not take it.
//!
//! Invariant: a rule that the menu showed when it opened is checked again here, at the moment of
//! the deed. Whatever waits can be served by somebody, or the journal says why not.

use super::{Account, Granted};
use bellhop_model::{
    Agent, AgentId, Chat, ChatId, DepartmentId, Fact, Refusal, Route, Timestamp, limits,
    route::{Destination, ReleaseReason},
};

impl Account {
    /// The chat goes to a department: its agent leaves, and it waits at the bottom of the queue.
    pub(super) fn transfer_to_department(
        &self,
        agent: AgentId,
        id: ChatId,
        department: DepartmentId,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let note = checked_note(note)?;
        let chat = self.chat_with(agent, id)?;
        let is_online = |agent| self.is_online(agent);
        let target = self.setup.check_transfer(agent, &chat.route, department, &is_online)?;
        if let Some(colleague) = chat.agents.iter().find(|other| **other != agent) {
            return Err(Refusal::NotAlone { with: self.display_name(*colleague) });
        }
        let to = Destination::Department { department_id: department, name: target.name.clone() };
        let excluded = target.members.contains(&agent);
        Ok(self.hand_over(agent, chat, to, excluded, note, now))
    }

    /// The chat goes to an agent, and the one who had it leaves. Where colleagues stay in
    /// it, the other one joins them; else it waits for her alone.
    pub(super) fn transfer_to_agent(
        &self,
        agent: AgentId,
        id: ChatId,
        to: AgentId,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let note = checked_note(note)?;
        let chat = self.chat_with(agent, id)?;
        if chat.agents.len() > 1 {
            let mut granted = self.invite(agent, id, to, note.as_deref())?;
            granted.facts.push(Fact::AgentLeft { chat_id: id, agent_id: agent });
            return Ok(granted);
        }
        self.reachable(agent, chat, to)?;
        let to = Destination::Agent { agent_id: to };
        Ok(self.hand_over(agent, chat, to, false, note, now))
    }

    /// Another agent is added, and the inviting one stays. An invitation lifts what kept
    /// her from the chat (section 10, point 1).
    pub(super) fn invite(
        &self,
        agent: AgentId,
        id: ChatId,
        invited: AgentId,
        note: Option<&str>,
    ) -> Result<Granted, Refusal> {
        let note = checked_note(note)?;
        let chat = self.chat_with(agent, id)?;
        self.reachable(agent, chat, invited)?;
        let facts = vec![
            Fact::AgentInvited { chat_id: id, agent_id: agent, invited_id: invited, note },
            Fact::AgentJoined { chat_id: id, agent_id: invited },
        ];
        Ok(Granted { facts, chat_id: Some(id) })
    }

    /// Leaving a chat to the colleagues who are in it. The last one ends it or hands it over.
    pub(super) fn leave(&self, agent: AgentId, id: ChatId) -> Result<Granted, Refusal> {
        let chat = self.chat_with(agent, id)?;
        if chat.agents.len() == 1 {
            return Err(Refusal::LastInChat);
        }
        Ok(Granted::one(id, Fact::AgentLeft { chat_id: id, agent_id: agent }))
    }

    /// A chat that is not over and that the agent is in.
    fn chat_with(&self, agent: AgentId, id: ChatId) -> Result<&Chat, Refusal> {
        let chat = self.live_chat(id)?;
        if chat.agents.contains(&agent) { Ok(chat) } else { Err(Refusal::NotInChat) }
    }

    /// The agent to whom a chat is to be given: somebody else, who is there and not in it.
    fn reachable(&self, agent: AgentId, chat: &Chat, to: AgentId) -> Result<&Agent, Refusal> {
        let other = self.agents.get(&to).ok_or(Refusal::NoSuchAgent { agent_id: to })?;
        let name = || other.display_name.clone();
        if to == agent {
            return Err(Refusal::ToOneself);
        }
        if chat.agents.contains(&to) {
            return Err(Refusal::AlreadyInChat { name: name() });
        }
        if !self.can_be_handed(to) {
            return Err(Refusal::AgentNotThere { name: name() });
        }
        Ok(other)
    }

    fn hand_over(
        &self,
        agent: AgentId,
        chat: &Chat,
        to: Destination,
        excluded: bool,
        note: Option<String>,
        now: Timestamp,
    ) -> Granted {
        let chat_id = chat.id;
        let waits_from = self.bottom_of_queue(now);
        let facts = vec![
            Fact::AgentLeft { chat_id, agent_id: agent },
            Fact::ChatTransferred { chat_id, agent_id: agent, to, excluded, waits_from, note },
        ];
        Granted { facts, chat_id: Some(chat_id) }
    }

    /// Behind every request that waits now (R-097; section 10, point 2), also behind those that
    /// came within the same millisecond.
    fn bottom_of_queue(&self, now: Timestamp) -> Timestamp {
        self.queue.waiting().next_back().map_or(now, |(last, _)| now.max(last.plus(1)))
    }

    /// Chats that have waited for one agent, or for one department, long enough, and why; in the
    /// order in which they wait.
    pub(super) fn holds_over(&self, now: Timestamp) -> Vec<(ChatId, ReleaseReason)> {
        let mut over = Vec::new();
        for (class, group) in self.queue.groups() {
            let closed = self.is_closed_to(&class.route).then_some(ReleaseReason::DepartmentClosed);
            match class.asked() {
                Some(agent) if self.given_up_at(agent).is_some_and(|at| at <= now) => {
                    let reason = closed.unwrap_or(ReleaseReason::AgentGone);
                    over.extend(group.waiting.iter().map(|place| (*place, reason)));
                }
                Some(_) => {
                    let reason = closed.unwrap_or(ReleaseReason::NotTaken);
                    let is_late = |since| self.late_at(since).is_some_and(|at| at <= now);
                    let late = group.held.iter().take_while(|(since, _)| is_late(*since));
                    let late = late.filter_map(|(_, id)| self.chats.get(id));
                    over.extend(late.map(|chat| ((chat.waiting_since, chat.id), reason)));
                }
                None => {
                    let all = closed
                        .into_iter()
                        .flat_map(|reason| group.waiting.iter().map(move |place| (*place, reason)));
                    over.extend(all);
                }
            }
        }
        over.sort_unstable_by_key(|(place, _)| *place);
        over.into_iter().map(|((_, id), reason)| (id, reason)).collect()
    }

    /// When a chat that waits for one agent since then has done so long enough (domain.md 8).
    fn late_at(&self, since: Timestamp) -> Option<Timestamp> {
        self.routing.hold_for_ms.map(|hold_for| since.plus(hold_for))
    }

    /// The route leads to a department that is disabled, or in which nobody may serve the chat.
    pub(super) fn is_closed_to(&self, route: &Route) -> bool {
        let Some(desk) = &route.department else { return false };
        let department = self.setup.department(desk.id).filter(|known| known.enabled);
        let may_not = |id: &AgentId| route.excluded.contains(id) || !self.is_enabled(*id);
        department.is_none_or(|known| known.members.iter().all(may_not))
    }

    /// When the next chat has waited for one agent long enough.
    pub(super) fn next_hold_over(&self) -> Option<Timestamp> {
        let ends = self.queue.groups().filter_map(|(class, group)| {
            let agent = class.asked()?;
            let late = group.held.first().and_then(|(since, _)| self.late_at(*since));
            [late, self.given_up_at(agent)].into_iter().flatten().min()
        });
        ends.min()
    }
}

/// A note of nothing but blanks is none.
fn checked_note(note: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else { return Ok(None) };
    let chars = note.chars().count();
    if chars > limits::NOTE_CHARS {
        return Err(Refusal::TextTooLong { chars, limit: limits::NOTE_CHARS });
    }
    Ok(Some(note.to_owned()))
}
