//! Roles and permissions (domain.md 14): what administrators do to them, and that the account asks
//! them.

use super::{
    AdminWish, Granted, OwnLimit, SetupProblem,
    department_tests::{KILN, ORDERS, YUNA},
    managing::AgentWish,
    tests::{Desk, HANA, MINA},
};
use bellhop_model::{
    AgentId, Command, Extent, Fact, Permission, Refusal, RoleId,
    manage::{Management, NamedManagement},
    routing::{ChatLimit, Routing},
};

impl Desk {
    pub(super) fn manages(&mut self, agent: AgentId, wish: Management) -> Result<Granted, Refusal> {
        let wish = AgentWish::Manage(NamedManagement { id: self.id(), wish });
        let granted = self.account.decide_wish(agent, &wish, None, self.now)?;
        self.record(granted.facts.clone());
        self.pass(0);
        Ok(granted)
    }

    /// What every agent without another role may do of this.
    pub(super) fn agents_may(&mut self, permission: Permission, extent: Extent) {
        let grants = vec![(permission, extent)];
        self.admin(&AdminWish::PutRole { name: "Agent".to_owned(), grants }).unwrap();
    }

    fn gives(&mut self, email: &str, role: &str) -> Result<bool, SetupProblem> {
        self.admin(&AdminWish::GiveRole { email: email.to_owned(), role: role.to_owned() })
    }
}

fn refused(permission: &str) -> Refusal {
    Refusal::NotPermitted { permission: permission.to_owned() }
}

#[test]
fn domain_14_an_administrator_makes_roles_and_saying_it_twice_changes_nothing() {
    let mut desk = Desk::new();
    let put = |name: &str, extent| AdminWish::PutRole {
        name: name.to_owned(),
        grants: vec![(Permission::ManageBans, extent)],
    };
    assert_eq!(desk.admin(&put(" Trainee ", Extent::None)), Ok(true));
    assert_eq!(desk.admin(&put("trainee", Extent::None)), Ok(false));
    assert_eq!((desk.gives("hana@shop.example", "TRAINEE")), Ok(true));
    assert_eq!((desk.gives("hana@shop.example", "Trainee")), Ok(false));
    let own = desk.account.roles().own(HANA);
    assert_eq!(own.role, "Trainee");
    assert_eq!(own.permissions[&Permission::ManageBans], Extent::None);
    assert_eq!(own.permissions[&Permission::ViewPastChats], Extent::Account, "as an agent's");

    let fixed = SetupProblem::RoleFixed { name: "Administrator".to_owned() };
    assert_eq!(desk.admin(&put("administrator", Extent::None)), Err(fixed));
    let extent = SetupProblem::NoSuchExtent { permission: "manage_bans" };
    assert_eq!(desk.admin(&put("Trainee", Extent::Own)), Err(extent));
    assert_eq!(desk.admin(&put(" \n", Extent::None)), Err(SetupProblem::NoRoleName));
    let unknown = SetupProblem::NoSuchRole { name: "Pirate".to_owned() };
    assert_eq!(desk.gives("hana@shop.example", "Pirate"), Err(unknown));
}

#[test]
fn domain_14_somebody_is_always_the_owner() {
    let mut desk = Desk::new();
    assert_eq!(desk.gives("mina@shop.example", "Agent"), Err(SetupProblem::LastOwner));
    desk.gives("hana@shop.example", "Owner").unwrap();
    assert_eq!(desk.gives("mina@shop.example", "Agent"), Ok(true));
    assert_eq!(desk.gives("hana@shop.example", "Administrator"), Err(SetupProblem::LastOwner));
}

#[test]
fn domain_14_there_are_no_more_roles_than_the_limit() {
    let mut desk = Desk::new();
    let put = |n: usize| AdminWish::PutRole { name: format!("Role {n}"), grants: Vec::new() };
    let limit = bellhop_model::limits::ROLES;
    for n in 3..limit {
        assert_eq!(desk.admin(&put(n)), Ok(true));
    }
    assert_eq!(desk.account.roles().all().last().unwrap().id, RoleId(limit as u64));
    assert_eq!(desk.admin(&put(limit)), Err(SetupProblem::TooManyRoles { limit }));
}

#[test]
fn domain_6_tags_after_the_fact_are_for_who_may_edit_them() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    let tags = |tag: &str| Command::SetTags { chat_id, tags: vec![tag.to_owned()] };
    desk.ends("jun");
    desk.agent(HANA, tags("vip")).expect("the visitor ended it, and she is in it still");
    desk.agent(HANA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(desk.agent(HANA, tags("late")), Err(refused("edit_chat_tags")));
    let served = desk.says("ara", "Hello");
    desk.serve(MINA, served);
    let hers = Command::SetTags { chat_id: served, tags: vec!["hers".to_owned()] };
    assert_eq!(desk.agent(HANA, hers), Err(Refusal::NotInChat));
    desk.agents_may(Permission::EditChatTags, Extent::Yes);
    assert!(desk.agent(HANA, tags("late")).is_ok());
    assert!(desk.agent(MINA, tags("mine")).is_ok(), "the owner may, who was never in it");
    assert_eq!(desk.account.past[&chat_id].tags, ["mine"]);
}

#[test]
fn domain_14_members_of_a_department_are_changed_by_who_may() {
    let mut desk = Desk::with_departments();
    let set = |department_id, members: &[AgentId]| Management::SetDepartmentMembers {
        department_id,
        members: members.to_vec(),
    };
    let no = Err(refused("edit_department_agents"));
    assert_eq!(desk.manages(HANA, set(ORDERS, &[HANA])), no);
    desk.agents_may(Permission::EditDepartmentAgents, Extent::Department);
    assert_eq!(desk.manages(HANA, set(KILN, &[HANA])), no, "she is no member of it");
    desk.manages(HANA, set(ORDERS, &[YUNA, HANA, YUNA])).unwrap();
    assert_eq!(desk.account.setup().department(ORDERS).unwrap().members, [HANA, YUNA]);
    assert_eq!(desk.manages(HANA, set(ORDERS, &[HANA, YUNA])).unwrap().facts, []);
    let stranger = Refusal::NoSuchAgent { agent_id: AgentId(99) };
    assert_eq!(desk.manages(HANA, set(ORDERS, &[AgentId(99)])), Err(stranger));
    let granted = desk.manages(MINA, set(KILN, &[MINA])).unwrap();
    assert!(matches!(granted.facts[..], [Fact::DepartmentSaved { .. }]), "the owner may");
}

#[test]
fn domain_14_a_limit_of_chats_is_set_by_who_may_for_herself_or_for_everybody() {
    let mut desk = Desk::new();
    let chat_limit = Some(ChatLimit { chats: 3, of_each: true, by_agents: false });
    let routing = Routing { chat_limit, ..Routing::default() };
    desk.admin(&AdminWish::SetRouting { routing }).unwrap();
    let set = |agent_id, chat_limit| Management::SetAgentChatLimit { agent_id, chat_limit };
    let no = Err(refused("set_agent_chat_limit"));
    assert_eq!(desk.manages(HANA, set(HANA, Some(1))), no);
    desk.agents_may(Permission::SetAgentChatLimit, Extent::Own);
    assert_eq!(desk.manages(HANA, set(MINA, Some(1))), no, "it is not her own");
    assert_eq!(desk.manages(HANA, set(AgentId(99), Some(1))), no, "who there is, is not told");
    desk.manages(HANA, set(HANA, Some(1))).unwrap();
    let limits = |desk: &Desk| [MINA, HANA].map(|agent| desk.account.chat_limit(agent));
    assert_eq!(limits(&desk), [Some(3), Some(1)]);
    let own = Command::SetChatLimit { chat_limit: Some(9) };
    assert_eq!(desk.agent(HANA, own), Err(Refusal::LimitNotYours), "the account's rule stands");
    let first = desk.says("jun", "Hello");
    desk.serve(HANA, first);
    let second = desk.says("ara", "Hello");
    let full = Err(Refusal::AtLimit { limit: 1 });
    assert_eq!(desk.agent(HANA, Command::Serve { chat_id: second }), full);

    desk.agents_may(Permission::SetAgentChatLimit, Extent::Account);
    desk.manages(HANA, set(MINA, Some(0))).unwrap();
    assert_eq!(desk.manages(HANA, set(MINA, Some(0))).unwrap().facts, []);
    let high = Refusal::LimitTooHigh { limit: 21, most: 20 };
    assert_eq!(desk.manages(HANA, set(HANA, Some(21))), Err(high));
    let stranger = Refusal::NoSuchAgent { agent_id: AgentId(99) };
    assert_eq!(desk.manages(HANA, set(AgentId(99), Some(1))), Err(stranger));
    assert_eq!(limits(&desk), [Some(0), Some(1)]);
    desk.manages(MINA, set(HANA, None)).expect("the owner may");
    assert_eq!(limits(&desk), [Some(0), Some(3)]);
    desk.serve(HANA, second);
}

#[test]
fn domain_14_a_limit_that_another_agent_set_leaves_skills_as_they_are() {
    let mut desk = Desk::new();
    let email = "hana@shop.example".to_owned();
    let skills = Some(vec!["korean".to_owned()]);
    let limit = OwnLimit::Kept;
    desk.admin(&AdminWish::SetAgentRouting { email, skills, limit }).unwrap();
    let wish = Management::SetAgentChatLimit { agent_id: HANA, chat_limit: Some(2) };
    let granted = desk.manages(MINA, wish).unwrap();
    let skills = vec!["korean".to_owned()];
    let fact = Fact::AgentRoutingSaved { agent_id: HANA, skills, chat_limit: Some(2) };
    assert_eq!(granted.facts, [fact]);
}
