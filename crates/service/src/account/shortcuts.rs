//! Shortcuts (domain.md 4): which there are, who sees and who changes them, and what using one
//! leads to.
//!
//! Invariant: nobody is told of a shortcut outside its scope, not even that it is there, except
//! that its name is taken.

use super::{Account, Granted};
use bellhop_model::{
    AgentId, ChatId, CommandId, DepartmentId, Extent, Fact, Permission, Refusal, Seq, Setup,
    Timestamp,
    limits::{SHORTCUTS, SHORTCUTS_AT_ONCE, SHORTCUTS_PER_AGENT},
    refusal::FieldProblem,
    rules,
    shortcut::{Scope, Shortcut},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

/// All shortcuts of the account, by their names in lower case.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Shortcuts {
    all: BTreeMap<String, Shortcut>,
    /// The last event that may have changed what an agent sees of them.
    version: Seq,
}

impl Shortcuts {
    pub(super) fn apply(&mut self, seq: Seq, fact: &Fact) {
        match fact {
            Fact::ShortcutSaved { shortcut } => {
                self.all.insert(Shortcut::key(&shortcut.name), shortcut.clone());
            }
            Fact::ShortcutRemoved { name } => {
                self.all.remove(&Shortcut::key(name));
            }
            // Who is a member sees the department's.
            Fact::DepartmentSaved { .. } => {}
            _ => return,
        }
        self.version = seq;
    }

    fn get(&self, name: &str) -> Option<&Shortcut> {
        self.all.get(&Shortcut::key(name))
    }

    /// The agent's, in the order of their names, after this name.
    fn seen<'a>(
        &'a self,
        agent: AgentId,
        setup: &'a Setup,
        after: Option<&str>,
    ) -> impl Iterator<Item = &'a Shortcut> {
        let from = after.map_or(Bound::Unbounded, |name| Bound::Excluded(Shortcut::key(name)));
        let all = self.all.range((from, Bound::Unbounded)).map(|(_, shortcut)| shortcut);
        all.filter(move |shortcut| shortcut.scope.includes(agent, setup))
    }
}

impl Account {
    /// The number that changes with every change of what agents see of the shortcuts.
    #[must_use]
    pub fn shortcuts_version(&self) -> Seq {
        self.shortcuts.version
    }

    /// The agent's shortcuts in the order of their names, after this name.
    pub fn shortcuts_of(
        &self,
        agent: AgentId,
        after: Option<&str>,
    ) -> impl Iterator<Item = &Shortcut> {
        self.shortcuts.seen(agent, &self.setup, after)
    }

    /// All shortcuts, for administrators.
    pub fn shortcuts(&self) -> impl Iterator<Item = &Shortcut> {
        self.shortcuts.all.values()
    }

    /// Makes a shortcut, or changes the one of this name.
    pub(super) fn put_shortcut(
        &self,
        agent: AgentId,
        shortcut: &Shortcut,
    ) -> Result<Vec<Fact>, Refusal> {
        let shortcut = shortcut.clone().checked()?;
        self.may_keep(agent, &shortcut.scope)?;
        let before = self.shortcuts.get(&shortcut.name);
        let known = before.map(|before| &before.tags);
        let is_new = |tag: &&String| known.is_none_or(|known| !known.contains(tag));
        self.tags.check_new(shortcut.tags.iter().filter(is_new))?;
        if let Some(before) = before {
            if !before.scope.includes(agent, &self.setup) && !self.keeps_all(agent, &before.scope) {
                return Err(Refusal::ShortcutNameTaken { name: shortcut.name });
            }
            self.may_keep(agent, &before.scope)?;
        }
        self.shortcut_saved(shortcut).map(|fact| fact.into_iter().collect())
    }

    /// The fact that keeps it, where it is not so already.
    pub(super) fn shortcut_saved(&self, shortcut: Shortcut) -> Result<Option<Fact>, Refusal> {
        self.check_scope(&shortcut.scope)?;
        let before = self.shortcuts.get(&shortcut.name);
        match before {
            Some(before) if *before == shortcut => return Ok(None),
            None if self.shortcuts.all.len() >= SHORTCUTS => {
                return Err(Refusal::limit("shortcuts", SHORTCUTS));
            }
            _ => {}
        }
        if before.is_none_or(|before| before.scope != shortcut.scope) {
            self.has_room(&shortcut.scope, 1)?;
        }
        Ok(Some(Fact::ShortcutSaved { shortcut }))
    }

    pub(super) fn remove_shortcut(&self, agent: AgentId, name: &str) -> Result<Vec<Fact>, Refusal> {
        let known = self.kept_by(agent, name)?;
        Ok(vec![Fact::ShortcutRemoved { name: known.name.clone() }])
    }

    pub(super) fn shortcut_removed(&self, name: &str) -> Result<Fact, Refusal> {
        let known = self.shortcuts.get(name);
        let known = known.ok_or_else(|| Refusal::NoSuchShortcut { name: name.to_owned() })?;
        Ok(Fact::ShortcutRemoved { name: known.name.clone() })
    }

    /// Gives one or many shortcuts another scope; all of them or none.
    pub(super) fn reassign_shortcuts(
        &self,
        agent: AgentId,
        names: &[String],
        scope: &Scope,
    ) -> Result<Vec<Fact>, Refusal> {
        if names.len() > SHORTCUTS_AT_ONCE {
            return Err(Refusal::field("names", FieldProblem::TooMany));
        }
        self.may_keep(agent, scope)?;
        self.check_scope(scope)?;
        let (mut facts, mut seen) = (Vec::with_capacity(names.len()), HashSet::new());
        for name in names {
            let known = self.kept_by(agent, name)?;
            let shortcut = Shortcut { scope: scope.clone(), ..known.clone() }.checked()?;
            if shortcut != *known && seen.insert(&known.name) {
                facts.push(Fact::ShortcutSaved { shortcut });
            }
        }
        self.has_room(scope, facts.len())?;
        Ok(facts)
    }

    /// Says what a shortcut says, or what the agent made of it: a message, what the visitor may
    /// answer by a click, and the shortcut's tags.
    pub(super) fn say_shortcut(
        &self,
        agent: AgentId,
        chat_id: ChatId,
        command: CommandId,
        (name, text): (&str, &str),
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let shortcut = self.shown_to(agent, name)?;
        let mut granted = self.say(agent, chat_id, command, text, now)?;
        if !shortcut.options.is_empty() {
            let options = shortcut.options.clone();
            granted.facts.push(Fact::OptionsOffered { chat_id, agent_id: agent, options });
        }
        let mut tags = self.live_chat(chat_id)?.tags.clone();
        let before = tags.len();
        // What an agent put down for herself widens no closed list.
        let is_own = matches!(shortcut.scope, Scope::Agent { .. });
        let given = shortcut.tags.iter().filter(|tag| !is_own || self.tags.may_be_given(tag));
        let new: Vec<_> = given.filter(|tag| !tags.contains(tag)).cloned().collect();
        tags.extend(new);
        if tags.len() > before {
            let tags = rules::check_tags(&tags)?;
            granted.facts.push(Fact::TagsSet { chat_id, agent_id: agent, tags });
        }
        Ok(granted)
    }

    fn shown_to(&self, agent: AgentId, name: &str) -> Result<&Shortcut, Refusal> {
        let known = self.shortcuts.get(name);
        let known = known.filter(|known| known.scope.includes(agent, &self.setup));
        known.ok_or_else(|| Refusal::NoSuchShortcut { name: name.to_owned() })
    }

    /// A shortcut that the agent may change.
    fn kept_by(&self, agent: AgentId, name: &str) -> Result<&Shortcut, Refusal> {
        let known = self.shortcuts.get(name);
        let known = known.filter(|known| {
            known.scope.includes(agent, &self.setup) || self.keeps_all(agent, &known.scope)
        });
        let known = known.ok_or_else(|| Refusal::NoSuchShortcut { name: name.to_owned() })?;
        self.may_keep(agent, &known.scope)?;
        Ok(known)
    }

    /// Who looks after the shortcuts of the account need not be in every department.
    fn keeps_all(&self, agent: AgentId, scope: &Scope) -> bool {
        matches!(scope, Scope::Departments { .. })
            && self.roles.extent(agent, Permission::ManageShortcuts) == Extent::Account
    }

    /// Whether the agent may make, change and remove shortcuts of this scope.
    fn may_keep(&self, agent: AgentId, scope: &Scope) -> Result<(), Refusal> {
        let extent = self.roles.require(agent, Permission::ManageShortcuts)?;
        let is_hers = |id: &DepartmentId| self.setup.is_member(agent, *id);
        let may = match (scope, extent) {
            (Scope::Agent { agent_id }, _) => *agent_id == agent,
            (_, Extent::Account) => true,
            (Scope::Departments { department_ids }, Extent::Department) => {
                department_ids.iter().all(is_hers)
            }
            _ => false,
        };
        if may { Ok(()) } else { Err(Refusal::not_permitted(Permission::ManageShortcuts)) }
    }

    /// There may be so many more of this scope.
    fn has_room(&self, scope: &Scope, more: usize) -> Result<(), Refusal> {
        let own = |known: &&Shortcut| known.scope == *scope;
        if matches!(scope, Scope::Agent { .. })
            && self.shortcuts().filter(own).count() + more > SHORTCUTS_PER_AGENT
        {
            return Err(Refusal::limit("own_shortcuts", SHORTCUTS_PER_AGENT));
        }
        Ok(())
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), Refusal> {
        match scope {
            Scope::Agent { agent_id } if !self.agents.contains_key(agent_id) => {
                Err(Refusal::NoSuchAgent { agent_id: *agent_id })
            }
            Scope::Departments { department_ids } => {
                let stranger =
                    department_ids.iter().find(|id| self.setup.department(**id).is_none());
                match stranger {
                    Some(id) => Err(Refusal::NoSuchDepartment { department_id: *id }),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}
