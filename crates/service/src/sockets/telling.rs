//! Which events of the journal an agent is told, and in which frame.
//!
//! Invariant: an event from the journal is the frame that was published when it happened.

use crate::{account::Hidden, journal::StoredEvent};
use bellhop_model::{AgentId, Fact, Seq};
use std::borrow::Cow;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The agent is told of this event. What is said in team chats is not for all, and something may be
/// hidden from her.
pub(super) fn is_for(agent: AgentId, event: &StoredEvent, hidden: Option<&mut Hidden>) -> bool {
    if hidden.is_none() && !event.fact.starts_with(r#"{"kind":"team_"#) {
        return true;
    }
    let fact: Result<Fact, _> = serde_json::from_str(&event.fact);
    // What cannot be read is shown to nobody.
    fact.is_ok_and(|fact| {
        fact.audience().is_none_or(|audience| audience.contains(&agent))
            && !hidden.is_some_and(|hidden| hidden.hides(&fact))
    })
}

/// The same frame for a client that was not told of the events between `prev` and it.
pub(super) fn after_gap(prev: Seq, frame: &str) -> Utf8Bytes {
    let event = frame.find(r#""event":{"#).map_or(frame, |at| &frame[at..]);
    format!(r#"{{"frame":"event","prev":{prev},{event}"#).into()
}

/// [`ServerFrame::Event`] around a fact that is JSON already.
pub(super) fn event_frame(prev: Seq, event: &StoredEvent) -> Utf8Bytes {
    let StoredEvent { seq, at, fact } = event;
    let fact = told(fact);
    format!(
        r#"{{"frame":"event","prev":{prev},"event":{{"seq":{seq},"at":{at},"fact":{fact}}}}}"#,
        at = at.0
    )
    .into()
}

/// A fact that is JSON already, as agents are told it.
fn told(fact: &str) -> Cow<'_, str> {
    // Few facts are told in another way than they are kept: the others are not read here.
    if !Fact::TOLD_OTHERWISE.iter().any(|sign| fact.contains(sign)) {
        return fact.into();
    }
    let told = serde_json::from_str::<Fact>(fact).map(|fact| fact.told());
    match told.map(|told| told.map(|told| serde_json::to_string(&told))) {
        Ok(None) => fact.into(),
        Ok(Some(Ok(told))) => told.into(),
        // What cannot be read may be what must not be told.
        Ok(Some(Err(_))) | Err(_) => r#"{"kind":"unknown"}"#.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::{
        Author, Availability, ChatId, CommandId, Event, Message, TeamChatId, Timestamp, TriggerId,
        VisitorId,
        ban::{Ban, Banned},
        frame::ServerFrame,
        shortcut::{Scope, Shortcut},
    };

    #[test]
    fn law_5_an_event_from_the_journal_is_the_frame_that_was_published() {
        let availability = Availability::Away;
        let fact = Fact::AvailabilitySet { agent_id: AgentId(7), availability, missed: None };
        let event = Event { seq: Seq(5), at: Timestamp(9), fact };
        let stored = StoredEvent {
            seq: event.seq,
            at: event.at,
            fact: serde_json::to_string(&event.fact).unwrap(),
        };
        let published = serde_json::to_string(&ServerFrame::Event { prev: Seq(4), event }).unwrap();
        assert_eq!(event_frame(Seq(4), &stored).as_str(), published);
        assert_eq!(after_gap(Seq(2), &published), event_frame(Seq(2), &stored));
    }

    #[test]
    fn r_115_what_is_said_in_a_team_chat_is_for_its_members_alone() {
        let stored = |fact: &Fact| StoredEvent {
            seq: Seq(5),
            at: Timestamp(9),
            fact: serde_json::to_string(fact).unwrap(),
        };
        let message = Message {
            id: CommandId(uuid::Uuid::nil()),
            author: Author::Agent { agent_id: AgentId(1) },
            text: r#"{"kind":"agent_saved"}"#.to_owned(),
            at: Timestamp(9),
            file: None,
        };
        let members = vec![AgentId(1), AgentId(2)];
        let said = stored(&Fact::TeamSaid { team_chat_id: TeamChatId(1), members, message });
        assert!(is_for(AgentId(2), &said, None) && !is_for(AgentId(3), &said, None));
        let fact = Fact::AvailabilitySet {
            agent_id: AgentId(7),
            availability: Availability::Away,
            missed: None,
        };
        assert!(is_for(AgentId(3), &stored(&fact), None));
        let newer = StoredEvent { fact: r#"{"kind":"team_mood"}"#.to_owned(), ..said };
        assert!(
            is_for(AgentId(3), &newer, None),
            "of a kind that is not known nothing can be hidden"
        );
    }

    #[test]
    fn domain_4_what_a_shortcut_says_is_not_in_the_stream_of_events() {
        let shortcut = Shortcut {
            name: "hi".to_owned(),
            message: "marmalade".to_owned(),
            options: Vec::new(),
            tags: Vec::new(),
            scope: Scope::Agent { agent_id: AgentId(1) },
        };
        for fact in [
            Fact::ShortcutSaved { shortcut },
            Fact::ShortcutRemoved { name: "marmalade".to_owned() },
        ] {
            let kept = serde_json::to_string(&fact).unwrap();
            assert_eq!(told(&kept), r#"{"kind":"shortcuts_changed"}"#);
        }
        let of_tags =
            Fact::TagListChanged { added: vec!["shortcut_saved".to_owned()], removed: Vec::new() };
        let kept = serde_json::to_string(&of_tags).unwrap();
        assert_eq!(told(&kept), kept, "it only contains the word");
        assert_eq!(told(r#"{"kind":"shortcut_"#), r#"{"kind":"unknown"}"#);
    }

    #[test]
    fn domain_14_who_is_greeted_before_there_is_a_chat_is_not_in_the_stream_of_events() {
        let visitor_id = VisitorId("marmalade".to_owned());
        let fired = |chat_id| Fact::TriggerFired {
            trigger_id: TriggerId(1),
            visitor_id: visitor_id.clone(),
            chat_id,
            step: 1,
            marks: false,
        };
        let message = Message {
            id: CommandId(uuid::Uuid::nil()),
            author: Author::Trigger { name: "Shop".to_owned() },
            text: "Hello".to_owned(),
            at: Timestamp(9),
            file: None,
        };
        let greeted = Fact::VisitorGreeted { visitor_id: visitor_id.clone(), message };
        for fact in [greeted, fired(None)] {
            assert_eq!(told(&serde_json::to_string(&fact).unwrap()), r#"{"kind":"unknown"}"#);
        }
        let in_a_chat = serde_json::to_string(&fired(Some(ChatId(7)))).unwrap();
        assert_eq!(told(&in_a_chat), in_a_chat);
    }

    #[test]
    fn domain_12_who_is_banned_and_why_is_not_in_the_stream_of_events() {
        let banned = Banned::Address { address: "192.0.2.1".to_owned() };
        let ban = Ban {
            banned: banned.clone(),
            name: String::new(),
            reason: "marmalade".to_owned(),
            agent_id: None,
        };
        for fact in [Fact::Banned { ban }, Fact::BanLifted { banned, agent_id: None }] {
            let kept = serde_json::to_string(&fact).unwrap();
            assert_eq!(told(&kept), r#"{"kind":"bans_changed"}"#);
        }
    }
}
