//! The cache, as a fold of the ops it was given.

use bellhop_model::{
    Chat, ChatId, ChatState,
    history::HistoryEntry,
    stored::{StoreOp, Stored},
    view::HistoryChat,
};
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone)]
pub(super) struct Disk {
    own: Stored,
    chats: BTreeMap<ChatId, Chat>,
}

impl Disk {
    pub(super) fn write(&mut self, ops: Vec<StoreOp>) {
        for op in ops {
            self.carry_out(op);
        }
    }

    fn carry_out(&mut self, op: StoreOp) {
        match op {
            StoreOp::PutChat { chat } => {
                assert!(chat.transcript.is_empty(), "lines are stored one by one");
                let transcript =
                    self.chats.remove(&chat.id).map(|old| old.transcript).unwrap_or_default();
                self.chats.insert(chat.id, Chat { transcript, ..*chat });
            }
            StoreOp::AddLine { chat_id, line } => {
                let chat = self.chats.get_mut(&chat_id).expect("a line of a chat that is stored");
                match chat.transcript.last() {
                    Some(last) if last.seq >= line.seq => {
                        assert!(chat.transcript.contains(&line), "a line changed");
                    }
                    _ => chat.transcript.push(line),
                }
            }
            StoreOp::DeleteChat { chat_id } => drop(self.chats.remove(&chat_id)),
            StoreOp::PutContact { visitor_id, contact } => {
                let visitors = self.chats.values_mut().map(|chat| &mut chat.visitor);
                for visitor in visitors.filter(|visitor| visitor.id == visitor_id) {
                    visitor.contact.clone_from(&contact);
                }
            }
            StoreOp::PutAgents { agents } => self.own.agents = agents,
            StoreOp::SetCursor { seq } => {
                assert!(seq >= self.own.cursor, "the cursor went back");
                self.own.cursor = seq;
            }
            StoreOp::SetAsOf { at } => self.own.as_of = Some(at),
            StoreOp::SetUnknownTo { program } => self.own.unknown_to = Some(program),
            StoreOp::ClearMirror => {
                self.chats.clear();
                self.own.agents.clear();
                self.own.cursor = bellhop_model::Seq(0);
                self.own.as_of = None;
                self.own.unknown_to = None;
            }
            StoreOp::SetWorkspace { id, name } => self.own.workspace = Some((id, name)),
            StoreOp::SetMe { agent_id } => self.own.me = Some(agent_id),
            StoreOp::PutOutbox { row } => {
                self.own.outbox.retain(|old| old.id != row.id);
                self.own.outbox.push(row);
                self.own.outbox.sort_by_key(|row| row.id);
            }
            StoreOp::DropOutbox { id } => self.own.outbox.retain(|row| row.id != id),
            StoreOp::PutDraft { chat_id, text } => {
                self.own.drafts.retain(|(id, _)| *id != chat_id);
                if !text.is_empty() {
                    self.own.drafts.push((chat_id, text));
                }
            }
            StoreOp::PutSettings { settings } => self.own.settings = settings,
            StoreOp::PutAlerted { chat_id, waiting_since } => {
                self.own.alerted.retain(|(id, _)| *id != chat_id);
                self.own.alerted.push((chat_id, waiting_since));
            }
        }
    }

    /// What a start begins with.
    pub(super) fn load(&self) -> Stored {
        let chats = self.chats.values().filter(|chat| !chat.belongs_to_history());
        Stored { chats: chats.cloned().collect(), ..self.own.clone() }
    }

    pub(super) fn chat(&self, id: ChatId) -> Option<&Chat> {
        self.chats.get(&id)
    }

    pub(super) fn chats(&self) -> &BTreeMap<ChatId, Chat> {
        &self.chats
    }

    pub(super) fn history(&self, id: ChatId) -> Option<HistoryChat> {
        let chat = self.chats.get(&id).filter(|chat| chat.belongs_to_history())?;
        Some(HistoryChat {
            entry: HistoryEntry {
                chat_id: id,
                visitor: chat.visitor.label(),
                state: chat.state,
                requested_at: chat.requested_at,
                ended_at: chat.ended_at.expect("it has ended"),
                ended_by: chat.ended_by,
                agents: Vec::new(),
                tags: chat.tags.clone(),
                first_words: chat.first_words().to_owned(),
                messages: 0,
            },
            visitor: chat.visitor.clone(),
            lines: chat.transcript.clone(),
        })
    }

    /// The ended chats.
    pub(super) fn history_ids(&self) -> Vec<ChatId> {
        let past = self.chats.values().filter(|chat| chat.belongs_to_history());
        past.inspect(|chat| {
            assert!(matches!(chat.state, ChatState::Ended | ChatState::Missed));
        })
        .map(|chat| chat.id)
        .collect()
    }
}
