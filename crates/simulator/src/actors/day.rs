//! A day of anybody: what they hear, what time it is and that it is closing time reach the script,
//! and what the script decides is carried out, until they are gone.

use super::{CLOSING, Stage, closing};
use crate::{
    line::{Heard, Line, next},
    watch::Violation,
};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use tokio::time::Instant;

/// Somebody with a script and a line.
pub(super) trait Person {
    type Frame: DeserializeOwned;
    /// What the script is told.
    type Seen;
    /// What the script decides.
    type Act;
    /// Told when the time has come that the script asked for.
    const TIME: Self::Seen;
    const CLOSING: Self::Seen;

    fn line(&mut self) -> &mut Option<Line>;
    /// When the script wants to be told the time, in script time.
    fn wake_at(&self) -> Option<i64>;
    fn is_gone(&self) -> bool;
    fn decide(&mut self, seen: Self::Seen, now: i64) -> Vec<Self::Act>;
    /// The line is no more.
    fn lost(&mut self) -> Self::Seen;
    /// The service did what it must not do.
    fn violate(&mut self, violation: Violation);
    fn hear(&mut self, frame: Self::Frame) -> impl Future<Output = Option<Self::Seen>> + Send;
    fn act(&mut self, act: Self::Act) -> impl Future<Output = Option<Self::Seen>> + Send;
}

/// Lives it through. The line is open still, where there is one.
pub(super) async fn live<P: Person>(person: &mut P, stage: &Stage) {
    let mut told = stage.closing.clone();
    let mut limit = None::<Instant>;
    let mut late = false;
    while !person.is_gone() && !late {
        let mut seen = VecDeque::new();
        let wake_at = person.wake_at();
        tokio::select! {
            heard = next(person.line()) => match heard {
                Heard::Frame(frame) => seen.extend(person.hear(frame).await),
                Heard::Gone => seen.push_back(person.lost()),
                Heard::Unreadable(why) => person.violate(Violation::Unreadable(why)),
            },
            () = stage.pace.until(wake_at) => seen.push_back(P::TIME),
            () = closing(&mut told, limit.is_some()) => {
                // The second time, it has been closing time for long enough.
                late = limit.is_some();
                limit = Some(Instant::now());
                seen.push_back(P::CLOSING);
            }
        }
        while let Some(one) = seen.pop_front() {
            for act in person.decide(one, stage.pace.now()) {
                seen.extend(person.act(act).await);
            }
        }
        late |= limit.is_some_and(|since| since.elapsed() > CLOSING);
    }
}
