//! A token bucket for each of many: addresses, e-mail addresses.
//!
//! Invariant: it stays small whoever comes: buckets that are full again are forgotten, and where
//! too many are not, newcomers share one.

use crate::{bucket::Bucket, config::Rate};
use bellhop_model::Timestamp;
use std::{collections::HashMap, hash::Hash};

/// Buckets kept at one time.
const MOST: usize = 20_000;
/// Milliseconds between two looks at all of them.
const TIDY_MS: i64 = 1_000;

/// See the module. Time comes from the caller.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    known: HashMap<K, Bucket>,
    newcomers: Bucket,
    most: usize,
    /// When those who may be forgotten were looked for last.
    tidied_at: Timestamp,
}

impl<K: Hash + Eq> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        let newcomers = Bucket::new(rate, Timestamp(0));
        Self { rate, known: HashMap::new(), newcomers, most: MOST, tidied_at: Timestamp(0) }
    }

    /// Takes one of `key`'s, or says in how many milliseconds there is one.
    pub(crate) fn take(&mut self, key: K, now: Timestamp) -> Result<(), i64> {
        if self.known.len() >= self.most && !self.known.contains_key(&key) {
            // Not for each of a crowd.
            if now.since(self.tidied_at) >= TIDY_MS {
                self.tidied_at = now;
                self.known.retain(|_, bucket| !bucket.is_full(now));
            }
            if self.known.len() >= self.most {
                return self.newcomers.take(now);
            }
        }
        self.known.entry(key).or_insert_with(|| Bucket::new(self.rate, now)).take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_bucket_and_a_crowd_of_newcomers_shares_one() {
        let rate = Rate { at_once: 2.0, per_second: 1.0 };
        let mut buckets = Buckets { most: 2, ..Buckets::new(rate) };
        let at = Timestamp;
        for name in ["a", "b"] {
            assert_eq!(buckets.take(name, at(0)), Ok(()));
            assert_eq!(buckets.take(name, at(0)), Ok(()));
            assert_eq!(buckets.take(name, at(0)), Err(1000));
        }
        assert_eq!([(); 2].map(|()| buckets.take("c", at(0))), [Ok(()), Ok(())]);
        assert_eq!(buckets.take("d", at(0)), Err(1000), "c and d share");
        assert_eq!(buckets.take("d", at(3000)), Ok(()), "a and b were forgotten");
        assert_eq!(buckets.known.len(), 1);
    }
}
