//! What the service says.
//!
//! Invariant: a frame is heeded only where it belongs: events and answers after the welcome, and
//! nothing at all from a service of another workspace.

use crate::{
    chats::Applied,
    connection::Phase,
    engine::{Engine, Outcome},
    ledger::{Place, Remedy},
    outbox::Settled,
};
use bellhop_model::{
    Agent, Chat, ChatId, Command, CommandId, Event, Fact, Seq, Timestamp, VisitorId,
    frame::{self, Digest, PROTOCOL, Rejection, ServerFrame, Workspace},
    live::{Live, Typist},
    stored::StoreOp,
    view::{LinkProblem, NoticeBody, Patch},
};

impl Engine {
    pub(crate) fn frame(&mut self, frame: ServerFrame, now: Timestamp, out: &mut Outcome) {
        if !self.connection.has_line() {
            return;
        }
        self.connection.heard(now);
        let welcomed = matches!(self.connection.phase(), Phase::CatchingUp | Phase::Live { .. });
        match frame {
            ServerFrame::Rejected(rejection) => self.rejected(rejection, now, out),
            ServerFrame::Welcome { protocol, me, workspace, now: service_now, .. } => {
                if matches!(self.connection.phase(), Phase::Authenticating { .. }) {
                    self.welcome(protocol, me, workspace, service_now, now, out);
                }
            }
            ServerFrame::Setup(setup) if welcomed => {
                if self.chats.set_setup(setup) {
                    self.setup_changed();
                }
            }
            ServerFrame::Event { prev, event } if welcomed => {
                self.event(prev, &event, now, out);
            }
            ServerFrame::CaughtUp { digest } if welcomed => self.caught_up(digest, now, out),
            ServerFrame::Answer { id, outcome } if welcomed => {
                self.answer(id, outcome, now, out);
            }
            ServerFrame::Live { reset, values } if welcomed => self.live(reset, values, now),
            ServerFrame::Digest(digest) if self.connection.is_live() => {
                self.compare(digest, false, now, out);
            }
            ServerFrame::Setup(_)
            | ServerFrame::Event { .. }
            | ServerFrame::CaughtUp { .. }
            | ServerFrame::Answer { .. }
            | ServerFrame::Live { .. }
            | ServerFrame::Digest(_)
            // No control of the window depends on the agent's role or shows a list yet.
            | ServerFrame::Permissions(_)
            | ServerFrame::Lists(_)
            | ServerFrame::Listed(_)
            | ServerFrame::Unknown => {}
        }
    }

    fn rejected(&mut self, rejection: Rejection, now: Timestamp, out: &mut Outcome) {
        let problem = LinkProblem::Rejected { rejection: rejection.clone() };
        match rejection {
            Rejection::BadToken | Rejection::ProtocolUnknown { .. } => {
                self.reject(problem, now, out);
            }
            Rejection::CursorAhead { .. } => {
                self.ledger.cursor_unknown();
                self.notice(NoticeBody::Resynced { detail: rejection.to_string() }, now);
                self.drop_line(Some(problem), now, out);
            }
            // What was wrong with a frame may not be wrong the next time; the back-off keeps it
            // from being a flood.
            Rejection::BadFrame { .. }
            | Rejection::FrameTooLarge { .. }
            | Rejection::TooSlow
            | Rejection::TooFast { .. }
            | Rejection::RightsChanged
            | Rejection::NotAvailable
            | Rejection::Stopping
            | Rejection::StorageUnavailable
            | Rejection::Unknown => self.drop_line(Some(problem), now, out),
        }
    }

    fn welcome(
        &mut self,
        protocol: u32,
        me: Agent,
        workspace: Workspace,
        service_now: Timestamp,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        if protocol != PROTOCOL {
            let rejection = Rejection::ProtocolUnknown { asked: PROTOCOL, speaks: protocol };
            return self.reject(LinkProblem::Rejected { rejection }, now, out);
        }
        if let Some((id, name)) = self.workspace.as_ref().filter(|(id, _)| *id != workspace.id) {
            let problem = LinkProblem::OtherWorkspace {
                expected: format!("{name} ({id})"),
                found: format!("{} ({})", workspace.name, workspace.id),
            };
            return self.reject(problem, now, out);
        }
        if self.ledger.begin_anew() {
            self.forget_mirror();
        }
        let Workspace { id, name, site_url } = workspace;
        if self.workspace.as_ref() != Some(&(id.clone(), name.clone())) {
            out.store.push(StoreOp::SetWorkspace { id: id.clone(), name: name.clone() });
            self.workspace = Some((id, name));
        }
        if self.chats.me() != Some(me.id) {
            out.store.push(StoreOp::SetMe { agent_id: me.id });
            self.chats.set_me(me.id);
            for id in self.chats.ids() {
                self.marks.chat(id);
            }
        }
        if self.people.set_me(me) {
            self.mirror.agents_changed();
        }
        self.site_url = site_url;
        self.connection.welcomed(service_now, now);
        self.marks.me = true;
        self.marks.colleagues = true;
        self.marks.connection = true;
    }

    fn event(&mut self, prev: Seq, event: &Event, now: Timestamp, out: &mut Outcome) {
        match self.ledger.place(prev, event.seq) {
            Place::Known => {}
            Place::Hole => {
                let detail = format!(
                    "an event is missing between {} and {}",
                    self.ledger.cursor(),
                    event.seq
                );
                match self.ledger.hole() {
                    // One hole is mended by resuming and worth no alarm.
                    Remedy::Resume => {
                        tracing::warn!(detail, "resuming");
                        self.drop_line(None, now, out);
                    }
                    Remedy::Anew => self.remedy(Remedy::Anew, &detail, now, out),
                    Remedy::Bear => {
                        self.ledger.cursor_unknown();
                        self.remedy(Remedy::Anew, &detail, now, out);
                    }
                }
            }
            Place::Next => {
                if event.fact == Fact::Unknown {
                    tracing::warn!(seq = %event.seq, "the service tells of something unknown");
                    self.notice(NoticeBody::NewerService, now);
                    let program = self.config.client.clone();
                    self.mirror.push(StoreOp::SetUnknownTo { program });
                }
                self.take_in(event);
            }
        }
    }

    fn take_in(&mut self, event: &Event) {
        if self.people.apply(&event.fact) {
            self.mirror.agents_changed();
            self.marks.me = true;
            self.marks.colleagues = true;
        }
        if self.chats.apply_to_setup(&event.fact) {
            self.setup_changed();
        }
        if let Some(visitor) = event.fact.visitor_id() {
            self.about_visitor(visitor, &event.fact);
        }
        if let Fact::ChatDeleted { chat_id, .. } = event.fact {
            self.chat_deleted(chat_id);
        } else {
            self.about_chat(event);
        }
        if let Fact::MessagePosted { message, .. } = &event.fact
            && self.outbox.posted(message.id) == Some(true)
        {
            self.mirror.push(StoreOp::DropOutbox { id: message.id });
        }
        self.ledger.advance(event.seq);
        self.mirror.advance(event.seq);
    }

    /// A chat was deleted for good: nothing of it stays here either.
    fn chat_deleted(&mut self, id: ChatId) {
        self.chats.retire(id);
        self.mirror.delete_chat(id);
        self.marks.chat(id);
        self.marks.ready.push(Patch::HistoryGone { chat_id: id });
    }

    fn about_chat(&mut self, event: &Event) {
        let seen = self.ledger.was_seen_before(event.seq);
        let people = &self.people;
        let applied = self.chats.apply(event, seen, &|id| people.name_of(id));
        match applied {
            Applied::Changed { chat_id, began, line } => {
                let chat = self.chats.get(chat_id);
                if let Some(chat) = chat.filter(|_| began) {
                    self.mirror.begin_chat(chat);
                    // The first one changes what is said of the workspace.
                    self.marks.me = true;
                } else {
                    self.mirror.chat_changed(chat_id);
                }
                self.marks.history |= chat.is_some_and(Chat::belongs_to_history);
                if let Some(line) = line {
                    self.mirror.add_line(chat_id, line);
                }
                self.marks.chat(chat_id);
            }
            Applied::Nothing => {
                if let Some(chat_id) = event.fact.chat_id() {
                    tracing::warn!(%chat_id, seq = %event.seq, "an event of an unknown chat");
                }
            }
        }
    }

    /// Something is known of a visitor that was not known before: of all their chats, here and in
    /// the history, and of the visitor who is on the site.
    fn about_visitor(&mut self, visitor: &VisitorId, fact: &Fact) {
        if let Fact::ContactSaved { contact, .. } = fact {
            let (visitor_id, contact) = (visitor.clone(), contact.clone());
            self.mirror.push(StoreOp::PutContact { visitor_id, contact });
            self.marks.history = true;
        }
        for chat in self.chats.apply_to_visitor(visitor, fact) {
            self.mirror.chat_changed(chat);
            self.marks.chat(chat);
        }
        if self.people.apply_to_visitor(visitor, fact) {
            self.marks.visitor(visitor.clone());
        }
    }

    /// Another setup: what this agent may serve may be other requests now.
    fn setup_changed(&mut self) {
        self.marks.setup = true;
        for id in self.chats.ids() {
            self.marks.chat(id);
        }
    }

    /// What this agent is told of may be other requests now.
    fn limit_changed(&mut self) {
        for id in self.chats.ids() {
            self.marks.chat(id);
        }
    }

    fn caught_up(&mut self, digest: Digest, now: Timestamp, out: &mut Outcome) {
        if !self.connection.is_catching_up() {
            return;
        }
        self.connection.caught_up(now);
        self.marks.connection = true;
        self.mirror_is_whole();
        for id in self.chats.ids() {
            self.marks.chat(id);
        }
        for row in self.outbox.caught_up(self.ledger.cursor(), now) {
            tracing::info!(id = %row.id, "a wish to serve was not carried out: it is too old");
            out.store.push(StoreOp::DropOutbox { id: row.id });
        }
        self.compare(digest, true, now, out);
    }

    fn compare(&mut self, digest: Digest, complete: bool, now: Timestamp, out: &mut Outcome) {
        let (waiting, _) = self.chats.waiting();
        let open = self.chats.open();
        if let Some(remedy) = self.ledger.compare(digest, waiting, open, complete) {
            let detail = format!(
                "the service has {} waiting, {} open, {} events; here are {waiting}, {open}, {}",
                digest.waiting,
                digest.open,
                digest.last,
                self.ledger.cursor()
            );
            self.remedy(remedy, &detail, now, out);
        }
    }

    fn answer(
        &mut self,
        id: CommandId,
        outcome: frame::Outcome,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        if let Some(row) = self.outbox.row(id) {
            self.marks.own.extend(row.command.chat_id());
        }
        match self.outbox.answer(id, outcome, now) {
            Settled::Stale | Settled::Later => {}
            Settled::Done { command, chat_id } => {
                out.store.push(StoreOp::DropOutbox { id });
                if matches!(
                    command,
                    Command::Serve { .. } | Command::ServeNext | Command::StartChat { .. }
                ) {
                    self.focus_when_mine = chat_id.or(command.chat_id());
                }
            }
            Settled::Refused { row, refusal } => {
                let shown = row.command.chat_id().is_some_and(|chat| self.chats.is_visible(chat));
                if matches!(row.command, Command::Say { .. }) && shown {
                    out.store.push(StoreOp::PutOutbox { row: row.clone() });
                    self.outbox.keep_refused(row);
                } else {
                    out.store.push(StoreOp::DropOutbox { id });
                    self.notice(
                        NoticeBody::Refused { wished: (&row.command).into(), refusal },
                        now,
                    );
                }
            }
        }
    }

    fn live(&mut self, reset: bool, values: Vec<Live>, now: Timestamp) {
        if reset {
            for visitor in self.people.reset_live() {
                for id in self.chats.of(&visitor) {
                    self.marks.chat(id);
                }
            }
            self.marks.visitors_cleared = true;
            self.marks.colleagues = true;
            for id in self.chats.expire_typing(None) {
                self.marks.chat(id);
            }
        }
        for value in values {
            match value {
                // Of the visit nothing is shown yet but what the visitor's profile says.
                Live::VisitorHere { visitor, .. } => {
                    let id = visitor.id.clone();
                    self.people.visitor_here(visitor);
                    self.visitor_moved(id);
                }
                Live::VisitorGone { visitor_id } => {
                    if self.people.visitor_gone(&visitor_id) {
                        self.visitor_moved(visitor_id);
                    }
                }
                Live::Typing { chat_id, who: Typist::Visitor, on } => {
                    if self.chats.visitor_types(chat_id, on, now) {
                        self.marks.chat(chat_id);
                    }
                }
                // Why somebody is invisible has no place in the window yet.
                Live::AgentPresence { agent_id, presence, outside_hours: _, at_limit } => {
                    if self.chats.me() == Some(agent_id) && self.people.set_at_limit(at_limit) {
                        self.limit_changed();
                    }
                    self.marks.colleagues |= self.people.set_presence(agent_id, presence);
                }
                // Colleagues' signs are shown to the visitor only.
                Live::Typing { who: Typist::Agent { .. }, .. } | Live::Unknown => {}
            }
        }
    }

    fn visitor_moved(&mut self, id: VisitorId) {
        for chat in self.chats.of(&id) {
            self.marks.chat(chat);
        }
        self.marks.visitor(id);
    }
}
