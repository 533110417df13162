//! The connection: when to try, when to give up, what the agent is told of it.
//!
//! Invariant: there is at most one line at a time; no line is trusted longer than
//! [`limits::PING_AFTER_MS`] + [`limits::DEAD_AFTER_PING_MS`] without a sign of life, whatever it
//! claims. What is said over the line is no concern of this module.

use bellhop_model::{
    Timestamp, limits,
    view::{Connection as Word, ConnectionView, LinkProblem},
};

/// The shortest and the longest back-off, in milliseconds.
const BACK_OFF_MS: (u64, u64) = (500, 30_000);
/// A line that was live for so long ends the back-off.
const STEADY_AFTER_MS: i64 = 30_000;
/// How long opening a line may take; the link gives up earlier by itself.
const OPEN_MS: i64 = 15_000;
/// How long the service may take to answer the first frame.
const WELCOME_MS: i64 = 10_000;
/// A sleep that is announced and does not come is over after this.
const SUSPEND_MS: i64 = 60_000;

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody is signed in.
    SignedOut,
    /// The next try is due at `until`.
    Waiting {
        until: Timestamp,
    },
    /// The machine is about to sleep.
    Suspended {
        since: Timestamp,
    },
    /// Trying again unchanged cannot help; the agent decides.
    Rejected,
    Connecting {
        since: Timestamp,
    },
    Authenticating {
        since: Timestamp,
    },
    CatchingUp,
    Live {
        since: Timestamp,
    },
}

/// What time demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Open a line.
    Connect,
    /// Ask for a sign of life.
    Ping,
    /// The line is dead.
    Dead,
}

#[derive(Debug)]
pub(crate) struct Connection {
    phase: Phase,
    /// Lines lost since the last steady one.
    losses: u32,
    jitter: Jitter,
    heard_at: Timestamp,
    pinged_at: Option<Timestamp>,
    problem: Option<LinkProblem>,
    as_of: Option<Timestamp>,
    /// What of it is stored.
    as_of_stored: Option<Timestamp>,
    clock_skew_ms: i64,
}

impl Connection {
    pub(crate) fn new(
        signed_in: bool,
        seed: u64,
        as_of: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        Self {
            phase: if signed_in { Phase::Waiting { until: now } } else { Phase::SignedOut },
            losses: 0,
            jitter: Jitter::new(seed),
            heard_at: now,
            pinged_at: None,
            problem: None,
            as_of,
            as_of_stored: as_of,
            clock_skew_ms: 0,
        }
    }

    pub(crate) fn view(&self) -> ConnectionView {
        let (word, retry_at) = match self.phase {
            Phase::SignedOut | Phase::Rejected | Phase::Suspended { .. } => (Word::Offline, None),
            Phase::Waiting { until } => (Word::Offline, Some(until)),
            Phase::Connecting { .. } | Phase::Authenticating { .. } => (Word::Connecting, None),
            Phase::CatchingUp => (Word::CatchingUp, None),
            Phase::Live { .. } => (Word::Online, None),
        };
        ConnectionView {
            word,
            as_of: self.as_of,
            retry_at,
            problem: self.problem.clone(),
            clock_skew_ms: self.clock_skew_ms,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    pub(crate) fn is_catching_up(&self) -> bool {
        self.phase == Phase::CatchingUp
    }

    /// There is a line, or one is being opened.
    pub(crate) fn has_line(&self) -> bool {
        !matches!(
            self.phase,
            Phase::SignedOut | Phase::Rejected | Phase::Suspended { .. } | Phase::Waiting { .. }
        )
    }

    /// A line is being opened now.
    pub(crate) fn opening(&mut self, now: Timestamp) {
        self.phase = Phase::Connecting { since: now };
        self.pinged_at = None;
    }

    /// The line stands; the first frame goes out.
    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.phase = Phase::Authenticating { since: now };
        self.heard_at = now;
    }

    /// The service knows us. `service_now` is its clock.
    pub(crate) fn welcomed(&mut self, service_now: Timestamp, now: Timestamp) {
        self.phase = Phase::CatchingUp;
        self.clock_skew_ms = service_now.0.saturating_sub(now.0);
    }

    /// Everything has been delivered: the view is true.
    pub(crate) fn caught_up(&mut self, now: Timestamp) {
        self.phase = Phase::Live { since: now };
        self.as_of = Some(now);
        self.problem = None;
    }

    /// The mirror was forgotten: it agrees with nothing until everything has come again.
    pub(crate) fn mirror_forgotten(&mut self) {
        (self.as_of, self.as_of_stored) = (None, None);
    }

    /// Until when the view is known to be true, where that is to be stored: with everything
    /// `else_stored`, and when the line has gone.
    pub(crate) fn as_of_to_store(&mut self, else_stored: bool) -> Option<Timestamp> {
        let live = self.is_live();
        let known = self.as_of.map(|at| if live { at.max(self.heard_at) } else { at });
        let due = known.filter(|_| known != self.as_of_stored && (else_stored || !live))?;
        self.as_of_stored = known;
        Some(due)
    }

    /// Something came in; anything is a sign of life.
    pub(crate) fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.pinged_at = None;
    }

    /// The line is over; the next try comes after the back-off.
    pub(crate) fn lost(&mut self, problem: Option<LinkProblem>, now: Timestamp) {
        self.leave_live(now);
        let cap = BACK_OFF_MS.0.saturating_mul(1 << self.losses.min(16)).min(BACK_OFF_MS.1);
        let wait = self.jitter.up_to(cap);
        self.losses = self.losses.saturating_add(1);
        self.problem = problem.or(self.problem.take());
        self.phase = Phase::Waiting { until: now.plus(i64::try_from(wait).unwrap_or(i64::MAX)) };
    }

    /// Trying again unchanged cannot help.
    pub(crate) fn rejected(&mut self, problem: LinkProblem, now: Timestamp) {
        self.leave_live(now);
        self.problem = Some(problem);
        self.phase = Phase::Rejected;
    }

    pub(crate) fn suspended(&mut self, now: Timestamp) {
        self.leave_live(now);
        if !matches!(self.phase, Phase::SignedOut | Phase::Rejected) {
            self.phase = Phase::Suspended { since: now };
        }
    }

    /// Whether what waits is to be tried at once, because the world has changed.
    pub(crate) fn may_try_at_once(&self) -> bool {
        !matches!(self.phase, Phase::SignedOut | Phase::Rejected)
    }

    /// The line that was there is gone for a reason of ours, and another is opened at once.
    pub(crate) fn dropped(&mut self, now: Timestamp) {
        self.leave_live(now);
    }

    /// What is due at `now`.
    pub(crate) fn due(&mut self, now: Timestamp) -> Option<Due> {
        if now < self.wake_at()? {
            return None;
        }
        match self.phase {
            Phase::SignedOut | Phase::Rejected => None,
            Phase::Waiting { .. } | Phase::Suspended { .. } => Some(Due::Connect),
            Phase::Connecting { .. } | Phase::Authenticating { .. } => Some(Due::Dead),
            Phase::CatchingUp | Phase::Live { .. } if self.pinged_at.is_some() => Some(Due::Dead),
            Phase::CatchingUp | Phase::Live { .. } => {
                self.pinged_at = Some(now);
                Some(Due::Ping)
            }
        }
    }

    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::SignedOut | Phase::Rejected => None,
            Phase::Waiting { until } => Some(until),
            Phase::Suspended { since } => Some(since.plus(SUSPEND_MS)),
            Phase::Connecting { since } => Some(since.plus(OPEN_MS)),
            Phase::Authenticating { since } => Some(since.plus(WELCOME_MS)),
            Phase::CatchingUp | Phase::Live { .. } => Some(match self.pinged_at {
                Some(at) => at.plus(limits::DEAD_AFTER_PING_MS),
                None => self.heard_at.plus(limits::PING_AFTER_MS),
            }),
        }
    }

    fn leave_live(&mut self, now: Timestamp) {
        if let Phase::Live { since } = self.phase {
            // What was heard last is the last that is known to be true.
            self.as_of = Some(self.heard_at.max(since));
            if now.since(since) >= STEADY_AFTER_MS {
                self.losses = 0;
            }
        }
        self.pinged_at = None;
    }
}

/// A small source of numbers that differ between machines (xorshift64*). Not for secrets.
#[derive(Debug)]
struct Jitter(u64);

impl Jitter {
    fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1)
    }

    /// 1 to `most`.
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % most.max(1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn live_at(now: Timestamp) -> Connection {
        let mut connection = Connection::new(true, 7, None, now);
        connection.opening(now);
        connection.opened(now);
        connection.welcomed(now, now);
        connection.caught_up(now);
        connection
    }

    fn wait_of(connection: &Connection, now: Timestamp) -> i64 {
        match connection.phase() {
            Phase::Waiting { until } => until.0 - now.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn r5_silence_of_25_s_asks_and_10_s_later_the_line_is_dead() {
        let mut connection = live_at(START);
        assert_eq!(connection.due(START.plus(24_999)), None);
        assert_eq!(connection.due(START.plus(25_000)), Some(Due::Ping));
        assert_eq!(connection.due(START.plus(34_999)), None);
        assert_eq!(connection.due(START.plus(35_000)), Some(Due::Dead));
    }

    #[test]
    fn r5_anything_heard_is_life() {
        let mut connection = live_at(START);
        assert_eq!(connection.due(START.plus(25_000)), Some(Due::Ping));
        connection.heard(START.plus(30_000));
        assert_eq!(connection.due(START.plus(54_999)), None);
        assert_eq!(connection.due(START.plus(55_000)), Some(Due::Ping));
    }

    #[rstest::rstest]
    #[case(Phase::Connecting { since: START }, 15_000)]
    #[case(Phase::Authenticating { since: START }, 10_000)]
    fn r5_no_step_towards_a_line_lasts_for_ever(#[case] phase: Phase, #[case] after: i64) {
        let mut connection = Connection::new(true, 7, None, START);
        connection.phase = phase;
        assert_eq!(connection.due(START.plus(after - 1)), None);
        assert_eq!(connection.due(START.plus(after)), Some(Due::Dead));
    }

    #[test]
    fn the_back_off_grows_from_half_a_second_to_thirty_with_full_jitter() {
        let caps = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000];
        let mut seen = vec![Vec::new(); caps.len()];
        for seed in 1..200 {
            let mut connection = Connection::new(true, seed * 0x9E37_79B9, None, START);
            for (at, cap) in caps.iter().enumerate() {
                connection.opening(START);
                connection.lost(Some(LinkProblem::Silent), START);
                let wait = wait_of(&connection, START);
                assert!((1..=*cap).contains(&wait), "{wait} of {cap}");
                seen[at].push(wait);
            }
        }
        for (waits, cap) in seen.iter().zip(caps) {
            assert!(waits.iter().any(|wait| *wait < cap / 4), "never short of {cap}");
            assert!(waits.iter().any(|wait| *wait > cap * 3 / 4), "never long of {cap}");
        }
    }

    #[rstest::rstest]
    #[case(29_999, 3)]
    #[case(30_000, 1)]
    fn the_back_off_ends_after_thirty_seconds_of_live(#[case] live_for: i64, #[case] losses: u32) {
        let mut connection = live_at(START);
        connection.losses = 2;
        connection.lost(None, START.plus(live_for));
        assert_eq!(connection.losses, losses);
    }

    #[test]
    fn the_view_says_how_old_it_is_while_not_online() {
        let mut connection = live_at(START);
        connection.heard(START.plus(4_000));
        assert_eq!(connection.view().word, Word::Online);
        connection.lost(Some(LinkProblem::Silent), START.plus(39_000));
        let view = connection.view();
        assert_eq!((view.word, view.as_of), (Word::Offline, Some(START.plus(4_000))));
        assert_eq!(view.problem, Some(LinkProblem::Silent));
        assert!(view.retry_at.is_some());
        connection.opening(START.plus(40_000));
        let view = connection.view();
        assert_eq!((view.word, view.retry_at), (Word::Connecting, None));
        assert_eq!(view.problem, Some(LinkProblem::Silent), "shown until it is over");
    }

    #[test]
    fn the_services_clock_is_known_from_its_welcome() {
        let mut connection = Connection::new(true, 7, None, START);
        connection.welcomed(START.plus(-90_000), START);
        assert_eq!(connection.view().clock_skew_ms, -90_000);
        assert_eq!(connection.view().word, Word::CatchingUp);
    }
}
