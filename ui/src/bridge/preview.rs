//! Sample data instead of a backend, to look at the dashboard in a plain browser (feature
//! `preview`, never shipped). The address names the scene: `index.html#scene=queue&lang=ko`.
//!
//! It answers as the backend would as far as the eye can tell: serving, saying, tagging, ending
//! and continuing work; after a served chat's reply the visitor types and answers.

mod data;
mod scenes;

use super::Watcher;
use crate::{dates, dom::time::Timeout, state::CallProblem};
use bellhop_model::{
    AgentId, Author, ChatId, ChatState, Command, CommandId, Message, Refusal, Seq, TranscriptLine,
    chat::LineBody,
    history::{HistoryCursor, HistoryPage},
    view::{
        Ask, AskProblem, ChatView, Connection, HistoryChat, Notice, NoticeBody, Patch,
        PendingMessage, SendState, Stage, Update, View,
    },
};
use std::{cell::RefCell, rc::Rc};

/// The agent of the samples.
pub(super) const ME: AgentId = AgentId(1);

/// See the module. Clones are the same.
#[derive(Debug, Clone)]
pub struct Preview(Rc<RefCell<Inner>>);

struct Inner {
    view: View,
    history: Vec<HistoryChat>,
    rev: u64,
    watcher: Option<Watcher>,
    timers: Vec<Timeout>,
    seq: u64,
    /// Serving is refused: somebody else is always faster.
    taken: bool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("rev", &self.rev).finish_non_exhaustive()
    }
}

impl Preview {
    /// The scene the address names.
    pub(super) fn new() -> Self {
        let hash = web_sys::window().and_then(|w| w.location().hash().ok()).unwrap_or_default();
        let wish = |key: &str| {
            let pairs = hash.trim_start_matches('#').split('&');
            pairs.filter_map(|p| p.split_once('=')).find(|(k, _)| *k == key).map(|(_, v)| v)
        };
        let scene = wish("scene").unwrap_or("talk");
        let korean = wish("lang") == Some("ko");
        let mut view = scenes::view(scene, korean);
        view.settings.language = data::language(wish("lang"));
        view.settings.theme = data::theme(wish("theme"));
        let history = if scene == "empty" { Vec::new() } else { scenes::history(korean) };
        Self(Rc::new(RefCell::new(Inner {
            view,
            history,
            rev: 0,
            watcher: None,
            timers: Vec::new(),
            seq: 1_000_000,
            taken: scene == "taken",
        })))
    }

    pub(super) fn watch(&self, watcher: Watcher) {
        let snapshot = {
            let mut inner = self.0.borrow_mut();
            inner.watcher = Some(Rc::clone(&watcher));
            Update::Snapshot { rev: inner.rev, view: Box::new(inner.view.clone()) }
        };
        watcher(snapshot);
    }

    pub(super) fn unlock(&self, passphrase: &str) {
        let stage = if passphrase.contains("wrong") {
            Stage::NeedsPassphrase { choose: false, wrong: true }
        } else {
            Stage::Ready
        };
        self.publish(vec![Patch::Stage { stage }]);
    }

    pub(super) fn history_page(&self, before: Option<HistoryCursor>) -> HistoryPage {
        const LIMIT: usize = 30;
        let inner = self.0.borrow();
        let place = |c: &HistoryChat| (c.entry.ended_at, c.entry.chat_id);
        let rest: Vec<_> = inner
            .history
            .iter()
            .filter(|c| before.is_none_or(|b| place(c) < (b.ended_at, b.chat_id)))
            .collect();
        let entries: Vec<_> = rest.iter().take(LIMIT).map(|c| c.entry.clone()).collect();
        let next = (rest.len() > LIMIT).then(|| {
            let (ended_at, chat_id) = place(rest[LIMIT - 1]);
            HistoryCursor { ended_at, chat_id }
        });
        HistoryPage { entries, next }
    }

    pub(super) fn history_chat(&self, chat_id: ChatId) -> Option<HistoryChat> {
        self.0.borrow().history.iter().find(|c| c.entry.chat_id == chat_id).cloned()
    }

    pub(super) fn ask(&self, ask: &Ask) -> Result<(), CallProblem> {
        match ask {
            Ask::Command { id, command } => return self.command(*id, command),
            Ask::SaveSettings { settings } => {
                self.publish(vec![Patch::Settings { settings: settings.clone() }]);
            }
            Ask::DismissNotice { id } => self.publish(vec![Patch::NoticeGone { id: *id }]),
            Ask::ConnectNow => {
                let mut connection = self.0.borrow().view.connection.clone();
                connection.word = Connection::Online;
                self.publish(vec![Patch::Connection { connection }]);
            }
            Ask::Discard { id } | Ask::SendAgain { id } => self.drop_pending(*id),
            Ask::Attend { chat_id: Some(chat_id) } => {
                self.change(*chat_id, |chat| chat.head.unread = 0);
            }
            Ask::Attend { .. } | Ask::Typing { .. } | Ask::Draft { .. } => {}
        }
        Ok(())
    }

    fn command(&self, id: CommandId, command: &Command) -> Result<(), CallProblem> {
        if self.0.borrow().view.connection.word != Connection::Online
            && matches!(command, Command::Serve { .. } | Command::ServeNext)
        {
            return Err(CallProblem::Said(AskProblem::Offline));
        }
        match command {
            Command::ServeNext => {
                let next = self.0.borrow().view.requests().first().map(|c| c.head.id);
                if let Some(next) = next {
                    self.serve(next, command);
                }
            }
            Command::Serve { chat_id } => self.serve(*chat_id, command),
            Command::Say { chat_id, text } | Command::SayShortcut { chat_id, text, .. } => {
                self.say(*chat_id, id, text);
            }
            Command::SetTags { chat_id, tags } => {
                self.change(*chat_id, |chat| chat.head.tags.clone_from(tags));
                self.line(*chat_id, LineBody::Tagged { tags: tags.clone() });
            }
            Command::EndChat { chat_id } => {
                self.publish(vec![Patch::ChatGone { chat_id: *chat_id }, Patch::HistoryChanged]);
            }
            // The chat goes on without this agent.
            Command::LeaveChat { chat_id }
            | Command::TransferToDepartment { chat_id, .. }
            | Command::TransferToAgent { chat_id, .. } => {
                self.publish(vec![Patch::ChatGone { chat_id: *chat_id }]);
            }
            Command::ContinueChat { chat_id } => {
                self.change(*chat_id, |chat| {
                    chat.head.state = ChatState::Served;
                    chat.head.ended_by = None;
                });
                let name = data::MY_NAME.to_owned();
                self.line(*chat_id, LineBody::Continued { agent_id: ME, name });
            }
            Command::SetAvailability { availability } => {
                let me = self.0.borrow().view.me.clone();
                if let Some(mut me) = me {
                    me.availability = *availability;
                    self.publish(vec![Patch::Me { me }]);
                }
            }
            // What the window has no control for.
            Command::StartChat { .. }
            | Command::Invite { .. }
            | Command::RequestRating { .. }
            | Command::SetChatLimit { .. }
            | Command::Unknown => {}
        }
        Ok(())
    }

    fn serve(&self, chat_id: ChatId, command: &Command) {
        if self.0.borrow().taken {
            let refusal = Refusal::AlreadyServed { by: "Sora".to_owned() };
            let body = NoticeBody::Refused { wished: command.into(), refusal };
            let notice = Notice { id: 900, at: dates::now(), body };
            self.publish(vec![Patch::NoticeRaised { notice }, Patch::ChatGone { chat_id }]);
            return;
        }
        self.change(chat_id, |chat| {
            chat.head.state = ChatState::Served;
            chat.head.mine = true;
            chat.head.agents = vec![ME];
        });
        self.line(chat_id, LineBody::AgentJoined { agent_id: ME, name: data::MY_NAME.to_owned() });
        self.publish(vec![Patch::Focus { chat_id }]);
    }

    fn say(&self, chat_id: ChatId, id: CommandId, text: &str) {
        let at = dates::now();
        let pending = PendingMessage { id, text: text.to_owned(), at, state: SendState::Sending };
        self.publish(vec![Patch::Pending { chat_id, pending: vec![pending] }]);
        let message = Message {
            id,
            author: Author::Agent { agent_id: ME },
            text: text.to_owned(),
            at,
            file: None,
        };
        self.later(400, move |preview| {
            preview.line(chat_id, LineBody::Said { message: message.clone() });
            preview.publish(vec![Patch::Pending { chat_id, pending: Vec::new() }]);
            preview.change(chat_id, |chat| chat.head.unanswered_since = None);
        });
        self.later(1500, move |preview| preview.change(chat_id, |c| c.head.visitor_typing = true));
        self.later(3500, move |preview| {
            let text = "좋아요, 감사합니다! That helps.".to_owned();
            let at = dates::now();
            let message =
                Message { id: data::message_id(at), author: Author::Visitor, text, at, file: None };
            preview.line(chat_id, LineBody::Said { message });
            preview.change(chat_id, |chat| {
                chat.head.visitor_typing = false;
                chat.head.unanswered_since = Some(at);
            });
        });
    }

    fn drop_pending(&self, id: CommandId) {
        let found = self.0.borrow().view.chats.iter().find_map(|chat| {
            chat.pending.iter().any(|p| p.id == id).then(|| (chat.head.id, chat.pending.clone()))
        });
        if let Some((chat_id, mut pending)) = found {
            pending.retain(|p| p.id != id);
            self.publish(vec![Patch::Pending { chat_id, pending }]);
        }
    }

    fn change(&self, chat_id: ChatId, edit: impl FnOnce(&mut ChatView)) {
        let chat = self.0.borrow().view.chat(chat_id).cloned();
        if let Some(mut chat) = chat {
            edit(&mut chat);
            self.publish(vec![Patch::ChatHead { head: Box::new(chat.head) }]);
        }
    }

    fn line(&self, chat_id: ChatId, body: LineBody) {
        let seq = {
            let mut inner = self.0.borrow_mut();
            inner.seq += 1;
            Seq(inner.seq)
        };
        let line = TranscriptLine { seq, at: dates::now(), body };
        self.publish(vec![Patch::LineAdded { chat_id, line }]);
    }

    fn later(&self, millis: i32, call: impl FnOnce(&Self) + 'static) {
        let preview = self.clone();
        let timer = Timeout::new(millis, move || call(&preview));
        self.0.borrow_mut().timers.push(timer);
    }

    fn publish(&self, patches: Vec<Patch>) {
        let (watcher, update) = {
            let mut inner = self.0.borrow_mut();
            inner.rev += 1;
            for patch in &patches {
                inner.view.apply(patch.clone());
            }
            (inner.watcher.clone(), Update::Patches { rev: inner.rev, patches })
        };
        // The backend answers from outside, never in the middle of a call.
        if let Some(watcher) = watcher {
            wasm_bindgen_futures::spawn_local(async move { watcher(update) });
        }
    }
}
