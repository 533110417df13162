//! The files the service serves, built into it: the visitor's widget and the demonstration site.
//!
//! A file is served under exactly the path it is listed with; there is no file system behind it.

/// One file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    /// The path of its address.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
pub(crate) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The one script a web site includes: the widget's parts in the order they build on each other,
/// in one scope of their own.
pub(crate) const WIDGET: Asset = Asset {
    path: "/widget.js",
    content_type: JAVASCRIPT,
    bytes: concat!(
        "(() => {\n\"use strict\";\n",
        include_str!("../widget/tools.js"),
        include_str!("../widget/words.js"),
        include_str!("../widget/style.js"),
        include_str!("../widget/state.js"),
        include_str!("../widget/elements.js"),
        include_str!("../widget/transcript.js"),
        include_str!("../widget/view.js"),
        include_str!("../widget/outbox.js"),
        include_str!("../widget/line.js"),
        include_str!("../widget/acts.js"),
        include_str!("../widget/main.js"),
        "})();\n"
    )
    .as_bytes(),
};

/// The demonstration site.
pub(crate) const SITE: &[Asset] =
    &[Asset { path: "/", content_type: HTML, bytes: include_bytes!("../site/index.html") }];
