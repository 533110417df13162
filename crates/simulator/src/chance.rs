//! Randomness that a seed repeats (`SplitMix64`). Not for secrets.

use std::ops::Range;

/// A stream of numbers; equal seeds give equal streams.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for each `number` under one seed.
    #[must_use]
    pub fn nth(seed: u64, number: u64) -> Self {
        let mut seeds = Self(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(seeds.number())
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A time of the range, in milliseconds; its start when the range is empty.
    pub fn within(&mut self, range: Range<i64>) -> i64 {
        let width = u64::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
        range.start + self.between(0..width) as i64
    }

    /// A number of the range; its start when the range is empty.
    pub fn between(&mut self, range: Range<u64>) -> u64 {
        let width = range.end.saturating_sub(range.start);
        if width == 0 { range.start } else { range.start + self.number() % width }
    }

    /// True `percent` times out of a hundred.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.number() % 100 < percent
    }

    /// One of them. There must be one.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[(self.number() % of.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn equal_seeds_give_equal_numbers_and_no_range_is_left() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..8).map(|_| (chance.between(3..9), chance.within(-4..2))).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|(n, t)| (3..9).contains(n) && (-4..2).contains(t)));
        let mut chance = Chance::new(7);
        assert_eq!((chance.between(5..5), chance.within(-5..-5)), (5, -5));
    }
}
