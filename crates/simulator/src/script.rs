//! What the scripted people do next: decisions without sockets.
//!
//! What was seen and the time go in, acts come out; the same seed, sights and times give the same
//! acts. Times are script milliseconds since the simulation began; how fast they pass is the
//! pace's business, and carrying acts out is the actors'.

pub mod colleague;
pub mod faults;
pub mod visitor;

use crate::chance::Chance;

/// How often somebody who goes on typing says so (docs/protocol.md, `TYPING_RENEW_MS`).
const RENEW_MS: i64 = bellhop_model::limits::TYPING_RENEW_MS;

/// When to connect again after the `tries`th failure in a row: full jitter under a bound that
/// doubles from half a second to 30 s.
fn again_at(chance: &mut Chance, tries: u32, now: i64) -> i64 {
    now + chance.within(0..(500_i64 << tries.min(6)).min(30_000))
}
