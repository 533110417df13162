//! The support agents of an account of Zendesk Support, as its vendor documents its users API
//! (`GET /api/v2/users.json`, in pages behind a cursor).
//!
//! Invariants: only pages of the account itself are asked for, whatever an answer names as the next
//! one, for the token goes along; what is read has an end, in bytes and in pages.
//!
//! The shapes are those of the vendor's reference: `users` with `id`, `email`, `role`, `role_type`,
//! `active` and `suspended`; `meta.has_more`; `links.next`.

use super::zendesk::{Desk, Problem, passing, read};
use bellhop_model::{limits::SUPPORT_AGENTS, offline::checked_email};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FIRST: &str = "/api/v2/users.json?role[]=agent&role[]=admin&page[size]=100";
/// More pages than the most agents need.
const PAGES: usize = 2 * SUPPORT_AGENTS / 100;
/// The `role_type` of a light agent, whom no ticket can be assigned to.
const LIGHT: u64 = 1;

/// Support agents by their addresses, in small letters: what each is called there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SupportAgents(BTreeMap<String, u64>);

impl SupportAgents {
    /// What the agent with this address is called there.
    pub(crate) fn id_of(&self, email: &str) -> Option<u64> {
        self.0.get(email).copied()
    }

    pub(crate) fn emails(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Takes one user, where tickets can be assigned to them.
    fn take(&mut self, user: User) {
        let User { id, email, role, role_type, active, suspended } = user;
        let is_agent = matches!(role.as_deref(), Some("agent" | "admin"));
        let is_light = role_type == Some(LIGHT);
        if !is_agent || is_light || active == Some(false) || suspended == Some(true) {
            return;
        }
        let email = email.and_then(|email| checked_email(&email).ok()).unwrap_or_default();
        if !email.is_empty() {
            self.0.insert(email.to_lowercase(), id);
        }
    }
}

#[derive(Deserialize)]
struct Page {
    users: Vec<User>,
    meta: Meta,
    #[serde(default)]
    links: Links,
}

#[derive(Deserialize)]
struct Meta {
    has_more: bool,
}

#[derive(Default, Deserialize)]
struct Links {
    next: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    email: Option<String>,
    role: Option<String>,
    role_type: Option<u64>,
    active: Option<bool>,
    suspended: Option<bool>,
}

impl Desk {
    /// All of them. Nobody is no answer: the token itself is an agent's.
    pub(crate) async fn agents(&self) -> Result<SupportAgents, Problem> {
        let mut agents = SupportAgents::default();
        let first: Url = self.address(FIRST).parse().map_err(|_| passing("its address is none"))?;
        let mut next = first.clone();
        for _ in 0..PAGES {
            let page: Page = read(self.get(next).await?).await?;
            page.users.into_iter().for_each(|user| agents.take(user));
            if agents.0.len() > SUPPORT_AGENTS {
                return Err(passing("it has more support agents than an account takes"));
            }
            if !page.meta.has_more {
                let nobody = agents.0.is_empty();
                return if nobody { Err(passing("it names nobody")) } else { Ok(agents) };
            }
            let link = page.links.next.ok_or_else(|| passing("its pages break off"))?;
            next = first.join(&link).map_err(|_| passing("its answer cannot be read"))?;
            if next.origin() != first.origin() {
                return Err(passing("its next page is elsewhere"));
            }
        }
        Err(passing("its pages have no end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_123_only_those_whom_tickets_can_be_assigned_to_are_support_agents() {
        let mut agents = SupportAgents::default();
        for user in [
            r#"{"id":1,"email":"Kim@Support.example","role":"agent","role_type":null,"active":true,
                "suspended":false,"name":"Kim"}"#,
            r#"{"id":2,"email":"lee@support.example","role":"admin"}"#,
            r#"{"id":3,"email":"end@shop.example","role":"end-user"}"#,
            r#"{"id":4,"email":"light@support.example","role":"agent","role_type":1}"#,
            r#"{"id":5,"email":"gone@support.example","role":"agent","active":false}"#,
            r#"{"id":6,"email":"out@support.example","role":"agent","suspended":true}"#,
            r#"{"id":7,"email":null,"role":"agent"}"#,
            r#"{"id":8,"email":"no address","role":"agent"}"#,
        ] {
            agents.take(serde_json::from_str(user).unwrap());
        }
        let emails: Vec<_> = agents.emails().collect();
        assert_eq!(emails, ["kim@support.example", "lee@support.example"]);
        assert_eq!(agents.id_of("kim@support.example"), Some(1));
    }
}
