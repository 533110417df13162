//! Visitors, said over again and simply: who is banned (domain.md 12), whom an agent may write to
//! first, what chats are tagged (domain.md 6) and rated (domain.md 5), and what a
//! role allows of it (domain.md 14).

use super::{ADDRESSES, Site};
use crate::account::tests::MINA;
use bellhop_model::{
    AgentId, ChatId, EndedBy, Event, Extent, Fact, Permission, Rating, VisitorId, VisitorProfile,
    ban::Banned,
    limits::RATINGS_PER_CHAT,
    manage::Management,
    permission::{AGENT, Permissions},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a visitor thinks of a chat, with a comment.
pub(super) type Opinion = (Option<Rating>, Option<String>);

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests {
    banned: BTreeSet<VisitorId>,
    addresses: BTreeSet<String>,
    /// The chat each visitor is in, or was in last.
    pub(super) current: BTreeMap<VisitorId, ChatId>,
    pub(super) of: BTreeMap<ChatId, VisitorId>,
    pub(super) live: BTreeSet<ChatId>,
    ended_by: BTreeMap<ChatId, EndedBy>,
    served: BTreeSet<ChatId>,
    /// What agents without another role may do, where somebody said so.
    role: Option<Permissions>,
    pub(super) tags: BTreeMap<ChatId, Vec<String>>,
    known: BTreeSet<String>,
    only_known: bool,
    pub(super) ratings: bool,
    pub(super) opinions: BTreeMap<ChatId, Vec<Opinion>>,
}

impl Guests {
    pub(super) fn follow(&mut self, event: &Event) {
        match &event.fact {
            Fact::ChatRequested { chat_id, visitor, .. }
            | Fact::ChatStarted { chat_id, visitor, .. } => self.begins(*chat_id, visitor),
            Fact::ChatCameBack { chat_id } => {
                self.live.insert(*chat_id);
            }
            Fact::ChatContinued { chat_id, .. } => {
                self.live.insert(*chat_id);
                self.current.insert(self.of[chat_id].clone(), *chat_id);
            }
            Fact::ChatEnded { chat_id, by } => {
                self.live.remove(chat_id);
                self.ended_by.insert(*chat_id, *by);
            }
            Fact::AgentJoined { chat_id, .. } => {
                self.served.insert(*chat_id);
            }
            Fact::Banned { ban } => match &ban.banned {
                Banned::Visitor { visitor_id } => drop(self.banned.insert(visitor_id.clone())),
                Banned::Address { address } => drop(self.addresses.insert(address.clone())),
                Banned::Unknown => panic!("a ban of nobody"),
            },
            Fact::BanLifted { banned, .. } => match banned {
                Banned::Visitor { visitor_id } => drop(self.banned.remove(visitor_id)),
                Banned::Address { address } => drop(self.addresses.remove(address)),
                Banned::Unknown => panic!("a ban of nobody"),
            },
            fact => self.follow_marks(fact),
        }
    }

    fn begins(&mut self, chat: ChatId, visitor: &VisitorProfile) {
        self.current.insert(visitor.id.clone(), chat);
        self.of.insert(chat, visitor.id.clone());
        self.live.insert(chat);
    }

    fn follow_marks(&mut self, fact: &Fact) {
        match fact {
            Fact::RoleSaved { role } if role.id == AGENT => {
                self.role = Some(role.permissions.clone());
            }
            Fact::TagsSet { chat_id, tags, .. } => {
                self.tags.insert(*chat_id, tags.clone());
            }
            Fact::TagListChanged { added, removed } => {
                self.known.retain(|tag| !removed.contains(tag));
                self.known.extend(added.iter().cloned());
            }
            Fact::TagCreationSet { allowed } => self.only_known = !allowed,
            Fact::RatingSwitched { enabled } => self.ratings = *enabled,
            Fact::ChatRated { chat_id, rating, comment } => {
                let opinion = (*rating, comment.clone());
                self.opinions.entry(*chat_id).or_default().push(opinion);
            }
            _ => {}
        }
    }

    fn extent(&self, agent: AgentId, permission: Permission) -> Extent {
        if agent == MINA {
            // She owns the account.
            return *permission.extents().last().unwrap();
        }
        let Some(role) = &self.role else { return permission.of_an_agent() };
        role.get(&permission).copied().unwrap_or(permission.extents()[0])
    }

    fn allows(&self, agent: AgentId, permission: Permission) -> bool {
        self.extent(agent, permission).allows()
    }

    /// By their browser, or by the address they come from.
    pub(super) fn is_banned(&self, visitor: &VisitorId, from: Option<&str>) -> bool {
        self.banned.contains(visitor) || from.is_some_and(|from| self.addresses.contains(from))
    }

    pub(super) fn is_banned_now(&self, visitor: &VisitorId, site: &Site) -> bool {
        self.is_banned(visitor, site.address(visitor))
    }

    /// The visitor's chat that goes on.
    pub(super) fn chat_of(&self, visitor: &VisitorId) -> Option<ChatId> {
        self.current.get(visitor).copied().filter(|chat| self.live.contains(chat))
    }

    pub(super) fn may_manage_bans(&self, agent: AgentId, wish: &Management, site: &Site) -> bool {
        let whom = match wish {
            Management::BanVisitor { visitor_id, address, .. } => {
                let known = site.is_here(visitor_id) || self.current.contains_key(visitor_id);
                known && (!address || site.address(visitor_id).is_some())
            }
            Management::BanAddress { address, .. } => ADDRESSES.contains(&address.as_str()),
            _ => true,
        };
        whom && self.allows(agent, Permission::ManageBans)
    }

    /// they are on the site and asked nothing.
    pub(super) fn may_start(&self, agent: AgentId, visitor: &VisitorId, site: &Site) -> bool {
        self.extent(agent, Permission::ProactiveChatting) == Extent::ListenJoin
            && self.allows(agent, Permission::VisitorsSeen)
            && site.is_here(visitor)
            && !self.is_banned_now(visitor, site)
            && self.chat_of(visitor).is_none()
    }

    /// its visitor ended it, or is away too long, and has no newer one that goes
    /// on. `inside`: the agent is in it still.
    pub(super) fn may_continue(&self, chat: ChatId, inside: bool, site: &Site) -> bool {
        let Some(visitor) = self.of.get(&chat) else { return false };
        let ended = matches!(self.ended_by.get(&chat), Some(EndedBy::Visitor | EndedBy::Timeout));
        ended
            && inside
            && !self.live.contains(&chat)
            && self.chat_of(visitor).is_none()
            && !self.is_banned_now(visitor, site)
    }

    /// who is in it, or may edit tags; and only what is known, where only that may be given.
    pub(super) fn may_tag(
        &self,
        (agent, chat): (AgentId, ChatId),
        inside: bool,
        tags: &[String],
    ) -> bool {
        let before = self.tags.get(&chat).map(Vec::as_slice).unwrap_or_default();
        let may =
            |tag: &String| before.contains(tag) || !self.only_known || self.known.contains(tag);
        self.of.contains_key(&chat)
            && (inside || self.allows(agent, Permission::EditChatTags))
            && tags.iter().all(|tag| !tag.contains(' ') && may(tag))
    }

    /// What counts of what a chat was rated: the last word.
    pub(super) fn opinion(&self, chat: ChatId) -> Opinion {
        let last = self.opinions.get(&chat).and_then(|all| all.last());
        last.cloned().unwrap_or_default()
    }

    /// domain.md 5: in the chat or after it, where ratings are on and some agent was in it.
    pub(super) fn may_rate(&self, visitor: &VisitorId, opinion: &Opinion, site: &Site) -> bool {
        let served = self.current.get(visitor).filter(|chat| self.served.contains(chat));
        let has_room = served.is_some_and(|chat| {
            let count = self.opinions.get(chat).map_or(0, Vec::len);
            count < RATINGS_PER_CHAT || self.opinion(*chat) == *opinion
        });
        self.ratings
            && has_room
            && (opinion.0.is_some() || opinion.1.is_none())
            && !self.is_banned_now(visitor, site)
    }
}
