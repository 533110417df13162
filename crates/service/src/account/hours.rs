//! Operating hours: who is outside them, and when that changes (domain.md 10).
//!
//! Schedules are journaled. Whether something is open follows from them and the time, so like who
//! is connected it is kept beside the journal: [`Account::forget`] looks at the clock before each
//! step, and [`Account::hours_turned`] says that somebody must be told. Nothing that waits is
//! touched by closing.

use super::{
    Account,
    calendar::{Opening, opening},
};
use bellhop_model::{
    AgentId, Availability, DepartmentId, Fact, Hours, Refusal, Timestamp, hours::OutsideHours,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long an answer without a next change is believed, in milliseconds.
const LOOK_AGAIN_MS: i64 = 24 * 60 * 60 * 1000;

/// What has hours: the whole account (`None`), or a department.
type Scope = Option<DepartmentId>;

/// All schedules, the disabled ones too. The account's goes before those of departments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Schedules {
    account: Option<Hours>,
    departments: BTreeMap<DepartmentId, Hours>,
}

impl Schedules {
    pub(super) fn get(&self, scope: Scope) -> Option<&Hours> {
        match scope {
            None => self.account.as_ref(),
            Some(department) => self.departments.get(&department),
        }
    }

    fn set(&mut self, scope: Scope, hours: Hours) {
        match scope {
            None => self.account = Some(hours),
            Some(department) => drop(self.departments.insert(department, hours)),
        }
    }

    fn all(&self) -> impl Iterator<Item = (Scope, &Hours)> {
        let departments = self.departments.iter().map(|(id, hours)| (Some(*id), hours));
        self.account.iter().map(|hours| (None, hours)).chain(departments)
    }
}

/// What the clock said when it was looked at last.
#[derive(Debug, Clone, Default)]
pub(super) struct Clockwork {
    openings: BTreeMap<Scope, Opening>,
    /// Who is outside the hours of her departments.
    outside: BTreeMap<AgentId, OutsideHours>,
    /// What a visitor finds who asks nobody in particular, where only departments have hours.
    in_general: Option<Opening>,
    /// When to look again; nothing where there are no hours.
    look_at: Option<Timestamp>,
    /// The moment of the last look.
    seen: Timestamp,
    /// The schedules have changed since.
    stale: bool,
    /// Somebody must be told.
    turned: bool,
}

impl Clockwork {
    /// Whatever it said, it must look again.
    pub(super) fn wind_up(&mut self) {
        self.stale = true;
    }
}

/// A schedule and what it comes to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursNow {
    /// The name of the department; nothing for those of the account.
    pub department: Option<String>,
    pub hours: Hours,
    /// What it says at this moment, whether or not it is enabled.
    pub opening: Opening,
}

impl Account {
    /// Carries out what a fact says of hours.
    pub(super) fn apply_to_hours(&mut self, fact: &Fact) {
        match fact {
            Fact::HoursSaved { department_id, hours } => {
                self.schedules.set(*department_id, hours.clone());
                self.clockwork.stale = true;
            }
            // Who is outside hours may be others now.
            Fact::DepartmentSaved { .. } if !self.clockwork.openings.is_empty() => {
                self.clockwork.turned = true;
                self.look_who_is_outside();
            }
            Fact::AgentSaved { .. } => self.look_who_is_outside(),
            _ => {}
        }
    }

    /// Who is outside hours may be others now.
    fn look_who_is_outside(&mut self) {
        let openings = &self.clockwork.openings;
        let outside: BTreeMap<AgentId, OutsideHours> = if openings.is_empty() {
            BTreeMap::new()
        } else {
            let agents = self.agents.keys();
            agents.filter_map(|id| Some((*id, self.outside_of_departments(*id)?))).collect()
        };
        let all = !outside.is_empty() && outside.len() == self.agents.len();
        self.clockwork.in_general = all.then(|| {
            let until = first_of(outside.values()).opens_at;
            Opening { open: false, until }
        });
        self.clockwork.outside = outside;
    }

    /// Every department she is in has hours and is closed.
    fn outside_of_departments(&self, agent: AgentId) -> Option<OutsideHours> {
        let openings = &self.clockwork.openings;
        let departments = self.setup.departments.iter().filter(|known| known.enabled);
        let hers = departments.filter(|known| known.members.contains(&agent));
        let closed: Option<Vec<OutsideHours>> =
            hers.map(|known| openings.get(&Some(known.id)).copied().and_then(outside)).collect();
        let closed = closed.filter(|closed| !closed.is_empty())?;
        Some(first_of(&closed))
    }

    /// Looks at the clock, where something may have changed since the last time.
    pub(super) fn look_at_the_clock(&mut self, now: Timestamp) {
        self.clockwork.seen = now;
        let due = self.clockwork.look_at.is_some_and(|at| at <= now);
        if !due && !self.clockwork.stale {
            return;
        }
        let enabled = self.schedules.all().filter(|(_, hours)| hours.enabled);
        let openings: BTreeMap<_, _> =
            enabled.map(|(scope, hours)| (scope, opening(hours, now))).collect();
        let again = now.plus(LOOK_AGAIN_MS);
        let clock = &mut self.clockwork;
        clock.look_at = openings.values().map(|opening| opening.until.unwrap_or(again)).min();
        clock.stale = false;
        if clock.openings != openings {
            clock.turned = true;
            clock.openings = openings;
            self.look_who_is_outside();
            self.changed();
        }
    }

    /// Whether, since this was asked last, somebody came to be within hours or outside, or the
    /// next opening is another: who shows that must be told.
    pub fn hours_turned(&mut self, now: Timestamp) -> bool {
        self.look_at_the_clock(now);
        std::mem::take(&mut self.clockwork.turned)
    }

    /// The moment of this step.
    pub(super) fn this_step(&self) -> Timestamp {
        self.clockwork.seen
    }

    /// When the clock must be looked at again.
    pub(super) fn next_turn(&self) -> Option<Timestamp> {
        if self.clockwork.stale { Some(Timestamp(0)) } else { self.clockwork.look_at }
    }

    /// The agent is outside hours: those of the account, or else of every department she is in.
    /// An agent of no department has only the account's.
    #[must_use]
    pub fn outside_hours(&self, agent: AgentId) -> Option<OutsideHours> {
        let openings = &self.clockwork.openings;
        if let Some(account) = openings.get(&None) {
            return outside(*account);
        }
        self.clockwork.outside.get(&agent).copied()
    }

    /// Whether a visitor finds it open who asks this department, or nobody in particular: then
    /// it is closed only where every agent is outside hours.
    #[must_use]
    pub fn opening_for(&self, department: Option<DepartmentId>) -> Opening {
        let openings = &self.clockwork.openings;
        let known = department.filter(|id| self.setup.department(*id).is_some_and(|d| d.enabled));
        let own = known.and_then(|id| openings.get(&Some(id)));
        if let Some(opening) = openings.get(&None).or(own) {
            return *opening;
        }
        self.clockwork.in_general.unwrap_or(Opening::ALWAYS)
    }

    /// What the agent is as far as it is up to her and the hours: outside them invisible,
    /// whatever she chose (domain.md 3), and so is whoever is disabled.
    #[must_use]
    pub fn availability_now(&self, agent: AgentId) -> Option<Availability> {
        let chosen = self.agents.get(&agent)?.availability;
        let is_seen = self.is_enabled(agent) && self.outside_hours(agent).is_none();
        Some(if is_seen { chosen } else { Availability::Invisible })
    }

    /// Outside hours an agent cannot be anything but invisible.
    pub(super) fn check_hours(
        &self,
        agent: AgentId,
        availability: Availability,
    ) -> Result<(), Refusal> {
        match self.outside_hours(agent) {
            Some(OutsideHours { opens_at }) if availability != Availability::Invisible => {
                Err(Refusal::OutsideHours { opens_at })
            }
            _ => Ok(()),
        }
    }

    /// All schedules, with what they come to at `now`.
    #[must_use]
    pub fn hours(&self, now: Timestamp) -> Vec<HoursNow> {
        let name = |id: DepartmentId| self.setup.department(id).map(|known| known.name.clone());
        let told = self.schedules.all().map(|(scope, hours)| HoursNow {
            department: scope.map(|id| name(id).unwrap_or_default()),
            hours: hours.clone(),
            opening: opening(hours, now),
        });
        told.collect()
    }
}

fn outside(opening: Opening) -> Option<OutsideHours> {
    (!opening.open).then_some(OutsideHours { opens_at: opening.until })
}

/// The one that opens first.
fn first_of<'a>(closed: impl IntoIterator<Item = &'a OutsideHours>) -> OutsideHours {
    OutsideHours { opens_at: closed.into_iter().filter_map(|outside| outside.opens_at).min() }
}
