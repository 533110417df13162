//! The account's known tags (domain.md 6): which there are, and whether agents may give others.

use super::{Account, SetupProblem};
use bellhop_model::{Fact, Refusal, Seq, limits::KNOWN_TAGS, refusal::FieldProblem, rules};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashSet},
    ops::Bound,
};

/// Tags of one wish of an administrator, so that an event stays small enough for every client.
const TAGS_AT_ONCE: usize = 500;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct TagList {
    known: BTreeSet<String>,
    /// Agents choose from the list, and make no tags.
    only_known: bool,
    version: Seq,
}

impl TagList {
    pub(super) fn apply(&mut self, seq: Seq, fact: &Fact) {
        match fact {
            Fact::TagListChanged { added, removed } => {
                for tag in removed {
                    self.known.remove(tag);
                }
                self.known.extend(added.iter().cloned());
            }
            Fact::TagCreationSet { allowed } => self.only_known = !allowed,
            _ => return,
        }
        self.version = seq;
    }

    /// It is in the list, or need not be.
    pub(super) fn may_be_given(&self, tag: &str) -> bool {
        !self.only_known || self.known.contains(tag)
    }

    /// An agent may give a chat, or a shortcut, these tags that it does not have yet.
    pub(super) fn check_new<'a>(
        &self,
        mut tags: impl Iterator<Item = &'a String>,
    ) -> Result<(), Refusal> {
        let stranger = tags.find(|tag| !self.may_be_given(tag));
        stranger.map_or(Ok(()), |tag| Err(Refusal::TagUnknown { tag: tag.clone() }))
    }
}

impl Account {
    /// The number of the last event that changed the list, or whether others may be given.
    #[must_use]
    pub fn tags_version(&self) -> Seq {
        self.tags.version
    }

    /// The known tags after this one, in order.
    pub fn known_tags(&self, after: Option<&str>) -> impl Iterator<Item = &String> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.tags.known.range::<str, _>((from, Bound::Unbounded))
    }

    /// Agents may give tags that are not in the list.
    #[must_use]
    pub fn creates_tags(&self) -> bool {
        !self.tags.only_known
    }

    /// These are known tags, or are no more.
    pub(super) fn change_tags(
        &self,
        tags: &[String],
        known: bool,
    ) -> Result<Option<Fact>, SetupProblem> {
        if tags.len() > TAGS_AT_ONCE {
            return Err(Refusal::field("tags", FieldProblem::TooMany).into());
        }
        let mut seen = HashSet::new();
        let mut changed = Vec::new();
        for tag in tags {
            rules::check_tag(tag)?;
            if self.tags.known.contains(tag) != known && seen.insert(tag) {
                changed.push(tag.clone());
            }
        }
        if known && self.tags.known.len() + changed.len() > KNOWN_TAGS {
            return Err(Refusal::limit("tags", KNOWN_TAGS).into());
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let (added, removed) = if known { (changed, Vec::new()) } else { (Vec::new(), changed) };
        Ok(Some(Fact::TagListChanged { added, removed }))
    }

    pub(super) fn allow_new_tags(&self, allowed: bool) -> Option<Fact> {
        (self.creates_tags() != allowed).then_some(Fact::TagCreationSet { allowed })
    }
}

#[cfg(test)]
mod tests {
    use crate::account::{
        AdminWish, SetupProblem,
        tests::{Desk, HANA},
    };
    use bellhop_model::{
        Command, Refusal,
        limits::KNOWN_TAGS,
        manage::Management,
        refusal::TagProblem,
        shortcut::{Scope, Shortcut},
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn owned(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn domain_6_agents_choose_from_the_list_unless_creating_tags_is_allowed() {
        let mut desk = Desk::new();
        let chat_id = desk.says("jun", "Hello");
        desk.serve(HANA, chat_id);
        let set = |tags: &[&str]| Command::SetTags { chat_id, tags: owned(tags) };
        desk.agent(HANA, set(&["made-up"])).expect("allowed until somebody says otherwise");
        assert_eq!(desk.admin(&AdminWish::AllowNewTags { allowed: false }), Ok(true));
        assert_eq!(desk.admin(&AdminWish::AllowNewTags { allowed: false }), Ok(false));
        let unknown = Refusal::TagUnknown { tag: "refund".to_owned() };
        assert_eq!(desk.agent(HANA, set(&["made-up", "refund"])), Err(unknown.clone()));
        desk.admin(&AdminWish::KnowTags { tags: owned(&["refund", "환불"]) }).unwrap();
        desk.agent(HANA, set(&["made-up", "refund"])).expect("the edit takes effect at once");
        desk.agent(HANA, set(&["refund"])).unwrap();
        let gone = Refusal::TagUnknown { tag: "made-up".to_owned() };
        assert_eq!(desk.agent(HANA, set(&["made-up"])), Err(gone.clone()));
        let shortcut = Shortcut {
            name: "hi".to_owned(),
            message: "Hello".to_owned(),
            options: Vec::new(),
            tags: owned(&["made-up"]),
            scope: Scope::Agent { agent_id: HANA },
        };
        assert_eq!(desk.manages(HANA, Management::PutShortcut { shortcut }), Err(gone));
        desk.admin(&AdminWish::ForgetTags { tags: owned(&["refund"]) }).unwrap();
        assert_eq!(desk.account.known_tags(None).collect::<Vec<_>>(), ["환불"]);
        desk.agent(HANA, set(&["refund"])).expect("the chat has it already");
        desk.agent(HANA, set(&[])).unwrap();
        assert_eq!(desk.agent(HANA, set(&["refund"])), Err(unknown));
    }

    #[test]
    fn domain_6_a_known_tag_is_one_that_a_chat_may_have_and_there_are_not_too_many() {
        let mut desk = Desk::new();
        let know = |tags: Vec<String>| AdminWish::KnowTags { tags };
        let blank = Refusal::TagInvalid { tag: "two words".to_owned(), reason: TagProblem::Blank };
        let told = desk.admin(&know(owned(&["fine", "two words"])));
        assert_eq!(told, Err(SetupProblem::Refused(blank)));
        assert_eq!(desk.account.known_tags(None).count(), 0);
        for from in (0..KNOWN_TAGS).step_by(500) {
            let tags = (from..from + 500).map(|n| format!("t{n}")).collect();
            assert_eq!(desk.admin(&know(tags)), Ok(true));
        }
        assert_eq!(desk.admin(&know(owned(&["t0", "t9999"]))), Ok(false), "it has them");
        let limit = Refusal::limit("tags", KNOWN_TAGS);
        assert_eq!(desk.admin(&know(owned(&["more"]))), Err(SetupProblem::Refused(limit)));
        assert_eq!(desk.account.known_tags(Some("t9998")).collect::<Vec<_>>(), ["t9999"]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Know(usize),
        Forget(usize),
        Allow(bool),
        Set(Vec<usize>),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..TAGS.len()).prop_map(Step::Know),
            (0..TAGS.len()).prop_map(Step::Forget),
            any::<bool>().prop_map(Step::Allow),
            prop::sample::subsequence(vec![0, 1, 2, 3], 0..=4).prop_map(Step::Set),
        ]
    }

    const TAGS: [&str; 4] = ["refund", "vip", "teapot", "환불"];

    proptest! {
        /// Whatever the list becomes, a chat gets a new tag only as the rules of that moment say,
        /// and a refusal changes nothing.
        #[test]
        fn domain_6_a_chat_gets_a_new_tag_only_as_the_list_says(
            steps in prop::collection::vec(step(), 1..30)
        ) {
            let mut desk = Desk::new();
            let chat_id = desk.says("jun", "Hello");
            desk.serve(HANA, chat_id);
            let (mut known, mut allowed, mut has) = (BTreeSet::new(), true, Vec::new());
            for step in steps {
                match step {
                    Step::Know(n) => {
                        known.insert(TAGS[n]);
                        desk.admin(&AdminWish::KnowTags { tags: owned(&TAGS[n..=n]) }).unwrap();
                    }
                    Step::Forget(n) => {
                        known.remove(TAGS[n]);
                        desk.admin(&AdminWish::ForgetTags { tags: owned(&TAGS[n..=n]) }).unwrap();
                    }
                    Step::Allow(is) => {
                        allowed = is;
                        desk.admin(&AdminWish::AllowNewTags { allowed }).unwrap();
                    }
                    Step::Set(tags) => {
                        let tags: Vec<&str> = tags.into_iter().map(|n| TAGS[n]).collect();
                        let may = |tag: &&str| allowed || known.contains(tag) || has.contains(tag);
                        let set = Command::SetTags { chat_id, tags: owned(&tags) };
                        let told = desk.agent(HANA, set);
                        prop_assert_eq!(told.is_ok(), tags.iter().all(may), "{:?}", told);
                        if told.is_ok() {
                            has = tags;
                        }
                    }
                }
                prop_assert_eq!(&desk.account.chat(chat_id).unwrap().tags, &has);
                let list: Vec<&str> = desk.account.known_tags(None).map(String::as_str).collect();
                prop_assert_eq!(list, known.iter().copied().collect::<Vec<_>>());
            }
        }
    }
}
