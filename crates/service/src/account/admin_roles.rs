//! What administrators may do to roles (domain.md 14).
//!
//! Invariant: the owner's and the administrators' role allow everything, and somebody is the owner.

use super::{Account, SetupProblem};
use bellhop_model::{
    Extent, Fact, Permission, Role, RoleId,
    limits::{NAME_CHARS, ROLES},
    permission::{ADMINISTRATOR, AGENT, OWNER},
    rules,
};

impl Account {
    /// There is a role of this name, and of these permissions it says so much. A new one says of
    /// the others what an agent's does.
    pub(super) fn put_role(
        &self,
        name: &str,
        grants: &[(Permission, Extent)],
    ) -> Result<Option<Fact>, SetupProblem> {
        let name = rules::clean_line(name, NAME_CHARS);
        if name.is_empty() {
            return Err(SetupProblem::NoRoleName);
        }
        let known = self.find_role(&name);
        if let Some(fixed) = known.as_ref().filter(|r| matches!(r.id, OWNER | ADMINISTRATOR)) {
            return Err(SetupProblem::RoleFixed { name: fixed.name.clone() });
        }
        for (permission, extent) in grants {
            if !permission.extents().contains(extent) {
                return Err(SetupProblem::NoSuchExtent { permission: permission.name() });
            }
        }
        let mut role = match &known {
            Some(role) => role.clone(),
            None => self.new_role(name)?,
        };
        role.permissions.extend(grants.iter().copied());
        Ok((known.as_ref() != Some(&role)).then_some(Fact::RoleSaved { role }))
    }

    fn new_role(&self, name: String) -> Result<Role, SetupProblem> {
        let known = self.roles.all();
        if known.len() >= ROLES {
            return Err(SetupProblem::TooManyRoles { limit: ROLES });
        }
        let id = RoleId(known.last().map_or(AGENT, |last| last.id).0 + 1);
        let permissions = Permission::ALL.into_iter().map(|p| (p, p.of_an_agent())).collect();
        Ok(Role { id, name, permissions })
    }

    /// The agent has this role and no other.
    pub(super) fn give_role(&self, email: &str, role: &str) -> Result<Option<Fact>, SetupProblem> {
        let agent_id = self.agent_with(email)?;
        let role = self
            .find_role(role)
            .ok_or_else(|| SetupProblem::NoSuchRole { name: role.to_owned() })?;
        let before = self.roles.role_of(agent_id);
        if before == role.id {
            return Ok(None);
        }
        if before == OWNER && !self.has_other_owner(agent_id) {
            return Err(SetupProblem::LastOwner);
        }
        Ok(Some(Fact::RoleGiven { agent_id, role_id: role.id }))
    }

    fn find_role(&self, name: &str) -> Option<Role> {
        let wanted = rules::clean_line(name, NAME_CHARS).to_lowercase();
        self.roles.all().into_iter().find(|role| role.name.to_lowercase() == wanted)
    }
}
