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

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The one script a web site includes: the widget's parts in the order they build on each other,
/// in one scope of their own. A page that includes it twice runs it once.
pub(crate) const WIDGET: Asset = Asset {
    path: "/widget.js",
    content_type: JAVASCRIPT,
    bytes: concat!(
        "(() => {\n\"use strict\";\nif (window.Bellhop && window.Bellhop.protocol) return;\n",
        include_str!("../widget/tools.js"),
        include_str!("../widget/words.js"),
        include_str!("../widget/style.js"),
        include_str!("../widget/state.js"),
        include_str!("../widget/elements.js"),
        include_str!("../widget/transcript.js"),
        include_str!("../widget/view.js"),
        include_str!("../widget/rating.js"),
        include_str!("../widget/leave.js"),
        include_str!("../widget/files.js"),
        include_str!("../widget/outbox.js"),
        include_str!("../widget/line.js"),
        include_str!("../widget/acts.js"),
        include_str!("../widget/page.js"),
        include_str!("../widget/main.js"),
        "})();\n"
    )
    .as_bytes(),
};

/// The demonstration site: a little shop, in English and in Korean.
pub(crate) const SITE: &[Asset] = &[
    page("/", include_bytes!("../site/en/index.html")),
    page("/shop", include_bytes!("../site/en/index.html")),
    page("/shop/moon-jar", include_bytes!("../site/en/moon-jar.html")),
    page("/shop/celadon-cup", include_bytes!("../site/en/celadon-cup.html")),
    page("/shop/teapot", include_bytes!("../site/en/teapot.html")),
    page("/shop/green-tea", include_bytes!("../site/en/green-tea.html")),
    page("/shop/cart", include_bytes!("../site/en/cart.html")),
    page("/shop/checkout", include_bytes!("../site/en/checkout.html")),
    page("/shop/delivery", include_bytes!("../site/en/delivery.html")),
    page("/shop/ko", include_bytes!("../site/ko/index.html")),
    page("/shop/ko/moon-jar", include_bytes!("../site/ko/moon-jar.html")),
    page("/shop/ko/celadon-cup", include_bytes!("../site/ko/celadon-cup.html")),
    page("/shop/ko/teapot", include_bytes!("../site/ko/teapot.html")),
    page("/shop/ko/green-tea", include_bytes!("../site/ko/green-tea.html")),
    page("/shop/ko/cart", include_bytes!("../site/ko/cart.html")),
    page("/shop/ko/checkout", include_bytes!("../site/ko/checkout.html")),
    page("/shop/ko/delivery", include_bytes!("../site/ko/delivery.html")),
    Asset {
        path: "/shop/shop.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../site/shop.css"),
    },
    Asset {
        path: "/shop/shop.js",
        content_type: JAVASCRIPT,
        bytes: include_bytes!("../site/shop.js"),
    },
    drawing("/shop/art/mark.svg", include_bytes!("../site/art/mark.svg")),
    drawing("/shop/art/shelf.svg", include_bytes!("../site/art/shelf.svg")),
    drawing("/shop/art/moon-jar.svg", include_bytes!("../site/art/moon-jar.svg")),
    drawing("/shop/art/celadon-cup.svg", include_bytes!("../site/art/celadon-cup.svg")),
    drawing("/shop/art/teapot.svg", include_bytes!("../site/art/teapot.svg")),
    drawing("/shop/art/green-tea.svg", include_bytes!("../site/art/green-tea.svg")),
];

const fn page(path: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { path, content_type: "text/html; charset=utf-8", bytes }
}

const fn drawing(path: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { path, content_type: "image/svg+xml", bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::{collections::BTreeSet, io::Write as _};

    /// What stands in `href` and `src` attributes, without what follows a `#`.
    fn addresses(html: &str) -> impl Iterator<Item = &str> {
        let quoted = html
            .split("href=\"")
            .chain(html.split("src=\""))
            .map(|rest| rest.split(['"', '#']).next().unwrap_or_default());
        quoted.filter(|address| address.starts_with('/'))
    }

    #[test]
    fn every_address_in_the_shop_is_served_once() {
        let mut paths = BTreeSet::from([WIDGET.path]);
        for asset in SITE {
            assert!(paths.insert(asset.path), "{} is listed twice", asset.path);
        }
        for asset in SITE.iter().filter(|asset| asset.content_type.starts_with("text/html")) {
            let html = std::str::from_utf8(asset.bytes).unwrap();
            assert!(html.contains(WIDGET.path), "{} has no widget", asset.path);
            for address in addresses(html) {
                assert!(paths.contains(address), "{} leads to {address}", asset.path);
            }
        }
    }

    /// Else a page that is open for half an hour, and whose line breaks, were another visit.
    #[test]
    fn domain_7_the_widget_notes_all_the_while_that_a_page_is_open() {
        let script = std::str::from_utf8(WIDGET.bytes).unwrap();
        assert!(script.contains("setInterval(calm(seenNow), SEEN_EVERY)"));
    }

    /// A visitor waits for it on every first page: what a proxy that compresses sends is small.
    #[test]
    fn the_widget_is_at_most_30_kib_when_it_is_compressed() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(WIDGET.bytes).unwrap();
        let length = packed.finish().unwrap().len();
        assert!(length <= 30 * 1024, "{length} bytes");
    }

    /// What `begin` up to the next line with `end` says, as names before a colon.
    fn names<'a>(script: &'a str, begin: &str, end: &str) -> BTreeSet<&'a str> {
        let block = script.split_once(begin).unwrap().1.split_once(end).unwrap().0;
        let named = block.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(':'));
        named.map(|(name, _)| name).filter(|name| !name.starts_with([' ', '"'])).collect()
    }

    #[test]
    fn every_word_of_the_widget_is_there_in_both_languages_and_used() {
        let words = include_str!("../widget/words.js");
        let english = names(words, "  en: {\n", "\n  },");
        assert!(english.len() > 50, "{english:?}");
        assert_eq!(english, names(words, "  ko: {\n", "\n  },"));
        let script = std::str::from_utf8(WIDGET.bytes).unwrap().replace(words, "");
        for name in english {
            // Those that are states of the line or of the chat are asked for by it.
            let state = ["connecting", "offline", "outdated", "left", "ended", "kept"];
            // And why a file was refused, by the code of that.
            let said = script.contains(&format!("\"{name}\""));
            let used = said || state.contains(&name) || name.starts_with("file_");
            assert!(used, "nobody says {name}");
        }
    }

    /// The host page's own policy may forbid everything that is not in the script itself.
    #[test]
    fn the_widget_asks_nobody_else_and_takes_one_global() {
        let script = std::str::from_utf8(WIDGET.bytes).unwrap();
        assert!(!script.contains("innerHTML") && !script.contains("eval("));
        assert!(!script.contains("fetch(") && !script.contains("import("));
        assert_eq!(script.matches("defineProperty(window").count(), 1);
        assert!(!script.contains("console."));
    }
}
