//! Chats, lines and stores as the tests need them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use bellhop_model::{
    Agent, AgentId, Author, Availability, Chat, ChatId, ChatState, Command, CommandId, EndedBy,
    Message, Seq, Timestamp, TranscriptLine, VisitorId, VisitorProfile,
    chat::LineBody,
    people::Page,
    stored::{OutboxRow, StoreOp, Stored},
};
use bellhop_store::{Opened, SealKey, Store};
use std::path::Path;

pub const KOREAN: &str = "환불하고싶어요";
pub const ENGLISH: &str = "refundplease";

pub fn key() -> SealKey {
    SealKey::new([0x42; 32])
}

pub async fn open(dir: &Path) -> Store {
    let Opened { store, set_aside } = Store::open(dir, &key()).await.unwrap();
    assert_eq!(set_aside, None);
    store
}

pub fn visitor(id: u64) -> VisitorProfile {
    VisitorProfile {
        id: VisitorId(format!("{id:024x}")),
        name: Some(format!("jun{id}")),
        language: "ko-KR".to_owned(),
        browser: "Chromium 156".to_owned(),
        platform: "Linux".to_owned(),
        page: Page {
            url: "http://shop.example/cart".to_owned(),
            title: "Cart".to_owned(),
            ..Page::default()
        },
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: Timestamp(1_000),
    }
}

/// A chat that waits.
pub fn waiting(id: u64) -> Chat {
    Chat::requested(ChatId(id), visitor(id), Timestamp(1_000))
}

/// A chat of the history.
pub fn ended(id: u64, at: i64) -> Chat {
    Chat {
        state: ChatState::Ended,
        ended_at: Some(Timestamp(at)),
        ended_by: Some(EndedBy::Visitor),
        ..waiting(id)
    }
}

pub fn put(chat: &Chat) -> StoreOp {
    StoreOp::PutChat { chat: Box::new(chat.clone()) }
}

pub fn add(chat_id: u64, line: TranscriptLine) -> StoreOp {
    StoreOp::AddLine { chat_id: ChatId(chat_id), line }
}

pub fn command_id(number: u64) -> CommandId {
    CommandId(uuid::Uuid::from_u128(u128::from(number) | (1 << 80)))
}

pub fn said(seq: u64, author: Author, text: &str) -> TranscriptLine {
    let at = Timestamp(1_000 + seq as i64);
    let message = Message { id: command_id(seq), author, text: text.to_owned(), at, file: None };
    TranscriptLine { seq: Seq(seq), at, body: LineBody::Said { message } }
}

pub fn asked(seq: u64, text: &str) -> TranscriptLine {
    said(seq, Author::Visitor, text)
}

pub fn joined(seq: u64, agent: u64, name: &str) -> TranscriptLine {
    TranscriptLine {
        seq: Seq(seq),
        at: Timestamp(1_000 + seq as i64),
        body: LineBody::AgentJoined { agent_id: AgentId(agent), name: name.to_owned() },
    }
}

pub fn agent(id: u64, name: &str) -> Agent {
    Agent {
        id: AgentId(id),
        display_name: name.to_owned(),
        email: format!("{id}@example.com"),
        availability: Availability::Online,
    }
}

pub fn outbox(number: u64, text: &str) -> OutboxRow {
    OutboxRow {
        id: command_id(number),
        command: Command::Say { chat_id: ChatId(1), text: text.to_owned() },
        at: Timestamp(5),
        refused: None,
    }
}

pub fn put_outbox(number: u64, text: &str) -> StoreOp {
    StoreOp::PutOutbox { row: outbox(number, text) }
}

pub fn draft(chat: u64, text: &str) -> StoreOp {
    StoreOp::PutDraft { chat_id: ChatId(chat), text: text.to_owned() }
}

/// A little of everything, with one open chat and one in the history.
pub async fn fill(store: &Store) -> Stored {
    store
        .write(vec![
            StoreOp::SetWorkspace { id: "w1".to_owned(), name: "가게".to_owned() },
            StoreOp::SetMe { agent_id: AgentId(3) },
            StoreOp::PutAgents { agents: vec![agent(3, "Mina"), agent(1, "Tae")] },
            put(&waiting(1)),
            add(1, asked(1, &format!("{KOREAN} {ENGLISH}"))),
            put(&ended(2, 9_000)),
            add(2, asked(2, KOREAN)),
            add(2, joined(3, 3, "Mina")),
            StoreOp::SetCursor { seq: Seq(3) },
            StoreOp::SetAsOf { at: Timestamp(9_500) },
            put_outbox(7, ENGLISH),
            draft(1, KOREAN),
            StoreOp::PutSettings {
                settings: bellhop_model::PersonalSettings {
                    sound_requests: false,
                    ..Default::default()
                },
            },
            StoreOp::PutAlerted { chat_id: ChatId(1), waiting_since: Timestamp(1_000) },
        ])
        .await
        .unwrap();
    store.load().await.unwrap()
}

/// The names of the files in `dir`.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
