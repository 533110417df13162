//! What visitors may do. A visitor is in one chat at a time: their own.

use super::{Account, Granted};
use bellhop_model::{
    Author, ChatId, CommandId, DepartmentId, EndedBy, Fact, Message, Rating, Refusal, Timestamp,
    VisitorId, VisitorProfile, routing::newest_skills, rules,
};

/// What a visitor wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisitorWish {
    /// Say something; the first word asks for a chat.
    Say {
        id: CommandId,
        text: String,
        /// Whom a new request is for; everybody where that is no department one can ask.
        department: Option<DepartmentId>,
        /// What the agent who serves a new request must be able to do, the newest last.
        skills: Vec<String>,
    },
    /// End the chat.
    End,
    /// Leave a message while nobody is there (domain.md 16).
    Leave { text: String, email: String, department: Option<DepartmentId> },
    /// Rate the chat, change that, or take it back (domain.md 5).
    Rate { rating: Option<Rating>, comment: Option<String> },
    /// Be called so.
    Name { name: String },
}

impl Account {
    /// What a visitor's wish leads to, at `now`. `visitor` is who they are and where they look
    /// now; a new request keeps it.
    ///
    /// # Errors
    /// Why it is not granted; nothing follows from it then.
    pub fn decide_visitor(
        &self,
        visitor: &VisitorProfile,
        wish: &VisitorWish,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        if self.is_banned_now(&visitor.id) {
            return Err(Refusal::NotAvailable);
        }
        match wish {
            VisitorWish::Say { id, text, department, skills } => {
                rules::check_text(text)?;
                self.visitor_says(visitor, (*id, text), (*department, skills), now)
            }
            VisitorWish::End => {
                let chat = self.chat_of(&visitor.id).filter(|chat| !chat.state.is_over());
                let id = chat.ok_or(Refusal::ChatEnded)?.id;
                Ok(Granted::one(id, Fact::ChatEnded { chat_id: id, by: EndedBy::Visitor }))
            }
            VisitorWish::Leave { text, email, department } => {
                self.leave_message(visitor, (text, email), *department, now)
            }
            VisitorWish::Rate { rating, comment } => {
                self.rate(&visitor.id, *rating, comment.as_deref())
            }
            VisitorWish::Name { name } => Ok(self.visitor_named(visitor, name)),
        }
    }

    /// Whether saying something would begin a new chat.
    #[must_use]
    pub fn would_request(&self, visitor: &VisitorProfile) -> bool {
        self.chat_of(&visitor.id)
            .is_none_or(|chat| chat.state.is_over() && !self.would_come_back(chat))
    }

    /// A message's id is the id of the command that said it, so no two may share one. A repeat of
    /// the visitor's own was answered before.
    #[must_use]
    pub fn was_said(&self, visitor: &VisitorId, id: CommandId) -> bool {
        let chat = self.chat_of(visitor);
        let in_chat = chat.is_some_and(|chat| self.lookups.was_said(chat.id, id));
        in_chat || self.greetings(visitor).iter().any(|greeting| greeting.id == id)
    }

    /// After the visitor's own end, or after a chat that timed out, a new chat begins; after the
    /// agents left, the same one comes back (domain.md 9).
    fn visitor_says(
        &self,
        visitor: &VisitorProfile,
        (id, text): (CommandId, &str),
        (department, skills): (Option<DepartmentId>, &[String]),
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let mut facts = Vec::with_capacity(2);
        let chat_id = match self.chat_of(&visitor.id) {
            Some(chat) if !chat.state.is_over() => chat.id,
            Some(chat) if self.would_come_back(chat) => {
                facts.push(Fact::ChatCameBack { chat_id: chat.id });
                chat.id
            }
            _ => {
                let chat_id = ChatId(self.last_chat + 1);
                let origin = self.origin_of(&visitor.id);
                let visitor = self.as_known(visitor);
                facts.push(Fact::ChatRequested { chat_id, visitor, origin });
                facts.extend(department.and_then(|id| self.department_chosen(chat_id, id)));
                let skills = newest_skills(skills);
                if !skills.is_empty() {
                    facts.push(Fact::SkillsAsked { chat_id, skills });
                }
                chat_id
            }
        };
        self.check_room(chat_id, text.len())?;
        facts.extend(self.greetings_in(chat_id, &visitor.id));
        let message =
            Message { id, author: Author::Visitor, text: text.to_owned(), at: now, file: None };
        facts.push(Fact::MessagePosted { chat_id, message });
        Ok(Granted { facts, chat_id: Some(chat_id) })
    }

    /// The request is for a department, where somebody there can serve it.
    fn department_chosen(&self, chat_id: ChatId, id: DepartmentId) -> Option<Fact> {
        let department = self.setup.department(id)?;
        let somebody = department.members.iter().any(|id| self.is_enabled(*id));
        (department.enabled && somebody).then(|| Fact::DepartmentChosen {
            chat_id,
            department_id: id,
            name: department.name.clone(),
        })
    }

    /// A name is a fact only where there is a chat to show it in.
    fn visitor_named(&self, visitor: &VisitorProfile, name: &str) -> Granted {
        let chat = self.chat_of(&visitor.id).filter(|chat| !chat.state.is_over());
        match (chat, rules::clean_name(name)) {
            (Some(chat), Some(name)) if chat.visitor.name.as_ref() != Some(&name) => {
                Granted::one(chat.id, Fact::VisitorNamed { chat_id: chat.id, name })
            }
            _ => Granted::default(),
        }
    }
}
