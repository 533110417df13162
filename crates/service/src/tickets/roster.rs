//! Keeps the list of support agents as the account of Zendesk Support has it: asked for at the start,
//! from time to time, and when an administrator says so.
//!
//! Invariant: where it cannot be had, the last one stays, and nothing else of the service changes.

use super::zendesk::{Desk, Problem, Zendesk};
use crate::{
    hub::{AdminProblem, HubHandle, Job},
    metrics::Metrics,
};
use bellhop_model::AccountKind;
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};

/// How long an account of chats alone is left before it is looked at again.
const LOOK: Duration = Duration::from_mins(1);
/// The longest that an answer is heeded which says when to come back.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Who waits for the list: the addresses of the agents.
pub(crate) type Asked = oneshot::Sender<Result<Vec<String>, AdminProblem>>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) desk: Desk,
    pub(crate) hub: HubHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) asked: mpsc::Receiver<Asked>,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Roster {
    /// Works until the service stops.
    pub(crate) async fn run(mut self) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = crate::sockets::stopped(&mut stopping) => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        let mut failures = 0;
        let mut waiting = None::<Asked>;
        loop {
            let fetched = self.fetch().await;
            let wait = match &fetched {
                Ok(_) => self.desk.account.agents_every,
                Err(Failure::NoTickets) => LOOK,
                Err(Failure::Desk { retry_after, .. }) => {
                    wait_after(&self.desk.account, failures, *retry_after)
                }
                Err(Failure::Hub(AdminProblem::Stopping)) => return,
                Err(Failure::Hub(_)) => wait_after(&self.desk.account, failures, None),
            };
            failures = if fetched.is_ok() { 0 } else { failures + 1 };
            if let Some(asked) = waiting.take() {
                let _ = asked.send(fetched.map_err(AdminProblem::from));
            }
            tokio::select! {
                asked = self.asked.recv() => match asked {
                    Some(asked) => waiting = Some(asked),
                    None => return,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<String>, Failure> {
        let stopping = |_| Failure::Hub(AdminProblem::Stopping);
        let team = self.hub.ask(|answer| Job::Team { answer }).await.map_err(stopping)?;
        if team.setup.support.kind != AccountKind::ChatSupport {
            return Err(Failure::NoTickets);
        }
        let agents = self.desk.agents().await;
        self.metrics.support_agents_fetched(agents.is_ok());
        let agents = agents.map_err(|problem| {
            let (why, retry_after) = match problem {
                Problem::Passing { why, retry_after } => (why, retry_after),
                Problem::Final { why } => (why, None),
            };
            tracing::warn!(why, "the support agents cannot be had; the last list stays");
            Failure::Desk { why, retry_after }
        })?;
        let kept = self.hub.ask(|answer| Job::SupportAgents { agents, answer }).await;
        let setup = kept.map_err(stopping)?.map_err(Failure::Hub)?;
        Ok(setup.support.agents)
    }
}

/// Later with each failure, and not before it was said to.
fn wait_after(account: &Zendesk, failures: u32, retry_after: Option<Duration>) -> Duration {
    let wait = account.first_wait.saturating_mul(1 << failures.min(16));
    let wait = wait.min(account.agents_every);
    retry_after.map_or(wait, |after| after.min(LONGEST_WAIT).max(wait))
}

/// Why there is no new list.
#[derive(Debug)]
enum Failure {
    /// It is an account of chats alone: it has no tickets to assign.
    NoTickets,
    Desk {
        why: String,
        retry_after: Option<Duration>,
    },
    Hub(AdminProblem),
}

impl From<Failure> for AdminProblem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoTickets => Self::NoTickets,
            Failure::Desk { why, .. } => Self::Desk { why },
            Failure::Hub(problem) => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_again_later_with_each_failure_and_not_before_it_was_said_to() {
        let account = Zendesk {
            url: String::new(),
            email: String::new(),
            token: String::new(),
            first_wait: Duration::from_secs(5),
            agents_every: Duration::from_hours(1),
        };
        let waits = |failures, after: Option<u64>| {
            wait_after(&account, failures, after.map(Duration::from_secs)).as_secs()
        };
        assert_eq!([waits(0, None), waits(1, None), waits(3, None)], [5, 10, 40]);
        assert_eq!(waits(u32::MAX, None), 3_600, "as often as ever");
        assert_eq!([waits(0, Some(60)), waits(3, Some(1))], [60, 40]);
        assert_eq!(waits(0, Some(u64::MAX)), 24 * 3_600);
    }
}
