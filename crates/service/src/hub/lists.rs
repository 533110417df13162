//! Lists that may be long, page by page.

use super::Hub;
use bellhop_model::{
    AgentId, Permission, Seq,
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
            bans: self.account.bans_version(),
        }
    }

    /// One page, as far as it is this agent's.
    pub(super) fn page_for(&self, agent: AgentId, asked: PageAsked) -> Listed {
        let request = asked.request;
        let may = |permission| self.account.roles().extent(agent, permission).allows();
        let nothing = (Seq(0), false, Page::Unknown);
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
            Listing::Bans { .. } if !may(Permission::ManageBans) => nothing,
            Listing::Path { .. } if !may(Permission::VisitorsSeen) => nothing,
            Listing::Bans { search, before } => {
                let (bans, more) = page_of(self.account.bans(&search, before));
                (self.account.bans_version(), more, Page::Bans { bans })
            }
            Listing::Path { visitor_id } => {
                (Seq(0), false, Page::Path { path: self.path_of(&visitor_id) })
            }
            Listing::Unknown => nothing,
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
