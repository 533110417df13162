//! What goes to the window: a snapshot first, then patches. A few changes are told at once; where
//! there are many, once in a frame of its screen.
//!
//! Invariant (law 7): revisions have no gaps; a watcher that applies every update in order has
//! the engine's view.

use crate::Watcher;
use bellhop_model::view::{Patch, Update, View};
use std::time::Duration;
use tokio::time::Instant;

/// At most one update in this time, after one with few patches: the window draws once a frame
/// whatever it is told, but its model is to be no older than it must (P6).
const SOON: Duration = Duration::from_millis(4);
/// So many patches are few.
const FEW: usize = 8;
/// At most one update in this time after one with more (P17).
const FRAME: Duration = Duration::from_millis(16);
/// Above this many patches a snapshot is smaller and quicker.
const SNAPSHOT_ABOVE: usize = 2_000;

#[derive(Default)]
pub(crate) struct Window {
    watcher: Option<Watcher>,
    rev: u64,
    waiting: Vec<Patch>,
    /// Nothing is delivered before this.
    not_before: Option<Instant>,
    /// The waiting patches do not lead to the view any more.
    torn: bool,
}

impl Window {
    /// Delivers to this watcher from now on.
    pub(crate) fn attach(&mut self, watcher: Watcher, view: View) {
        self.watcher = Some(watcher);
        self.deliver_snapshot(view);
    }

    pub(crate) fn publish(&mut self, patches: Vec<Patch>) {
        self.waiting.extend(patches);
        if self.watcher.is_none() {
            // The snapshot says the rest.
            self.waiting.retain(is_no_state);
        }
    }

    /// The view was made anew.
    pub(crate) fn tear(&mut self) {
        self.torn = true;
    }

    /// How long until something is to be delivered.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        let something = self.torn || !self.waiting.is_empty();
        (something && self.watcher.is_some()).then(|| {
            self.not_before
                .map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
        })
    }

    /// Delivers what is due.
    pub(crate) fn deliver(&mut self, view: impl FnOnce() -> View) {
        if self.due_in() != Some(Duration::ZERO) {
            return;
        }
        if self.torn || self.waiting.len() > SNAPSHOT_ABOVE {
            self.deliver_snapshot(view());
        } else {
            self.deliver_patches();
        }
    }

    fn deliver_snapshot(&mut self, view: View) {
        self.torn = false;
        self.waiting.retain(is_no_state);
        self.rev += 1;
        self.tell(Update::Snapshot { rev: self.rev, view: Box::new(view) });
        if !self.waiting.is_empty() {
            self.deliver_patches();
        }
    }

    fn deliver_patches(&mut self) {
        let patches = std::mem::take(&mut self.waiting);
        self.rev += 1;
        self.tell(Update::Patches { rev: self.rev, patches });
    }

    fn tell(&mut self, update: Update) {
        let few = matches!(&update, Update::Patches { patches, .. } if patches.len() <= FEW);
        self.not_before = Some(Instant::now() + if few { SOON } else { FRAME });
        if let Some(watcher) = self.watcher.clone() {
            crate::driver::guarded("the watcher", || watcher(update));
        }
    }
}

/// It says something to do, which no snapshot repeats.
fn is_no_state(patch: &Patch) -> bool {
    matches!(patch, Patch::Focus { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::ChatId;
    use std::sync::{Arc, Mutex};

    type Seen = Arc<Mutex<Vec<Update>>>;

    fn watcher() -> (Watcher, Seen) {
        let seen = Seen::default();
        let into = Arc::clone(&seen);
        (Arc::new(move |update| into.lock().unwrap().push(update)), seen)
    }

    fn take(seen: &Seen) -> Vec<Update> {
        std::mem::take(&mut seen.lock().unwrap())
    }

    fn focus(chat: u64) -> Patch {
        Patch::Focus { chat_id: ChatId(chat) }
    }

    #[tokio::test(start_paused = true)]
    async fn few_patches_are_told_soon_and_many_once_in_a_frame() {
        let (watcher, _) = watcher();
        let mut window = Window::default();
        window.attach(watcher, View::default());
        for (count, until_next) in [(1, SOON), (FEW, SOON), (FEW + 1, FRAME)] {
            tokio::time::advance(FRAME).await;
            window.publish(vec![Patch::HistoryChanged; count]);
            window.deliver(View::default);
            window.publish(vec![Patch::HistoryChanged]);
            assert_eq!(window.due_in(), Some(until_next), "{count}");
            tokio::time::advance(until_next).await;
            window.deliver(View::default);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn law_7_patches_within_one_frame_are_one_update() {
        let (watcher, seen) = watcher();
        let mut window = Window::default();
        window.attach(watcher, View::default());
        assert!(matches!(take(&seen)[..], [Update::Snapshot { rev: 1, .. }]));
        window.publish(vec![Patch::HistoryChanged]);
        window.deliver(View::default);
        assert!(take(&seen).is_empty());
        window.publish(vec![Patch::VisitorsCleared]);
        tokio::time::advance(window.due_in().unwrap()).await;
        window.deliver(View::default);
        let patches = vec![Patch::HistoryChanged, Patch::VisitorsCleared];
        assert_eq!(take(&seen), [Update::Patches { rev: 2, patches }]);
        assert_eq!(window.due_in(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn law_7_a_new_watcher_gets_all_of_it_and_the_old_one_nothing_more() {
        let (first, seen_first) = watcher();
        let (second, seen_second) = watcher();
        let mut window = Window::default();
        window.attach(first, View::default());
        window.publish(vec![Patch::HistoryChanged]);
        window.attach(second, View::default());
        assert_eq!(take(&seen_first).len(), 1);
        assert!(matches!(take(&seen_second)[..], [Update::Snapshot { rev: 2, .. }]));
        assert_eq!(window.due_in(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_chat_to_show_waits_for_the_window() {
        let (watcher, seen) = watcher();
        let mut window = Window::default();
        window.publish(vec![Patch::HistoryChanged, focus(7)]);
        window.attach(watcher, View::default());
        let seen = take(&seen);
        assert!(matches!(seen[0], Update::Snapshot { rev: 1, .. }));
        assert_eq!(seen[1], Update::Patches { rev: 2, patches: vec![focus(7)] });
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_made_anew_or_changed_in_thousands_of_places_is_a_snapshot() {
        let (watcher, seen) = watcher();
        let mut window = Window::default();
        window.attach(watcher, View::default());
        for make in [
            |window: &mut Window| window.tear(),
            |window: &mut Window| window.publish(vec![Patch::HistoryChanged; 3_000]),
        ] {
            take(&seen);
            make(&mut window);
            tokio::time::advance(FRAME).await;
            window.deliver(View::default);
            assert!(matches!(take(&seen)[..], [Update::Snapshot { .. }]));
        }
    }
}
