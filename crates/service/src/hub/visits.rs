//! What agents are shown of visitors who are on the site: where they went, since when, and in
//! which group they stand (domain.md 7; ).
//!
//! Invariant: it is of the live lane (law 4). Nothing here is stored; how many visits a browser
//! made it counts itself, and how many chats follows from the journal.

use super::{Hub, visitors::Present};
use crate::clock::millis;
use bellhop_model::{
    Fact, Timestamp, VisitorId, VisitorProfile,
    limits::{PATH_BYTES, PATH_PAGES},
    live::Live,
    people::Page,
    visit::{Category, Place, Step, Visit},
};
use std::collections::{BTreeSet, VecDeque};

/// The course of one visit.
#[derive(Debug)]
pub(super) struct Course {
    /// The newest pages, oldest first.
    path: VecDeque<Step>,
    pages: u32,
    visits: u32,
    place: Place,
    active_at: Timestamp,
    idle: bool,
    /// When it is looked at next whether they are idle.
    look_at: Timestamp,
    /// The pages in which the chat is open.
    open_in: BTreeSet<u64>,
    /// What agents were shown last, but for the place: only who arrives is at another one, and
    /// they are shown.
    told: Option<Visit>,
}

impl Course {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            // Most look at few pages.
            path: VecDeque::with_capacity(1),
            pages: 0,
            visits: 1,
            place: Place::default(),
            active_at: now,
            idle: false,
            look_at: Timestamp(0),
            open_in: BTreeSet::new(),
            told: None,
        }
    }

    /// A page was opened, perhaps once more. Whether it is another one than before.
    pub(super) fn arrive(
        &mut self,
        visits: u32,
        place: Place,
        page: &Page,
        now: Timestamp,
    ) -> bool {
        self.visits = visits.max(1);
        self.place = place;
        self.moved(page, now)
    }

    /// Whether it is another page; the same one under another title is no step.
    pub(super) fn moved(&mut self, page: &Page, now: Timestamp) -> bool {
        let last = self.path.back_mut().filter(|last| last.page.url == page.url);
        let is_step = last.is_none();
        if let Some(last) = last {
            last.page = page.clone();
        } else {
            self.pages = self.pages.saturating_add(1);
            self.path.push_back(Step { at: now, page: page.clone() });
        }
        while self.path.len() > PATH_PAGES || (self.path.len() > 1 && self.bytes() > PATH_BYTES) {
            self.path.pop_front();
        }
        is_step
    }

    fn bytes(&self) -> usize {
        let bytes = |page: &Page| page.url.len() + page.title.len() + page.language.len();
        self.path.iter().map(|step| bytes(&step.page)).sum()
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn closed(&mut self, socket: u64) {
        self.open_in.remove(&socket);
    }
}

impl Hub {
    /// Agents are shown how a visitor is now.
    pub(super) fn show(&mut self, id: &VisitorId) {
        let visit = self.visitors.get(id).map(|present| self.visit_of(id, present));
        let Some((present, visit)) = self.visitors.get_mut(id).zip(visit) else { return };
        if present.shown {
            present.course.told = Some(Visit { place: Place::default(), ..visit.clone() });
            let visitor = VisitorProfile::clone(&present.profile);
            self.live.put(Live::VisitorHere { visitor, visit });
        }
    }

    /// The same, where their visit is not what agents were shown last.
    pub(super) fn show_changes(&mut self, id: &VisitorId) {
        let Some(present) = self.visitors.get(id) else { return };
        let visit = Visit { place: Place::default(), ..self.visit_of(id, present) };
        if present.course.told.as_ref() != Some(&visit) {
            self.show(id);
        }
    }

    /// Who may serve what waits may have changed.
    pub(super) fn show_waiting(&mut self) {
        for visitor in self.account.servers_turned() {
            self.show_changes(&visitor);
        }
    }

    pub(super) fn visit_of(&self, id: &VisitorId, present: &Present) -> Visit {
        let course = &present.course;
        let in_chat = self.account.category_in_chat(id);
        let category = in_chat.filter(|category| *category < Category::ButtonClicked);
        let clicked = (!course.open_in.is_empty()).then_some(Category::ButtonClicked);
        let moving = if course.idle { Category::Idle } else { Category::Active };
        Visit {
            category: category.or(clicked).or(in_chat).unwrap_or(moving),
            served_by: self.account.served_by(id),
            place: course.place.clone(),
            page_since: course.path.back().map_or(present.profile.arrived_at, |step| step.at),
            pages: course.pages,
            visits: course.visits,
            chats: self.account.chats_so_far(id),
        }
    }

    /// Where a visitor went in this visit; nothing of one who is not here.
    pub(super) fn path_of(&self, id: &VisitorId) -> Vec<Step> {
        let present = self.visitors.get(id).filter(|present| present.shown);
        present.map(|present| present.course.path.iter().cloned().collect()).unwrap_or_default()
    }

    /// What a visitor began, with the way they came.
    pub(super) fn with_path(&self, mut fact: Fact) -> Fact {
        match &mut fact {
            Fact::ChatRequested { visitor, origin, .. }
            | Fact::ChatStarted { visitor, origin, .. } => origin.path = self.path_of(&visitor.id),
            Fact::OfflineMessageLeft { message, origin } => {
                origin.path = self.path_of(&message.visitor.id);
            }
            _ => {}
        }
        fact
    }

    /// They opened the chat in a page, or closed it.
    pub(super) fn visitor_opens(&mut self, id: &VisitorId, socket: u64, open: bool) {
        if let Some(present) = self.visitors.get_mut(id) {
            if open {
                present.course.open_in.insert(socket);
            } else {
                present.course.open_in.remove(&socket);
            }
        }
        self.visitor_active(id);
        self.show_changes(id);
    }

    /// They did something.
    pub(super) fn visitor_active(&mut self, id: &VisitorId) {
        let idle_after = millis(self.tuning.idle_after);
        let Some(present) = self.visitors.get_mut(id) else { return };
        let course = &mut present.course;
        course.active_at = self.now;
        if std::mem::take(&mut course.idle) || course.look_at == Timestamp(0) {
            course.look_at = self.now.plus(idle_after);
            self.idle_checks.insert((course.look_at, id.clone()));
            self.account.visitor_here(id);
            self.show_changes(id);
        }
    }

    /// Looks at those who may have done nothing for long.
    pub(super) fn visitors_idle(&mut self) {
        let idle_after = millis(self.tuning.idle_after);
        while let Some((at, _)) = self.idle_checks.first()
            && *at <= self.now
        {
            let Some((at, id)) = self.idle_checks.pop_first() else { return };
            let Some(present) = self.visitors.get_mut(&id) else { continue };
            let course = &mut present.course;
            if course.look_at != at {
                continue;
            }
            let idle_at = course.active_at.plus(idle_after);
            if idle_at > self.now {
                course.look_at = idle_at;
                self.idle_checks.insert((idle_at, id));
            } else {
                course.idle = true;
                let since = course.active_at;
                self.account.visitor_idle(&id, since);
                self.show_changes(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::limits::{TITLE_CHARS, URL_CHARS};

    fn page(number: usize, chars: usize) -> Page {
        let url = format!("{number}{}", "가".repeat(chars));
        Page { url, title: "나".repeat(TITLE_CHARS), ..Page::default() }
    }

    #[test]
    fn domain_7_the_path_of_a_hostile_visitor_stays_small_and_has_the_page_of_now() {
        let mut course = Course::new(Timestamp(0));
        for number in 0..PATH_PAGES {
            assert!(course.moved(&page(number, URL_CHARS), Timestamp(1)));
        }
        assert_eq!(course.path.len(), 1);
        assert_eq!(course.path[0].page, page(PATH_PAGES - 1, URL_CHARS));
        for number in 0..PATH_PAGES {
            course.moved(&page(number, 100), Timestamp(2));
        }
        assert!(course.path.len() > 1 && course.bytes() <= PATH_BYTES);
        assert_eq!(course.path.back().map(|step| &step.page), Some(&page(PATH_PAGES - 1, 100)));
        assert!(!course.moved(&page(PATH_PAGES - 1, 100), Timestamp(3)), "the same page");
    }
}
