//! What administrators may do to the setup of the account.
//!
//! Each wish says how things are to be, not what is to change: doing it twice is doing it once.

use super::{
    Account, FileWish,
    admin_routing::{OwnLimit, RoutingProblem},
    calendar::time_zone,
};
use bellhop_model::{
    AccountKind, AgentId, Department, DepartmentId, EndedBy, Extent, Fact, Hours, Permission,
    Refusal, Routing, Shortcut, Trigger, VisitorId,
    ban::Banned,
    hours::{Week, WeekProblem},
    limits::{DEPARTMENTS, NAME_CHARS, TITLE_CHARS},
    rules,
};
use std::slice;

/// What an administrator wishes. Departments and roles go by their names; upper and lower case do
/// not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminWish {
    /// The agent with this address has this name and that address; what is not said stays.
    SaveAgent {
        email: String,
        name: Option<String>,
        new_email: Option<String>,
    },
    /// The agent works here, or no more: nothing lets her in then, and she is in no chat.
    SwitchAgent {
        email: String,
        enabled: bool,
    },
    /// There is a department of this name, enabled. Where there is one already, it keeps its
    /// members, and its description where none is given.
    PutDepartment {
        name: String,
        description: Option<String>,
    },
    RenameDepartment {
        name: String,
        to: String,
    },
    EnableDepartment {
        name: String,
        enabled: bool,
    },
    /// What the account is for, and the support agents whom tickets may be given to: exactly these.
    SetSupport {
        kind: AccountKind,
        agents: Vec<String>,
    },
    /// The members are exactly the agents with these addresses.
    SetMembers {
        name: String,
        emails: Vec<String>,
    },
    /// The hours of a department, or of the account (no department), are these, and enabled.
    SetHours {
        department: Option<String>,
        time_zone: String,
        week: Week,
    },
    EnableHours {
        department: Option<String>,
        enabled: bool,
    },
    /// Requests are routed in this way.
    SetRouting {
        routing: Routing,
    },
    /// What an agent can, and how many chats she gets; without `skills`, those she has are left.
    SetAgentRouting {
        email: String,
        skills: Option<Vec<String>>,
        limit: OwnLimit,
    },
    /// There is this shortcut.
    PutShortcut {
        shortcut: Shortcut,
    },
    RemoveShortcut {
        name: String,
    },
    /// These tags are known.
    KnowTags {
        tags: Vec<String>,
    },
    ForgetTags {
        tags: Vec<String>,
    },
    /// Agents may give tags that are not known.
    AllowNewTags {
        allowed: bool,
    },
    /// Chats and offline messages are kept so many days after their end, or until somebody deletes
    /// them.
    SetRetention {
        days: Option<u32>,
    },
    /// Chats can be rated.
    SwitchRatings {
        enabled: bool,
    },
    /// There is this trigger; its id does not count, one of the same name is it.
    PutTrigger {
        trigger: Trigger,
    },
    EnableTrigger {
        name: String,
        enabled: bool,
    },
    RemoveTrigger {
        name: String,
    },
    /// There is a role of this name, and of these permissions it says so much.
    PutRole {
        name: String,
        grants: Vec<(Permission, Extent)>,
    },
    /// The agent with this address has this role.
    GiveRole {
        email: String,
        role: String,
    },
    /// A visitor or an address is banned (domain.md 12).
    Ban {
        banned: Banned,
        reason: String,
    },
    LiftBan {
        banned: Banned,
    },
    /// About files in chats (domain.md 15).
    Files(FileWish),
}

/// Why an administrator's wish is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupProblem {
    #[error("a department needs a name")]
    NoName,
    #[error("there is no department {name:?}")]
    NoSuchDepartment { name: String },
    #[error("there is already a department {name:?}")]
    NameTaken { name: String },
    #[error("there are {limit} departments already; no more are allowed")]
    TooManyDepartments { limit: usize },
    #[error("there is no agent with the email address {email}")]
    NoSuchAgent { email: String },
    #[error("an agent needs a name and an email address")]
    Incomplete,
    #[error("{email:?} is no email address")]
    NotAnEmail { email: String },
    #[error("there is already an agent with the email address {email}")]
    EmailTaken { email: String },
    #[error(
        "there is no time zone {name:?}; a name of the IANA database is needed, such as Asia/Seoul"
    )]
    NoSuchTimeZone { name: String },
    #[error(transparent)]
    Week(#[from] WeekProblem),
    #[error(transparent)]
    Routing(#[from] RoutingProblem),
    #[error("no hours were set")]
    NoHours,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("there is no trigger {name:?}")]
    NoSuchTrigger { name: String },
    #[error("this is no regular expression: {problem}")]
    NotAPattern { problem: String },
    #[error("a role needs a name")]
    NoRoleName,
    #[error("there is no role {name:?}")]
    NoSuchRole { name: String },
    #[error("the role {name:?} allows everything and cannot be changed")]
    RoleFixed { name: String },
    #[error("there are {limit} roles already; no more are allowed")]
    TooManyRoles { limit: usize },
    #[error("this is no value of the permission {permission}")]
    NoSuchExtent { permission: &'static str },
    #[error("chats are kept for 1 to {most} days, or until somebody deletes them")]
    Retention { most: u32 },
    #[error("nobody else is the owner")]
    LastOwner,
    #[error("{address:?} is no address")]
    NotAnAddress { address: String },
    #[error("{address} is this machine's, or that of a proxy of the settings: that is everybody")]
    OwnAddress { address: String },
    #[error("{visitor_id:?} is no visitor: 24 hexadecimal characters")]
    NotAVisitor { visitor_id: VisitorId },
}

impl Account {
    /// What an administrator's wish leads to; nothing where things are so already.
    ///
    /// # Errors
    /// Why it is not granted; nothing follows from it then.
    pub fn decide_admin(&self, wish: &AdminWish) -> Result<Vec<Fact>, SetupProblem> {
        let fact = self.set_up(wish)?;
        let ends = match &fact {
            // No agent ended them.
            Some(Fact::Banned { ban }) => {
                self.ends_of_banned(slice::from_ref(&ban.banned), EndedBy::Timeout)
            }
            Some(Fact::AgentSwitched { agent_id, enabled: false }) => self.left_by(*agent_id),
            _ => Vec::new(),
        };
        Ok(fact.into_iter().chain(ends).collect())
    }

    fn set_up(&self, wish: &AdminWish) -> Result<Option<Fact>, SetupProblem> {
        let (before, department) = match wish {
            AdminWish::SaveAgent { email, name, new_email } => {
                return self.save_agent(email, name.as_deref(), new_email.as_deref());
            }
            AdminWish::SwitchAgent { email, enabled } => return self.switch_agent(email, *enabled),
            AdminWish::PutShortcut { shortcut } => {
                return Ok(self.shortcut_saved(shortcut.clone().checked()?)?);
            }
            AdminWish::RemoveShortcut { name } => return Ok(Some(self.shortcut_removed(name)?)),
            AdminWish::KnowTags { tags } => return self.change_tags(tags, true),
            AdminWish::ForgetTags { tags } => return self.change_tags(tags, false),
            AdminWish::AllowNewTags { allowed } => return Ok(self.allow_new_tags(*allowed)),
            AdminWish::SwitchRatings { enabled } => {
                let changed = self.setup.ratings != *enabled;
                return Ok(changed.then_some(Fact::RatingSwitched { enabled: *enabled }));
            }
            AdminWish::SetRetention { days } => return self.set_retention(*days),
            AdminWish::PutTrigger { trigger } => return self.put_trigger(trigger),
            AdminWish::EnableTrigger { name, enabled } => {
                return self.enable_trigger(name, *enabled);
            }
            AdminWish::RemoveTrigger { name } => return Ok(Some(self.remove_trigger(name)?)),
            AdminWish::SetSupport { kind, agents } => return self.set_support(*kind, agents),
            AdminWish::PutRole { name, grants } => return self.put_role(name, grants),
            AdminWish::GiveRole { email, role } => return self.give_role(email, role),
            AdminWish::PutDepartment { name, description } => {
                let description = description.as_ref().map(|d| rules::clean_line(d, TITLE_CHARS));
                self.put_department(name, description)?
            }
            AdminWish::RenameDepartment { name, to } => self.rename_department(name, to)?,
            AdminWish::EnableDepartment { name, enabled } => {
                let known = self.department_named(name)?;
                (Some(known), Department { enabled: *enabled, ..known.clone() })
            }
            AdminWish::SetMembers { name, emails } => {
                let known = self.department_named(name)?;
                let members = self.agents_with(emails)?;
                (Some(known), Department { members, ..known.clone() })
            }
            AdminWish::SetHours { department, time_zone, week } => {
                return self.set_hours(department.as_deref(), time_zone, week);
            }
            AdminWish::SetRouting { routing } => return self.set_routing(routing),
            AdminWish::SetAgentRouting { email, skills, limit } => {
                return self.set_agent_routing(email, skills.as_deref(), *limit);
            }
            AdminWish::EnableHours { department, enabled } => {
                return self.enable_hours(department.as_deref(), *enabled);
            }
            AdminWish::Ban { banned, reason } => return self.ban_by_admin(banned, reason),
            AdminWish::LiftBan { banned } => return self.lift_by_admin(banned),
            AdminWish::Files(wish) => return Ok(self.set_files(wish)?),
        };
        let changed = before != Some(&department);
        Ok(changed.then_some(Fact::DepartmentSaved { department }))
    }

    fn set_hours(
        &self,
        department: Option<&str>,
        zone: &str,
        week: &Week,
    ) -> Result<Option<Fact>, SetupProblem> {
        let known = time_zone(zone);
        let known = known.as_ref().and_then(|zone| zone.iana_name());
        let no_zone = || SetupProblem::NoSuchTimeZone { name: zone.to_owned() };
        let time_zone = known.ok_or_else(no_zone)?.to_owned();
        let hours = Hours { enabled: true, time_zone, week: week.clone().checked()? };
        Ok(self.put_hours(self.scope(department)?, hours))
    }

    fn enable_hours(
        &self,
        department: Option<&str>,
        enabled: bool,
    ) -> Result<Option<Fact>, SetupProblem> {
        let scope = self.scope(department)?;
        let known = self.schedules.get(scope).ok_or(SetupProblem::NoHours)?;
        Ok(self.put_hours(scope, Hours { enabled, ..known.clone() }))
    }

    fn put_hours(&self, department_id: Option<DepartmentId>, hours: Hours) -> Option<Fact> {
        let changed = self.schedules.get(department_id) != Some(&hours);
        changed.then_some(Fact::HoursSaved { department_id, hours })
    }

    fn scope(&self, department: Option<&str>) -> Result<Option<DepartmentId>, SetupProblem> {
        department.map(|name| Ok(self.department_named(name)?.id)).transpose()
    }

    fn put_department(
        &self,
        name: &str,
        description: Option<String>,
    ) -> Result<(Option<&Department>, Department), SetupProblem> {
        if let Some(known) = self.find_department(name) {
            let description = description.unwrap_or_else(|| known.description.clone());
            return Ok((Some(known), Department { description, enabled: true, ..known.clone() }));
        }
        let name = rules::clean_line(name, NAME_CHARS);
        if name.is_empty() {
            return Err(SetupProblem::NoName);
        }
        let known = &self.setup.departments;
        if known.len() >= DEPARTMENTS {
            return Err(SetupProblem::TooManyDepartments { limit: DEPARTMENTS });
        }
        let id = DepartmentId(known.last().map_or(1, |last| last.id.0 + 1));
        let description = description.unwrap_or_default();
        Ok((None, Department { id, name, description, enabled: true, members: Vec::new() }))
    }

    /// Where there is none of the old name and one of the new, it was renamed before.
    fn rename_department(
        &self,
        name: &str,
        to: &str,
    ) -> Result<(Option<&Department>, Department), SetupProblem> {
        let to = rules::clean_line(to, NAME_CHARS);
        if to.is_empty() {
            return Err(SetupProblem::NoName);
        }
        let other = self.find_department(&to);
        match (self.find_department(name), other) {
            (None, Some(done)) => Ok((Some(done), done.clone())),
            (None, None) => Err(SetupProblem::NoSuchDepartment { name: name.to_owned() }),
            (Some(known), Some(other)) if other.id != known.id => {
                Err(SetupProblem::NameTaken { name: to })
            }
            (Some(known), _) => Ok((Some(known), Department { name: to, ..known.clone() })),
        }
    }

    fn find_department(&self, name: &str) -> Option<&Department> {
        let wanted = rules::clean_line(name, NAME_CHARS).to_lowercase();
        self.setup.departments.iter().find(|known| known.name.to_lowercase() == wanted)
    }

    fn department_named(&self, name: &str) -> Result<&Department, SetupProblem> {
        let known = self.find_department(name);
        known.ok_or_else(|| SetupProblem::NoSuchDepartment { name: name.to_owned() })
    }

    pub(super) fn agent_with(&self, email: &str) -> Result<AgentId, SetupProblem> {
        let known = self.agent_by_email(email).map(|agent| agent.id);
        known.ok_or_else(|| SetupProblem::NoSuchAgent { email: email.to_owned() })
    }

    fn agents_with(&self, emails: &[String]) -> Result<Vec<AgentId>, SetupProblem> {
        let mut members = Vec::with_capacity(emails.len());
        for email in emails {
            members.push(self.agent_with(email)?);
        }
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}
