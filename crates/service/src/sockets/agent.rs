//! The agents' socket: hello, catching up from the journal, then live (law 5).
//!
//! Invariant: each event that is for this agent is sent once and in order, each naming the one sent
//! before it; a digest is sent only for exactly the events that were sent. A client that does not keep up is cut off and
//! resumes by its cursor.

use super::{
    Sockets,
    line::{Ended, Line, OF_AN_AGENT, check_opening, close_code, parse, text_of},
    stopped,
    telling::{after_gap, event_frame, is_for},
    upgrade::{Io, Upgrade},
};
use crate::{
    account::{AgentWish, Counts},
    address::Address,
    bucket::Bucket,
    clock::Clock,
    hub::{Job, Out, Revoked, Stopped, Subscription, Told},
    journal::{Bearer, token_hash},
    metrics::Who,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    AgentId, Permission, Seq, Timestamp,
    frame::{ClientFrame, Digest, PROTOCOL, Rejection, ServerFrame},
    permission::Roles,
    rules,
};
use tokio::{
    sync::{broadcast::error::RecvError, broadcast::error::TryRecvError, mpsc},
    time::{Duration, Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Events read from the journal at one time.
const PAGE: u32 = 512;
/// Characters of a client's name in the log.
const CLIENT_CHARS: usize = 80;
/// Commands whose answers are awaited; with more, the socket is not read.
const UNANSWERED: usize = 128;

/// Answers `GET /agent`.
pub(crate) async fn agent_socket(
    State(sockets): State<Sockets>,
    address: Address,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    if from_a_page(&headers) {
        return (StatusCode::FORBIDDEN, "web pages do not speak to the agents' socket")
            .into_response();
    }
    let place = match sockets.place(&sockets.desks, address) {
        Ok(place) => place,
        Err(too_fast) => return too_fast.into_response(),
    };
    let Ok(permit) = sockets.room.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
    };
    upgrade.answer(move |io, inside| async move {
        run(sockets, address, io).await;
        drop((permit, place, inside));
    })
}

/// A page of the web asks, and not our window.
pub(crate) fn from_a_page(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| !is_our_window(origin.as_bytes()))
}

/// A browser says which page a request comes from; a token is worth nothing to a page, but no
/// page has any business here. The desktop program's own window is the exception.
fn is_our_window(origin: &[u8]) -> bool {
    matches!(origin, b"tauri://localhost" | b"http://tauri.localhost" | b"https://tauri.localhost")
}

async fn run(sockets: Sockets, address: Address, io: Io) {
    let open = sockets.open.clone();
    let mut line = Line::new(io, &sockets.tuning, OF_AN_AGENT).await;
    let ended = match serve(&sockets, address, &mut line).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    };
    match ended {
        Ended::Gone => {
            if line.is_stuck() {
                sockets.metrics.too_slow(Who::Agent);
            }
            line.end::<ServerFrame>(None).await;
        }
        Ended::Reject(rejection) => {
            tracing::debug!(%rejection, "an agent's line ends");
            sockets.metrics.rejected(Who::Agent, &rejection);
            let code = close_code(&rejection);
            line.end(Some((&ServerFrame::Rejected(rejection), code))).await;
        }
    }
    drop(open);
}

/// Never returns but by ending.
enum Never {}

impl From<Stopped> for Ended {
    fn from(_: Stopped) -> Self {
        Self::Reject(Rejection::Stopping)
    }
}

async fn serve(sockets: &Sockets, address: Address, line: &mut Line) -> Result<Never, Ended> {
    let (token, cursor, client) = hello(sockets, line).await?;
    let bearer = bearer(sockets, &token_hash(&token)).await?;
    let agent = bearer.agent;
    let here = |answer| Job::AgentHere { agent, cursor, answer };
    let subscription = sockets.hub.ask(here).await?.map_err(Ended::Reject)?;
    sockets.doorkeeper.let_in(&subscription.me.email, address);
    tracing::info!(%agent, %cursor, client, "an agent is here");
    let ended = Session::new(sockets, line, bearer, cursor, &subscription).run(subscription).await;
    // Whatever ended it, the hub must know that this socket is no more.
    sockets.hub.give(Job::AgentGone { agent }).await?;
    ended
}

/// Whose token it is, by its hash, while it is good.
pub(crate) async fn bearer(sockets: &Sockets, token: &[u8]) -> Result<Bearer, Ended> {
    match sockets.reader.bearer(token).await {
        Ok(Some(bearer)) if !bearer.has_expired(Clock::starting_at(Timestamp(0)).now()) => {
            Ok(bearer)
        }
        Ok(_) => Err(Ended::Reject(Rejection::BadToken)),
        Err(error) => {
            tracing::warn!(%error, "a token could not be looked up");
            Err(Ended::Reject(Rejection::StorageUnavailable))
        }
    }
}

/// A token may have been revoked before its line began to listen to the ring, which tells of it
/// from there on.
async fn still_good(sockets: &Sockets, known: &Bearer) -> Result<(), Ended> {
    bearer(sockets, &known.token).await.map(drop)
}

/// The token, what the client has, and which program it is.
async fn hello(sockets: &Sockets, line: &mut Line) -> Result<(String, Seq, String), Ended> {
    let mut stopping = sockets.stopping.clone();
    let first = tokio::select! {
        first = timeout(sockets.tuning.hello_timeout, line.next()) => first,
        () = stopped(&mut stopping) => return Err(Ended::Reject(Rejection::Stopping)),
    };
    let text = first.map_err(|_| Ended::bad_frame("no hello in time"))??;
    check_opening(&text, PROTOCOL)?;
    let ClientFrame::Hello { token, cursor, client, .. } = parse(&text)? else {
        return Err(Ended::bad_frame("the first frame must be hello"));
    };
    Ok((token, cursor, rules::clean_line(&client, CLIENT_CHARS)))
}

struct Session<'a> {
    sockets: &'a Sockets,
    line: &'a mut Line,
    agent: AgentId,
    /// What let her in.
    bearer: Bearer,
    /// The last event sent.
    sent: Seq,
    /// She is told who is on the site.
    sees_visitors: bool,
    /// She is told what happens to past chats in which she was not.
    views_past: bool,
    /// Who is on which page, until its moment.
    held: Held,
}

/// What visitors do is told to all agents, and is long where many are on the site: each gets it at a
/// moment of her own within the lane's interval, so that no event waits for a hundred long writes.
#[derive(Debug, Default)]
struct Held {
    frames: Vec<Utf8Bytes>,
    until: Option<Instant>,
    /// After the lane's own moment.
    phase: Duration,
}

/// Moments within an interval.
const PHASES: u32 = 16;

impl Held {
    fn of(agent: AgentId, interval: Duration) -> Self {
        let turn = u32::try_from(agent.0 % u64::from(PHASES)).unwrap_or_default();
        let phase = interval / PHASES * turn;
        Self { phase, ..Self::default() }
    }

    fn put(&mut self, frame: Utf8Bytes) {
        self.frames.push(frame);
        self.until.get_or_insert_with(|| Instant::now() + self.phase);
    }

    fn take(&mut self) -> Vec<Utf8Bytes> {
        self.until = None;
        std::mem::take(&mut self.frames)
    }
}

impl<'a> Session<'a> {
    fn new(
        sockets: &'a Sockets,
        line: &'a mut Line,
        bearer: Bearer,
        cursor: Seq,
        subscription: &Subscription,
    ) -> Self {
        let agent = bearer.agent;
        let roles = &subscription.roles;
        let (sees_visitors, views_past) = (sees_visitors(roles, agent), views_past(roles, agent));
        let held = Held::of(agent, sockets.tuning.live_flush);
        Self { sockets, line, agent, bearer, sent: cursor, sees_visitors, views_past, held }
    }

    async fn run(mut self, subscription: Subscription) -> Result<Never, Ended> {
        still_good(self.sockets, &self.bearer).await?;
        let Subscription { me, workspace, counts, now, .. } = &subscription;
        let welcome = ServerFrame::Welcome {
            protocol: PROTOCOL,
            me: me.clone(),
            workspace: workspace.clone(),
            head: counts.last,
            now: *now,
        };
        self.line.feed(text_of(&welcome)?).await?;
        self.line.feed(text_of(&ServerFrame::Setup(subscription.setup.clone()))?).await?;
        let own = subscription.roles.own(self.agent);
        self.line.feed(text_of(&ServerFrame::Permissions(own))?).await?;
        self.line.send(&ServerFrame::Lists(subscription.lists)).await?;
        let roles = subscription.roles.clone();
        let subscription = self.catch_up(subscription).await?;
        if subscription.roles != roles {
            let mut counts = subscription.counts.clone();
            self.told(Ok(Out::Roles(subscription.roles.clone())), &mut counts).await?;
        }
        let digest = self.digest(&subscription.counts);
        self.line.feed(text_of(&ServerFrame::CaughtUp { digest })?).await?;
        for frame in subscription.live {
            self.line.feed(frame).await?;
        }
        self.line.flush().await?;
        let Subscription { ring, counts, .. } = subscription;
        self.live(ring, counts).await
    }

    /// Sends what the journal has after the cursor. A client so far behind that the ring passes it
    /// meanwhile begins to listen anew, from where it is.
    async fn catch_up(&mut self, mut subscription: Subscription) -> Result<Subscription, Ended> {
        let (mut read, mut hidden) = (self.sent, subscription.hidden.take());
        loop {
            let head = subscription.counts.last;
            while read < head {
                if *self.sockets.stopping.borrow() {
                    return Err(Ended::Reject(Rejection::Stopping));
                }
                let page = self.sockets.reader.page(read, head, PAGE).await;
                let page = page.map_err(|error| {
                    tracing::warn!(%error, "events could not be read for a client");
                    Ended::Reject(Rejection::StorageUnavailable)
                })?;
                if page.is_empty() {
                    return Err(Ended::Reject(Rejection::StorageUnavailable));
                }
                for event in page {
                    read = event.seq;
                    if is_for(self.agent, &event, hidden.as_mut()) {
                        self.line.feed(event_frame(self.sent, &event)).await?;
                        self.sent = event.seq;
                    }
                }
                self.line.flush().await?;
            }
            if subscription.ring.len() < self.sockets.tuning.lag_frames / 2 {
                return Ok(subscription);
            }
            let agent = self.agent;
            let anew = |answer| Job::Resubscribe { agent, answer };
            subscription = self.sockets.hub.ask(anew).await?.map_err(Ended::Reject)?;
            let before = std::mem::replace(&mut hidden, subscription.hidden.take());
            if let (Some(hidden), Some(before)) = (&mut hidden, before) {
                hidden.goes_on_from(before);
            }
            still_good(self.sockets, &self.bearer).await?;
        }
    }

    async fn live(
        mut self,
        mut ring: tokio::sync::broadcast::Receiver<Out>,
        mut counts: Counts,
    ) -> Result<Never, Ended> {
        let (answer, mut answers) = mpsc::unbounded_channel();
        let mut stopping = self.sockets.stopping.clone();
        let mut clock = Clock::starting_at(Timestamp(0));
        let mut bucket = Bucket::new(self.sockets.tuning.agent_frames, clock.now());
        let mut unanswered = 0_usize;
        let beat = self.sockets.tuning.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + beat, beat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let left = self.bearer.expires_at.map(|at| at.since(clock.now()).max(0).unsigned_abs());
        let expires = left.map(|left| Instant::now() + Duration::from_millis(left));
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => return Err(Ended::Reject(Rejection::Stopping)),
                () = sleep_until_some(expires), if expires.is_some() => {
                    return Err(Ended::Reject(Rejection::BadToken));
                }
                out = ring.recv() => {
                    self.told(out, &mut counts).await?;
                    self.tell_waiting(&mut ring, &mut counts).await?;
                    self.line.flush().await?;
                }
                Some(frame) = answers.recv() => {
                    // All that one commit answers goes out together.
                    let mut next = Some(frame);
                    while let Some(frame) = next.take() {
                        unanswered = unanswered.saturating_sub(1);
                        self.line.feed(text_of(&frame)?).await?;
                        next = answers.try_recv().ok();
                    }
                    self.line.flush().await?;
                }
                text = self.line.next(), if unanswered < UNANSWERED => {
                    let frame = parse(&text?)?;
                    unanswered += self.hear(frame, &answer, &counts).await?;
                    if let Err(wait) = bucket.take(clock.now()) {
                        self.line.pause_for(wait);
                    }
                }
                () = sleep_until_some(self.held.until), if self.held.until.is_some() => {
                    for frame in self.held.take() {
                        self.line.feed(frame).await?;
                    }
                    self.line.flush().await?;
                }
                _ = heartbeat.tick() => {
                    if self.line.silent_for() > self.sockets.tuning.silence_limit {
                        return Err(Ended::Gone);
                    }
                    self.line.send(&ServerFrame::Digest(self.digest(&counts))).await?;
                    self.line.ping().await?;
                }
            }
        }
    }

    /// One thing the hub tells every agent.
    async fn told(
        &mut self,
        out: Result<Out, RecvError>,
        counts: &mut Counts,
    ) -> Result<(), Ended> {
        match out {
            Ok(Out::Event { seq, frame, counts: after, audience, of_past }) => {
                *counts = after;
                let of_past = of_past.filter(|_| !self.views_past);
                let among = [audience, of_past];
                if among.iter().flatten().any(|agents| !agents.contains(&self.agent)) {
                    return Ok(());
                }
                let frame =
                    if self.sent.next() == seq { frame } else { after_gap(self.sent, &frame) };
                self.line.feed(frame).await?;
                self.sent = seq;
                Ok(())
            }
            Ok(Out::Live(Told { of_visitors: true, .. })) if !self.sees_visitors => Ok(()),
            Ok(Out::Live(Told { of_visitors: true, frame })) => {
                self.held.put(frame);
                Ok(())
            }
            Ok(Out::Live(Told { frame, .. })) => self.line.feed(frame).await,
            Ok(Out::Roles(roles)) if sees_visitors(&roles, self.agent) != self.sees_visitors => {
                Err(Ended::Reject(Rejection::RightsChanged))
            }
            Ok(Out::Roles(roles)) => {
                self.views_past = views_past(&roles, self.agent);
                let own = ServerFrame::Permissions(roles.own(self.agent));
                self.line.feed(text_of(&own)?).await
            }
            Ok(Out::Cut(rejection)) => Err(Ended::Reject(rejection)),
            Ok(Out::Revoked(revoked)) if self.bearer.is_among(&revoked) => {
                Err(Ended::Reject(Rejection::BadToken))
            }
            Ok(Out::Revoked(_)) => Ok(()),
            Err(RecvError::Lagged(_)) => Err(Ended::Reject(Rejection::TooSlow)),
            Err(RecvError::Closed) => Err(Ended::Reject(Rejection::Stopping)),
        }
    }

    /// Whatever else waits already goes out with the same flush.
    async fn tell_waiting(
        &mut self,
        ring: &mut tokio::sync::broadcast::Receiver<Out>,
        counts: &mut Counts,
    ) -> Result<(), Ended> {
        for _ in 0..PAGE {
            match ring.try_recv() {
                Ok(out) => self.told(Ok(out), counts).await?,
                Err(TryRecvError::Lagged(by)) => {
                    return self.told(Err(RecvError::Lagged(by)), counts).await;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Ok(())
    }

    /// One frame of the client; returns how many answers it will get from the hub.
    async fn hear(
        &mut self,
        frame: ClientFrame,
        answer: &mpsc::UnboundedSender<ServerFrame>,
        counts: &Counts,
    ) -> Result<usize, Ended> {
        let agent = self.agent;
        match frame {
            ClientFrame::Hello { .. } => Err(Ended::bad_frame("a second hello")),
            ClientFrame::Command(named) => self.wish(AgentWish::Command(named), answer).await,
            ClientFrame::Manage(named) => self.wish(AgentWish::Manage(named), answer).await,
            ClientFrame::List(asked) => {
                let answers = answer.clone();
                self.sockets.hub.give(Job::List { agent, asked, answers }).await?;
                Ok(1)
            }
            ClientFrame::Typing { chat_id, on } => {
                self.sockets.hub.give(Job::AgentTyping { agent, chat_id, on }).await?;
                Ok(0)
            }
            ClientFrame::Ping => {
                self.line.send(&ServerFrame::Digest(self.digest(counts))).await?;
                Ok(0)
            }
        }
    }
}

impl Session<'_> {
    /// What the agent must have who has got everything that was sent.
    fn digest(&self, counts: &Counts) -> Digest {
        Digest { last: self.sent, ..counts.digest(self.agent) }
    }

    /// Hands a wish on; one answer will come.
    async fn wish(
        &mut self,
        wish: AgentWish,
        answer: &mpsc::UnboundedSender<ServerFrame>,
    ) -> Result<usize, Ended> {
        let (agent, answers) = (self.agent, answer.clone());
        self.sockets.hub.give(Job::AgentCommand { agent, wish, answers }).await?;
        Ok(1)
    }
}

impl Bearer {
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    fn is_among(&self, revoked: &Revoked) -> bool {
        match revoked {
            Revoked::Token(hash) => *hash == self.token,
            Revoked::AllOf(agent) => *agent == self.agent,
        }
    }
}

fn sees_visitors(roles: &Roles, agent: AgentId) -> bool {
    roles.extent(agent, Permission::VisitorsSeen).allows()
}

fn views_past(roles: &Roles, agent: AgentId) -> bool {
    roles.extent(agent, Permission::ViewPastChats).allows()
}

async fn sleep_until_some(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => sleep(Duration::MAX).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_web_is_not_our_window() {
        assert!(is_our_window(b"tauri://localhost"));
        assert!(!is_our_window(b"https://shop.example"));
        assert!(!is_our_window(b"null"));
    }
}
