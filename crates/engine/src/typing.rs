//! The agent's typing sign, as the service is told of it.
//!
//! Invariant: at most one chat carries the sign; it is renewed no more than every
//! [`limits::TYPING_RENEW_MS`] while keys are pressed, and taken back when they are not.

use bellhop_model::{ChatId, Timestamp, limits};

/// No key for so long: the agent stopped.
const QUIET_MS: i64 = 4_000;

/// What the service is told.
pub(crate) type Sign = (ChatId, bool);

#[derive(Debug, Default)]
pub(crate) struct Typing {
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    chat_id: ChatId,
    sent_at: Timestamp,
    key_at: Timestamp,
}

impl Typing {
    /// A key was pressed.
    pub(crate) fn key(&mut self, chat_id: ChatId, now: Timestamp) -> Vec<Sign> {
        let mut signs = Vec::new();
        if self.shown.as_ref().is_some_and(|shown| shown.chat_id != chat_id) {
            signs.extend(self.stop());
        }
        match &mut self.shown {
            Some(shown) => {
                shown.key_at = now;
                if now.since(shown.sent_at) >= limits::TYPING_RENEW_MS {
                    shown.sent_at = now;
                    signs.push((chat_id, true));
                }
            }
            None => {
                self.shown = Some(Shown { chat_id, sent_at: now, key_at: now });
                signs.push((chat_id, true));
            }
        }
        signs
    }

    /// The agent sent, cleared or left the text of this chat.
    pub(crate) fn stop_in(&mut self, chat_id: ChatId) -> Option<Sign> {
        if self.shown.as_ref()?.chat_id == chat_id { self.stop() } else { None }
    }

    /// The agent looks at this and at nothing else.
    pub(crate) fn attend(&mut self, chat_id: Option<ChatId>) -> Option<Sign> {
        if Some(self.shown.as_ref()?.chat_id) == chat_id { None } else { self.stop() }
    }

    pub(crate) fn stop(&mut self) -> Option<Sign> {
        self.shown.take().map(|shown| (shown.chat_id, false))
    }

    /// The line is gone, and the sign with it.
    pub(crate) fn forget(&mut self) {
        self.shown = None;
    }

    pub(crate) fn tick(&mut self, now: Timestamp) -> Option<Sign> {
        let shown = self.shown.as_mut()?;
        if now.since(shown.key_at) >= QUIET_MS {
            return self.stop();
        }
        if shown.key_at > shown.sent_at && now.since(shown.sent_at) >= limits::TYPING_RENEW_MS {
            shown.sent_at = now;
            return Some((shown.chat_id, true));
        }
        None
    }

    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        let shown = self.shown.as_ref()?;
        let quiet = shown.key_at.plus(QUIET_MS);
        Some(if shown.key_at > shown.sent_at {
            quiet.min(shown.sent_at.plus(limits::TYPING_RENEW_MS))
        } else {
            quiet
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId(1);
    const OTHER: ChatId = ChatId(2);

    fn at(ms: i64) -> Timestamp {
        Timestamp(1_000_000 + ms)
    }

    #[test]
    fn r_023_the_sign_goes_out_at_the_first_key_and_is_renewed_every_three_seconds() {
        let mut typing = Typing::default();
        let mut sent = Vec::new();
        for ms in (0..10_000).step_by(100) {
            sent.extend(typing.key(CHAT, at(ms)).into_iter().map(|sign| (ms, sign)));
            sent.extend(typing.tick(at(ms)).map(|sign| (ms, sign)));
        }
        let on = (CHAT, true);
        assert_eq!(sent, [(0, on), (3_000, on), (6_000, on), (9_000, on)]);
    }

    #[test]
    fn r_024_the_sign_stops_by_itself_when_the_agent_does() {
        let mut typing = Typing::default();
        typing.key(CHAT, at(0));
        typing.key(CHAT, at(2_500));
        assert_eq!(typing.wake_at(), Some(at(3_000)));
        assert_eq!(typing.tick(at(3_000)), Some((CHAT, true)));
        assert_eq!(typing.wake_at(), Some(at(6_500)));
        assert_eq!(typing.tick(at(6_499)), None);
        assert_eq!(typing.tick(at(6_500)), Some((CHAT, false)));
        assert_eq!((typing.tick(at(60_000)), typing.wake_at()), (None, None));
    }

    #[test]
    fn r_024_another_chat_takes_the_sign_with_it() {
        let mut typing = Typing::default();
        typing.key(CHAT, at(0));
        assert_eq!(typing.key(OTHER, at(100)), [(CHAT, false), (OTHER, true)]);
        assert_eq!(typing.stop_in(CHAT), None);
        assert_eq!(typing.attend(Some(OTHER)), None);
        assert_eq!(typing.attend(None), Some((OTHER, false)));
        assert_eq!(typing.attend(None), None);
    }
}
