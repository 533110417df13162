//! Shortcuts (domain.md 4): who makes, sees and uses which.

use super::{
    AdminWish, SetupProblem,
    department_tests::{KILN, ORDERS, YUNA},
    tests::{Desk, HANA, MINA},
};
use bellhop_model::{
    AgentId, Command, DepartmentId, Extent, Fact, Permission, Refusal,
    chat::LineBody,
    limits::{SHORTCUTS, SHORTCUTS_AT_ONCE, SHORTCUTS_PER_AGENT, TAGS_PER_CHAT},
    manage::Management,
    refusal::FieldProblem,
    shortcut::{Scope, Shortcut},
    visitor_frame::VisitorLine,
};
use proptest::prelude::*;

fn shortcut(name: &str, scope: Scope) -> Shortcut {
    Shortcut {
        name: name.to_owned(),
        message: format!("This is {name}."),
        options: Vec::new(),
        tags: Vec::new(),
        scope,
    }
}

fn of(agent_id: AgentId) -> Scope {
    Scope::Agent { agent_id }
}

fn for_departments(ids: &[DepartmentId]) -> Scope {
    Scope::Departments { department_ids: ids.to_vec() }
}

fn put(shortcut: Shortcut) -> Management {
    Management::PutShortcut { shortcut }
}

fn remove(name: &str) -> Management {
    Management::RemoveShortcut { name: name.to_owned() }
}

fn no() -> Refusal {
    Refusal::NotPermitted { permission: "manage_shortcuts".to_owned() }
}

impl Desk {
    fn sees_shortcuts(&self, agent: AgentId) -> Vec<String> {
        self.account.shortcuts_of(agent, None).map(|known| known.name.clone()).collect()
    }
}

#[test]
fn domain_4_agents_make_personal_shortcuts_and_administrators_the_others() {
    let mut desk = Desk::with_departments();
    assert!(desk.manages(HANA, put(shortcut("mine", of(HANA)))).is_ok());
    for scope in [Scope::All, for_departments(&[ORDERS]), of(MINA)] {
        assert_eq!(desk.manages(HANA, put(shortcut("theirs", scope))), Err(no()));
    }
    desk.manages(MINA, put(shortcut("all", Scope::All))).unwrap();
    desk.manages(MINA, put(shortcut("kiln", for_departments(&[KILN])))).unwrap();
    assert_eq!(desk.sees_shortcuts(HANA), ["all", "mine"]);
    assert_eq!(desk.sees_shortcuts(YUNA), ["all", "kiln"]);
    assert_eq!(desk.sees_shortcuts(MINA), ["all"], "she is not in the kiln");

    desk.agents_may(Permission::ManageShortcuts, Extent::Department);
    let both = for_departments(&[ORDERS, KILN]);
    assert_eq!(desk.manages(HANA, put(shortcut("both", both))), Err(no()));
    assert!(desk.manages(HANA, put(shortcut("orders", for_departments(&[ORDERS])))).is_ok());
    assert_eq!(desk.manages(HANA, remove("all")), Err(no()));
    desk.agents_may(Permission::ManageShortcuts, Extent::None);
    assert_eq!(desk.manages(HANA, put(shortcut("mine", of(HANA)))), Err(no()));
}

#[test]
fn domain_4_a_name_is_one_shortcuts_and_a_colleagues_own_is_only_known_to_be_taken() {
    let mut desk = Desk::with_departments();
    desk.manages(YUNA, put(shortcut("Hi", of(YUNA)))).unwrap();
    let taken = Refusal::ShortcutNameTaken { name: "hi".to_owned() };
    assert_eq!(desk.manages(HANA, put(shortcut("hi", of(HANA)))), Err(taken.clone()));
    assert_eq!(desk.manages(MINA, put(shortcut("hi", Scope::All))), Err(taken));
    let none = Refusal::NoSuchShortcut { name: "hi".to_owned() };
    assert_eq!(desk.manages(MINA, remove("hi")), Err(none.clone()));
    let again = desk.manages(YUNA, put(shortcut("Hi", of(YUNA)))).unwrap();
    assert_eq!(again.facts, [], "it is so already");
    desk.manages(YUNA, put(shortcut("HI", of(YUNA)))).unwrap();
    assert_eq!(desk.sees_shortcuts(YUNA), ["HI"]);
    desk.manages(YUNA, remove("hi")).unwrap();
    assert_eq!(desk.manages(YUNA, remove("hi")), Err(none));
}

#[test]
fn domain_4_one_or_many_are_reassigned_or_none_of_them() {
    let mut desk = Desk::with_departments();
    for name in ["a", "b"] {
        desk.manages(MINA, put(shortcut(name, of(MINA)))).unwrap();
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let to_all =
        |list: &[&str]| Management::ReassignShortcuts { names: names(list), scope: Scope::All };
    let none = Refusal::NoSuchShortcut { name: "c".to_owned() };
    assert_eq!(desk.manages(MINA, to_all(&["a", "c"])), Err(none));
    assert_eq!(desk.sees_shortcuts(HANA), Vec::<String>::new());
    assert_eq!(desk.manages(MINA, to_all(&["a", "B", "a"])).unwrap().facts.len(), 2);
    assert_eq!(desk.sees_shortcuts(HANA), ["a", "b"]);
    let many = Management::ReassignShortcuts {
        names: vec!["a".to_owned(); SHORTCUTS_AT_ONCE + 1],
        scope: Scope::All,
    };
    let problem = Refusal::field("names", FieldProblem::TooMany);
    assert_eq!(desk.manages(MINA, many), Err(problem));
    let nowhere = put(shortcut("x", for_departments(&[DepartmentId(9)])));
    let none = Refusal::NoSuchDepartment { department_id: DepartmentId(9) };
    assert_eq!(desk.manages(MINA, nowhere), Err(none));
}

#[test]
fn domain_4_a_used_shortcut_says_offers_and_tags() {
    let mut desk = Desk::with_departments();
    let chat_id = desk.says("jun", "Hello");
    let full = Shortcut {
        options: vec!["Yes".to_owned(), "No".to_owned()],
        tags: vec!["solved".to_owned(), "vip".to_owned()],
        ..shortcut("goodbye", for_departments(&[ORDERS]))
    };
    desk.manages(MINA, put(full)).unwrap();
    let use_it = |name: &str| Command::SayShortcut {
        chat_id,
        shortcut: name.to_owned(),
        text: "Is that all, Jun?".to_owned(),
    };
    assert_eq!(desk.agent(HANA, use_it("goodbye")), Err(Refusal::NotInChat));
    desk.serve(HANA, chat_id);
    desk.agent(HANA, Command::SetTags { chat_id, tags: vec!["vip".to_owned()] }).unwrap();
    let granted = desk.agent(HANA, use_it("Goodbye")).unwrap();
    assert!(matches!(
        &granted.facts[..],
        [Fact::MessagePosted { message, .. }, Fact::OptionsOffered { options, .. }, Fact::TagsSet { tags, .. }]
            if message.text == "Is that all, Jun?" && options == &["Yes", "No"] && tags == &["vip", "solved"]
    ));
    let seen = desk
        .account
        .visitor_sight(&bellhop_model::VisitorId("jun".to_owned()), bellhop_model::Seq(0));
    let last = &seen.lines.last().unwrap().line;
    assert_eq!(*last, VisitorLine::Options { options: vec!["Yes".to_owned(), "No".to_owned()] });
    let offered = LineBody::Offered { options: vec!["Yes".to_owned(), "No".to_owned()] };
    assert!(desk.account.chat(chat_id).unwrap().transcript.iter().any(|line| line.body == offered));

    desk.manages(MINA, put(shortcut("own", of(MINA)))).unwrap();
    let none = Refusal::NoSuchShortcut { name: "own".to_owned() };
    assert_eq!(desk.agent(HANA, use_it("own")), Err(none), "it is Mina's");
    let plain = shortcut("plain", Scope::All);
    desk.manages(MINA, put(plain)).unwrap();
    assert_eq!(desk.agent(HANA, use_it("plain")).unwrap().facts.len(), 1);
    let tags = (0..TAGS_PER_CHAT).map(|n| format!("t{n}")).collect();
    desk.agent(HANA, Command::SetTags { chat_id, tags }).unwrap();
    let many = Refusal::TooManyTags { count: TAGS_PER_CHAT + 2, limit: TAGS_PER_CHAT };
    assert_eq!(desk.agent(HANA, use_it("goodbye")), Err(many));
}

#[test]
fn domain_4_there_are_15_000_shortcuts_and_no_more() {
    let mut desk = Desk::new();
    for n in 0..SHORTCUTS {
        desk.record(vec![Fact::ShortcutSaved { shortcut: shortcut(&format!("n{n}"), Scope::All) }]);
    }
    let limit = Refusal::LimitReached { what: "shortcuts".to_owned(), limit: 15_000 };
    assert_eq!(desk.manages(MINA, put(shortcut("one more", Scope::All))), Err(limit.clone()));
    let admin = AdminWish::PutShortcut { shortcut: shortcut("one more", Scope::All) };
    assert_eq!(desk.admin(&admin), Err(SetupProblem::Refused(limit)));
    assert!(desk.manages(MINA, put(shortcut("N14999", Scope::All))).is_ok(), "it is there");
    desk.manages(MINA, remove("n0")).unwrap();
    assert!(desk.manages(MINA, put(shortcut("one more", Scope::All))).is_ok());
}

#[test]
fn domain_4_an_agent_has_only_so_many_of_her_own() {
    let mut desk = Desk::new();
    for n in 0..SHORTCUTS_PER_AGENT {
        let shortcut = shortcut(&format!("n{n}"), of(HANA));
        desk.record(vec![Fact::ShortcutSaved { shortcut }]);
    }
    let limit = Err(Refusal::limit("own_shortcuts", SHORTCUTS_PER_AGENT));
    assert_eq!(desk.manages(HANA, put(shortcut("more", of(HANA)))), limit);
    let other = Shortcut { message: "Else".to_owned(), ..shortcut("n1", of(HANA)) };
    assert!(desk.manages(HANA, put(other)).is_ok(), "it is there");
    desk.manages(MINA, put(shortcut("mine", of(MINA)))).unwrap();
    desk.manages(MINA, put(shortcut("all", Scope::All))).unwrap();
    desk.agents_may(Permission::ManageShortcuts, Extent::Account);
    let names = vec!["all".to_owned()];
    let reassign = Management::ReassignShortcuts { names, scope: of(HANA) };
    assert_eq!(desk.manages(HANA, reassign.clone()), limit);
    desk.manages(HANA, remove("n0")).unwrap();
    assert!(desk.manages(HANA, reassign).is_ok());
}

#[test]
fn domain_6_an_agents_own_shortcut_gives_no_tag_that_she_may_not_give() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    let tagged = |name: &str, scope| Shortcut {
        tags: vec!["known".to_owned(), format!("of-{name}")],
        ..shortcut(name, scope)
    };
    desk.manages(HANA, put(tagged("own", of(HANA)))).unwrap();
    desk.manages(MINA, put(tagged("all", Scope::All))).unwrap();
    desk.admin(&AdminWish::KnowTags { tags: vec!["known".to_owned()] }).unwrap();
    desk.admin(&AdminWish::AllowNewTags { allowed: false }).unwrap();
    let mut use_it = |name: &str| {
        let (shortcut, text) = (name.to_owned(), "Hello".to_owned());
        desk.agent(HANA, Command::SayShortcut { chat_id, shortcut, text }).unwrap();
        desk.account.chat(chat_id).unwrap().tags.clone()
    };
    assert_eq!(use_it("own"), ["known"]);
    assert_eq!(use_it("all"), ["known", "of-all"], "an administrator made it");
}

#[test]
fn a_shortcut_that_adds_no_tag_is_said_however_many_the_chat_has() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(HANA, chat_id);
    desk.manages(MINA, put(shortcut("plain", Scope::All))).unwrap();
    // Triggers of an older version gave more than there may be.
    let tags = (0..=TAGS_PER_CHAT).map(|n| format!("t{n}")).collect();
    desk.record(vec![Fact::TagsAdded { chat_id, tags }]);
    let text = "Hello".to_owned();
    let use_it = Command::SayShortcut { chat_id, shortcut: "plain".to_owned(), text };
    assert_eq!(desk.agent(HANA, use_it).unwrap().facts.len(), 1);
}

#[test]
fn the_version_of_the_list_rises_with_what_agents_see_of_it() {
    let mut desk = Desk::with_departments();
    desk.manages(MINA, put(shortcut("kiln", for_departments(&[KILN])))).unwrap();
    let version = desk.account.shortcuts_version();
    assert_eq!(version, desk.account.head());
    desk.says("jun", "Hello");
    assert_eq!(desk.account.shortcuts_version(), version);
    desk.department("Kiln", &["mina@shop.example"]);
    assert!(desk.account.shortcuts_version() > version);
    assert_eq!(desk.sees_shortcuts(MINA), ["kiln"]);
}

fn any_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::All),
        prop_oneof![Just(MINA), Just(HANA), Just(YUNA)].prop_map(of),
        prop::sample::subsequence(vec![ORDERS, KILN], 1..=2)
            .prop_map(|department_ids| Scope::Departments { department_ids }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whoever wishes what: an agent without more than her own changes nobody else's, and what is
    /// listed to her is what its scope says.
    #[test]
    fn domain_4_nobody_sees_or_changes_what_is_not_hers(
        wishes in prop::collection::vec(
            (prop_oneof![Just(HANA), Just(YUNA), Just(MINA)], 0..4_usize, any_scope(), any::<bool>()),
            1..40,
        )
    ) {
        let mut desk = Desk::with_departments();
        for (agent, name, scope, removes) in wishes {
            let name = ["hi", "help", "bye", "wait"][name];
            let others = |desk: &Desk| -> Vec<Shortcut> {
                desk.account.shortcuts().filter(|known| known.scope != of(agent)).cloned().collect()
            };
            let before = others(&desk);
            let wish = if removes { remove(name) } else { put(shortcut(name, scope)) };
            let _ = desk.manages(agent, wish);
            if agent != MINA {
                prop_assert_eq!(before, others(&desk));
            }
            for agent in [MINA, HANA, YUNA] {
                let sees: Vec<_> = desk.account.shortcuts_of(agent, None).collect();
                let hers: Vec<_> = desk.account.shortcuts()
                    .filter(|known| known.scope.includes(agent, desk.account.setup()))
                    .collect();
                prop_assert_eq!(sees, hers);
            }
        }
    }
}
