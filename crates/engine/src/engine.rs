//! The engine: one input at a time, and what follows from it.
//!
//! Invariant (law 2): in the effects of every input, what is stored comes first, what is
//! published second, and what is done last. The modules below decide; this one gives them the
//! inputs and puts their decisions in order.

use crate::{
    alerts::{About, Alert, Alerts},
    chats::Chats,
    connection::{Connection, Due},
    io::{Effect, EngineConfig, Input},
    ledger::{Ledger, Place, Remedy},
    mirror::Mirror,
    notices::Notices,
    outbox::Outbox,
    people::People,
    publish::{Drafts, Marks},
    typing::{Sign, Typing},
    undo::Undo,
};
use bellhop_model::{
    Chat, ChatId, ChatState, Command, CommandId, Fact, PersonalSettings, Timestamp,
    frame::{ClientFrame, PROTOCOL, ServerFrame},
    stored::{OutboxRow, StoreOp, Stored},
    view::{LinkProblem, NoticeBody, Patch, View},
};
use std::collections::BTreeMap;

/// The brain of the agent's side. See [`crate`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) connection: Connection,
    pub(crate) ledger: Ledger,
    pub(crate) chats: Chats,
    pub(crate) people: People,
    pub(crate) outbox: Outbox,
    pub(crate) alerts: Alerts,
    pub(crate) typing: Typing,
    pub(crate) notices: Notices,
    pub(crate) drafts: Drafts,
    pub(crate) settings: PersonalSettings,
    /// Id and name of the workspace the cache belongs to.
    pub(crate) workspace: Option<(String, String)>,
    pub(crate) site_url: Option<String>,
    pub(crate) mirror: Mirror,
    pub(crate) marks: Marks,
    pub(crate) published: View,
    /// Show this chat as soon as the agent is in it.
    pub(crate) focus_when_mine: Option<ChatId>,
    pub(crate) undo: Option<Undo>,
    /// What was unread before the mirror was forgotten; the view is being made anew.
    unread_before: Option<BTreeMap<ChatId, u32>>,
    waiting_told: Option<(u32, Option<Timestamp>)>,
}

/// What one input leads to, before it is put in order.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) store: Vec<StoreOp>,
    pub(crate) then: Vec<Effect>,
}

impl Engine {
    /// Begins from what is stored. Nothing happens before [`Input::Started`].
    #[must_use]
    pub fn new(stored: Stored, config: EngineConfig, now: Timestamp) -> Self {
        let chats = Chats::new(stored.chats, stored.me, stored.had_chats);
        let alerts = Alerts::new(stored.alerted, |id, since| {
            let chat = chats.get(id)?;
            let invited = stored.me.and_then(|me| chat.invitation(me));
            if chat.state == ChatState::Waiting && chat.waiting_since == since {
                Some(About::Request)
            } else {
                invited.filter(|(at, _)| *at == since).map(|_| About::Invitation)
            }
        });
        let mut engine = Self {
            connection: Connection::new(!config.token.is_empty(), config.seed, stored.as_of, now),
            ledger: Ledger::new(stored.cursor),
            people: People::new(stored.agents, stored.me),
            outbox: Outbox::new(stored.outbox),
            alerts,
            chats,
            config,
            typing: Typing::default(),
            notices: Notices::default(),
            drafts: stored.drafts.into_iter().collect(),
            settings: stored.settings,
            workspace: stored.workspace,
            site_url: None,
            mirror: Mirror::default(),
            marks: Marks::default(),
            published: View::default(),
            focus_when_mine: None,
            undo: None,
            unread_before: None,
            waiting_told: None,
        };
        if stored.unknown_to.is_some_and(|program| program != engine.config.client) {
            engine.ledger.cursor_unknown();
        }
        engine.forget_delivered();
        engine.published = engine.projection();
        engine
    }

    /// Takes one input in and says what is to be done, in order.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        let mut out = Outcome::default();
        if !matches!(input, Input::AskNotStored { .. }) {
            self.undo = None;
        }
        match input {
            Input::Started => self.started(now, &mut out),
            Input::Tick => self.tick(now, &mut out),
            Input::Connected => self.connected(now, &mut out),
            Input::LinkLost { problem } => self.line_lost(Some(problem), now),
            Input::Frame { frame } => self.frame(frame, now, &mut out),
            Input::Ask { ask_no, ask, fresh } => {
                let result = self.ask(ask, fresh, now, &mut out);
                out.then.insert(0, Effect::Answer { ask_no, result });
            }
            Input::AskNotStored { detail, .. } => self.ask_not_stored(detail, now),
            Input::StoreFailed { detail } => self.raise_unwritable(detail, now),
            Input::StoreRecovered => {
                let gone = |body: &NoticeBody| matches!(body, NoticeBody::CacheUnwritable { .. });
                let patches = self.notices.withdraw(gone);
                self.marks.ready.extend(patches);
            }
            Input::Activated { chat_id, serve, fresh } => {
                self.activated(chat_id, serve, fresh, now, &mut out);
            }
            Input::Recalled { chat } => self.chats.recall(*chat),
            Input::Notice { body } => self.notice(body, now),
            Input::Woke | Input::NetworkChanged => self.connect_at_once(now, &mut out),
            Input::Suspending => self.suspend(now, &mut out),
            Input::Stopping => self.stop(now, &mut out),
        }
        self.finish(now, out)
    }

    /// When [`Input::Tick`] is due, if nothing happens before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        let live = self.connection.is_live();
        let timers = [
            self.connection.wake_at(),
            self.typing.wake_at(),
            self.chats.wake_at(),
            self.alerts.wake_at(),
            self.outbox.wake_at().filter(|_| live),
        ];
        timers.into_iter().flatten().min()
    }

    /// The view as it was last published.
    #[must_use]
    pub fn view(&self) -> View {
        self.published.clone()
    }

    /// The chat of the history without whose transcript this input cannot be understood. The
    /// driver looks it up and gives it as [`Input::Recalled`] first, where it is stored.
    #[must_use]
    pub fn wanted(&self, input: &Input) -> Option<ChatId> {
        let Input::Frame { frame: ServerFrame::Event { prev, event } } = input else {
            return None;
        };
        let needs_none = matches!(
            event.fact,
            Fact::ChatRequested { .. } | Fact::ChatStarted { .. } | Fact::ChatDeleted { .. }
        );
        if needs_none || self.ledger.place(*prev, event.seq) != Place::Next {
            return None;
        }
        event.fact.chat_id().filter(|id| self.chats.get(*id).is_none())
    }

    fn started(&mut self, now: Timestamp, out: &mut Outcome) {
        self.waiting_told = None;
        let refused: Vec<OutboxRow> =
            self.outbox.rows().filter(|row| row.refused.is_some()).cloned().collect();
        for row in refused {
            self.give_up_unseen(row, now, out);
        }
        self.connect_if_due(now, out);
    }

    fn tick(&mut self, now: Timestamp, out: &mut Outcome) {
        if self.connection.is_live() && self.outbox.is_overdue(now) {
            self.drop_line(Some(LinkProblem::Silent), now, out);
        }
        self.connect_if_due(now, out);
        let sign = self.typing.tick(now);
        self.send_sign(sign, out);
        for id in self.chats.expire_typing(Some(now)) {
            self.marks.chat(id);
        }
        for id in self.alerts.due(now) {
            self.marks.chat(id);
        }
    }

    fn connect_if_due(&mut self, now: Timestamp, out: &mut Outcome) {
        match self.connection.due(now) {
            Some(Due::Connect) => self.connect(now, out),
            Some(Due::Ping) => out.then.push(Effect::Send(ClientFrame::Ping)),
            Some(Due::Dead) => self.drop_line(Some(LinkProblem::Silent), now, out),
            None => {}
        }
    }

    pub(crate) fn connect(&mut self, now: Timestamp, out: &mut Outcome) {
        self.connection.opening(now);
        self.marks.connection = true;
        out.then.push(Effect::Connect);
    }

    fn connected(&mut self, now: Timestamp, out: &mut Outcome) {
        self.connection.opened(now);
        self.marks.connection = true;
        out.then.push(Effect::Send(ClientFrame::Hello {
            protocol: PROTOCOL,
            token: self.config.token.clone(),
            cursor: self.ledger.resume_from(),
            client: self.config.client.clone(),
        }));
    }

    /// The line is over; the next try comes by itself.
    pub(crate) fn line_lost(&mut self, problem: Option<LinkProblem>, now: Timestamp) {
        if self.connection.has_line() {
            if let Some(problem) = &problem {
                tracing::warn!(?problem, "the line to the service is over");
            }
            self.connection.lost(problem, now);
            self.without_line();
        }
    }

    /// Drops a line that is no good.
    pub(crate) fn drop_line(
        &mut self,
        problem: Option<LinkProblem>,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        self.line_lost(problem, now);
        out.then.push(Effect::Disconnect);
    }

    /// Trying again unchanged cannot help.
    pub(crate) fn reject(&mut self, problem: LinkProblem, now: Timestamp, out: &mut Outcome) {
        tracing::warn!(?problem, "trying again unchanged cannot help");
        self.connection.rejected(problem, now);
        self.without_line();
        out.then.push(Effect::Disconnect);
    }

    /// The machine slept or the network changed: the line is dropped, whatever it claims.
    fn connect_at_once(&mut self, now: Timestamp, out: &mut Outcome) {
        self.outbox.hurry();
        if self.connection.may_try_at_once() {
            self.connection.dropped(now);
            self.without_line();
            out.then.push(Effect::Disconnect);
            self.connect(now, out);
        }
    }

    fn suspend(&mut self, now: Timestamp, out: &mut Outcome) {
        self.connection.suspended(now);
        self.without_line();
        out.then.push(Effect::Disconnect);
    }

    fn stop(&mut self, now: Timestamp, out: &mut Outcome) {
        let sign = self.typing.stop();
        self.send_sign(sign, out);
        self.connection.suspended(now);
        self.without_line();
        out.then.push(Effect::Disconnect);
    }

    /// Nothing that hangs on the line is so any more.
    fn without_line(&mut self) {
        self.marks.connection = true;
        for row in self.outbox.rows() {
            self.marks.own.extend(row.command.chat_id());
        }
        self.outbox.line_lost();
        self.typing.forget();
        self.alerts.line_lost();
        for id in self.chats.expire_typing(None) {
            self.marks.chat(id);
        }
    }

    /// The view cannot be right.
    pub(crate) fn remedy(
        &mut self,
        remedy: Remedy,
        detail: &str,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        tracing::warn!(?remedy, detail, "the view does not agree with the service");
        self.notice(NoticeBody::Resynced { detail: detail.to_owned() }, now);
        if remedy != Remedy::Bear {
            self.drop_line(None, now, out);
        }
    }

    /// Forgets the mirror; everything comes again.
    pub(crate) fn forget_mirror(&mut self) {
        for id in self.chats.ids() {
            self.marks.chat_anew(id);
        }
        let unread = self.chats.clear();
        self.unread_before.get_or_insert_default().extend(unread);
        self.people.clear_agents();
        self.marks.colleagues = true;
        self.mirror.clear();
        self.connection.mirror_forgotten();
    }

    /// Everything has been delivered again.
    pub(crate) fn mirror_is_whole(&mut self) {
        if let Some(unread) = self.unread_before.take() {
            self.chats.restore_unread(unread);
        }
    }

    pub(crate) fn notice(&mut self, body: NoticeBody, now: Timestamp) {
        let patches = self.notices.raise(body, now);
        self.marks.ready.extend(patches);
    }

    pub(crate) fn raise_unwritable(&mut self, detail: String, now: Timestamp) {
        let known = |body: &NoticeBody| matches!(body, NoticeBody::CacheUnwritable { .. });
        if !self.notices.shown().iter().any(|notice| known(&notice.body)) {
            self.notice(NoticeBody::CacheUnwritable { detail }, now);
        }
    }

    pub(crate) fn send_sign(&mut self, sign: Option<Sign>, out: &mut Outcome) {
        if let Some((chat_id, on)) = sign.filter(|_| self.connection.is_live()) {
            out.then.push(Effect::Send(ClientFrame::Typing { chat_id, on }));
        }
    }

    /// Rows whose message has become a line; a crash may leave such.
    fn forget_delivered(&mut self) {
        let delivered: Vec<_> = self
            .outbox
            .rows()
            .filter(|row| row.command.chat_id().is_some_and(|c| self.chats.has_message(c, row.id)))
            .map(|row| row.id)
            .collect();
        for id in delivered {
            self.outbox.remove(id);
            self.mirror.push(StoreOp::DropOutbox { id });
        }
    }

    /// A refused message of a chat that is not shown cannot wait there for the agent's decision:
    /// she is told.
    pub(crate) fn give_up_unseen(&mut self, row: OutboxRow, now: Timestamp, out: &mut Outcome) {
        let seen = row.command.chat_id().is_some_and(|id| self.chats.is_visible(id));
        if let (Some(refusal), false) = (&row.refused, seen) {
            let refusal = refusal.clone();
            self.outbox.remove(row.id);
            out.store.push(StoreOp::DropOutbox { id: row.id });
            self.notice(NoticeBody::Refused { wished: (&row.command).into(), refusal }, now);
        }
    }

    /// Puts everything in order.
    fn finish(&mut self, now: Timestamp, mut out: Outcome) -> Vec<Effect> {
        let hold = self.connection.is_catching_up() || self.unread_before.is_some();
        if self.connection.is_live() {
            self.send_commands(now, &mut out);
        }
        let touched = if hold { Vec::new() } else { self.marks.chats() };
        for id in &touched {
            self.leave_unseen(*id, now, &mut out);
        }
        let alerts = self.review(&touched, now, &mut out);
        let (mut ops, mirrored) = if !self.connection.is_catching_up() || self.mirror.is_full() {
            self.mirror.take(&self.chats, &self.people)
        } else {
            Default::default()
        };
        ops.append(&mut out.store);
        let as_of = self.connection.as_of_to_store(!ops.is_empty());
        ops.extend(as_of.map(|at| StoreOp::SetAsOf { at }));
        let mut effects = Vec::new();
        effects.extend((!ops.is_empty()).then_some(Effect::Store(ops)));
        if !hold {
            self.focus();
        }
        let patches = self.publish(hold);
        effects.extend((!patches.is_empty()).then_some(Effect::Publish(patches)));
        effects.append(&mut out.then);
        effects.extend(alerts);
        effects.extend(self.waiting_changed(hold));
        for id in mirrored {
            // Its transcript is in the cache now, where the history is read from.
            if self.chats.get(id).is_some_and(Chat::belongs_to_history) {
                self.chats.retire(id);
            }
        }
        effects
    }

    fn send_commands(&mut self, now: Timestamp, out: &mut Outcome) {
        for named in self.outbox.send(now) {
            self.marks.own.extend(named.command.chat_id());
            out.then.push(Effect::Send(ClientFrame::Command(named)));
        }
    }

    /// A chat that leaves the view takes the agent's unfinished side of it along.
    fn leave_unseen(&mut self, id: ChatId, now: Timestamp, out: &mut Outcome) {
        // A draft for a chat that a colleague serves may be wanted again when it comes back.
        let over = self.chats.get(id).is_none_or(Chat::belongs_to_history);
        if over && self.drafts.remove(&id).is_some() {
            out.store.push(StoreOp::PutDraft { chat_id: id, text: String::new() });
        }
        if self.published.chat(id).is_none() || self.chats.is_visible(id) {
            return;
        }
        let refused: Vec<OutboxRow> = self
            .outbox
            .rows()
            .filter(|row| row.refused.is_some() && row.command.chat_id() == Some(id))
            .cloned()
            .collect();
        for row in refused {
            self.give_up_unseen(row, now, out);
        }
    }

    fn review(&mut self, touched: &[ChatId], now: Timestamp, out: &mut Outcome) -> Vec<Effect> {
        if !self.connection.is_live() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        for id in touched {
            let at_limit = self.people.is_at_limit();
            let told = |chat: &&Chat| self.chats.is_told(chat, at_limit);
            let offered = self.chats.get(*id).filter(told);
            let request = self.alerts.review(*id, offered, now);
            let (chat, me) = (self.chats.get(*id), self.chats.me());
            let invitation = self.alerts.review_invitation(*id, chat, me);
            let mut alerts = [request, invitation];
            // Both are told of in one place: what is taken back goes before what is put there.
            alerts.sort_by_key(|alert| *alert != Alert::Withdraw);
            for alert in alerts {
                match alert {
                    Alert::Nothing => {}
                    Alert::Raise(intent) => {
                        let waiting_since = intent.waiting_since;
                        out.store.push(StoreOp::PutAlerted { chat_id: *id, waiting_since });
                        effects.push(Effect::Alert(intent));
                    }
                    Alert::Withdraw => effects.push(Effect::Withdraw { chat_id: *id }),
                }
            }
        }
        effects
    }

    fn focus(&mut self) {
        if let Some(chat_id) = self.focus_when_mine.filter(|id| self.chats.is_mine(*id)) {
            self.focus_when_mine = None;
            self.marks.ready.push(Patch::Focus { chat_id });
        }
    }

    fn waiting_changed(&mut self, hold: bool) -> Option<Effect> {
        let (count, longest_since) = self.chats.waiting();
        if hold || self.waiting_told == Some((count, longest_since)) {
            return None;
        }
        self.waiting_told = Some((count, longest_since));
        Some(Effect::Waiting { count, longest_since })
    }

    /// The row of a new command.
    pub(crate) fn wish(
        &mut self,
        id: CommandId,
        command: Command,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let row = OutboxRow { id, command, at: now, refused: None };
        self.marks.own.extend(row.command.chat_id());
        out.store.push(StoreOp::PutOutbox { row: row.clone() });
        self.outbox.add(row);
    }
}
