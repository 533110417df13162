//! The hub's dealings with what stands beside the events: what lets an agent in (tokens and
//! passwords), and what is known of where tickets are kept.
//!
//! Invariant: a token that was revoked opens nothing from the moment this was answered; a line
//! that it opened before is told to end.

use super::{AdminProblem, Hub, Out, job::Listed, round::Round};
use crate::{
    account::AdminWish,
    clock::millis,
    journal::{JournalError, TicketNote, token_hash},
    tickets::users::SupportAgents,
};
use bellhop_model::{AccountKind, AgentId, Setup, Timestamp, record::RecordId};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Which lines end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// Those that this token opened, by its hash.
    Token(Arc<[u8]>),
    /// All of an agent.
    AllOf(AgentId),
}

impl Hub {
    /// Answers when the token expires, where it does.
    pub(super) async fn issue_token(
        &mut self,
        agent: AgentId,
        token: &str,
        lifetime: Option<Duration>,
    ) -> Result<Option<Timestamp>, AdminProblem> {
        self.may_change(agent)?;
        if !self.account.is_enabled(agent) {
            return Err(AdminProblem::Disabled);
        }
        let expires_at = lifetime.map(|lifetime| self.now.plus(millis(lifetime)));
        let put = self.journal.put_token(token, agent, self.now, expires_at).await;
        self.stored(put)?;
        Ok(expires_at)
    }

    pub(super) async fn revoke_token(&mut self, token: &str) -> Result<(), AdminProblem> {
        self.may_store()?;
        let hash = token_hash(token);
        let dropped = self.journal.drop_token(&hash).await;
        if self.stored(dropped)? {
            drop(self.ring.send(Out::Revoked(Revoked::Token(hash.into()))));
        }
        Ok(())
    }

    pub(super) async fn revoke_tokens(&mut self, agent: AgentId) -> Result<u64, AdminProblem> {
        self.may_change(agent)?;
        let dropped = self.journal.drop_tokens_of(agent).await;
        let dropped = self.stored(dropped)?;
        drop(self.ring.send(Out::Revoked(Revoked::AllOf(agent))));
        Ok(dropped)
    }

    pub(super) async fn set_password(
        &mut self,
        agent: AgentId,
        hash: &str,
    ) -> Result<(), AdminProblem> {
        self.may_change(agent)?;
        let put = self.journal.put_password(agent, hash, self.now).await;
        self.stored(put)
    }

    /// Notes what is known of a ticket that is given away. False where it could not be stored, or is
    /// there no more.
    pub(super) async fn note_ticket(&mut self, of: RecordId, note: &TicketNote) -> bool {
        if self.may_store().is_err() {
            return false;
        }
        let noted = self.journal.note_ticket(of, note).await;
        self.stored(noted).unwrap_or(false)
    }

    /// These are the support agents from now on, in an account that has tickets.
    pub(super) async fn support_agents(
        &mut self,
        agents: &SupportAgents,
        answer: oneshot::Sender<Result<Setup, AdminProblem>>,
        round: &mut Round,
    ) {
        let kind = self.account.setup().support.kind;
        if kind != AccountKind::ChatSupport {
            return drop(answer.send(Err(AdminProblem::NoTickets)));
        }
        let noted = match self.may_store() {
            Ok(()) => {
                let noted = self.journal.note_support_agents(agents).await;
                self.stored(noted)
            }
            no => no,
        };
        match noted {
            Ok(()) => {
                let agents = agents.emails().cloned().collect();
                self.admin(&AdminWish::SetSupport { kind, agents }, answer, round);
            }
            Err(problem) => drop(answer.send(Err(problem))),
        }
    }

    pub(super) async fn listed(&mut self) -> Result<Vec<Listed>, AdminProblem> {
        let known = self.journal.reader().ways_in(self.now).await;
        let known = self.stored(known)?;
        let listed = self.account.agents().map(|agent| {
            let (tokens, has_password) = known.get(&agent.id).copied().unwrap_or_default();
            let enabled = self.account.is_enabled(agent.id);
            Listed { agent: agent.clone(), enabled, has_password, tokens }
        });
        Ok(listed.collect())
    }

    fn may_change(&self, agent: AgentId) -> Result<(), AdminProblem> {
        if self.account.agent(agent).is_none() {
            return Err(AdminProblem::NoSuchAgent { agent_id: agent });
        }
        self.may_store()
    }

    fn may_store(&self) -> Result<(), AdminProblem> {
        if self.storage.is_fine() { Ok(()) } else { Err(AdminProblem::StorageUnavailable) }
    }

    fn stored<T>(&mut self, done: Result<T, JournalError>) -> Result<T, AdminProblem> {
        done.map_err(|error| {
            self.storage_failed(&error);
            AdminProblem::StorageUnavailable
        })
    }
}
