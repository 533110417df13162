//! What may happen next: wishes of agents, visitors and administrators, and time.

use super::{ADDRESSES, NAMES, VISITORS};
use crate::account::{
    AdminWish, OwnLimit,
    department_tests::{KILN, ORDERS, YUNA},
    tests::{HANA, MINA},
};
use bellhop_model::{
    AgentId, Availability, ChatId, Command, DepartmentId, Extent, Permission, Rating, Routing,
    VisitorId,
    ban::Banned,
    hours::{DAY_MINUTES, OpenSpan, Week},
    manage::Management,
    routing::{ChatLimit, IdleRule, RoutingMode},
};
use proptest::{option, prelude::*, sample::select};

#[derive(Debug, Clone)]
pub(super) enum Step {
    Agent(AgentId, Command),
    Bans(AgentId, Management),
    Admin(AdminWish),
    AgentHere(AgentId, bool),
    /// A visitor says something; where that is a request, it is for this department and asks for
    /// these skills.
    Says(usize, Option<DepartmentId>, Vec<String>),
    Rates(usize, Option<Rating>, Option<String>),
    Ends(usize),
    /// A page is opened, from one of the addresses.
    Here(usize, usize),
    Gone(usize),
    Pass(i64),
    Restart,
}

/// Of what there are some few.
fn few<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    select(all.to_vec())
}

fn agent() -> impl Strategy<Value = AgentId> {
    few(&[MINA, HANA, YUNA])
}

fn email() -> impl Strategy<Value = String> {
    few(&NAMES).prop_map(|name| format!("{name}@shop.example"))
}

fn department() -> impl Strategy<Value = DepartmentId> {
    few(&[ORDERS, KILN])
}

fn department_name() -> impl Strategy<Value = String> {
    few(&["Orders", "Kiln"]).prop_map(ToOwned::to_owned)
}

fn skills() -> impl Strategy<Value = Vec<String>> {
    let all = ["korean", "glaze"].map(ToOwned::to_owned).to_vec();
    prop::sample::subsequence(all, 0..=2)
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    let tag = few(&["tea", "tea", "refund", "vip", "two words"]).prop_map(ToOwned::to_owned);
    prop::collection::vec(tag, 0..3)
}

fn visitor() -> std::ops::Range<usize> {
    0..VISITORS.len()
}

fn command() -> impl Strategy<Value = Command> {
    let chat = || (1_u64..7).prop_map(ChatId);
    let text = || "text".to_owned();
    let available = prop_oneof![
        3 => Just(Availability::Online),
        1 => Just(Availability::Away),
        1 => Just(Availability::Invisible),
    ];
    prop_oneof![
        4 => Just(Command::ServeNext),
        3 => chat().prop_map(|chat_id| Command::Serve { chat_id }),
        2 => chat().prop_map(move |chat_id| Command::Say { chat_id, text: text() }),
        2 => visitor().prop_map(move |who| {
            Command::StartChat { visitor_id: VisitorId(VISITORS[who].to_owned()), text: text() }
        }),
        2 => chat().prop_map(|chat_id| Command::EndChat { chat_id }),
        2 => chat().prop_map(|chat_id| Command::ContinueChat { chat_id }),
        2 => (chat(), tags()).prop_map(|(chat_id, tags)| Command::SetTags { chat_id, tags }),
        1 => chat().prop_map(|chat_id| Command::RequestRating { chat_id }),
        3 => (chat(), department()).prop_map(|(chat_id, department_id)| {
            Command::TransferToDepartment { chat_id, department_id, note: None }
        }),
        2 => (chat(), agent()).prop_map(|(chat_id, agent_id)| {
            Command::TransferToAgent { chat_id, agent_id, note: None }
        }),
        2 => (chat(), agent()).prop_map(|(chat_id, agent_id)| {
            Command::Invite { chat_id, agent_id, note: None }
        }),
        1 => chat().prop_map(|chat_id| Command::LeaveChat { chat_id }),
        1 => available.prop_map(|availability| Command::SetAvailability { availability }),
        1 => option::of(0_u8..3).prop_map(|chat_limit| Command::SetChatLimit { chat_limit }),
    ]
}

fn banned() -> impl Strategy<Value = Banned> {
    prop_oneof![
        visitor()
            .prop_map(|who| Banned::Visitor { visitor_id: VisitorId(VISITORS[who].to_owned()) }),
        few(&ADDRESSES).prop_map(|address| Banned::Address { address: address.to_owned() }),
    ]
}

fn ban() -> impl Strategy<Value = Management> {
    let reason = String::new;
    prop_oneof![
        3 => (visitor(), any::<bool>()).prop_map(move |(who, address)| {
            let visitor_id = VisitorId(VISITORS[who].to_owned());
            Management::BanVisitor { visitor_id, reason: reason(), address }
        }),
        1 => few(&ADDRESSES).prop_map(move |address| {
            Management::BanAddress { address: address.to_owned(), reason: reason() }
        }),
        4 => banned().prop_map(|banned| Management::LiftBan { banned }),
    ]
}

fn routing() -> impl Strategy<Value = Routing> {
    let mode = prop_oneof![
        1 => Just(RoutingMode::Broadcast),
        2 => Just(RoutingMode::Assigned),
        2 => Just(RoutingMode::Hybrid),
    ];
    let limit = (0_u8..3, any::<bool>(), any::<bool>())
        .prop_map(|(chats, of_each, by_agents)| ChatLimit { chats, of_each, by_agents });
    (mode, option::of(limit), any::<bool>()).prop_map(|(mode, chat_limit, auto_accept)| {
        let idle = Some(IdleRule { misses: 2, to: Availability::Away });
        Routing { mode, chat_limit, auto_accept, idle, ..Routing::default() }
    })
}

/// A week that is open at all times, or never.
pub(super) fn week(open: bool) -> Week {
    let all_day = || vec![OpenSpan { from: 0, to: DAY_MINUTES }];
    if open { Week(std::array::from_fn(|_| all_day())) } else { Week::default() }
}

fn hours() -> impl Strategy<Value = AdminWish> {
    let department = || option::weighted(0.7, department_name());
    let time_zone = || "Asia/Seoul".to_owned();
    prop_oneof![
        (department(), any::<bool>()).prop_map(move |(department, open)| {
            AdminWish::SetHours { department, time_zone: time_zone(), week: week(open) }
        }),
        (department(), any::<bool>())
            .prop_map(|(department, enabled)| AdminWish::EnableHours { department, enabled }),
    ]
}

fn grants() -> impl Strategy<Value = (Permission, Extent)> {
    few(&[
        (Permission::ManageBans, Extent::None),
        (Permission::ManageBans, Extent::Account),
        (Permission::EditChatTags, Extent::No),
        (Permission::EditChatTags, Extent::Yes),
        (Permission::ProactiveChatting, Extent::None),
        (Permission::ProactiveChatting, Extent::Listen),
        (Permission::ProactiveChatting, Extent::ListenJoin),
        (Permission::VisitorsSeen, Extent::None),
        (Permission::VisitorsSeen, Extent::Account),
    ])
}

fn admin() -> impl Strategy<Value = AdminWish> {
    let members = prop::sample::subsequence(NAMES.to_vec(), 0..=3)
        .prop_map(|names| names.iter().map(|name| format!("{name}@shop.example")).collect());
    let limit = prop_oneof![
        Just(OwnLimit::Kept),
        Just(OwnLimit::None),
        (0_u8..3).prop_map(OwnLimit::Chats),
    ];
    let known = || vec!["tea".to_owned(), "vip".to_owned()];
    prop_oneof![
        2 => (department_name(), members)
            .prop_map(|(name, emails)| AdminWish::SetMembers { name, emails }),
        2 => (department_name(), any::<bool>())
            .prop_map(|(name, enabled)| AdminWish::EnableDepartment { name, enabled }),
        3 => routing().prop_map(|routing| AdminWish::SetRouting { routing }),
        2 => (email(), option::of(skills()), limit)
            .prop_map(|(email, skills, limit)| AdminWish::SetAgentRouting { email, skills, limit }),
        2 => hours(),
        3 => grants().prop_map(|grant| {
            AdminWish::PutRole { name: "Agent".to_owned(), grants: vec![grant] }
        }),
        1 => any::<bool>().prop_map(|enabled| AdminWish::SwitchRatings { enabled }),
        1 => any::<bool>().prop_map(|allowed| AdminWish::AllowNewTags { allowed }),
        1 => Just(AdminWish::KnowTags { tags: known() }),
        1 => Just(AdminWish::ForgetTags { tags: known() }),
        1 => few(&ADDRESSES).prop_map(|address| {
            let banned = Banned::Address { address: address.to_owned() };
            AdminWish::Ban { banned, reason: String::new() }
        }),
        2 => few(&ADDRESSES).prop_map(|address| {
            AdminWish::LiftBan { banned: Banned::Address { address: address.to_owned() } }
        }),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let rating = option::of(few(&[Rating::Good, Rating::Bad]));
    let comment = option::of(few(&["Quick", "Slow"]).prop_map(ToOwned::to_owned));
    let times = [1, 5_000, 31_000, 130_000, 1_300_000];
    prop_oneof![
        2 => (agent(), any::<bool>()).prop_map(|(agent, here)| Step::AgentHere(agent, here)),
        16 => (agent(), command()).prop_map(|(agent, command)| Step::Agent(agent, command)),
        2 => (agent(), ban()).prop_map(|(agent, wish)| Step::Bans(agent, wish)),
        6 => admin().prop_map(Step::Admin),
        4 => visitor().prop_map(|who| Step::Says(who, None, Vec::new())),
        4 => (visitor(), option::of(department()), skills())
            .prop_map(|(who, department, skills)| Step::Says(who, department, skills)),
        1 => (visitor(), rating, comment)
            .prop_map(|(who, rating, comment)| Step::Rates(who, rating, comment)),
        2 => visitor().prop_map(Step::Ends),
        4 => (visitor(), 0..ADDRESSES.len()).prop_map(|(who, from)| Step::Here(who, from)),
        1 => visitor().prop_map(Step::Gone),
        4 => few(&times).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}
