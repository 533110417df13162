//! Roles and permissions: what an agent may do besides answering chats (domain.md 14).
//!
//! Invariant: it is a fold of the account's events. The service asks it before it grants a wish;
//! a client only learns from it what to offer.

use crate::{AgentId, Fact, Refusal, RoleId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The owner's role. It allows everything and cannot be changed.
pub const OWNER: RoleId = RoleId(1);
/// The administrators' role. It allows everything and cannot be changed.
pub const ADMINISTRATOR: RoleId = RoleId(2);
/// The role of an agent who was given no other.
pub const AGENT: RoleId = RoleId(3);

/// What a role says something about (domain.md 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Whether she is told who is on the site.
    VisitorsSeen,
    /// Whether she may begin a chat, and join a colleague's.
    ProactiveChatting,
    EditVisitorInformation,
    EditVisitorNotes,
    ViewPastChats,
    /// Tags of a chat that she has left; while she is in it she always may.
    EditChatTags,
    ManageBans,
    AccessAnalytics,
    ViewMonitor,
    EditDepartmentAgents,
    SetAgentChatLimit,
    ManageShortcuts,
    /// Chats of the history, and offline messages, for good.
    DeleteChats,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// How far a permission reaches. Each permission has its own few; see [`Permission::extents`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    None,
    No,
    Yes,
    /// A colleague's chat may be looked at, not joined.
    Listen,
    ListenJoin,
    /// What is the agent's own.
    Own,
    /// Also what belongs to a department she is in.
    Department,
    Account,
    /// One that this version does not know; it allows nothing.
    #[serde(other)]
    Unknown,
}

impl Extent {
    /// Its name on the wire and for administrators.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::No => "no",
            Self::Yes => "yes",
            Self::Listen => "listen",
            Self::ListenJoin => "listen-join",
            Self::Own => "own",
            Self::Department => "department",
            Self::Account => "account",
            Self::Unknown => "unknown",
        }
    }

    /// It allows something.
    #[must_use]
    pub fn allows(self) -> bool {
        !matches!(self, Self::None | Self::No | Self::Unknown)
    }
}

impl Permission {
    /// All there are.
    pub const ALL: [Self; 13] = [
        Self::VisitorsSeen,
        Self::ProactiveChatting,
        Self::EditVisitorInformation,
        Self::EditVisitorNotes,
        Self::ViewPastChats,
        Self::EditChatTags,
        Self::ManageBans,
        Self::AccessAnalytics,
        Self::ViewMonitor,
        Self::EditDepartmentAgents,
        Self::SetAgentChatLimit,
        Self::ManageShortcuts,
        Self::DeleteChats,
    ];

    /// Its name on the wire, in refusals and for administrators.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VisitorsSeen => "visitors_seen",
            Self::ProactiveChatting => "proactive_chatting",
            Self::EditVisitorInformation => "edit_visitor_information",
            Self::EditVisitorNotes => "edit_visitor_notes",
            Self::ViewPastChats => "view_past_chats",
            Self::EditChatTags => "edit_chat_tags",
            Self::ManageBans => "manage_bans",
            Self::AccessAnalytics => "access_analytics",
            Self::ViewMonitor => "view_monitor",
            Self::EditDepartmentAgents => "edit_department_agents",
            Self::SetAgentChatLimit => "set_agent_chat_limit",
            Self::ManageShortcuts => "manage_shortcuts",
            Self::DeleteChats => "delete_chats",
            Self::Unknown => "unknown",
        }
    }

    /// How far it can reach, from nothing to everything.
    #[must_use]
    pub fn extents(self) -> &'static [Extent] {
        match self {
            Self::ProactiveChatting => &[Extent::None, Extent::Listen, Extent::ListenJoin],
            Self::EditVisitorInformation | Self::EditVisitorNotes | Self::EditChatTags => {
                &[Extent::No, Extent::Yes]
            }
            Self::EditDepartmentAgents => &[Extent::None, Extent::Department, Extent::Account],
            Self::SetAgentChatLimit => &[Extent::None, Extent::Own, Extent::Account],
            Self::ManageShortcuts => {
                &[Extent::None, Extent::Own, Extent::Department, Extent::Account]
            }
            Self::VisitorsSeen
            | Self::ViewPastChats
            | Self::ManageBans
            | Self::AccessAnalytics
            | Self::ViewMonitor
            | Self::DeleteChats => &[Extent::None, Extent::Account],
            Self::Unknown => &[Extent::None],
        }
    }

    /// How far it reaches for an agent whose role nobody changed. Shortcuts for all or for a
    /// department are an administrator's (domain.md 4, which is surer than the value in 14).
    #[must_use]
    pub fn of_an_agent(self) -> Extent {
        match self {
            Self::ProactiveChatting => Extent::ListenJoin,
            Self::EditVisitorInformation | Self::EditVisitorNotes => Extent::Yes,
            Self::EditChatTags => Extent::No,
            Self::ManageShortcuts => Extent::Own,
            Self::VisitorsSeen | Self::ViewPastChats | Self::ManageBans | Self::ViewMonitor => {
                Extent::Account
            }
            Self::AccessAnalytics
            | Self::EditDepartmentAgents
            | Self::SetAgentChatLimit
            | Self::DeleteChats
            | Self::Unknown => Extent::None,
        }
    }

    fn least(self) -> Extent {
        self.extents().first().copied().unwrap_or(Extent::None)
    }

    fn most(self) -> Extent {
        self.extents().last().copied().unwrap_or(Extent::None)
    }
}

/// How far each permission reaches. One that is not listed allows nothing.
pub type Permissions = BTreeMap<Permission, Extent>;

/// A role, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    pub permissions: Permissions,
}

/// An agent's own role, as she is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRole {
    pub role: String,
    pub permissions: Permissions,
}

/// The roles of an account, and who has which.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Roles {
    /// Roles that were made or changed.
    saved: BTreeMap<RoleId, Role>,
    given: BTreeMap<AgentId, RoleId>,
    /// The first agent: the owner, until she is given another role.
    first: Option<AgentId>,
}

impl Roles {
    /// Carries out one fact. Whether it was about roles.
    pub fn apply(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::RoleSaved { role } => {
                self.saved.insert(role.id, role.clone());
            }
            Fact::RoleGiven { agent_id, role_id } => {
                self.given.insert(*agent_id, *role_id);
            }
            Fact::AgentSaved { agent } if self.first.is_none() => self.first = Some(agent.id),
            _ => return false,
        }
        true
    }

    /// All roles, in the order of their ids.
    #[must_use]
    pub fn all(&self) -> Vec<Role> {
        let stock = [OWNER, ADMINISTRATOR, AGENT].into_iter();
        let stock = stock.filter_map(|id| self.role(id));
        let made = self.saved.range(RoleId(AGENT.0 + 1)..).map(|(_, role)| role.clone());
        stock.chain(made).collect()
    }

    /// The role with this id. The owner's and the administrators' are what this version says.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<Role> {
        let stock = |name: &str, extent: fn(Permission) -> Extent| Role {
            id,
            name: name.to_owned(),
            permissions: Permission::ALL.into_iter().map(|p| (p, extent(p))).collect(),
        };
        match id {
            OWNER => Some(stock("Owner", Permission::most)),
            ADMINISTRATOR => Some(stock("Administrator", Permission::most)),
            AGENT => Some(
                self.saved
                    .get(&id)
                    .cloned()
                    .unwrap_or_else(|| stock("Agent", Permission::of_an_agent)),
            ),
            _ => self.saved.get(&id).cloned(),
        }
    }

    /// Which role an agent has.
    #[must_use]
    pub fn role_of(&self, agent: AgentId) -> RoleId {
        let by_default = if self.first == Some(agent) { OWNER } else { AGENT };
        self.given.get(&agent).copied().unwrap_or(by_default)
    }

    /// She is the owner or an administrator: what no permission is about is hers to do.
    #[must_use]
    pub fn administers(&self, agent: AgentId) -> bool {
        matches!(self.role_of(agent), OWNER | ADMINISTRATOR)
    }

    /// How far a permission reaches for an agent.
    #[must_use]
    pub fn extent(&self, agent: AgentId, permission: Permission) -> Extent {
        match self.role_of(agent) {
            OWNER | ADMINISTRATOR => permission.most(),
            id => match self.saved.get(&id) {
                Some(role) => {
                    role.permissions.get(&permission).copied().unwrap_or_else(|| permission.least())
                }
                None if id == AGENT => permission.of_an_agent(),
                None => permission.least(),
            },
        }
    }

    /// How far a permission reaches for an agent, where it allows her anything.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`], which names the permission.
    pub fn require(&self, agent: AgentId, permission: Permission) -> Result<Extent, Refusal> {
        let extent = self.extent(agent, permission);
        if extent.allows() { Ok(extent) } else { Err(Refusal::not_permitted(permission)) }
    }

    /// What an agent is told of her own role.
    #[must_use]
    pub fn own(&self, agent: AgentId) -> OwnRole {
        let role = self.role(self.role_of(agent)).map(|role| role.name).unwrap_or_default();
        let permissions = Permission::ALL.into_iter().map(|p| (p, self.extent(agent, p)));
        OwnRole { role, permissions: permissions.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agent, Availability};

    fn agent(id: u64) -> Fact {
        let agent = Agent {
            id: AgentId(id),
            display_name: format!("Agent {id}"),
            email: String::new(),
            availability: Availability::Online,
        };
        Fact::AgentSaved { agent }
    }

    fn roles() -> Roles {
        let mut roles = Roles::default();
        for fact in [agent(1), agent(2), agent(3)] {
            roles.apply(&fact);
        }
        roles
    }

    #[test]
    fn domain_14_the_first_agent_owns_the_account_and_the_others_have_the_agents_values() {
        let roles = roles();
        let told: Vec<String> = roles
            .own(AgentId(2))
            .permissions
            .iter()
            .map(|(permission, extent)| format!("{}={}", permission.name(), extent.name()))
            .collect();
        let expected = "visitors_seen=account proactive_chatting=listen-join \
            edit_visitor_information=yes edit_visitor_notes=yes view_past_chats=account \
            edit_chat_tags=no manage_bans=account access_analytics=none view_monitor=account \
            edit_department_agents=none set_agent_chat_limit=none manage_shortcuts=own \
            delete_chats=none";
        assert_eq!(told.join(" "), expected);
        assert_eq!((roles.role_of(AgentId(1)), roles.role_of(AgentId(3))), (OWNER, AGENT));
        for permission in Permission::ALL {
            let most = permission.extents().last().copied().unwrap();
            assert_eq!(roles.extent(AgentId(1), permission), most);
            assert!(permission.extents().contains(&permission.of_an_agent()));
            let name = serde_json::to_value(permission).unwrap();
            assert_eq!(name.as_str().unwrap(), permission.name());
            for extent in permission.extents() {
                assert_eq!(serde_json::to_value(extent).unwrap(), extent.name());
            }
        }
    }

    #[test]
    fn domain_14_a_role_that_says_nothing_of_a_permission_does_not_allow_it() {
        let mut roles = roles();
        let role = Role { id: RoleId(4), name: "Guest".to_owned(), permissions: BTreeMap::new() };
        roles.apply(&Fact::RoleSaved { role });
        roles.apply(&Fact::RoleGiven { agent_id: AgentId(2), role_id: RoleId(4) });
        for permission in Permission::ALL {
            let refusal = Refusal::NotPermitted { permission: permission.name().to_owned() };
            assert_eq!(roles.require(AgentId(2), permission), Err(refusal));
        }
        assert_eq!(roles.own(AgentId(2)).role, "Guest");
        assert_eq!(roles.all().len(), 4);
    }

    #[test]
    fn what_a_newer_version_calls_a_permission_is_read_and_allows_nothing() {
        let role: Role = serde_json::from_str(
            r#"{"id":5,"name":"New","permissions":{"fly":"high","manage_bans":"account"}}"#,
        )
        .unwrap();
        assert_eq!(role.permissions[&Permission::ManageBans], Extent::Account);
        assert!(!role.permissions[&Permission::Unknown].allows());
    }
}
