//! Departments: what administrators do to them, and who serves their requests.

use super::{
    AdminWish, SetupProblem, VisitorWish,
    tests::{Desk, HANA, MINA},
};
use bellhop_model::{
    AgentId, ChatId, Command, DepartmentId, Fact, Refusal, chat::LineBody, route::ReleaseReason,
};

pub(super) const ORDERS: DepartmentId = DepartmentId(1);
pub(super) const KILN: DepartmentId = DepartmentId(2);
pub(super) const YUNA: AgentId = AgentId(3);

impl Desk {
    pub(super) fn admin(&mut self, wish: &AdminWish) -> Result<bool, SetupProblem> {
        let facts = self.account.decide_admin(wish)?;
        let changes = !facts.is_empty();
        self.record(facts);
        self.pass(0);
        Ok(changes)
    }

    pub(super) fn department(&mut self, name: &str, emails: &[&str]) {
        let name = name.to_owned();
        let put = AdminWish::PutDepartment { name: name.clone(), description: None };
        self.admin(&put).unwrap();
        let emails = emails.iter().map(|email| (*email).to_owned()).collect();
        self.admin(&AdminWish::SetMembers { name, emails }).unwrap();
    }

    /// Mina, Hana and Yuna are here. Orders is Mina's and Hana's, the kiln is Yuna's.
    pub(super) fn with_departments() -> Self {
        let mut desk = Self::new();
        let agent = desk.account.new_agent("Yuna", "Yuna@shop.example").unwrap();
        desk.record(vec![Fact::AgentSaved { agent }]);
        for agent in [MINA, HANA, YUNA] {
            desk.account.agent_here(agent, desk.now);
        }
        desk.department("Orders", &["mina@shop.example", "hana@shop.example"]);
        desk.department("Kiln", &["yuna@shop.example"]);
        desk
    }

    pub(super) fn asks_for(&mut self, name: &str, department: DepartmentId) -> ChatId {
        let (id, text) = (self.id(), "Hello".to_owned());
        let wish = VisitorWish::Say { id, text, department: Some(department), skills: vec![] };
        self.visitor(name, &wish).unwrap().chat_id.unwrap()
    }

    pub(super) fn last_line(&self, chat: ChatId) -> &LineBody {
        &self.account.chat(chat).unwrap().transcript.last().unwrap().body
    }
}

#[test]
fn domain_10_an_administrator_says_how_departments_are_and_saying_it_twice_changes_nothing() {
    let mut desk = Desk::new();
    let put = AdminWish::PutDepartment { name: " Orders ".into(), description: None };
    assert_eq!(desk.admin(&put), Ok(true));
    assert_eq!(desk.admin(&put), Ok(false));
    let members = |emails: &[&str]| AdminWish::SetMembers {
        name: "orders".into(),
        emails: emails.iter().map(|email| (*email).to_owned()).collect(),
    };
    assert_eq!(desk.admin(&members(&["Hana@shop.example", "mina@shop.example"])), Ok(true));
    assert_eq!(desk.admin(&members(&["mina@shop.example", "hana@shop.example"])), Ok(false));
    assert_eq!(desk.account.setup().departments[0].members, [MINA, HANA]);
    let stranger = Err(SetupProblem::NoSuchAgent { email: "x@shop.example".into() });
    assert_eq!(desk.admin(&members(&["x@shop.example"])), stranger);

    let rename = AdminWish::RenameDepartment { name: "Orders".into(), to: "Sales".into() };
    assert_eq!((desk.admin(&rename), desk.admin(&rename)), (Ok(true), Ok(false)));
    let department = desk.account.setup().department(ORDERS).unwrap();
    assert_eq!((department.name.as_str(), department.members.len()), ("Sales", 2));
    desk.department("Kiln", &[]);
    let taken = AdminWish::RenameDepartment { name: "Kiln".into(), to: "SALES".into() };
    assert_eq!(desk.admin(&taken), Err(SetupProblem::NameTaken { name: "SALES".into() }));
    let gone = AdminWish::EnableDepartment { name: "Orders".into(), enabled: false };
    assert_eq!(desk.admin(&gone), Err(SetupProblem::NoSuchDepartment { name: "Orders".into() }));
}

#[test]
fn domain_10_a_request_for_a_department_is_served_by_its_members_alone() {
    let mut desk = Desk::with_departments();
    let chat_id = desk.asks_for("jun", KILN);
    assert_eq!((desk.offered(MINA), desk.offered(YUNA)), (0, 1));
    let other = Refusal::OtherDepartment { department: "Kiln".into() };
    assert_eq!(desk.agent(MINA, Command::Serve { chat_id }), Err(other));
    assert_eq!(desk.agent(MINA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    assert_eq!(desk.agent(YUNA, Command::ServeNext).unwrap().chat_id, Some(chat_id));

    let everybodys = desk.says("ara", "Hello");
    assert_eq!((desk.offered(MINA), desk.offered(YUNA)), (1, 1));
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(everybodys));
}

#[test]
fn section_10_point_3_serve_next_takes_the_longest_waiting_that_this_agent_may_serve() {
    let mut desk = Desk::with_departments();
    let kiln = desk.asks_for("jun", KILN);
    desk.pass(10);
    let orders = desk.asks_for("ara", ORDERS);
    assert_eq!(desk.agent(MINA, Command::ServeNext).unwrap().chat_id, Some(orders));
    assert_eq!(desk.agent(YUNA, Command::ServeNext).unwrap().chat_id, Some(kiln));
}

#[test]
fn domain_10_a_request_for_a_department_that_nobody_can_serve_is_everybodys() {
    let mut desk = Desk::with_departments();
    desk.department("Empty", &[]);
    let chat_id = desk.asks_for("jun", DepartmentId(3));
    assert_eq!(desk.account.chat(chat_id).unwrap().route.department, None);

    let waits = desk.asks_for("ara", KILN);
    desk.admin(&AdminWish::EnableDepartment { name: "Kiln".into(), enabled: false }).unwrap();
    let closed = |line: &LineBody| {
        matches!(line, LineBody::Released { reason: ReleaseReason::DepartmentClosed, .. })
    };
    assert!(closed(desk.last_line(waits)), "the reason is on record");
    assert_eq!(desk.offered(MINA), 2);

    let orders = desk.asks_for("sol", ORDERS);
    desk.department("Orders", &[]);
    assert!(closed(desk.last_line(orders)));
    assert!(desk.agent(YUNA, Command::Serve { chat_id: orders }).is_ok());
}
