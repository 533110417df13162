//! Random faults in random order against the model service: whatever happens, in the end nothing
//! is lost, doubled or out of order, and each request was alerted once (R2, R3, R4).

use super::{
    desk::Desk,
    service::{BOTH, MINA, SORA, SORAS},
};
use bellhop_model::{
    Author, Chat, ChatId, ChatState, Command, CommandId, Fact, Refusal,
    chat::LineBody,
    frame::Rejection,
    route::{Destination, ReleaseReason},
    view::{Ask, Connection, SendState},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
enum Step {
    VisitorAsks,
    VisitorWrites(usize),
    VisitorEnds(usize),
    ColleagueServes(usize),
    ColleagueLeaves(usize),
    ColleagueTransfers(usize, usize),
    ColleagueInvites(usize),
    AnswersElsewhere(usize),
    Leave(usize),
    Released(usize, ReleaseReason),
    Departments,
    ServeNext,
    Serve(usize),
    Say(usize),
    SayAgain,
    Tag(usize),
    End(usize),
    Continue(usize),
    Transfer(usize, usize),
    Draft(usize),
    Deliver(usize),
    /// The frame that comes next is lost.
    Lose,
    /// The frame that comes next comes twice.
    Twice,
    Cut,
    Connect,
    Reject,
    Restart,
    Wake,
    Pass(i64),
    Refuse(bool),
    AnswersFirst(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = 0..6_usize;
    let step = prop_oneof![
        3 => Just(Step::VisitorAsks),
        4 => which.clone().prop_map(Step::VisitorWrites),
        2 => which.clone().prop_map(Step::VisitorEnds),
        2 => which.clone().prop_map(Step::ColleagueServes),
        2 => which.clone().prop_map(Step::ColleagueLeaves),
        3 => (which.clone(), 0..3_usize).prop_map(|(which, to)| Step::ColleagueTransfers(which, to)),
        3 => which.clone().prop_map(Step::ColleagueInvites),
        1 => which.clone().prop_map(Step::AnswersElsewhere),
        1 => which.clone().prop_map(Step::Leave),
        2 => (which.clone(), prop_oneof![
            Just(ReleaseReason::NotTaken),
            Just(ReleaseReason::DepartmentClosed),
        ]).prop_map(|(which, reason)| Step::Released(which, reason)),
        1 => Just(Step::Departments),
        2 => (which.clone(), 0..2_usize).prop_map(|(which, to)| Step::Transfer(which, to)),
        3 => Just(Step::ServeNext),
        3 => which.clone().prop_map(Step::Serve),
        6 => which.clone().prop_map(Step::Say),
        1 => Just(Step::SayAgain),
        1 => which.clone().prop_map(Step::Tag),
        2 => which.clone().prop_map(Step::End),
        1 => which.clone().prop_map(Step::Continue),
        1 => which.prop_map(Step::Draft),
        10 => (1..8_usize).prop_map(Step::Deliver),
        2 => Just(Step::Lose),
        2 => Just(Step::Twice),
        3 => Just(Step::Cut),
        6 => Just(Step::Connect),
        1 => Just(Step::Reject),
        2 => Just(Step::Restart),
        1 => Just(Step::Wake),
        2 => (1..40_000_i64).prop_map(Step::Pass),
        2 => any::<bool>().prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::AnswersFirst),
    ];
    prop::collection::vec(step, 1..60)
}

/// A desk, and what it has been told to say.
struct World {
    desk: Desk,
    said: BTreeMap<CommandId, (ChatId, String)>,
    last: Option<(CommandId, Command)>,
}

impl World {
    fn chat(&self, which: usize) -> Option<ChatId> {
        let ids: Vec<_> = self.desk.service.chats.keys().copied().collect();
        (!ids.is_empty()).then(|| ids[which % ids.len()])
    }

    fn take(&mut self, step: &Step) {
        // What waits anew does so at another moment.
        self.desk.pass(1);
        match *step {
            Step::VisitorAsks => {
                let name = format!("v{}", self.desk.service.chats.len());
                self.desk.service.asks(&name, "hello");
            }
            Step::VisitorWrites(which) => self.visitor(which, |desk, id, chat| {
                // A visitor who ended their chat asks for another (domain.md 9).
                if !chat.state.is_over() || chat.agents.is_empty() {
                    desk.service.writes(id, "more");
                }
            }),
            Step::VisitorEnds(which) => self.visitor(which, |desk, id, chat| {
                if !chat.state.is_over() {
                    desk.service.visitor_ends(id);
                }
            }),
            Step::ColleagueServes(..)
            | Step::ColleagueLeaves(..)
            | Step::ColleagueTransfers(..)
            | Step::ColleagueInvites(..)
            | Step::AnswersElsewhere(..)
            | Step::Leave(..)
            | Step::Released(..)
            | Step::Departments => self.colleagues(step),
            Step::Transfer(which, to) => self.about(which, |chat_id| match target(to) {
                Destination::Department { department_id, .. } => {
                    Command::TransferToDepartment { chat_id, department_id, note: None }
                }
                _ => Command::TransferToAgent { chat_id, agent_id: SORA, note: None },
            }),
            Step::ServeNext => self.wish(Command::ServeNext),
            Step::Serve(which) => self.about(which, |chat_id| Command::Serve { chat_id }),
            Step::Say(which) => {
                let text = format!("words {}", self.said.len());
                self.about(which, |chat_id| Command::Say { chat_id, text });
            }
            Step::SayAgain => {
                if let Some((id, command)) = self.last.clone() {
                    // A reload repeats it; whatever the answer, it must change nothing.
                    let _ = self.desk.ask(Ask::Command { id, command });
                }
            }
            Step::Tag(which) => {
                self.about(which, |chat_id| Command::SetTags { chat_id, tags: vec!["t".into()] });
            }
            Step::End(which) => self.about(which, |chat_id| Command::EndChat { chat_id }),
            Step::Continue(which) => self.about(which, |chat_id| Command::ContinueChat { chat_id }),
            Step::Draft(which) => {
                if let Some(chat_id) = self.chat(which) {
                    let _ = self.desk.ask(Ask::Draft { chat_id, text: "half a thou".into() });
                }
            }
            ref fault => self.fault(fault),
        }
    }

    fn colleagues(&mut self, step: &Step) {
        match *step {
            Step::ColleagueServes(which) => self.visitor(which, |desk, id, chat| {
                if chat.state == ChatState::Waiting {
                    desk.service.joins(id, SORA);
                }
            }),
            Step::ColleagueLeaves(which) => self.visitor(which, |desk, id, chat| {
                if chat.agents.contains(&SORA) {
                    desk.service.leaves(id, SORA);
                }
            }),
            Step::ColleagueTransfers(which, to) => self.visitor(which, |desk, id, chat| {
                if chat.agents == [SORA] && !chat.state.is_over() {
                    desk.service.transfers(id, SORA, target(to));
                }
            }),
            Step::ColleagueInvites(which) => self.visitor(which, |desk, id, chat| {
                if chat.agents == [SORA] && !chat.state.is_over() {
                    let (agent_id, invited_id) = (SORA, MINA);
                    let note = None;
                    desk.service.append(Fact::AgentInvited {
                        chat_id: id,
                        agent_id,
                        invited_id,
                        note,
                    });
                    desk.service.joins(id, MINA);
                }
            }),
            Step::Leave(which) => self.about(which, |chat_id| Command::LeaveChat { chat_id }),
            // Mina herself, at another machine.
            Step::AnswersElsewhere(which) => self.visitor(which, |desk, id, chat| {
                if chat.agents.contains(&MINA) && chat.agents.len() > 1 && !chat.state.is_over() {
                    desk.service.leaves(id, MINA);
                }
            }),
            Step::Released(which, reason) => self.visitor(which, |desk, id, chat| {
                if chat.state == ChatState::Waiting {
                    desk.service.releases(id, reason);
                }
            }),
            Step::Departments => self.desk.service.has_departments(),
            ref other => unreachable!("{other:?}"),
        }
    }

    fn fault(&mut self, step: &Step) {
        let desk = &mut self.desk;
        match *step {
            Step::Deliver(frames) => {
                for _ in 0..frames {
                    desk.deliver_one();
                }
            }
            // Only an event can be lost so that it shows; the rest goes with its line.
            Step::Lose => match desk.service.out.front() {
                Some(bellhop_model::frame::ServerFrame::Event { .. }) => {
                    desk.service.out.pop_front();
                }
                _ => desk.cut(),
            },
            Step::Twice => {
                if let Some(frame) = desk.service.out.front().cloned() {
                    desk.service.out.push_front(frame);
                }
            }
            Step::Cut => desk.cut(),
            Step::Connect => {
                if desk.opening {
                    desk.opening = false;
                    desk.input(crate::Input::Connected);
                }
            }
            Step::Reject => desk.service.reject = Some(Rejection::TooSlow),
            Step::Restart => desk.restart(),
            Step::Wake => {
                desk.input(crate::Input::Woke);
            }
            Step::Pass(ms) => desk.pass(ms),
            Step::Refuse(for_good) => desk.service.refuse.push_back(if for_good {
                Refusal::UnknownCommand
            } else {
                Refusal::StorageUnavailable
            }),
            Step::AnswersFirst(first) => desk.service.answers_first = first,
            ref other => unreachable!("{other:?}"),
        }
    }

    fn visitor(&mut self, which: usize, act: impl FnOnce(&mut Desk, ChatId, &Chat)) {
        if let Some(id) = self.chat(which) {
            let chat = self.desk.service.chats[&id].clone();
            act(&mut self.desk, id, &chat);
        }
    }

    fn about(&mut self, which: usize, command: impl FnOnce(ChatId) -> Command) {
        if let Some(id) = self.chat(which) {
            self.wish(command(id));
        }
    }

    fn wish(&mut self, command: Command) {
        if let Ok(id) = self.desk.command(command.clone()) {
            if let Command::Say { chat_id, text } = &command {
                self.said.insert(id, (*chat_id, text.clone()));
            }
            self.last = Some((id, command));
        }
    }

    /// Lets everything come to rest.
    fn settle(&mut self) {
        let desk = &mut self.desk;
        desk.service.refuse.clear();
        desk.service.reject = None;
        for _ in 0..400 {
            desk.deliver();
            if desk.opening {
                desk.connect();
            } else if desk.word() == Connection::Online
                && desk.disk.load().outbox.iter().all(|row| row.refused.is_some())
            {
                desk.pass(1_000);
                for _ in 0..2 {
                    desk.service.heartbeat();
                }
                desk.deliver();
                if desk.word() == Connection::Online {
                    return;
                }
            } else {
                desk.tick();
            }
        }
        panic!("it never came to rest: {:?}", desk.window.connection);
    }

    fn check(&self) {
        let Desk { service, disk, window, alerts, .. } = &self.desk;
        assert_eq!(disk.chats(), &service.chats, "the mirror is the service's journal, folded");
        assert_eq!(disk.load().cursor, service.head());
        let shown: Vec<_> = window.chats.iter().map(|chat| chat.head.id).collect();
        let expected: Vec<_> = service
            .chats
            .values()
            .filter(|chat| chat.is_offered_to(MINA, &service.setup) || chat.agents.contains(&MINA))
            .map(|chat| chat.id)
            .collect();
        assert_eq!(shown, expected);
        for chat in &window.chats {
            assert_eq!(chat.lines, service.chats[&chat.head.id].transcript);
        }
        self.check_messages();
        let mut told = BTreeSet::new();
        for alert in alerts {
            assert!(told.insert((alert.chat_id, alert.waiting_since)), "alerted twice: {alert:?}");
        }
        for request in window.requests() {
            let key = (request.head.id, request.head.waiting_since);
            assert!(told.contains(&key), "never alerted: {key:?}");
        }
        let asked = service.chats.values().filter(|chat| chat.invitation(MINA).is_some());
        let requests = window.requests().into_iter().map(|request| request.head.id);
        let stands: BTreeSet<_> = requests.chain(asked.map(|chat| chat.id)).collect();
        assert_eq!(self.desk.toasts, stands, "what stands on the screen is so, and all of it");
        assert_eq!(self.desk.waiting, Some(u32::try_from(window.requests().len()).unwrap()));
    }

    /// Each message stands exactly once where it was said, or is seen to have failed.
    fn check_messages(&self) {
        let Desk { service, window, .. } = &self.desk;
        let mut arrived = BTreeMap::new();
        for chat in service.chats.values() {
            let mut last = None;
            for line in &chat.transcript {
                let LineBody::Said { message } = &line.body else { continue };
                if message.author == (Author::Agent { agent_id: MINA }) {
                    let there = (chat.id, message.text.clone());
                    assert_eq!(arrived.insert(message.id, there), None, "it stands twice");
                    assert!(last < Some(message.id), "out of order");
                    last = Some(message.id);
                }
            }
        }
        for (id, said) in &self.said {
            let failed = window.chat(said.0).is_some_and(|chat| {
                chat.pending
                    .iter()
                    .any(|p| p.id == *id && matches!(p.state, SendState::Failed { .. }))
            });
            // A refused one whose chat has left was told in a notice, and notices make room for
            // newer ones.
            let refused = service.refused.contains(id);
            assert_eq!(arrived.get(id) == Some(said), !refused, "{said:?}");
            assert!(!failed || refused);
        }
        for chat in &window.chats {
            for pending in &chat.pending {
                assert!(matches!(pending.state, SendState::Failed { .. }), "{pending:?}");
            }
        }
    }
}

fn target(which: usize) -> Destination {
    let department = |department_id, name: &str| Destination::Department {
        department_id,
        name: name.to_owned(),
    };
    match which {
        0 => department(BOTH, "both"),
        1 => department(SORAS, "Sora's"),
        _ => Destination::Agent { agent_id: MINA },
    }
}

proptest! {
    #[test]
    fn r2_r3_r4_nothing_is_lost_doubled_or_out_of_order(steps in steps()) {
        let mut world = World { desk: Desk::new(), said: BTreeMap::new(), last: None };
        for step in &steps {
            world.take(step);
        }
        world.settle();
        world.check();
        // And a restart has it all again.
        world.desk.restart();
        world.settle();
        world.check();
    }
}
