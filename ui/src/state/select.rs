//! What the components read of the state: small values, each the answer to one question.

use super::{State, place::Page};
use bellhop_model::{
    Agent, AgentId, ChatId, ChatState, EndedBy, Timestamp, VisitorId,
    view::{ChatHead, ChatView, Connection, View},
};
use std::collections::BTreeMap;

/// A visitor's last word this old is shown in amber.
pub const AGING_MS: i64 = 60_000;
/// And this old in red.
pub const LATE_MS: i64 = 180_000;

/// The request button at the bottom left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServeButton {
    /// Nobody waits: nothing is offered. `stale`: as far as is known.
    Quiet {
        stale: bool,
    },
    Offer {
        count: usize,
        longest_since: Timestamp,
        ready: Readiness,
    },
}

/// Whether the button can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// The last press is still being carried out.
    Busy,
    /// There is no connection.
    Offline,
}

/// What the button shows.
#[must_use]
pub fn serve_button(state: &State) -> ServeButton {
    let online = state.may_serve();
    let waiting = || state.view.chats.iter().filter(|c| c.head.is_request());
    let Some(longest_since) = waiting().map(|c| c.head.waiting_since).min() else {
        return ServeButton::Quiet { stale: !online };
    };
    let ready = match (online, state.serving) {
        (false, _) => Readiness::Offline,
        (true, true) => Readiness::Busy,
        (true, false) => Readiness::Ready,
    };
    ServeButton::Offer { count: waiting().count(), longest_since, ready }
}

/// The chats the agent is in, in the order she joined them: the newest is last, nearest the
/// corner at the bottom right.
#[must_use]
pub fn tab_order(state: &State) -> Vec<ChatId> {
    let me = state.view.me.as_ref().map(|me| me.id);
    let mut mine: Vec<_> = state
        .view
        .chats
        .iter()
        .filter(|c| c.head.mine)
        .map(|c| {
            let joined = me.and_then(|me| state.books.get(&c.head.id)?.joined(me));
            (joined, c.head.id)
        })
        .collect();
    mine.sort_unstable();
    mine.into_iter().map(|(_, id)| id).collect()
}

/// What a tab and a row of the lists show of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatItem {
    pub id: ChatId,
    pub label: String,
    pub page: String,
    pub first_words: String,
    pub unread: u32,
    pub typing: bool,
    pub over: bool,
    pub came_back: bool,
    pub waiting_since: Timestamp,
    pub unanswered_since: Option<Timestamp>,
    pub shown: bool,
}

/// The agent's chats as tabs.
#[must_use]
pub fn tabs(state: &State) -> Vec<ChatItem> {
    tab_order(state).into_iter().filter_map(|id| Some(item(state, state.view.chat(id)?))).collect()
}

/// The requests as rows, longest waiting first.
#[must_use]
pub fn requests(state: &State) -> Vec<ChatItem> {
    state.view.requests().into_iter().map(|chat| item(state, chat)).collect()
}

fn item(state: &State, chat: &ChatView) -> ChatItem {
    let head = &chat.head;
    ChatItem {
        id: head.id,
        label: head.visitor.label(),
        page: page_label(&head.visitor.page),
        first_words: last_visitor_words(chat),
        unread: head.unread,
        typing: head.visitor_typing,
        over: head.state.is_over(),
        came_back: head.came_back,
        waiting_since: head.waiting_since,
        unanswered_since: head.unanswered_since.filter(|_| !head.state.is_over()),
        shown: state.place.page == Page::Home && state.place.shown == Some(head.id),
    }
}

/// The visitor's newest words, as one short line.
fn last_visitor_words(chat: &ChatView) -> String {
    use bellhop_model::{Author, chat::LineBody};
    chat.lines
        .iter()
        .rev()
        .take(50)
        .find_map(|line| match &line.body {
            LineBody::Said { message } if message.author == Author::Visitor => {
                Some(bellhop_model::rules::clean_line(&message.text, 120))
            }
            _ => None,
        })
        .unwrap_or_default()
}

/// A page by its title, or by its address where it has none.
#[must_use]
pub fn page_label(page: &bellhop_model::people::Page) -> String {
    let text = if page.title.trim().is_empty() { &page.url } else { &page.title };
    bellhop_model::rules::clean_line(text, 160)
}

/// What a row of the visitors' tables shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorItem {
    pub id: VisitorId,
    pub label: String,
    pub page: String,
    pub browser: String,
    pub from: String,
    pub arrived_at: Timestamp,
    pub chat: Option<(ChatId, VisitorChat)>,
}

/// How a visitor's chat stands, for this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitorChat {
    Waiting,
    Mine,
}

/// Everybody on the site, longest there first; at most `limit` of them.
#[must_use]
pub fn visitors(state: &State, limit: usize) -> Vec<VisitorItem> {
    let chats: BTreeMap<&VisitorId, &ChatHead> = state
        .view
        .chats
        .iter()
        .filter(|c| !c.head.state.is_over())
        .map(|c| (&c.head.visitor.id, &c.head))
        .collect();
    let mut order: Vec<_> = state.view.visitors.iter().collect();
    order.sort_by(|a, b| (a.arrived_at, &a.id).cmp(&(b.arrived_at, &b.id)));
    order
        .into_iter()
        .take(limit)
        .map(|visitor| VisitorItem {
            id: visitor.id.clone(),
            label: visitor.label(),
            page: page_label(&visitor.page),
            browser: visitor.browser.clone(),
            from: site_of(&visitor.referrer),
            arrived_at: visitor.arrived_at,
            chat: chats.get(&visitor.id).map(|head| {
                (head.id, if head.mine { VisitorChat::Mine } else { VisitorChat::Waiting })
            }),
        })
        .collect()
}

/// The site of an address, such as `search.example`; empty for none.
#[must_use]
pub fn site_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    bellhop_model::rules::clean_line(host.strip_prefix("www.").unwrap_or(host), 60)
}

/// The chat with this id: in the view, or looked at until somebody else took it.
#[must_use]
pub fn chat(state: &State, id: ChatId) -> Option<&ChatView> {
    state.view.chat(id).or_else(|| {
        state.reply.taken.as_ref().map(|taken| &taken.chat).filter(|chat| chat.head.id == id)
    })
}

/// How the agent stands to the chat in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is hers and goes on.
    Mine,
    /// It is hers; the visitor ended it, or was away too long.
    VisitorEnded { timeout: bool },
    /// She looks at a request.
    Peek,
    /// She looked at it; somebody else serves it now, or it ended.
    Taken { by: Option<String> },
}

/// How the agent stands to a chat.
#[must_use]
pub fn standing(state: &State, id: ChatId) -> Option<Standing> {
    if let Some(chat) = state.view.chat(id) {
        let head = &chat.head;
        return Some(match (head.mine, head.state) {
            (true, ChatState::Ended | ChatState::Missed) => {
                Standing::VisitorEnded { timeout: head.ended_by == Some(EndedBy::Timeout) }
            }
            (true, _) => Standing::Mine,
            (false, ChatState::Waiting) => Standing::Peek,
            (false, _) => Standing::Taken { by: first_agent(&state.view, chat) },
        });
    }
    let taken = state.reply.taken.as_ref().filter(|taken| taken.chat.head.id == id)?;
    Some(Standing::Taken { by: taken.by.clone() })
}

/// What a colleague wrote for whoever takes the chat over, with her name; until the agent has said
/// something in it.
#[must_use]
pub fn handover_note(state: &State, id: ChatId) -> Option<(String, String)> {
    let chat = state.view.chat(id)?;
    let me = state.view.me.as_ref().map(|me| me.id);
    let (name, note) = bellhop_model::fold::handover_note(&chat.lines, me)?;
    Some((name.to_owned(), note.to_owned()))
}

/// The name of the first agent in a chat.
#[must_use]
pub fn first_agent(view: &View, chat: &ChatView) -> Option<String> {
    let id = chat.head.agents.first()?;
    agents(view).find(|agent| agent.id == *id).map(|agent| agent.display_name.clone())
}

fn agents(view: &View) -> impl Iterator<Item = &Agent> {
    view.me.iter().chain(view.colleagues.iter().map(|c| &c.agent))
}

/// The names a transcript needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub me: Option<AgentId>,
    pub visitor: String,
    agents: BTreeMap<AgentId, String>,
}

impl Names {
    /// For a transcript with this visitor.
    #[must_use]
    pub fn of(view: &View, visitor: String) -> Self {
        Self {
            me: view.me.as_ref().map(|me| me.id),
            visitor,
            agents: agents(view).map(|a| (a.id, a.display_name.clone())).collect(),
        }
    }

    /// The name of an agent; empty for one the account does not know any more.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> &str {
        self.agents.get(&id).map_or("", String::as_str)
    }
}

/// The connection is not Online: how old the view is.
#[must_use]
pub fn is_stale(state: &State) -> bool {
    state.view.connection.word != Connection::Online
}
