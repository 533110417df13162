//! The live lane: latest values, coalesced, never stored (law 4).
//!
//! Invariant: a value that changed is told at most once per flush, and at the latest one flush
//! interval after the change. Typing signs end by themselves when they are not renewed.

use bellhop_model::{
    AgentId, ChatId, Timestamp, VisitorId,
    frame::ServerFrame,
    limits::TYPING_EXPIRES_MS,
    live::{Live, Typist},
};
use std::collections::HashMap;

/// Bytes of values in one frame, roughly; far below the outbound limit.
const FRAME_BYTES: usize = 128 * 1024;

/// Two values with one key: the newer one counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Visitor(VisitorId),
    Typing(ChatId, Typist),
    Agent(AgentId),
}

/// See the module.
#[derive(Debug)]
pub(super) struct LiveLane {
    flush_ms: i64,
    flushed_at: Timestamp,
    changed: HashMap<Key, Live>,
    typing: HashMap<(ChatId, Typist), Timestamp>,
}

impl LiveLane {
    pub(super) fn new(flush_ms: i64) -> Self {
        Self { flush_ms, flushed_at: Timestamp(0), changed: HashMap::new(), typing: HashMap::new() }
    }

    /// A value changed. The first one after a quiet time goes out with the next flush at once.
    pub(super) fn put(&mut self, value: Live) {
        let key = match &value {
            Live::VisitorHere { visitor, .. } => Key::Visitor(visitor.id.clone()),
            Live::VisitorGone { visitor_id } => Key::Visitor(visitor_id.clone()),
            Live::Typing { chat_id, who, .. } => Key::Typing(*chat_id, *who),
            Live::AgentPresence { agent_id, .. } => Key::Agent(*agent_id),
            Live::Unknown => return,
        };
        self.changed.insert(key, value);
    }

    /// The frames that are due, those of visitors apart from the others.
    pub(super) fn flush(&mut self, now: Timestamp) -> Vec<(bool, String)> {
        if self.changed.is_empty() || now.since(self.flushed_at) < self.flush_ms {
            return Vec::new();
        }
        self.flushed_at = now;
        let (visitors, others): (Vec<_>, Vec<_>) =
            self.changed.drain().partition(|(key, _)| matches!(key, Key::Visitor(_)));
        let told = |of_visitors: bool, values: Vec<(Key, Live)>| {
            let frames = frames(false, values.into_iter().map(|(_, value)| value));
            frames.into_iter().map(move |frame| (of_visitors, frame))
        };
        told(true, visitors).chain(told(false, others)).collect()
    }

    /// When the lane has something to do.
    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        let flush = (!self.changed.is_empty()).then(|| self.flushed_at.plus(self.flush_ms));
        flush.into_iter().chain(self.typing.values().copied()).min()
    }

    /// Somebody types; true where that is news.
    pub(super) fn start_typing(&mut self, chat: ChatId, who: Typist, now: Timestamp) -> bool {
        self.typing.insert((chat, who), now.plus(TYPING_EXPIRES_MS)).is_none()
    }

    /// Somebody types no more; true where that is news.
    pub(super) fn stop_typing(&mut self, chat: ChatId, who: Typist) -> bool {
        self.typing.remove(&(chat, who)).is_some()
    }

    /// Signs that were not renewed in time.
    pub(super) fn expired_typing(&self, now: Timestamp) -> Vec<(ChatId, Typist)> {
        let expired = self.typing.iter().filter(|(_, until)| **until <= now);
        expired.map(|(key, _)| *key).collect()
    }

    pub(super) fn typists_in(&self, chat: ChatId) -> Vec<Typist> {
        self.typing.keys().filter(|(id, _)| *id == chat).map(|(_, who)| *who).collect()
    }

    /// Chats in which an agent types.
    pub(super) fn typed_in_by(&self, agent: AgentId) -> Vec<ChatId> {
        let who = Typist::Agent { agent_id: agent };
        self.typing.keys().filter(|(_, typist)| *typist == who).map(|(id, _)| *id).collect()
    }

    /// All signs now, for a snapshot.
    pub(super) fn typing_now(&self) -> impl Iterator<Item = Live> + '_ {
        self.typing.keys().map(|(chat_id, who)| Live::Typing {
            chat_id: *chat_id,
            who: *who,
            on: true,
        })
    }
}

/// Live frames of a bearable size for these values; with `reset` the first voids what was known.
/// At least one frame where `reset` is set.
pub(crate) fn frames(reset: bool, values: impl IntoIterator<Item = Live>) -> Vec<String> {
    let mut frames = Vec::new();
    let mut reset = reset;
    let mut taken = Vec::new();
    let mut bytes = 0;
    let mut finish =
        |values: Vec<Live>, reset: bool| match serde_json::to_string(&ServerFrame::Live {
            reset,
            values,
        }) {
            Ok(text) => frames.push(text),
            Err(error) => tracing::error!(%error, "a live value has no JSON form"),
        };
    for value in values {
        bytes += size_of_value(&value);
        taken.push(value);
        if bytes >= FRAME_BYTES {
            finish(std::mem::take(&mut taken), reset);
            (reset, bytes) = (false, 0);
        }
    }
    if reset || !taken.is_empty() {
        finish(taken, reset);
    }
    frames
}

fn size_of_value(value: &Live) -> usize {
    match value {
        Live::VisitorHere { visitor, .. } => {
            let texts = [&visitor.language, &visitor.browser, &visitor.platform, &visitor.referrer];
            let page = &visitor.page;
            let page = page.url.len() + page.title.len() + page.language.len();
            let contact = &visitor.contact;
            let contact = contact.name.len() + contact.email.len() + contact.note.len();
            500 + page + contact + texts.iter().map(|text| text.len()).sum::<usize>()
        }
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::{VisitorProfile, live::Presence, people::Page};

    const FLUSH_MS: i64 = 50;

    fn presence(presence: Presence) -> Live {
        Live::AgentPresence { agent_id: AgentId(1), presence, outside_hours: None, at_limit: false }
    }

    fn told(frames: &[(bool, String)]) -> Vec<Live> {
        values(&frames.iter().map(|(_, frame)| frame.clone()).collect::<Vec<_>>())
    }

    fn values(frames: &[String]) -> Vec<Live> {
        let read = frames.iter().map(|text| serde_json::from_str(text).unwrap());
        read.flat_map(|frame| match frame {
            ServerFrame::Live { values, .. } => values,
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn law_4_the_latest_value_is_told_once_in_a_while() {
        let mut lane = LiveLane::new(FLUSH_MS);
        let at = |ms| Timestamp(1_000 + ms);
        lane.put(presence(Presence::Away));
        assert_eq!(told(&lane.flush(at(0))), [presence(Presence::Away)], "the first at once");
        lane.put(presence(Presence::Online));
        lane.put(presence(Presence::Invisible));
        assert_eq!(told(&lane.flush(at(FLUSH_MS - 1))), []);
        assert_eq!(lane.wake_at(), Some(at(FLUSH_MS)));
        assert_eq!(told(&lane.flush(at(FLUSH_MS))), [presence(Presence::Invisible)]);
        assert_eq!(lane.wake_at(), None);
    }

    #[test]
    fn r_024_a_typing_sign_that_is_not_renewed_ends() {
        let mut lane = LiveLane::new(FLUSH_MS);
        let at = |ms| Timestamp(1_000 + ms);
        let (chat, who) = (ChatId(1), Typist::Visitor);
        assert!(lane.start_typing(chat, who, at(0)));
        assert!(!lane.start_typing(chat, who, at(10)), "renewed: no news");
        assert_eq!(lane.wake_at(), Some(at(10 + TYPING_EXPIRES_MS)));
        assert_eq!(lane.expired_typing(at(9 + TYPING_EXPIRES_MS)), []);
        assert_eq!(lane.expired_typing(at(10 + TYPING_EXPIRES_MS)), [(chat, who)]);
        assert!(lane.stop_typing(chat, who));
        assert!(!lane.stop_typing(chat, who));
    }

    #[test]
    fn a_busy_site_comes_in_frames_of_a_bearable_size_and_only_the_first_voids_what_was() {
        let here = |number: u32| Live::VisitorHere {
            visitor: VisitorProfile {
                id: VisitorId(number.to_string()),
                name: None,
                language: String::new(),
                browser: String::new(),
                platform: String::new(),
                page: Page {
                    url: "u".repeat(2_048),
                    title: "\u{0}".repeat(300),
                    ..Page::default()
                },
                referrer: String::new(),
                place: bellhop_model::visit::Place::default(),
                contact: bellhop_model::Contact::default(),
                arrived_at: Timestamp(0),
            },
            visit: bellhop_model::visit::Visit::default(),
        };
        let frames = frames(true, (0..1_000).map(here));
        assert!(frames.len() > 1);
        assert!(
            frames.iter().all(|frame| frame.len() < bellhop_model::limits::OUTBOUND_MESSAGE_BYTES)
        );
        let resets = frames.iter().map(|frame| frame.contains("\"reset\":true"));
        assert_eq!(resets.filter(|reset| *reset).count(), 1);
        assert!(frames[0].contains("\"reset\":true"));
        assert_eq!(values(&frames), (0..1_000).map(here).collect::<Vec<_>>());
        assert_eq!(super::frames(true, []).len(), 1, "an empty lane voids too");
    }
}
