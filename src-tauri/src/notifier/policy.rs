//! Whether and how to tell, purely.
//!
//! Each request is told once. At most one toast a second: what comes faster is held for the rest
//! of that second and told together (reliability.md S6, L3), and the sound does not pile up.

use bellhop_client::AlertIntent;
use bellhop_model::{ChatId, PersonalSettings, Timestamp, rules};

/// The shortest time between two toasts, in milliseconds.
const BETWEEN_TOASTS_MS: i64 = 1_000;

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// One request, with the visitor's name and first words.
    Toast { intent: AlertIntent },
    /// Several at once; a click opens the one that has waited longest.
    Summary { count: u32, chat_id: ChatId },
    /// Ring the bell once.
    Sound,
}

/// What is remembered between alerts.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    settings: PersonalSettings,
    told_at: Option<Timestamp>,
    held: Vec<AlertIntent>,
}

impl Policy {
    /// Obeyed from the next alert on; what is held for a toast that is no longer wanted is dropped.
    pub(crate) fn settings(&mut self, settings: &PersonalSettings) {
        self.settings = settings.clone();
        if !settings.notify_requests {
            self.held.clear();
        }
    }

    /// A request began to wait.
    pub(crate) fn alert(&mut self, intent: AlertIntent, now: Timestamp) -> Vec<Tell> {
        if !self.settings.notify_requests && !self.settings.sound_requests {
            return Vec::new();
        }
        self.held.push(intent);
        if self.due_at().is_some_and(|due| due <= now) { self.due(now) } else { Vec::new() }
    }

    /// A request no longer waits.
    pub(crate) fn withdraw(&mut self, chat_id: ChatId) {
        self.held.retain(|intent| intent.chat_id != chat_id);
    }

    /// When what is held is to be told.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        if self.held.is_empty() {
            return None;
        }
        // The first one ever is due at once.
        Some(self.told_at.map_or(Timestamp::default(), |at| at.plus(BETWEEN_TOASTS_MS)))
    }

    /// Tells what is held.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Tell> {
        let mut held = std::mem::take(&mut self.held);
        let Some(first) = held.first() else { return Vec::new() };
        self.told_at = Some(now);
        let mut tells = Vec::new();
        if self.settings.notify_requests {
            let (count, chat_id) = (u32::try_from(held.len()).unwrap_or(u32::MAX), first.chat_id);
            tells.push(match held.pop() {
                Some(intent) if count == 1 => Tell::Toast { intent },
                _ => Tell::Summary { count, chat_id },
            });
        }
        if self.settings.sound_requests {
            tells.push(Tell::Sound);
        }
        tells
    }
}

/// Visitor text for a toast: one line, nothing that turns direction, at most `chars` characters
/// and an ellipsis.
pub(crate) fn plain(text: &str, chars: usize) -> String {
    let line = rules::clean_line(text, chars + 1);
    if line.chars().count() > chars {
        let kept: String = line.chars().take(chars).collect();
        return format!("{}…", kept.trim_end());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(chat: u64) -> AlertIntent {
        AlertIntent {
            chat_id: ChatId(chat),
            waiting_since: Timestamp(0),
            visitor: format!("Visitor {chat}"),
            first_words: "Hello".into(),
            invited_by: None,
        }
    }

    #[test]
    fn r_013_a_request_gives_a_toast_and_a_sound_as_the_settings_say() {
        for (notify, sound) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut policy = Policy::default();
            policy.settings(&PersonalSettings {
                notify_requests: notify,
                sound_requests: sound,
                ..PersonalSettings::default()
            });
            let tells = policy.alert(request(1), Timestamp(5_000));
            assert_eq!(tells.contains(&Tell::Toast { intent: request(1) }), notify);
            assert_eq!(tells.contains(&Tell::Sound), sound);
        }
    }

    #[test]
    fn l3_ten_thousand_requests_in_ten_seconds_give_ten_toasts_and_a_summary() {
        let mut policy = Policy::default();
        let mut told = Vec::new();
        for n in 0..10_000_u64 {
            let now = Timestamp(1_000_000 + i64::try_from(n).unwrap());
            told.extend(policy.alert(request(n), now));
        }
        told.extend(policy.due(policy.due_at().unwrap()));
        let toasts = told.iter().filter(|tell| !matches!(tell, Tell::Sound)).count();
        assert!(toasts <= 11, "{toasts} toasts");
        let counted: u32 = told
            .iter()
            .map(|tell| match tell {
                Tell::Toast { .. } => 1,
                Tell::Summary { count, .. } => *count,
                Tell::Sound => 0,
            })
            .sum();
        assert_eq!(counted, 10_000, "each request is told exactly once");
    }

    #[test]
    fn r4_what_was_served_while_it_was_held_is_not_told() {
        let mut policy = Policy::default();
        assert_eq!(policy.alert(request(1), Timestamp(1_000)).len(), 2);
        assert!(policy.alert(request(2), Timestamp(1_100)).is_empty());
        policy.withdraw(ChatId(2));
        assert_eq!(policy.due_at(), None);
        assert!(policy.due(Timestamp(2_000)).is_empty());
    }

    #[test]
    fn s6_a_toast_has_one_line_of_plain_text() {
        assert_eq!(plain("a\nb\u{202E}c\u{0}", 10), "a bc");
        assert_eq!(plain(&"가".repeat(300), 200).chars().count(), 201);
    }
}
