//! What the window is told: the view as it was last published, and what has changed since.
//!
//! Invariant (law 7): whoever applies every published patch has the published view. A patch is
//! made by comparing what is so with what was published, so that nothing is told twice and
//! nothing is forgotten.

use crate::engine::Engine;
use bellhop_model::{
    ChatId, VisitorId,
    stored::OutboxRow,
    view::{ChatHead, ChatView, Patch, Stage, View, WorkspaceView},
};
use std::collections::{BTreeMap, BTreeSet};

/// What may have changed since the last publication.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) connection: bool,
    pub(crate) me: bool,
    pub(crate) colleagues: bool,
    pub(crate) setup: bool,
    pub(crate) settings: bool,
    pub(crate) history: bool,
    /// Chats whose head or lines may have changed; told when the view is true.
    chats: BTreeSet<ChatId>,
    /// Chats whose transcript may have become another.
    anew: BTreeSet<ChatId>,
    /// Chats of which only the agent's own side changed; told at once.
    pub(crate) own: BTreeSet<ChatId>,
    visitors: BTreeSet<VisitorId>,
    /// Everybody on the site is unknown.
    pub(crate) visitors_cleared: bool,
    /// Patches that are ready.
    pub(crate) ready: Vec<Patch>,
}

impl Marks {
    pub(crate) fn chat(&mut self, id: ChatId) {
        self.chats.insert(id);
    }

    pub(crate) fn chat_anew(&mut self, id: ChatId) {
        self.chats.insert(id);
        self.anew.insert(id);
    }

    pub(crate) fn own(&mut self, id: ChatId) {
        self.own.insert(id);
    }

    pub(crate) fn own_of(&mut self, row: &OutboxRow) {
        self.own.extend(row.command.chat_id());
    }

    pub(crate) fn visitor(&mut self, id: VisitorId) {
        self.visitors.insert(id);
    }

    /// The chats that will be looked at.
    pub(crate) fn chats(&self) -> Vec<ChatId> {
        self.chats.iter().copied().collect()
    }
}

impl Engine {
    /// The view as it would be published now.
    pub(crate) fn projection(&self) -> View {
        View {
            stage: Stage::Ready,
            me: self.people.me().cloned(),
            workspace: Some(self.workspace_view()),
            connection: self.connection.view(),
            colleagues: self.people.colleagues(),
            setup: self.chats.setup().clone(),
            chats: self.chats.ids().into_iter().filter_map(|id| self.chat_view(id)).collect(),
            visitors: self.people.visitors().cloned().collect(),
            settings: self.settings.clone(),
            notices: self.notices.shown().to_vec(),
        }
    }

    /// Publishes what has changed. With `hold` the chats wait: the view is being made.
    pub(crate) fn publish(&mut self, hold: bool) -> Vec<Patch> {
        let mut patches = Vec::new();
        self.publish_frame(&mut patches);
        self.publish_visitors(&mut patches);
        let own = std::mem::take(&mut self.marks.own);
        if hold {
            for id in own {
                self.publish_own(id, &mut patches);
            }
        } else {
            let anew = std::mem::take(&mut self.marks.anew);
            let mut chats = std::mem::take(&mut self.marks.chats);
            chats.extend(own);
            for id in chats {
                self.publish_chat(id, anew.contains(&id), &mut patches);
            }
            if std::mem::take(&mut self.marks.history) {
                patches.push(Patch::HistoryChanged);
            }
        }
        patches.append(&mut self.marks.ready);
        for patch in &patches {
            self.published.apply(patch.clone());
        }
        patches
    }

    pub(crate) fn workspace_view(&self) -> WorkspaceView {
        let mut view = self.config.workspace.clone();
        if let Some((_, name)) = &self.workspace {
            view.name.clone_from(name);
        }
        view.had_chats = self.chats.had_any;
        view.site_url = self.site_url.clone().or(view.site_url);
        view
    }

    fn publish_frame(&mut self, patches: &mut Vec<Patch>) {
        if std::mem::take(&mut self.marks.connection) {
            let connection = self.connection.view();
            if connection != self.published.connection {
                patches.push(Patch::Connection { connection });
            }
        }
        if std::mem::take(&mut self.marks.me) {
            let me = self.people.me().filter(|me| self.published.me.as_ref() != Some(*me));
            patches.extend(me.map(|me| Patch::Me { me: me.clone() }));
            let workspace = self.workspace_view();
            if self.published.workspace.as_ref() != Some(&workspace) {
                patches.push(Patch::Workspace { workspace });
            }
        }
        if std::mem::take(&mut self.marks.colleagues) {
            let colleagues = self.people.colleagues();
            if colleagues != self.published.colleagues {
                patches.push(Patch::Colleagues { colleagues });
            }
        }
        if std::mem::take(&mut self.marks.setup) && self.published.setup != *self.chats.setup() {
            patches.push(Patch::Setup { setup: self.chats.setup().clone() });
        }
        if std::mem::take(&mut self.marks.settings) {
            patches.push(Patch::Settings { settings: self.settings.clone() });
        }
    }

    fn publish_visitors(&mut self, patches: &mut Vec<Patch>) {
        let visitors = std::mem::take(&mut self.marks.visitors);
        if std::mem::take(&mut self.marks.visitors_cleared) {
            patches.push(Patch::VisitorsCleared);
            let all = self.people.visitors().cloned();
            patches.extend(all.map(|visitor| Patch::VisitorPut { visitor }));
            return;
        }
        patches.extend(visitors.into_iter().map(
            |visitor_id| match self.people.visitor(&visitor_id) {
                Some(visitor) => Patch::VisitorPut { visitor: visitor.clone() },
                None => Patch::VisitorGone { visitor_id },
            },
        ));
    }

    fn publish_chat(&self, id: ChatId, anew: bool, patches: &mut Vec<Patch>) {
        let shown = self.published.chat(id);
        if !self.chats.is_visible(id) {
            if shown.is_some() {
                patches.push(Patch::ChatGone { chat_id: id });
            }
            return;
        }
        let (Some(chat), Some(head)) = (self.chats.get(id), self.head(id)) else { return };
        let Some(shown) = shown.filter(|_| !anew) else {
            let chat = self.chat_view(id).filter(|chat| shown != Some(chat));
            patches.extend(chat.map(|chat| Patch::ChatPut { chat: Box::new(chat) }));
            return;
        };
        let new_lines = chat.transcript.get(shown.lines.len()..).unwrap_or_default();
        patches.extend(
            new_lines.iter().map(|line| Patch::LineAdded { chat_id: id, line: line.clone() }),
        );
        if head != shown.head {
            patches.push(Patch::ChatHead { head: Box::new(head) });
        }
        self.publish_own(id, patches);
    }

    /// The agent's own side of a chat that is shown.
    fn publish_own(&self, id: ChatId, patches: &mut Vec<Patch>) {
        let Some(shown) = self.published.chat(id) else { return };
        let pending = self.outbox.pending(id);
        if pending != shown.pending {
            patches.push(Patch::Pending { chat_id: id, pending });
        }
        let draft = self.draft(id);
        if draft != shown.draft {
            patches.push(Patch::Draft { chat_id: id, draft: draft.to_owned() });
        }
    }

    fn chat_view(&self, id: ChatId) -> Option<ChatView> {
        if !self.chats.is_visible(id) {
            return None;
        }
        Some(ChatView {
            head: self.head(id)?,
            lines: self.chats.get(id)?.transcript.clone(),
            pending: self.outbox.pending(id),
            draft: self.draft(id).to_owned(),
        })
    }

    fn head(&self, id: ChatId) -> Option<ChatHead> {
        let visitor = &self.chats.get(id)?.visitor.id;
        self.chats.head(id, self.people.visitor(visitor))
    }

    pub(crate) fn draft(&self, id: ChatId) -> &str {
        self.drafts.get(&id).map_or("", String::as_str)
    }
}

/// The drafts by chat.
pub(crate) type Drafts = BTreeMap<ChatId, String>;
