//! The rules of the account, one by one.

use super::{Account, AccountRules, ChatRoom, FirstReply, Granted, VisitorWish};
use crate::address::Address;
use bellhop_model::{
    Agent, AgentId, Author, Availability, ChatId, ChatState, Command, CommandId, EndedBy, Event,
    Fact, Message, Refusal, Seq, Timestamp, VisitorId, VisitorProfile,
    chat::LineBody,
    command::NamedCommand,
    people::Page,
    visitor_frame::{VisitorChatState, VisitorLine},
};

pub(super) const MINA: AgentId = AgentId(1);
pub(super) const HANA: AgentId = AgentId(2);
const FIRST_REPLY_MS: i64 = 5_000;
const TIMEOUT_MS: i64 = 120_000;
pub(super) const IDLE_MS: i64 = 20 * 60 * 1000;

/// An account with a clock and a journal in memory.
pub(super) struct Desk {
    pub(super) account: Account,
    pub(super) journal: Vec<Event>,
    pub(super) now: Timestamp,
    commands: u64,
}

pub(super) fn rules() -> AccountRules {
    AccountRules {
        first_reply: FirstReply { after_ms: FIRST_REPLY_MS, name: "Shop".to_owned() },
        visitor_timeout_ms: TIMEOUT_MS,
        session_idle_ms: IDLE_MS,
        proxies: vec![Address::parse("192.0.2.80").unwrap()],
        file_room: Some(1_000_000),
        chat_room: Some(ChatRoom { messages: 100, bytes: 100_000 }),
    }
}

pub(super) fn visitor(name: &str) -> VisitorProfile {
    VisitorProfile {
        id: VisitorId(name.to_owned()),
        name: None,
        language: "en".to_owned(),
        browser: String::new(),
        platform: String::new(),
        page: Page::default(),
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: Timestamp(0),
    }
}

impl Desk {
    pub(super) fn new() -> Self {
        let now = Timestamp(1_700_000_000_000);
        let mut desk =
            Self { account: Account::new(rules()), journal: Vec::new(), now, commands: 0 };
        for name in ["Mina", "Hana"] {
            let email = format!("{name}@shop.example");
            let agent = desk.account.new_agent(name, &email).unwrap();
            desk.record(vec![Fact::AgentSaved { agent }]);
        }
        desk
    }

    pub(super) fn id(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(uuid::Uuid::from_u128(u128::from(self.commands)))
    }

    pub(super) fn record(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            let event = Event { seq: self.account.head().next(), at: self.now, fact };
            self.account.apply(&event).unwrap();
            self.account.arm(&event);
            self.journal.push(event);
        }
    }

    pub(super) fn pass(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
        self.account.forget(self.now);
        loop {
            let mut facts = self.account.due(self.now);
            if facts.is_empty() {
                let Some(run) = self.account.step_trigger(self.now, true) else { return };
                facts = run;
            }
            self.record(facts);
        }
    }

    pub(super) fn agent(&mut self, agent: AgentId, command: Command) -> Result<Granted, Refusal> {
        self.agent_seeing(agent, command, None)
    }

    /// The same while this visitor is on the site.
    pub(super) fn agent_seeing(
        &mut self,
        agent: AgentId,
        command: Command,
        seen: Option<&VisitorProfile>,
    ) -> Result<Granted, Refusal> {
        let named = NamedCommand { id: self.id(), command };
        let granted = self.account.decide_agent(agent, &named, seen, self.now)?;
        self.record(granted.facts.clone());
        Ok(granted)
    }

    pub(super) fn visitor(&mut self, name: &str, wish: &VisitorWish) -> Result<Granted, Refusal> {
        let granted = self.account.decide_visitor(&visitor(name), wish, self.now)?;
        self.record(granted.facts.clone());
        Ok(granted)
    }

    pub(super) fn says(&mut self, name: &str, text: &str) -> ChatId {
        let wish = VisitorWish::Say {
            id: self.id(),
            text: text.to_owned(),
            department: None,
            skills: vec![],
        };
        self.visitor(name, &wish).unwrap().chat_id.unwrap()
    }

    pub(super) fn ends(&mut self, name: &str) {
        self.visitor(name, &VisitorWish::End).unwrap();
    }

    pub(super) fn serve(&mut self, agent: AgentId, chat_id: ChatId) {
        self.agent(agent, Command::Serve { chat_id }).unwrap();
    }

    /// How many requests the agent may serve, as the heartbeat tells her.
    pub(super) fn offered(&self, agent: AgentId) -> u32 {
        self.account.counts().waiting.get(&agent).copied().unwrap_or_default()
    }

    pub(super) fn state(&self, chat: ChatId) -> ChatState {
        self.account.chat(chat).unwrap().state
    }

    pub(super) fn sees(&self, name: &str) -> VisitorChatState {
        self.account.visitor_state(&VisitorId(name.to_owned()))
    }
}

#[test]
fn r_010_the_first_word_of_a_visitor_is_a_request() {
    let mut desk = Desk::new();
    let chat = desk.says("jun", "Is this in stock?");
    assert_eq!(desk.state(chat), ChatState::Waiting);
    assert_eq!(desk.offered(HANA), 1);
    assert_eq!(desk.account.chat(chat).unwrap().first_words(), "Is this in stock?");
    assert_eq!(desk.says("jun", "The blue one."), chat, "a second word belongs to the same chat");
}

#[test]
fn r_018_two_agents_at_once_exactly_one_serves() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    assert!(desk.agent(MINA, Command::Serve { chat_id }).is_ok());
    assert_eq!(
        desk.agent(HANA, Command::Serve { chat_id }),
        Err(Refusal::AlreadyServed { by: "Mina".to_owned() })
    );
    assert_eq!(desk.account.chat(chat_id).unwrap().agents, [MINA]);
    assert_eq!(desk.offered(HANA), 0);
    let faster = Refusal::AlreadyServed { by: "Mina".to_owned() };
    assert_eq!(desk.agent(HANA, Command::ServeNext), Err(faster), "she pressed at the same moment");
    assert_eq!(desk.agent(MINA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    desk.pass(5_001);
    assert_eq!(desk.agent(HANA, Command::ServeNext), Err(Refusal::NobodyWaiting));
    let again = desk.agent(MINA, Command::Serve { chat_id }).unwrap();
    assert_eq!(again.facts, [], "serving what one serves changes nothing");
}

#[test]
fn section_10_point_3_serve_next_takes_the_longest_waiting() {
    let mut desk = Desk::new();
    let first = desk.says("jun", "1");
    desk.pass(10);
    let second = desk.says("ara", "2");
    let third = desk.says("sol", "3");
    for expected in [first, second, third] {
        let served = desk.agent(MINA, Command::ServeNext).unwrap();
        assert_eq!(served.chat_id, Some(expected));
    }
    assert_eq!(desk.agent(MINA, Command::ServeNext), Err(Refusal::NobodyWaiting));
}

#[test]
fn r_029_only_agents_in_a_chat_speak_in_it() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    let say = |text: &str| Command::Say { chat_id, text: text.to_owned() };
    assert_eq!(desk.agent(MINA, say("Hi")), Err(Refusal::NotInChat), "not served yet");
    desk.serve(MINA, chat_id);
    assert!(desk.agent(MINA, say("Hi")).is_ok());
    assert_eq!(desk.agent(HANA, say("Hi")), Err(Refusal::NotInChat));
    assert_eq!(desk.agent(MINA, say(" \n")), Err(Refusal::TextEmpty));
    let long = "가".repeat(4_001);
    let too_long = Refusal::TextTooLong { chars: 4_001, limit: 4_000 };
    assert_eq!(desk.agent(MINA, say(&long)), Err(too_long));
    let nowhere = Command::Say { chat_id: ChatId(99), text: "Hi".to_owned() };
    assert_eq!(desk.agent(MINA, nowhere), Err(Refusal::NoSuchChat { chat_id: ChatId(99) }));
}

#[test]
fn r_075_the_chat_ends_when_the_last_agent_leaves_it() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    let ended = desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    let by = EndedBy::Agent { agent_id: MINA };
    assert_eq!(
        ended.facts,
        [Fact::AgentLeft { chat_id, agent_id: MINA }, Fact::ChatEnded { chat_id, by }]
    );
    assert_eq!(desk.sees("jun"), VisitorChatState::Left);
    assert_eq!(desk.agent(MINA, Command::EndChat { chat_id }), Err(Refusal::ChatEnded));
}

#[test]
fn r_077_to_r_080_a_chat_the_visitor_ended_stays_until_the_agent_chooses() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    assert_eq!(desk.agent(MINA, Command::ContinueChat { chat_id }), Err(Refusal::ChatNotEnded));
    desk.ends("jun");
    assert_eq!(desk.state(chat_id), ChatState::Ended);
    assert_eq!(desk.account.counts().open.get(&MINA), Some(&1), "it stays open for the agent");
    let say = Command::Say { chat_id, text: "Hi".to_owned() };
    assert_eq!(desk.agent(MINA, say.clone()), Err(Refusal::ChatEnded));
    assert_eq!(desk.agent(HANA, Command::ContinueChat { chat_id }), Err(Refusal::NotInChat));

    desk.agent(MINA, Command::ContinueChat { chat_id }).unwrap();
    assert_eq!(desk.state(chat_id), ChatState::Served);
    assert_eq!(desk.sees("jun"), VisitorChatState::Served);
    assert!(desk.agent(MINA, say).is_ok());

    desk.ends("jun");
    let left = desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    assert_eq!(left.facts, [Fact::AgentLeft { chat_id, agent_id: MINA }], "it had ended already");
    assert_eq!(desk.agent(MINA, Command::ContinueChat { chat_id }), Err(Refusal::ChatEnded));
    assert_eq!(desk.account.counts().open.get(&MINA), None);
}

#[test]
fn r_079_no_continuing_where_the_visitor_has_asked_anew() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.ends("jun");
    let newer = desk.says("jun", "One more thing");
    assert_ne!(newer, chat_id);
    assert_eq!(desk.agent(MINA, Command::ContinueChat { chat_id }), Err(Refusal::ChatEnded));
    desk.ends("jun");
    desk.agent(MINA, Command::ContinueChat { chat_id }).unwrap();
    assert_eq!(desk.says("jun", "Back here"), chat_id);
}

#[test]
fn domain_9_after_the_agents_left_the_same_chat_comes_back_at_the_bottom() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(10);
    let other = desk.says("ara", "I was first");
    desk.pass(10);
    assert_eq!(desk.says("jun", "Still there?"), chat_id);
    let chat = desk.account.chat(chat_id).unwrap();
    assert!(chat.came_back());
    assert_eq!(chat.first_words(), "Hello", "with its history");
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(other));
    assert_eq!(desk.agent(HANA, Command::ServeNext).unwrap().chat_id, Some(chat_id));
}

#[test]
fn domain_9_after_the_session_a_word_is_a_new_request() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(IDLE_MS);
    assert_eq!(desk.sees("jun"), VisitorChatState::None);
    assert_ne!(desk.says("jun", "Hello again"), chat_id);
}

#[test]
fn domain_9_a_visitor_who_ended_the_chat_asks_anew() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.ends("jun");
    assert_eq!(desk.sees("jun"), VisitorChatState::Ended);
    assert_eq!(desk.account.chat(chat_id).unwrap().state, ChatState::Missed, "never served");
    assert_eq!(desk.visitor("jun", &VisitorWish::End), Err(Refusal::ChatEnded));
    assert_ne!(desk.says("jun", "Hello again"), chat_id);
    assert_eq!(desk.offered(HANA), 1);
}

#[test]
fn domain_9_a_visitor_who_goes_away_ends_the_chat_and_one_who_reloads_does_not() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    let jun = VisitorId("jun".to_owned());
    desk.account.visitor_gone(&jun, desk.now);
    desk.pass(TIMEOUT_MS - 1);
    desk.account.visitor_here(&jun);
    desk.pass(TIMEOUT_MS);
    assert_eq!(desk.state(chat_id), ChatState::Served);

    desk.account.visitor_gone(&jun, desk.now);
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(TIMEOUT_MS)));
    desk.pass(TIMEOUT_MS);
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!((chat.state, chat.ended_by), (ChatState::Ended, Some(EndedBy::Timeout)));
    assert!(chat.may_continue(MINA));

    // Continued while the visitor is away: it gets the whole time anew.
    desk.agent(MINA, Command::ContinueChat { chat_id }).unwrap();
    desk.pass(TIMEOUT_MS - 1);
    assert_eq!(desk.state(chat_id), ChatState::Served);
    desk.pass(1);
    assert_eq!(desk.state(chat_id), ChatState::Ended);
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(0);
    assert_eq!(desk.account.next_due(true), None, "nothing is left to do");
}

#[test]
fn domain_9_who_does_nothing_on_the_site_while_nobody_says_anything_ends_the_chat() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    let waits = desk.says("sora", "Hello");
    desk.serve(MINA, chat_id);
    for name in ["jun", "sora"] {
        desk.account.visitor_here(&VisitorId(name.to_owned()));
    }
    desk.pass(IDLE_MS / 2);
    let since = desk.now.plus(-IDLE_MS / 2);
    for name in ["jun", "sora"] {
        desk.account.visitor_idle(&VisitorId(name.to_owned()), since);
    }
    desk.agent(MINA, Command::Say { chat_id, text: "Are you still there?".to_owned() }).unwrap();
    desk.pass(IDLE_MS - 1);
    assert_eq!(desk.state(chat_id), ChatState::Served, "there was a word");
    // A sign of life is enough.
    let jun = VisitorId("jun".to_owned());
    desk.account.visitor_here(&jun);
    desk.pass(IDLE_MS);
    assert_eq!(desk.state(chat_id), ChatState::Served);
    desk.account.visitor_idle(&jun, desk.now.plus(-1_000));
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(IDLE_MS - 1_000)));
    desk.pass(IDLE_MS - 1_000);
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!((chat.state, chat.ended_by), (ChatState::Ended, Some(EndedBy::Timeout)));
    assert_eq!(desk.state(waits), ChatState::Waiting, "a request is not given up");
    // Who goes away is not idle but away.
    let sora = VisitorId("sora".to_owned());
    desk.account.visitor_gone(&sora, desk.now);
    desk.pass(TIMEOUT_MS);
    assert_eq!(desk.state(waits), ChatState::Missed);
}

#[test]
fn r_016_the_first_reply_is_sent_once_and_only_while_somebody_is_there() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.pass(0);
    assert_eq!(desk.account.next_due(true), Some(desk.now.plus(FIRST_REPLY_MS)));
    assert_eq!(desk.account.next_due(false), None);
    desk.now = desk.now.plus(FIRST_REPLY_MS);
    assert_eq!(desk.account.step_trigger(desk.now, false), None);
    desk.pass(0);
    desk.pass(FIRST_REPLY_MS);
    let chat = desk.account.chat(chat_id).unwrap();
    let automatic = chat.transcript.iter().filter(|line| {
        matches!(&line.body, LineBody::Said { message: Message { author: Author::Trigger { name }, .. } }
            if name == "Shop")
    });
    assert_eq!(automatic.count(), 1);
    assert_eq!(desk.account.next_due(true), None);
}

#[test]
fn r_016_the_first_reply_speaks_the_language_of_the_page() {
    let mut desk = Desk::new();
    let mut profile = visitor("jun");
    profile.page.language = "ko".to_owned();
    let wish = VisitorWish::Say {
        id: desk.id(),
        text: "Hello".to_owned(),
        department: None,
        skills: vec![],
    };
    let granted = desk.account.decide_visitor(&profile, &wish, desk.now).unwrap();
    desk.record(granted.facts);
    let then = desk.now.plus(FIRST_REPLY_MS);
    // It waits, and then speaks.
    assert_eq!(desk.account.step_trigger(then, true), Some(Vec::new()));
    let facts = desk.account.step_trigger(then, true).unwrap();
    let [Fact::TriggerFired { .. }, Fact::MessagePosted { message, .. }] = &facts[..] else {
        panic!("{facts:?}")
    };
    assert!(message.text.starts_with("문의해 주셔서"), "{}", message.text);
}

#[test]
fn r_016_a_served_chat_and_one_that_came_back_get_no_first_reply() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.pass(FIRST_REPLY_MS);
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.says("jun", "Still there?");
    desk.pass(FIRST_REPLY_MS);
    let chat = desk.account.chat(chat_id).unwrap();
    assert_eq!(chat.state, ChatState::Waiting);
    assert!(!chat.transcript.iter().any(|line| {
        matches!(&line.body, LineBody::Said { message }
            if matches!(message.author, Author::Trigger { .. }))
    }));
}

#[test]
fn r_074_whoever_was_in_a_chat_tags_it_also_afterwards() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    let tag = |tags: &[&str]| Command::SetTags {
        chat_id,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    assert_eq!(desk.agent(HANA, tag(&["vip"])), Err(Refusal::NotInChat));
    desk.serve(MINA, chat_id);
    desk.agent(MINA, tag(&["vip", "환불", "vip"])).unwrap();
    assert_eq!(desk.account.chat(chat_id).unwrap().tags, ["vip", "환불"]);
    assert_eq!(desk.agent(MINA, tag(&["vip", "환불"])).unwrap().facts, []);
    assert!(matches!(desk.agent(MINA, tag(&["two words"])), Err(Refusal::TagInvalid { .. })));
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    desk.pass(IDLE_MS);
    assert_eq!(desk.account.chat(chat_id), None, "only what is still asked about it is kept");
    desk.agent(MINA, tag(&["late"])).unwrap();
    assert_eq!(desk.agent(MINA, tag(&["late"])).unwrap().facts, []);
    assert_eq!(desk.agent(HANA, tag(&["late"])), Err(Refusal::NotInChat));
}

#[test]
fn domain_3_an_availability_is_a_fact_only_when_it_changes() {
    let mut desk = Desk::new();
    let away = Command::SetAvailability { availability: Availability::Away };
    assert_eq!(desk.agent(MINA, away.clone()).unwrap().facts.len(), 1);
    assert_eq!(desk.agent(MINA, away).unwrap().facts, []);
    assert_eq!(desk.account.agent(MINA).unwrap().availability, Availability::Away);
}

#[test]
fn r_043_a_name_is_kept_for_the_next_chat() {
    let mut desk = Desk::new();
    let named = VisitorWish::Name { name: " Jun\u{202E} Park ".to_owned() };
    assert_eq!(desk.visitor("jun", &named).unwrap().facts, [], "there is no chat to show it in");
    let chat_id = desk.says("jun", "Hello");
    desk.visitor("jun", &named).unwrap();
    assert_eq!(desk.visitor("jun", &named).unwrap().facts, [], "it is their name already");
    assert_eq!(desk.account.chat(chat_id).unwrap().visitor.label(), "Jun Park");
    let jun = VisitorId("jun".to_owned());
    assert_eq!(desk.account.name_of_visitor(&jun), Some("Jun Park"));
}

#[test]
fn a_command_of_a_newer_version_is_refused_by_name() {
    let mut desk = Desk::new();
    assert_eq!(desk.agent(MINA, Command::Unknown), Err(Refusal::UnknownCommand));
}

#[test]
fn a_visitor_sees_neither_tags_nor_numbers_of_the_journal() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "Hello");
    desk.serve(MINA, chat_id);
    desk.agent(MINA, Command::SetTags { chat_id, tags: vec!["vip".to_owned()] }).unwrap();
    desk.agent(MINA, Command::Say { chat_id, text: "Hi".to_owned() }).unwrap();
    let jun = VisitorId("jun".to_owned());
    let all = desk.account.visitor_sight(&jun, Seq(0));
    assert!(!all.reset);
    assert_eq!(all.lines.len(), 3, "hello, joined, hi");
    assert!(matches!(&all.lines[1].line, VisitorLine::Joined { name, .. } if name == "Mina"));
    assert_eq!(all.lines[0].prev, Seq(0));
    for pair in all.lines.windows(2) {
        assert_eq!(pair[1].prev, pair[0].seq);
    }
    assert!(all.lines[2].seq.0 < 1 << 53);

    let rest = desk.account.visitor_sight(&jun, all.lines[1].seq);
    assert_eq!((rest.reset, rest.lines.len()), (false, 1), "resume by cursor");
    let newest = desk.account.newest_seen(desk.account.chat(chat_id).unwrap(), desk.account.head());
    assert_eq!(newest.as_ref(), all.lines.last());

    desk.ends("jun");
    desk.pass(1_000);
    desk.says("jun", "Another matter");
    let other = desk.account.visitor_sight(&jun, all.lines[2].seq);
    assert!(other.reset, "the lines the browser has are of another chat");
    assert!(other.lines[0].seq > all.lines[2].seq);
}

#[test]
fn law_3_a_fact_that_does_not_follow_is_not_applied() {
    let mut desk = Desk::new();
    let head = desk.account.head();
    let fact = Fact::AgentJoined { chat_id: ChatId(5), agent_id: MINA };
    let late = Event { seq: Seq(head.0 + 2), at: desk.now, fact: fact.clone() };
    assert!(desk.account.apply(&late).is_err());
    assert!(desk.account.apply(&Event { seq: head.next(), at: desk.now, fact }).is_err());
    let newer = Event { seq: head.next(), at: desk.now, fact: Fact::Unknown };
    assert!(desk.account.apply(&newer).unwrap_err().to_string().contains("newer version"));
    assert_eq!(desk.account.head(), head);
}

#[test]
fn agents_are_numbered_in_the_order_they_come() {
    let desk = Desk::new();
    let agents: Vec<&Agent> = desk.account.agents().collect();
    assert_eq!(agents.iter().map(|agent| agent.id).collect::<Vec<_>>(), [MINA, HANA]);
}

#[test]
fn limits_a_chat_has_room_for_so_much_and_the_next_one_has_room_again() {
    let mut desk = Desk::new();
    let chat_id = desk.says("jun", "1");
    desk.serve(MINA, chat_id);
    let say = |text: &str| Command::Say { chat_id, text: text.to_owned() };
    for number in 2..=100 {
        if number % 2 == 0 {
            desk.agent(MINA, say("Yes")).unwrap();
        } else {
            desk.says("jun", "And?");
        }
    }
    let full = || Err(Refusal::limit("messages", 100));
    assert_eq!(desk.agent(MINA, say("one more")), full());
    let words = |number: u8| VisitorWish::Say {
        id: CommandId::from_parts(Timestamp(1), [number; 10]),
        text: "one more".to_owned(),
        department: None,
        skills: Vec::new(),
    };
    assert_eq!(desk.visitor("jun", &words(1)), full());
    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
    assert_ne!(desk.says("jun", "Back again"), chat_id, "a full chat does not come back");

    let long = "a".repeat(4_000);
    let other = desk.says("ara", &long);
    for _ in 1..25 {
        assert_eq!(desk.says("ara", &long), other);
    }
    assert_eq!(desk.visitor("ara", &words(2)), Err(Refusal::limit("text_bytes", 100_000)));
    desk.ends("ara");
    assert_ne!(desk.says("ara", &long), other);
}
