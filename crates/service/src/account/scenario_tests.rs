//! Random wishes in random orders against what must always be so.

use super::{
    Account, AdminWish, VisitorWish,
    department_tests::{KILN, ORDERS, YUNA},
    lookups::Lookups,
    queue::Queue,
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{
    AgentId, Author, Availability, Chat, ChatId, ChatState, Command, DepartmentId, Event, Fact,
    Refusal, Routing, Timestamp, TranscriptLine, VisitorId,
    chat::LineBody,
    hours::Week,
    route::{Destination, ReleaseReason},
    routing::{ChatLimit, IdleRule, RoutingMode, UnassignedReason},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const VISITORS: [&str; 3] = ["jun", "ara", "sol"];

#[derive(Debug, Clone)]
enum Step {
    Agent(AgentId, Command),
    AgentHere(AgentId, bool),
    Says(usize),
    AsksFor(usize, DepartmentId),
    Routing(RoutingMode, Option<u8>, bool),
    Closed(bool),
    Members(&'static str, Vec<AgentId>),
    Enable(&'static str, bool),
    Ends(usize),
    Here(usize),
    Gone(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let agent = prop_oneof![Just(MINA), Just(HANA), Just(YUNA)];
    let department = prop_oneof![Just(ORDERS), Just(KILN)];
    let name = prop_oneof![Just("Orders"), Just("Kiln")];
    let available = prop_oneof![
        3 => Just(Availability::Online),
        1 => Just(Availability::Away),
        1 => Just(Availability::Invisible),
    ];
    let mode = prop_oneof![
        1 => Just(RoutingMode::Broadcast),
        2 => Just(RoutingMode::Assigned),
        2 => Just(RoutingMode::Hybrid),
    ];
    let chat = (1_u64..6).prop_map(ChatId);
    let command = prop_oneof![
        3 => Just(Command::ServeNext),
        3 => chat.clone().prop_map(|chat_id| Command::Serve { chat_id }),
        3 => chat.clone().prop_map(|chat_id| Command::Say { chat_id, text: "text".to_owned() }),
        2 => chat.clone().prop_map(|chat_id| Command::EndChat { chat_id }),
        2 => chat.clone().prop_map(|chat_id| Command::ContinueChat { chat_id }),
        1 => chat.clone()
            .prop_map(|chat_id| Command::SetTags { chat_id, tags: vec!["tag".to_owned()] }),
        3 => (chat.clone(), department.clone()).prop_map(|(chat_id, department_id)| {
            Command::TransferToDepartment { chat_id, department_id, note: None }
        }),
        2 => (chat.clone(), agent.clone()).prop_map(|(chat_id, agent_id)| {
            Command::TransferToAgent { chat_id, agent_id, note: None }
        }),
        2 => (chat.clone(), agent.clone()).prop_map(|(chat_id, agent_id)| {
            Command::Invite { chat_id, agent_id, note: None }
        }),
        1 => chat.prop_map(|chat_id| Command::LeaveChat { chat_id }),
        1 => available.prop_map(|availability| Command::SetAvailability { availability }),
    ];
    let visitor = 0..VISITORS.len();
    prop_oneof![
        1 => (agent.clone(), any::<bool>()).prop_map(|(agent, here)| Step::AgentHere(agent, here)),
        2 => (visitor.clone(), department).prop_map(|(who, dep)| Step::AsksFor(who, dep)),
        1 => (name.clone(), prop::sample::subsequence(vec![MINA, HANA, YUNA], 0..=3))
            .prop_map(|(name, members)| Step::Members(name, members)),
        1 => (name, any::<bool>()).prop_map(|(name, enabled)| Step::Enable(name, enabled)),
        1 => (mode, prop::option::of(0_u8..3), any::<bool>())
            .prop_map(|(mode, limit, accept)| Step::Routing(mode, limit, accept)),
        1 => any::<bool>().prop_map(Step::Closed),
        8 => (agent, command).prop_map(|(agent, command)| Step::Agent(agent, command)),
        4 => visitor.clone().prop_map(Step::Says),
        1 => visitor.clone().prop_map(Step::Ends),
        1 => visitor.clone().prop_map(Step::Here),
        1 => visitor.prop_map(Step::Gone),
        2 => prop_oneof![Just(1), Just(5_000), Just(31_000), Just(130_000), Just(1_300_000)]
            .prop_map(Step::Pass),
    ]
}

fn take(desk: &mut Desk, step: Step) {
    match step {
        Step::Agent(agent, command) => agent_wishes(desk, agent, &command),
        Step::AgentHere(agent, true) => desk.account.agent_here(agent, desk.now),
        Step::AgentHere(agent, false) => desk.account.agent_gone(agent, desk.now),
        Step::Says(who) => {
            desk.says(VISITORS[who], "text");
        }
        Step::AsksFor(who, department) => {
            desk.asks_for(VISITORS[who], department);
        }
        Step::Members(name, members) => {
            let email = |id: &AgentId| desk.account.agent(*id).unwrap().email.clone();
            let emails = members.iter().map(email).collect();
            desk.admin(&AdminWish::SetMembers { name: name.to_owned(), emails }).unwrap();
        }
        Step::Routing(mode, chats, auto_accept) => {
            let limit = |chats| ChatLimit { chats, of_each: false, by_agents: false };
            let idle = Some(IdleRule { misses: 2, to: Availability::Away });
            let chat_limit = chats.map(limit);
            let routing = Routing { mode, chat_limit, auto_accept, idle, ..Routing::default() };
            desk.admin(&AdminWish::SetRouting { routing }).unwrap();
        }
        Step::Closed(closed) => {
            let (time_zone, week) = ("Asia/Seoul".to_owned(), Week::default());
            desk.admin(&AdminWish::SetHours { department: None, time_zone, week }).unwrap();
            desk.admin(&AdminWish::EnableHours { department: None, enabled: closed }).unwrap();
        }
        Step::Enable(name, enabled) => {
            let name = name.to_owned();
            desk.admin(&AdminWish::EnableDepartment { name, enabled }).unwrap();
        }
        Step::Ends(who) => drop(desk.visitor(VISITORS[who], &VisitorWish::End)),
        Step::Here(who) => desk.account.visitor_here(&VisitorId(VISITORS[who].to_owned())),
        Step::Gone(who) => {
            desk.account.visitor_gone(&VisitorId(VISITORS[who].to_owned()), desk.now);
        }
        Step::Pass(millis) => wait(desk, millis),
    }
}

fn agent_wishes(desk: &mut Desk, agent: AgentId, command: &Command) {
    let before = Model::of(&desk.journal);
    let decided = desk.agent(agent, command.clone());
    match (command, &decided) {
        (Command::ServeNext, decided) => {
            let served = decided.as_ref().map(|granted| granted.chat_id.unwrap());
            assert_eq!(served, before.next_for(agent, desk.now).as_ref().copied());
        }
        (Command::Serve { chat_id }, decided) => {
            let serves = decided.as_ref().is_ok_and(|granted| !granted.facts.is_empty());
            let may = before.admits(*chat_id, agent) && before.has_room(*chat_id, agent, desk.now);
            assert_eq!(serves, may, "{decided:?}");
        }
        (Command::TransferToDepartment { chat_id, department_id, .. }, Ok(_)) => {
            let members = &before.members[department_id];
            let other = |id: &AgentId| *id != agent && desk.account.is_online(*id);
            assert!(!members.contains(&agent) || members.iter().any(other), "own department");
            let since = Model::of(&desk.journal).requests[chat_id].since;
            let ahead =
                |(id, request): (&ChatId, &Request)| (request.since, *id) < (since, *chat_id);
            assert!(before.requests.iter().all(ahead), "not at the bottom of the queue");
        }
        _ => {}
    }
}

/// A request, said over again and simply.
#[derive(Debug)]
struct Request {
    since: Timestamp,
    held_for: Option<AgentId>,
}

/// The queue and who may serve what, by the journal alone.
#[derive(Debug, Default)]
struct Model {
    requests: BTreeMap<ChatId, Request>,
    departments: BTreeMap<ChatId, DepartmentId>,
    excluded: BTreeSet<(ChatId, AgentId)>,
    members: BTreeMap<DepartmentId, Vec<AgentId>>,
    /// Chats that an agent is asked into with the next fact.
    invited: BTreeSet<ChatId>,
    routing: Routing,
    /// Who did not take what she was asked about, while it waits.
    missed: BTreeSet<(ChatId, AgentId)>,
    /// What everybody missed.
    by_hand: BTreeSet<ChatId>,
    /// Who was asked by the service, and not by a colleague.
    asked: BTreeMap<ChatId, AgentId>,
    /// Who is in which chat, and when she did something there last.
    inside: BTreeMap<(ChatId, AgentId), Timestamp>,
    over: BTreeSet<ChatId>,
}

impl Model {
    fn of(journal: &[Event]) -> Self {
        let mut model = Self::default();
        for event in journal {
            model.follow(event);
        }
        model
    }

    fn waits(&mut self, chat: ChatId, since: Timestamp, held_for: Option<AgentId>) {
        assert!(self.requests.insert(chat, Request { since, held_for }).is_none());
        self.over.remove(&chat);
        self.waits_no_more(chat);
    }

    fn waits_no_more(&mut self, chat: ChatId) {
        self.missed.retain(|(id, _)| *id != chat);
        self.by_hand.remove(&chat);
        self.asked.remove(&chat);
    }

    /// The service may ask this agent about this request now: it leads to her, she has not missed
    /// it, she has room and is asked about nothing else; and nothing waits longer that she could
    /// be asked about (domain.md 8).
    fn check_assigned(&self, chat: ChatId, agent: AgentId, now: Timestamp) {
        assert_ne!(self.routing.mode, RoutingMode::Broadcast);
        let fits = |id: ChatId| {
            let free = self.requests.get(&id).is_some_and(|request| request.held_for.is_none());
            free && self.leads_to(id, agent) && !self.missed.contains(&(id, agent))
        };
        assert!(fits(chat), "{chat} to {agent}");
        assert!(!self.asked.values().any(|asked| *asked == agent), "asked about two");
        assert!(!self.is_full(agent, now), "beyond the limit");
        let place = |id: &ChatId| (self.requests[id].since, *id);
        let longer = self.requests.keys().filter(|id| place(id) < place(&chat));
        for other in longer {
            assert!(!fits(*other), "{other} waits longer than {chat}");
        }
    }

    fn is_full(&self, agent: AgentId, now: Timestamp) -> bool {
        let counts = |((chat, who), at): (&(ChatId, AgentId), &Timestamp)| {
            *who == agent && !self.over.contains(chat) && now.since(*at) < 600_000
        };
        let load = self.inside.iter().filter(|chat| counts(*chat)).count();
        self.routing.chat_limit.is_some_and(|limit| load >= usize::from(limit.chats))
    }

    /// The limit lets her serve it.
    fn has_room(&self, chat: ChatId, agent: AgentId, now: Timestamp) -> bool {
        let held = self.requests.get(&chat).is_some_and(|request| request.held_for.is_some());
        held || self.routing.mode == RoutingMode::Hybrid || !self.is_full(agent, now)
    }

    fn follow(&mut self, event: &Event) {
        match &event.fact {
            Fact::DepartmentSaved { department } => {
                self.members.insert(department.id, department.members.clone());
            }
            Fact::ChatRequested { chat_id, .. } | Fact::ChatCameBack { chat_id } => {
                self.waits(*chat_id, event.at, None);
            }
            Fact::DepartmentChosen { chat_id, department_id, .. } => {
                self.departments.insert(*chat_id, *department_id);
            }
            Fact::ChatTransferred { chat_id, agent_id, to, waits_from, .. } => match to {
                Destination::Department { department_id, .. } => {
                    self.waits(*chat_id, *waits_from, None);
                    self.departments.insert(*chat_id, *department_id);
                    if self.members[department_id].contains(agent_id) {
                        self.excluded.insert((*chat_id, *agent_id));
                    }
                }
                Destination::Agent { agent_id } => {
                    self.waits(*chat_id, *waits_from, Some(*agent_id));
                    self.excluded.remove(&(*chat_id, *agent_id));
                }
                Destination::Unknown => panic!("not a destination of this version"),
            },
            Fact::AgentInvited { chat_id, invited_id, .. } => {
                self.excluded.remove(&(*chat_id, *invited_id));
                self.invited.insert(*chat_id);
            }
            Fact::AgentJoined { chat_id, agent_id } => {
                self.inside.insert((*chat_id, *agent_id), event.at);
                self.waits_no_more(*chat_id);
                let (served, invited) =
                    (self.requests.remove(chat_id).is_some(), self.invited.remove(chat_id));
                assert!(served != invited, "exactly one agent serves a request");
            }
            Fact::ChatEnded { chat_id, .. } => {
                self.requests.remove(chat_id);
                self.over.insert(*chat_id);
                self.waits_no_more(*chat_id);
            }
            fact => self.follow_routing(fact, event.at),
        }
    }

    fn follow_routing(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::RoutingSaved { routing } => self.routing = routing.clone(),
            Fact::ChatAssigned { chat_id, agent_id } => {
                self.check_assigned(*chat_id, *agent_id, at);
                self.requests.get_mut(chat_id).unwrap().held_for = Some(*agent_id);
                self.asked.insert(*chat_id, *agent_id);
            }
            Fact::ChatUnassigned { chat_id, reason: UnassignedReason::AllMissed } => {
                self.by_hand.insert(*chat_id);
            }
            Fact::ChatReleased { chat_id, reason } => {
                let held = self.requests.get_mut(chat_id).unwrap().held_for.take();
                if let (ReleaseReason::NotTaken, Some(agent)) = (reason, held) {
                    self.missed.insert((*chat_id, agent));
                }
                self.asked.remove(chat_id);
                if *reason == ReleaseReason::DepartmentClosed {
                    self.departments.remove(chat_id);
                }
            }
            Fact::AgentLeft { chat_id, agent_id } => {
                self.inside.remove(&(*chat_id, *agent_id));
            }
            Fact::MessagePosted { chat_id, message } => {
                if let Author::Agent { agent_id } = message.author {
                    self.inside.insert((*chat_id, agent_id), at);
                }
            }
            Fact::ChatContinued { chat_id, agent_id } => {
                self.over.remove(chat_id);
                self.inside.insert((*chat_id, *agent_id), at);
            }
            _ => {}
        }
    }

    fn leads_to(&self, chat: ChatId, agent: AgentId) -> bool {
        let member = |department: &DepartmentId| self.members[department].contains(&agent);
        !self.excluded.contains(&(chat, agent)) && self.departments.get(&chat).is_none_or(member)
    }

    fn admits(&self, chat: ChatId, agent: AgentId) -> bool {
        let Some(request) = self.requests.get(&chat) else { return false };
        let by_hand = self.routing.mode != RoutingMode::Assigned || self.by_hand.contains(&chat);
        match request.held_for {
            Some(held) => held == agent && !self.excluded.contains(&(chat, agent)),
            None => by_hand && self.leads_to(chat, agent),
        }
    }

    /// What the agent serves next, or why nothing.
    fn next_for(&self, agent: AgentId, now: Timestamp) -> Result<ChatId, Refusal> {
        let offered = self.requests.iter().filter(|(id, _)| self.admits(**id, agent));
        let mut offered: Vec<_> = offered.map(|(id, request)| (request.since, *id)).collect();
        offered.sort_unstable();
        let next = offered.iter().find(|(_, id)| self.has_room(*id, agent, now));
        let full = self.routing.chat_limit.filter(|_| !offered.is_empty());
        let full = full.map(|limit| Refusal::AtLimit { limit: limit.chats });
        next.map(|(_, id)| *id).ok_or(full.unwrap_or(Refusal::NobodyWaiting))
    }
}

/// What is kept so that nobody walks over all chats is what walking over them gives.
fn check_lists(desk: &Desk) {
    let account = &desk.account;
    let (mut queue, mut lookups) = (Queue::default(), Lookups::default());
    for (id, chat) in &account.chats {
        queue.enter(chat, account.skills.get(id).map(Vec::as_slice).unwrap_or_default());
        lookups.enter(chat);
    }
    queue.count_offers(account.agents.keys().copied(), &account.setup, true);
    assert_eq!(account.queue, queue);
    assert_eq!(account.lookups, lookups);
    let mut bytes = account.clone();
    bytes.archive_done();
    let bytes = bytes.to_snapshot().unwrap();
    let mut back = Account::from_snapshot(rules(), &bytes).unwrap();
    back.sessions_from(account);
    back.forget(desk.now);
    for agent in [MINA, HANA, YUNA] {
        assert_eq!(back.is_at_limit(agent, desk.now), account.is_at_limit(agent, desk.now));
        let openings = [back.outside_hours(agent), account.outside_hours(agent)];
        assert_eq!(openings[0], openings[1]);
    }
    assert_eq!(back.due(desk.now), account.due(desk.now));
}

/// Time passes, and nothing comes of it before the moment that is told for it: a step at which
/// nothing changed need not be looked at before.
fn wait(desk: &mut Desk, millis: i64) {
    let then = desk.now.plus(millis);
    let next = desk.account.next_due(true);
    if let Some(last) = next.map(|next| next.plus(-1).min(then)).filter(|last| *last > desk.now) {
        let changes = desk.account.changes();
        let head = desk.account.head();
        desk.now = last;
        desk.pass(0);
        assert_eq!((desk.account.head(), desk.account.changes()), (head, changes), "{next:?}");
    }
    desk.pass(then.since(desk.now).max(0));
}

fn check(desk: &Desk) {
    check_lists(desk);
    let model = Model::of(&desk.journal);
    for agent in [MINA, HANA, YUNA] {
        let offered = model.requests.keys().filter(|chat| model.admits(**chat, agent)).count();
        assert_eq!(desk.offered(agent) as usize, offered);
    }
    let mut open = BTreeMap::new();
    for (id, chat) in &desk.account.chats {
        assert_eq!(chat.state == ChatState::Waiting, model.requests.contains_key(id));
        assert_eq!(
            chat.state == ChatState::Served,
            !chat.agents.is_empty() && chat.ended_at.is_none()
        );
        for agent in &chat.agents {
            *open.entry(*agent).or_insert(0) += 1;
        }
        check_somebody_may_serve(&model, chat);
    }
    assert_eq!(*desk.account.counts().open, open);
    for visitor in VISITORS {
        let visitor = VisitorId(visitor.to_owned());
        let alive = desk
            .account
            .chats
            .values()
            .filter(|chat| chat.visitor.id == visitor && !chat.state.is_over());
        assert!(alive.count() <= 1, "a visitor is in one chat at a time");
    }
}

/// Every request can be served by somebody, or the journal says why nobody can.
fn check_somebody_may_serve(model: &Model, chat: &Chat) {
    if chat.state == ChatState::Waiting
        && ![MINA, HANA, YUNA].iter().any(|agent| model.admits(chat.id, *agent))
    {
        let told = |line: &TranscriptLine| {
            matches!(line.body, LineBody::Released { .. } | LineBody::Unassigned { .. })
        };
        assert!(chat.transcript.iter().any(told), "nobody may serve {chat:?}");
    }
}

/// Who was asked about a request in this step is online.
fn check_asked(desk: &Desk, before: usize) {
    for event in &desk.journal[before..] {
        if let Fact::ChatAssigned { agent_id, .. } = event.fact {
            assert!(desk.account.is_online(agent_id), "{agent_id} is not online");
        }
    }
}

/// Nothing that was said is lost, doubled or out of order.
fn check_messages(desk: &Desk) {
    for chat in desk.account.chats.values() {
        let said = chat.transcript.iter().filter_map(|line| match &line.body {
            LineBody::Said { message } => Some(message.id),
            _ => None,
        });
        let journaled = desk.journal.iter().filter_map(|event| match &event.fact {
            Fact::MessagePosted { chat_id, message } if *chat_id == chat.id => Some(message.id),
            _ => None,
        });
        assert!(said.eq(journaled));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn r_018_whatever_is_wished_in_whatever_order_the_queue_is_right(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let mut desk = Desk::with_departments();
        for step in steps {
            let before = desk.journal.len();
            take(&mut desk, step);
            // The hub runs the timers after every round.
            desk.pass(0);
            check(&desk);
            check_asked(&desk, before);
        }
        check_messages(&desk);

        // Law 3: the state is the fold of the journal.
        let mut folded = Account::new(rules());
        for event in &desk.journal {
            folded.apply(event).unwrap();
        }
        folded.archive_done();
        desk.account.archive_done();
        prop_assert_eq!(folded.counts(), desk.account.counts());
        for (id, chat) in &desk.account.chats {
            prop_assert_eq!(folded.chats.get(id), Some(chat));
        }
        for (id, past) in &folded.past {
            prop_assert_eq!(desk.account.past.get(id), Some(past));
        }
    }
}
