//! What is to be written to the mirror, gathered.
//!
//! Invariant: what is taken out is complete up to its cursor, in an order that needs nothing that
//! comes later; the cursor is last. A catch-up is written in batches, each of which stands alone.

use crate::{chats::Chats, people::People};
use bellhop_model::{Chat, ChatId, Seq, TranscriptLine, stored::StoreOp};
use std::collections::BTreeSet;

/// Events gathered at most before they are written.
pub(crate) const BATCH_EVENTS: usize = 500;

#[derive(Debug, Default)]
pub(crate) struct Mirror {
    ops: Vec<StoreOp>,
    heads: BTreeSet<ChatId>,
    agents: bool,
    cursor: Option<Seq>,
    events: usize,
}

impl Mirror {
    /// The next event was taken in.
    pub(crate) fn advance(&mut self, seq: Seq) {
        self.cursor = Some(seq);
        self.events += 1;
    }

    /// A chat is new: its row stands before its lines.
    pub(crate) fn begin_chat(&mut self, chat: &Chat) {
        self.ops.push(StoreOp::PutChat { chat: Box::new(head_of(chat)) });
    }

    pub(crate) fn chat_changed(&mut self, id: ChatId) {
        self.heads.insert(id);
    }

    pub(crate) fn add_line(&mut self, chat_id: ChatId, line: TranscriptLine) {
        self.ops.push(StoreOp::AddLine { chat_id, line });
    }

    /// A chat is no more. What was gathered of it is not written first.
    pub(crate) fn delete_chat(&mut self, id: ChatId) {
        self.heads.remove(&id);
        self.ops.retain(|op| match op {
            StoreOp::PutChat { chat } => chat.id != id,
            StoreOp::AddLine { chat_id, .. } => *chat_id != id,
            _ => true,
        });
        self.ops.push(StoreOp::DeleteChat { chat_id: id });
    }

    pub(crate) fn agents_changed(&mut self) {
        self.agents = true;
    }

    /// Something that belongs into the same transaction.
    pub(crate) fn push(&mut self, op: StoreOp) {
        self.ops.push(op);
    }

    /// Everything mirrored is void, also what was gathered.
    pub(crate) fn clear(&mut self) {
        self.ops.retain(|op| {
            let void = matches!(
                op,
                StoreOp::PutChat { .. }
                    | StoreOp::AddLine { .. }
                    | StoreOp::DeleteChat { .. }
                    | StoreOp::PutContact { .. }
                    | StoreOp::SetUnknownTo { .. }
            );
            !void
        });
        self.heads.clear();
        self.cursor = None;
        self.events = 0;
        self.ops.push(StoreOp::ClearMirror);
        self.agents = true;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.events >= BATCH_EVENTS
    }

    /// Takes everything out, and the chats it speaks of.
    pub(crate) fn take(
        &mut self,
        chats: &Chats,
        people: &People,
    ) -> (Vec<StoreOp>, BTreeSet<ChatId>) {
        let mut ops = std::mem::take(&mut self.ops);
        let heads = std::mem::take(&mut self.heads);
        for id in &heads {
            if let Some(chat) = chats.get(*id) {
                ops.push(StoreOp::PutChat { chat: Box::new(head_of(chat)) });
            }
        }
        if std::mem::take(&mut self.agents) {
            ops.push(StoreOp::PutAgents { agents: people.agents() });
        }
        if let Some(seq) = self.cursor.take() {
            ops.push(StoreOp::SetCursor { seq });
        }
        self.events = 0;
        (ops, heads)
    }
}

/// The chat without its transcript, whose lines are stored one by one.
fn head_of(chat: &Chat) -> Chat {
    Chat {
        id: chat.id,
        visitor: chat.visitor.clone(),
        state: chat.state,
        requested_at: chat.requested_at,
        waiting_since: chat.waiting_since,
        agents: chat.agents.clone(),
        tags: chat.tags.clone(),
        route: chat.route.clone(),
        ended_at: chat.ended_at,
        ended_by: chat.ended_by,
        transcript: Vec::new(),
    }
}
