//! The encrypted cache on the agent's machine.
//!
//! It carries out the engine's [`StoreOp`](bellhop_model::stored::StoreOp)s and reads back what
//! stands there; it decides nothing. Two SQLite files in the data directory, both encrypted
//! (SQLCipher) with one key:
//!
//! | file | what | when damaged |
//! |---|---|---|
//! | `cache.db` | the mirror of the service's account | set aside; a fresh one is begun and filled by the service |
//! | `own.db` | the agent's own rows: outbox, drafts, settings, what was alerted | set aside; every row that can still be read goes into a fresh one |
//!
//! They are two because their rules differ (reliability.md 0.3): a damaged mirror, however large,
//! never costs the agent a message that waits to be sent, and own rows are synced at each commit
//! while the mirror need not be. Beside them: `cache.key-check` tells a wrong key from a damaged
//! file, `cache.suspect` asks the next start to look at every page, `*.damaged-<unix ms>` are files
//! set aside, `*.format-<number>` copies made before a migration.
//!
//! Invariants:
//! - One connection writes, owned by one task (`writer.rs`), which also makes every checkpoint.
//!   The bundled SQLite 3.50.4 can lose a commit when two connections write and checkpoint at once
//!   (reliability.md, top). The data directory belongs to one process; its lock is the caller's
//!   affair.
//! - A transaction is complete or did not happen, in each file, and it is acknowledged when it is
//!   in both. A kill between the two commits leaves it in the mirror alone, a power loss in the
//!   own rows alone. Both are harmless: commands are idempotent (law 6), and the cursor stands in
//!   the same file as what it speaks of (law 5), so the service delivers again what is missing.
//! - No file is deleted or overwritten because it could not be read.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
mod connect;
mod error;
mod files;
mod history;
mod key;
mod load;
mod open;
mod salvage;
mod schema;
mod store;
mod writer;

pub use bellhop_sealed::SealKey;
pub use error::{OpenError, StoreError};
pub use open::{Opened, SetAside};
pub use store::Store;
