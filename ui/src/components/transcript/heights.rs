//! The heights of the rows of a transcript, guessed or measured, and what they add up to.
//!
//! A Fenwick tree: changing one height and adding up all before a row take a few steps each,
//! whatever the length of the transcript.

use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heights {
    heights: Vec<f64>,
    /// Sums over ranges; the entry for row `i` stands at `i`, covering `lowbit(i + 1)` rows.
    sums: Vec<f64>,
}

impl Heights {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.heights.len()
    }

    /// One row more.
    pub(super) fn push(&mut self, height: f64) {
        let place = self.heights.len() + 1;
        let covered = place & place.wrapping_neg();
        let mut sum = height;
        let mut step = 1;
        while step < covered {
            sum += self.sums[place - step - 1];
            step <<= 1;
        }
        self.heights.push(height);
        self.sums.push(sum);
    }

    /// The row's height is this; a row that is not there changes nothing.
    pub(super) fn set(&mut self, row: usize, height: f64) {
        let Some(known) = self.heights.get_mut(row) else { return };
        let by = height - *known;
        if by.abs() < 0.01 {
            return;
        }
        *known = height;
        let mut place = row + 1;
        while place <= self.sums.len() {
            self.sums[place - 1] += by;
            place += place & place.wrapping_neg();
        }
    }

    /// The heights of all rows before this one.
    pub(super) fn before(&self, row: usize) -> f64 {
        let mut place = row.min(self.heights.len());
        let mut sum = 0.0;
        while place > 0 {
            sum += self.sums[place - 1];
            place &= place - 1;
        }
        sum
    }

    /// The row at this height from the top, and how far into it that is.
    pub(super) fn at(&self, top: f64) -> (usize, f64) {
        if self.heights.is_empty() {
            return (0, 0.0);
        }
        let (mut place, mut left) = (0, top.max(0.0));
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            let next = place + step;
            if next <= self.sums.len() && self.sums[next - 1] <= left {
                left -= self.sums[next - 1];
                place = next;
            }
            step >>= 1;
        }
        if place >= self.heights.len() {
            let last = self.heights.len() - 1;
            return (last, left + self.heights[last]);
        }
        (place, left)
    }

    /// The rows that are seen from `top` over `height` pixels, and `margin` more on either side.
    /// A `top` beyond the end means the end.
    pub(super) fn range(&self, top: f64, height: f64, margin: f64) -> Range<usize> {
        let total = self.before(self.len());
        let top = top.min((total - height).max(0.0));
        let first = self.at(top - margin).0;
        let last = self.at(top + height + margin).0;
        first..(last + 1).min(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(of: &[f64]) -> Heights {
        let mut heights = Heights::default();
        for height in of {
            heights.push(*height);
        }
        heights
    }

    #[test]
    fn sums_are_those_of_the_rows_before() {
        let mut rows: Vec<f64> = (1..=100).map(f64::from).collect();
        let mut heights = heights(&rows);
        for (row, height) in [(0, 40.0), (63, 7.5), (64, 0.0), (99, 1.0)] {
            rows[row] = height;
            heights.set(row, height);
        }
        for row in 0..=100 {
            let sum: f64 = rows[..row].iter().sum();
            assert!((heights.before(row) - sum).abs() < 1e-9, "{row}");
        }
    }

    #[test]
    fn the_row_at_a_height_is_found() {
        let heights = heights(&[10.0, 20.0, 30.0]);
        assert_eq!(heights.at(-5.0), (0, 0.0));
        assert_eq!(heights.at(9.0), (0, 9.0));
        assert_eq!(heights.at(10.0), (1, 0.0));
        assert_eq!(heights.at(59.0), (2, 29.0));
        assert_eq!(heights.at(500.0).0, 2);
        assert_eq!(Heights::default().at(10.0), (0, 0.0));
    }

    #[test]
    fn a_window_over_a_million_rows_is_small() {
        let mut heights = Heights::default();
        (0..1_000_000).for_each(|_| heights.push(40.0));
        assert_eq!(heights.range(20_000_000.0, 800.0, 600.0), 499_985..500_036);
        assert_eq!(heights.range(f64::MAX, 800.0, 600.0), 999_965..1_000_000);
        assert_eq!(heights.range(0.0, 800.0, 600.0), 0..36);
    }
}
