//! One agent's desk: the engine, its cache, its window and a service, with the time in hand.
//!
//! Every input is checked for what must hold after each: law 2's order, and that the window has
//! the engine's view.

use super::{
    disk::Disk,
    service::{Service, bellhop_id},
};
use crate::{AlertIntent, Effect, Engine, EngineConfig, Input};
use bellhop_model::{
    ChatId, Command, CommandId, Timestamp,
    frame::ServerFrame,
    stored::StoreOp,
    view::{Ask, AskProblem, ChatView, Connection, LinkProblem, Patch, View, WorkspaceView},
};
use std::collections::BTreeSet;

pub(super) struct Desk {
    pub(super) engine: Engine,
    pub(super) now: Timestamp,
    pub(super) disk: Disk,
    pub(super) window: View,
    pub(super) service: Service,
    pub(super) alerts: Vec<AlertIntent>,
    pub(super) withdrawn: Vec<ChatId>,
    /// What stands on the agent's screen: alerted and not withdrawn.
    pub(super) toasts: BTreeSet<ChatId>,
    pub(super) focused: Vec<ChatId>,
    pub(super) waiting: Option<u32>,
    pub(super) shown: u32,
    pub(super) connects: u32,
    /// A line is asked for and has not come to stand.
    pub(super) opening: bool,
    pub(super) publications: Vec<Vec<Patch>>,
    pub(super) writes: usize,
    /// The cache cannot be written.
    pub(super) disk_is_full: bool,
    asks: u64,
    ids: u128,
}

impl Desk {
    /// A desk that is not connected yet.
    pub(super) fn new() -> Self {
        let now = Timestamp(1_800_000_000_000);
        let mut desk = Self {
            engine: Engine::new(bellhop_model::stored::Stored::default(), config(), now),
            now,
            disk: Disk::default(),
            window: View::default(),
            service: Service::new(now),
            alerts: Vec::new(),
            withdrawn: Vec::new(),
            toasts: BTreeSet::new(),
            focused: Vec::new(),
            waiting: None,
            shown: 0,
            connects: 0,
            opening: false,
            publications: Vec::new(),
            writes: 0,
            disk_is_full: false,
            asks: 0,
            ids: 0,
        };
        desk.start();
        desk
    }

    /// A desk that is Online.
    pub(super) fn online() -> Self {
        let mut desk = Self::new();
        desk.connect();
        assert_eq!(desk.word(), Connection::Online);
        desk
    }

    /// Online, in a chat with Jun, who said "hello".
    pub(super) fn in_chat() -> (Self, ChatId) {
        let mut desk = Self::online();
        let chat = desk.service.asks("Jun", "hello");
        desk.deliver();
        desk.command(Command::Serve { chat_id: chat }).unwrap();
        desk.deliver();
        assert!(desk.chat(chat).head.mine);
        (desk, chat)
    }

    fn start(&mut self) {
        self.window = self.engine.view();
        self.input(Input::Started);
    }

    /// The program ends, as after a power cut, and is started again.
    pub(super) fn restart(&mut self) {
        self.restart_as(config());
    }

    /// The program ends, and another version of it is started.
    pub(super) fn update(&mut self) {
        self.restart_as(EngineConfig { client: "bellhop/next".into(), ..config() });
    }

    fn restart_as(&mut self, config: EngineConfig) {
        self.service.cut();
        self.opening = false;
        self.waiting = None;
        self.engine = Engine::new(self.disk.load(), config, self.now);
        self.start();
    }

    /// The line that is asked for comes to stand and everything is delivered.
    pub(super) fn connect(&mut self) {
        while !self.opening {
            assert!(self.tick(), "no line will be opened: {:?}", self.window.connection);
        }
        self.opening = false;
        self.input(Input::Connected);
        self.deliver();
    }

    /// The line breaks.
    pub(super) fn cut(&mut self) {
        self.service.cut();
        self.opening = false;
        self.input(Input::LinkLost { problem: LinkProblem::Closed { detail: "cut".into() } });
    }

    /// Delivers everything the service has said.
    pub(super) fn deliver(&mut self) {
        while self.deliver_one() {}
    }

    pub(super) fn deliver_one(&mut self) -> bool {
        let Some(frame) = self.service.out.pop_front() else { return false };
        self.frame(frame);
        true
    }

    pub(super) fn frame(&mut self, frame: ServerFrame) {
        let input = Input::Frame { frame };
        if let Some(chat) = self.engine.wanted(&input).and_then(|id| self.disk.history(id)) {
            self.input(Input::Recalled { chat: Box::new(chat) });
        }
        self.input(input);
    }

    /// Lets time pass up to the next timer.
    pub(super) fn tick(&mut self) -> bool {
        let Some(at) = self.engine.wake_at() else { return false };
        self.now = self.now.max(at);
        self.service.now = self.now;
        self.input(Input::Tick);
        assert!(self.engine.wake_at().is_none_or(|next| next > self.now), "a timer stands still");
        true
    }

    /// Lets time pass, with all timers.
    pub(super) fn pass(&mut self, ms: i64) {
        let end = self.now.plus(ms);
        while self.engine.wake_at().is_some_and(|at| at <= end) {
            self.tick();
        }
        self.now = end;
        self.service.now = end;
    }

    pub(super) fn ask(&mut self, ask: Ask) -> Result<(), AskProblem> {
        self.asks += 1;
        let ask_no = self.asks;
        let fresh = self.fresh_id();
        self.input(Input::Ask { ask_no, ask, fresh }).expect("every ask is answered at once")
    }

    pub(super) fn command(&mut self, command: Command) -> Result<CommandId, AskProblem> {
        let id = self.fresh_id();
        self.ask(Ask::Command { id, command }).map(|()| id)
    }

    pub(super) fn say(&mut self, chat_id: ChatId, text: &str) -> CommandId {
        self.command(Command::Say { chat_id, text: text.into() }).unwrap()
    }

    pub(super) fn activate(&mut self, chat_id: ChatId, serve: bool) {
        let fresh = self.fresh_id();
        self.input(Input::Activated { chat_id, serve, fresh });
    }

    pub(super) fn fresh_id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId(bellhop_id(self.ids))
    }

    /// Gives the engine an input and does what it says. Returns the answer to an ask.
    pub(super) fn input(&mut self, input: Input) -> Option<Result<(), AskProblem>> {
        let asked = matches!(input, Input::Ask { .. });
        let effects = self.engine.handle(input, self.now);
        check_order(&effects);
        let mut answer = None;
        let mut lost = false;
        for effect in effects {
            match effect {
                Effect::Store(ops) => {
                    self.writes += 1;
                    if self.disk_is_full && asked && ops.iter().any(is_wish) {
                        let detail = "the disk is full".to_owned();
                        self.input(Input::AskNotStored {
                            ask_no: self.asks,
                            detail: detail.clone(),
                        });
                        // The driver gives the window a snapshot then.
                        self.window = self.engine.view();
                        answer = Some(Err(AskProblem::NotStored { detail }));
                        break;
                    }
                    self.disk.write(ops);
                }
                Effect::Publish(patches) => {
                    for patch in &patches {
                        if let Patch::Focus { chat_id } = patch {
                            self.focused.push(*chat_id);
                        }
                        self.window.apply(patch.clone());
                    }
                    self.publications.push(patches);
                }
                Effect::Connect => {
                    self.service.cut();
                    self.connects += 1;
                    self.opening = true;
                }
                Effect::Disconnect => {
                    self.service.cut();
                    self.opening = false;
                }
                Effect::Send(frame) => self.service.hear(frame),
                Effect::Answer { ask_no, result } => {
                    assert_eq!(ask_no, self.asks);
                    answer = Some(result);
                }
                Effect::Alert(intent) => self.alert(intent),
                Effect::Withdraw { chat_id } => self.withdraw(chat_id),
                Effect::Waiting { count, .. } => {
                    lost |= self.waiting == Some(count) && count == 0;
                    self.waiting = Some(count);
                }
                Effect::ShowWindow => self.shown += 1,
            }
        }
        assert!(!lost, "told twice that nobody waits");
        assert_eq!(self.window, self.engine.view(), "the window has the engine's view");
        if self.window.connection.word == Connection::Online {
            assert_eq!(self.window, self.engine.projection(), "and that is what is so");
        }
        answer
    }

    fn alert(&mut self, intent: AlertIntent) {
        self.toasts.insert(intent.chat_id);
        self.alerts.push(intent);
    }

    fn withdraw(&mut self, chat_id: ChatId) {
        self.toasts.remove(&chat_id);
        self.withdrawn.push(chat_id);
    }

    pub(super) fn chat(&self, id: ChatId) -> &ChatView {
        self.window.chat(id).unwrap_or_else(|| panic!("chat {id} is not shown"))
    }

    pub(super) fn word(&self) -> Connection {
        self.window.connection.word
    }

    /// What is said in a chat, as the window shows it.
    pub(super) fn said(&self, id: ChatId) -> Vec<String> {
        self.chat(id)
            .lines
            .iter()
            .filter_map(|line| match &line.body {
                bellhop_model::chat::LineBody::Said { message } => Some(message.text.clone()),
                _ => None,
            })
            .collect()
    }

    pub(super) fn pending(&self, id: ChatId) -> Vec<String> {
        self.chat(id).pending.iter().map(|pending| pending.text.clone()).collect()
    }
}

fn config() -> EngineConfig {
    EngineConfig {
        token: "a token".into(),
        client: "bellhop/test".into(),
        seed: 7,
        workspace: WorkspaceView::default(),
    }
}

fn is_wish(op: &StoreOp) -> bool {
    !matches!(
        op,
        StoreOp::PutChat { .. }
            | StoreOp::AddLine { .. }
            | StoreOp::DeleteChat { .. }
            | StoreOp::PutContact { .. }
            | StoreOp::SetCursor { .. }
            | StoreOp::SetAsOf { .. }
            | StoreOp::SetUnknownTo { .. }
    )
}

/// Law 2: persist, then publish, then act.
fn check_order(effects: &[Effect]) {
    let rank = |effect: &Effect| match effect {
        Effect::Store(_) => 0,
        Effect::Publish(_) => 1,
        _ => 2,
    };
    assert!(effects.is_sorted_by_key(rank), "out of order: {effects:#?}");
}
