//! What agents wrote down of visitors, which stays with a visitor over all visits
//! and chats.
//!
//! Invariant: it is never told to visitors, and what a visitor says of themselves never changes
//! it: the name a visitor gives is kept beside the one that agents gave.

use super::Account;
use bellhop_model::{
    AgentId, Contact, Fact, Permission, Refusal, VisitorId, VisitorProfile, limits::CONTACTS, rules,
};

impl Account {
    /// What is written down of a visitor.
    #[must_use]
    pub fn contact_of(&self, visitor: &VisitorId) -> Contact {
        self.contacts.get(visitor).cloned().unwrap_or_default()
    }

    pub(super) fn set_contact(
        &self,
        agent: AgentId,
        visitor: &VisitorId,
        [name, email, phone]: [&String; 3],
    ) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::EditVisitorInformation)?;
        let (name, email, phone) = (name.clone(), email.clone(), phone.clone());
        let note = self.contact_of(visitor).note;
        let contact = rules::check_contact(&Contact { name, email, phone, note })?;
        self.write_down(agent, visitor, contact)
    }

    pub(super) fn set_visitor_note(
        &self,
        agent: AgentId,
        visitor: &VisitorId,
        note: &str,
    ) -> Result<Vec<Fact>, Refusal> {
        self.roles.require(agent, Permission::EditVisitorNotes)?;
        let note = rules::check_visitor_note(note)?;
        self.write_down(agent, visitor, Contact { note, ..self.contact_of(visitor) })
    }

    fn write_down(
        &self,
        agent_id: AgentId,
        visitor: &VisitorId,
        contact: Contact,
    ) -> Result<Vec<Fact>, Refusal> {
        if !self.knows(visitor) {
            return Err(Refusal::NoSuchVisitor { visitor_id: visitor.clone() });
        }
        if self.contact_of(visitor) == contact {
            return Ok(Vec::new());
        }
        if self.contacts.len() >= CONTACTS && !self.contacts.contains_key(visitor) {
            return Err(Refusal::limit("contacts", CONTACTS));
        }
        Ok(vec![Fact::ContactSaved { visitor_id: visitor.clone(), agent_id, contact }])
    }

    /// The visitor is on the site, has asked before, or is written down.
    pub(super) fn knows(&self, visitor: &VisitorId) -> bool {
        self.sessions.here.contains_key(visitor)
            || self.current.contains_key(visitor)
            || self.contacts.contains_key(visitor)
    }

    /// The visitor with what is written down of them.
    pub(super) fn as_known(&self, visitor: &VisitorProfile) -> VisitorProfile {
        VisitorProfile { contact: self.contact_of(&visitor.id), ..visitor.clone() }
    }

    /// Carries out a fact about a visitor and none of their chats.
    pub(super) fn apply_to_visitor(&mut self, fact: &Fact) {
        let Fact::ContactSaved { visitor_id, contact, .. } = fact else { return };
        if contact.is_empty() {
            self.contacts.remove(visitor_id);
        } else {
            self.contacts.insert(visitor_id.clone(), contact.clone());
        }
        let current = self.current.get(visitor_id);
        if let Some(chat) = current.and_then(|id| self.chats.get_mut(id)) {
            chat.visitor.apply(fact);
        }
    }
}
