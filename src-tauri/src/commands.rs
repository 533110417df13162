//! What the window may call, one file per area. Each translates and hands on.

pub(crate) mod ask;
pub(crate) mod history;
pub(crate) mod links;
pub(crate) mod view;
