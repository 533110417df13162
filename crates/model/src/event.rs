//! Durable events: the facts of an account, journaled and numbered (laws 3 and 4).

use crate::{
    Agent, AgentId, Availability, ChatId, CommandId, Contact, Department, DepartmentId, EndedBy,
    FileId, FileRules, Hours, Message, OfflineMessageId, Rating, Role, RoleId, Seq, Shortcut,
    Support, TeamChatId, Timestamp, Trigger, TriggerId, VisitorId, VisitorProfile,
    ban::{Ban, Banned},
    offline::OfflineMessage,
    people::{Avatar, Origin},
    route::{Destination, ReleaseReason},
    routing::{Routing, UnassignedReason},
};
use serde::{Deserialize, Serialize};

/// A fact with its number in the journal and the moment the service wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub seq: Seq,
    pub at: Timestamp,
    pub fact: Fact,
}

/// What happened, in the past tense.
///
/// A client that meets a `kind` it does not know keeps the number, shows nothing and goes on:
/// [`Fact::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Fact {
    /// An agent was added to the account, or her name or address changed.
    AgentSaved {
        agent: Agent,
    },
    /// An agent works here no more, or again. Who does not is let in by nothing, can be handed
    /// nothing, and is in no chat; her tokens are forgotten with this.
    AgentSwitched {
        agent_id: AgentId,
        enabled: bool,
    },
    /// An agent chose another availability.
    AvailabilitySet {
        agent_id: AgentId,
        availability: Availability,
        /// She did not choose it: she missed so many requests in a row (domain.md 8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missed: Option<u8>,
    },
    /// A visitor asked for a chat. Their first comment follows as a message. Agents are told
    /// of no origin.
    ChatRequested {
        chat_id: ChatId,
        visitor: VisitorProfile,
        #[serde(default, skip_serializing_if = "Origin::is_unknown")]
        origin: Origin,
    },
    /// An agent begins a chat with a visitor who asked nothing. She joins it, and what she
    /// says follows. Agents are told of no origin.
    ChatStarted {
        chat_id: ChatId,
        visitor: VisitorProfile,
        agent_id: AgentId,
        #[serde(default, skip_serializing_if = "Origin::is_unknown")]
        origin: Origin,
    },
    /// Somebody said something.
    MessagePosted {
        chat_id: ChatId,
        message: Message,
    },
    /// An agent serves the chat, or joined it.
    AgentJoined {
        chat_id: ChatId,
        agent_id: AgentId,
    },
    /// An agent is no longer in the chat.
    AgentLeft {
        chat_id: ChatId,
        agent_id: AgentId,
    },
    /// The chat ended.
    ChatEnded {
        chat_id: ChatId,
        by: EndedBy,
    },
    /// An agent reopened a chat the visitor had ended.
    ChatContinued {
        chat_id: ChatId,
        agent_id: AgentId,
    },
    /// The visitor wrote again after the agents had left; the chat waits at the bottom of the
    /// queue, with its history (domain.md 9).
    ChatCameBack {
        chat_id: ChatId,
    },
    /// The chat's tags are now these.
    TagsSet {
        chat_id: ChatId,
        agent_id: AgentId,
        tags: Vec<String>,
    },
    /// This stands under an agent's name for visitors; nothing where it is empty (domain.md 1).
    TaglineSet {
        agent_id: AgentId,
        tagline: String,
    },
    /// An agent has this picture, or none. Agents are told [`Fact::AvatarChanged`] instead.
    AvatarSet {
        agent_id: AgentId,
        avatar: Option<Avatar>,
    },
    /// An agent has a picture of this name, or none. Never journaled.
    AvatarChanged {
        agent_id: AgentId,
        name: Option<String>,
    },
    /// A department was made, renamed, enabled or disabled, or its members are now these.
    DepartmentSaved {
        department: Department,
    },
    /// The hours of a department, or of the whole account, are now these (domain.md 10).
    HoursSaved {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        department_id: Option<DepartmentId>,
        hours: Hours,
    },
    /// A role was made, or allows something else than before (domain.md 14).
    RoleSaved {
        role: Role,
    },
    /// An agent has this role now.
    RoleGiven {
        agent_id: AgentId,
        role_id: RoleId,
    },
    /// A shortcut was made or changed. Agents are told [`Fact::ShortcutsChanged`] instead.
    ShortcutSaved {
        shortcut: Shortcut,
    },
    /// A shortcut is no more. Agents are told [`Fact::ShortcutsChanged`] instead.
    ShortcutRemoved {
        name: String,
    },
    /// The list of shortcuts is another, perhaps for this agent. Never journaled.
    ShortcutsChanged,
    /// An agent used a shortcut: the visitor may answer by a click (domain.md 4).
    OptionsOffered {
        chat_id: ChatId,
        agent_id: AgentId,
        options: Vec<String>,
    },
    /// These are among the account's known tags now, and those no more (domain.md 6).
    TagListChanged {
        added: Vec<String>,
        removed: Vec<String>,
    },
    /// Whether agents may give tags that are not in the list.
    TagCreationSet {
        allowed: bool,
    },
    /// Whether chats can be rated (domain.md 5).
    RatingSwitched {
        enabled: bool,
    },
    /// An agent asks the visitor for a rating.
    RatingRequested {
        chat_id: ChatId,
        agent_id: AgentId,
    },
    /// The visitor rated the chat, or took it back. The last one counts (domain.md 5).
    ChatRated {
        chat_id: ChatId,
        rating: Option<Rating>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// This may be sent besides pictures from now on (domain.md 15).
    FileRulesSaved {
        rules: FileRules,
    },
    /// A file that was sent in the chat was deleted for good (domain.md 13). Without an agent an
    /// administrator did it at the service's machine.
    FileDeleted {
        chat_id: ChatId,
        file_id: FileId,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
    },
    /// A trigger was made or changed (domain.md 11).
    TriggerSaved {
        trigger: Trigger,
    },
    TriggerRemoved {
        trigger_id: TriggerId,
    },
    /// A trigger did what stands before its action number `step`; the facts of that follow. Without
    /// a chat agents are told [`Fact::Unknown`] instead, for not all may see who is on the site.
    TriggerFired {
        trigger_id: TriggerId,
        visitor_id: VisitorId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
        step: u32,
        /// It is remembered for this visitor.
        #[serde(default)]
        marks: bool,
    },
    /// What a trigger does because of a message waits until then, or no more, and goes on with its
    /// action number `step`. It is for the service itself, which goes on with it after a restart.
    TriggerWaits {
        trigger_id: TriggerId,
        chat_id: ChatId,
        message_id: CommandId,
        step: u32,
        /// It did something for this message already.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        acted: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// An automatic message to a visitor who has no chat. It becomes part of the chat they ask for.
    /// Agents are told [`Fact::Unknown`] instead.
    VisitorGreeted {
        visitor_id: VisitorId,
        message: Message,
    },
    /// A trigger added tags to the chat.
    TagsAdded {
        chat_id: ChatId,
        tags: Vec<String>,
    },
    /// A visitor left a message while nobody was there (domain.md 16). Agents are told
    /// [`Fact::OfflineMessagesChanged`] instead of this and the next two.
    OfflineMessageLeft {
        message: Box<OfflineMessage>,
        #[serde(default, skip_serializing_if = "Origin::is_unknown")]
        origin: Origin,
    },
    OfflineMessageMarked {
        message_id: OfflineMessageId,
        agent_id: AgentId,
        unread: bool,
    },
    /// An agent answered it; the answer is said to the visitor as soon as that is possible.
    OfflineMessageAnswered {
        message_id: OfflineMessageId,
        agent_id: AgentId,
        message: Message,
    },
    /// It is deleted for good; without an agent because it was kept long enough. Its words are gone
    /// from the facts before. Agents are told [`Fact::OfflineMessagesChanged`] instead.
    OfflineMessageDeleted {
        message_id: OfflineMessageId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
    },
    /// The list of offline messages is another. Never journaled.
    OfflineMessagesChanged,
    /// Whether chats become tickets, and who may be given them.
    SupportSaved {
        support: Support,
    },
    /// Tickets of this agent's chats are given to this support agent from now on; `None`: to nobody
    ///
    TicketAssigneeSet {
        agent_id: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    },
    /// The request is for this department, which had this name then; who is no member of it does
    /// not serve it.
    DepartmentChosen {
        chat_id: ChatId,
        department_id: DepartmentId,
        name: String,
    },
    /// An agent handed the chat over. It waits since `waits_from`, which is behind every
    /// request that waited at that moment.
    ChatTransferred {
        chat_id: ChatId,
        agent_id: AgentId,
        to: Destination,
        /// She may not serve it again: it went to her own department.
        #[serde(default)]
        excluded: bool,
        waits_from: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An agent asked another one into the chat, who joins with the next fact. Nobody
    /// keeps the invited one from serving it any more.
    AgentInvited {
        chat_id: ChatId,
        agent_id: AgentId,
        invited_id: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The chat had waited for one agent, or for one department, alone; now more may serve it. It
    /// keeps its place in the queue.
    ChatReleased {
        chat_id: ChatId,
        reason: ReleaseReason,
    },
    /// The chat waits for this agent alone: it is hers to serve (domain.md 8).
    ChatAssigned {
        chat_id: ChatId,
        agent_id: AgentId,
    },
    /// The chat could be assigned to nobody, and why.
    ChatUnassigned {
        chat_id: ChatId,
        reason: UnassignedReason,
    },
    /// The request asks for an agent with these skills, the newest last.
    SkillsAsked {
        chat_id: ChatId,
        skills: Vec<String>,
    },
    /// Requests are routed in this way from now on.
    RoutingSaved {
        routing: Routing,
    },
    /// What an administrator says of an agent, or she of herself: what she can, and how many chats
    /// she gets.
    AgentRoutingSaved {
        agent_id: AgentId,
        skills: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_limit: Option<u8>,
    },
    /// A chat of the history is deleted for good; without an agent because it was kept long enough
    /// (domain.md 13). Its words are gone from the facts before.
    ChatDeleted {
        chat_id: ChatId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
    },
    /// Chats and offline messages are kept so many days after their end; without a number until
    /// somebody deletes them.
    RetentionSaved {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    },
    /// The visitor gave another name.
    VisitorNamed {
        chat_id: ChatId,
        name: String,
    },
    /// An agent wrote down something of a visitor; this is all that is written down now.
    ContactSaved {
        visitor_id: VisitorId,
        agent_id: AgentId,
        contact: Contact,
    },
    /// A visitor or an address is banned from now on (domain.md 12). Agents are told
    /// [`Fact::BansChanged`] instead of this and the next one.
    Banned {
        ban: Ban,
    },
    /// They are banned no more. Without an agent an administrator lifted it at the service's
    /// machine.
    BanLifted {
        banned: Banned,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
    },
    /// The list of bans is another. Never journaled.
    BansChanged,
    /// An agent said something to colleagues. `members` are all who are in the team chat,
    /// in the order of their ids; it begins with the first message.
    TeamSaid {
        team_chat_id: TeamChatId,
        members: Vec<AgentId>,
        message: Message,
    },
    /// An agent has read a team chat up to this number.
    TeamRead {
        team_chat_id: TeamChatId,
        agent_id: AgentId,
        up_to: Seq,
    },
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Fact: "kind");

impl Fact {
    /// What the JSON of facts that are told in another way than they are kept contains; see
    /// [`Self::told`].
    pub const TOLD_OTHERWISE: &'static [&'static str] = &[
        "\"shortcut_",
        "\"offline_message_",
        "\"avatar_set",
        "\"visitor_greeted",
        "\"trigger_fired",
        "\"banned\"",
        "\"ban_lifted\"",
        "\"origin\":{",
    ];

    /// What agents' programs are told instead, for a fact that is not everybody's.
    #[must_use]
    pub fn told(&self) -> Option<Self> {
        match self {
            Self::ChatRequested { origin, .. } | Self::ChatStarted { origin, .. }
                if !origin.is_unknown() =>
            {
                Some(self.without_origin())
            }
            Self::ShortcutSaved { .. } | Self::ShortcutRemoved { .. } => {
                Some(Self::ShortcutsChanged)
            }
            Self::AvatarSet { agent_id, avatar } => Some(Self::AvatarChanged {
                agent_id: *agent_id,
                name: avatar.as_ref().map(|avatar| avatar.name.clone()),
            }),
            Self::OfflineMessageLeft { .. }
            | Self::OfflineMessageMarked { .. }
            | Self::OfflineMessageAnswered { .. }
            | Self::OfflineMessageDeleted { .. } => Some(Self::OfflineMessagesChanged),
            Self::VisitorGreeted { .. } | Self::TriggerFired { chat_id: None, .. } => {
                Some(Self::Unknown)
            }
            Self::Banned { .. } | Self::BanLifted { .. } => Some(Self::BansChanged),
            _ => None,
        }
    }

    fn without_origin(&self) -> Self {
        let mut told = self.clone();
        if let Self::ChatRequested { origin, .. } | Self::ChatStarted { origin, .. } = &mut told {
            *origin = Origin::default();
        }
        told
    }

    /// The agents who are told of it at all, where not all are.
    #[must_use]
    pub fn audience(&self) -> Option<Vec<AgentId>> {
        match self {
            Self::TeamSaid { members, .. } => Some(members.clone()),
            Self::TeamRead { agent_id, .. } => Some(vec![*agent_id]),
            _ => None,
        }
    }

    /// The chat it is about, where it is about one.
    #[must_use]
    #[expect(
        clippy::too_many_lines,
        reason = "one list of all events, which the compiler keeps whole"
    )]
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::ChatRequested { chat_id, .. }
            | Self::ChatStarted { chat_id, .. }
            | Self::MessagePosted { chat_id, .. }
            | Self::AgentJoined { chat_id, .. }
            | Self::AgentLeft { chat_id, .. }
            | Self::ChatEnded { chat_id, .. }
            | Self::ChatContinued { chat_id, .. }
            | Self::ChatCameBack { chat_id }
            | Self::TagsSet { chat_id, .. }
            | Self::TagsAdded { chat_id, .. }
            | Self::OptionsOffered { chat_id, .. }
            | Self::RatingRequested { chat_id, .. }
            | Self::ChatRated { chat_id, .. }
            | Self::FileDeleted { chat_id, .. }
            | Self::ChatDeleted { chat_id, .. }
            | Self::VisitorNamed { chat_id, .. }
            | Self::DepartmentChosen { chat_id, .. }
            | Self::ChatTransferred { chat_id, .. }
            | Self::AgentInvited { chat_id, .. }
            | Self::ChatReleased { chat_id, .. }
            | Self::ChatAssigned { chat_id, .. }
            | Self::ChatUnassigned { chat_id, .. }
            | Self::SkillsAsked { chat_id, .. } => Some(*chat_id),
            Self::AgentSaved { .. }
            | Self::AgentSwitched { .. }
            | Self::AvailabilitySet { .. }
            | Self::DepartmentSaved { .. }
            | Self::HoursSaved { .. }
            | Self::RoutingSaved { .. }
            | Self::AgentRoutingSaved { .. }
            | Self::SupportSaved { .. }
            | Self::TicketAssigneeSet { .. }
            | Self::TaglineSet { .. }
            | Self::AvatarSet { .. }
            | Self::AvatarChanged { .. }
            | Self::RoleSaved { .. }
            | Self::RoleGiven { .. }
            | Self::ShortcutSaved { .. }
            | Self::ShortcutRemoved { .. }
            | Self::ShortcutsChanged
            | Self::TagListChanged { .. }
            | Self::TagCreationSet { .. }
            | Self::RatingSwitched { .. }
            | Self::FileRulesSaved { .. }
            | Self::TriggerSaved { .. }
            | Self::TriggerRemoved { .. }
            | Self::TriggerFired { .. }
            | Self::TriggerWaits { .. }
            | Self::VisitorGreeted { .. }
            | Self::OfflineMessageLeft { .. }
            | Self::OfflineMessageMarked { .. }
            | Self::OfflineMessageAnswered { .. }
            | Self::OfflineMessageDeleted { .. }
            | Self::RetentionSaved { .. }
            | Self::OfflineMessagesChanged
            | Self::ContactSaved { .. }
            | Self::Banned { .. }
            | Self::BanLifted { .. }
            | Self::BansChanged
            | Self::TeamSaid { .. }
            | Self::TeamRead { .. }
            | Self::Unknown => None,
        }
    }

    /// The visitor it is about, where it is about one and about none of their chats.
    #[must_use]
    pub fn visitor_id(&self) -> Option<&VisitorId> {
        match self {
            Self::ContactSaved { visitor_id, .. } => Some(visitor_id),
            _ => None,
        }
    }
}
