//! What can happen in the window, and what it wants done outside.

use super::{drafts::DraftAction, end::EndAction, history::HistoryAction, place::PlaceAction};
use bellhop_model::{
    Availability, ChatId, Command, CommandId, PersonalSettings,
    history::HistoryCursor,
    view::{Ask, AskProblem, Update},
};

/// Something happened: the backend said something, the agent did something, a call came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Update(Box<Update>),
    Place(PlaceAction),
    Draft(DraftAction),
    End(EndAction),
    History(HistoryAction),
    ServeNext,
    Serve(ChatId),
    Continue(ChatId),
    SetAvailability(Availability),
    Save(PersonalSettings),
    SendAgain(CommandId),
    Discard(CommandId),
    DismissNotice(u64),
    DismissFailure(u64),
    ConnectNow,
    OpenLink(String),
    OpenSite,
    Unlock(String),
    Unlocked(Result<(), CallProblem>),
    /// There is no program behind this window.
    NoBackend(String),
    /// The window gained or lost the focus.
    Focused(bool),
    /// A call came back.
    Done {
        deed: Deed,
        result: Result<(), CallProblem>,
    },
}

/// What should happen outside the reducer.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Begin anew with a snapshot.
    Watch,
    /// Give the command an id and ask for it.
    Command(Command),
    Ask(Ask),
    /// Tell the backend what stands in a text box, once the agent pauses (law 8).
    Draft {
        chat_id: ChatId,
        text: String,
    },
    /// Tell it now, if it has not been told.
    FlushDraft(ChatId),
    HistoryPage(Option<HistoryCursor>),
    HistoryChat(ChatId),
    Unlock(String),
    OpenLink(String),
    OpenSite,
}

/// What was asked for, as far as its failure matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Serve(Option<ChatId>),
    /// Keeps the text: it goes back into its box when it was not taken.
    Say {
        chat_id: ChatId,
        text: String,
    },
    SetTags,
    EndChat,
    Continue,
    Availability,
    Settings,
    Message,
    Link,
    Transfer,
    Invite,
    Leave,
    Connect,
    /// Nobody has to be told when it fails: the next one makes up for it.
    Quiet,
}

impl Deed {
    /// What an ask is about.
    #[must_use]
    pub fn of(ask: &Ask) -> Self {
        match ask {
            Ask::Command { command, .. } => match command {
                Command::ServeNext | Command::Unknown => Self::Serve(None),
                // The window has no control for them yet.
                Command::SetChatLimit { .. }
                | Command::RequestRating { .. }
                | Command::StartChat { .. } => Self::Quiet,
                Command::Serve { chat_id } => Self::Serve(Some(*chat_id)),
                Command::Say { chat_id, text } | Command::SayShortcut { chat_id, text, .. } => {
                    Self::Say { chat_id: *chat_id, text: text.clone() }
                }
                Command::SetTags { .. } => Self::SetTags,
                Command::EndChat { .. } => Self::EndChat,
                Command::ContinueChat { .. } => Self::Continue,
                Command::TransferToDepartment { .. } | Command::TransferToAgent { .. } => {
                    Self::Transfer
                }
                Command::Invite { .. } => Self::Invite,
                Command::LeaveChat { .. } => Self::Leave,
                Command::SetAvailability { .. } => Self::Availability,
            },
            Ask::SendAgain { .. } | Ask::Discard { .. } => Self::Message,
            Ask::SaveSettings { .. } => Self::Settings,
            Ask::ConnectNow => Self::Connect,
            Ask::Typing { .. }
            | Ask::Draft { .. }
            | Ask::Attend { .. }
            | Ask::DismissNotice { .. } => Self::Quiet,
        }
    }
}

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallProblem {
    /// The backend says why.
    Said(AskProblem),
    /// The bridge itself failed, or said something that is not its language.
    Broken(String),
}

/// A failure the agent is told of, until she dismisses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub id: u64,
    pub deed: Deed,
    pub problem: CallProblem,
}
