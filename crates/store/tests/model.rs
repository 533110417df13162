//! Random sequences of ops against a model that is simple enough to be right.
#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Agent, AgentId, Author, Chat, ChatId, Contact, PersonalSettings, Seq, Timestamp,
    TranscriptLine,
    chat::LineBody,
    history::HistoryEntry,
    rules,
    stored::{OutboxRow, StoreOp, Stored},
};
use bellhop_store::Store;
use common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Default)]
struct Model {
    workspace: Option<(String, String)>,
    me: Option<AgentId>,
    cursor: Seq,
    as_of: Option<Timestamp>,
    unknown_to: Option<String>,
    had_chats: bool,
    agents: BTreeMap<AgentId, Agent>,
    chats: BTreeMap<ChatId, Chat>,
    lines: BTreeMap<ChatId, BTreeMap<Seq, TranscriptLine>>,
    outbox: BTreeMap<uuid::Uuid, OutboxRow>,
    drafts: BTreeMap<ChatId, String>,
    settings: PersonalSettings,
    alerted: BTreeMap<ChatId, Timestamp>,
}

impl Model {
    fn write(&mut self, op: StoreOp) {
        match op {
            StoreOp::PutChat { chat } => {
                self.had_chats = true;
                self.chats.insert(chat.id, Chat { transcript: Vec::new(), ..*chat });
            }
            StoreOp::AddLine { chat_id, line } => {
                self.lines.entry(chat_id).or_default().entry(line.seq).or_insert(line);
            }
            StoreOp::DeleteChat { chat_id } => {
                self.chats.remove(&chat_id);
                self.lines.remove(&chat_id);
            }
            StoreOp::PutContact { visitor_id, contact } => {
                for chat in self.chats.values_mut().filter(|chat| chat.visitor.id == visitor_id) {
                    chat.visitor.contact = contact.clone();
                }
            }
            StoreOp::PutAgents { agents } => {
                self.agents.extend(agents.into_iter().map(|agent| (agent.id, agent)));
            }
            StoreOp::SetCursor { seq } => self.cursor = seq,
            StoreOp::SetAsOf { at } => self.as_of = Some(at),
            StoreOp::SetUnknownTo { program } => self.unknown_to = Some(program),
            StoreOp::ClearMirror => {
                self.cursor = Seq(0);
                self.as_of = None;
                self.unknown_to = None;
                self.agents.clear();
                self.chats.clear();
                self.lines.clear();
            }
            StoreOp::SetWorkspace { id, name } => self.workspace = Some((id, name)),
            StoreOp::SetMe { agent_id } => self.me = Some(agent_id),
            StoreOp::PutOutbox { row } => {
                self.outbox.insert(row.id.0, row);
            }
            StoreOp::DropOutbox { id } => {
                self.outbox.remove(&id.0);
            }
            StoreOp::PutDraft { chat_id, text } => {
                self.drafts.insert(chat_id, text);
                self.drafts.retain(|_, text| !text.is_empty());
            }
            StoreOp::PutSettings { settings } => self.settings = settings,
            StoreOp::PutAlerted { chat_id, waiting_since } => {
                self.alerted.insert(chat_id, waiting_since);
            }
        }
    }

    fn restart(&mut self) {
        let chats = &self.chats;
        self.alerted.retain(|id, _| !chats.get(id).is_some_and(Chat::belongs_to_history));
    }

    fn lines(&self, id: ChatId) -> Vec<TranscriptLine> {
        self.lines.get(&id).map(|lines| lines.values().cloned().collect()).unwrap_or_default()
    }

    fn stored(&self) -> Stored {
        let present = self.chats.values().filter(|chat| !chat.belongs_to_history());
        Stored {
            workspace: self.workspace.clone(),
            me: self.me,
            cursor: self.cursor,
            as_of: self.as_of,
            unknown_to: self.unknown_to.clone(),
            agents: self.agents.values().cloned().collect(),
            had_chats: self.had_chats,
            chats: present
                .map(|chat| Chat { transcript: self.lines(chat.id), ..chat.clone() })
                .collect(),
            outbox: self.outbox.values().cloned().collect(),
            drafts: self.drafts.clone().into_iter().collect(),
            settings: self.settings.clone(),
            alerted: self.alerted.clone().into_iter().collect(),
        }
    }

    fn history(&self) -> Vec<HistoryEntry> {
        let past = self.chats.values().filter(|chat| chat.belongs_to_history());
        let mut entries: Vec<HistoryEntry> = past.map(|chat| self.entry(chat)).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.ended_at, entry.chat_id)));
        entries
    }

    fn entry(&self, chat: &Chat) -> HistoryEntry {
        let lines = self.lines(chat.id);
        let mut agents: Vec<(AgentId, String)> = Vec::new();
        for line in &lines {
            if let LineBody::AgentJoined { agent_id, name } = &line.body
                && !agents.iter().any(|(id, _)| id == agent_id)
            {
                agents.push((*agent_id, name.clone()));
            }
        }
        let said = |line: &&TranscriptLine| matches!(line.body, LineBody::Said { .. });
        let messages = lines.iter().filter(said).count();
        let whole = Chat { transcript: lines, ..chat.clone() };
        HistoryEntry {
            chat_id: chat.id,
            visitor: chat.visitor.label(),
            state: chat.state,
            requested_at: chat.requested_at,
            ended_at: chat.ended_at.unwrap_or(chat.requested_at),
            ended_by: chat.ended_by,
            agents: agents.into_iter().map(|(_, name)| name).collect(),
            tags: chat.tags.clone(),
            first_words: rules::clean_line(whole.first_words(), 160),
            messages: messages as u32,
        }
    }
}

fn chats() -> impl Strategy<Value = Chat> {
    (1..6_u64, 0..4_u8, 0..5_i64, prop::collection::vec(1..4_u64, 0..2)).prop_map(
        |(id, kind, at, agents)| {
            let mut chat = if kind == 0 { waiting(id) } else { ended(id, at) };
            chat.tags = vec![format!("tag{at}")];
            // The last kind is over, and the agents have not left it yet.
            if kind == 3 {
                chat.agents = agents.into_iter().map(AgentId).collect();
            }
            chat
        },
    )
}

fn lines() -> impl Strategy<Value = TranscriptLine> {
    let text = prop_oneof!["[a-c가-나\\n ]{0,12}", any::<String>()];
    prop_oneof![
        (1..30_u64, text, 0..3_u8).prop_map(|(seq, text, who)| {
            let author = match who {
                0 => Author::Agent { agent_id: AgentId(1) },
                1 => Author::Trigger { name: "Bot".to_owned() },
                _ => Author::Visitor,
            };
            // SQLite's text functions end at a NUL; the summary alone is made by one.
            said(seq, author, &text.replace('\0', ""))
        }),
        (1..30_u64, 1..4_u64, "[A-D]{1,3}").prop_map(|(seq, id, name)| joined(seq, id, &name)),
        (1..30_u64).prop_map(|seq| TranscriptLine {
            seq: Seq(seq),
            at: Timestamp(1),
            body: LineBody::Tagged { tags: vec!["vip".to_owned()] },
        }),
    ]
}

fn ops() -> impl Strategy<Value = StoreOp> {
    prop_oneof![
        8 => chats().prop_map(|chat| put(&chat)),
        12 => (1..6_u64, lines()).prop_map(|(id, line)| add(id, line)),
        2 => prop::collection::vec((1..4_u64, "[a-z]{1,4}"), 0..3).prop_map(|agents| {
            StoreOp::PutAgents {
                agents: agents.into_iter().map(|(id, name)| agent(id, &name)).collect(),
            }
        }),
        2 => (1..6_u64, "[A-D가]{0,3}", any::<String>()).prop_map(|(id, name, note)| {
            let contact = Contact { name, note, ..Contact::default() };
            StoreOp::PutContact { visitor_id: visitor(id).id, contact }
        }),
        2 => (1..6_u64).prop_map(|id| StoreOp::DeleteChat { chat_id: ChatId(id) }),
        2 => any::<u64>().prop_map(|seq| StoreOp::SetCursor { seq: Seq(seq) }),
        1 => any::<i64>().prop_map(|at| StoreOp::SetAsOf { at: Timestamp(at) }),
        1 => "[a-z]{1,3}".prop_map(|program| StoreOp::SetUnknownTo { program }),
        1 => Just(StoreOp::ClearMirror),
        1 => any::<(String, String)>()
            .prop_map(|(id, name)| StoreOp::SetWorkspace { id, name }),
        1 => any::<u64>().prop_map(|id| StoreOp::SetMe { agent_id: AgentId(id) }),
        4 => (0..5_u64, any::<String>()).prop_map(|(id, text)| put_outbox(id, &text)),
        2 => (0..5_u64).prop_map(|id| StoreOp::DropOutbox { id: command_id(id) }),
        3 => (1..5_u64, prop_oneof![Just(String::new()), any::<String>()])
            .prop_map(|(id, text)| draft(id, &text)),
        1 => any::<bool>().prop_map(|on| StoreOp::PutSettings {
            settings: PersonalSettings { notify_requests: on, ..Default::default() },
        }),
        2 => (1..6_u64, any::<i64>()).prop_map(|(id, at)| StoreOp::PutAlerted {
            chat_id: ChatId(id),
            waiting_since: Timestamp(at),
        }),
    ]
}

async fn compare(store: &Store, model: &Model) {
    assert_eq!(store.load().await.unwrap(), model.stored());
    let expected = model.history();
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = store.history_page(before, 2).await.unwrap();
        assert!(page.entries.len() <= 2);
        found.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
    for id in (0..7).map(ChatId) {
        let chat = store.history_chat(id).await.unwrap();
        let entry = expected.iter().find(|entry| entry.chat_id == id);
        assert_eq!(chat.as_ref().map(|chat| &chat.entry), entry);
        if let Some(chat) = chat {
            assert_eq!(chat.lines, model.lines(id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn m1_the_store_holds_what_the_model_holds(
        writes in prop::collection::vec((prop::collection::vec(ops(), 1..40), any::<bool>()), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut store = open(dir.path()).await;
            let mut model = Model::default();
            for (batch, restart) in writes {
                batch.iter().cloned().for_each(|op| model.write(op));
                store.write(batch).await.unwrap();
                if restart {
                    store.close().await;
                    store = open(dir.path()).await;
                    model.restart();
                }
                compare(&store, &model).await;
            }
            store.close().await;
        });
    }
}
