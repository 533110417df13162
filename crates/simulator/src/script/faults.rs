//! What goes wrong on request: repeats, cuts and stalls, as a seed has them.

use crate::chance::Chance;

/// What happens to a line after a frame was sent on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The same frame, with the same id, is sent once more.
    Twice,
    /// The line is cut without a goodbye.
    Cut,
    /// Nothing is read or sent for so many milliseconds.
    Stall(i64),
}

/// One person's faults.
#[derive(Debug, Clone)]
pub struct Faults(Option<Chance>);

impl Faults {
    #[must_use]
    pub fn new(on: bool, chance: Chance) -> Self {
        Self(on.then_some(chance))
    }

    /// Asked after each wish that was sent.
    pub fn draw(&mut self) -> Option<Fault> {
        let chance = self.0.as_mut()?;
        match chance.within(0..100) {
            0..10 => Some(Fault::Twice),
            10..16 => Some(Fault::Cut),
            16..20 => Some(Fault::Stall(chance.within(500..4_000))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_on_request_only_and_as_the_seed_has_them() {
        let draw = |on, seed| {
            let mut faults = Faults::new(on, Chance::new(seed));
            (0..200).map(|_| faults.draw()).collect::<Vec<_>>()
        };
        assert!(draw(false, 1).iter().all(Option::is_none));
        assert_eq!(draw(true, 1), draw(true, 1));
        assert_ne!(draw(true, 1), draw(true, 2));
        for wanted in [Fault::Twice, Fault::Cut] {
            assert!(draw(true, 1).contains(&Some(wanted)), "{wanted:?}");
        }
    }
}
