//! What the agent wishes: checked, stored, answered.
//!
//! Invariant: an ask with an id that is known changes nothing, for a window that reloads repeats
//! what was under way (law 6). An ask is answered `Ok` only after what it changes is stored.

use crate::{
    connection::Phase,
    engine::{Engine, Outcome},
    io::Effect,
    outbox::is_of_the_moment,
    undo::Undo,
};
use bellhop_model::{
    Chat, ChatId, ChatState, Command, CommandId, PersonalSettings, Refusal, Timestamp, rules,
    stored::StoreOp,
    view::{Ask, AskProblem, NoticeBody, Patch},
};

/// Characters kept of what stands in a text box. More than a message may have: it is the agent
/// who shortens it, and not the program.
const DRAFT_CHARS: usize = 100_000;

impl Engine {
    pub(crate) fn ask(
        &mut self,
        ask: Ask,
        fresh: CommandId,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Result<(), AskProblem> {
        match ask {
            Ask::Command { id, command } => self.ask_command(id, command, now, out),
            Ask::SendAgain { id } => {
                self.send_again(id, fresh, now, out);
                Ok(())
            }
            Ask::Discard { id } => self.discard(id, out),
            Ask::Typing { chat_id, on } => {
                self.types(chat_id, on, now, out);
                Ok(())
            }
            Ask::Draft { chat_id, text } => self.save_draft(chat_id, text, out),
            Ask::Attend { chat_id } => {
                self.attend(chat_id, out);
                Ok(())
            }
            Ask::SaveSettings { settings } => {
                self.save_settings(settings, out);
                Ok(())
            }
            Ask::DismissNotice { id } => {
                let patches = self.notices.dismiss(id);
                self.marks.ready.extend(patches);
                Ok(())
            }
            Ask::ConnectNow => {
                self.connect_now(now, out);
                Ok(())
            }
        }
    }

    /// A notification of this chat was activated, or its "serve".
    pub(crate) fn activated(
        &mut self,
        chat_id: ChatId,
        serve: bool,
        fresh: CommandId,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        out.then.push(Effect::ShowWindow);
        if self.chats.is_visible(chat_id) {
            self.marks.ready.push(Patch::Focus { chat_id });
        }
        if !serve || self.chats.is_mine(chat_id) {
            return;
        }
        let command = Command::Serve { chat_id };
        match self.ask_command(fresh, command.clone(), now, out) {
            // Not connected: the chat is in front of her, and so is the word Offline.
            Ok(()) | Err(AskProblem::Offline | AskProblem::NotReady) => {}
            Err(AskProblem::NotStored { detail }) => {
                self.notice(NoticeBody::CacheUnwritable { detail }, now);
            }
            Err(AskProblem::Refused { refusal }) => {
                self.notice(NoticeBody::Refused { wished: (&command).into(), refusal }, now);
            }
        }
    }

    fn ask_command(
        &mut self,
        id: CommandId,
        command: Command,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Result<(), AskProblem> {
        let said_in = command.chat_id().filter(|chat| self.chats.has_message(*chat, id));
        if self.outbox.knows(id) || said_in.is_some() || self.is_under_way(&command) {
            return Ok(());
        }
        let command = self.check(command).map_err(|refusal| AskProblem::Refused { refusal })?;
        if is_of_the_moment(&command) && !self.connection.is_live() {
            return Err(AskProblem::Offline);
        }
        let mut draft = None;
        if let Command::Say { chat_id, .. }
        | Command::EndChat { chat_id }
        | Command::LeaveChat { chat_id }
        | Command::TransferToDepartment { chat_id, .. }
        | Command::TransferToAgent { chat_id, .. } = command
        {
            let sign = self.typing.stop_in(chat_id);
            self.send_sign(sign, out);
        }
        if let Command::Say { chat_id, .. } = command
            && let Some(text) = self.drafts.get(&chat_id).cloned()
        {
            // In one transaction the words leave the text box and are on their way (law 8).
            out.store.push(StoreOp::PutDraft { chat_id, text: String::new() });
            self.set_draft(chat_id, String::new());
            draft = Some((chat_id, text));
        }
        self.wish(id, command, now, out);
        self.undo = Some(Undo::Wish { id, draft });
        Ok(())
    }

    /// The very same wish waits for its answer already: a double click is one click.
    fn is_under_way(&self, command: &Command) -> bool {
        match command {
            Command::Serve { .. }
            | Command::StartChat { .. }
            | Command::EndChat { .. }
            | Command::ContinueChat { .. }
            | Command::TransferToDepartment { .. }
            | Command::TransferToAgent { .. }
            | Command::Invite { .. }
            | Command::LeaveChat { .. } => self.outbox.any_open(|open| open == command),
            _ => false,
        }
    }

    /// The rules that can be checked here already; the service checks them again.
    fn check(&self, command: Command) -> Result<Command, Refusal> {
        match command {
            Command::Serve { chat_id } => self.check_serving(chat_id).map(|()| command),
            Command::Say { chat_id, ref text } | Command::SayShortcut { chat_id, ref text, .. } => {
                rules::check_text(text)?;
                let ending = self.outbox.any_open(|open| *open == Command::EndChat { chat_id });
                if self.known(chat_id)?.state.is_over() && !self.continues(chat_id) || ending {
                    return Err(Refusal::ChatEnded);
                }
                if !self.chats.is_mine(chat_id) && !self.serves(chat_id) {
                    return Err(Refusal::NotInChat);
                }
                Ok(command)
            }
            Command::SetTags { chat_id, tags } => {
                Ok(Command::SetTags { chat_id, tags: rules::check_tags(&tags)? })
            }
            Command::EndChat { chat_id } => {
                self.known(chat_id)?;
                if self.chats.is_mine(chat_id) { Ok(command) } else { Err(Refusal::NotInChat) }
            }
            Command::ContinueChat { chat_id } => {
                let chat = self.known(chat_id)?;
                match self.chats.me() {
                    _ if !chat.state.is_over() => Err(Refusal::ChatNotEnded),
                    Some(me) if chat.may_continue(me) => Ok(command),
                    _ => Err(Refusal::NotInChat),
                }
            }
            Command::StartChat { ref text, .. } => {
                rules::check_text(text).map(|()| command.clone())
            }
            Command::ServeNext if self.chats.waiting().0 == 0 => Err(Refusal::NobodyWaiting),
            Command::TransferToDepartment { chat_id, .. }
            | Command::TransferToAgent { chat_id, .. }
            | Command::Invite { chat_id, .. }
            | Command::RequestRating { chat_id }
            | Command::LeaveChat { chat_id } => {
                if self.known(chat_id)?.state.is_over() {
                    return Err(Refusal::ChatEnded);
                }
                if self.chats.is_mine(chat_id) { Ok(command) } else { Err(Refusal::NotInChat) }
            }
            Command::ServeNext | Command::SetAvailability { .. } | Command::SetChatLimit { .. } => {
                Ok(command)
            }
            Command::Unknown => Err(Refusal::UnknownCommand),
        }
    }

    fn check_serving(&self, chat_id: ChatId) -> Result<(), Refusal> {
        let chat = self.known(chat_id)?;
        if chat.state.is_over() {
            return Err(Refusal::ChatEnded);
        }
        match chat.agents.first() {
            Some(by) if chat.state == ChatState::Served && !self.chats.is_mine(chat_id) => {
                Err(Refusal::AlreadyServed { by: self.people.name_of(*by) })
            }
            _ => self.chats.check_serving(chat, &|id| self.people.name_of(id)),
        }
    }

    fn known(&self, chat_id: ChatId) -> Result<&Chat, Refusal> {
        self.chats.get(chat_id).ok_or(Refusal::NoSuchChat { chat_id })
    }

    /// The agent is about to be in this chat: what she says follows on.
    fn serves(&self, chat_id: ChatId) -> bool {
        self.outbox.any_open(|open| *open == Command::Serve { chat_id })
    }

    fn continues(&self, chat_id: ChatId) -> bool {
        self.outbox.any_open(|open| *open == Command::ContinueChat { chat_id })
    }

    /// Tries a message again: under a new id where the service refused it, for it would only
    /// repeat its answer; under the same id where it may have arrived.
    fn send_again(&mut self, id: CommandId, fresh: CommandId, now: Timestamp, out: &mut Outcome) {
        let Some(row) = self.outbox.row(id).cloned() else { return };
        if row.refused.is_none() {
            return self.outbox.hurry_one(id);
        }
        self.outbox.remove(id);
        out.store.push(StoreOp::DropOutbox { id });
        self.wish(fresh, row.command.clone(), now, out);
        self.undo = Some(Undo::Row { row, made: Some(fresh) });
    }

    /// Gives a message up, unless it may have arrived already.
    fn discard(&mut self, id: CommandId, out: &mut Outcome) -> Result<(), AskProblem> {
        if self.outbox.may_be_delivered(id) {
            return Err(AskProblem::NotReady);
        }
        if let Some(row) = self.outbox.remove(id) {
            out.store.push(StoreOp::DropOutbox { id });
            self.marks.own_of(&row);
            self.undo = Some(Undo::Row { row, made: None });
        }
        Ok(())
    }

    fn types(&mut self, chat_id: ChatId, on: bool, now: Timestamp, out: &mut Outcome) {
        let open = self.chats.get(chat_id).is_some_and(|chat| !chat.state.is_over());
        // Looking shows nothing: only who is in the chat types in it.
        if on && open && self.chats.is_mine(chat_id) && self.connection.is_live() {
            for sign in self.typing.key(chat_id, now) {
                self.send_sign(Some(sign), out);
            }
        } else if !on {
            let sign = self.typing.stop_in(chat_id);
            self.send_sign(sign, out);
        }
    }

    fn save_draft(
        &mut self,
        chat_id: ChatId,
        text: String,
        out: &mut Outcome,
    ) -> Result<(), AskProblem> {
        let refused = |refusal| AskProblem::Refused { refusal };
        self.known(chat_id).map_err(refused)?;
        let chars = text.chars().count();
        if chars > DRAFT_CHARS {
            return Err(refused(Refusal::TextTooLong { chars, limit: DRAFT_CHARS }));
        }
        if text.is_empty() {
            let sign = self.typing.stop_in(chat_id);
            self.send_sign(sign, out);
        }
        let before = self.draft(chat_id).to_owned();
        if before != text {
            out.store.push(StoreOp::PutDraft { chat_id, text: text.clone() });
            self.set_draft(chat_id, text);
            self.undo = Some(Undo::Draft { chat_id, text: before });
        }
        Ok(())
    }

    fn attend(&mut self, chat_id: Option<ChatId>, out: &mut Outcome) {
        let sign = self.typing.attend(chat_id);
        self.send_sign(sign, out);
        if let Some(read) = self.chats.attend(chat_id) {
            self.marks.chat(read);
        }
        if let Some(chat_id) = chat_id.filter(|id| self.alerts.looked_at(*id)) {
            out.then.push(Effect::Withdraw { chat_id });
        }
    }

    fn save_settings(&mut self, settings: PersonalSettings, out: &mut Outcome) {
        out.store.push(StoreOp::PutSettings { settings: settings.clone() });
        let before = std::mem::replace(&mut self.settings, settings);
        self.marks.settings = true;
        self.undo = Some(Undo::Settings { settings: Box::new(before) });
    }

    fn connect_now(&mut self, now: Timestamp, out: &mut Outcome) {
        match self.connection.phase() {
            Phase::Waiting { .. } | Phase::Rejected | Phase::Suspended { .. } => {
                self.connect(now, out);
            }
            Phase::SignedOut
            | Phase::Connecting { .. }
            | Phase::Authenticating { .. }
            | Phase::CatchingUp
            | Phase::Live { .. } => {}
        }
    }
}
