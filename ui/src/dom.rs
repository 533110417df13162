//! All raw work on the document: timers, focus, scrolling, sizes, storage, the page itself.
//!
//! Invariant: styles are set through the object model only (`element.style`), because the
//! window's policy refuses style attributes; nothing here writes HTML.

pub mod dialog;
pub mod events;
pub mod focus;
pub mod page;
pub mod scroll;
pub mod time;
