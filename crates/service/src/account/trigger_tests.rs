//! Triggers (domain.md 11): events, conditions, operators, actions, once, and the stock ones.

use super::{
    Account, AdminWish, SetupProblem,
    tests::{Desk, HANA, MINA, rules, visitor},
};
use bellhop_model::{
    Author, Availability, ChatId, Command, Fact, Refusal, Timestamp, Trigger, TriggerId, VisitorId,
    VisitorProfile,
    chat::LineBody,
    limits::{GREETINGS_PER_VISITOR, TRIGGERS},
    refusal::FieldProblem,
    trigger::{Action, Condition, Needs, Occasion, Operator, Subject},
};

pub(super) fn is(what: Subject, is: Operator, value: &str) -> Condition {
    Condition { what, is, value: value.to_owned() }
}

pub(super) fn say(text: &str) -> Action {
    Action::Say { name: Some("Robot".to_owned()), text: text.to_owned(), translations: [].into() }
}

pub(super) fn trigger(on: Occasion, conditions: Vec<Condition>, actions: Vec<Action>) -> Trigger {
    Trigger {
        id: TriggerId(0),
        name: "Test".to_owned(),
        enabled: true,
        on,
        needs: Needs::All,
        conditions,
        actions,
        once: false,
    }
}

impl Desk {
    /// An account with this trigger and without the stock one that speaks.
    pub(super) fn with_trigger(trigger: Trigger) -> Self {
        let mut desk = Self::new();
        desk.admin(&AdminWish::RemoveTrigger { name: "first reply".to_owned() }).unwrap();
        desk.admin(&AdminWish::PutTrigger { trigger }).unwrap();
        desk
    }

    pub(super) fn looks(&mut self, name: &str, url: &str, opened: bool) {
        let mut profile = visitor(name);
        profile.arrived_at = self.now;
        url.clone_into(&mut profile.page.url);
        self.account.visitor_looks(profile.into(), opened, self.now);
        self.pass(0);
    }

    /// What automatic messages said in a chat.
    pub(super) fn said_in(&self, chat: ChatId) -> Vec<String> {
        let lines = self.account.chat(chat).unwrap().transcript.iter();
        lines
            .filter_map(|line| match &line.body {
                LineBody::Said { message } if matches!(message.author, Author::Trigger { .. }) => {
                    Some(message.text.clone())
                }
                _ => None,
            })
            .collect()
    }

    pub(super) fn greetings(&self, name: &str) -> Vec<String> {
        let greetings = self.account.greetings(&VisitorId(name.to_owned()));
        greetings.iter().map(|message| message.text.clone()).collect()
    }
}

#[test]
fn domain_11_the_three_stock_triggers_are_there_and_only_the_first_speaks() {
    let mut desk = Desk::new();
    let all: Vec<_> = desk.account.triggers().iter().map(|t| (t.name.clone(), t.enabled)).collect();
    let names = [("First Reply", true), ("Chat Rescuer", false), ("Checkout Page", false)];
    assert_eq!(all, names.map(|(name, enabled)| (name.to_owned(), enabled)));

    desk.looks("jun", "https://shop.example/", true);
    let chat = desk.says("jun", "Hello");
    desk.pass(120_000);
    assert_eq!(desk.said_in(chat).len(), 1, "the rescuer is not enabled");
    let enable = AdminWish::EnableTrigger { name: "chat rescuer".to_owned(), enabled: true };
    assert_eq!((desk.admin(&enable), desk.admin(&enable)), (Ok(true), Ok(false)));
    desk.account.agent_here(MINA, desk.now);
    let next = desk.says("ara", "Hello");
    desk.looks("ara", "https://shop.example/", true);
    desk.pass(59_000);
    assert_eq!(desk.said_in(next).len(), 1);
    desk.pass(1_000);
    assert_eq!(desk.said_in(next).len(), 2, "sorry to keep you waiting");
}

#[test]
fn domain_11_the_checkout_page_offers_help_once_after_a_minute_on_the_page() {
    let mut desk = Desk::new();
    let enable = AdminWish::EnableTrigger { name: "Checkout Page".to_owned(), enabled: true };
    desk.admin(&enable).unwrap();
    desk.looks("jun", "https://shop.example/checkout", true);
    desk.pass(40_000);
    desk.looks("jun", "https://shop.example/checkout/pay", false);
    desk.pass(59_000);
    assert_eq!(desk.greetings("jun"), Vec::<String>::new(), "the page changed in between");
    desk.pass(1_000);
    assert_eq!(desk.greetings("jun").len(), 1);
    desk.looks("jun", "https://shop.example/checkout", true);
    desk.pass(61_000);
    assert_eq!(desk.greetings("jun").len(), 1, "once for each visitor");

    let greeting = desk.account.greetings(&VisitorId("jun".to_owned()))[0].clone();
    let chat = desk.says("jun", "Yes, please");
    let said: Vec<_> = desk
        .account
        .chat(chat)
        .unwrap()
        .transcript
        .iter()
        .filter_map(|line| match &line.body {
            LineBody::Said { message } => Some(message.id),
            _ => None,
        })
        .collect();
    assert_eq!(said[0], greeting.id, "R-016: what the visitor received comes first");
    assert_eq!((said.len(), desk.greetings("jun").len()), (2, 0));
    desk.looks("ara", "https://shop.example/checkout", true);
    desk.account.visitor_looks_no_more(&VisitorId("ara".to_owned()));
    desk.pass(61_000);
    assert_eq!(desk.greetings("ara"), Vec::<String>::new(), "she is not there any more");
}

#[test]
fn domain_11_the_conditions_must_hold_again_after_a_wait() {
    let requesting = is(Subject::VisitorRequesting, Operator::Equals, "yes");
    let actions = vec![say("one"), Action::Wait { for_ms: 10_000 }, say("two")];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatRequested, vec![requesting], actions));
    let (served, waits) = (desk.says("jun", "Hello"), desk.says("ara", "Hello"));
    desk.pass(0);
    desk.serve(MINA, served);
    desk.pass(9_999);
    assert_eq!(desk.said_in(waits), ["one"]);
    desk.pass(1);
    assert_eq!(
        (desk.said_in(served), desk.said_in(waits)),
        (vec!["one".to_owned()], vec!["one".to_owned(), "two".to_owned()])
    );
    desk.pass(60_000);
    assert_eq!(desk.said_in(waits).len(), 2);
    desk.says("ara", "Still here");
    desk.pass(60_000);
    assert_eq!(desk.said_in(waits).len(), 2, "a chat is requested once");
}

#[test]
fn law_3_a_restart_repeats_nothing_and_forgets_nothing() {
    let actions = vec![say("one"), Action::Wait { for_ms: 10_000 }, say("two")];
    let mut desk = Desk::with_trigger(trigger(Occasion::ChatRequested, Vec::new(), actions));
    let chat = desk.says("jun", "Hello");
    desk.pass(0);
    assert_eq!(desk.said_in(chat), ["one"]);
    let mut folded = Account::new(rules());
    for event in &desk.journal {
        folded.apply(event).unwrap();
    }
    let bytes = desk.account.to_snapshot().unwrap();
    let from_snapshot = Account::from_snapshot(rules(), &bytes).unwrap();
    for mut account in [folded, from_snapshot] {
        let mut again = Desk::new();
        account.everybody_gone(desk.now);
        account.visitor_here(&VisitorId("jun".to_owned()));
        again.account = account;
        again.now = desk.now;
        again.pass(0);
        again.pass(60_000);
        assert_eq!(again.said_in(chat), ["one", "two"]);
    }
}

#[test]
fn domain_11_a_first_reply_of_an_older_journal_is_not_said_again() {
    let mut desk = Desk::new();
    let chat = desk.says("jun", "Hello");
    desk.pass(5_000);
    let old = desk.journal.iter().filter(|e| !matches!(e.fact, Fact::TriggerFired { .. }));
    let mut account = Account::new(rules());
    for (event, seq) in old.zip(1..) {
        let event = bellhop_model::Event { seq: bellhop_model::Seq(seq), ..event.clone() };
        account.apply(&event).unwrap();
    }
    account.everybody_gone(desk.now);
    account.visitor_here(&VisitorId("jun".to_owned()));
    desk.account = account;
    desk.pass(10_000);
    assert_eq!(desk.said_in(chat).len(), 1);
}

#[test]
fn domain_11_tags_marks_and_fired_before() {
    let fresh = is(Subject::FiredBefore, Operator::Equals, "no");
    let wants = is(Subject::Message, Operator::Matches, "(?i).*refund.*");
    let tag = Action::AddTag { tag: "refund".to_owned() };
    let actions = vec![tag, say("We will look at it."), Action::MarkFired];
    let mut desk =
        Desk::with_trigger(trigger(Occasion::ChatMessageSent, vec![fresh, wants], actions));
    let chat = desk.says("jun", "Hello");
    desk.pass(0);
    assert_eq!(desk.said_in(chat), Vec::<String>::new());
    desk.says("jun", "I want a REFUND!");
    desk.pass(0);
    desk.says("jun", "refund, please");
    desk.pass(0);
    assert_eq!(desk.said_in(chat), ["We will look at it."]);
    assert_eq!(desk.account.chat(chat).unwrap().tags, ["refund"]);
    desk.ends("jun");
    let next = desk.says("jun", "and my refund?");
    desk.pass(0);
    assert_eq!(desk.said_in(next), Vec::<String>::new(), "marked for the visitor");
}

#[test]
fn domain_11_nothing_fires_while_nobody_is_there() {
    let mut desk = Desk::new();
    let chat = desk.says("jun", "Hello");
    desk.now = desk.now.plus(60_000);
    assert_eq!(desk.account.step_trigger(desk.now, false), None);
    let served = desk.says("ara", "Hello");
    desk.serve(HANA, served);
    desk.pass(60_000);
    assert_eq!(desk.said_in(chat).len(), 1, "somebody came");
    assert_eq!(desk.said_in(served).len(), 0, "it was served meanwhile");
}

/// Whether a trigger with this condition fires for Jun's request.
fn fires(condition: Condition, set: impl Fn(&mut Desk, &mut VisitorProfile)) -> bool {
    let mut desk =
        Desk::with_trigger(trigger(Occasion::ChatRequested, vec![condition], vec![say("!")]));
    let mut profile = visitor("jun");
    set(&mut desk, &mut profile);
    desk.account.visitor_looks(profile.clone().into(), true, desk.now);
    let chat = desk.says("jun", "Hello");
    desk.pass(0);
    !desk.said_in(chat).is_empty()
}

#[rstest::rstest]
#[case("shop.example", false)]
#[case("https://shop.example/pots", true)]
fn domain_11_texts_are_equal_or_not(#[case] value: &str, #[case] equal: bool) {
    let page = |_: &mut Desk, profile: &mut VisitorProfile| {
        "https://shop.example/pots".clone_into(&mut profile.page.url);
    };
    assert_eq!(fires(is(Subject::PageUrl, Operator::Equals, value), page), equal);
    assert_eq!(fires(is(Subject::PageUrl, Operator::NotEqual, value), page), !equal);
    assert!(fires(is(Subject::PageUrl, Operator::Contains, value), page));
    assert!(!fires(is(Subject::PageUrl, Operator::DoesNotContain, value), page));
}

#[rstest::rstest]
#[case(r"https://shop\.example/.*", true)]
#[case(r"shop\.example", false)]
#[case(r"(?i)HTTPS://.*/po[tn]s", true)]
#[case(r"https|.*pots", true)]
#[case(r".*\d.*", false)]
fn domain_11_a_regular_expression_describes_the_whole_text(
    #[case] value: &str,
    #[case] expected: bool,
) {
    let page = |_: &mut Desk, profile: &mut VisitorProfile| {
        "https://shop.example/pots".clone_into(&mut profile.page.url);
    };
    assert_eq!(fires(is(Subject::PageUrl, Operator::Matches, value), page), expected);
}

#[rstest::rstest]
// Wednesday, the 15th of November 2023, 05:30 UTC.
#[case(Subject::HourOfDay, 5)]
#[case(Subject::DayOfWeek, 2)]
fn domain_11_hours_are_utc_and_days_begin_with_monday(#[case] what: Subject, #[case] is_now: i64) {
    let at = |desk: &mut Desk, _: &mut VisitorProfile| desk.now = Timestamp(1_700_026_200_000);
    for (operator, holds) in [
        (Operator::Equals, [false, true, false]),
        (Operator::NotEqual, [true, false, true]),
        (Operator::Less, [false, false, true]),
        (Operator::Greater, [true, false, false]),
        (Operator::LessOrEqual, [false, true, true]),
        (Operator::GreaterOrEqual, [true, true, false]),
    ] {
        for (value, expected) in (is_now - 1..).zip(holds) {
            let condition = is(what, operator, &value.to_string());
            assert_eq!(fires(condition, at), expected, "{what:?} {operator:?} {value}");
        }
    }
}

#[test]
fn domain_11_the_status_of_the_account_is_the_most_that_any_agent_is() {
    let there = |desk: &mut Desk, _: &mut VisitorProfile| desk.account.agent_here(MINA, desk.now);
    let away = |desk: &mut Desk, _: &mut VisitorProfile| {
        desk.account.agent_here(MINA, desk.now);
        let availability = Availability::Away;
        desk.agent(MINA, Command::SetAvailability { availability }).unwrap();
    };
    let nobody = |_: &mut Desk, _: &mut VisitorProfile| {};
    let status = |value| is(Subject::AccountStatus, Operator::Equals, value);
    assert!(fires(status("online"), there) && !fires(status("away"), there));
    assert!(fires(status("away"), away) && !fires(status("offline"), away));
    assert!(fires(status("offline"), nobody));
}

#[test]
fn domain_11_any_of_the_conditions_is_enough_where_that_is_said() {
    let never = is(Subject::PageTitle, Operator::Equals, "nowhere");
    let later = is(Subject::StillOnSite, Operator::GreaterOrEqual, "30");
    let any = Trigger {
        needs: Needs::Any,
        ..trigger(Occasion::ChatRequested, vec![never, later], vec![say("!")])
    };
    let mut desk = Desk::with_trigger(any);
    desk.looks("jun", "https://shop.example/", true);
    let chat = desk.says("jun", "Hello");
    desk.pass(29_999);
    assert_eq!(desk.said_in(chat), Vec::<String>::new());
    desk.pass(1);
    assert_eq!(desk.said_in(chat), ["!"]);
}

#[test]
fn domain_11_what_is_said_is_in_the_language_of_the_page_as_before() {
    let mut desk = Desk::new();
    let mut profile = visitor("jun");
    "ko-KR".clone_into(&mut profile.page.language);
    desk.account.visitor_looks(profile.clone().into(), true, desk.now);
    let (korean, english) = (desk.says("jun", "안녕하세요"), desk.says("ara", "Hello"));
    desk.pass(5_000);
    assert!(desk.said_in(korean)[0].contains("감사합니다"));
    assert!(desk.said_in(english)[0].contains("Thank you"));
}

#[test]
fn bad_input_a_trigger_that_is_not_right_is_refused_with_its_field() {
    let mut desk = Desk::new();
    let mut put = |trigger: Trigger| desk.admin(&AdminWish::PutTrigger { trigger });
    let on = Occasion::ChatRequested;
    let wrong = |field, problem| Err(SetupProblem::Refused(Refusal::field(field, problem)));
    let not_allowed = || wrong("conditions", FieldProblem::NotAllowed);
    for condition in [
        is(Subject::HourOfDay, Operator::Equals, "24"),
        is(Subject::DayOfWeek, Operator::Contains, "1"),
        is(Subject::StillOnSite, Operator::Less, "5"),
        is(Subject::StillOnSite, Operator::GreaterOrEqual, "86401"),
        is(Subject::VisitorServed, Operator::Equals, "maybe"),
        is(Subject::AccountStatus, Operator::Equals, "on strike"),
        is(Subject::PageUrl, Operator::Less, "a"),
        is(Subject::Unknown, Operator::Equals, "a"),
    ] {
        assert_eq!(put(trigger(on, vec![condition], vec![say("!")])), not_allowed());
    }
    assert_eq!(put(trigger(on, vec![], vec![])), wrong("actions", FieldProblem::Empty));
    let silent = Err(SetupProblem::Refused(Refusal::TextEmpty));
    assert_eq!(put(trigger(on, vec![], vec![say(" ")])), silent);
    for pattern in ["(", "a)|(?:b", r"(a)\1", "(?=a)", r"(?:(?:\w{200}){200}){200}"] {
        let matches = is(Subject::PageUrl, Operator::Matches, pattern);
        let told = put(trigger(on, vec![matches], vec![say("!")]));
        assert!(matches!(told, Err(SetupProblem::NotAPattern { .. })), "{pattern}: {told:?}");
    }
    for n in 3..TRIGGERS {
        let named = Trigger { name: format!("T{n}"), ..trigger(on, vec![], vec![say("!")]) };
        assert_eq!(put(named), Ok(true));
    }
    let limit = Err(SetupProblem::Refused(Refusal::limit("triggers", TRIGGERS)));
    assert_eq!(put(trigger(on, vec![], vec![say("!")])), limit);
}

#[test]
fn a_visitor_who_never_says_anything_is_greeted_not_for_ever() {
    let mut desk =
        Desk::with_trigger(trigger(Occasion::WidgetLoaded, vec![], vec![say("Hi"), say("there")]));
    desk.looks("jun", "https://shop.example/", true);
    assert_eq!(desk.greetings("jun"), ["Hi", "there"]);
    for n in 0..GREETINGS_PER_VISITOR {
        desk.looks("jun", &format!("https://shop.example/{n}"), true);
    }
    assert_eq!(desk.greetings("jun").len(), GREETINGS_PER_VISITOR);
    desk.pass(25 * 60 * 60 * 1000);
    desk.says("ara", "Hello");
    assert_eq!(desk.greetings("jun").len(), 0, "a day later nobody knows");
}
