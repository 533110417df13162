//! What chats say of visitors who are on the site, and chats that agents begin (domain.md 7;
//!

use super::{Account, Granted, trigger_runs::has_automatic_message};
use bellhop_model::{
    AgentId, Author, Chat, ChatId, ChatState, CommandId, Extent, Fact, Message, Permission,
    Refusal, Timestamp, VisitorId, VisitorProfile, chat::LineBody, rules, visit::Category,
};

impl Account {
    /// The group in which a visitor stands for their chat, where it gives them one.
    #[must_use]
    pub fn category_in_chat(&self, visitor: &VisitorId) -> Option<Category> {
        // Answers to offline messages wait there as well.
        let is_automatic = |said: &Message| matches!(said.author, Author::Trigger { .. });
        let greeted = || {
            let greeted = self.greetings(visitor).iter().any(is_automatic);
            greeted.then_some(Category::TriggerActivated)
        };
        let Some(chat) = self.chat_of(visitor) else { return greeted() };
        match chat.state {
            ChatState::Served => Some(Category::Served),
            ChatState::Waiting if chat.route.held_for.is_some() => Some(Category::Assigned),
            ChatState::Waiting if has_asked(chat) && self.may_be_served_now(chat) => {
                Some(Category::Incoming)
            }
            ChatState::Waiting => has_automatic_message(chat).then_some(Category::TriggerActivated),
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

    /// The visitors whose chats wait.
    #[must_use]
    pub fn waiting_visitors(&self) -> Vec<VisitorId> {
        let chats = self.queue.waiting().filter_map(|(_, id)| self.chats.get(&id));
        chats.map(|chat| chat.visitor.id.clone()).collect()
    }

    /// Some agent who is signed in may serve it, by hand or when it is assigned to her.
    fn may_be_served_now(&self, chat: &Chat) -> bool {
        self.agents_here().any(|agent| chat.route.leads_to(agent, &self.setup))
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
            Some(chat) if self.may_come_back(chat) => {
                (chat.id, Fact::ChatCameBack { chat_id: chat.id })
            }
            _ => {
                let (chat_id, origin) = (ChatId(self.last_chat + 1), self.origin_of(visitor));
                let visitor = self.as_known(seen);
                (chat_id, Fact::ChatStarted { chat_id, visitor, agent_id: agent, origin })
            }
        };
        let author = Author::Agent { agent_id: agent };
        let message = Message { id, author, text: text.to_owned(), at: now };
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
