//! The chat service: visitors, queue, routing and history behind the live connection.
//!
//! A frame's way: the [`door`] lets a connection in; [`sockets`] reads the frame and hands a job to
//! the [`hub`]; the hub asks the [`account`] what follows, stores it in the [`journal`], and only
//! then tells the sockets; what is sent in chats besides words lies in [`files`]. The rules of the queue live in `account`, and nowhere else. [`start`]
//! runs all of it, embedded in the desktop program or as the program `bellhop-service`, whose
//! [`settings`] stand in a file. Before a service, or without one: [`sign_in`], [`fold`] at the
//! start, [`verify()`], [`transfer`].
//!
//! Invariants: persist, then publish, then act (law 2); decisions are pure (law 1); no visitor's
//! text and no secret appears in a log (law 11).

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![expect(rustdoc::private_intra_doc_links, reason = "the map is for whoever reads the source")]

pub mod account;
mod address;
mod assets;
mod avatar;
mod bucket;
mod buckets;
mod clock;
mod config;
mod crowd;
mod discretion;
mod disk;
mod door;
mod files;
mod fold;
mod history;
mod http;
mod hub;
mod journal;
mod metrics;
mod password;
mod place;
mod redact;
mod running;
mod settings;
mod sign_in;
mod sockets;
mod tickets;
mod tls;
mod transfer;
mod user_agent;
mod verify;

pub use account::{
    AdminWish, AgentRouting, FileWish, HoursNow, KeptFile, Opening, OwnLimit, RoutingProblem,
    SetupProblem,
};
pub use config::{Config, Rate, Tuning};
pub use discretion::may_be_logged;
pub use fold::LoadError;
pub use hub::{AdminProblem, Listed, Team};
pub use journal::{JournalError, KeptTicket, KeyError, OpenError, SNAPSHOT_FILE};
pub use password::{PASSWORD_CHARS, PasswordProblem};
pub use running::{JOURNAL_FILE, OFFICE_FILE, Running, StartError, start};
pub use settings::{EXAMPLE, LogForm, LogSettings, Settings, SettingsError};
pub use tickets::{Requester, Sink, Ticket, Zendesk};
pub use tls::{TlsError, TlsFiles};
pub use transfer::{Moved, TransferError, export, import};
pub use verify::{Found, Report, verify};
