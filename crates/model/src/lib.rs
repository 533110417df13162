//! The words all parts of Bellhop share.
//!
//! What is here is said by more than one part: ids, entities, the events of an
//! account ([`event`]), the wishes of agents ([`command`], [`manage`]) and why they are
//! refused ([`refusal`]), how the account is set up, when it is open, who may serve which request
//! and who may do what ([`setup`], [`hours`], [`routing`], [`route`], [`permission`]), the frames of
//! the two sockets ([`frame`] for agents,
//! [`visitor_frame`] for visitors), the rules both ends check ([`rules`],
//! [`limits`]), visitor text as typed spans ([`span`]), the reading of what anybody sent
//! ([`json`]) and what the desktop backend tells its window ([`view`]).
//!
//! Invariant: no I/O, no clock, no randomness; everything compiles to wasm.

pub mod ban;
pub mod chat;
pub mod command;
pub mod event;
pub mod file;
pub mod fold;
pub mod frame;
pub mod history;
pub mod hours;
pub mod ids;
pub mod json;
pub mod limits;
pub mod listing;
pub mod live;
pub mod manage;
pub mod monitor;
pub mod offline;
pub mod people;
pub mod permission;
pub mod record;
pub mod refusal;
pub mod route;
pub mod routing;
pub mod rules;
pub mod settings;
pub mod setup;
pub mod shortcut;
pub mod sign_in;
pub mod span;
pub mod stored;
pub mod tagged;
pub mod time;
pub mod trigger;
pub mod view;
pub mod visit;
pub mod visitor_frame;

pub use chat::{Author, Chat, ChatState, EndedBy, Message, Rating, TranscriptLine};
pub use command::Command;
pub use event::{Event, Fact};
pub use file::{FileKind, FileRules, SentFile};
pub use hours::Hours;
pub use ids::{
    AgentId, ChatId, CommandId, DepartmentId, FileId, OfflineMessageId, RoleId, Seq, TeamChatId,
    TriggerId, VisitorId,
};
pub use people::{Agent, Availability, Contact, VisitorProfile};
pub use permission::{Extent, Permission, Role};
pub use refusal::Refusal;
pub use route::Route;
pub use routing::{Routing, RoutingMode};
pub use settings::PersonalSettings;
pub use setup::{AccountKind, Department, Setup, Support};
pub use shortcut::Shortcut;
pub use time::Timestamp;
pub use trigger::Trigger;
