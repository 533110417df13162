//! The live lane: latest values, coalesced, never stored (law 4).
//!
//! Invariant: a value that changed is told at most once per flush, and at the latest one flush
//! interval after the change. Typing signs end by themselves when they are not renewed.
//!
//! Whoever comes is told the whole lane. It is written once for all who come: what it was at one
//! moment, and what was told since then, until that is more than the lane itself.

use bellhop_model::{
    AgentId, ChatId, Timestamp, VisitorId,
    frame::ServerFrame,
    limits::TYPING_EXPIRES_MS,
    live::{Live, Typist},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Bytes of values in one frame, roughly; far below the outbound limit.
const FRAME_BYTES: usize = 128 * 1024;
/// Bytes that may be told beside the whole lane before it is written anew, however short it is.
const SINCE_BYTES: usize = 64 * 1024;

/// A frame of the live lane, as every agent is told it who may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// It is of visitors, for those alone who may see them.
    pub(crate) of_visitors: bool,
    pub(crate) frame: Utf8Bytes,
}

/// Two values with one key: the newer one counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Visitor(VisitorId),
    Typing(ChatId, Typist),
    Agent(AgentId),
}

/// What whoever comes is told.
#[derive(Debug)]
pub(super) struct Whole {
    frames: Vec<Utf8Bytes>,
    /// The same for those who may not see visitors.
    without_visitors: Vec<Utf8Bytes>,
    /// Bytes that may still be told beside it.
    left: usize,
}

impl Whole {
    /// The lane with these values; its first frame voids what was known.
    pub(super) fn of(
        visitors: impl IntoIterator<Item = Live>,
        others: impl IntoIterator<Item = Live> + Clone,
    ) -> Self {
        let written = |frames: Vec<String>| frames.into_iter().map(Utf8Bytes::from).collect();
        let without_visitors = written(frames(true, others.clone()));
        let frames: Vec<Utf8Bytes> = written(frames(true, visitors.into_iter().chain(others)));
        let bytes: usize = frames.iter().map(|frame| frame.len()).sum();
        Self { frames, without_visitors, left: bytes.max(SINCE_BYTES) }
    }

    fn add(&mut self, told: &Told) {
        self.frames.push(told.frame.clone());
        if !told.of_visitors {
            self.without_visitors.push(told.frame.clone());
        }
    }

    fn told(&self, with_visitors: bool) -> Vec<Utf8Bytes> {
        if with_visitors { self.frames.clone() } else { self.without_visitors.clone() }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct LiveLane {
    flush_ms: i64,
    flushed_at: Timestamp,
    changed: HashMap<Key, Live>,
    /// Who types where, and until when that is believed.
    typing: BTreeMap<(ChatId, Typist), Timestamp>,
    /// The same by the end.
    ends: BTreeSet<(Timestamp, ChatId, Typist)>,
    whole: Option<Whole>,
}

impl LiveLane {
    pub(super) fn new(flush_ms: i64) -> Self {
        Self {
            flush_ms,
            flushed_at: Timestamp(0),
            changed: HashMap::new(),
            typing: BTreeMap::new(),
            ends: BTreeSet::new(),
            whole: None,
        }
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
    pub(super) fn flush(&mut self, now: Timestamp) -> Vec<Told> {
        if self.changed.is_empty() || now.since(self.flushed_at) < self.flush_ms {
            return Vec::new();
        }
        self.flushed_at = now;
        let (visitors, others): (Vec<_>, Vec<_>) =
            self.changed.drain().partition(|(key, _)| matches!(key, Key::Visitor(_)));
        let values = |values: Vec<(Key, Live)>| values.into_iter().map(|(_, value)| value);
        let mut told = written(true, values(visitors));
        told.extend(written(false, values(others)));
        let bytes: usize = told.iter().map(|told| told.frame.len()).sum();
        self.whole = self.whole.take().filter(|whole| bytes <= whole.left).map(|mut whole| {
            whole.left -= bytes;
            for told in &told {
                whole.add(told);
            }
            whole
        });
        told
    }

    /// Nobody listens: whoever comes is told everything anew.
    pub(super) fn forget(&mut self) {
        self.changed.clear();
        self.whole = None;
    }

    /// Values may be others with nobody being told: whoever comes is told them as they are.
    pub(super) fn forget_whole(&mut self) {
        self.whole = None;
    }

    /// The whole lane for whoever begins to listen now; `None` where it must be written anew.
    pub(super) fn whole(&self, with_visitors: bool) -> Option<Vec<Utf8Bytes>> {
        self.whole.as_ref().map(|whole| whole.told(with_visitors))
    }

    /// Keeps the lane as it is now for those who come next.
    pub(super) fn keep(&mut self, whole: Whole, with_visitors: bool) -> Vec<Utf8Bytes> {
        self.whole.insert(whole).told(with_visitors)
    }

    /// When the lane has something to do.
    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        let flush = (!self.changed.is_empty()).then(|| self.flushed_at.plus(self.flush_ms));
        flush.into_iter().chain(self.ends.first().map(|(until, ..)| *until)).min()
    }

    /// Somebody types; true where that is news.
    pub(super) fn start_typing(&mut self, chat: ChatId, who: Typist, now: Timestamp) -> bool {
        let is_news = !self.stop_typing(chat, who);
        let until = now.plus(TYPING_EXPIRES_MS);
        self.typing.insert((chat, who), until);
        self.ends.insert((until, chat, who));
        is_news
    }

    /// Somebody types no more; true where that is news.
    pub(super) fn stop_typing(&mut self, chat: ChatId, who: Typist) -> bool {
        let until = self.typing.remove(&(chat, who));
        until.is_some_and(|until| self.ends.remove(&(until, chat, who)))
    }

    /// Signs that were not renewed in time.
    pub(super) fn expired_typing(&self, now: Timestamp) -> Vec<(ChatId, Typist)> {
        let expired = self.ends.iter().take_while(|(until, ..)| *until <= now);
        expired.map(|(_, chat, who)| (*chat, *who)).collect()
    }

    pub(super) fn typists_in(&self, chat: ChatId) -> Vec<Typist> {
        let from = self.typing.range((chat, Typist::Visitor)..).map(|((id, who), _)| (*id, *who));
        from.take_while(|(id, _)| *id == chat).map(|(_, who)| who).collect()
    }

    /// Chats in which an agent types.
    pub(super) fn typed_in_by(&self, agent: AgentId) -> Vec<ChatId> {
        let who = Typist::Agent { agent_id: agent };
        self.typing.keys().filter(|(_, typist)| *typist == who).map(|(id, _)| *id).collect()
    }

    /// All signs now, for a snapshot.
    pub(super) fn typing_now(&self) -> impl Iterator<Item = Live> + Clone + '_ {
        let typing = self.typing.keys();
        typing.map(|(chat_id, who)| Live::Typing { chat_id: *chat_id, who: *who, on: true })
    }
}

fn written(of_visitors: bool, values: impl IntoIterator<Item = Live>) -> Vec<Told> {
    let frames = frames(false, values).into_iter();
    frames.map(|frame| Told { of_visitors, frame: frame.into() }).collect()
}

/// Live frames of a bearable size for these values; with `reset` the first voids what was known.
/// At least one frame where `reset` is set.
fn frames(reset: bool, values: impl IntoIterator<Item = Live>) -> Vec<String> {
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

    fn told(frames: &[Told]) -> Vec<Live> {
        values(&frames.iter().map(|told| told.frame.to_string()).collect::<Vec<_>>())
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
    fn who_types_in_a_chat_is_found_among_those_who_type_elsewhere() {
        let mut lane = LiveLane::new(FLUSH_MS);
        let mina = Typist::Agent { agent_id: AgentId(1) };
        for (chat, who) in [(1, mina), (2, Typist::Visitor), (2, mina), (3, Typist::Visitor)] {
            lane.start_typing(ChatId(chat), who, Timestamp(0));
        }
        assert_eq!(lane.typists_in(ChatId(2)), [Typist::Visitor, mina]);
        assert_eq!(lane.typed_in_by(AgentId(1)), [ChatId(1), ChatId(2)]);
        lane.stop_typing(ChatId(2), mina);
        assert_eq!(lane.typists_in(ChatId(2)), [Typist::Visitor]);
        assert_eq!(lane.expired_typing(Timestamp(TYPING_EXPIRES_MS)).len(), 3);
    }

    fn here(number: usize, url: &str) -> Live {
        Live::VisitorHere {
            visitor: VisitorProfile {
                id: VisitorId(number.to_string()),
                name: None,
                language: String::new(),
                browser: String::new(),
                platform: String::new(),
                page: Page { url: url.to_owned(), title: String::new(), ..Page::default() },
                referrer: String::new(),
                place: bellhop_model::visit::Place::default(),
                contact: bellhop_model::Contact::default(),
                arrived_at: Timestamp(0),
            },
            visit: bellhop_model::visit::Visit::default(),
        }
    }

    /// Who is on which page for somebody who was told these frames.
    fn pages(frames: &[Utf8Bytes]) -> BTreeMap<VisitorId, String> {
        let mut pages = BTreeMap::new();
        for value in values(&frames.iter().map(ToString::to_string).collect::<Vec<_>>()) {
            match value {
                Live::VisitorHere { visitor, .. } => {
                    drop(pages.insert(visitor.id, visitor.page.url));
                }
                Live::VisitorGone { visitor_id } => drop(pages.remove(&visitor_id)),
                _ => {}
            }
        }
        pages
    }

    #[test]
    fn r_056_whoever_comes_is_told_the_lane_as_it_is_and_it_is_written_once_for_many() {
        let mut lane = LiveLane::new(FLUSH_MS);
        let mut site: Vec<String> = vec!["a".repeat(900); 100];
        let (mut times_written, mut now) = (0, Timestamp(1_000));
        let resets = |frames: &[Utf8Bytes]| {
            let resets = frames.iter().map(|frame| frame.contains("\"reset\":true"));
            resets.collect::<Vec<_>>()
        };
        for step in 0..400 {
            site[step % 100] = format!("{step}{}", "b".repeat(900));
            lane.put(here(step % 100, &site[step % 100]));
            lane.put(presence(if step % 2 == 0 { Presence::Away } else { Presence::Online }));
            now = now.plus(FLUSH_MS);
            lane.flush(now);
            let told = lane.whole(true).unwrap_or_else(|| {
                times_written += 1;
                let all = site.iter().enumerate().map(|(number, url)| here(number, url));
                lane.keep(Whole::of(all, [presence(Presence::Away)]), true)
            });
            let all = site.iter().enumerate();
            let all = all.map(|(number, url)| (VisitorId(number.to_string()), url.clone()));
            assert_eq!(pages(&told), all.collect());
            let blind = lane.whole(false).unwrap();
            assert_eq!(pages(&blind), BTreeMap::new(), "who may not see visitors");
            for frames in [told, blind] {
                let resets = resets(&frames);
                assert!(resets[0] && !resets[1..].contains(&true), "the first voids what was");
            }
        }
        let few = 3..=8;
        assert!(few.contains(&times_written), "written {times_written} times for 400 who came");
        lane.forget();
        assert_eq!(lane.whole(true), None);
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
