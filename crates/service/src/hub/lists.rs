//! Lists that may be long, page by page.

use super::Hub;
use bellhop_model::{
    AgentId, Seq,
    listing::{Listed, Listing, Page, PageAsked, Versions},
};
use serde::Serialize;

/// Bytes of entries on one page, roughly; far below the outbound limit.
const PAGE_BYTES: usize = 256 * 1024;

impl Hub {
    /// The versions of all lists.
    pub(super) fn versions(&self) -> Versions {
        Versions {
            shortcuts: self.account.shortcuts_version(),
            tags: self.account.tags_version(),
            offline_messages: self.account.offline_version(),
        }
    }

    /// One page, as far as it is this agent's.
    pub(super) fn page_for(&self, agent: AgentId, asked: PageAsked) -> Listed {
        let request = asked.request;
        let (version, more, page) = match asked.of {
            Listing::Shortcuts { after } => {
                let all = self.account.shortcuts_of(agent, after.as_deref());
                let (shortcuts, more) = page_of(all);
                (self.account.shortcuts_version(), more, Page::Shortcuts { shortcuts })
            }
            Listing::Tags { after } => {
                let (tags, more) = page_of(self.account.known_tags(after.as_deref()));
                (self.account.tags_version(), more, Page::Tags { tags })
            }
            Listing::OfflineMessages { before } => {
                let all = self.account.offline_messages(before);
                let reads = self.account.reads_offline_messages(agent);
                let (offline_messages, more) = page_of(all.filter(|_| reads));
                let page = Page::OfflineMessages { offline_messages };
                (self.account.offline_version(), more, page)
            }
            Listing::Unknown => (Seq(0), false, Page::Unknown),
        };
        Listed { request, version, more, page }
    }
}

/// As many as fit, at least one, and whether there are more.
fn page_of<'a, T: Clone + Serialize + 'a>(all: impl Iterator<Item = &'a T>) -> (Vec<T>, bool) {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for entry in all {
        bytes += serde_json::to_vec(entry).map_or(0, |json| json.len());
        if bytes > PAGE_BYTES && !taken.is_empty() {
            return (taken, true);
        }
        taken.push(entry.clone());
    }
    (taken, false)
}
