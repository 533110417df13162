//! Routing, between named actors.

use super::{
    AGENT_GRACE_MS, Account, AdminWish, OwnLimit, RoutingProblem, SetupProblem, VisitorWish,
    department_tests::{KILN, ORDERS, YUNA},
    desks::LOAD_MS,
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{
    AgentId, Availability, ChatId, ChatState, Command, Fact, Refusal, Routing, RoutingMode,
    chat::LineBody,
    routing::{ChatLimit, IdleRule, UnassignedReason},
};

const HOLD_MS: i64 = 30_000;

fn mode(mode: RoutingMode) -> Routing {
    Routing { mode, ..Routing::default() }
}

fn limited(chats: u8) -> ChatLimit {
    ChatLimit { chats, of_each: false, by_agents: false }
}

fn choose(availability: Availability) -> Command {
    Command::SetAvailability { availability }
}

impl Desk {
    fn routed(routing: Routing) -> Self {
        let mut desk = Self::with_departments();
        desk.admin(&AdminWish::SetRouting { routing }).unwrap();
        desk
    }

    fn assigned() -> Self {
        Self::routed(mode(RoutingMode::Assigned))
    }

    /// A visitor asks, and the timers have run.
    fn asks(&mut self, name: &str) -> ChatId {
        let chat = self.says(name, "Hello");
        self.pass(0);
        chat
    }

    fn asks_with(&mut self, name: &str, skills: &[&str]) -> ChatId {
        let skills = skills.iter().map(|skill| (*skill).to_owned()).collect();
        let (id, text) = (self.id(), "Hello".to_owned());
        let wish = VisitorWish::Say { id, text, department: None, skills };
        let chat = self.visitor(name, &wish).unwrap().chat_id.unwrap();
        self.pass(0);
        chat
    }

    fn asked(&self, chat: ChatId) -> Option<AgentId> {
        self.account.chat(chat).unwrap().route.held_for.map(|hold| hold.agent_id)
    }

    fn offers(&self) -> [u32; 3] {
        [MINA, HANA, YUNA].map(|agent| self.offered(agent))
    }

    fn unassigned(&self, chat: ChatId) -> Option<UnassignedReason> {
        self.account.chat(chat).unwrap().transcript.iter().rev().find_map(|line| match line.body {
            LineBody::Unassigned { reason } => Some(reason),
            _ => None,
        })
    }

    fn can(&mut self, email: &str, skills: &[&str], chat_limit: Option<u8>) {
        let skills = Some(skills.iter().map(|skill| (*skill).to_owned()).collect());
        let email = email.to_owned();
        let limit = chat_limit.map_or(OwnLimit::None, OwnLimit::Chats);
        self.admin(&AdminWish::SetAgentRouting { email, skills, limit }).unwrap();
    }

    /// The agent takes what is assigned to her and answers.
    fn takes(&mut self, agent: AgentId, chat_id: ChatId) {
        assert_eq!(self.asked(chat_id), Some(agent));
        self.serve(agent, chat_id);
    }
}

#[test]
fn domain_8_a_request_is_assigned_to_one_agent_and_nobody_else_serves_it() {
    let mut desk = Desk::assigned();
    let chat_id = desk.asks("jun");
    assert_eq!(desk.offers(), [1, 0, 0]);
    let held = Refusal::HeldForAnother { name: "Mina".into() };
    assert_eq!(desk.agent(HANA, Command::Serve { chat_id }), Err(held));
    assert_eq!(desk.agent(HANA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    assert_eq!(desk.agent(MINA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
}

#[test]
fn domain_8_each_agent_is_asked_about_one_request_at_a_time_longest_waiting_first() {
    let mut desk = Desk::assigned();
    let chats = ["a", "b", "c", "d", "e"].map(|name| desk.asks(name));
    assert_eq!(
        chats.map(|chat| desk.asked(chat)),
        [Some(MINA), Some(HANA), Some(YUNA), None, None]
    );
    assert_eq!(desk.unassigned(chats[3]), Some(UnassignedReason::AllBusy), "the reason is told");
    let not_assigned = Err(Refusal::NotAssigned);
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id: chats[3] }), not_assigned);
    desk.takes(HANA, chats[1]);
    desk.pass(0);
    assert_eq!((desk.asked(chats[3]), desk.asked(chats[4])), (Some(HANA), None));
}

#[test]
fn domain_8_a_missed_request_goes_on_to_another_and_not_back() {
    let mut desk = Desk::assigned();
    let chat = desk.asks("jun");
    for asked in [MINA, HANA, YUNA] {
        assert_eq!(desk.asked(chat), Some(asked));
        assert_eq!(desk.account.next_due(true).map(|at| at <= desk.now.plus(HOLD_MS)), Some(true));
        desk.pass(HOLD_MS - 1);
        assert_eq!(desk.asked(chat), Some(asked));
        desk.pass(1);
    }
    // Everybody was asked: anybody takes it by hand, and the reason is on record.
    assert_eq!(desk.unassigned(chat), Some(UnassignedReason::AllMissed));
    assert_eq!((desk.asked(chat), desk.offers()), (None, [1, 1, 1]));
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(chat));
    // What comes back is a new wait.
    desk.agent(HANA, Command::EndChat { chat_id: chat }).unwrap();
    desk.says("jun", "One more thing");
    desk.pass(0);
    assert!(desk.asked(chat).is_some());
}

#[test]
fn domain_8_who_is_free_longest_is_asked_first_then_who_has_fewest_chats() {
    let mut desk = Desk::assigned();
    let first = ["a", "b", "c"].map(|name| desk.asks(name));
    for (agent, chat) in [MINA, HANA, YUNA].into_iter().zip(first) {
        desk.takes(agent, chat);
    }
    desk.pass(10);
    desk.agent(HANA, Command::EndChat { chat_id: first[1] }).unwrap();
    desk.pass(10);
    desk.agent(MINA, Command::EndChat { chat_id: first[0] }).unwrap();
    let second = ["d", "e", "f"].map(|name| desk.asks(name));
    let turns = [HANA, MINA, YUNA];
    assert_eq!(second.map(|chat| desk.asked(chat)), turns.map(Some));
    // Yuna then has two, Hana and Mina one each; of equals it is the turn of who was given one
    // longest ago.
    for (agent, chat) in turns.into_iter().zip(second) {
        desk.takes(agent, chat);
    }
    let third = ["g", "h"].map(|name| desk.asks(name));
    assert_eq!(third.map(|chat| desk.asked(chat)), [Some(HANA), Some(MINA)]);
}

#[test]
fn domain_8_who_came_later_is_not_free_longer() {
    let mut desk = Desk::assigned();
    desk.account.agent_gone(MINA, desk.now);
    desk.pass(10);
    desk.account.agent_here(MINA, desk.now);
    desk.agent(HANA, choose(Availability::Away)).unwrap();
    desk.pass(10);
    desk.agent(HANA, choose(Availability::Online)).unwrap();
    let chats = ["a", "b", "c"].map(|name| desk.asks(name));
    assert_eq!(chats.map(|chat| desk.asked(chat)), [Some(YUNA), Some(MINA), Some(HANA)]);
}

#[test]
fn domain_8_away_invisible_and_absent_agents_are_never_asked() {
    let mut desk = Desk::assigned();
    desk.agent(MINA, choose(Availability::Away)).unwrap();
    desk.agent(HANA, choose(Availability::Invisible)).unwrap();
    desk.account.agent_gone(YUNA, desk.now);
    let chat = desk.asks("jun");
    assert_eq!((desk.asked(chat), desk.offers()), (None, [0, 0, 0]));
    assert_eq!(desk.unassigned(chat), Some(UnassignedReason::NobodyThere));
    let journaled = desk.journal.len();
    desk.pass(1_000);
    assert_eq!(desk.journal.len(), journaled, "a reason is told once");
    desk.agent(MINA, choose(Availability::Online)).unwrap();
    desk.pass(0);
    assert_eq!(desk.asked(chat), Some(MINA));
}

#[test]
fn domain_8_what_was_assigned_to_who_is_gone_goes_to_another() {
    let mut desk = Desk::assigned();
    let chat = desk.asks("jun");
    desk.account.agent_gone(MINA, desk.now);
    desk.pass(AGENT_GRACE_MS);
    assert_eq!(desk.asked(chat), Some(HANA));
    desk.agent(HANA, choose(Availability::Invisible)).unwrap();
    desk.pass(0);
    assert_eq!(desk.asked(chat), Some(YUNA));
}

#[test]
fn domain_8_without_reassignment_it_waits_until_she_takes_it() {
    let routing = Routing { hold_for_ms: None, ..mode(RoutingMode::Assigned) };
    let mut desk = Desk::routed(routing);
    let chat = desk.asks("jun");
    desk.pass(10 * HOLD_MS);
    desk.takes(MINA, chat);
}

#[test]
fn domain_8_a_request_for_a_department_is_assigned_to_its_members() {
    let mut desk = Desk::assigned();
    let kiln = desk.asks_for("jun", KILN);
    desk.pass(0);
    assert_eq!(desk.asked(kiln), Some(YUNA));
    let other = desk.asks_for("ara", KILN);
    desk.pass(0);
    assert_eq!((desk.asked(other), desk.offers()), (None, [0, 0, 1]));
    let outsider = Refusal::OtherDepartment { department: "Kiln".into() };
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id: other }), Err(outsider));
}

#[test]
fn r_096_a_chat_transferred_to_the_own_department_is_not_assigned_to_who_transferred_it() {
    let mut desk = Desk::assigned();
    let chat_id = desk.asks("jun");
    desk.takes(MINA, chat_id);
    let transfer = Command::TransferToDepartment { chat_id, department_id: ORDERS, note: None };
    desk.agent(MINA, transfer).unwrap();
    desk.pass(0);
    assert_eq!(desk.asked(chat_id), Some(HANA));
    desk.pass(HOLD_MS);
    // Hana missed it and Mina may not: it is Hana's by hand.
    assert_eq!((desk.asked(chat_id), desk.offers()), (None, [0, 1, 0]));
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(Refusal::Excluded));
}

#[test]
fn r_097_a_transferred_chat_is_assigned_after_all_that_waited() {
    let mut desk = Desk::assigned();
    let chat_id = desk.asks("jun");
    desk.takes(MINA, chat_id);
    for agent in [MINA, HANA] {
        desk.agent(agent, choose(Availability::Away)).unwrap();
    }
    let [first, second] = ["ara", "sol"].map(|name| desk.asks(name));
    let transfer = Command::TransferToDepartment { chat_id, department_id: KILN, note: None };
    desk.agent(MINA, transfer).unwrap();
    for chat in [first, second, chat_id] {
        desk.pass(0);
        desk.takes(YUNA, chat);
    }
}

#[test]
fn domain_8_at_the_limit_no_more_is_assigned_until_a_chat_is_ten_minutes_unanswered() {
    let routing = Routing { chat_limit: Some(limited(1)), ..mode(RoutingMode::Assigned) };
    let mut desk = Desk::routed(routing);
    for agent in [HANA, YUNA] {
        desk.agent(agent, choose(Availability::Away)).unwrap();
    }
    let first = desk.asks("jun");
    desk.takes(MINA, first);
    let second = desk.asks("ara");
    assert_eq!(desk.unassigned(second), Some(UnassignedReason::AllBusy));
    desk.pass(LOAD_MS / 2);
    let say = Command::Say { chat_id: first, text: "Hi".to_owned() };
    desk.agent(MINA, say).unwrap();
    desk.pass(LOAD_MS - 1);
    assert_eq!(desk.asked(second), None, "her answer counts from when she gave it");
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(1)));
    desk.pass(1);
    assert_eq!(desk.asked(second), Some(MINA));
}

#[test]
fn domain_8_at_the_limit_the_button_does_nothing_in_broadcast_routing() {
    let routing = Routing { chat_limit: Some(limited(1)), ..Routing::default() };
    let mut desk = Desk::routed(routing);
    let [first, second] = ["jun", "ara"].map(|name| desk.asks(name));
    assert!(!desk.account.is_at_limit(MINA, desk.now));
    desk.serve(MINA, first);
    assert!(desk.account.is_at_limit(MINA, desk.now));
    let full = Err(Refusal::AtLimit { limit: 1 });
    assert_eq!(desk.agent(MINA, Command::ServeNext), full);
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id: second }), full);
    assert_eq!(desk.offered(MINA), 1, "what she may serve does not depend on it");
    // What a colleague hands her she takes all the same.
    desk.serve(HANA, second);
    let hand = Command::TransferToAgent { chat_id: second, agent_id: MINA, note: None };
    desk.agent(HANA, hand).unwrap();
    assert_eq!(desk.agent(MINA, Command::ServeNext).unwrap().chat_id, Some(second));
    for chat_id in [first, second] {
        desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    }
    desk.asks("sol");
    assert!(desk.agent(MINA, Command::ServeNext).is_ok());
    desk.ends("sol");
    assert!(!desk.account.is_at_limit(MINA, desk.now), "a chat that is over counts no more");
}

#[test]
fn domain_8_a_limit_is_the_accounts_or_each_agents_and_hers_to_choose_where_that_is_allowed() {
    let rule = |of_each, by_agents| Some(ChatLimit { chats: 3, of_each, by_agents });
    let mut desk = Desk::with_departments();
    let choose = |chats| Command::SetChatLimit { chat_limit: chats };
    assert_eq!(desk.agent(MINA, choose(Some(5))), Err(Refusal::LimitNotYours));
    desk.can("mina@shop.example", &[], Some(7));
    let limits = [
        (None, None),
        (rule(false, false), Some(3)),
        (rule(true, false), Some(7)),
        (rule(false, true), Some(7)),
    ];
    for (chat_limit, hers) in limits {
        let routing = Routing { chat_limit, ..Routing::default() };
        desk.admin(&AdminWish::SetRouting { routing }).unwrap();
        let expected = hers.map(|_| 3);
        assert_eq!(
            (desk.account.chat_limit(MINA), desk.account.chat_limit(HANA)),
            (hers, expected)
        );
    }
    desk.agent(MINA, choose(Some(2))).unwrap();
    assert_eq!(desk.account.chat_limit(MINA), Some(2));
    let high = Refusal::LimitTooHigh { limit: 21, most: 20 };
    assert_eq!(desk.agent(MINA, choose(Some(21))), Err(high));
    desk.agent(MINA, choose(None)).unwrap();
    assert_eq!(desk.account.chat_limit(MINA), Some(3));
}

#[test]
fn domain_8_in_hybrid_routing_agents_take_more_by_hand_but_not_what_another_is_asked_about() {
    let routing = Routing { chat_limit: Some(limited(1)), ..mode(RoutingMode::Hybrid) };
    let mut desk = Desk::routed(routing);
    for agent in [HANA, YUNA] {
        desk.agent(agent, choose(Availability::Away)).unwrap();
    }
    let [first, second, third] = ["jun", "ara", "sol"].map(|name| desk.asks(name));
    let held = Refusal::HeldForAnother { name: "Mina".into() };
    assert_eq!(desk.agent(HANA, Command::Serve { chat_id: first }), Err(held));
    desk.takes(MINA, first);
    desk.pass(0);
    assert_eq!(desk.asked(second), None, "no more is assigned to her");
    assert_eq!(desk.offers(), [2, 2, 2]);
    desk.serve(MINA, second);
    // Two at once: one wins, the other is told who.
    desk.serve(HANA, third);
    let lost = Refusal::AlreadyServed { by: "Hana".into() };
    assert_eq!(desk.agent(YUNA, Command::Serve { chat_id: third }), Err(lost));
}

#[test]
fn domain_8_what_is_accepted_automatically_is_served_at_once_up_to_the_limit() {
    let chat_limit = Some(limited(2));
    let routing = Routing { auto_accept: true, chat_limit, ..mode(RoutingMode::Assigned) };
    let mut desk = Desk::routed(routing);
    let chats: Vec<ChatId> = (0..7).map(|n| desk.says(&format!("v{n}"), "Hello")).collect();
    desk.pass(0);
    let agents = |chat: &ChatId| desk.account.chat(*chat).unwrap().agents.clone();
    let served: Vec<_> = chats.iter().map(agents).collect();
    assert_eq!(served[..6].concat(), [MINA, HANA, YUNA, MINA, HANA, YUNA], "in turns");
    assert_eq!(desk.state(chats[6]), ChatState::Waiting);
    assert_eq!(desk.unassigned(chats[6]), Some(UnassignedReason::AllBusy));
}

#[test]
fn domain_8_who_misses_several_in_a_row_is_made_away() {
    let idle = Some(IdleRule { misses: 2, to: Availability::Away });
    let mut desk = Desk::routed(Routing { idle, ..mode(RoutingMode::Assigned) });
    for agent in [HANA, YUNA] {
        desk.agent(agent, choose(Availability::Away)).unwrap();
    }
    let away = |desk: &Desk| desk.account.agent(MINA).unwrap().availability;
    let first = desk.asks("jun");
    desk.pass(HOLD_MS);
    let second = desk.asks("ara");
    desk.takes(MINA, second);
    let third = desk.asks("sol");
    assert_eq!(desk.asked(third), Some(MINA));
    desk.pass(HOLD_MS);
    assert_eq!(away(&desk), Availability::Online, "one that she took lies between");
    desk.asks("bo");
    desk.pass(HOLD_MS);
    assert_eq!(away(&desk), Availability::Away);
    let idled =
        |fact: &Fact| matches!(fact, Fact::AvailabilitySet { agent_id: MINA, missed: Some(2), .. });
    assert_eq!(desk.journal.iter().filter(|event| idled(&event.fact)).count(), 1);
    // By hand she still takes what everybody missed, and back online she begins anew.
    desk.serve(MINA, first);
    desk.agent(MINA, choose(Availability::Online)).unwrap();
    desk.asks("tess");
    desk.pass(HOLD_MS);
    assert_eq!(away(&desk), Availability::Online);
}

#[test]
fn domain_8_skills_go_before_turns_until_the_request_has_waited_long_enough() {
    let mut desk = Desk::assigned();
    desk.can("mina@shop.example", &["korean"], None);
    desk.can("yuna@shop.example", &["korean", "glazes"], None);
    let both = desk.asks_with("jun", &["glazes", "korean"]);
    assert_eq!(desk.asked(both), Some(YUNA), "who has all of them");
    desk.takes(YUNA, both);
    let unknown = desk.asks_with("ara", &["welding"]);
    assert_eq!(desk.asked(unknown), None);
    assert_eq!(desk.unassigned(unknown), Some(UnassignedReason::NoSkill));
    let plain = desk.asks("sol");
    assert_eq!(desk.asked(plain), Some(MINA), "it holds up nobody else");
    desk.takes(MINA, plain);
    assert!(desk.account.next_due(true) <= Some(desk.now.plus(30_000)));
    desk.pass(29_999);
    assert_eq!(desk.asked(unknown), None);
    desk.pass(1);
    assert_eq!(desk.asked(unknown), Some(HANA), "then anybody, by load");
}

#[test]
fn domain_8_of_the_skills_a_request_asks_for_the_five_newest_count() {
    let mut desk = Desk::assigned();
    let asked = ["old", "a", "two words", "b", "c", "d", "e"];
    desk.asks_with("jun", &asked);
    let told = desk.journal.iter().find_map(|event| match &event.fact {
        Fact::SkillsAsked { skills, .. } => Some(skills.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn domain_8_when_the_mode_changes_what_waits_is_offered_anew() {
    let mut desk = Desk::with_departments();
    let [first, second] = ["jun", "ara"].map(|name| desk.asks(name));
    assert_eq!(desk.offers(), [2, 2, 2]);
    desk.admin(&AdminWish::SetRouting { routing: mode(RoutingMode::Assigned) }).unwrap();
    assert_eq!((desk.asked(first), desk.asked(second)), (Some(MINA), Some(HANA)));
    assert_eq!(desk.offers(), [1, 1, 0]);
    desk.admin(&AdminWish::SetRouting { routing: Routing::default() }).unwrap();
    assert_eq!(desk.offers(), [1, 1, 0], "who is asked is asked on");
    desk.pass(HOLD_MS);
    assert_eq!(desk.offers(), [2, 2, 2]);
}

#[test]
fn bad_input_a_routing_that_cannot_be_is_refused_and_says_why() {
    let mut desk = Desk::with_departments();
    let most = 20;
    let idle = |misses, to| Some(IdleRule { misses, to });
    let cases = [
        (
            Routing { chat_limit: Some(limited(21)), ..Routing::default() },
            RoutingProblem::ChatLimit { most },
        ),
        (Routing { skills_for_ms: 4_999, ..Routing::default() }, RoutingProblem::SkillsFor),
        (Routing { skills_for_ms: 300_001, ..Routing::default() }, RoutingProblem::SkillsFor),
        (Routing { hold_for_ms: Some(0), ..Routing::default() }, RoutingProblem::HoldFor),
        (Routing { idle: idle(0, Availability::Away), ..Routing::default() }, RoutingProblem::Idle),
        (
            Routing { idle: idle(1, Availability::Online), ..Routing::default() },
            RoutingProblem::Idle,
        ),
    ];
    for (routing, problem) in cases {
        let refused = desk.admin(&AdminWish::SetRouting { routing });
        assert_eq!(refused, Err(SetupProblem::Routing(problem)));
    }
    let skills = |skills: &[&str]| AdminWish::SetAgentRouting {
        email: "mina@shop.example".into(),
        skills: Some(skills.iter().map(|skill| (*skill).to_owned()).collect()),
        limit: OwnLimit::Kept,
    };
    let many = desk.admin(&skills(&["a", "b", "c", "d", "e", "f"]));
    assert_eq!(many, Err(SetupProblem::Routing(RoutingProblem::TooManySkills { most: 5 })));
    let blank = desk.admin(&skills(&["two words"])).unwrap_err().to_string();
    assert!(blank.contains("two words") && blank.contains("blank"), "{blank}");
    assert_eq!(desk.admin(&skills(&["a", "b"])), Ok(true));
    assert_eq!(desk.admin(&skills(&["a", "b"])), Ok(false), "twice is once");
}

#[test]
fn law_3_who_is_asked_next_survives_a_snapshot() {
    let mut desk =
        Desk::routed(Routing { chat_limit: Some(limited(2)), ..mode(RoutingMode::Assigned) });
    let [a, b] = ["a", "b"].map(|name| desk.asks(name));
    desk.takes(MINA, a);
    desk.takes(HANA, b);
    desk.pass(10);
    desk.agent(MINA, Command::EndChat { chat_id: a }).unwrap();
    let bytes = desk.account.to_snapshot().unwrap();
    let mut back = Account::from_snapshot(rules(), &bytes).unwrap();
    back.sessions_from(&desk.account);
    back.forget(desk.now);
    desk.says("c", "Hello");
    let asked = desk.journal.last_chunk::<2>().unwrap().clone();
    for event in &asked {
        back.apply(event).unwrap();
    }
    assert_eq!(back.due(desk.now), desk.account.due(desk.now));
    assert_eq!(back.is_at_limit(HANA, desk.now), desk.account.is_at_limit(HANA, desk.now));
    assert!(back.same_fold(&desk.account).unwrap());
}
