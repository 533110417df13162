//! What agents may wish of the account itself, each as far as her role allows it (domain.md 14).

use super::{Account, Granted};
use bellhop_model::{
    AgentId, Command, CommandId, DepartmentId, Extent, Fact, Permission, Refusal, Timestamp,
    VisitorId, VisitorProfile,
    command::NamedCommand,
    manage::{Management, NamedManagement},
};

/// One wish of an agent: about a chat, or about the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentWish {
    Command(NamedCommand),
    Manage(NamedManagement),
}

impl AgentWish {
    /// What its client calls it.
    #[must_use]
    pub fn id(&self) -> CommandId {
        match self {
            Self::Command(named) => named.id,
            Self::Manage(named) => named.id,
        }
    }

    /// The visitor whom it takes to be on the site.
    #[must_use]
    pub fn visitor_here(&self) -> Option<&VisitorId> {
        match self {
            Self::Command(NamedCommand {
                command: Command::StartChat { visitor_id, .. }, ..
            }) => Some(visitor_id),
            _ => None,
        }
    }
}

impl Account {
    /// What an agent's wish leads to, at `now`. `seen` is the visitor of
    /// [`AgentWish::visitor_here`], as they are on the site.
    ///
    /// # Errors
    /// Why it is not granted; nothing follows from it then.
    pub fn decide_wish(
        &self,
        agent: AgentId,
        wish: &AgentWish,
        seen: Option<&VisitorProfile>,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        match wish {
            AgentWish::Command(named) => self.decide_agent(agent, named, seen, now),
            AgentWish::Manage(named) => self.decide_management(agent, named, now),
        }
    }

    fn decide_management(
        &self,
        agent: AgentId,
        named: &NamedManagement,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let facts = match &named.wish {
            Management::SetDepartmentMembers { department_id, members } => {
                self.set_members(agent, *department_id, members)?
            }
            Management::SetAgentChatLimit { agent_id, chat_limit } => {
                self.set_limit_of(agent, *agent_id, *chat_limit)?.into_iter().collect()
            }
            Management::PutShortcut { shortcut } => self.put_shortcut(agent, shortcut)?,
            Management::RemoveShortcut { name } => self.remove_shortcut(agent, name)?,
            Management::ReassignShortcuts { names, scope } => {
                self.reassign_shortcuts(agent, names, scope)?
            }
            Management::MarkOfflineMessage { message_id, unread } => {
                self.mark_message(agent, *message_id, *unread)?
            }
            Management::AnswerOfflineMessage { message_id, text } => {
                self.answer_message(agent, *message_id, (named.id, text), now)?
            }
            Management::DeleteRecord { id } => self.delete_record(agent, *id)?,
            Management::SetProfile { display_name, tagline } => {
                self.set_profile(agent, display_name.as_deref(), tagline.as_deref())?
            }
            Management::RemoveAvatar => self.avatar_set(agent, None).into_iter().collect(),
            Management::SetContact { visitor_id, name, email, phone } => {
                self.set_contact(agent, visitor_id, [name, email, phone])?
            }
            Management::SetVisitorNote { visitor_id, note } => {
                self.set_visitor_note(agent, visitor_id, note)?
            }
            Management::BanVisitor { visitor_id, reason, address } => {
                self.ban_visitor(agent, visitor_id, reason, *address)?
            }
            Management::BanAddress { address, reason } => {
                self.ban_address(agent, address, reason)?
            }
            Management::LiftBan { banned } => self.lift_ban(agent, banned)?,
            Management::SayToTeam { to, text } => {
                return self.say_to_team(agent, to, (named.id, text), now);
            }
            Management::ReadTeamChat { team_chat_id, up_to } => {
                self.read_team_chat(agent, *team_chat_id, *up_to)?
            }
            Management::SendFileToTeam { .. } => return Err(Refusal::NoFilesInTeamChats),
            Management::DeleteFile { file_id } => vec![self.delete_file(Some(agent), file_id)?],
            Management::SetTicketAssignee { email } => self.set_ticket_assignee(agent, email)?,
            Management::Unknown => return Err(Refusal::UnknownCommand),
        };
        Ok(Granted { facts, chat_id: None })
    }

    /// Those who may change departments they are in change no other ones.
    fn set_members(
        &self,
        agent: AgentId,
        id: DepartmentId,
        members: &[AgentId],
    ) -> Result<Vec<Fact>, Refusal> {
        let permission = Permission::EditDepartmentAgents;
        let extent = self.roles.require(agent, permission)?;
        let department =
            self.setup.department(id).ok_or(Refusal::NoSuchDepartment { department_id: id })?;
        if extent != Extent::Account && !department.members.contains(&agent) {
            return Err(Refusal::not_permitted(permission));
        }
        let mut wanted = members.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if let Some(stranger) = wanted.iter().find(|id| !self.agents.contains_key(id)) {
            return Err(Refusal::NoSuchAgent { agent_id: *stranger });
        }
        if department.members == wanted {
            return Ok(Vec::new());
        }
        let department = bellhop_model::Department { members: wanted, ..department.clone() };
        Ok(vec![Fact::DepartmentSaved { department }])
    }
}
