//! What chats say of visitors who are on the site, and chats that agents begin (domain.md 7;
//!

use super::{Account, Granted, trigger_runs::is_automatic};
use bellhop_model::{
    AgentId, Author, Chat, ChatId, ChatState, CommandId, Extent, Fact, Message, Permission,
    Refusal, Route, Timestamp, VisitorId, VisitorProfile, chat::LineBody, rules, visit::Category,
};
use std::collections::BTreeMap;

impl Account {
    /// The group in which a visitor stands for their chat, where it gives them one.
    #[must_use]
    pub fn category_in_chat(&self, visitor: &VisitorId) -> Option<Category> {
        // Answers to offline messages wait there as well.
        let greeted = || {
            let greeted = self.greetings(visitor).iter().any(is_automatic);
            greeted.then_some(Category::TriggerActivated)
        };
        let Some(chat) = self.chat_of(visitor) else { return greeted() };
        let was_greeted = || self.lookups.has_automatic_message(chat.id);
        match chat.state {
            ChatState::Served => Some(Category::Served),
            ChatState::Waiting if chat.route.held_for.is_some() => Some(Category::Assigned),
            ChatState::Waiting if has_asked(chat) && self.may_be_served_now(&chat.route) => {
                Some(Category::Incoming)
            }
            ChatState::Waiting => was_greeted().then_some(Category::TriggerActivated),
            ChatState::Ended | ChatState::Missed => greeted(),
        }
    }

    /// The agents in the visitor's chat.
    #[must_use]
    pub fn served_by(&self, visitor: &VisitorId) -> Vec<AgentId> {
        let chat = self.chat_of(visitor).filter(|chat| !chat.state.is_over());
        chat.map(|chat| chat.agents.clone()).unwrap_or_default()
    }

    /// How many chats a visitor has had, the one of now included.
    #[must_use]
    pub fn chats_so_far(&self, visitor: &VisitorId) -> u32 {
        self.chats_had.get(visitor).copied().unwrap_or_default()
    }

    /// The visitors whose chats wait, and of whom it has changed since this was asked last whether
    /// an agent who is signed in may serve them.
    pub fn servers_turned(&mut self) -> Vec<VisitorId> {
        let classes = self.queue.groups().map(|(class, _)| class);
        let served: BTreeMap<_, _> =
            classes.map(|class| (class.clone(), self.may_be_served_now(&class.route))).collect();
        let before = std::mem::replace(&mut self.sessions.served, served);
        let now = &self.sessions.served;
        let turned = self.queue.groups().filter(|(class, _)| before.get(class) != now.get(class));
        let chats = turned.flat_map(|(_, group)| &group.waiting);
        let chats = chats.filter_map(|(_, id)| self.chats.get(id));
        chats.map(|chat| chat.visitor.id.clone()).collect()
    }

    /// Some agent who is signed in may serve what goes this way, by hand or when it is assigned to
    /// her.
    fn may_be_served_now(&self, route: &Route) -> bool {
        let serves = |agent: AgentId| !route.excluded.contains(&agent);
        match &route.department {
            None => self.agents_here().any(serves),
            Some(desk) => self.setup.department(desk.id).is_some_and(|known| {
                known.members.iter().any(|agent| self.is_here(*agent) && serves(*agent))
            }),
        }
    }

    /// An agent writes to a visitor who has asked nothing; the chat begins with what she says, and
    /// until then the visitor sees nothing of it. Where the session of their last
    /// chat goes on, it is that chat, as it is when the visitor writes (domain.md 9). `seen` is the
    /// visitor as they are on the site now.
    pub(super) fn start_chat(
        &self,
        agent: AgentId,
        (visitor, seen): (&VisitorId, Option<&VisitorProfile>),
        (id, text): (CommandId, &str),
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        if self.roles.extent(agent, Permission::ProactiveChatting) != Extent::ListenJoin {
            return Err(Refusal::not_permitted(Permission::ProactiveChatting));
        }
        self.roles.require(agent, Permission::VisitorsSeen)?;
        rules::check_text(text)?;
        let Some(seen) = seen.filter(|seen| seen.id == *visitor && !self.is_banned_now(visitor))
        else {
            return Err(Refusal::VisitorNotHere);
        };
        let (chat_id, begun) = match self.chat_of(visitor) {
            Some(chat) if !chat.state.is_over() => {
                return Err(Refusal::VisitorInChat { chat_id: chat.id });
            }
            Some(chat) if self.would_come_back(chat) => {
                (chat.id, Fact::ChatCameBack { chat_id: chat.id })
            }
            _ => {
                let (chat_id, origin) = (ChatId(self.last_chat + 1), self.origin_of(visitor));
                let visitor = self.as_known(seen);
                (chat_id, Fact::ChatStarted { chat_id, visitor, agent_id: agent, origin })
            }
        };
        self.check_room(chat_id, text.len())?;
        let author = Author::Agent { agent_id: agent };
        let message = Message { id, author, text: text.to_owned(), at: now, file: None };
        let mut facts = vec![begun];
        facts.extend(self.greetings_in(chat_id, &seen.id));
        facts.push(Fact::AgentJoined { chat_id, agent_id: agent });
        facts.push(Fact::MessagePosted { chat_id, message });
        Ok(Granted { facts, chat_id: Some(chat_id) })
    }
}

fn has_asked(chat: &Chat) -> bool {
    chat.transcript.iter().any(|line| {
        matches!(&line.body, LineBody::Said { message } if message.author == Author::Visitor)
    })
}
