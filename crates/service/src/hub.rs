//! The hub: the one task that owns the account and the journal's writing end.
//!
//! Sockets hand it jobs; it takes as many as are there, decides them in order, stores what follows
//! in one transaction (group commit: while one commit is on its way to the disk, the next jobs
//! gather), and only then tells anybody (law 2). Everything a job leads to is an [`Effect`] that
//! waits for the commit, so what sockets see is always what a restart would show.
//!
//! It leaves decisions to the account, bytes to the journal and the sockets.

mod agents;
mod files;
mod job;
mod lists;
mod live;
mod recovery;
mod retention;
mod round;
mod snapshots;
mod tokens;
mod visitors;
mod visits;

pub use job::{AdminProblem, Listed, Team};
pub(crate) use job::{
    Arrival, FileAnswer, Job, Numbers, Offer, Out, Subscription, VisitorOut, VisitorWelcome,
};
pub(crate) use live::Told;
pub(crate) use tokens::Revoked;

use crate::{
    account::{Account, AccountRules, ChatRoom, FirstReply, RUNS_AT_ONCE},
    address::Address,
    buckets::Buckets,
    clock::{Clock, millis},
    config::{Config, Tuning},
    files::Files,
    fold::Folded,
    journal::{Actor, Journal},
    metrics::Metrics,
};
use axum::body::Bytes;
use bellhop_model::{
    AgentId, CommandId, Seq, Timestamp, Trigger, VisitorId, frame::Outcome, frame::ServerFrame,
    frame::Workspace,
};
use round::{Effect, Round};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, broadcast, mpsc, oneshot, watch},
    task::JoinSet,
};

/// Jobs taken together at most; with what each may write, one transaction stays small.
const BATCH: usize = 256;
/// How often in one step it is asked what is due: what was due may make something else due.
const DUE_AT_ONCE: usize = 16;
/// Jobs that may wait; a socket with one more waits itself.
const QUEUE: usize = 1024;

/// Agents' pictures by their names, as they are stored.
type Pictures = HashMap<String, Bytes>;

/// First answers found for the commands of a batch.
type Known = HashMap<(Actor, CommandId), Outcome>;

/// When the account was looked at last for what happens by itself. Most steps are a visitor's who
/// looks at another page: nothing comes of them there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Due {
    /// The account as it was then; `None`: something may be due.
    looked_at: Option<(u64, bool)>,
    /// When something is due next.
    next: Option<Timestamp>,
}

/// The way to the hub.
#[derive(Debug, Clone)]
pub(crate) struct HubHandle {
    jobs: mpsc::Sender<Job>,
    pictures: watch::Receiver<Pictures>,
}

/// The hub is gone: the service is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service is stopping")]
pub(crate) struct Stopped;

impl HubHandle {
    /// Hands a job over; waits while too many are queued.
    pub(crate) async fn give(&self, job: Job) -> Result<(), Stopped> {
        self.jobs.send(job).await.map_err(|_| Stopped)
    }

    /// An agent's picture. Anybody may ask for one, so it is no job.
    pub(crate) fn picture(&self, name: &str) -> Option<Bytes> {
        self.pictures.borrow().get(name).cloned()
    }

    /// It takes jobs.
    pub(crate) fn is_alive(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// Hands a job over and waits for its answer.
    pub(crate) async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<T>) -> Job,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.give(job(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }
}

/// What the hub works with besides the journal.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) metrics: Arc<Metrics>,
    /// Woken when tickets were stored.
    pub(crate) tickets: Arc<Notify>,
    pub(crate) files: Files,
}

/// See the module.
pub(crate) struct Hub {
    jobs: mpsc::Receiver<Job>,
    journal: Journal,
    account: Account,
    workspace: Workspace,
    tuning: Tuning,
    clock: Clock,
    /// The moment of this step.
    now: Timestamp,
    ring: broadcast::Sender<Out>,
    /// The last event the sockets were told of.
    published: Seq,
    agents_here: HashMap<AgentId, u32>,
    /// Who has as many chats as she gets.
    at_limit: BTreeSet<AgentId>,
    staffed: bool,
    visitors: HashMap<VisitorId, Box<visitors::Present>>,
    /// When to look again at a visitor who closed the last page.
    departures: BTreeSet<(Timestamp, VisitorId)>,
    /// When to look at whether a visitor is idle.
    idle_checks: BTreeSet<(Timestamp, VisitorId)>,
    live: live::LiveLane,
    storage: recovery::Storage,
    snapshots: snapshots::Snapshots,
    due: Due,
    retention: retention::Retention,
    /// Visitors who were not on the site before, by their address.
    newcomers: Buckets<Address>,
    /// Offline messages, by the address they come from.
    left_messages: Buckets<Address>,
    pictures: watch::Sender<Pictures>,
    metrics: Arc<Metrics>,
    tickets: Arc<Notify>,
    files: Files,
    /// Files that are being deleted.
    removals: JoinSet<()>,
}

impl Hub {
    /// Starts the task. `folded` is the journal's fold; `clock` is not before its newest event.
    pub(crate) fn start(
        journal: Journal,
        folded: Folded,
        mut clock: Clock,
        workspace: Workspace,
        tuning: Tuning,
        tools: Tools,
    ) -> (HubHandle, tokio::task::JoinHandle<()>) {
        let (give, jobs) = mpsc::channel(QUEUE);
        let (ring, _) = broadcast::channel(tuning.lag_frames.max(1));
        let (pictures, shown) = watch::channel(Pictures::new());
        let now = clock.now();
        let Folded { mut account, began_at, .. } = folded;
        let Tools { metrics, tickets, files } = tools;
        account.everybody_gone(now);
        let live = live::LiveLane::new(millis(tuning.live_flush));
        let newcomers = Buckets::new(tuning.new_visitors_per_address);
        let left_messages = Buckets::new(tuning.offline_messages_per_address);
        let snapshots = snapshots::Snapshots::new(began_at, tuning.snapshot_every);
        let hub = Self {
            jobs,
            journal,
            published: account.head(),
            account,
            workspace,
            tuning,
            clock,
            now,
            ring,
            agents_here: HashMap::new(),
            at_limit: BTreeSet::new(),
            staffed: false,
            visitors: HashMap::new(),
            departures: BTreeSet::new(),
            idle_checks: BTreeSet::new(),
            live,
            storage: recovery::Storage::Fine,
            snapshots,
            due: Due::default(),
            retention: retention::Retention::default(),
            newcomers,
            left_messages,
            pictures,
            metrics,
            tickets,
            files,
            removals: JoinSet::new(),
        };
        hub.show_pictures();
        (HubHandle { jobs: give, pictures: shown }, tokio::spawn(hub.run()))
    }

    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let wait = self.wait_for();
            let taken = tokio::select! {
                taken = self.jobs.recv_many(&mut batch, BATCH) => taken,
                () = tokio::time::sleep(wait) => 1,
                made = self.snapshots.made() => {
                    self.snapshot_made(made);
                    1
                }
            };
            self.now = self.clock.now();
            self.account.forget(self.now);
            let known = self.first_answers(&batch).await;
            let mut round = Round::default();
            let mut stop = None;
            for job in batch.drain(..) {
                if let Job::Stop { answer } = job {
                    stop = Some(answer);
                    break;
                }
                self.handle(job, &known, &mut round).await;
            }
            self.timers(&mut round);
            self.retention_step(&mut round).await;
            self.settle(round).await;
            self.storage_step().await;
            self.traces_step().await;
            self.forget_what_is_old().await;
            self.flush_live();
            self.snapshot_step();
            if taken == 0 || stop.is_some() {
                return Box::pin(self.shut(stop)).await;
            }
        }
    }

    async fn shut(mut self, stop: Option<oneshot::Sender<()>>) {
        self.last_snapshot().await;
        while self.removals.join_next().await.is_some() {}
        if self.storage.is_fine()
            && let Err(error) = self.journal.remove_traces().await
        {
            tracing::warn!(%error, "traces of what was deleted stay until the next start");
        }
        let Self { journal, jobs, ring, .. } = self;
        // From here on every socket finds the hub gone.
        drop((jobs, ring));
        journal.close().await;
        if let Some(stop) = stop {
            let _ = stop.send(());
        }
    }

    async fn handle(&mut self, job: Job, known: &Known, round: &mut Round) {
        match job {
            Job::AgentCommand { agent, wish, answers } => {
                self.agent_command(agent, &wish, answers, known, round);
            }
            Job::AgentTyping { agent, chat_id, on } => {
                self.agent_typing(agent, chat_id, on, round);
            }
            Job::VisitorWish { visitor, id, wish, out } => {
                self.visitor_wish(&visitor, id, wish, out, known, round);
            }
            Job::VisitorTyping { visitor, on } => self.visitor_typing(&visitor, on, round),
            Job::VisitorPage { visitor, page } => self.visitor_page(&visitor, page),
            Job::VisitorDepartment { visitor, department } => {
                self.visitor_department(&visitor, department);
            }
            Job::VisitorSkills { visitor, skills } => self.visitor_skills(&visitor, skills),
            Job::VisitorActive { visitor } => self.visitor_active(&visitor),
            Job::VisitorOpens { visitor, socket, open } => {
                self.visitor_opens(&visitor, socket, open);
            }
            Job::VisitorGone { visitor, socket } => self.visitor_gone(&visitor, socket),
            Job::AddAgent { name, email, answer } => self.add_agent(name, email, answer, round),
            Job::AgentByEmail { email, answer } => {
                let _ = answer.send(self.account.agent_by_email(&email).cloned());
            }
            Job::SigningIn { email, answer } => drop(answer.send(self.signing_in(&email))),
            Job::SetAvatar { agent, avatar, answer } => {
                self.set_avatar(agent, avatar, answer, round);
            }
            Job::FileArrived { from, id, name, file, answer } => {
                self.file_arrived((&from, id), (&name, file), answer, known, round);
            }
            Job::Admin { wish, answer } => self.admin(&wish, answer, round),
            Job::RevokeToken { token, answer } => {
                let _ = answer.send(self.revoke_token(&token).await);
            }
            Job::Numbers { answer } => drop(answer.send(self.numbers())),
            Job::Stop { .. } => {}
            Job::FileOffered { from, id, name, answer } => {
                self.settle(std::mem::take(round)).await;
                let _ = answer.send(self.file_offered(&from, id, &name, known));
            }
            job => {
                self.settle(std::mem::take(round)).await;
                self.handle_settled(job, round).await;
            }
        }
    }

    /// Jobs that must see nothing that is not stored yet.
    async fn handle_settled(&mut self, job: Job, round: &mut Round) {
        match job {
            Job::AgentHere { agent, cursor, answer } => {
                let _ = answer.send(self.agent_here(agent, cursor));
            }
            Job::Resubscribe { agent, answer } => {
                let _ = answer.send(self.subscription(agent));
            }
            Job::List { agent, asked, answers } => {
                let page = ServerFrame::Listed(self.page_for(agent, asked));
                let _ = answers.send(page);
            }
            Job::AgentGone { agent } => self.agent_gone(agent, round),
            Job::VisitorHere { arrival, cursor, socket, out, answer } => {
                let _ = answer.send(self.visitor_here(*arrival, cursor, socket, out));
            }
            Job::IssueToken { agent, token, lifetime, answer } => {
                let _ = answer.send(self.issue_token(agent, &token, lifetime).await);
            }
            Job::RevokeTokens { agent, answer } => {
                let _ = answer.send(self.revoke_tokens(agent).await);
            }
            Job::SetPassword { agent, hash, answer } => {
                let _ = answer.send(self.set_password(agent, &hash).await);
            }
            Job::TicketNoted { of, note, answer } => {
                let _ = answer.send(self.note_ticket(of, &note).await);
            }
            Job::SupportAgents { agents, answer } => {
                self.support_agents(&agents, answer, round).await;
            }
            Job::ListAgents { answer } => {
                let _ = answer.send(self.listed().await);
            }
            job => self.tell(job),
        }
    }

    /// Jobs that only ask how things are.
    fn tell(&self, job: Job) {
        match job {
            Job::Team { answer } => {
                let _ = answer.send(self.team());
            }
            Job::Shortcuts { answer } => {
                let _ = answer.send(self.account.shortcuts().cloned().collect());
            }
            Job::KnownTags { answer } => {
                let _ = answer.send(self.account.known_tags(None).cloned().collect());
            }
            Job::Triggers { answer } => {
                let all = self.account.triggers().iter();
                let _ = answer.send(all.map(|trigger| Trigger::clone(trigger)).collect());
            }
            Job::Bans { search, answer } => {
                let _ = answer.send(self.account.bans(&search, None).cloned().collect());
            }
            Job::ContactsOf { visitors, answer } => {
                let of = visitors.iter().map(|visitor| self.account.contact_of(visitor));
                let _ = answer.send(of.collect());
            }
            Job::FileAsked { viewer, file, answer } => {
                let _ = answer.send(self.account.file_for(&viewer, &file).cloned());
            }
            Job::FileRulesAsked { viewer, answer } => {
                let _ = answer.send(self.file_rules_for(&viewer));
            }
            Job::Files { answer } => {
                let all = self.account.files();
                let _ = answer.send(all.map(|(id, kept)| (id.clone(), kept.clone())).collect());
            }
            Job::May { agent, permission, answer } => {
                let extent = self.account.roles().extent(agent, permission);
                let _ = answer.send(extent.allows());
            }
            // The others are handled before.
            _ => {}
        }
    }

    /// The first answers to those commands of the batch that are repeats (law 6).
    async fn first_answers(&mut self, batch: &[Job]) -> Known {
        let commands: Vec<_> = batch.iter().filter_map(Job::command).collect();
        if commands.is_empty() || !self.storage.is_fine() {
            return Known::new();
        }
        match self.journal.answers(&commands).await {
            Ok(known) => known,
            Err(error) => {
                self.storage_failed(&error);
                Known::new()
            }
        }
    }

    /// What happens by itself.
    fn timers(&mut self, round: &mut Round) {
        let is_due = self.due.next.is_some_and(|at| at <= self.now);
        if self.storage.is_fine() && (is_due || self.due.looked_at != Some(self.looks())) {
            self.due.looked_at = self.what_is_due(round);
            for _ in 0..RUNS_AT_ONCE {
                let facts = self.account.step_trigger(self.now, self.staffed);
                let Some(facts) = facts else { break };
                for fact in facts {
                    self.record(fact, round);
                }
            }
            self.due.next = self.account.next_due(self.staffed);
        }
        for agent in self.limits_reached() {
            round.then(Effect::Presence(agent));
        }
        if self.account.hours_turned(self.now) {
            round.then(Effect::HoursTurned);
        }
        self.expire_typing(round);
        self.visitors_departed();
        self.visitors_idle();
    }

    /// How the account was when nothing was due any more; `None` where something still may be.
    fn what_is_due(&mut self, round: &mut Round) -> Option<(u64, bool)> {
        for _ in 0..DUE_AT_ONCE {
            let due = self.account.due(self.now);
            if due.is_empty() {
                return Some(self.looks());
            }
            for fact in due {
                self.record(fact, round);
            }
        }
        None
    }

    /// What decides when something is due besides time.
    fn looks(&self) -> (u64, bool) {
        (self.account.changes(), self.staffed)
    }

    fn numbers(&self) -> Numbers {
        let here = self.visitors.values().filter(|present| !present.sockets.is_empty());
        Numbers {
            agents: self.agents_here.len() as u64,
            agent_sockets: self.agents_here.values().map(|sockets| u64::from(*sockets)).sum(),
            visitors: here.clone().count() as u64,
            visitor_sockets: here.map(|present| present.sockets.len() as u64).sum(),
            waiting: self.account.waiting_count() as u64,
            served: self.account.served_count() as u64,
            events: self.published.0,
        }
    }

    /// How long until something happens by itself.
    fn wait_for(&self) -> Duration {
        // Where it has changed since it was looked at, it is looked at at once.
        let fresh = self.due.looked_at == Some(self.looks());
        let account = if fresh { self.due.next } else { Some(self.now) };
        let account = account.filter(|_| self.storage.is_fine());
        let departure = self.departures.first().map(|(at, _)| *at);
        let idle = self.idle_checks.first().map(|(at, _)| *at);
        let [live, storage] = [self.live.wake_at(), self.storage.retry_at()];
        let next = [account, departure, idle, live, storage, self.retention_at()];
        match next.into_iter().flatten().min() {
            // At least a millisecond, so that a clock that stands still makes no busy loop.
            Some(at) => Duration::from_millis(at.since(self.now).unsigned_abs().max(1)),
            None => Duration::from_hours(1),
        }
    }
}

/// The rules an account is folded with.
pub(crate) fn account_rules(config: &Config) -> AccountRules {
    let Config { tuning, workspace_name, trusted_proxies, .. } = config;
    AccountRules {
        first_reply: FirstReply {
            after_ms: millis(tuning.first_reply_after),
            name: workspace_name.clone(),
        },
        visitor_timeout_ms: millis(tuning.visitor_timeout),
        session_idle_ms: millis(tuning.session_idle),
        file_room: Some(tuning.files_bytes),
        chat_room: Some(ChatRoom {
            messages: tuning.messages_per_chat,
            bytes: tuning.text_bytes_per_chat,
        }),
        proxies: trusted_proxies.iter().copied().map(Address::of).collect(),
    }
}
