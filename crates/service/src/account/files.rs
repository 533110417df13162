//! Files in visitors' chats (domain.md 15): who may send which, who may see them, and which are
//! there.
//!
//! Invariants: a file is a message of its author (what counts messages counts it, and it goes where
//! a word would go) whose bytes are kept elsewhere, under the id that is listed here; a file that was
//! deleted is never listed again. Team chats have none.
//!
//! It leaves bytes, and what they say of themselves, to [`crate::files`].

use super::{Account, Granted};
use bellhop_model::{
    AgentId, Author, Chat, ChatId, CommandId, Fact, FileId, FileKind, FileRules, Message,
    Permission, Refusal, SentFile, Timestamp, VisitorId,
    chat::LineBody,
    file::FileRefusal,
    limits::{FILE_EXTENSIONS, FILES_PER_CHAT},
    rules::{self, FileName},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Files {
    rules: FileRules,
    there: BTreeMap<FileId, KeptFile>,
    /// The same by their chats.
    of_chats: BTreeMap<ChatId, BTreeSet<FileId>>,
    /// Those that were deleted; their bytes are to go wherever they are found.
    gone: BTreeSet<FileId>,
    /// What those that are there come to.
    bytes: u64,
    /// What the visitors' chats have of that.
    of_visitors: BTreeMap<VisitorId, u64>,
}

/// A file that was sent and is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    pub chat_id: ChatId,
    /// Whose chat it is.
    pub visitor_id: VisitorId,
    pub name: String,
    pub kind: FileKind,
    pub bytes: u64,
}

/// Who sends a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFrom {
    /// Into their own chat.
    Visitor(VisitorId),
    Agent {
        agent: AgentId,
        chat: ChatId,
    },
}

/// Who wants to see files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    Visitor(VisitorId),
    Agent(AgentId),
}

/// What an administrator wishes of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileWish {
    /// Documents may be sent; pictures always may (section 10, point 5).
    Switch { sending: bool },
    /// Files of these extensions may be sent, too.
    Allow { extensions: Vec<String> },
    /// And those no more. What every account has stays.
    Disallow { extensions: Vec<String> },
    /// This file is deleted for good.
    Delete { file_id: FileId },
}

impl Files {
    fn remove(&mut self, id: FileId) {
        if let Some(kept) = self.there.remove(&id) {
            self.bytes = self.bytes.saturating_sub(kept.bytes);
            if let Some(bytes) = self.of_visitors.get_mut(&kept.visitor_id) {
                *bytes = bytes.saturating_sub(kept.bytes);
                if *bytes == 0 {
                    self.of_visitors.remove(&kept.visitor_id);
                }
            }
            if let Some(of_chat) = self.of_chats.get_mut(&kept.chat_id) {
                of_chat.remove(&id);
                if of_chat.is_empty() {
                    self.of_chats.remove(&kept.chat_id);
                }
            }
        }
        self.gone.insert(id);
    }
}

impl Account {
    /// What may be sent besides pictures.
    #[must_use]
    pub fn file_rules(&self) -> &FileRules {
        &self.files.rules
    }

    /// The files that are there, in the order of their ids.
    pub fn files(&self) -> impl Iterator<Item = (&FileId, &KeptFile)> {
        self.files.there.iter()
    }

    /// A file that is there.
    #[must_use]
    pub fn file(&self, id: &FileId) -> Option<&KeptFile> {
        self.files.there.get(id)
    }

    #[must_use]
    pub fn has_file(&self, id: &FileId) -> bool {
        self.files.there.contains_key(id)
    }

    /// It was there, and was deleted.
    #[must_use]
    pub fn is_deleted(&self, id: &FileId) -> bool {
        self.files.gone.contains(id)
    }

    /// The files that are no more once this has happened.
    pub(crate) fn files_gone_with(&self, fact: &Fact) -> Vec<FileId> {
        match fact {
            Fact::FileDeleted { file_id, .. } => vec![file_id.clone()],
            Fact::ChatDeleted { chat_id, .. } => {
                self.files.of_chats.get(chat_id).into_iter().flatten().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn apply_to_files(&mut self, fact: &Fact) {
        match fact {
            Fact::FileRulesSaved { rules } => self.files.rules = rules.clone(),
            Fact::FileDeleted { .. } | Fact::ChatDeleted { .. } => {
                for file in self.files_gone_with(fact) {
                    self.files.remove(file);
                }
            }
            Fact::MessagePosted { chat_id, message } => {
                let Some((file, chat)) = message.file.as_ref().zip(self.chats.get(chat_id)) else {
                    return;
                };
                let kept = KeptFile {
                    chat_id: *chat_id,
                    visitor_id: chat.visitor.id.clone(),
                    name: message.text.clone(),
                    kind: file.kind,
                    bytes: file.bytes,
                };
                self.files.bytes = self.files.bytes.saturating_add(kept.bytes);
                let of_visitor = self.files.of_visitors.entry(kept.visitor_id.clone()).or_default();
                *of_visitor = of_visitor.saturating_add(kept.bytes);
                self.files.there.insert(file.id.clone(), kept);
                self.files.of_chats.entry(*chat_id).or_default().insert(file.id.clone());
            }
            _ => {}
        }
    }

    /// A file of this name may be sent now; asked before its bytes are taken.
    ///
    /// # Errors
    /// Why not.
    pub fn check_file(&self, from: &FileFrom, name: &FileName) -> Result<(), FileRefusal> {
        let chat = self.chat_for_file(from)?;
        self.files.rules.check(name)?;
        let is_file =
            |body: &LineBody| matches!(body, LineBody::Said { message } if message.file.is_some());
        let sent = chat.transcript.iter().filter(|line| is_file(&line.body)).count();
        if sent >= FILES_PER_CHAT {
            let (what, limit) = ("files".to_owned(), FILES_PER_CHAT as u64);
            return Err(FileRefusal::LimitReached { what, limit });
        }
        let Some(room) = self.rules.file_room else { return Ok(()) };
        let full = |limit| Err(FileRefusal::LimitReached { what: "bytes".to_owned(), limit });
        match from {
            FileFrom::Agent { .. } if self.files.bytes >= room => full(room),
            // Visitors leave the agents some room, and each other.
            FileFrom::Visitor(_) if self.files.bytes >= room / 10 * 9 => full(room / 10 * 9),
            FileFrom::Visitor(visitor)
                if self.files.of_visitors.get(visitor).is_some_and(|had| *had >= room / 20) =>
            {
                full(room / 20)
            }
            FileFrom::Agent { .. } | FileFrom::Visitor(_) => Ok(()),
        }
    }

    /// The chat that somebody's next file goes into: that of their next word, where that would not
    /// ask for a new one.
    fn chat_for_file(&self, from: &FileFrom) -> Result<&Chat, FileRefusal> {
        match from {
            FileFrom::Visitor(visitor) => {
                if self.is_banned_now(visitor) {
                    return Err(FileRefusal::NotAvailable);
                }
                let goes_on = |chat: &&Chat| !chat.state.is_over() || self.may_come_back(chat);
                self.chat_of(visitor).filter(goes_on).ok_or(FileRefusal::ChatEnded)
            }
            FileFrom::Agent { agent, chat } => match self.live_chat(*chat) {
                Ok(live) if live.agents.contains(agent) => Ok(live),
                Ok(_) => Err(FileRefusal::NotInChat),
                Err(Refusal::ChatEnded) => Err(FileRefusal::ChatEnded),
                Err(_) => Err(FileRefusal::NoSuchChat { chat_id: *chat }),
            },
        }
    }

    /// What a file leads to whose bytes have arrived, at `now`. `id` is the id it was sent with.
    ///
    /// # Errors
    /// Why it is not taken; nothing follows from it then.
    pub fn decide_file(
        &self,
        from: &FileFrom,
        id: CommandId,
        (name, file): (&FileName, SentFile),
        now: Timestamp,
    ) -> Result<Granted, FileRefusal> {
        self.check_file(from, name)?;
        let chat = self.chat_for_file(from)?;
        let chat_id = chat.id;
        let mut facts = Vec::with_capacity(1);
        let author = match from {
            FileFrom::Visitor(visitor) => {
                if chat.state.is_over() {
                    facts.push(Fact::ChatCameBack { chat_id });
                }
                facts.extend(self.greetings_in(chat_id, visitor));
                Author::Visitor
            }
            FileFrom::Agent { agent, .. } => Author::Agent { agent_id: *agent },
        };
        let (text, file) = (name.to_string(), Some(Box::new(file)));
        let message = Message { id, author, text, at: now, file };
        facts.push(Fact::MessagePosted { chat_id, message });
        Ok(Granted { facts, chat_id: Some(chat_id) })
    }

    /// A file, for somebody who may see it: its visitor; an agent while something may still happen in
    /// its chat, or who was in it, or whose role lets her see the past.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn file_for(&self, viewer: &Viewer, id: &FileId) -> Result<&KeptFile, FileRefusal> {
        let kept = self.files.there.get(id).ok_or(FileRefusal::NoSuchFile)?;
        match viewer {
            Viewer::Visitor(visitor) if self.is_banned_now(visitor) => {
                Err(FileRefusal::NotAvailable)
            }
            // Of what is somebody else's it is not told whether it is there.
            Viewer::Visitor(visitor) if *visitor != kept.visitor_id => Err(FileRefusal::NoSuchFile),
            Viewer::Visitor(_) => Ok(kept),
            Viewer::Agent(agent) => {
                let past = self.past.get(&kept.chat_id);
                let permission = Permission::ViewPastChats;
                let may = self.chats.contains_key(&kept.chat_id)
                    || past.is_some_and(|past| past.agents.contains(agent))
                    || self.roles.extent(*agent, permission).allows();
                let may = may && self.is_enabled(*agent);
                if may { Ok(kept) } else { Err(FileRefusal::not_permitted(permission)) }
            }
        }
    }

    /// A file is deleted for good: by an administrator at the service's machine, or by an agent whose
    /// role is the owner's or the administrators' (domain.md 13).
    pub(super) fn delete_file(&self, agent: Option<AgentId>, id: &FileId) -> Result<Fact, Refusal> {
        if agent.is_some_and(|agent| !self.roles.administers(agent)) {
            return Err(Refusal::NotPermitted { permission: "administrator".to_owned() });
        }
        let kept = self.files.there.get(id);
        let kept = kept.ok_or_else(|| Refusal::NoSuchFile { file_id: id.clone() })?;
        let (chat_id, file_id, name) = (kept.chat_id, id.clone(), kept.name.clone());
        Ok(Fact::FileDeleted { chat_id, file_id, name, agent_id: agent })
    }

    /// What an administrator's wish leads to; nothing where things are so already.
    pub(super) fn set_files(&self, wish: &FileWish) -> Result<Option<Fact>, Refusal> {
        let mut rules = self.files.rules.clone();
        match wish {
            FileWish::Switch { sending } => rules.sending = *sending,
            FileWish::Allow { extensions } => {
                for extension in extensions {
                    let extension = rules::check_extension(extension)?;
                    if !FileRules::is_stock(&extension) {
                        rules.extensions.push(extension);
                    }
                }
                rules.extensions.sort_unstable();
                rules.extensions.dedup();
                if rules.extensions.len() > FILE_EXTENSIONS {
                    return Err(Refusal::limit("extensions", FILE_EXTENSIONS));
                }
            }
            FileWish::Disallow { extensions } => {
                for extension in extensions {
                    let extension = rules::check_extension(extension)?;
                    rules.extensions.retain(|known| *known != extension);
                }
            }
            FileWish::Delete { file_id } => return self.delete_file(None, file_id).map(Some),
        }
        Ok((rules != self.files.rules).then_some(Fact::FileRulesSaved { rules }))
    }
}
