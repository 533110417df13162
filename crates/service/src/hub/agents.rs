//! The hub's dealings with agents' sockets and with administrators.

use super::{
    AdminProblem, Hub, Known, Out, Revoked, Subscription, Team,
    live::Whole,
    round::{Asker, Effect, Round},
};
use crate::{
    account::{AdminWish, AgentWish},
    avatar::NotTaken,
    journal::Actor,
};
use axum::body::Bytes;
use bellhop_model::{
    Agent, AgentId, Availability, ChatId, Fact, Permission, Refusal, Seq, Setup, VisitorProfile,
    frame::{Outcome, Rejection, ServerFrame},
    live::{Live, Presence, Typist},
    people::Avatar,
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;

impl Hub {
    /// An agent's socket is there, with everything up to `cursor`.
    pub(super) fn agent_here(
        &mut self,
        agent: AgentId,
        cursor: Seq,
    ) -> Result<Subscription, Rejection> {
        if cursor > self.published {
            return Err(Rejection::CursorAhead { cursor, head: self.published });
        }
        let subscription = self.subscription(agent)?;
        *self.agents_here.entry(agent).or_default() += 1;
        self.account.agent_here(agent, self.now);
        self.presence_changed(agent);
        Ok(subscription)
    }

    pub(super) fn subscription(&mut self, agent: AgentId) -> Result<Subscription, Rejection> {
        if self.storage.is_stale() {
            return Err(Rejection::StorageUnavailable);
        }
        let me = self.account.agent(agent).filter(|_| self.account.is_enabled(agent));
        let me = me.ok_or(Rejection::BadToken)?.clone();
        let roles = self.account.roles();
        let live = self.live_now(roles.extent(agent, Permission::VisitorsSeen).allows());
        Ok(Subscription {
            ring: self.ring.subscribe(),
            me,
            workspace: self.workspace.clone(),
            setup: self.account.setup().clone(),
            counts: self.account.counts(),
            hidden: self.account.hidden_from(agent),
            lists: self.versions(),
            roles: Arc::new(self.account.roles().clone()),
            live,
            now: self.now,
        })
    }

    pub(super) fn agent_gone(&mut self, agent: AgentId, round: &mut Round) {
        let Some(sockets) = self.agents_here.get_mut(&agent) else { return };
        *sockets -= 1;
        if *sockets == 0 {
            self.agents_here.remove(&agent);
            self.account.agent_gone(agent, self.now);
            for chat in self.live.typed_in_by(agent) {
                self.stop_typing(chat, Typist::Agent { agent_id: agent }, round);
            }
            round.then(Effect::Presence(agent));
        }
    }

    pub(super) fn agent_command(
        &mut self,
        agent: AgentId,
        wish: &AgentWish,
        answers: mpsc::UnboundedSender<ServerFrame>,
        known: &Known,
        round: &mut Round,
    ) {
        let (asker, id) = (Asker::Agent(answers), wish.id());
        let key = (Actor::Agent(agent), id);
        if !self.storage.is_fine() {
            return self.refuse(&asker, id, Refusal::StorageUnavailable);
        }
        if let Some(outcome) = known.get(&key).cloned().or_else(|| round.answered(&key)) {
            return round.then(Effect::Answer { asker, id, outcome });
        }
        let seen = self.seen(wish);
        let outcome = match self.account.decide_wish(agent, wish, seen.as_ref(), self.now) {
            Ok(granted) => {
                for fact in granted.facts {
                    self.record(fact, round);
                }
                Outcome::Accepted { last: self.account.head(), chat_id: granted.chat_id }
            }
            Err(refusal) => Outcome::Refused { refusal },
        };
        round.answer(asker, key, outcome);
    }

    /// The visitor whom a wish takes to be on the site, where they are.
    fn seen(&self, wish: &AgentWish) -> Option<VisitorProfile> {
        let present = self.visitors.get(wish.visitor_here()?)?;
        (!present.sockets.is_empty()).then(|| present.as_asked())
    }

    /// An agent types, or stopped, in a chat she is in.
    pub(super) fn agent_typing(
        &mut self,
        agent: AgentId,
        chat_id: ChatId,
        on: bool,
        round: &mut Round,
    ) {
        let who = Typist::Agent { agent_id: agent };
        if !on {
            return self.stop_typing(chat_id, who, round);
        }
        let chat = self.account.chat(chat_id).filter(|chat| !chat.state.is_over());
        if chat.is_some_and(|chat| chat.agents.contains(&agent))
            && self.live.start_typing(chat_id, who, self.now)
        {
            self.tell_typing(chat_id, who, true, round);
        }
    }

    pub(super) fn expire_typing(&mut self, round: &mut Round) {
        for (chat_id, who) in self.live.expired_typing(self.now) {
            self.stop_typing(chat_id, who, round);
        }
    }

    /// How the account is set up, and who works in it.
    pub(super) fn team(&self) -> Team {
        Team {
            setup: self.account.setup().clone(),
            agents: self.account.agents().cloned().collect(),
            roles: self.account.roles().clone(),
            hours: self.account.hours(self.now),
            routing: self.account.routing().clone(),
            desks: self.account.agent_routing(),
            retention: self.account.retention(),
        }
    }

    /// Tells colleagues what an agent is now, and visitors whether somebody is there.
    pub(super) fn presence_changed(&mut self, agent: AgentId) {
        let presence = self.presence(agent);
        self.live.put(presence);
        self.show_waiting();
        self.staffing();
    }

    /// Tells visitors whether somebody is there, where that has changed.
    fn staffing(&mut self) {
        let is_seen = |id: &AgentId| {
            self.account.availability_now(*id).is_some_and(|now| now != Availability::Invisible)
        };
        let staffed = self.agents_here.keys().any(is_seen);
        if std::mem::replace(&mut self.staffed, staffed) != staffed {
            self.tell_all_visitors();
        }
    }

    /// The account or a department opened or closed: agents may be seen again or no more, and
    /// visitors find it open or closed (domain.md 10).
    pub(super) fn hours_turned(&mut self) {
        let agents: Vec<AgentId> = self.account.agents().map(|agent| agent.id).collect();
        for agent in agents {
            let presence = self.presence(agent);
            self.live.put(presence);
        }
        self.staffing();
        self.tell_all_visitors();
    }

    /// Agents who came to their limit of chats, or below it again.
    pub(super) fn limits_reached(&mut self) -> Vec<AgentId> {
        let mut turned = Vec::new();
        for agent in self.account.limits_turned(self.now) {
            let is_here = self.agents_here.contains_key(&agent);
            let news = if is_here && self.account.is_at_limit(agent, self.now) {
                self.at_limit.insert(agent)
            } else {
                self.at_limit.remove(&agent)
            };
            turned.extend(news.then_some(agent));
        }
        turned
    }

    /// Each finds it open or closed by their department, and has a chat or not.
    fn tell_all_visitors(&mut self) {
        let visitors: Vec<_> = self.visitors.keys().cloned().collect();
        for visitor in visitors {
            let frame = self.state_for(&visitor);
            self.tell_visitor(&visitor, &frame);
        }
    }

    fn presence(&self, agent_id: AgentId) -> Live {
        let connected = self.agents_here.contains_key(&agent_id);
        let availability = self.account.availability_now(agent_id).unwrap_or_default();
        let outside_hours = self.account.outside_hours(agent_id).filter(|_| connected);
        let presence = Presence::of(availability, connected);
        let at_limit = connected && self.at_limit.contains(&agent_id);
        Live::AgentPresence { agent_id, presence, outside_hours, at_limit }
    }

    /// The whole live lane as it is; visitors only for who sees them.
    fn live_now(&mut self, with_visitors: bool) -> Vec<Utf8Bytes> {
        if let Some(told) = self.live.whole(with_visitors) {
            return told;
        }
        let here = self.visitors.iter().filter(|(_, present)| present.shown);
        let here = here.map(|(id, present)| Live::VisitorHere {
            visitor: VisitorProfile::clone(&present.profile),
            visit: self.visit_of(id, present),
        });
        let agents: Vec<Live> =
            self.account.agents().map(|agent| self.presence(agent.id)).collect();
        let whole = Whole::of(here, agents.into_iter().chain(self.live.typing_now()));
        self.live.keep(whole, with_visitors)
    }

    /// Tells every agent's socket what the roles are now; each looks for its own.
    pub(super) fn roles_changed(&self) {
        drop(self.ring.send(Out::Roles(Arc::new(self.account.roles().clone()))));
    }

    /// From now on agents' pictures are those that the account has.
    pub(super) fn show_pictures(&self) {
        self.pictures.send_modify(|shown| {
            let mut before = std::mem::take(shown);
            *shown = self
                .account
                .avatars()
                .filter_map(|Avatar { name, png }| {
                    let known = before.remove(name);
                    let picture = known.or_else(|| hex::decode(png).ok().map(Bytes::from))?;
                    Some((name.clone(), picture))
                })
                .collect();
        });
    }

    /// An agent sends a picture of herself.
    pub(super) fn set_avatar(
        &mut self,
        agent: AgentId,
        avatar: Avatar,
        answer: oneshot::Sender<Result<(), NotTaken>>,
        round: &mut Round,
    ) {
        if !self.storage.is_fine() {
            let _ = answer.send(Err(NotTaken::StorageUnavailable));
            return;
        }
        if let Some(fact) = self.account.avatar_set(agent, Some(avatar)) {
            self.record(fact, round);
        }
        round.then(Effect::AvatarKept { answer });
    }

    pub(super) fn add_agent(
        &mut self,
        name: String,
        email: String,
        answer: oneshot::Sender<Result<Agent, AdminProblem>>,
        round: &mut Round,
    ) {
        match self.new_agent(&name, &email) {
            Ok(agent) => {
                self.record(Fact::AgentSaved { agent: agent.clone() }, round);
                round.then(Effect::AgentAdded { agent, answer });
            }
            Err(problem) => drop(answer.send(Err(problem))),
        }
    }

    fn new_agent(&self, name: &str, email: &str) -> Result<Agent, AdminProblem> {
        if !self.storage.is_fine() {
            return Err(AdminProblem::StorageUnavailable);
        }
        Ok(self.account.new_agent(name, email)?)
    }

    /// The agent who may sign in with this address.
    pub(super) fn signing_in(&self, email: &str) -> Option<Agent> {
        let agent = self.account.agent_by_email(email)?;
        self.account.is_enabled(agent.id).then(|| agent.clone())
    }

    /// An agent was disabled or enabled: lines she has end where she was.
    pub(super) fn switched(&mut self, agent: AgentId) {
        if !self.account.is_enabled(agent) {
            drop(self.ring.send(Out::Revoked(Revoked::AllOf(agent))));
        }
        self.presence_changed(agent);
    }

    /// Changes the setup as an administrator wishes, and tells her how it is once that is stored.
    pub(super) fn admin(
        &mut self,
        wish: &AdminWish,
        answer: oneshot::Sender<Result<Setup, AdminProblem>>,
        round: &mut Round,
    ) {
        if !self.storage.is_fine() {
            return drop(answer.send(Err(AdminProblem::StorageUnavailable)));
        }
        match self.account.decide_admin(wish) {
            Ok(facts) => {
                for fact in facts {
                    self.record(fact, round);
                }
                round.then(Effect::SetUp { setup: self.account.setup().clone(), answer });
            }
            Err(problem) => drop(answer.send(Err(problem.into()))),
        }
    }
}
