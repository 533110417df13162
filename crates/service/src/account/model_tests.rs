//! Random wishes in random orders and at random times, of agents with departments, hours, skills,
//! limits and roles and of visitors who come, go and are banned, against what must always be so.
//!
//! What must be so is said over again, and simply, from the journal alone ([`queue`], [`guests`]),
//! and each decision is compared with it. What the wishes are, [`steps`] says.

mod guests;
mod queue;
mod steps;
mod team;
mod told;

use super::{
    Account, VisitorWish,
    department_tests::YUNA,
    lookups::Lookups,
    queue::Queue,
    tests::{Desk, HANA, MINA, rules, visitor},
};
use crate::address::Address;
use bellhop_model::{
    AgentId, Availability, Chat, ChatId, ChatState, Command, Event, Fact, Refusal, TranscriptLine,
    VisitorId, chat::LineBody, manage::Management, visitor_frame::VisitorChatState,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use steps::Step;

const VISITORS: [&str; 3] = ["jun", "ara", "sol"];
const ADDRESSES: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
const AGENTS: [AgentId; 3] = [MINA, HANA, YUNA];
const NAMES: [&str; 3] = ["Mina", "Hana", "Yuna"];

/// Who is there, which no journal says.
#[derive(Debug, Default)]
struct Site {
    agents: BTreeSet<AgentId>,
    /// The visitors who have a page open, and from where.
    visitors: BTreeMap<VisitorId, &'static str>,
}

impl Site {
    fn is_here(&self, visitor: &VisitorId) -> bool {
        self.visitors.contains_key(visitor)
    }

    fn address(&self, visitor: &VisitorId) -> Option<&'static str> {
        self.visitors.get(visitor).copied()
    }
}

/// What the journal comes to.
#[derive(Debug, Clone, Default)]
struct Model {
    queue: queue::Queue,
    guests: guests::Guests,
}

impl Model {
    fn of(journal: &[Event]) -> Self {
        let mut model = Self::default();
        for event in journal {
            model.follow(event);
        }
        model
    }

    fn follow(&mut self, event: &Event) {
        self.queue.follow(event);
        self.guests.follow(event);
    }
}

struct World {
    desk: Desk,
    site: Site,
}

fn id(who: usize) -> VisitorId {
    VisitorId(VISITORS[who].to_owned())
}

fn name_of(agent: AgentId) -> String {
    let at = AGENTS.iter().position(|one| *one == agent).unwrap();
    NAMES[at].to_owned()
}

impl World {
    fn new() -> Self {
        let site = Site { agents: AGENTS.into(), visitors: BTreeMap::new() };
        Self { desk: Desk::with_departments(), site }
    }

    fn model(&self) -> Model {
        Model::of(&self.desk.journal)
    }

    fn take(&mut self, step: Step) {
        let Self { desk, site } = self;
        match step {
            Step::Agent(agent, command) => self.agent_wishes(agent, &command),
            Step::Bans(agent, wish) => self.bans(agent, &wish),
            Step::Admin(wish) => drop(desk.admin(&wish)),
            Step::AgentHere(agent, true) => {
                site.agents.insert(agent);
                desk.account.agent_here(agent, desk.now);
            }
            Step::AgentHere(agent, false) => {
                site.agents.remove(&agent);
                desk.account.agent_gone(agent, desk.now);
            }
            Step::Says(who, department, skills) => {
                let (id, text) = (desk.id(), "text".to_owned());
                let wish = VisitorWish::Say { id, text, department, skills };
                self.visitor_wishes(who, &wish);
            }
            Step::Rates(who, rating, comment) => {
                self.visitor_wishes(who, &VisitorWish::Rate { rating, comment });
            }
            Step::Ends(who) => self.visitor_wishes(who, &VisitorWish::End),
            Step::Here(who, from) => self.arrives(&id(who), ADDRESSES[from]),
            Step::Gone(who) => {
                site.visitors.remove(&id(who));
                desk.account.visitor_gone(&id(who), desk.now);
            }
            Step::Pass(millis) => wait(desk, millis),
            Step::Restart => self.restarts(),
        }
    }

    /// As the hub does it: whoever is banned does not arrive.
    fn arrives(&mut self, visitor: &VisitorId, from: &'static str) {
        let address = Address::parse(from).unwrap();
        let banned = self.desk.account.is_banned(visitor, Some(address));
        assert_eq!(banned, self.model().guests.is_banned(visitor, Some(from)));
        if !banned {
            self.desk.account.visitor_here(visitor);
            self.desk.account.seen_from(visitor, address);
            self.site.visitors.insert(visitor.clone(), from);
        }
    }

    fn restarts(&mut self) {
        let mut account = Account::new(rules());
        for event in &self.desk.journal {
            account.apply(event).unwrap();
        }
        account.everybody_gone(self.desk.now);
        self.desk.account = account;
        self.site = Site::default();
    }

    fn visitor_wishes(&mut self, who: usize, wish: &VisitorWish) {
        let (before, visitor) = (self.model().guests, id(who));
        let banned = before.is_banned_now(&visitor, &self.site);
        let decided = self.desk.visitor(VISITORS[who], wish);
        match wish {
            VisitorWish::Say { .. } => assert_eq!(decided.is_ok(), !banned, "{decided:?}"),
            VisitorWish::End => {
                let live = before.chat_of(&visitor).is_some();
                assert_eq!(decided.is_ok(), live && !banned, "{decided:?}");
            }
            VisitorWish::Rate { rating, comment } => {
                let opinion = (*rating, comment.clone());
                let may = before.may_rate(&visitor, &opinion, &self.site);
                assert_eq!(decided.is_ok(), may, "{decided:?}");
                if may {
                    let chat = before.current[&visitor];
                    assert_eq!(self.opinion(chat), opinion, "the last word counts");
                }
            }
            _ => {}
        }
        if banned {
            assert_eq!(decided, Err(Refusal::NotAvailable));
        }
    }

    /// What a chat is rated, as the account has it.
    fn opinion(&self, chat: ChatId) -> guests::Opinion {
        let account = &self.desk.account;
        let Some(chat) = account.chats.get(&chat) else {
            let past = &account.past[&chat];
            return (past.rating, past.comment.clone());
        };
        let rated = chat.rating();
        (rated.map(|rated| rated.0), rated.and_then(|rated| rated.1).map(ToOwned::to_owned))
    }

    fn bans(&mut self, agent: AgentId, wish: &Management) {
        let may = self.model().guests.may_manage_bans(agent, wish, &self.site);
        let decided = self.desk.wishes(agent, wish.clone());
        assert_eq!(decided.is_ok(), may, "{wish:?}: {decided:?}");
        if let (Management::BanVisitor { visitor_id, .. }, Ok(_)) = (wish, decided) {
            assert!(self.model().guests.is_banned(visitor_id, None));
        }
    }

    fn agent_wishes(&mut self, agent: AgentId, command: &Command) {
        let before = self.model();
        let seen = match command {
            Command::StartChat { visitor_id, .. } if self.site.is_here(visitor_id) => {
                Some(visitor(&visitor_id.0))
            }
            _ => None,
        };
        let decided = self.desk.agent_seeing(agent, command.clone(), seen.as_ref());
        let may = self.foretold(&before, agent, command);
        assert_eq!(decided.is_ok(), may, "{command:?} of {agent}: {decided:?}");
        match command {
            Command::ServeNext => {
                let served = decided.map(|granted| granted.chat_id.unwrap());
                assert_eq!(served, before.queue.next_for(agent, self.desk.now));
            }
            Command::Serve { chat_id } => {
                let serves = decided.is_ok_and(|granted| !granted.facts.is_empty());
                assert_eq!(serves, before.queue.requests.contains_key(chat_id) && may);
            }
            Command::StartChat { visitor_id, .. } if may => {
                let chat_id = decided.unwrap().chat_id.unwrap();
                let now = self.model();
                assert_eq!(now.queue.agents_in(chat_id), [agent], "R-054: she is in it");
                assert_eq!(now.guests.chat_of(visitor_id), Some(chat_id));
                assert!(!now.queue.requests.contains_key(&chat_id), "nobody has to serve it");
                let sees = self.desk.account.visitor_state(visitor_id);
                assert_eq!(sees, VisitorChatState::Served);
            }
            Command::StartChat { visitor_id, .. } => {
                let now = self.model();
                let is_same =
                    now.guests.current.get(visitor_id) == before.guests.current.get(visitor_id);
                assert!(is_same, "R-055: the visitor sees nothing of it");
            }
            Command::SetTags { chat_id, tags } if may => {
                let mut wanted: Vec<String> = Vec::new();
                wanted.extend(tags.iter().filter(|tag| !tag.is_empty()).cloned());
                let mut seen = BTreeSet::new();
                wanted.retain(|tag| seen.insert(tag.clone()));
                let now = self.model();
                assert_eq!(now.guests.tags.get(chat_id).cloned().unwrap_or_default(), wanted);
            }
            _ => {}
        }
    }

    /// Whether the agent may do this now.
    fn foretold(&self, model: &Model, agent: AgentId, command: &Command) -> bool {
        let (Model { queue, guests }, site, now) = (model, &self.site, self.desk.now);
        let inside = |chat: &ChatId| queue.inside.contains_key(&(*chat, agent));
        let in_live = |chat: &ChatId| queue.agents_in(*chat).contains(&agent);
        let hands = |chat: &ChatId, to: &AgentId| {
            let is_in = queue.agents_in(*chat).contains(to);
            in_live(chat) && *to != agent && !is_in && queue.can_be_handed(*to, &site.agents)
        };
        match command {
            Command::ServeNext => queue.next_for(agent, now).is_ok(),
            Command::Serve { chat_id } => {
                in_live(chat_id)
                    || (queue.admits(*chat_id, agent) && queue.has_room(*chat_id, agent, now))
            }
            Command::StartChat { visitor_id, .. } => guests.may_start(agent, visitor_id, site),
            Command::Say { chat_id, .. } => in_live(chat_id),
            Command::EndChat { chat_id } => inside(chat_id),
            Command::LeaveChat { chat_id } => {
                in_live(chat_id) && queue.agents_in(*chat_id).len() > 1
            }
            Command::ContinueChat { chat_id } => {
                guests.may_continue(*chat_id, inside(chat_id), site)
            }
            Command::SetTags { chat_id, tags } => {
                guests.may_tag((agent, *chat_id), inside(chat_id), tags)
            }
            Command::RequestRating { chat_id } => guests.ratings && in_live(chat_id),
            Command::TransferToDepartment { chat_id, department_id, .. } => {
                queue.may_transfer((agent, *chat_id), *department_id, &site.agents)
            }
            Command::TransferToAgent { chat_id, agent_id, .. }
            | Command::Invite { chat_id, agent_id, .. } => hands(chat_id, agent_id),
            Command::SetAvailability { availability } => {
                *availability == Availability::Invisible || !queue.is_outside(agent)
            }
            Command::SetChatLimit { .. } => queue.chooses_limit(),
            Command::SayShortcut { .. } | Command::Unknown => panic!("none of the steps"),
        }
    }

    /// What must be so after every step. `before`: how many events there were.
    fn check(&self, before: usize) {
        self.check_lists();
        self.check_new(before);
        let (desk, model) = (&self.desk, self.model());
        let (Model { queue, guests }, account) = (&model, &desk.account);
        for agent in AGENTS {
            let offered = queue.requests.keys().filter(|chat| queue.admits(**chat, agent)).count();
            assert_eq!(desk.offered(agent) as usize, offered);
            assert_eq!(account.is_at_limit(agent, desk.now), queue.is_full(agent, desk.now));
            assert_eq!(account.chat_limit(agent), queue.limit(agent));
            assert_eq!(account.is_online(agent), queue.is_online(agent, &self.site.agents));
        }
        let mut open = BTreeMap::new();
        for (id, chat) in &account.chats {
            assert_eq!(chat.state == ChatState::Waiting, queue.requests.contains_key(id));
            assert_eq!(
                chat.state == ChatState::Served,
                !chat.agents.is_empty() && chat.ended_at.is_none()
            );
            for agent in &chat.agents {
                *open.entry(*agent).or_insert(0) += 1;
            }
            for agent in AGENTS {
                let offered = chat.is_offered_to(agent, &account.setup);
                assert_eq!(offered, queue.admits(*id, agent), "{id} to {agent}");
            }
            let tags = guests.tags.get(id).cloned().unwrap_or_default();
            assert_eq!((&chat.tags, self.opinion(*id)), (&tags, guests.opinion(*id)));
            check_somebody_may_serve(queue, chat);
        }
        assert_eq!(*account.counts().open, open);
        for visitor in (0..VISITORS.len()).map(id) {
            let chats = account.chats.values().filter(|chat| chat.visitor.id == visitor);
            let banned = guests.is_banned_now(&visitor, &self.site);
            assert_eq!(account.is_banned_now(&visitor), banned);
            let alive = chats.clone().filter(|chat| !chat.state.is_over()).count();
            assert!(alive <= usize::from(!banned), "in one chat at a time, banned in none");
            assert!(!banned || chats.into_iter().all(|chat| chat.agents.is_empty()));
        }
    }

    /// Who was asked about a request in this step may be.
    fn check_new(&self, before: usize) {
        let (old, new) = self.desk.journal.split_at(before);
        let mut model = Model::of(old);
        for event in new {
            if let Fact::ChatAssigned { chat_id, agent_id } = event.fact {
                let (queue, here) = (&model.queue, &self.site.agents);
                queue.check_assigned((chat_id, agent_id), event.at, here);
            }
            model.follow(event);
        }
    }

    /// What is kept so that nobody walks over all chats is what walking over them gives.
    fn check_lists(&self) {
        let (account, now) = (&self.desk.account, self.desk.now);
        let (mut queue, mut lookups) = (Queue::default(), Lookups::default());
        for (id, chat) in &account.chats {
            queue.enter(chat, account.skills.get(id).map(Vec::as_slice).unwrap_or_default());
            lookups.enter(chat);
        }
        queue.count_offers(account.agents.keys().copied(), &account.setup, true);
        assert_eq!(account.queue, queue);
        assert_eq!(account.lookups, lookups);
        let mut whole = account.clone();
        whole.archive_done();
        let bytes = whole.to_snapshot().unwrap();
        let mut back = Account::from_snapshot(rules(), &bytes).unwrap();
        back.sessions_from(account);
        back.forget(now);
        for agent in AGENTS {
            assert_eq!(back.is_at_limit(agent, now), account.is_at_limit(agent, now));
            assert_eq!(back.outside_hours(agent), account.outside_hours(agent));
        }
        assert_eq!(back.due(now), account.due(now));
        for (visitor, from) in &self.site.visitors {
            let mut there = account.visitors_at(Address::parse(from).unwrap());
            assert!(there.any(|known| known == visitor));
        }
        let at = ADDRESSES.map(|from| account.visitors_at(Address::parse(from).unwrap()).count());
        assert_eq!(at.iter().sum::<usize>(), self.site.visitors.len());
    }

    /// Nothing that was said is lost, doubled or out of order.
    fn check_messages(&self) {
        for chat in self.desk.account.chats.values() {
            let said = chat.transcript.iter().filter_map(|line| match &line.body {
                LineBody::Said { message } => Some(message.id),
                _ => None,
            });
            let journaled = self.desk.journal.iter().filter_map(|event| match &event.fact {
                Fact::MessagePosted { chat_id, message } if *chat_id == chat.id => Some(message.id),
                _ => None,
            });
            assert!(said.eq(journaled));
        }
    }

    /// Law 3: the state is the fold of the journal.
    fn check_fold(&mut self) {
        let mut folded = Account::new(rules());
        for event in &self.desk.journal {
            folded.apply(event).unwrap();
        }
        let account = &mut self.desk.account;
        folded.archive_done();
        account.archive_done();
        assert_eq!(folded.counts(), account.counts());
        for (id, chat) in &account.chats {
            assert_eq!(folded.chats.get(id), Some(chat));
        }
        for (id, past) in &folded.past {
            assert_eq!(account.past.get(id), Some(past));
        }
    }
}

/// Every request can be served by some agent who is shown it, or its transcript says why nobody
/// can, since it waits.
fn check_somebody_may_serve(queue: &queue::Queue, chat: &Chat) {
    if chat.state != ChatState::Waiting || AGENTS.iter().any(|id| queue.admits(chat.id, *id)) {
        return;
    }
    let begins = |line: &TranscriptLine| {
        matches!(line.body, LineBody::CameBack | LineBody::Transferred { .. })
    };
    let told = |line: &TranscriptLine| {
        matches!(line.body, LineBody::Released { .. } | LineBody::Unassigned { .. })
    };
    let since = chat.transcript.iter().rposition(begins).unwrap_or_default();
    assert!(chat.transcript[since..].iter().any(told), "nobody may serve {chat:?}");
}

/// Time passes, and nothing comes of it before the moment that is told for it: a step at which
/// nothing changed need not be looked at before.
fn wait(desk: &mut Desk, millis: i64) {
    let then = desk.now.plus(millis);
    let next = desk.account.next_due(true);
    if let Some(last) = next.map(|next| next.plus(-1).min(then)).filter(|last| *last > desk.now) {
        let (head, changes) = (desk.account.head(), desk.account.changes());
        desk.now = last;
        desk.pass(0);
        assert_eq!((desk.account.head(), desk.account.changes()), (head, changes), "{next:?}");
    }
    desk.pass(then.since(desk.now).max(0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn r_018_whatever_is_wished_in_whatever_order_each_decision_is_as_the_journal_foretells(
        steps in prop::collection::vec(steps::step(), 1..80)
    ) {
        let mut world = World::new();
        for step in steps {
            let before = world.desk.journal.len();
            world.take(step);
            // The hub runs the timers after every round.
            world.desk.pass(0);
            world.check(before);
        }
        world.check_messages();
        world.check_fold();
        world.check_told();
    }
}
