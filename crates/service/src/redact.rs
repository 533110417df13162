//! What stays of the facts of a chat, or of an offline message, that was deleted (domain.md 13).
//!
//! Invariants: nobody's words stay, nor what else is known of the visitor but an id that says nothing
//! by itself; with the fact of the deletion behind them, the facts that are left make the same account
//! as those before. A name that is taken away is an empty one, for there was one.

use bellhop_model::{Fact, Message, VisitorProfile, offline::OfflineMessage, people::Origin};

/// The fact without words.
pub(crate) fn redacted(fact: Fact) -> Fact {
    let origin = Origin::default();
    match fact {
        Fact::ChatRequested { chat_id, visitor, .. } => {
            Fact::ChatRequested { chat_id, visitor: nobody(visitor), origin }
        }
        Fact::ChatStarted { chat_id, visitor, agent_id, .. } => {
            Fact::ChatStarted { chat_id, visitor: nobody(visitor), agent_id, origin }
        }
        Fact::MessagePosted { chat_id, message } => {
            Fact::MessagePosted { chat_id, message: silent(message) }
        }
        Fact::VisitorNamed { chat_id, .. } => Fact::VisitorNamed { chat_id, name: String::new() },
        Fact::TagsSet { chat_id, agent_id, .. } => {
            Fact::TagsSet { chat_id, agent_id, tags: Vec::new() }
        }
        Fact::TagsAdded { chat_id, .. } => Fact::TagsAdded { chat_id, tags: Vec::new() },
        Fact::OptionsOffered { chat_id, agent_id, .. } => {
            Fact::OptionsOffered { chat_id, agent_id, options: Vec::new() }
        }
        Fact::ChatRated { chat_id, rating, .. } => {
            Fact::ChatRated { chat_id, rating, comment: None }
        }
        Fact::FileDeleted { chat_id, file_id, agent_id, .. } => {
            Fact::FileDeleted { chat_id, file_id, agent_id, name: String::new() }
        }
        Fact::SkillsAsked { chat_id, .. } => Fact::SkillsAsked { chat_id, skills: Vec::new() },
        Fact::ChatTransferred { chat_id, agent_id, to, excluded, waits_from, .. } => {
            Fact::ChatTransferred { chat_id, agent_id, to, excluded, waits_from, note: None }
        }
        Fact::AgentInvited { chat_id, agent_id, invited_id, .. } => {
            Fact::AgentInvited { chat_id, agent_id, invited_id, note: None }
        }
        Fact::OfflineMessageLeft { message, .. } => {
            Fact::OfflineMessageLeft { message: Box::new(empty(*message)), origin }
        }
        Fact::OfflineMessageAnswered { message_id, agent_id, message } => {
            Fact::OfflineMessageAnswered { message_id, agent_id, message: silent(message) }
        }
        wordless_or_of_no_chat => no_words(wordless_or_of_no_chat),
    }
}

/// A fact that has no words of a chat. Whoever adds one decides here or above whether it has.
#[expect(clippy::too_many_lines, reason = "one list of all facts, which the compiler keeps whole")]
fn no_words(fact: Fact) -> Fact {
    match &fact {
        Fact::AgentJoined { .. }
        | Fact::AgentLeft { .. }
        | Fact::ChatEnded { .. }
        | Fact::ChatContinued { .. }
        | Fact::ChatCameBack { .. }
        | Fact::ChatDeleted { .. }
        | Fact::RatingRequested { .. }
        | Fact::TriggerFired { .. }
        | Fact::TriggerWaits { .. }
        | Fact::DepartmentChosen { .. }
        | Fact::ChatReleased { .. }
        | Fact::ChatAssigned { .. }
        | Fact::ChatUnassigned { .. }
        | Fact::OfflineMessageMarked { .. }
        | Fact::OfflineMessageDeleted { .. }
        // Of no chat.
        | Fact::AgentSaved { .. }
        | Fact::AvailabilitySet { .. }
        | Fact::TaglineSet { .. }
        | Fact::AvatarSet { .. }
        | Fact::AvatarChanged { .. }
        | Fact::DepartmentSaved { .. }
        | Fact::HoursSaved { .. }
        | Fact::RoleSaved { .. }
        | Fact::RoleGiven { .. }
        | Fact::ShortcutSaved { .. }
        | Fact::ShortcutRemoved { .. }
        | Fact::ShortcutsChanged
        | Fact::TagListChanged { .. }
        | Fact::TagCreationSet { .. }
        | Fact::RatingSwitched { .. }
        | Fact::TriggerSaved { .. }
        | Fact::TriggerRemoved { .. }
        | Fact::VisitorGreeted { .. }
        | Fact::OfflineMessagesChanged
        | Fact::SupportSaved { .. }
        | Fact::TicketAssigneeSet { .. }
        | Fact::RoutingSaved { .. }
        | Fact::AgentRoutingSaved { .. }
        | Fact::RetentionSaved { .. }
        | Fact::FileRulesSaved { .. }
        | Fact::AgentSwitched { .. }
        | Fact::ContactSaved { .. }
        | Fact::Banned { .. }
        | Fact::BanLifted { .. }
        | Fact::BansChanged
        | Fact::TeamSaid { .. }
        | Fact::TeamRead { .. }
        | Fact::Unknown
        // Taken care of above.
        | Fact::ChatRequested { .. }
        | Fact::ChatStarted { .. }
        | Fact::MessagePosted { .. }
        | Fact::VisitorNamed { .. }
        | Fact::TagsSet { .. }
        | Fact::TagsAdded { .. }
        | Fact::OptionsOffered { .. }
        | Fact::ChatRated { .. }
        | Fact::FileDeleted { .. }
        | Fact::SkillsAsked { .. }
        | Fact::ChatTransferred { .. }
        | Fact::AgentInvited { .. }
        | Fact::OfflineMessageLeft { .. }
        | Fact::OfflineMessageAnswered { .. } => fact,
    }
}

/// A file is still spoken of by its id, for its bytes are to go; the text is its name.
fn silent(message: Message) -> Message {
    Message { text: String::new(), ..message }
}

fn nobody(visitor: VisitorProfile) -> VisitorProfile {
    VisitorProfile {
        id: visitor.id,
        name: visitor.name.map(|_| String::new()),
        language: String::new(),
        browser: String::new(),
        platform: String::new(),
        page: bellhop_model::people::Page::default(),
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: visitor.arrived_at,
    }
}

fn empty(message: OfflineMessage) -> OfflineMessage {
    OfflineMessage {
        visitor: nobody(message.visitor),
        email: String::new(),
        text: String::new(),
        answers: Vec::new(),
        ..message
    }
}
