//! Small views for the tests.

use super::*;
use bellhop_model::{
    Agent, AgentId, Author, Availability, ChatState, CommandId, Message, Seq, Timestamp,
    TranscriptLine, VisitorId, VisitorProfile,
    chat::LineBody,
    live::Presence,
    people::Page as WebPage,
    view::{ChatHead, ChatView, Colleague, Connection, ConnectionView, Stage, WorkspaceView},
};

/// What the native clock of `dates` says.
pub(crate) const NOW: Timestamp = Timestamp(1_795_442_700_000);
pub(crate) const MINA: AgentId = AgentId(1);

pub(crate) fn visitor(key: &str, name: Option<&str>) -> VisitorProfile {
    VisitorProfile {
        id: VisitorId(key.to_owned()),
        name: name.map(str::to_owned),
        language: "ko-KR".to_owned(),
        browser: "Chrome 141".to_owned(),
        platform: "Windows".to_owned(),
        page: WebPage {
            url: "https://shop.example/checkout".to_owned(),
            title: "Checkout".to_owned(),
            ..WebPage::default()
        },
        referrer: "https://www.search.example/?q=table".to_owned(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: NOW.plus(-240_000),
    }
}

fn agent(id: u64, name: &str) -> Agent {
    Agent {
        id: AgentId(id),
        display_name: name.to_owned(),
        email: format!("{}@shop.example", name.to_lowercase()),
        availability: Availability::Online,
    }
}

pub(crate) fn command_id(n: u8) -> CommandId {
    CommandId::from_parts(NOW, [n; 10])
}

pub(crate) fn said(seq: u64, author: Author, text: &str, ago: i64) -> TranscriptLine {
    let at = NOW.plus(-ago);
    let message =
        Message { id: command_id(seq as u8), author, text: text.to_owned(), at, file: None };
    TranscriptLine { seq: Seq(seq), at, body: LineBody::Said { message } }
}

pub(crate) fn joined(seq: u64, ago: i64) -> TranscriptLine {
    let body = LineBody::AgentJoined { agent_id: MINA, name: "Mina".to_owned() };
    TranscriptLine { seq: Seq(seq), at: NOW.plus(-ago), body }
}

/// A request of this visitor, waiting for so long.
pub(crate) fn request(id: u64, name: Option<&str>, ago: i64) -> ChatView {
    let since = NOW.plus(-ago);
    ChatView {
        head: ChatHead {
            id: ChatId(id),
            visitor: visitor(&format!("visitor-{id}"), name),
            state: ChatState::Waiting,
            mine: false,
            requested_at: since,
            waiting_since: since,
            came_back: false,
            agents: Vec::new(),
            tags: Vec::new(),
            ended_by: None,
            unread: 0,
            visitor_typing: false,
            unanswered_since: Some(since),
            visitor_here: true,
        },
        lines: vec![said(id * 100 + 1, Author::Visitor, "Is it in stock?", ago)],
        pending: Vec::new(),
        draft: String::new(),
    }
}

/// A chat Mina serves.
pub(crate) fn served(id: u64, name: Option<&str>) -> ChatView {
    let mut chat = request(id, name, 90_000);
    chat.head.state = ChatState::Served;
    chat.head.mine = true;
    chat.head.agents = vec![MINA];
    let hello = Author::Trigger { name: "Shop".to_owned() };
    chat.lines.push(said(id * 100 + 2, hello, "One moment please.", 80_000));
    chat.lines.push(joined(id * 100 + 3, 70_000));
    chat
}

pub(crate) fn view(chats: Vec<ChatView>) -> View {
    View {
        stage: Stage::Ready,
        me: Some(agent(1, "Mina")),
        workspace: Some(WorkspaceView {
            name: "Maple & Pine".to_owned(),
            embedded: true,
            site_url: Some("http://127.0.0.1:4000/".to_owned()),
            had_chats: false,
        }),
        connection: ConnectionView {
            word: Connection::Online,
            as_of: Some(NOW),
            ..ConnectionView::default()
        },
        colleagues: vec![Colleague { agent: agent(2, "Sora"), presence: Presence::Online }],
        setup: bellhop_model::Setup::default(),
        visitors: chats.iter().map(|c| c.head.visitor.clone()).collect(),
        chats,
        ..View::default()
    }
}

/// A window that shows these chats, at revision 1.
pub(crate) fn state(chats: Vec<ChatView>) -> State {
    let mut state = State { focused: true, ..State::default() };
    let snapshot = Update::Snapshot { rev: 1, view: Box::new(view(chats)) };
    state.reduce(Action::Update(Box::new(snapshot)));
    state
}

/// The next patches.
pub(crate) fn patch(state: &mut State, patches: Vec<Patch>) -> Vec<Effect> {
    let rev = state.rev.map_or(1, |rev| rev + 1);
    state.reduce(Action::Update(Box::new(Update::Patches { rev, patches })))
}
