//! How things are measured: the pixels of a private screen, the processes of a tree, and the desk
//! (screen, bus and folders) that a program is started on.
//!
//! Nothing here knows which program is measured, so that the product and its peers cannot be
//! measured differently.

pub(crate) mod app;
pub(crate) mod desk;
pub(crate) mod machine;
pub(crate) mod pixels;
pub(crate) mod tree;
