//! What agents may do.

use super::{Account, Granted, Served, archive::everybody_in};
use bellhop_model::{
    AgentId, Author, Availability, Chat, ChatId, ChatState, Command, CommandId, EndedBy, Fact,
    Message, Permission, Refusal, Timestamp, VisitorProfile, command::NamedCommand, rules,
};

/// So long after a request was served somebody else may still have seen it waiting.
const AT_ONCE_MS: i64 = 5_000;

impl Account {
    /// What an agent's wish leads to, at `now`. `seen` is the visitor whom the wish names, as they
    /// are on the site; nobody where it names none who is.
    ///
    /// # Errors
    /// Why it is not granted; nothing follows from it then.
    pub fn decide_agent(
        &self,
        agent: AgentId,
        named: &NamedCommand,
        seen: Option<&VisitorProfile>,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        match &named.command {
            Command::ServeNext => {
                let next = self.longest_waiting_for(agent, now)?;
                self.serve(agent, next, now)
            }
            Command::Serve { chat_id } => self.serve(agent, *chat_id, now),
            Command::StartChat { visitor_id, text } => {
                self.start_chat(agent, (visitor_id, seen), (named.id, text), now)
            }
            Command::Say { chat_id, text } => self.say(agent, *chat_id, named.id, text, now),
            Command::SayShortcut { chat_id, shortcut, text } => {
                self.say_shortcut(agent, *chat_id, named.id, (shortcut, text), now)
            }
            Command::RequestRating { chat_id } => self.request_rating(agent, *chat_id),
            Command::SetTags { chat_id, tags } => self.set_tags(agent, *chat_id, tags),
            Command::EndChat { chat_id } => self.end(agent, *chat_id),
            Command::ContinueChat { chat_id } => self.go_on(agent, *chat_id),
            Command::TransferToDepartment { chat_id, department_id, note } => {
                self.transfer_to_department(agent, *chat_id, *department_id, note.as_deref(), now)
            }
            Command::TransferToAgent { chat_id, agent_id, note } => {
                self.transfer_to_agent(agent, *chat_id, *agent_id, note.as_deref(), now)
            }
            Command::Invite { chat_id, agent_id, note } => {
                self.invite(agent, *chat_id, *agent_id, note.as_deref())
            }
            Command::LeaveChat { chat_id } => self.leave(agent, *chat_id),
            Command::SetAvailability { availability } => {
                self.check_hours(agent, *availability)?;
                Ok(self.set_availability(agent, *availability))
            }
            Command::SetChatLimit { chat_limit } => {
                let fact = self.choose_limit(agent, *chat_limit)?;
                Ok(Granted { facts: fact.into_iter().collect(), chat_id: None })
            }
            Command::Unknown => Err(Refusal::UnknownCommand),
        }
    }

    /// A chat that is not over, or why not.
    pub(super) fn live_chat(&self, id: ChatId) -> Result<&Chat, Refusal> {
        match self.chats.get(&id) {
            Some(chat) if chat.state.is_over() => Err(Refusal::ChatEnded),
            Some(chat) => Ok(chat),
            None if self.past.contains_key(&id) => Err(Refusal::ChatEnded),
            None => Err(Refusal::NoSuchChat { chat_id: id }),
        }
    }

    /// The request that waits longest among those the agent may serve (section 10, point 3). At
    /// her limit that is one that waits for her alone, or none.
    fn longest_waiting_for(&self, agent: AgentId, now: Timestamp) -> Result<ChatId, Refusal> {
        let (mut first, mut full) = (None, None);
        for (class, group) in self.queue.groups() {
            if !class.route.admits(agent, &self.setup) {
                continue;
            }
            match self.check_limit(agent, &class.route, now) {
                Ok(()) => first = group.waiting.first().into_iter().chain(first).min(),
                Err(limit) => full = Some(limit),
            }
        }
        let none = || full.unwrap_or_else(|| self.nobody_waits_for(agent, now));
        first.map(|(_, id)| *id).ok_or_else(none)
    }

    /// Two at once: who comes too late to the last request learns who was faster.
    fn nobody_waits_for(&self, agent: AgentId, now: Timestamp) -> Refusal {
        let faster = self.last_served.filter(|served| now.since(served.at) <= AT_ONCE_MS);
        let chat = faster.and_then(|served| self.chats.get(&served.chat_id));
        match faster.zip(chat) {
            Some((Served { by, .. }, chat))
                if chat.state == ChatState::Served
                    && chat.agents.contains(&by)
                    && !chat.agents.contains(&agent)
                    && chat.route.admits(agent, &self.setup) =>
            {
                Refusal::AlreadyServed { by: self.display_name(by) }
            }
            _ => Refusal::NobodyWaiting,
        }
    }

    /// Exactly one agent serves a request.
    fn serve(&self, agent: AgentId, id: ChatId, now: Timestamp) -> Result<Granted, Refusal> {
        let chat = self.live_chat(id)?;
        if chat.state == ChatState::Waiting {
            chat.route.check(agent, &self.setup, &|id| self.display_name(id))?;
            self.check_limit(agent, &chat.route, now)?;
            return Ok(Granted::one(id, Fact::AgentJoined { chat_id: id, agent_id: agent }));
        }
        if chat.agents.contains(&agent) {
            return Ok(Granted::nothing(id));
        }
        let by = chat.agents.first().map(|server| self.display_name(*server));
        Err(Refusal::AlreadyServed { by: by.unwrap_or_default() })
    }

    /// There is room for one more message of so many bytes in a chat.
    pub(super) fn check_room(&self, id: ChatId, bytes: usize) -> Result<(), Refusal> {
        let Some(room) = self.rules.chat_room else { return Ok(()) };
        let (messages, before) = self.lookups.said_in(id);
        if messages >= room.messages {
            return Err(Refusal::limit("messages", room.messages));
        }
        if before + bytes > room.bytes {
            return Err(Refusal::limit("text_bytes", room.bytes));
        }
        Ok(())
    }

    pub(super) fn say(
        &self,
        agent: AgentId,
        id: ChatId,
        command: CommandId,
        text: &str,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        rules::check_text(text)?;
        let chat = self.live_chat(id)?;
        if !chat.agents.contains(&agent) {
            return Err(Refusal::NotInChat);
        }
        self.check_room(id, text.len())?;
        let author = Author::Agent { agent_id: agent };
        let message = Message { id: command, author, text: text.to_owned(), at: now, file: None };
        Ok(Granted::one(id, Fact::MessagePosted { chat_id: id, message }))
    }

    /// Whoever is in a chat may tag it, also when its visitor ended it. Whoever is not needs
    /// the permission to (domain.md 6).
    fn set_tags(&self, agent: AgentId, id: ChatId, tags: &[String]) -> Result<Granted, Refusal> {
        let tags = rules::check_tags(tags)?;
        let is_in = self.chats.get(&id).is_some_and(|chat| chat.agents.contains(&agent));
        let before = match (self.chats.get(&id), self.past.get(&id)) {
            (Some(chat), _) => &chat.tags,
            (None, Some(past)) => &past.tags,
            (None, None) => return Err(Refusal::NoSuchChat { chat_id: id }),
        };
        if !is_in && let Err(refusal) = self.roles.require(agent, Permission::EditChatTags) {
            let was_in = match self.chats.get(&id) {
                Some(chat) => everybody_in(chat).contains(&agent),
                None => self.past.get(&id).is_some_and(|past| past.agents.contains(&agent)),
            };
            return Err(if was_in { refusal } else { Refusal::NotInChat });
        }
        self.tags.check_new(tags.iter().filter(|tag| !before.contains(tag)))?;
        if *before == tags {
            return Ok(Granted::nothing(id));
        }
        Ok(Granted::one(id, Fact::TagsSet { chat_id: id, agent_id: agent, tags }))
    }

    /// Leaving; the chat ends when nobody is left in it and it has not ended yet.
    fn end(&self, agent: AgentId, id: ChatId) -> Result<Granted, Refusal> {
        let Some(chat) = self.chats.get(&id) else {
            return Err(if self.past.contains_key(&id) {
                Refusal::ChatEnded
            } else {
                Refusal::NoSuchChat { chat_id: id }
            });
        };
        if !chat.agents.contains(&agent) {
            return Err(if chat.state.is_over() { Refusal::ChatEnded } else { Refusal::NotInChat });
        }
        let mut facts = vec![Fact::AgentLeft { chat_id: id, agent_id: agent }];
        if chat.agents.len() == 1 && !chat.state.is_over() {
            facts.push(Fact::ChatEnded { chat_id: id, by: EndedBy::Agent { agent_id: agent } });
        }
        Ok(Granted { facts, chat_id: Some(id) })
    }

    /// Reopening a chat that its visitor ended; not where the visitor has asked anew
    /// since, for a visitor is in one chat at a time.
    fn go_on(&self, agent: AgentId, id: ChatId) -> Result<Granted, Refusal> {
        let chat = match self.chats.get(&id) {
            Some(chat) => chat,
            None if self.past.contains_key(&id) => return Err(Refusal::ChatEnded),
            None => return Err(Refusal::NoSuchChat { chat_id: id }),
        };
        if !chat.state.is_over() {
            return Err(Refusal::ChatNotEnded);
        }
        if !chat.agents.contains(&agent) {
            let nobody = chat.agents.is_empty();
            return Err(if nobody { Refusal::ChatEnded } else { Refusal::NotInChat });
        }
        let newer = self.chat_of(&chat.visitor.id).filter(|newer| newer.id != id);
        if newer.is_some_and(|newer| !newer.state.is_over())
            || !chat.may_continue(agent)
            || self.is_banned_now(&chat.visitor.id)
        {
            return Err(Refusal::ChatEnded);
        }
        Ok(Granted::one(id, Fact::ChatContinued { chat_id: id, agent_id: agent }))
    }

    fn set_availability(&self, agent: AgentId, availability: Availability) -> Granted {
        if self.agents.get(&agent).is_some_and(|a| a.availability == availability) {
            return Granted::default();
        }
        let fact = Fact::AvailabilitySet { agent_id: agent, availability, missed: None };
        Granted { facts: vec![fact], chat_id: None }
    }
}

impl Granted {
    pub(super) fn one(chat: ChatId, fact: Fact) -> Self {
        Self { facts: vec![fact], chat_id: Some(chat) }
    }

    pub(super) fn nothing(chat: ChatId) -> Self {
        Self { facts: Vec::new(), chat_id: Some(chat) }
    }
}
