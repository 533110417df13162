//! A small model of the service: a journal, what an agent may do, and one line to a client.

use bellhop_model::{
    Agent, AgentId, Author, Availability, Chat, ChatId, ChatState, Command, CommandId, Department,
    DepartmentId, EndedBy, Event, Fact, Message, Refusal, Seq, Setup, Timestamp, VisitorId,
    VisitorProfile,
    command::NamedCommand,
    frame::{ClientFrame, Digest, Outcome, PROTOCOL, Rejection, ServerFrame, Workspace},
    live::Live,
    people::{Origin, Page},
    route::{Destination, ReleaseReason},
    visit::Visit,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(super) const MINA: AgentId = AgentId(1);
pub(super) const SORA: AgentId = AgentId(2);
/// The department of Mina and Sora, and one of Sora alone.
pub(super) const BOTH: DepartmentId = DepartmentId(1);
pub(super) const SORAS: DepartmentId = DepartmentId(2);

#[derive(Debug)]
pub(super) struct Service {
    pub(super) journal: Vec<Event>,
    pub(super) chats: BTreeMap<ChatId, Chat>,
    pub(super) setup: Setup,
    pub(super) workspace: Workspace,
    pub(super) now: Timestamp,
    /// The next new commands are refused so.
    pub(super) refuse: VecDeque<Refusal>,
    /// The next hello is rejected so.
    pub(super) reject: Option<Rejection>,
    /// Answers come before the events they speak of.
    pub(super) answers_first: bool,
    /// Digests are wrong by so many waiting.
    pub(super) lies: u32,
    /// Frames on their way to the client.
    pub(super) out: VecDeque<ServerFrame>,
    /// Commands as they came, repeats included.
    pub(super) heard: Vec<NamedCommand>,
    /// Commands refused for good.
    pub(super) refused: BTreeSet<CommandId>,
    pub(super) typing: Vec<(ChatId, bool)>,
    pub(super) cursors: Vec<Seq>,
    pub(super) visitors: Vec<VisitorProfile>,
    answers: BTreeMap<CommandId, Outcome>,
    /// The last event given to the line; `None` without one.
    sent: Option<Seq>,
    last_visitor_message: u128,
}

impl Service {
    pub(super) fn new(now: Timestamp) -> Self {
        let mut service = Self {
            journal: Vec::new(),
            chats: BTreeMap::new(),
            setup: Setup::default(),
            workspace: Workspace {
                id: "w1".into(),
                name: "The Little Shop".into(),
                site_url: None,
            },
            now,
            refuse: VecDeque::new(),
            reject: None,
            answers_first: false,
            lies: 0,
            out: VecDeque::new(),
            heard: Vec::new(),
            refused: BTreeSet::new(),
            typing: Vec::new(),
            cursors: Vec::new(),
            visitors: Vec::new(),
            answers: BTreeMap::new(),
            sent: None,
            last_visitor_message: 0,
        };
        for (id, name) in [(MINA, "Mina"), (SORA, "Sora")] {
            let agent = Agent {
                id,
                display_name: name.into(),
                email: format!("{name}@example.org"),
                availability: Availability::Online,
            };
            service.append(Fact::AgentSaved { agent });
        }
        service
    }

    pub(super) fn head(&self) -> Seq {
        Seq(self.journal.len() as u64)
    }

    pub(super) fn append(&mut self, fact: Fact) -> Seq {
        let event = Event { seq: self.head().next(), at: self.now, fact };
        let id = event.fact.chat_id();
        self.setup.apply(&event.fact);
        if let Some(chat) = Chat::begun_by(&event.fact, event.at) {
            self.chats.insert(chat.id, chat);
        } else if let Fact::ChatDeleted { chat_id, .. } = &event.fact {
            self.chats.remove(chat_id);
        } else if let Some(chat) = id.and_then(|id| self.chats.get_mut(&id)) {
            chat.apply(event.seq, event.at, &event.fact, &name_of);
        }
        let seq = event.seq;
        if let Some(sent) = self.sent {
            self.out.push_back(ServerFrame::Event { prev: sent, event: event.clone() });
            self.sent = Some(seq);
        }
        self.journal.push(event);
        seq
    }

    /// A visitor asks for a chat.
    pub(super) fn asks(&mut self, name: &str, words: &str) -> ChatId {
        let chat_id = ChatId(self.chats.len() as u64 + 1);
        let origin = Origin::default();
        self.append(Fact::ChatRequested { chat_id, visitor: visitor(name), origin });
        self.writes(chat_id, words);
        chat_id
    }

    /// What an event was to those who know its kind.
    pub(super) fn meant(&mut self, seq: Seq, fact: Fact) {
        let event = self.journal.iter_mut().find(|event| event.seq == seq).expect("an event");
        event.fact = fact;
    }

    /// The visitor of a chat writes; a chat whose agents have left comes back.
    pub(super) fn writes(&mut self, chat_id: ChatId, words: &str) -> CommandId {
        if self.chats[&chat_id].state.is_over() {
            self.append(Fact::ChatCameBack { chat_id });
        }
        self.last_visitor_message += 1;
        let id = CommandId(bellhop_id(u128::MAX - self.last_visitor_message));
        let message =
            Message { id, author: Author::Visitor, text: words.into(), at: self.now, file: None };
        self.append(Fact::MessagePosted { chat_id, message });
        id
    }

    pub(super) fn joins(&mut self, chat_id: ChatId, agent_id: AgentId) {
        self.append(Fact::AgentJoined { chat_id, agent_id });
    }

    pub(super) fn leaves(&mut self, chat_id: ChatId, agent_id: AgentId) {
        self.append(Fact::AgentLeft { chat_id, agent_id });
        let chat = &self.chats[&chat_id];
        if chat.agents.is_empty() && !chat.state.is_over() {
            self.append(Fact::ChatEnded { chat_id, by: EndedBy::Agent { agent_id } });
        }
    }

    /// There are departments from now on.
    pub(super) fn has_departments(&mut self) {
        for (id, members) in [(BOTH, vec![MINA, SORA]), (SORAS, vec![SORA])] {
            self.append(Fact::DepartmentSaved { department: department(id, members) });
        }
    }

    /// An agent who is alone in a chat hands it over.
    pub(super) fn transfers(&mut self, chat_id: ChatId, agent_id: AgentId, to: Destination) {
        let own = match &to {
            Destination::Department { department_id, .. } => {
                self.setup.is_member(agent_id, *department_id)
            }
            _ => false,
        };
        self.append(Fact::AgentLeft { chat_id, agent_id });
        let note = Some("please".to_owned());
        let waits_from = self.now;
        self.append(Fact::ChatTransferred {
            chat_id,
            agent_id,
            to,
            excluded: own,
            waits_from,
            note,
        });
    }

    pub(super) fn releases(&mut self, chat_id: ChatId, reason: ReleaseReason) {
        self.append(Fact::ChatReleased { chat_id, reason });
    }

    pub(super) fn visitor_ends(&mut self, chat_id: ChatId) {
        self.append(Fact::ChatEnded { chat_id, by: EndedBy::Visitor });
    }

    pub(super) fn live(&mut self, values: Vec<Live>) {
        if self.sent.is_some() {
            self.out.push_back(ServerFrame::Live { reset: false, values });
        }
    }

    /// An unasked sign of life.
    pub(super) fn heartbeat(&mut self) {
        if self.sent.is_some() {
            let digest = self.digest();
            self.out.push_back(ServerFrame::Digest(digest));
        }
    }

    /// The line is gone, with everything on it.
    pub(super) fn cut(&mut self) {
        self.sent = None;
        self.out.clear();
    }

    pub(super) fn hear(&mut self, frame: ClientFrame) {
        match frame {
            ClientFrame::Hello { cursor, .. } => self.hello(cursor),
            ClientFrame::Command(named) => self.command(named),
            ClientFrame::Typing { chat_id, on } => self.typing.push((chat_id, on)),
            ClientFrame::Manage(_) | ClientFrame::List(_) => {
                panic!("no part of the program sends {frame:?}")
            }
            ClientFrame::Ping => {
                let digest = self.digest();
                self.out.push_back(ServerFrame::Digest(digest));
            }
        }
    }

    pub(super) fn digest(&self) -> Digest {
        let chats = self.chats.values();
        let count = |n: usize| u32::try_from(n).unwrap();
        Digest {
            last: self.head(),
            waiting: self.lies
                + count(chats.clone().filter(|c| c.is_offered_to(MINA, &self.setup)).count()),
            open: count(chats.filter(|c| c.agents.contains(&MINA)).count()),
        }
    }

    fn hello(&mut self, cursor: Seq) {
        self.cursors.push(cursor);
        let ahead =
            (cursor > self.head()).then(|| Rejection::CursorAhead { cursor, head: self.head() });
        if let Some(rejection) = self.reject.take().or(ahead) {
            return self.out.push_back(ServerFrame::Rejected(rejection));
        }
        let mut me = None;
        for event in &self.journal {
            match &event.fact {
                Fact::AgentSaved { agent } if agent.id == MINA => me = Some(agent.clone()),
                Fact::AvailabilitySet { agent_id: MINA, availability, .. } => {
                    me = me.map(|me| Agent { availability: *availability, ..me });
                }
                _ => {}
            }
        }
        self.out.push_back(ServerFrame::Welcome {
            protocol: PROTOCOL,
            me: me.expect("Mina is in the journal"),
            workspace: self.workspace.clone(),
            head: self.head(),
            now: self.now,
        });
        self.out.push_back(ServerFrame::Setup(self.setup.clone()));
        let mut prev = cursor;
        for event in &self.journal[usize::try_from(cursor.0).unwrap()..] {
            self.out.push_back(ServerFrame::Event { prev, event: event.clone() });
            prev = event.seq;
        }
        let digest = self.digest();
        self.out.push_back(ServerFrame::CaughtUp { digest });
        let values = self
            .visitors
            .iter()
            .cloned()
            .map(|visitor| Live::VisitorHere { visitor, visit: Visit::default() });
        let values = values.collect();
        self.out.push_back(ServerFrame::Live { reset: true, values });
        self.sent = Some(self.head());
    }

    fn command(&mut self, named: NamedCommand) {
        self.heard.push(named.clone());
        if let Some(outcome) = self.answers.get(&named.id).cloned() {
            return self.out.push_back(ServerFrame::Answer { id: named.id, outcome });
        }
        let mark = self.out.len();
        let outcome = match self.refuse.pop_front().map_or_else(|| self.grant(&named), Err) {
            Ok(chat_id) => Outcome::Accepted { last: self.head(), chat_id },
            Err(refusal) => Outcome::Refused { refusal },
        };
        if !matches!(&outcome, Outcome::Refused { refusal } if refusal.is_transient()) {
            self.answers.insert(named.id, outcome.clone());
            if matches!(outcome, Outcome::Refused { .. }) {
                self.refused.insert(named.id);
            }
        }
        let answer = ServerFrame::Answer { id: named.id, outcome };
        let at = if self.answers_first { mark } else { self.out.len() };
        self.out.insert(at, answer);
    }

    fn grant(&mut self, named: &NamedCommand) -> Result<Option<ChatId>, Refusal> {
        match &named.command {
            Command::ServeNext => {
                let waiting = self.chats.values().filter(|c| c.is_offered_to(MINA, &self.setup));
                let chat_id = waiting
                    .min_by_key(|c| (c.waiting_since, c.id))
                    .map(|c| c.id)
                    .ok_or(Refusal::NobodyWaiting)?;
                self.joins(chat_id, MINA);
                return Ok(Some(chat_id));
            }
            Command::Serve { chat_id } => {
                let chat = self.chat(*chat_id)?;
                if chat.state != ChatState::Waiting && !chat.agents.contains(&MINA) {
                    let by = chat.agents.first().map(|id| name_of(*id)).unwrap_or_default();
                    return Err(Refusal::AlreadyServed { by });
                }
                if chat.state == ChatState::Waiting {
                    chat.route.check(MINA, &self.setup, &name_of)?;
                    self.joins(*chat_id, MINA);
                }
            }
            Command::StartChat { visitor_id, text } => {
                return self.starts(named.id, visitor_id, text).map(Some);
            }
            Command::Say { chat_id, text } => self.says(named.id, *chat_id, text)?,
            Command::SetTags { chat_id, tags } => {
                let (chat_id, tags) = (*chat_id, tags.clone());
                self.append(Fact::TagsSet { chat_id, agent_id: MINA, tags });
            }
            Command::EndChat { chat_id } => {
                if !self.chat(*chat_id)?.agents.contains(&MINA) {
                    return Err(Refusal::NotInChat);
                }
                self.leaves(*chat_id, MINA);
            }
            Command::ContinueChat { chat_id } => {
                if !self.chat(*chat_id)?.may_continue(MINA) {
                    return Err(Refusal::ChatNotEnded);
                }
                self.append(Fact::ChatContinued { chat_id: *chat_id, agent_id: MINA });
            }
            Command::TransferToDepartment { .. }
            | Command::TransferToAgent { .. }
            | Command::Invite { .. }
            | Command::LeaveChat { .. }
            | Command::SayShortcut { .. }
            | Command::RequestRating { .. }
            | Command::Unknown => self.handing_over(&named.command)?,
            Command::SetAvailability { availability } => {
                let availability = *availability;
                self.append(Fact::AvailabilitySet { agent_id: MINA, availability, missed: None });
            }
            Command::SetChatLimit { .. } => return Err(Refusal::UnknownCommand),
        }
        Ok(named.command.chat_id())
    }

    fn says(&mut self, id: CommandId, chat_id: ChatId, text: &str) -> Result<(), Refusal> {
        let chat = self.chat(chat_id)?;
        if chat.state.is_over() {
            return Err(Refusal::ChatEnded);
        }
        if !chat.agents.contains(&MINA) {
            return Err(Refusal::NotInChat);
        }
        let author = Author::Agent { agent_id: MINA };
        let message = Message { id, author, text: text.to_owned(), at: self.now, file: None };
        self.append(Fact::MessagePosted { chat_id, message });
        Ok(())
    }

    fn starts(
        &mut self,
        id: CommandId,
        visitor: &VisitorId,
        text: &str,
    ) -> Result<ChatId, Refusal> {
        let here = self.visitors.iter().find(|here| here.id == *visitor).cloned();
        let visitor = here.ok_or(Refusal::VisitorNotHere)?;
        let chat_id = ChatId(self.chats.len() as u64 + 1);
        let origin = Origin::default();
        self.append(Fact::ChatStarted { chat_id, visitor, agent_id: MINA, origin });
        self.joins(chat_id, MINA);
        let author = Author::Agent { agent_id: MINA };
        let message = Message { id, author, text: text.to_owned(), at: self.now, file: None };
        self.append(Fact::MessagePosted { chat_id, message });
        Ok(chat_id)
    }

    fn handing_over(&mut self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::TransferToDepartment { chat_id, department_id, .. } => {
                let name = "Desk".to_owned();
                let to = Destination::Department { department_id: *department_id, name };
                self.hands_over(*chat_id, to)?;
            }
            Command::TransferToAgent { chat_id, agent_id, .. } => {
                self.hands_over(*chat_id, Destination::Agent { agent_id: *agent_id })?;
            }
            Command::Invite { chat_id, agent_id: invited_id, note } => {
                let (chat_id, invited_id, note) = (*chat_id, *invited_id, note.clone());
                self.append(Fact::AgentInvited { chat_id, agent_id: MINA, invited_id, note });
                self.joins(chat_id, invited_id);
            }
            Command::LeaveChat { chat_id } => {
                if self.chat(*chat_id)?.agents.len() < 2 {
                    return Err(Refusal::LastInChat);
                }
                self.leaves(*chat_id, MINA);
            }
            _ => return Err(Refusal::UnknownCommand),
        }
        Ok(())
    }

    fn hands_over(&mut self, id: ChatId, to: Destination) -> Result<(), Refusal> {
        if self.chat(id)?.agents != [MINA] {
            return Err(Refusal::NotInChat);
        }
        self.transfers(id, MINA, to);
        Ok(())
    }

    fn chat(&self, id: ChatId) -> Result<&Chat, Refusal> {
        self.chats.get(&id).ok_or(Refusal::NoSuchChat { chat_id: id })
    }
}

fn department(id: DepartmentId, members: Vec<AgentId>) -> Department {
    let (name, description) = (format!("Desk {id}"), String::new());
    Department { id, name, description, enabled: true, members }
}

pub(super) fn visitor(name: &str) -> VisitorProfile {
    VisitorProfile {
        id: VisitorId(format!("{name:0>24}")),
        name: Some(name.into()),
        language: "ko-KR".into(),
        browser: "Chromium 156".into(),
        platform: "Linux".into(),
        page: Page {
            url: "https://shop.example/".into(),
            title: "The Little Shop".into(),
            ..Page::default()
        },
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: Timestamp(0),
    }
}

pub(super) fn name_of(id: AgentId) -> String {
    if id == MINA { "Mina".into() } else { "Sora".into() }
}

/// Some id.
pub(super) fn bellhop_id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}
