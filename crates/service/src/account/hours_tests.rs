//! Operating hours, between named actors.

use super::{
    Account, AdminWish, Opening, SetupProblem,
    department_tests::{KILN, ORDERS, YUNA},
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{
    Availability, ChatState, Command, DepartmentId, Fact, Refusal, Timestamp,
    chat::LineBody,
    hours::{OpenSpan, OutsideHours, Week, WeekProblem},
    route::ReleaseReason,
};
use std::collections::BTreeMap;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Tuesday 2023-11-14 22:13:20 UTC, when every desk begins: 07:13:20 on Wednesday in Seoul.
const OPENS_IN_MS: i64 = HOUR_MS + (46 * 60 + 40) * 1000;

/// Every day from 09:00 to 18:00.
fn daily() -> Week {
    week(9 * 60, 18 * 60)
}

fn week(from: u16, to: u16) -> Week {
    Week(std::array::from_fn(|_| vec![OpenSpan { from, to }]))
}

fn hours(department: Option<&str>, time_zone: &str, week: Week) -> AdminWish {
    let (department, time_zone) = (department.map(ToOwned::to_owned), time_zone.to_owned());
    AdminWish::SetHours { department, time_zone, week }
}

fn choose(availability: Availability) -> Command {
    Command::SetAvailability { availability }
}

impl Desk {
    fn account_hours(&mut self) {
        self.admin(&hours(None, "Asia/Seoul", daily())).unwrap();
    }
}

#[test]
fn domain_10_outside_hours_agents_are_invisible_whatever_they_chose_and_cannot_change_it() {
    let mut desk = Desk::with_departments();
    desk.account_hours();
    let opens_at = Some(desk.now.plus(OPENS_IN_MS));
    for agent in [MINA, HANA, YUNA] {
        assert_eq!(desk.account.outside_hours(agent), Some(OutsideHours { opens_at }));
        assert!(!desk.account.is_online(agent) && !desk.account.can_be_handed(agent));
    }
    let closed = Err(Refusal::OutsideHours { opens_at });
    assert_eq!(desk.agent(MINA, choose(Availability::Away)), closed);
    assert!(desk.agent(HANA, choose(Availability::Invisible)).is_ok());

    // At the opening everybody is again what she had chosen.
    desk.pass(OPENS_IN_MS - 1);
    assert_eq!(desk.account.availability_now(MINA), Some(Availability::Invisible));
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(1)), "the opening is a timer");
    desk.pass(1);
    assert!(desk.account.hours_turned(desk.now), "who shows it is told");
    assert!(!desk.account.hours_turned(desk.now), "once");
    assert!(desk.account.is_online(MINA) && !desk.account.is_online(HANA));
    assert!(desk.agent(MINA, choose(Availability::Away)).is_ok());
    desk.pass(9 * HOUR_MS);
    assert!(desk.account.hours_turned(desk.now), "closed again");
    assert!(desk.account.outside_hours(MINA).is_some());
}

#[test]
fn domain_9_requests_that_wait_at_closing_time_are_kept_and_can_be_served() {
    let mut desk = Desk::with_departments();
    desk.account_hours();
    desk.pass(OPENS_IN_MS + 9 * HOUR_MS - 1_000);
    let chat_id = desk.says("jun", "Are you still there?");
    let kiln = desk.asks_for("ara", KILN);
    desk.pass(2_000);
    assert!(desk.account.outside_hours(MINA).is_some());
    assert_eq!((desk.state(chat_id), desk.state(kiln)), (ChatState::Waiting, ChatState::Waiting));
    assert_eq!((desk.offered(MINA), desk.offered(YUNA)), (1, 2));
    assert!(desk.agent(MINA, Command::Serve { chat_id }).is_ok(), "invisible agents still serve");
    let late = desk.says("sol", "Hello?");
    assert_eq!(desk.state(late), ChatState::Waiting, "who asks while it is closed waits too");
}

#[test]
fn domain_10_a_department_that_closes_takes_those_along_who_are_in_no_other() {
    let mut desk = Desk::with_departments();
    desk.department("Kiln", &["mina@shop.example", "yuna@shop.example"]);
    desk.admin(&hours(Some("kiln"), "Asia/Seoul", daily())).unwrap();
    let outside = |desk: &Desk| [MINA, HANA, YUNA].map(|a| desk.account.outside_hours(a).is_some());
    assert_eq!(outside(&desk), [false, false, true], "Mina is in Orders, too");
    let opens_at = desk.now.plus(OPENS_IN_MS);
    let closed = Opening { open: false, until: Some(opens_at) };
    assert_eq!(desk.account.opening_for(Some(KILN)), closed);
    assert_eq!(desk.account.opening_for(Some(ORDERS)), Opening::ALWAYS);
    assert_eq!(desk.account.opening_for(None), Opening::ALWAYS);

    // Once all are closed, the account is, until the first of them opens.
    desk.admin(&hours(Some("Orders"), "Asia/Seoul", week(10 * 60, 11 * 60))).unwrap();
    assert_eq!(outside(&desk), [true, true, true]);
    assert_eq!(desk.account.opening_for(None), closed);
    let later = Some(desk.now.plus(OPENS_IN_MS + HOUR_MS));
    assert_eq!(desk.account.outside_hours(HANA), Some(OutsideHours { opens_at: later }));
    assert_eq!(desk.account.outside_hours(MINA), Some(OutsideHours { opens_at: Some(opens_at) }));

    // An agent of no department has no department's hours.
    desk.department("Orders", &["hana@shop.example"]);
    desk.department("Kiln", &["yuna@shop.example"]);
    assert!(desk.account.hours_turned(desk.now), "other members are other agents outside hours");
    assert_eq!(outside(&desk), [false, true, true]);
    let disable = AdminWish::EnableDepartment { name: "Kiln".into(), enabled: false };
    desk.admin(&disable).unwrap();
    assert_eq!(outside(&desk), [false, true, false], "nor those of a disabled one");
}

#[test]
fn domain_10_the_accounts_hours_go_before_those_of_departments() {
    let mut desk = Desk::with_departments();
    desk.admin(&hours(Some("Orders"), "Asia/Seoul", Week::default())).unwrap();
    assert_eq!(desk.account.outside_hours(MINA), Some(OutsideHours { opens_at: None }));
    desk.admin(&hours(None, "Asia/Seoul", week(0, 1_440))).unwrap();
    assert_eq!(desk.account.outside_hours(MINA), None);
    assert_eq!(desk.account.opening_for(Some(ORDERS)), Opening::ALWAYS);
    desk.admin(&AdminWish::EnableHours { department: None, enabled: false }).unwrap();
    assert_eq!(desk.account.outside_hours(MINA), Some(OutsideHours { opens_at: None }));
}

#[test]
fn domain_10_what_waits_for_an_agent_alone_is_given_back_when_her_day_ends() {
    let mut desk = Desk::with_departments();
    desk.account_hours();
    desk.pass(OPENS_IN_MS + 9 * HOUR_MS - 1_000);
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::TransferToAgent { chat_id, agent_id: HANA, note: None }).unwrap();
    desk.pass(1_000);
    let gone = |line: &LineBody| {
        matches!(line, LineBody::Released { reason: ReleaseReason::AgentGone, .. })
    };
    assert!(gone(desk.last_line(chat_id)));
    desk.serve(YUNA, chat_id);
    let own = Command::TransferToAgent { chat_id, agent_id: HANA, note: None };
    let refused = Err(Refusal::AgentNotThere { name: "Hana".into() });
    assert_eq!(desk.agent(YUNA, own), refused);
}

#[test]
fn domain_10_an_administrator_says_the_hours_and_saying_it_twice_changes_nothing() {
    let mut desk = Desk::with_departments();
    let set = hours(Some("ORDERS"), "asia/seoul", daily());
    assert_eq!((desk.admin(&set), desk.admin(&set)), (Ok(true), Ok(false)));
    let Fact::HoursSaved { hours: saved, .. } = &desk.journal.last().unwrap().fact else {
        panic!("no hours were saved")
    };
    assert_eq!(saved.time_zone, "Asia/Seoul", "as the database writes it");
    let disable = AdminWish::EnableHours { department: Some("orders".into()), enabled: false };
    assert_eq!((desk.admin(&disable), desk.admin(&disable)), (Ok(true), Ok(false)));
    assert_eq!(desk.account.outside_hours(MINA), None);
    let told = desk.account.hours(desk.now);
    assert_eq!(told[0].department.as_deref(), Some("Orders"));
    assert!(!told[0].hours.enabled && !told[0].opening.open);
}

#[test]
fn bad_input_hours_that_cannot_be_are_refused_and_say_why() {
    let mut desk = Desk::with_departments();
    let mars = hours(None, "Mars/Olympus", daily());
    let no_zone = SetupProblem::NoSuchTimeZone { name: "Mars/Olympus".into() };
    assert_eq!(desk.admin(&mars), Err(no_zone));
    let gone = hours(Some("Glazes"), "UTC", daily());
    assert_eq!(desk.admin(&gone), Err(SetupProblem::NoSuchDepartment { name: "Glazes".into() }));
    let enable = AdminWish::EnableHours { department: None, enabled: true };
    assert_eq!(desk.admin(&enable), Err(SetupProblem::NoHours));
    let day = |spans: &[(u16, u16)]| {
        let mut week = Week::default();
        week.0[0] = spans.iter().map(|(from, to)| OpenSpan { from: *from, to: *to }).collect();
        hours(None, "UTC", week)
    };
    for (spans, problem) in [
        (&[(600, 600)][..], WeekProblem::Backwards),
        (&[(600, 540)], WeekProblem::Backwards),
        (&[(600, 1_441)], WeekProblem::Backwards),
        (&[(600, 700), (540, 601)], WeekProblem::Overlap),
        (
            &[(0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11), (12, 13), (14, 15), (16, 17)],
            WeekProblem::TooMany,
        ),
    ] {
        assert_eq!(desk.admin(&day(spans)), Err(SetupProblem::Week(problem)));
    }
    assert_eq!(desk.admin(&day(&[(700, 800), (600, 700)])), Ok(true), "one after the other");
}

#[test]
fn law_3_hours_are_the_fold_of_the_journal_and_survive_a_snapshot() {
    let mut desk = Desk::with_departments();
    desk.account_hours();
    desk.admin(&hours(Some("Kiln"), "Europe/Berlin", week(0, 60))).unwrap();
    let mut folded = Account::new(rules());
    for event in &desk.journal {
        folded.apply(event).unwrap();
    }
    let bytes = desk.account.to_snapshot().unwrap();
    let mut back = Account::from_snapshot(rules(), &bytes).unwrap();
    for account in [&mut folded, &mut back] {
        assert!(account.same_fold(&desk.account).unwrap());
        assert_eq!(account.next_due(true), Some(Timestamp(0)), "the clock was never looked at");
        account.forget(desk.now);
        let told = |account: &Account| {
            [MINA, HANA, YUNA].map(|agent| (agent, account.outside_hours(agent)))
        };
        assert_eq!(BTreeMap::from(told(account)), BTreeMap::from(told(&desk.account)));
        assert_eq!(account.opening_for(None), desk.account.opening_for(None));
    }
    let nowhere = desk.account.opening_for(Some(DepartmentId(9)));
    assert_eq!(
        nowhere,
        desk.account.opening_for(None),
        "no such department is nobody in particular"
    );
}
