//! What is written is what is read.
#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, Author, Chat, ChatId, ChatState, Contact, PersonalSettings, Refusal, Seq, Timestamp,
    stored::{StoreOp, Stored},
};
use common::*;

#[tokio::test]
async fn an_empty_store_has_nothing_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    assert_eq!(store.load().await.unwrap(), Stored::default());
    assert_eq!(store.history_page(None, 10).await.unwrap().entries, []);
    assert_eq!(store.history_chat(ChatId(1)).await.unwrap(), None);
}

#[tokio::test]
async fn r_081_everything_comes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let stored = fill(&store).await;
    let page = store.history_page(None, 10).await.unwrap();
    let chat = store.history_chat(ChatId(2)).await.unwrap();
    store.close().await;
    assert_eq!(store.load().await, Err(bellhop_store::StoreError::Closed));

    let store = open(dir.path()).await;
    assert_eq!(store.load().await.unwrap(), stored);
    assert_eq!(store.history_page(None, 10).await.unwrap(), page);
    assert_eq!(store.history_chat(ChatId(2)).await.unwrap(), chat);

    assert_eq!(stored.workspace, Some(("w1".to_owned(), "가게".to_owned())));
    assert_eq!(stored.me, Some(AgentId(3)));
    assert_eq!(stored.cursor, Seq(3));
    assert_eq!(stored.agents, [agent(1, "Tae"), agent(3, "Mina")]);
    let mut open_chat = waiting(1);
    open_chat.transcript = vec![asked(1, &format!("{KOREAN} {ENGLISH}"))];
    assert_eq!(stored.chats, [open_chat]);
    assert_eq!(stored.outbox, [outbox(7, ENGLISH)]);
    assert_eq!(stored.drafts, [(ChatId(1), KOREAN.to_owned())]);
    assert!(!stored.settings.sound_requests);
    assert_eq!(stored.alerted, [(ChatId(1), Timestamp(1_000))]);
    let chat = chat.unwrap();
    assert_eq!(chat.entry, page.entries[0]);
    assert_eq!(chat.entry.agents, ["Mina"]);
    assert_eq!(chat.entry.first_words, KOREAN);
    assert_eq!(chat.entry.messages, 1);
    assert_eq!(chat.lines, [asked(2, KOREAN), joined(3, 3, "Mina")]);
}

#[tokio::test]
async fn r_063_what_is_written_down_of_a_visitor_is_in_all_their_chats_and_in_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let past = Chat { visitor: visitor(1), ..ended(2, 5) };
    let contact = Contact { name: "Mr Park".to_owned(), ..Contact::default() };
    let saved = |contact| StoreOp::PutContact { visitor_id: visitor(1).id, contact };
    // In one batch with the chats, and in a later one.
    store
        .write(vec![put(&waiting(1)), put(&past), put(&ended(3, 6)), saved(contact.clone())])
        .await
        .unwrap();
    assert_eq!(store.load().await.unwrap().chats[0].visitor.contact, contact);
    let of = async |id| store.history_chat(ChatId(id)).await.unwrap().unwrap();
    assert_eq!(
        (of(2).await.visitor.contact, of(2).await.entry.visitor),
        (contact, "Mr Park".to_owned())
    );
    assert_eq!(of(3).await.visitor, visitor(3));
    store.write(vec![saved(Contact::default())]).await.unwrap();
    assert_eq!(of(2).await.visitor, visitor(1));
}

#[tokio::test]
async fn r2_a_line_that_is_there_already_is_not_added_and_not_counted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let ops = vec![put(&ended(1, 5)), add(1, asked(1, "first")), add(1, asked(1, "first"))];
    store.write(ops.clone()).await.unwrap();
    store.write(ops).await.unwrap();
    store.write(vec![add(1, asked(1, "another"))]).await.unwrap();
    let chat = store.history_chat(ChatId(1)).await.unwrap().unwrap();
    assert_eq!(chat.lines, [asked(1, "first")]);
    assert_eq!(chat.entry.messages, 1);
    assert_eq!(chat.entry.first_words, "first");
}

#[tokio::test]
async fn r_081_a_row_of_the_history_tells_the_chat_however_its_lines_arrived() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let trigger = Author::Trigger { name: "Bot".to_owned() };
    let mina = Author::Agent { agent_id: AgentId(3) };
    // The head comes after the lines, and the lines out of order.
    store
        .write(vec![add(1, said(9, mina, "hello")), add(1, asked(8, "later words"))])
        .await
        .unwrap();
    store
        .write(vec![
            add(1, joined(7, 9, "Tae")),
            add(1, joined(5, 3, "Mina")),
            add(1, joined(11, 3, "Mina Kim")),
            add(1, said(1, trigger, "may I help?")),
            add(1, asked(2, "  first\n words\u{202E} ")),
            put(&ended(1, 5)),
        ])
        .await
        .unwrap();
    let entry = store.history_page(None, 10).await.unwrap().entries.remove(0);
    assert_eq!(entry.first_words, "first words");
    assert_eq!(entry.agents, ["Mina", "Tae"]);
    assert_eq!(entry.messages, 4);
    assert_eq!(entry.visitor, "jun1");
}

#[tokio::test]
async fn r_079_a_chat_moves_between_the_history_and_the_open_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.write(vec![put(&ended(1, 50)), add(1, asked(1, "hello"))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().chats, []);
    // Continued: it is open again, with all its lines.
    let mut again = waiting(1);
    again.state = ChatState::Served;
    again.agents = vec![AgentId(3)];
    store.write(vec![put(&again)]).await.unwrap();
    assert_eq!(store.load().await.unwrap().chats[0].transcript, [asked(1, "hello")]);
    assert_eq!(store.history_page(None, 9).await.unwrap().entries, []);
    assert_eq!(store.history_chat(ChatId(1)).await.unwrap(), None);
    // Ended with the agent still in it: not yet of the history.
    let mut over = ended(1, 60);
    over.agents = vec![AgentId(3)];
    store.write(vec![put(&over)]).await.unwrap();
    assert_eq!(store.load().await.unwrap().chats.len(), 1);
    assert_eq!(store.history_page(None, 9).await.unwrap().entries, []);
}

#[tokio::test]
async fn law_5_a_transcript_given_with_a_head_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut chat = waiting(1);
    chat.transcript = vec![asked(1, "not this way")];
    store.write(vec![put(&chat)]).await.unwrap();
    assert_eq!(store.load().await.unwrap().chats, [waiting(1)]);
}

#[tokio::test]
async fn r1_forgetting_the_mirror_keeps_what_is_the_agents_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let before = fill(&store).await;
    // What follows in the same transaction stands; what came before it in the same one does not.
    store
        .write(vec![
            add(9, asked(90, "x")),
            put(&waiting(9)),
            StoreOp::ClearMirror,
            put(&waiting(8)),
        ])
        .await
        .unwrap();
    let after = store.load().await.unwrap();
    assert_eq!(after.cursor, Seq(0));
    assert_eq!(after.agents, []);
    assert_eq!(after.chats, [waiting(8)]);
    assert_eq!(store.history_page(None, 10).await.unwrap().entries, []);
    assert_eq!(
        (&after.outbox, &after.drafts, &after.settings, &after.alerted),
        (&before.outbox, &before.drafts, &before.settings, &before.alerted)
    );
    assert_eq!((&after.workspace, after.me), (&before.workspace, before.me));
}

#[tokio::test]
async fn r3_the_outbox_is_in_the_order_of_its_ids_and_says_what_was_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut refused = outbox(2, "two");
    refused.refused = Some(Refusal::NotInChat);
    store
        .write(vec![put_outbox(3, "three"), put_outbox(2, "two"), put_outbox(1, "one")])
        .await
        .unwrap();
    store.write(vec![StoreOp::PutOutbox { row: refused.clone() }]).await.unwrap();
    let rows = store.load().await.unwrap().outbox;
    assert_eq!(rows, [outbox(1, "one"), refused, outbox(3, "three")]);
    store.write(vec![StoreOp::DropOutbox { id: command_id(2) }]).await.unwrap();
    store.write(vec![StoreOp::DropOutbox { id: command_id(2) }]).await.unwrap();
    let rows = store.load().await.unwrap().outbox;
    assert_eq!(rows, [outbox(1, "one"), outbox(3, "three")]);
}

#[tokio::test]
async fn law_8_a_draft_stands_until_it_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.write(vec![draft(1, "a\0b\n"), draft(2, "x"), draft(1, "c\0 가")]).await.unwrap();
    let drafts = store.load().await.unwrap().drafts;
    assert_eq!(drafts, [(ChatId(1), "c\0 가".to_owned()), (ChatId(2), "x".to_owned())]);
    store.write(vec![draft(1, "")]).await.unwrap();
    assert_eq!(store.load().await.unwrap().drafts, [(ChatId(2), "x".to_owned())]);
}

#[tokio::test]
async fn r4_an_alert_is_remembered_until_its_chat_is_in_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let alerted =
        |id, at| StoreOp::PutAlerted { chat_id: ChatId(id), waiting_since: Timestamp(at) };
    store
        .write(vec![
            put(&waiting(1)),
            alerted(1, 5),
            alerted(1, 6),
            put(&ended(2, 9)),
            alerted(2, 7),
        ])
        .await
        .unwrap();
    // The chat of the third one is not known yet: the mirror may have been fetched anew.
    store.write(vec![alerted(3, 8)]).await.unwrap();
    store.close().await;
    let store = open(dir.path()).await;
    let rows = store.load().await.unwrap().alerted;
    assert_eq!(rows, [(ChatId(1), Timestamp(6)), (ChatId(3), Timestamp(8))]);
}

#[tokio::test]
async fn s12_numbers_beyond_what_sqlite_counts_to_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let id = u64::MAX - 1;
    store
        .write(vec![
            put(&ended(id, i64::MIN)),
            add(id, joined(u64::MAX, u64::MAX, "Mina")),
            add(id, joined(3, u64::MAX, "Mina")),
            put(&waiting(u64::MAX)),
            StoreOp::SetCursor { seq: Seq(u64::MAX) },
            StoreOp::PutSettings { settings: PersonalSettings::default() },
        ])
        .await
        .unwrap();
    let stored = store.load().await.unwrap();
    assert_eq!(stored.cursor, Seq(u64::MAX));
    assert_eq!(stored.chats[0].id, ChatId(u64::MAX));
    let chat = store.history_chat(ChatId(id)).await.unwrap().unwrap();
    assert_eq!(chat.entry.agents, ["Mina"]);
    let mut seqs: Vec<u64> = chat.lines.iter().map(|line| line.seq.0).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [3, u64::MAX]);
}

#[tokio::test]
async fn domain_13_a_chat_that_is_deleted_leaves_nothing_behind_and_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let said = |id: u64| add(id, asked(id, &format!("xylophone number {id}")));
    store
        .write(vec![put(&ended(2, 5)), said(2), put(&ended(3, 6)), said(3), put(&waiting(4))])
        .await
        .unwrap();
    let delete = |id: u64| StoreOp::DeleteChat { chat_id: ChatId(id) };
    // Put and deleted in one batch, deleted in a later one, and one that is not there.
    store.write(vec![put(&ended(5, 7)), said(5), delete(5), delete(2), delete(9)]).await.unwrap();
    let listed = store.history_page(None, 10).await.unwrap().entries;
    assert_eq!(listed.iter().map(|entry| entry.chat_id.0).collect::<Vec<_>>(), [3]);
    for id in [2, 5] {
        assert_eq!(store.history_chat(ChatId(id)).await.unwrap(), None);
    }
    // The same number again, as after a resync: nothing of the old one comes back.
    store.write(vec![put(&ended(2, 8))]).await.unwrap();
    let chat = store.history_chat(ChatId(2)).await.unwrap().unwrap();
    assert_eq!((chat.lines.len(), chat.entry.messages, chat.entry.agents.len()), (0, 0, 0));
    assert_eq!(store.load().await.unwrap().chats.len(), 1);
    store.close().await;
}
