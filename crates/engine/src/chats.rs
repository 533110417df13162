//! The chats that are not history yet, folded from their events.
//!
//! Invariant: a chat here is the fold of its events by [`Chat::apply`] and of nothing else; what
//! is added (unread, typing, attention) is of this machine and never stored.

use bellhop_model::{
    AgentId, Author, Chat, ChatId, ChatState, CommandId, Contact, Event, Fact, Refusal, Route,
    RoutingMode, Setup, Timestamp, TranscriptLine, VisitorId, VisitorProfile,
    chat::LineBody,
    limits,
    view::{ChatHead, HistoryChat},
};
use std::collections::{BTreeMap, BTreeSet};

/// A chat in memory.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) chat: Chat,
    /// Messages that arrived while it was not looked at.
    pub(crate) unread: u32,
}

/// What an event did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It is about no chat, or about one that is not known.
    Nothing,
    Changed {
        chat_id: ChatId,
        /// The chat began with it.
        began: bool,
        line: Option<TranscriptLine>,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Chats {
    held: BTreeMap<ChatId, Held>,
    /// The requests this agent may serve, by how long they wait.
    waiting: BTreeSet<(Timestamp, ChatId)>,
    of_visitor: BTreeMap<VisitorId, BTreeSet<ChatId>>,
    me: Option<AgentId>,
    /// How the account is set up. Never stored: the service tells it with every welcome.
    setup: Setup,
    /// There are chats, or have been.
    pub(crate) had_any: bool,
    attended: Option<ChatId>,
    /// Where the visitor types, and until when that is believed.
    typing: BTreeMap<ChatId, Timestamp>,
}

impl Chats {
    pub(crate) fn new(chats: Vec<Chat>, me: Option<AgentId>, had_any: bool) -> Self {
        let mut held = Self { me, had_any, ..Self::default() };
        for chat in chats {
            held.insert(chat);
        }
        held
    }

    pub(crate) fn me(&self) -> Option<AgentId> {
        self.me
    }

    pub(crate) fn set_me(&mut self, me: AgentId) {
        self.me = Some(me);
        self.index_all();
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The account is set up so. Whether that is news.
    pub(crate) fn set_setup(&mut self, setup: Setup) -> bool {
        let news = self.setup != setup;
        if news {
            self.setup = setup;
            self.index_all();
        }
        news
    }

    /// Carries out an event about the setup. Whether it was one.
    pub(crate) fn apply_to_setup(&mut self, fact: &Fact) -> bool {
        let changed = self.setup.apply(fact);
        if changed {
            self.index_all();
        }
        changed
    }

    /// Carries out a fact about a visitor and none of their chats; returns the chats it changed.
    pub(crate) fn apply_to_visitor(&mut self, visitor: &VisitorId, fact: &Fact) -> Vec<ChatId> {
        let mut chats = self.of(visitor);
        chats.retain(|id| self.held.get_mut(id).is_some_and(|held| held.chat.visitor.apply(fact)));
        chats
    }

    pub(crate) fn get(&self, id: ChatId) -> Option<&Chat> {
        self.held.get(&id).map(|held| &held.chat)
    }

    pub(crate) fn ids(&self) -> Vec<ChatId> {
        self.held.keys().copied().collect()
    }

    /// The chats of a visitor.
    pub(crate) fn of(&self, visitor: &VisitorId) -> Vec<ChatId> {
        self.of_visitor.get(visitor).into_iter().flatten().copied().collect()
    }

    /// The agent is in it.
    pub(crate) fn is_mine(&self, id: ChatId) -> bool {
        self.get(id).is_some_and(|chat| self.has_me(chat))
    }

    /// The window shows it: a request this agent may serve, or a chat she is in.
    pub(crate) fn is_visible(&self, id: ChatId) -> bool {
        self.get(id).is_some_and(|chat| self.is_offered(chat) || self.has_me(chat))
    }

    /// A request this agent may serve. Before the service has said who works here, any request.
    pub(crate) fn is_offered(&self, chat: &Chat) -> bool {
        match self.me {
            Some(me) => chat.is_offered_to(me, &self.setup),
            None => chat.state == ChatState::Waiting,
        }
    }

    /// A request this agent is to be told of: one she may serve now. At her limit that is only what
    /// waits for her alone, and what she may take by hand all the same (domain.md 8).
    pub(crate) fn is_told(&self, chat: &Chat, at_limit: bool) -> bool {
        let beyond = chat.route.held_for.is_some() || self.setup.routing == RoutingMode::Hybrid;
        self.is_offered(chat) && (!at_limit || beyond)
    }

    /// Why this agent may not serve a waiting chat, where she may not.
    pub(crate) fn check_serving(
        &self,
        chat: &Chat,
        name_of: &dyn Fn(AgentId) -> String,
    ) -> Result<(), Refusal> {
        let Some(me) = self.me.filter(|_| chat.state == ChatState::Waiting) else { return Ok(()) };
        chat.route.check(me, &self.setup, name_of)
    }

    /// Requests this agent may serve, and since when the first of them waits.
    pub(crate) fn waiting(&self) -> (u32, Option<Timestamp>) {
        let count = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        (count, self.waiting.first().map(|(since, _)| *since))
    }

    /// Chats the agent is in.
    pub(crate) fn open(&self) -> u32 {
        let mine = self.held.values().filter(|held| self.has_me(&held.chat)).count();
        u32::try_from(mine).unwrap_or(u32::MAX)
    }

    /// Carries out an event. `seen`: the agent has seen it before.
    pub(crate) fn apply(
        &mut self,
        event: &Event,
        seen: bool,
        name_of: &dyn Fn(AgentId) -> String,
    ) -> Applied {
        if let Some(chat) = Chat::begun_by(&event.fact, event.at) {
            let chat_id = chat.id;
            self.insert(chat);
            self.had_any = true;
            return Applied::Changed { chat_id, began: true, line: None };
        }
        let Some(chat_id) = event.fact.chat_id() else { return Applied::Nothing };
        let attended = self.attended == Some(chat_id);
        let me = self.me;
        let Some(held) = self.held.get_mut(&chat_id) else { return Applied::Nothing };
        let line = held.chat.apply(event.seq, event.at, &event.fact, name_of).cloned();
        if let Fact::MessagePosted { message, .. } = &event.fact {
            held.count(&message.author, me, attended || seen);
            if message.author == Author::Visitor {
                self.typing.remove(&chat_id);
            }
        }
        self.index(chat_id);
        Applied::Changed { chat_id, began: false, line }
    }

    /// Puts back a chat from the history, of which an event speaks.
    pub(crate) fn recall(&mut self, chat: HistoryChat) {
        let waiting_since = Chat::last_waited_since(chat.entry.requested_at, &chat.lines);
        self.insert(Chat {
            id: chat.entry.chat_id,
            visitor: chat.visitor,
            state: chat.entry.state,
            requested_at: chat.entry.requested_at,
            waiting_since,
            agents: Vec::new(),
            tags: chat.entry.tags,
            route: Route::of(&chat.lines),
            ended_at: Some(chat.entry.ended_at),
            ended_by: chat.entry.ended_by,
            transcript: chat.lines,
        });
    }

    /// Lets go of a chat that belongs to the history.
    pub(crate) fn retire(&mut self, id: ChatId) {
        if let Some(held) = self.held.remove(&id) {
            self.typing.remove(&id);
            self.waiting.remove(&(held.chat.waiting_since, id));
            if let Some(chats) = self.of_visitor.get_mut(&held.chat.visitor.id) {
                chats.remove(&id);
                if chats.is_empty() {
                    self.of_visitor.remove(&held.chat.visitor.id);
                }
            }
        }
    }

    /// Forgets everything; returns what was unread, for the same chats when they come again.
    pub(crate) fn clear(&mut self) -> BTreeMap<ChatId, u32> {
        self.waiting.clear();
        self.of_visitor.clear();
        self.typing.clear();
        std::mem::take(&mut self.held)
            .into_iter()
            .filter(|(_, held)| held.unread > 0)
            .map(|(id, held)| (id, held.unread))
            .collect()
    }

    /// What was unread before everything was forgotten.
    pub(crate) fn restore_unread(&mut self, unread: BTreeMap<ChatId, u32>) {
        for (id, count) in unread {
            if let Some(held) = self.held.get_mut(&id) {
                held.unread = held.unread.saturating_add(count);
            }
        }
    }

    /// The agent looks at this chat now. Returns the chat whose unread mark that changes.
    pub(crate) fn attend(&mut self, id: Option<ChatId>) -> Option<ChatId> {
        self.attended = id;
        let held = self.held.get_mut(&id?)?;
        (std::mem::take(&mut held.unread) > 0).then_some(held.chat.id)
    }

    /// The visitor types, or stopped. Whether that is news.
    pub(crate) fn visitor_types(&mut self, id: ChatId, on: bool, now: Timestamp) -> bool {
        if !self.held.contains_key(&id) {
            return false;
        }
        if on {
            self.typing.insert(id, now.plus(limits::TYPING_EXPIRES_MS)).is_none()
        } else {
            self.typing.remove(&id).is_some()
        }
    }

    /// Ends the typing signs that were not renewed by `now`, or all of them.
    pub(crate) fn expire_typing(&mut self, now: Option<Timestamp>) -> Vec<ChatId> {
        let mut over = Vec::new();
        self.typing.retain(|id, until| {
            let ends = now.is_none_or(|now| *until <= now);
            if ends {
                over.push(*id);
            }
            !ends
        });
        over
    }

    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.typing.values().min().copied()
    }

    /// The message is in the transcript.
    pub(crate) fn has_message(&self, id: ChatId, message: CommandId) -> bool {
        self.get(id).is_some_and(|chat| {
            chat.transcript.iter().rev().any(
                |line| matches!(&line.body, LineBody::Said { message: said } if said.id == message),
            )
        })
    }

    /// The head as the window shows it. `here` is the visitor as they are on the site now.
    pub(crate) fn head(&self, id: ChatId, here: Option<&VisitorProfile>) -> Option<ChatHead> {
        let held = self.held.get(&id)?;
        let chat = &held.chat;
        let mut visitor = chat.visitor.clone();
        if let Some(here) = here {
            visitor.page.clone_from(&here.page);
            visitor.name = visitor.name.or_else(|| here.name.clone());
            let note = std::mem::take(&mut visitor.contact.note);
            visitor.contact = Contact { note, ..here.contact.clone() };
        }
        Some(ChatHead {
            id,
            visitor,
            state: chat.state,
            mine: self.has_me(chat),
            requested_at: chat.requested_at,
            waiting_since: chat.waiting_since,
            came_back: chat.came_back(),
            agents: chat.agents.clone(),
            tags: chat.tags.clone(),
            ended_by: chat.ended_by,
            unread: held.unread,
            visitor_typing: self.typing.contains_key(&id),
            unanswered_since: chat.unanswered_since(),
            visitor_here: here.is_some(),
        })
    }

    fn has_me(&self, chat: &Chat) -> bool {
        self.me.is_some_and(|me| chat.agents.contains(&me))
    }

    fn insert(&mut self, chat: Chat) {
        let id = chat.id;
        self.of_visitor.entry(chat.visitor.id.clone()).or_default().insert(id);
        self.held.insert(id, Held { chat, unread: 0 });
        self.index(id);
    }

    fn index_all(&mut self) {
        for id in self.ids() {
            self.index(id);
        }
    }

    fn index(&mut self, id: ChatId) {
        let Some(held) = self.held.get(&id) else { return };
        let key = (held.chat.waiting_since, id);
        if self.is_offered(&held.chat) {
            self.waiting.insert(key);
        } else {
            self.waiting.remove(&key);
        }
    }
}

impl Held {
    /// Counts a message as unread, where it is.
    fn count(&mut self, author: &Author, me: Option<AgentId>, seen: bool) {
        match author {
            // She answers: she has read what was before.
            Author::Agent { agent_id } if Some(*agent_id) == me => self.unread = 0,
            Author::Visitor | Author::Agent { .. } | Author::Trigger { .. } => {
                let mine = me.is_some_and(|me| self.chat.agents.contains(&me));
                if mine && !seen {
                    self.unread = self.unread.saturating_add(1);
                }
            }
        }
    }
}

/// What the visitor has said since they wait; empty before they said anything.
pub(crate) fn words_since_waiting(chat: &Chat) -> &str {
    let begin = chat
        .transcript
        .iter()
        .rposition(|line| matches!(line.body, LineBody::CameBack | LineBody::Transferred { .. }));
    let transferred =
        begin.is_some_and(|at| matches!(chat.transcript[at].body, LineBody::Transferred { .. }));
    if transferred {
        // They said nothing anew; what they want is what they asked first.
        return chat.first_words();
    }
    chat.transcript[begin.unwrap_or_default()..]
        .iter()
        .find_map(|line| match &line.body {
            LineBody::Said { message } if message.author == Author::Visitor => {
                Some(message.text.as_str())
            }
            _ => None,
        })
        .unwrap_or_default()
}
