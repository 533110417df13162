//! Team chats against a simple model: a set of agents is a chat.

use crate::account::{
    Account,
    department_tests::YUNA,
    tests::{Desk, HANA, MINA, rules},
};
use bellhop_model::{AgentId, Fact, Refusal, Seq, TeamChatId, manage::Management};
use proptest::{prelude::*, sample::select};
use std::collections::{BTreeMap, BTreeSet};

const DORA: AgentId = AgentId(4);
const ALL: [AgentId; 4] = [MINA, HANA, YUNA, DORA];
const STRANGER: AgentId = AgentId(9);

#[derive(Debug, Clone)]
enum Step {
    Says(AgentId, Vec<AgentId>),
    /// How far of what there is, in hundredths.
    Reads(AgentId, u64, u64),
    Sends(AgentId),
    Visitor,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let agent = || select(ALL.to_vec());
    let to = prop::collection::vec(prop_oneof![12 => agent(), 1 => Just(STRANGER)], 0..4);
    prop_oneof![
        8 => (agent(), to).prop_map(|(agent, to)| Step::Says(agent, to)),
        6 => (agent(), 1_u64..8, 0_u64..120).prop_map(|(agent, chat, far)| Step::Reads(agent, chat, far)),
        1 => agent().prop_map(Step::Sends),
        1 => Just(Step::Visitor),
        1 => Just(Step::Restart),
    ]
}

/// A team chat, said over again.
#[derive(Debug, Default)]
struct Talk {
    id: Option<TeamChatId>,
    last: Seq,
    read: BTreeMap<AgentId, Seq>,
}

#[derive(Debug, Default)]
struct Model {
    talks: BTreeMap<BTreeSet<AgentId>, Talk>,
}

impl Model {
    fn says(&mut self, desk: &mut Desk, agent: AgentId, to: &[AgentId]) {
        let members: BTreeSet<AgentId> = to.iter().copied().chain([agent]).collect();
        let text = "Lunch?".to_owned();
        let said = desk.wishes(agent, Management::SayToTeam { to: to.to_vec(), text });
        if members.len() < 2 {
            return assert_eq!(said, Err(Refusal::ToOneself));
        }
        if members.contains(&STRANGER) {
            return assert_eq!(said, Err(Refusal::NoSuchAgent { agent_id: STRANGER }));
        }
        let facts = said.unwrap();
        let [fact @ Fact::TeamSaid { team_chat_id, members: told, message }] = &facts[..] else {
            panic!("{facts:?}")
        };
        assert_eq!(message.author, bellhop_model::Author::Agent { agent_id: agent });
        let all: Vec<AgentId> = members.iter().copied().collect();
        assert_eq!((told, fact.audience().as_ref()), (&all, Some(&all)), "its members alone");
        let others = self.talks.iter().filter(|(known, _)| **known != members);
        assert!(others.into_iter().all(|(_, talk)| talk.id != Some(*team_chat_id)), "two in one");
        let talk = self.talks.entry(members).or_default();
        assert_eq!(*talk.id.get_or_insert(*team_chat_id), *team_chat_id, "one for each set");
        // The stock trigger has nothing to say here: what was said is the newest event.
        talk.last = desk.account.head();
        talk.read.insert(agent, talk.last);
    }

    fn reads(&mut self, desk: &mut Desk, agent: AgentId, chat: u64, far: u64) {
        let team_chat_id = TeamChatId(chat);
        let known = self.talks.iter_mut().find(|(_, talk)| talk.id == Some(team_chat_id));
        let up_to = Seq(desk.account.head().0 * far / 100);
        let read = desk.wishes(agent, Management::ReadTeamChat { team_chat_id, up_to });
        let Some((_, talk)) = known.filter(|(members, _)| members.contains(&agent)) else {
            return assert_eq!(read, Err(Refusal::NoSuchTeamChat { team_chat_id }));
        };
        let (before, now) =
            (talk.read.get(&agent).copied().unwrap_or_default(), up_to.min(talk.last));
        let fact = Fact::TeamRead { team_chat_id, agent_id: agent, up_to: now };
        let news = now > before;
        assert_eq!(
            read,
            Ok(news.then_some(fact).into_iter().collect()),
            "never back, never beyond"
        );
        if news {
            talk.read.insert(agent, now);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn r_115_whoever_says_what_to_whom_each_set_of_agents_has_one_chat_and_nobody_else_is_told(
        steps in prop::collection::vec(step(), 1..50)
    ) {
        let mut desk = Desk::with_departments();
        let agent = desk.account.new_agent("Dora", "dora@shop.example").unwrap();
        desk.record(vec![Fact::AgentSaved { agent }]);
        let (mut model, mut visitors) = (Model::default(), 0);
        for step in steps {
            let counts = desk.account.counts();
            match step {
                Step::Says(agent, to) => model.says(&mut desk, agent, &to),
                Step::Reads(agent, chat, far) => model.reads(&mut desk, agent, chat, far),
                Step::Sends(agent) => {
                    let (to, name) = (ALL.to_vec(), "list.pdf".to_owned());
                    let sent = desk.wishes(agent, Management::SendFileToTeam { to, name });
                    prop_assert_eq!(sent, Err(Refusal::NoFilesInTeamChats));
                }
                Step::Visitor => {
                    visitors += 1;
                    desk.says(&format!("v{visitors}"), "Hello");
                    continue;
                }
                Step::Restart => {
                    let bytes = desk.account.to_snapshot().unwrap();
                    desk.account = Account::from_snapshot(rules(), &bytes).unwrap();
                }
            }
            // no load, no request, no chat of a visitor.
            let after = desk.account.counts();
            prop_assert_eq!((after.waiting, after.open), (counts.waiting, counts.open));
            prop_assert_eq!(desk.account.chats.len(), visitors);
        }
    }
}
