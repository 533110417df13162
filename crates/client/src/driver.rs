//! The task that owns the engine.
//!
//! Invariant: inputs are handled one at a time and the effects of one are carried out, in order,
//! before the next is looked at. A panic in the engine costs the line and nothing stored: the
//! engine begins anew from the cache.

use crate::{
    ClientConfig, Shell, StartError, Watcher,
    clock::{self, Clock},
    link::{Link, LinkEvent},
    persist::{self, Outcome, Persist},
    quarantine::{self, Quarantine},
    window::Window,
};
use bellhop_engine::{Effect, Engine, EngineConfig, Input};
use bellhop_link::ChatService;
use bellhop_model::{
    ChatId, CommandId, Seq, Timestamp,
    frame::ServerFrame,
    stored::StoreOp,
    view::{Ask, AskProblem, LinkProblem, NoticeBody, Patch},
};
use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Interval, MissedTickBehavior},
};

/// What the rest of the program asks of the driver.
pub(crate) enum Request {
    Ask { ask: Box<Ask>, reply: Reply },
    Watch { watcher: Watcher },
    Activated { chat_id: ChatId, serve: bool },
    Notice { body: NoticeBody },
    Woke,
    Suspending,
    NetworkChanged,
    Stop { reply: oneshot::Sender<()> },
}

/// Frames that are taken in together at most: what the window is told waits for all of them.
const TOGETHER: usize = 64;

type Reply = oneshot::Sender<Result<(), AskProblem>>;

/// Why the driver turned.
enum Turn {
    Request(Request),
    Link(LinkEvent),
    Tick,
    Check,
    Deliver,
    /// Nobody holds the client any more.
    Forgotten,
}

/// What gives the engine an input; tests put one here that panics.
type Handle = fn(&mut Engine, Input, Timestamp) -> Vec<Effect>;

pub(crate) struct Driver {
    engine: Engine,
    handle: Handle,
    engine_config: EngineConfig,
    service: Arc<dyn ChatService>,
    shell: Arc<dyn Shell>,
    persist: Persist,
    window: Window,
    link: Option<Link>,
    quarantine: Quarantine,
    clock: Clock,
    checks: Interval,
    inbox: mpsc::UnboundedReceiver<Request>,
    replies: HashMap<u64, Reply>,
    asks: u64,
    stopping: bool,
}

impl Driver {
    pub(crate) async fn new(
        config: ClientConfig,
        inbox: mpsc::UnboundedReceiver<Request>,
    ) -> Result<Self, StartError> {
        let persist = Persist::new(config.store);
        let clock = Clock::start();
        let engine_config = EngineConfig {
            token: config.token,
            client: config.client,
            // The random half of an id is as good a seed as any.
            seed: uuid::Uuid::now_v7().as_u64_pair().1,
            workspace: config.workspace,
        };
        let engine = Engine::new(persist.load().await?, engine_config.clone(), clock.now());
        let mut checks = tokio::time::interval(clock::CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            engine,
            handle: Engine::handle,
            engine_config,
            service: config.service,
            shell: config.shell,
            persist,
            window: Window::default(),
            link: None,
            quarantine: Quarantine::default(),
            clock,
            checks,
            inbox,
            replies: HashMap::new(),
            asks: 0,
            stopping: false,
        })
    }

    /// Runs until stopped.
    pub(crate) async fn run(mut self) {
        tracing::debug!("bellhop-client begins");
        let view = self.engine.view();
        guarded("the shell", || self.shell.settings(&view.settings));
        if let Some(me) = &view.me {
            guarded("the shell", || self.shell.me(me));
        }
        drop(view);
        self.step(Input::Started).await;
        let stopped = loop {
            match self.turn().await {
                Turn::Request(Request::Stop { reply }) => break Some(reply),
                Turn::Forgotten => break None,
                Turn::Request(request) => self.request(request).await,
                Turn::Link(event) => self.link_event(event).await,
                Turn::Tick => self.step(Input::Tick).await,
                Turn::Check => {
                    if self.clock.check() {
                        tracing::info!("time jumped: the machine slept or its clock was set");
                        self.step(Input::Woke).await;
                    }
                    if self.persist.retry().await == Outcome::Recovered {
                        self.step(Input::StoreRecovered).await;
                    }
                }
                Turn::Deliver => {}
            }
            self.window.deliver(|| self.engine.view());
        };
        self.stopping = true;
        self.step(Input::Stopping).await;
        self.persist.store().close().await;
        tracing::debug!("bellhop-client ends");
        if let Some(reply) = stopped {
            let _ = reply.send(());
        }
    }

    async fn turn(&mut self) -> Turn {
        let wake =
            self.engine.wake_at().map(|at| self.clock.until(at).max(Duration::from_millis(1)));
        tokio::select! {
            biased;
            request = self.inbox.recv() => request.map_or(Turn::Forgotten, Turn::Request),
            () = after(self.window.due_in()) => Turn::Deliver,
            _ = self.checks.tick() => Turn::Check,
            () = after(wake) => Turn::Tick,
            event = next_event(&mut self.link) => Turn::Link(event),
        }
    }

    async fn request(&mut self, request: Request) {
        let input = match request {
            Request::Ask { ask, reply } => {
                self.asks += 1;
                self.replies.insert(self.asks, reply);
                Input::Ask { ask_no: self.asks, ask: *ask, fresh: fresh_id() }
            }
            Request::Watch { watcher } => {
                return self.window.attach(watcher, self.engine.view());
            }
            Request::Activated { chat_id, serve } => {
                Input::Activated { chat_id, serve, fresh: fresh_id() }
            }
            Request::Notice { body } => Input::Notice { body },
            Request::Woke => {
                self.clock.check();
                Input::Woke
            }
            Request::Suspending => Input::Suspending,
            Request::NetworkChanged => Input::NetworkChanged,
            Request::Stop { .. } => return,
        };
        self.step(input).await;
    }

    async fn link_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Connected => self.step(Input::Connected).await,
            LinkEvent::Frame(frame) => self.frames(frame).await,
            LinkEvent::Lost(problem) => {
                self.link = None;
                self.step(Input::LinkLost { problem }).await;
            }
        }
    }

    /// Gives the engine the frames that have come by now, one by one, and carries out what comes
    /// of them together: one transaction instead of many when a service has much to tell.
    async fn frames(&mut self, first: Box<ServerFrame>) {
        let mut more = VecDeque::new();
        let mut together = Vec::new();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(mut frame) = next.take() {
            taken += 1;
            self.quarantine.screen(&mut frame);
            let culprit = quarantine::event_in(&frame);
            let input = Input::Frame { frame: *frame };
            if self.engine.wanted(&input).is_some() {
                self.carry_out(in_order(std::mem::take(&mut together)), None, &mut more).await;
                self.step(input).await;
            } else {
                match self.take_in(input) {
                    Some(effects) => together.extend(effects),
                    None => {
                        self.carry_out(in_order(std::mem::take(&mut together)), None, &mut more)
                            .await;
                        self.begin_anew(culprit, &mut more).await;
                    }
                }
            }
            // What a line says after the engine dropped it is unheard.
            let dropped = self.link.is_none()
                || together.iter().any(|e| matches!(e, Effect::Connect | Effect::Disconnect));
            if taken < TOGETHER && !dropped {
                next = self.link.as_mut().and_then(Link::ready_frame);
            }
        }
        self.carry_out(in_order(together), None, &mut more).await;
        while let Some(input) = more.pop_front() {
            self.step(input).await;
        }
    }

    /// Gives the engine one input, and what comes of carrying out its effects.
    async fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            if let Some(chat_id) = self.engine.wanted(&input) {
                match self.persist.store().history_chat(chat_id).await {
                    Ok(Some(chat)) => {
                        let chat = Box::new(chat);
                        self.one(Input::Recalled { chat }, &mut inputs).await;
                    }
                    Ok(None) => tracing::warn!(%chat_id, "an event of a chat that is not stored"),
                    Err(error) => tracing::warn!(%chat_id, %error, "a chat could not be read"),
                }
            }
            self.one(input, &mut inputs).await;
        }
    }

    async fn one(&mut self, input: Input, more: &mut VecDeque<Input>) {
        let ask_no = match &input {
            Input::Ask { ask_no, .. } => Some(*ask_no),
            _ => None,
        };
        let culprit = match &input {
            Input::Frame { frame } => quarantine::event_in(frame),
            _ => None,
        };
        match self.take_in(input) {
            Some(effects) => self.carry_out(effects, ask_no, more).await,
            None => self.begin_anew(culprit, more).await,
        }
        if let Some(ask_no) = ask_no {
            // Only a panic leaves an ask unanswered; dropping it answers "not ready".
            self.replies.remove(&ask_no);
        }
    }

    /// What the engine makes of an input; `None` when it panicked.
    fn take_in(&mut self, input: Input) -> Option<Vec<Effect>> {
        let now = self.clock.now();
        catch_unwind(AssertUnwindSafe(|| (self.handle)(&mut self.engine, input, now))).ok()
    }

    async fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        ask_no: Option<u64>,
        more: &mut VecDeque<Input>,
    ) {
        for effect in effects {
            match effect {
                Effect::Store(ops) => {
                    if !self.store(ops, ask_no, more).await {
                        return;
                    }
                }
                Effect::Publish(patches) => self.publish(patches),
                Effect::Connect => self.link = Some(Link::open(Arc::clone(&self.service))),
                Effect::Disconnect => {
                    if let Some(link) = self.link.take()
                        && self.stopping
                    {
                        link.finish().await;
                    }
                }
                Effect::Send(frame) => {
                    if self.link.as_ref().is_some_and(|link| !link.send(frame)) {
                        self.link = None;
                        more.push_back(Input::LinkLost { problem: LinkProblem::Silent });
                    }
                }
                Effect::Answer { ask_no, result } => self.answer(ask_no, result),
                Effect::Alert(intent) => guarded("the shell", || self.shell.alert(intent)),
                Effect::Withdraw { chat_id } => {
                    guarded("the shell", || self.shell.withdraw(chat_id));
                }
                Effect::Waiting { count, .. } => {
                    guarded("the shell", || self.shell.waiting(count));
                }
                Effect::ShowWindow => guarded("the shell", || self.shell.show_window()),
            }
        }
    }

    /// Whether the effects after it may be carried out.
    async fn store(
        &mut self,
        ops: Vec<StoreOp>,
        ask_no: Option<u64>,
        more: &mut VecDeque<Input>,
    ) -> bool {
        let wish = ask_no.filter(|_| ops.iter().any(persist::is_wish));
        match (self.persist.write(ops, wish.is_none()).await, wish) {
            (Outcome::Stored, _) => {}
            (Outcome::Recovered, _) => more.push_back(Input::StoreRecovered),
            (Outcome::Failed { detail }, None) => more.push_back(Input::StoreFailed { detail }),
            (Outcome::Failed { detail }, Some(ask_no)) => {
                more.push_back(Input::AskNotStored { ask_no, detail: detail.clone() });
                // The engine takes back what was never published.
                self.window.tear();
                self.answer(ask_no, Err(AskProblem::NotStored { detail }));
                return false;
            }
        }
        true
    }

    fn publish(&mut self, patches: Vec<Patch>) {
        for patch in &patches {
            match patch {
                Patch::Settings { settings } => {
                    guarded("the shell", || self.shell.settings(settings));
                }
                Patch::Me { me } => guarded("the shell", || self.shell.me(me)),
                Patch::Connection { connection } => {
                    guarded("the shell", || self.shell.connection(connection.word));
                }
                _ => {}
            }
        }
        self.window.publish(patches);
    }

    fn answer(&mut self, ask_no: u64, result: Result<(), AskProblem>) {
        if let Some(reply) = self.replies.remove(&ask_no) {
            // An error means that the window was reloaded meanwhile.
            let _ = reply.send(result);
        }
    }

    /// The engine panicked. Its state is not to be trusted; what is stored is.
    async fn begin_anew(&mut self, culprit: Option<Seq>, more: &mut VecDeque<Input>) {
        let detail = match culprit {
            Some(seq) if self.quarantine.blame(seq) => format!("event {seq} was skipped"),
            Some(seq) => format!("event {seq} could not be taken in at first"),
            None => "an internal fault was mended".to_owned(),
        };
        tracing::error!(%detail, "the engine panicked and begins anew from the cache");
        self.link = None;
        self.persist.begin_anew();
        more.clear();
        match self.persist.load().await {
            Ok(stored) => {
                self.engine = Engine::new(stored, self.engine_config.clone(), self.clock.now());
            }
            Err(error) => {
                // Both the engine and the cache are broken: without either there is no truth to
                // show. The next start examines the cache.
                tracing::error!(%error, "the cache cannot be read after a panic");
                self.inbox.close();
                return;
            }
        }
        self.window.tear();
        more.push_back(Input::Started);
        more.push_back(Input::Notice { body: NoticeBody::Resynced { detail } });
    }
}

/// Calls something of another part of the program; its panic is its own.
pub(crate) fn guarded(whose: &str, call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("{whose} panicked");
    }
}

/// The effects of several inputs as if they were of one (law 2): all that is stored in one
/// transaction first, then all that is published, then the rest as it came.
fn in_order(effects: Vec<Effect>) -> Vec<Effect> {
    let (mut ops, mut patches, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Store(more) => ops.extend(more),
            Effect::Publish(more) => patches.extend(more),
            other => rest.push(other),
        }
    }
    let stored = (!ops.is_empty()).then_some(Effect::Store(ops));
    let published = (!patches.is_empty()).then_some(Effect::Publish(patches));
    stored.into_iter().chain(published).chain(rest).collect()
}

fn fresh_id() -> CommandId {
    CommandId(uuid::Uuid::now_v7())
}

async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn next_event(link: &mut Option<Link>) -> LinkEvent {
    match link {
        Some(link) => link.event().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
