//! The hub's dealings with visitors' sockets: who is on the site, and what they wish.

use super::{
    Arrival, Hub, Known, VisitorOut, VisitorWelcome,
    round::{Asker, Effect, Round, line_frame},
    visits::Course,
};
use crate::{
    account::{Account, Opening, Viewer, VisitorWish},
    address::Address,
    bucket::Bucket,
    clock::millis,
    journal::Actor,
};
use bellhop_model::{
    CommandId, Contact, DepartmentId, Refusal, Seq, Timestamp, VisitorId, VisitorProfile,
    ban::Banned,
    frame::{Outcome, PROTOCOL, Rejection},
    live::{Live, Typist},
    people::Page,
    routing::newest_skills,
    rules,
    visit::Place,
    visitor_frame::VisitorServerFrame,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// A visitor who is on the site, or was a moment ago.
#[derive(Debug)]
pub(super) struct Present {
    /// The account has the same one while they are shown.
    pub(super) profile: Arc<VisitorProfile>,
    pub(super) sockets: Vec<(u64, mpsc::Sender<VisitorOut>)>,
    /// When the last page was closed.
    gone_at: Option<Timestamp>,
    /// The agents see them.
    pub(super) shown: bool,
    /// Whom their next request is for.
    department: Option<DepartmentId>,
    /// What whoever serves it must be able to do.
    skills: Vec<String>,
    new_chats: Bucket,
    /// Where the last page was opened from.
    address: Option<Address>,
    pub(super) course: Course,
}

impl Hub {
    pub(super) fn visitor_here(
        &mut self,
        arrival: Arrival,
        cursor: Seq,
        socket: u64,
        out: mpsc::Sender<VisitorOut>,
    ) -> Result<VisitorWelcome, Rejection> {
        if self.storage.is_stale() {
            return Err(Rejection::StorageUnavailable);
        }
        let id = arrival.visitor.clone();
        if self.account.is_banned(&id, arrival.address) {
            return Err(Rejection::NotAvailable);
        }
        let (address, user_agent) = (arrival.address, arrival.user_agent.clone());
        let name = self.account.name_of_visitor(&id).map(ToOwned::to_owned);
        let now = self.now;
        if let Some(address) = arrival.address
            && !self.visitors.contains_key(&id)
            && let Err(wait) = self.newcomers.take(address, now)
        {
            return Err(Rejection::TooFast { retry_for_ms: wait.unsigned_abs() });
        }
        let new_chats = || Bucket::new(self.tuning.new_chats, now);
        let present = self.visitors.entry(id.clone());
        let present = present.or_insert_with(|| Box::new(Present::new(&id, new_chats(), now)));
        if present.sockets.len() >= self.tuning.sockets_per_visitor {
            let detail = "this visitor has too many pages open".to_owned();
            return Err(Rejection::BadFrame { detail });
        }
        let is_elsewhere = present.arrive(arrival, name, now);
        Arc::make_mut(&mut present.profile).contact = shown_contact(&self.account, &id);
        // One page, as a rule.
        present.sockets.reserve_exact(1);
        present.sockets.push((socket, out));
        let profile = present.profile.clone();
        let name = profile.name.clone();
        self.account.visitor_here(&id);
        if let Some(address) = address {
            self.account.seen_from(&id, address);
        }
        self.account.seen_with(&id, &user_agent);
        self.account.visitor_looks(profile, true, now);
        // A line that broke and came back is nothing they did (domain.md 7).
        if is_elsewhere {
            self.visitor_active(&id);
        }
        self.show(&id);
        let sight = self.account.visitor_sight(&id, cursor);
        let opening = self.opening_for(&id);
        let viewer = Viewer::Visitor(id.clone());
        let terms = self.files.terms(&viewer, self.account.file_rules(), now);
        let mut frames = vec![VisitorServerFrame::Welcome {
            protocol: PROTOCOL,
            staffed: self.staffed,
            open: opening.open,
            opens_at: opens_at(opening),
            chat: sight.state,
            name,
            reset: sight.reset,
            now,
            ratings: self.account.has_ratings(),
            files: Some(Box::new(terms)),
        }];
        frames.extend(sight.lines.into_iter().map(line_frame));
        frames.extend(self.account.greeting_frames(&id));
        frames.extend(self.typing_towards(&id));
        Ok(VisitorWelcome { frames })
    }

    /// Whether this visitor finds it open.
    fn opening_for(&self, visitor: &VisitorId) -> Opening {
        let department = self.visitors.get(visitor).and_then(|present| present.department);
        self.account.opening_for(department)
    }

    /// Where a visitor's chat stands, and whether somebody is there for them.
    pub(super) fn state_for(&self, visitor: &VisitorId) -> VisitorServerFrame {
        let opening = self.opening_for(visitor);
        VisitorServerFrame::State {
            chat: self.account.visitor_state(visitor),
            staffed: self.staffed,
            open: opening.open,
            opens_at: opens_at(opening),
        }
    }

    /// The agents who type in the visitor's chat now.
    fn typing_towards(&self, visitor: &VisitorId) -> Vec<VisitorServerFrame> {
        let Some(chat) = self.account.chat_of(visitor) else { return Vec::new() };
        let typists = self.live.typists_in(chat.id).into_iter();
        let agents = typists.filter_map(|who| match who {
            Typist::Agent { agent_id } => Some(self.account.display_name(agent_id)),
            Typist::Visitor => None,
        });
        agents.map(|name| VisitorServerFrame::Typing { name, on: true }).collect()
    }

    pub(super) fn visitor_gone(&mut self, visitor: &VisitorId, socket: u64) {
        let Some(present) = self.visitors.get_mut(visitor) else { return };
        present.sockets.retain(|(number, _)| *number != socket);
        present.course.closed(socket);
        if !present.sockets.is_empty() {
            // The chat may have been open in that page alone.
            return self.show_changes(visitor);
        }
        if present.gone_at.is_some() {
            return;
        }
        present.gone_at = Some(self.now);
        let look_at = self.now.plus(millis(self.tuning.gone_grace));
        self.departures.insert((look_at, visitor.clone()));
        self.account.visitor_gone(visitor, self.now);
    }

    /// Looks again at visitors who closed their last page: after a moment the agents see them no
    /// more, after the session's time they are forgotten.
    pub(super) fn visitors_departed(&mut self) {
        while let Some((at, _)) = self.departures.first()
            && *at <= self.now
        {
            let Some((_, id)) = self.departures.pop_first() else { return };
            let Some(present) = self.visitors.get_mut(&id) else { continue };
            let Some(gone_at) = present.gone_at else { continue };
            let hide_at = gone_at.plus(millis(self.tuning.gone_grace));
            let forget_at = gone_at.plus(millis(self.tuning.visitor_timeout)).max(hide_at);
            if present.shown && hide_at <= self.now {
                present.shown = false;
                self.account.visitor_looks_no_more(&id);
                self.live.put(Live::VisitorGone { visitor_id: id.clone() });
            }
            if forget_at <= self.now {
                self.visitors.remove(&id);
            } else if hide_at <= self.now {
                self.departures.insert((forget_at, id));
            }
            // Else they were here in between and left again; that departure is listed too.
        }
    }

    pub(super) fn visitor_page(&mut self, visitor: &VisitorId, page: Page) {
        let Some(present) = self.visitors.get_mut(visitor) else { return };
        let is_elsewhere = present.course.moved(&page, self.now);
        Arc::make_mut(&mut present.profile).page = page;
        let profile = present.profile.clone();
        self.account.visitor_looks(profile, false, self.now);
        if is_elsewhere {
            self.visitor_active(visitor);
        }
        self.show(visitor);
    }

    /// Ends the lines of everybody who is banned now. They are told no more than that, whatever
    /// else follows from the ban.
    pub(super) fn cut_banned(&mut self, banned: &Banned) {
        for id in self.account.meant_by(banned) {
            if let Some(present) = self.visitors.get_mut(&id)
                && self.account.is_banned_now(&id)
            {
                for (_, out) in present.sockets.drain(..) {
                    drop(out.try_send(VisitorOut::cut(Rejection::NotAvailable)));
                }
            }
        }
    }

    /// Agents wrote down something of a visitor.
    pub(super) fn visitor_known(&mut self, visitor: &VisitorId) {
        let Some(present) = self.visitors.get_mut(visitor) else { return };
        Arc::make_mut(&mut present.profile).contact = shown_contact(&self.account, visitor);
        self.show(visitor);
    }

    pub(super) fn visitor_department(
        &mut self,
        visitor: &VisitorId,
        department: Option<DepartmentId>,
    ) {
        let before = self.opening_for(visitor);
        if let Some(present) = self.visitors.get_mut(visitor) {
            present.department = department;
        }
        if self.opening_for(visitor) != before {
            let frame = self.state_for(visitor);
            self.tell_visitor(visitor, &frame);
        }
    }

    pub(super) fn visitor_skills(&mut self, visitor: &VisitorId, skills: Vec<String>) {
        if let Some(present) = self.visitors.get_mut(visitor) {
            present.skills = newest_skills(&skills);
        }
    }

    pub(super) fn visitor_typing(&mut self, visitor: &VisitorId, on: bool, round: &mut Round) {
        self.visitor_active(visitor);
        let chat = self.account.chat_of(visitor).filter(|chat| !chat.state.is_over());
        let Some(chat_id) = chat.map(|chat| chat.id) else { return };
        if !on {
            self.stop_typing(chat_id, Typist::Visitor, round);
        } else if self.live.start_typing(chat_id, Typist::Visitor, self.now) {
            self.tell_typing(chat_id, Typist::Visitor, true, round);
        }
    }

    fn visitor_is_called(&mut self, visitor: &VisitorId, name: &str) {
        let present = self.visitors.get_mut(visitor);
        if let Some((present, name)) = present.zip(rules::clean_name(name)) {
            Arc::make_mut(&mut present.profile).name = Some(name);
            let profile = present.profile.clone();
            self.account.visitor_looks(profile, false, self.now);
            self.show(visitor);
        }
    }

    pub(super) fn visitor_wish(
        &mut self,
        visitor: &VisitorId,
        id: Option<CommandId>,
        mut wish: VisitorWish,
        out: mpsc::Sender<VisitorOut>,
        known: &Known,
        round: &mut Round,
    ) {
        let asker = Asker::Visitor(visitor.clone(), out.clone());
        if !self.storage.is_fine() {
            if let Some(id) = id {
                self.refuse(&asker, id, Refusal::StorageUnavailable);
            }
            return;
        }
        let key = id.map(|id| (Actor::Visitor(visitor.clone()), id));
        if let Some(key) = &key
            && let Some(outcome) = known.get(key).cloned().or_else(|| round.answered(key))
        {
            return round.then(Effect::Answer { asker, id: key.1, outcome });
        }
        self.visitor_active(visitor);
        if let VisitorWish::Name { name } = &wish {
            self.visitor_is_called(visitor, name);
        }
        let Some(present) = self.visitors.get_mut(visitor) else { return };
        if let (VisitorWish::Leave { department, .. }, Some(id)) = (&mut wish, id) {
            *department = present.department;
            if let Some(address) = present.address
                && let Err(wait) = self.left_messages.take(address, self.now)
            {
                let refusal = Refusal::TooFast { retry_for_ms: wait.unsigned_abs() };
                return self.refuse(&asker, id, refusal);
            }
        }
        if let VisitorWish::Say { id, department, skills, .. } = &mut wish {
            *department = present.department;
            skills.clone_from(&present.skills);
            if self.account.was_said(visitor, *id) {
                let detail = "the id names a message that is there already".to_owned();
                drop(out.try_send(VisitorOut::cut(Rejection::BadFrame { detail })));
                return;
            }
            if self.account.would_request(&present.profile)
                && let Err(wait) = present.new_chats.take(self.now)
            {
                let retry_for_ms = wait.unsigned_abs();
                let refusal = Refusal::TooFast { retry_for_ms };
                return self.refuse(&asker, *id, refusal);
            }
        }
        let profile = present.as_asked();
        let outcome = match self.account.decide_visitor(&profile, &wish, self.now) {
            Ok(granted) => {
                for fact in granted.facts {
                    self.record(fact, round);
                }
                Outcome::Accepted { last: self.account.head(), chat_id: granted.chat_id }
            }
            Err(refusal) => Outcome::Refused { refusal },
        };
        if let Some(key) = key {
            round.answer(asker, key, outcome);
        }
    }
}

/// When it opens, where it is closed.
fn opens_at(opening: Opening) -> Option<Timestamp> {
    opening.until.filter(|_| !opening.open)
}

/// What the live lane says of what is written down: the note, which may be long, was told when it
/// was saved.
fn shown_contact(account: &Account, visitor: &VisitorId) -> Contact {
    Contact { note: String::new(), ..account.contact_of(visitor) }
}

impl Present {
    fn new(id: &VisitorId, new_chats: Bucket, now: Timestamp) -> Self {
        Self {
            profile: Arc::new(VisitorProfile {
                id: id.clone(),
                name: None,
                language: String::new(),
                browser: String::new(),
                platform: String::new(),
                page: Page::default(),
                referrer: String::new(),
                place: Place::default(),
                contact: Contact::default(),
                arrived_at: now,
            }),
            sockets: Vec::new(),
            gone_at: None,
            shown: false,
            department: None,
            skills: Vec::new(),
            new_chats,
            address: None,
            course: Course::new(now),
        }
    }

    /// The visitor as they are kept with what begins now.
    pub(super) fn as_asked(&self) -> VisitorProfile {
        VisitorProfile {
            place: self.course.place().clone(),
            ..VisitorProfile::clone(&self.profile)
        }
    }

    /// Whether it is another page than the last one.
    fn arrive(&mut self, arrival: Arrival, name: Option<String>, now: Timestamp) -> bool {
        let Arrival { address, visitor: _, language, browser, platform, .. } = arrival;
        let Arrival { page, referrer, place, visits, .. } = arrival;
        let is_elsewhere = self.course.arrive(visits, place, &page, now);
        let profile = Arc::make_mut(&mut self.profile);
        profile.name = profile.name.take().or(name);
        profile.language = language;
        profile.browser = browser;
        profile.platform = platform;
        profile.page = page;
        // Within a visit every page but the first came from the site itself.
        if profile.referrer.is_empty() {
            profile.referrer = referrer;
        }
        self.address = address;
        self.gone_at = None;
        self.shown = true;
        is_elsewhere
    }
}
