//! Triggers as the account keeps them (domain.md 11): which there are, the stock ones among them,
//! which fired for whom, and what was said to visitors who have no chat yet.
//!
//! Invariant: it is a fold of the journal. What is under way is not ([`super::trigger_runs`]), but
//! for what waits of it since a message ([`super::trigger_waits`]).

use super::{Account, AccountRules, SetupProblem, trigger_waits::Waits};
use bellhop_model::{
    ChatId, CommandId, Event, Fact, Message, Refusal, Timestamp, Trigger, TriggerId, VisitorId,
    limits::{GREETINGS_PER_VISITOR, NAME_CHARS, TRIGGER_BYTES, TRIGGERS},
    refusal::FieldProblem,
    rules,
    trigger::{Action, Condition, Needs, Occasion, Operator, Subject},
};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

/// The stock trigger "First Reply".
pub(super) const FIRST_REPLY: TriggerId = TriggerId(1);
const CHAT_RESCUER: TriggerId = TriggerId(2);
const CHECKOUT_PAGE: TriggerId = TriggerId(3);

/// Visitors for whom it is remembered what fired; of more, the first are forgotten.
const REMEMBERED: usize = 200_000;
/// How long an automatic message waits for the visitor's first words.
const GREETING_KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Bytes of one compiled regular expression.
const PATTERN_BYTES: usize = 1 << 20;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Triggers {
    /// Made or changed, stock ones among them.
    saved: BTreeMap<TriggerId, Trigger>,
    removed: BTreeSet<TriggerId>,
    /// The last id that was given.
    last: u64,
    fired: HashMap<VisitorId, BTreeSet<TriggerId>>,
    /// Who is in [`Self::fired`], first to last.
    remembered: VecDeque<VisitorId>,
    /// How many actions are done in chats that are not over.
    done: HashMap<ChatId, BTreeMap<TriggerId, u32>>,
    /// What messages began and what waits.
    pub(super) waits: Waits,
    greetings: HashMap<VisitorId, Vec<Message>>,
    /// When each of them is forgotten.
    expires: BTreeSet<(Timestamp, VisitorId, CommandId)>,
    /// All there are now, in the order of their ids.
    #[serde(skip)]
    all: Vec<Arc<Trigger>>,
    /// The compiled regular expressions of all conditions.
    #[serde(skip)]
    patterns: HashMap<String, Regex>,
}

impl Triggers {
    pub(super) fn apply(&mut self, event: &Event, rules: &AccountRules) {
        while let Some((at, ..)) = self.expires.first()
            && *at <= event.at
        {
            let Some((_, visitor, message)) = self.expires.pop_first() else { break };
            self.said_in_chat(&visitor, message);
        }
        self.waits.apply(&event.fact);
        match &event.fact {
            Fact::TriggerSaved { trigger } => {
                self.removed.remove(&trigger.id);
                self.last = self.last.max(trigger.id.0);
                self.saved.insert(trigger.id, trigger.clone());
                self.renew(rules);
            }
            Fact::TriggerRemoved { trigger_id } => {
                self.saved.remove(trigger_id);
                self.removed.insert(*trigger_id);
                self.renew(rules);
            }
            Fact::TriggerFired { trigger_id, visitor_id, chat_id, step, marks } => {
                if let Some(chat) = chat_id {
                    self.done.entry(*chat).or_default().insert(*trigger_id, *step);
                }
                if *marks {
                    self.mark(*trigger_id, visitor_id);
                }
            }
            Fact::VisitorGreeted { visitor_id, message } => {
                self.greet(visitor_id, message, event.at.plus(GREETING_KEPT_MS));
            }
            _ => {}
        }
    }

    /// It is said to the visitor, who has no chat, as long as it is not too late.
    pub(super) fn greet(&mut self, visitor: &VisitorId, message: &Message, until: Timestamp) {
        self.expires.insert((until, visitor.clone(), message.id));
        self.greetings.entry(visitor.clone()).or_default().push(message.clone());
    }

    /// Nothing can be said in the chat any more.
    pub(super) fn forget_chat(&mut self, chat: ChatId) {
        self.done.remove(&chat);
    }

    /// What was said to a visitor without a chat is in their chat now, or too old.
    pub(super) fn said_in_chat(&mut self, visitor: &VisitorId, message: CommandId) {
        if let Some(kept) = self.greetings.get_mut(visitor) {
            kept.retain(|greeting| greeting.id != message);
            if kept.is_empty() {
                self.greetings.remove(visitor);
            }
        }
    }

    fn mark(&mut self, trigger: TriggerId, visitor: &VisitorId) {
        if !self.fired.contains_key(visitor) {
            self.remembered.push_back(visitor.clone());
            if self.remembered.len() > REMEMBERED
                && let Some(first) = self.remembered.pop_front()
            {
                self.fired.remove(&first);
            }
        }
        self.fired.entry(visitor.clone()).or_default().insert(trigger);
    }

    /// Makes anew what follows from the triggers that were saved.
    pub(super) fn renew(&mut self, rules: &AccountRules) {
        let stock = [FIRST_REPLY, CHAT_RESCUER, CHECKOUT_PAGE].into_iter();
        let ids: BTreeSet<TriggerId> = stock.chain(self.saved.keys().copied()).collect();
        let known = ids.into_iter().filter_map(|id| {
            let saved = self.saved.get(&id).cloned();
            saved.or_else(|| stock_trigger(id, rules).filter(|_| !self.removed.contains(&id)))
        });
        self.all = known.map(Arc::new).collect();
        let mut compiled = std::mem::take(&mut self.patterns);
        let conditions = self.all.iter().flat_map(|trigger| &trigger.conditions);
        for Condition { value, .. } in conditions.filter(|c| c.is == Operator::Matches) {
            if self.patterns.contains_key(value) {
                continue;
            }
            // Those that this version saved could be compiled.
            let kept = compiled.remove(value).or_else(|| pattern(value).ok());
            self.patterns.extend(kept.map(|kept| (value.clone(), kept)));
        }
    }

    pub(super) fn pattern(&self, value: &str) -> Option<&Regex> {
        self.patterns.get(value)
    }

    pub(super) fn has_fired(&self, trigger: TriggerId, visitor: &VisitorId) -> bool {
        self.fired.get(visitor).is_some_and(|fired| fired.contains(&trigger))
    }

    /// How many actions are done in a chat.
    pub(super) fn done_in(&self, chat: ChatId, trigger: TriggerId) -> u32 {
        self.done.get(&chat).and_then(|done| done.get(&trigger)).copied().unwrap_or_default()
    }

    /// What was said to a visitor who has no chat.
    pub(super) fn greetings(&self, visitor: &VisitorId) -> &[Message] {
        self.greetings.get(visitor).map(Vec::as_slice).unwrap_or_default()
    }

    /// How much more may be said to a visitor who has no chat.
    pub(super) fn room_for_greetings(&self, visitor: &VisitorId) -> usize {
        GREETINGS_PER_VISITOR.saturating_sub(self.greetings(visitor).len())
    }

    /// The trigger with this id, where it is enabled.
    pub(super) fn enabled(&self, id: TriggerId) -> Option<&Arc<Trigger>> {
        let at = self.all.binary_search_by_key(&id, |trigger| trigger.id).ok()?;
        self.all.get(at).filter(|trigger| trigger.enabled)
    }

    /// The enabled triggers that wait for this.
    pub(super) fn on(&self, occasion: Occasion) -> impl Iterator<Item = &Arc<Trigger>> {
        self.all.iter().filter(move |trigger| trigger.enabled && trigger.on == occasion)
    }
}

/// A regular expression that the whole text must be one of; matching takes time that is linear in
/// the text.
fn pattern(value: &str) -> Result<Regex, regex::Error> {
    // Alone first: `a)|(?:b` is none, and would be one within the brackets.
    RegexBuilder::new(value).size_limit(PATTERN_BYTES).build()?;
    RegexBuilder::new(&format!(r"\A(?:{value})\z")).size_limit(PATTERN_BYTES).build()
}

fn says(text: &str, korean: &str) -> Action {
    let translations = BTreeMap::from([("ko".to_owned(), korean.to_owned())]);
    Action::Say { name: None, text: text.to_owned(), translations }
}

fn is(what: Subject, is: Operator, value: &str) -> Condition {
    Condition { what, is, value: value.to_owned() }
}

/// The three triggers that an account has from the beginning. The first does what it says; the
/// other two wait for an administrator to enable them.
fn stock_trigger(id: TriggerId, rules: &AccountRules) -> Option<Trigger> {
    let waits = is(Subject::VisitorRequesting, Operator::Equals, "yes");
    let unserved = is(Subject::VisitorServed, Operator::Equals, "no");
    let trigger = |name: &str, on, conditions, actions| Trigger {
        id,
        name: name.to_owned(),
        enabled: id == FIRST_REPLY,
        on,
        needs: Needs::All,
        conditions,
        actions,
        once: id == CHECKOUT_PAGE,
    };
    Some(match id {
        FIRST_REPLY => {
            let for_ms = u64::try_from(rules.first_reply.after_ms).unwrap_or_default();
            let hold = says(
                "Thank you for getting in touch. Somebody will be with you shortly.",
                "문의해 주셔서 감사합니다. 곧 상담사가 답변해 드리겠습니다. 잠시만 기다려 주세요.",
            );
            let actions = vec![Action::Wait { for_ms }, hold];
            trigger("First Reply", Occasion::ChatRequested, vec![waits, unserved], actions)
        }
        CHAT_RESCUER => {
            let there = is(Subject::AccountStatus, Operator::NotEqual, "offline");
            let still = is(Subject::StillOnSite, Operator::GreaterOrEqual, "60");
            let sorry = says(
                "We are sorry to keep you waiting. We have not forgotten you.",
                "기다리게 해 드려 죄송합니다. 최대한 빨리 답변해 드리겠습니다.",
            );
            let conditions = vec![waits, unserved, still, there];
            trigger("Chat Rescuer", Occasion::ChatRequested, conditions, vec![sorry])
        }
        CHECKOUT_PAGE => {
            let page = is(Subject::PageUrl, Operator::Contains, "/checkout");
            let still = is(Subject::StillOnPage, Operator::GreaterOrEqual, "60");
            let idle = is(Subject::VisitorRequesting, Operator::Equals, "no");
            let help = says(
                "Can we help you with your order? Just write here.",
                "주문에 도움이 필요하신가요? 여기에 편하게 적어 주세요.",
            );
            let conditions = vec![page, still, idle, unserved];
            trigger("Checkout Page", Occasion::WidgetLoaded, conditions, vec![help])
        }
        _ => return None,
    })
}

impl Account {
    /// All triggers, in the order of their ids.
    #[must_use]
    pub fn triggers(&self) -> &[Arc<Trigger>] {
        &self.triggers.all
    }

    /// There is this trigger; one of the same name is it.
    pub(super) fn put_trigger(&self, trigger: &Trigger) -> Result<Option<Fact>, SetupProblem> {
        let mut trigger = trigger.clone().checked()?;
        let matching = trigger.conditions.iter().filter(|c| c.is == Operator::Matches);
        for condition in matching {
            pattern(&condition.value)
                .map_err(|error| SetupProblem::NotAPattern { problem: error.to_string() })?;
        }
        let all = self.triggers();
        let known = all.iter().find(|known| is_called(known, &trigger.name));
        trigger.id = match known {
            Some(known) => known.id,
            None if all.len() >= TRIGGERS => {
                return Err(Refusal::limit("triggers", TRIGGERS).into());
            }
            None => TriggerId(self.triggers.last.max(CHECKOUT_PAGE.0) + 1),
        };
        let size = serde_json::to_vec(&trigger).map_or(usize::MAX, |json| json.len());
        if size > TRIGGER_BYTES {
            return Err(Refusal::field("actions", FieldProblem::TooLong).into());
        }
        Ok((known.map(|known| &**known) != Some(&trigger))
            .then_some(Fact::TriggerSaved { trigger }))
    }

    pub(super) fn enable_trigger(
        &self,
        name: &str,
        enabled: bool,
    ) -> Result<Option<Fact>, SetupProblem> {
        let known = self.trigger_named(name)?;
        let trigger = Trigger { enabled, ..Trigger::clone(known) };
        Ok((**known != trigger).then_some(Fact::TriggerSaved { trigger }))
    }

    pub(super) fn remove_trigger(&self, name: &str) -> Result<Fact, SetupProblem> {
        Ok(Fact::TriggerRemoved { trigger_id: self.trigger_named(name)?.id })
    }

    fn trigger_named(&self, name: &str) -> Result<&Arc<Trigger>, SetupProblem> {
        let wanted = rules::clean_line(name, NAME_CHARS);
        let known = self.triggers().iter().find(|known| is_called(known, &wanted));
        known.ok_or_else(|| SetupProblem::NoSuchTrigger { name: name.to_owned() })
    }

    /// Automatic messages that a visitor without a chat got.
    #[must_use]
    pub fn greetings(&self, visitor: &VisitorId) -> &[Message] {
        self.triggers.greetings(visitor)
    }

    /// A visitor's first words take along what was said to them before.
    pub(super) fn greetings_in(&self, chat_id: ChatId, visitor: &VisitorId) -> Vec<Fact> {
        let greetings = self.greetings(visitor).iter().cloned();
        greetings.map(|message| Fact::MessagePosted { chat_id, message }).collect()
    }
}

fn is_called(trigger: &Trigger, name: &str) -> bool {
    trigger.name.to_lowercase() == name.to_lowercase()
}
