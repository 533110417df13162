//! One round: what a batch of jobs leads to, stored together and then told in order.

use super::{AdminProblem, FileAnswer, Hub, Out, VisitorOut};
use crate::{
    account::{Counts, SeenLine},
    avatar::NotTaken,
    history,
    journal::{Actor, Entry},
    metrics::Who,
    tickets,
};
use bellhop_model::{
    Agent, AgentId, Author, ChatId, CommandId, Event, Fact, FileId, Refusal, Setup, VisitorId,
    ban::Banned,
    file::FileRefusal,
    frame::{Outcome, Rejection, ServerFrame},
    live::{Live, Typist},
    visitor_frame::VisitorServerFrame,
};
use std::{collections::HashMap, time::Instant};
use tokio::sync::{mpsc, oneshot};

/// Who waits for the answer to a command.
#[derive(Debug, Clone)]
pub(super) enum Asker {
    Agent(mpsc::UnboundedSender<ServerFrame>),
    Visitor(VisitorId, mpsc::Sender<VisitorOut>),
}

/// What happens once the round is stored.
#[derive(Debug)]
pub(super) enum Effect {
    Event(Event, Counts),
    ToVisitor(VisitorId, VisitorServerFrame),
    Answer {
        asker: Asker,
        id: CommandId,
        outcome: Outcome,
    },
    Live(Live),
    /// A file was deleted, by itself or with its chat.
    FileGone(FileId),
    /// An agent's availability or being here changed.
    Presence(AgentId),
    /// An agent was disabled, or enabled again.
    Switched(AgentId),
    /// The account or a department opened or closed, or will do so at another time.
    HoursTurned,
    /// A role, or who has it, changed.
    Roles,
    /// A visitor's chat changed, and with it perhaps what agents are shown of them.
    VisitChanged(VisitorId),
    /// Others may serve what waits than before.
    ServersChanged,
    /// Somebody was banned: lines they have end.
    CutBanned(Banned),
    /// Agents know something else of a visitor than before.
    VisitorKnown(VisitorId),
    AgentAdded {
        agent: Agent,
        answer: oneshot::Sender<Result<Agent, AdminProblem>>,
    },
    /// A file that has arrived is taken, as new or as one that was taken before, or is not.
    FileTold {
        file: FileId,
        told: FileAnswer,
        answer: oneshot::Sender<FileAnswer>,
    },
    /// An agent's picture is kept.
    AvatarKept {
        answer: oneshot::Sender<Result<(), NotTaken>>,
    },
    /// An administrator's wish is done.
    SetUp {
        setup: Setup,
        answer: oneshot::Sender<Result<Setup, AdminProblem>>,
    },
}

/// What a batch leads to.
#[derive(Debug, Default)]
pub(super) struct Round {
    entry: Entry,
    effects: Vec<Effect>,
    answered: HashMap<(Actor, CommandId), Outcome>,
}

impl Round {
    pub(super) fn then(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The answer this round already has for a command.
    pub(super) fn answered(&self, key: &(Actor, CommandId)) -> Option<Outcome> {
        self.answered.get(key).cloned()
    }

    /// Remembers an answer that somebody gets in another way.
    pub(super) fn remember(&mut self, (actor, id): (Actor, CommandId), outcome: Outcome) {
        self.entry.answers.push((actor.clone(), id, outcome.clone()));
        self.answered.insert((actor, id), outcome);
    }

    /// Answers a command and remembers the answer with it.
    pub(super) fn answer(
        &mut self,
        asker: Asker,
        (actor, id): (Actor, CommandId),
        outcome: Outcome,
    ) {
        self.remember((actor, id), outcome.clone());
        self.then(Effect::Answer { asker, id, outcome });
    }
}

impl Hub {
    /// Makes a fact an event of this round, carries it out and notes who is to be told.
    pub(super) fn record(&mut self, fact: Fact, round: &mut Round) {
        let fact = self.with_path(fact);
        let chat_id = fact.chat_id();
        let visitor = self.visitor_of(&fact);
        let before = visitor.as_ref().map(|v| self.account.visitor_state(v));
        let gone = self.account.files_gone_with(&fact);
        let had_record = chat_id.is_some_and(|chat| history::has_record(&self.account, chat));
        let event = Event { seq: self.account.head().next(), at: self.now, fact };
        if let Err(error) = self.account.apply(&event) {
            // Only a fault of this program leads here; the fact is dropped, the state is whole.
            tracing::error!(%error, "a decided fact does not fit the account");
            return;
        }
        self.account.arm(&event);
        for file in gone {
            round.then(Effect::FileGone(file));
        }
        self.typing_ended_by(&event.fact, round);
        if let Some((visitor, message)) = self.account.greets(&event.fact) {
            let frame = self.account.greeting_frame(message);
            round.then(Effect::ToVisitor(visitor.clone(), frame));
            round.then(Effect::VisitChanged(visitor.clone()));
        }
        self.follow(&event.fact, round);
        let of_roles = matches!(event.fact, Fact::RoleSaved { .. } | Fact::RoleGiven { .. });
        if let Some(visitor) = event.fact.visitor_id() {
            round.then(Effect::VisitorKnown(visitor.clone()));
        }
        let seq = event.seq;
        round.then(Effect::Event(event.clone(), self.account.counts()));
        round.entry.tickets.extend(tickets::written_down(&event.fact));
        if let Some(done) = history::step(&self.account, had_record, &event) {
            let ticket = tickets::step(&self.account, &done, event.at);
            round.entry.tickets.extend(ticket);
            round.entry.history.push(done);
        }
        round.entry.events.push(event);
        if of_roles {
            round.then(Effect::Roles);
        }
        let Some(visitor) = visitor else { return };
        round.then(Effect::VisitChanged(visitor.clone()));
        let chat = self.account.chat_of(&visitor).filter(|chat| Some(chat.id) == chat_id);
        if let Some(line) = chat.and_then(|chat| self.account.newest_seen(chat, seq)) {
            round.then(Effect::ToVisitor(visitor.clone(), line_frame(line)));
        }
        let after = self.account.visitor_state(&visitor);
        if before != Some(after) {
            let frame = self.state_for(&visitor);
            round.then(Effect::ToVisitor(visitor, frame));
        }
    }

    /// What follows from a fact about agents and the setup before it is told.
    fn follow(&mut self, fact: &Fact, round: &mut Round) {
        match fact {
            Fact::AvailabilitySet { agent_id, .. } => round.then(Effect::Presence(*agent_id)),
            Fact::AgentSwitched { agent_id, .. } => round.then(Effect::Switched(*agent_id)),
            Fact::DepartmentSaved { .. } => round.then(Effect::ServersChanged),
            Fact::RetentionSaved { .. } => self.retention.begin(),
            Fact::Banned { ban } => round.then(Effect::CutBanned(ban.banned.clone())),
            _ => {}
        }
    }

    fn visitor_of(&self, fact: &Fact) -> Option<VisitorId> {
        match fact {
            Fact::ChatRequested { visitor, .. } | Fact::ChatStarted { visitor, .. } => {
                Some(visitor.id.clone())
            }
            _ => self.account.chat(fact.chat_id()?).map(|chat| chat.visitor.id.clone()),
        }
    }

    /// Whoever said something, left, or is in a chat that ended types no more.
    fn typing_ended_by(&mut self, fact: &Fact, round: &mut Round) {
        match fact {
            Fact::MessagePosted { chat_id, message } => match message.author {
                Author::Visitor => self.stop_typing(*chat_id, Typist::Visitor, round),
                Author::Agent { agent_id } => {
                    self.stop_typing(*chat_id, Typist::Agent { agent_id }, round);
                }
                Author::Trigger { .. } => {}
            },
            Fact::AgentLeft { chat_id, agent_id } => {
                self.stop_typing(*chat_id, Typist::Agent { agent_id: *agent_id }, round);
            }
            Fact::ChatEnded { chat_id, .. } => {
                for typist in self.live.typists_in(*chat_id) {
                    self.stop_typing(*chat_id, typist, round);
                }
            }
            _ => {}
        }
    }

    pub(super) fn stop_typing(&mut self, chat_id: ChatId, who: Typist, round: &mut Round) {
        if self.live.stop_typing(chat_id, who) {
            self.tell_typing(chat_id, who, false, round);
        }
    }

    /// Tells the agents, and the visitor where an agent types.
    pub(super) fn tell_typing(&self, chat_id: ChatId, who: Typist, on: bool, round: &mut Round) {
        round.then(Effect::Live(Live::Typing { chat_id, who, on }));
        if let (Typist::Agent { agent_id }, Some(chat)) = (who, self.account.chat(chat_id)) {
            let name = self.account.display_name(agent_id);
            let frame = VisitorServerFrame::Typing { name, on };
            round.then(Effect::ToVisitor(chat.visitor.id.clone(), frame));
        }
    }

    /// Stores the round, and then tells it. Where it cannot be stored, everybody who waits for an
    /// answer is told so and nothing has happened.
    pub(super) async fn settle(&mut self, round: Round) {
        let Round { entry, effects, .. } = round;
        if !entry.events.is_empty() || !entry.answers.is_empty() {
            let begun = Instant::now();
            if let Err(error) = self.journal.commit(&entry, self.now).await {
                self.storage_failed(&error);
                self.fold_anew().await;
                for effect in effects {
                    if let Effect::Answer { asker, .. } = &effect {
                        let why = Refusal::StorageUnavailable;
                        self.metrics.refused(asker.into(), &why);
                    }
                    self.give_up(effect);
                }
                return;
            }
            self.metrics.committed(begun.elapsed());
            if !entry.tickets.is_empty() {
                self.tickets.notify_one();
            }
            for (actor, _, outcome) in &entry.answers {
                if let Outcome::Refused { refusal } = outcome {
                    self.metrics.refused(actor.into(), refusal);
                }
            }
            if let Some(last) = entry.events.last() {
                self.published = last.seq;
            }
        }
        for effect in effects {
            self.perform(effect);
        }
    }

    /// Nothing was stored, and this is all there is to tell.
    pub(super) fn refuse(&self, asker: &Asker, id: CommandId, refusal: Refusal) {
        self.metrics.refused(asker.into(), &refusal);
        asker.refuse(id, refusal);
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Event(event, counts) => {
                if matches!(event.fact, Fact::AvatarSet { .. }) {
                    self.show_pictures();
                }
                self.publish(event, counts);
            }
            Effect::ToVisitor(visitor, frame) => self.tell_visitor(&visitor, &frame),
            Effect::Answer { asker, id, outcome } => {
                if !asker.tell(id, outcome)
                    && let Asker::Visitor(visitor, out) = asker
                    && let Some(present) = self.visitors.get_mut(&visitor)
                {
                    present.sockets.retain(|(_, known)| !known.same_channel(&out));
                }
            }
            Effect::FileGone(file) => self.remove_file(&file),
            Effect::Live(value) => self.live.put(value),
            Effect::Presence(agent) => self.presence_changed(agent),
            Effect::Switched(agent) => self.switched(agent),
            Effect::HoursTurned => self.hours_turned(),
            Effect::Roles => self.roles_changed(),
            Effect::VisitChanged(visitor) => self.show_changes(&visitor),
            Effect::ServersChanged => self.show_waiting(),
            Effect::CutBanned(banned) => self.cut_banned(&banned),
            Effect::VisitorKnown(visitor) => self.visitor_known(&visitor),
            Effect::AgentAdded { agent, answer } => {
                self.presence_changed(agent.id);
                let _ = answer.send(Ok(agent));
            }
            Effect::AvatarKept { answer } => {
                let _ = answer.send(Ok(()));
            }
            Effect::FileTold { told, answer, .. } => drop(answer.send(told)),
            Effect::SetUp { setup, answer } => drop(answer.send(Ok(setup))),
        }
    }

    /// What would have followed does not; who waits is told so.
    /// The commit that failed may have stored it all the same; the account knows by now, unless it could
    /// not be read.
    fn give_up(&mut self, effect: Effect) {
        match effect {
            Effect::FileTold { file, answer, .. } => {
                let keep = self.storage.is_stale() || self.account.has_file(&file);
                let told = Err(FileRefusal::StorageUnavailable);
                drop(answer.send(FileAnswer { told, keep }));
            }
            Effect::FileGone(file) if self.account.is_deleted(&file) => self.remove_file(&file),
            effect => refuse(effect),
        }
    }

    fn publish(&self, mut event: Event, counts: Counts) {
        // Whoever connects later reads it in the journal.
        if self.ring.receiver_count() == 0 {
            return;
        }
        let of_past = self.account.remarks_on_past_of(&event.fact).map(Into::into);
        if let Some(told) = event.fact.told() {
            event.fact = told;
        }
        let seq = event.seq;
        let audience = event.fact.audience().map(Into::into);
        let frame = ServerFrame::Event { prev: bellhop_model::Seq(seq.0 - 1), event };
        match serde_json::to_string(&frame) {
            Ok(text) => {
                let frame = text.into();
                drop(self.ring.send(Out::Event { seq, frame, counts, audience, of_past }));
            }
            Err(error) => tracing::error!(%error, %seq, "an event has no JSON form"),
        }
    }

    /// Tells all pages a visitor has open. A page that does not keep up is cut off.
    pub(super) fn tell_visitor(&mut self, visitor: &VisitorId, frame: &VisitorServerFrame) {
        if let Some(present) = self.visitors.get_mut(visitor) {
            present
                .sockets
                .retain(|(_, out)| out.try_send(VisitorOut::frame(frame.clone())).is_ok());
        }
    }

    /// Tells what changed in the live lane, where somebody listens.
    pub(super) fn flush_live(&mut self) {
        if self.ring.receiver_count() == 0 {
            return self.live.forget();
        }
        for told in self.live.flush(self.now) {
            drop(self.ring.send(Out::Live(told)));
        }
    }

    /// Ends every line, for what was told and what is stored may differ.
    pub(super) fn cut_everybody(&mut self, why: &Rejection) {
        drop(self.ring.send(Out::Cut(why.clone())));
        for present in self.visitors.values_mut() {
            for (_, out) in &present.sockets {
                drop(out.try_send(VisitorOut::cut(why.clone())));
            }
        }
    }
}

impl From<&Actor> for Who {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::Agent(_) => Self::Agent,
            Actor::Visitor(_) => Self::Visitor,
        }
    }
}

impl From<&Asker> for Who {
    fn from(asker: &Asker) -> Self {
        match asker {
            Asker::Agent(_) => Self::Agent,
            Asker::Visitor(..) => Self::Visitor,
        }
    }
}

impl Asker {
    /// False where the answer does not arrive; whoever asked asks again when it is back.
    pub(super) fn tell(&self, id: CommandId, outcome: Outcome) -> bool {
        match self {
            Self::Agent(answers) => answers.send(ServerFrame::Answer { id, outcome }).is_ok(),
            Self::Visitor(_, out) => {
                let frame = match outcome {
                    Outcome::Accepted { .. } => VisitorServerFrame::Taken { id },
                    Outcome::Refused { refusal } => VisitorServerFrame::Refused { id, refusal },
                };
                out.try_send(VisitorOut::frame(frame)).is_ok()
            }
        }
    }

    fn refuse(&self, id: CommandId, refusal: Refusal) {
        self.tell(id, Outcome::Refused { refusal });
    }
}

fn refuse(effect: Effect) {
    match effect {
        Effect::Answer { asker, id, .. } => asker.refuse(id, Refusal::StorageUnavailable),
        Effect::AgentAdded { answer, .. } => {
            drop(answer.send(Err(AdminProblem::StorageUnavailable)));
        }
        Effect::AvatarKept { answer } => {
            let _ = answer.send(Err(NotTaken::StorageUnavailable));
        }
        Effect::SetUp { answer, .. } => {
            drop(answer.send(Err(AdminProblem::StorageUnavailable)));
        }
        Effect::Event(..)
        | Effect::FileTold { .. }
        | Effect::ToVisitor(..)
        | Effect::FileGone(_)
        | Effect::Live(_)
        | Effect::Presence(_)
        | Effect::Switched(_)
        | Effect::HoursTurned
        | Effect::Roles
        | Effect::VisitChanged(_)
        | Effect::ServersChanged
        | Effect::CutBanned(_)
        | Effect::VisitorKnown(_) => {}
    }
}

/// A line of the visitor's chat as a frame.
pub(super) fn line_frame(line: SeenLine) -> VisitorServerFrame {
    let SeenLine { prev, seq, at, line } = line;
    VisitorServerFrame::Line { prev, seq, at, line }
}
