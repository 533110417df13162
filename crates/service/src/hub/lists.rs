//! Lists that may be long, page by page.

use super::Hub;
use bellhop_model::{
    AgentId, Permission, Refusal, Seq,
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
        let (version, more, page) = self
            .list_for(agent, asked.of)
            .unwrap_or_else(|refusal| (Seq(0), false, Page::Refused { refusal }));
        Listed { request, version, more, page }
    }

    /// The list's version, whether there is more, and a page of it; or that it is not for this
    /// agent.
    fn list_for(&self, agent: AgentId, asked: Listing) -> Result<(Seq, bool, Page), Refusal> {
        let must = |permission| self.account.roles().require(agent, permission);
        Ok(match asked {
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
                must(Permission::ViewPastChats)?;
                let (offline_messages, more) = page_of(self.account.offline_messages(before));
                let page = Page::OfflineMessages { offline_messages };
                (self.account.offline_version(), more, page)
            }
            Listing::Bans { search, before } => {
                must(Permission::ManageBans)?;
                let (bans, more) = page_of(self.account.bans(&search, before));
                (self.account.bans_version(), more, Page::Bans { bans })
            }
            Listing::Path { visitor_id } => {
                must(Permission::VisitorsSeen)?;
                (Seq(0), false, Page::Path { path: self.path_of(&visitor_id) })
            }
            Listing::Monitor { after } => {
                self.account.may_monitor(agent)?;
                let all: Vec<_> = self.account.agents_now(after).collect();
                let (agents, more) = page_of(all.iter());
                let served = u32::try_from(self.account.served_count()).unwrap_or(u32::MAX);
                let (at, queues) = (self.now, self.account.queues_now());
                (Seq(0), more, Page::Monitor { at, served, queues, agents })
            }
            Listing::Unknown => (Seq(0), false, Page::Unknown),
        })
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
