//! Bans: by the visitor's browser, and by address (domain.md 12).
//!
//! Invariant: who is banned neither arrives nor says anything; of addresses the newest
//! [`BANNED_ADDRESSES`] are banned, and the oldest falls out when there is one more. The indexes
//! are made anew from what is kept, so they cannot drift from it.

use super::{Account, SetupProblem};
use crate::address::Address;
use bellhop_model::{
    AgentId, ChatId, EndedBy, Event, Fact, Permission, Refusal, Seq, VisitorId,
    ban::{Ban, Banned, ListedBan},
    limits::{BAN_REASON_CHARS, BANNED_ADDRESSES, SEARCH_CHARS},
    refusal::FieldProblem,
    rules,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    slice,
};

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Bans {
    /// The number of the last event that changed them.
    version: Seq,
    /// By the number of the event.
    kept: BTreeMap<Seq, ListedBan>,
    #[serde(skip)]
    visitors: HashMap<VisitorId, Seq>,
    #[serde(skip)]
    addresses: HashMap<String, Seq>,
}

impl Bans {
    /// Carries out one fact, where it is about bans.
    pub(super) fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::Banned { ban } => {
                self.version = event.seq;
                self.lift(&ban.banned);
                let listed = ListedBan { seq: event.seq, at: event.at, ban: ban.clone() };
                self.index(&listed);
                self.kept.insert(event.seq, listed);
                self.drop_the_oldest();
            }
            Fact::BanLifted { banned, .. } => {
                self.version = event.seq;
                self.lift(banned);
            }
            _ => {}
        }
    }

    /// Gives back what a snapshot does not keep.
    pub(super) fn index_all(&mut self) {
        for listed in std::mem::take(&mut self.kept).into_values() {
            self.index(&listed);
            self.kept.insert(listed.seq, listed);
        }
    }

    fn index(&mut self, listed: &ListedBan) {
        match &listed.ban.banned {
            Banned::Visitor { visitor_id } => {
                self.visitors.insert(visitor_id.clone(), listed.seq);
            }
            Banned::Address { address } => {
                self.addresses.insert(address.clone(), listed.seq);
            }
            Banned::Unknown => {}
        }
    }

    fn lift(&mut self, banned: &Banned) {
        let seq = match banned {
            Banned::Visitor { visitor_id } => self.visitors.remove(visitor_id),
            Banned::Address { address } => self.addresses.remove(address),
            Banned::Unknown => None,
        };
        if let Some(seq) = seq {
            self.kept.remove(&seq);
        }
    }

    fn drop_the_oldest(&mut self) {
        if self.addresses.len() <= BANNED_ADDRESSES {
            return;
        }
        if let Some(oldest) = self.addresses.values().min().copied()
            && let Some(listed) = self.kept.remove(&oldest)
            && let Banned::Address { address } = listed.ban.banned
        {
            self.addresses.remove(&address);
        }
    }

    fn find(&self, banned: &Banned) -> Option<&ListedBan> {
        let seq = match banned {
            Banned::Visitor { visitor_id } => self.visitors.get(visitor_id),
            Banned::Address { address } => self.addresses.get(address),
            Banned::Unknown => None,
        };
        self.kept.get(seq?)
    }
}

impl Account {
    /// The visitor is banned, or everybody is who comes from there.
    pub(crate) fn is_banned(&self, visitor: &VisitorId, address: Option<Address>) -> bool {
        self.bans.visitors.contains_key(visitor)
            || address.is_some_and(|address| {
                !self.bans.addresses.is_empty()
                    && self.bans.addresses.contains_key(&address.to_string())
            })
    }

    /// Whether a visitor who is on the site is banned.
    pub(crate) fn is_banned_now(&self, visitor: &VisitorId) -> bool {
        self.is_banned(visitor, self.address_of(visitor))
    }

    /// Where a visitor who is on the site comes from.
    fn address_of(&self, visitor: &VisitorId) -> Option<Address> {
        self.sessions.here.get(visitor)?.address
    }

    /// It is nobody's who could be banned by it: this machine's, or that of a proxy of ours, which
    /// everybody comes from where it does not say for whom it speaks.
    pub(super) fn is_our_own(&self, address: Address) -> bool {
        address.is_local() || self.rules.proxies.contains(&address)
    }

    /// The number of the last event that changed who is banned.
    pub(crate) fn bans_version(&self) -> Seq {
        self.bans.version
    }

    /// The bans before this number, newest first, in which the search's text stands, in whichever
    /// case: in the visitor's id or name, the address, or the reason.
    pub(crate) fn bans(
        &self,
        search: &str,
        before: Option<Seq>,
    ) -> impl Iterator<Item = &ListedBan> {
        let wanted = rules::clean_line(search, SEARCH_CHARS).to_lowercase();
        let end = before.unwrap_or(Seq(u64::MAX));
        let newest_first = self.bans.kept.range(..end).rev().map(|(_, listed)| listed);
        newest_first.filter(move |listed| {
            let Ban { banned, name, reason, .. } = &listed.ban;
            let whom: &str = match banned {
                Banned::Visitor { visitor_id } => &visitor_id.0,
                Banned::Address { address } => address,
                Banned::Unknown => "",
            };
            let texts = [whom, name.as_str(), reason.as_str()];
            texts.iter().any(|text| text.to_lowercase().contains(&wanted))
        })
    }

    /// A visitor is banned, and on request the address they are seen from.
    pub(super) fn ban_visitor(
        &self,
        agent: AgentId,
        visitor: &VisitorId,
        reason: &str,
        with_address: bool,
    ) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::ManageBans)?;
        let reason = checked_reason(reason)?;
        if !self.knows(visitor) {
            return Err(Refusal::NoSuchVisitor { visitor_id: visitor.clone() });
        }
        let mut whom = vec![Banned::Visitor { visitor_id: visitor.clone() }];
        if with_address {
            let address = self.address_of(visitor).filter(|address| !self.is_our_own(*address));
            let address = address.ok_or(Refusal::AddressUnknown)?.to_string();
            whom.push(Banned::Address { address });
        }
        let ends = self.ends_of_banned(&whom, EndedBy::Agent { agent_id: agent });
        let name = self.label_of(visitor);
        let bans = whom.into_iter().map(|banned| Ban {
            banned,
            name: name.clone(),
            reason: reason.clone(),
            agent_id: Some(agent),
        });
        Ok(bans.filter_map(|ban| self.banned(ban)).chain(ends).collect())
    }

    pub(super) fn ban_address(
        &self,
        agent: AgentId,
        address: &str,
        reason: &str,
    ) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::ManageBans)?;
        let reason = checked_reason(reason)?;
        let address = Address::parse(address).filter(|address| !self.is_our_own(*address));
        let banned = Banned::Address { address: address.ok_or_else(no_address)?.to_string() };
        let by = EndedBy::Agent { agent_id: agent };
        let ends = self.ends_of_banned(slice::from_ref(&banned), by);
        let ban = Ban { banned, name: String::new(), reason, agent_id: Some(agent) };
        Ok(self.banned(ban).into_iter().chain(ends).collect())
    }

    /// The visitors whom a ban means, as far as they are known to be on the site or are named.
    pub(crate) fn meant_by(&self, banned: &Banned) -> Vec<VisitorId> {
        match banned {
            Banned::Visitor { visitor_id } => vec![visitor_id.clone()],
            Banned::Address { address } => {
                let address = Address::parse(address).into_iter();
                address.flat_map(|address| self.visitors_at(address)).cloned().collect()
            }
            Banned::Unknown => Vec::new(),
        }
    }

    /// The end of the chats of those who are banned now, for every agent in them; of chats that are
    /// over the agents leave who are in them still.
    pub(super) fn ends_of_banned(&self, banned: &[Banned], by: EndedBy) -> Vec<Fact> {
        let visitors = banned.iter().flat_map(|banned| self.meant_by(banned));
        let chats: BTreeSet<ChatId> = visitors
            .flat_map(|visitor| self.lookups.chats_of(&visitor).collect::<Vec<_>>())
            .collect();
        let mut facts = Vec::new();
        for chat in chats.iter().filter_map(|id| self.chats.get(id)) {
            let chat_id = chat.id;
            let leaving = chat.agents.iter();
            facts.extend(leaving.map(|agent| Fact::AgentLeft { chat_id, agent_id: *agent }));
            if !chat.state.is_over() {
                facts.push(Fact::ChatEnded { chat_id, by });
            }
        }
        facts
    }

    /// Who is not banned stays so.
    pub(super) fn lift_ban(&self, agent: AgentId, banned: &Banned) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::ManageBans)?;
        let banned = well_written(banned).ok_or_else(no_address)?;
        let known = self.bans.find(&banned).is_some();
        let lifted = known.then_some(Fact::BanLifted { banned, agent_id: Some(agent) });
        Ok(lifted.into_iter().collect())
    }

    /// A ban by an administrator, who knows no visitors: any may be banned.
    pub(super) fn ban_by_admin(
        &self,
        banned: &Banned,
        reason: &str,
    ) -> Result<Option<Fact>, SetupProblem> {
        let banned = named_right(banned)?;
        if let Banned::Address { address } = &banned
            && Address::parse(address).is_none_or(|address| self.is_our_own(address))
        {
            return Err(SetupProblem::OwnAddress { address: address.clone() });
        }
        let reason = checked_reason(reason)?;
        let name = match &banned {
            Banned::Visitor { visitor_id } => self.label_of(visitor_id),
            Banned::Address { .. } | Banned::Unknown => String::new(),
        };
        Ok(self.banned(Ban { banned, name, reason, agent_id: None }))
    }

    pub(super) fn lift_by_admin(&self, banned: &Banned) -> Result<Option<Fact>, SetupProblem> {
        let banned = named_right(banned)?;
        let known = self.bans.find(&banned).is_some();
        Ok(known.then_some(Fact::BanLifted { banned, agent_id: None }))
    }

    /// The fact of a ban; none where there is the same one.
    fn banned(&self, ban: Ban) -> Option<Fact> {
        let known = self.bans.find(&ban.banned);
        let same = known.is_some_and(|known| known.ban.reason == ban.reason);
        (!same).then_some(Fact::Banned { ban })
    }

    /// What agents call a visitor.
    fn label_of(&self, visitor: &VisitorId) -> String {
        let written_down = self.contacts.get(visitor).map(|contact| &contact.name);
        let name = written_down.filter(|name| !name.is_empty());
        name.or(self.names.get(visitor)).cloned().unwrap_or_else(|| visitor.label())
    }
}

/// As it is kept; `None` where it is nobody.
fn well_written(banned: &Banned) -> Option<Banned> {
    match banned {
        Banned::Visitor { .. } => Some(banned.clone()),
        Banned::Address { address } => {
            Some(Banned::Address { address: Address::parse(address)?.to_string() })
        }
        Banned::Unknown => None,
    }
}

fn named_right(banned: &Banned) -> Result<Banned, SetupProblem> {
    match banned {
        Banned::Visitor { visitor_id }
            if visitor_id.0.len() != 24
                || !visitor_id.0.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            Err(SetupProblem::NotAVisitor { visitor_id: visitor_id.clone() })
        }
        Banned::Address { address } => well_written(banned)
            .ok_or_else(|| SetupProblem::NotAnAddress { address: address.clone() }),
        Banned::Visitor { .. } | Banned::Unknown => Ok(banned.clone()),
    }
}

fn no_address() -> Refusal {
    Refusal::field("address", FieldProblem::NotAllowed)
}

/// One plain line.
fn checked_reason(reason: &str) -> Result<String, Refusal> {
    let reason = rules::clean_line(reason, usize::MAX);
    let chars = reason.chars().count();
    if chars > BAN_REASON_CHARS {
        return Err(Refusal::TextTooLong { chars, limit: BAN_REASON_CHARS });
    }
    Ok(reason)
}
