//! The folded state as bytes, so that a start need not fold the whole journal.
//!
//! Invariant: a snapshot is a fold of the journal and nothing else. Who is away, the rules and
//! what the clock says are not in it; the queue, what counts as an agent's load and what is looked
//! up of transcripts are made anew from the chats, so they cannot drift from them.

use super::{Account, AccountRules};
use bellhop_model::ChatId;

/// The version of what a fold comes to. It must rise with every change of what an event means or
/// of what an account keeps: a snapshot of another version is not used, and the journal is folded
/// from its first event. A test below fails when it was forgotten.
pub const FOLD_VERSION: u32 = 9;

/// Why a snapshot is not an account.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotProblem {
    /// The text of the problem names no content: `serde_json` quotes what it read.
    #[error("the snapshot is not an account (at byte {at})")]
    NotAnAccount { at: usize },
    #[error("the snapshot keeps a chat under the number {chat_id}, which is another chat's")]
    ChatMisplaced { chat_id: ChatId },
    #[error("the snapshot speaks of chat {chat_id}, which there never was")]
    ChatMissing { chat_id: ChatId },
}

impl Account {
    /// The state as JSON.
    ///
    /// # Errors
    /// It has no JSON form; only a fault of this program leads there.
    pub fn to_snapshot(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The account that a snapshot was made of.
    ///
    /// # Errors
    /// See [`SnapshotProblem`].
    pub fn from_snapshot(rules: AccountRules, bytes: &[u8]) -> Result<Self, SnapshotProblem> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| SnapshotProblem::NotAnAccount { at: error.valid_up_to() })?;
        let mut account: Self = serde_json::from_str(text)
            .map_err(|error| SnapshotProblem::NotAnAccount { at: error.column() })?;
        account.rules = rules;
        account.triggers.renew(&account.rules);
        account.bans.index_all();
        account.team.index_all();
        account.names.index_all();
        for (id, chat) in &account.chats {
            if chat.id != *id {
                return Err(SnapshotProblem::ChatMisplaced { chat_id: *id });
            }
            let skills = account.skills.get(id).map(Vec::as_slice).unwrap_or_default();
            account.queue.enter(chat, skills);
            account.desks.enter(chat);
            account.lookups.enter(chat);
        }
        account.clockwork.wind_up();
        account.queue.count_offers(account.agents.keys().copied(), &account.setup, true);
        // One that is in neither was deleted, and was its visitor's last.
        let known = |id: &ChatId| id.0 <= account.last_chat;
        let missing = account.current.values().find(|id| !known(id));
        match missing {
            Some(chat_id) => Err(SnapshotProblem::ChatMissing { chat_id: *chat_id }),
            None => Ok(account),
        }
    }

    /// Both came from the same events. Compares what a snapshot keeps.
    ///
    /// # Errors
    /// One of them has no JSON form.
    pub fn same_fold(&self, other: &Self) -> Result<bool, serde_json::Error> {
        // As values, for the maps are in no order.
        Ok(serde_json::to_value(self)? == serde_json::to_value(other)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{
        AdminWish, FileFrom, FileWish, VisitorWish,
        file_tests::file_id,
        tests::{Desk, HANA, MINA, rules, visitor},
        trigger_tests::{say, trigger},
    };
    use crate::address::Address;
    use bellhop_model::{
        Command, Extent, OfflineMessageId, Permission, Rating, Shortcut, Trigger,
        manage::Management,
        people::Avatar,
        shortcut::Scope,
        trigger::{Action, Occasion},
    };
    use sha2::{Digest, Sha256};

    /// An account that is set up in every way.
    fn set_up() -> Desk {
        let mut desk = Desk::new();
        let tea = || vec!["tea".to_owned()];
        let greets = trigger(Occasion::WidgetLoaded, Vec::new(), vec![say("Hi")]);
        let asks = vec![Action::Wait { for_ms: 60_000 }, say("Which colour?")];
        let asks = trigger(Occasion::ChatMessageSent, Vec::new(), asks);
        let tags = vec![Action::AddTag { tag: "tea".to_owned() }];
        let tags = trigger(Occasion::ChatRequested, Vec::new(), tags);
        for wish in [
            AdminWish::PutRole {
                name: "Trainee".to_owned(),
                grants: vec![(Permission::EditChatTags, Extent::Yes)],
            },
            AdminWish::GiveRole {
                email: "hana@shop.example".to_owned(),
                role: "Trainee".to_owned(),
            },
            AdminWish::KnowTags { tags: tea() },
            AdminWish::AllowNewTags { allowed: false },
            AdminWish::SwitchRatings { enabled: true },
            AdminWish::PutTrigger { trigger: Trigger { once: true, ..greets } },
            AdminWish::PutTrigger { trigger: Trigger { name: "Tags".to_owned(), ..tags } },
            AdminWish::PutTrigger { trigger: Trigger { name: "Asks".to_owned(), ..asks } },
            AdminWish::RemoveTrigger { name: "Checkout Page".to_owned() },
            AdminWish::Files(FileWish::Allow { extensions: vec!["docx".to_owned()] }),
        ] {
            desk.admin(&wish).unwrap();
        }
        let shortcut = Shortcut {
            name: "hi".to_owned(),
            message: "Hello!".to_owned(),
            options: vec!["Yes".to_owned()],
            tags: tea(),
            scope: Scope::Agent { agent_id: HANA },
        };
        let profile =
            Management::SetProfile { display_name: None, tagline: Some("Pots and tea".to_owned()) };
        for wish in [Management::PutShortcut { shortcut }, profile] {
            desk.manages(HANA, wish).unwrap();
        }
        let avatar = Avatar { name: "abc".to_owned(), png: "00".to_owned() };
        desk.record(desk.account.avatar_set(HANA, Some(avatar)).into_iter().collect());
        desk
    }

    /// A bit of everything: a chat that is over, one that is served, one that was ended and named,
    /// one that is rated, offline messages, words that wait for a visitor, and triggers that wait.
    fn busy() -> Desk {
        let mut desk = set_up();
        for name in ["jun", "byul"] {
            let id = visitor(name).id;
            desk.account.visitor_here(&id);
            desk.account.seen_from(&id, Address::parse("192.0.2.7").unwrap());
            desk.account.seen_with(&id, "Firefox");
        }
        for name in ["jun", "sora", "ara"] {
            desk.says(name, "Is this in stock?");
        }
        let name = VisitorWish::Name { name: "Ara".to_owned() };
        desk.visitor("ara", &name).unwrap();
        let chat_id = ChatId(1);
        desk.agent(MINA, Command::ServeNext).unwrap();
        desk.agent(MINA, Command::SetTags { chat_id, tags: vec!["tea".to_owned()] }).unwrap();
        for number in [1, 2] {
            let mina = FileFrom::Agent { agent: MINA, chat: chat_id };
            desk.sends(&mina, "glazes.pdf", (file_id(number), 7)).unwrap();
        }
        desk.manages(MINA, Management::DeleteFile { file_id: file_id(1) }).unwrap();
        desk.visitor("jun", &VisitorWish::End).unwrap();
        desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
        let comment = Some("Quick and kind".to_owned());
        let rate = VisitorWish::Rate { rating: Some(Rating::Good), comment };
        desk.visitor("jun", &rate).unwrap();
        desk.says("jun", "One more thing");
        desk.agent(MINA, Command::ServeNext).unwrap();
        desk.visitor("sora", &rate).unwrap();
        for name in ["sol", "byul"] {
            let (text, email) = ("Do you ship?".to_owned(), format!("{name}@example.com"));
            desk.visitor(name, &VisitorWish::Leave { text, email, department: None }).unwrap();
        }
        let (message_id, text) = (OfflineMessageId(1), "Yes, we do.".to_owned());
        desk.manages(MINA, Management::AnswerOfflineMessage { message_id, text }).unwrap();
        desk.looks("hyun", "https://shop.example/", true);
        assert_eq!(desk.greetings("hyun"), ["Hi"]);
        let dana = visitor("dana");
        let (visitor_id, text) = (dana.id.clone(), "May I help?".to_owned());
        let start = Command::StartChat { visitor_id: visitor_id.clone(), text: text.clone() };
        desk.agent_seeing(MINA, start, Some(&dana)).unwrap();
        let note = "Left-handed".to_owned();
        let (address, reason) = ("192.0.2.1".to_owned(), "Floods".to_owned());
        for wish in [
            Management::SetVisitorNote { visitor_id, note },
            Management::BanAddress { address, reason },
            Management::SayToTeam { to: vec![HANA], text },
        ] {
            desk.manages(MINA, wish).unwrap();
        }
        desk
    }

    #[test]
    fn an_account_and_what_its_snapshot_gives_back_do_the_same() {
        let mut desk = busy();
        let bytes = desk.account.to_snapshot().unwrap();
        let back = Account::from_snapshot(rules(), &bytes).unwrap();
        assert!(back.same_fold(&desk.account).unwrap());
        assert_eq!(back.counts(), desk.account.counts());
        let mut other = busy();
        other.account = back;
        for step in [Command::ServeNext, Command::EndChat { chat_id: ChatId(2) }] {
            assert_eq!(desk.agent(MINA, step.clone()), other.agent(MINA, step));
        }
        assert!(other.account.same_fold(&desk.account).unwrap());
    }

    #[test]
    fn bad_input_what_is_no_account_is_named_without_its_content() {
        let problem = |bytes: &[u8]| {
            Account::from_snapshot(rules(), bytes).map(|_| ()).unwrap_err().to_string()
        };
        assert!(!problem(b"{\"head\":\"xylophone\"}").contains("xylophone"));
        let text = String::from_utf8(busy().account.to_snapshot().unwrap()).unwrap();
        assert!(problem(&text.as_bytes()[..text.len() / 2]).contains("not an account"));
        let moved = text.replace("\"2\":{\"id\":2", "\"7\":{\"id\":2");
        assert!(problem(moved.as_bytes()).contains("number 7"), "{moved}");
        let lost = text.replace("\"sora\":2", "\"sora\":99");
        assert!(problem(lost.as_bytes()).contains("chat 99"));
    }

    /// When this fails, an event means something else than it did, or an account keeps something
    /// else: raise [`FOLD_VERSION`] by one and write the new print here.
    #[test]
    fn the_version_of_the_fold_rises_with_what_a_fold_comes_to() {
        let value = serde_json::to_value(&busy().account).unwrap();
        let print = hex::encode(&Sha256::digest(sorted(&value).as_bytes())[..8]);
        assert_eq!((FOLD_VERSION, print.as_str()), (9, "fefbb5998e6838e9"));
    }

    /// JSON with the names in their order, whatever features of `serde_json` are on.
    fn sorted(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Object(map) => {
                let mut parts: Vec<_> =
                    map.iter().map(|(name, value)| format!("{name}:{}", sorted(value))).collect();
                parts.sort();
                format!("{{{}}}", parts.join(","))
            }
            serde_json::Value::Array(list) => {
                format!("[{}]", list.iter().map(sorted).collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }
}
