//! Zendesk Support's tickets API, as its vendor documents it (`POST /api/v2/tickets.json`).
//!
//! Invariants: a ticket is made once, however often it is tried: it carries the chat's number as
//! its `external_id`, which is looked for before a second try; no text and no secret is logged.
//!
//! The shapes are those of the vendor's reference: a ticket with `subject`, `comment.body`,
//! `requester`, `external_id`, `tags` and `assignee_id` or `assignee_email`; an answer with `ticket.id`; an error
//! with `error` and `description`.

use super::{Ticket, users::SupportAgents};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, time::Duration};

/// Time to the second try, unless told otherwise.
pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How often the support agents are asked for, unless told otherwise.
pub(crate) const AGENTS_EVERY: Duration = Duration::from_hours(1);
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where tickets go, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Zendesk {
    /// Such as `https://example.zendesk.com`.
    pub url: String,
    /// The address of the agent whom the token belongs to.
    pub email: String,
    pub token: String,
    /// Time to the second try; it doubles with each.
    pub first_wait: Duration,
    /// How often the support agents are asked for.
    pub agents_every: Duration,
}

/// Prints no token.
impl fmt::Debug for Zendesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zendesk").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a ticket is not there yet, or will not be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Not reached, busy, or broken: the same may work later.
    #[error("{why}")]
    Passing { why: String, retry_after: Option<Duration> },
    /// It would be refused again.
    #[error("{why}")]
    Final { why: String },
}

/// The way to an account.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    client: Client,
    pub(crate) account: Zendesk,
}

#[derive(Serialize)]
struct Asked<'a> {
    ticket: NewTicket<'a>,
}

#[derive(Serialize)]
struct NewTicket<'a> {
    subject: &'a str,
    comment: Comment<'a>,
    requester: Who<'a>,
    external_id: &'a str,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_id: Option<u64>,
    /// Of whom no number is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_email: Option<&'a str>,
}

#[derive(Serialize)]
struct Comment<'a> {
    body: &'a str,
    /// The requester is not sent their own words.
    public: bool,
}

#[derive(Serialize)]
struct Who<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
}

#[derive(Deserialize)]
struct Made {
    ticket: Known,
}

#[derive(Deserialize)]
struct Found {
    tickets: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: u64,
}

impl Desk {
    /// # Errors
    /// The client cannot be made: TLS is not there.
    pub(crate) fn new(account: Zendesk) -> Result<Self, crate::tls::TlsError> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // The token goes to the account it is for, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(crate::tls::outgoing()?)
            .build()
            .map_err(crate::tls::TlsError::Client)?;
        Ok(Self { client, account })
    }

    /// Makes the ticket and answers its number there. `again`: an earlier try may have made it.
    pub(crate) async fn make(
        &self,
        ticket: &Ticket,
        agents: &SupportAgents,
        external_id: &str,
        again: bool,
    ) -> Result<u64, Problem> {
        if again && let Some(known) = self.find(external_id).await? {
            return Ok(known);
        }
        let assignee = ticket.assignee.as_deref();
        match self.make_for(assignee, ticket, agents, external_id).await {
            // Who was to have it may be no support agent any more; better nobody's than none.
            Err(Problem::Final { why }) if assignee.is_some() => {
                tracing::warn!(of = %ticket.of, why, "a ticket is tried without its assignee");
                self.make_for(None, ticket, agents, external_id).await
            }
            told => told,
        }
    }

    async fn make_for(
        &self,
        assignee: Option<&str>,
        ticket: &Ticket,
        agents: &SupportAgents,
        external_id: &str,
    ) -> Result<u64, Problem> {
        let assignee_id = assignee.and_then(|email| agents.id_of(email));
        let asked = Asked {
            ticket: NewTicket {
                subject: &ticket.subject,
                comment: Comment { body: &ticket.text, public: false },
                requester: Who { name: &ticket.requester.name, email: &ticket.requester.email },
                external_id,
                tags: &ticket.tags,
                assignee_id,
                assignee_email: assignee.filter(|_| assignee_id.is_none()),
            },
        };
        let request = self.client.post(self.address("/api/v2/tickets.json")).json(&asked);
        // The vendor's own guard against doubles, for the two hours that it lasts; one key, one wish.
        let key = match assignee {
            Some(_) => Cow::Borrowed(external_id),
            None => format!("{external_id}-nobody").into(),
        };
        let answer = self.send(request.header("Idempotency-Key", &*key)).await?;
        let made: Made = read(answer).await?;
        Ok(made.ticket.id)
    }

    async fn find(&self, external_id: &str) -> Result<Option<u64>, Problem> {
        // Letters, digits and hyphens: nothing in it needs to be escaped.
        let path = format!("/api/v2/tickets.json?external_id={external_id}");
        let answer = self.send(self.client.get(self.address(&path))).await?;
        let found: Found = read(answer).await?;
        Ok(found.tickets.first().map(|known| known.id))
    }

    pub(super) async fn get(&self, url: Url) -> Result<Response, Problem> {
        self.send(self.client.get(url)).await
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.account.url.trim_end_matches('/'))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Problem> {
        let Zendesk { email, token, .. } = &self.account;
        let sent = request.basic_auth(format!("{email}/token"), Some(token)).send().await;
        // Its text would name the address, and in it the account; what is wrong is enough.
        let answer = sent.map_err(|error| {
            passing(if error.is_timeout() {
                "it does not answer in time"
            } else {
                "it cannot be reached"
            })
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let why = format!("it answers {status}");
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let after = after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
            return Err(Problem::Passing { why, retry_after: after });
        }
        // What an operator can mend (a token, an address) is tried again; a ticket that is refused
        // for what is in it is not.
        if matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
        ) || status.is_redirection()
        {
            return Err(Problem::Passing { why, retry_after: None });
        }
        Err(Problem::Final { why })
    }
}

/// What an answer says, where that can be read.
pub(super) async fn read<T: for<'a> Deserialize<'a>>(mut answer: Response) -> Result<T, Problem> {
    let mut body = Vec::new();
    let broken = |_| passing("its answer breaks off");
    while let Some(piece) = answer.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(passing("its answer is too long"));
        }
        body.extend_from_slice(&piece);
    }
    // What is wrong with it would quote it.
    serde_json::from_slice(&body).map_err(|_| passing("its answer cannot be read"))
}

pub(super) fn passing(why: &str) -> Problem {
    Problem::Passing { why: why.to_owned(), retry_after: None }
}
