//! How many come from one address, and how much they say.
//!
//! Invariants: whoever leaves makes room, whatever ended them; what one address says is read only
//! as fast as its share allows, over however many pages it is said. This machine itself counts as
//! nobody unless it is told otherwise, for a proxy on it that was not named would be everybody.

use crate::{address::Address, bucket::Bucket, clock::Clock, config::Rate};
use bellhop_model::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Addresses remembered at one time beside those that are here.
const REMEMBERED: usize = 20_000;
/// What somebody waits who finds no place: places come free at any time.
const NO_PLACE_MS: i64 = 5_000;

/// What one address may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Places at one time.
    pub(crate) places: usize,
    /// How often one may enter.
    pub(crate) entries: Rate,
    /// What is said over all places together: frames, or bytes.
    pub(crate) said: Rate,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Crowd {
    share: Share,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    known: HashMap<Address, Known>,
    /// With so many known those are looked for who may be forgotten.
    tidy_at: usize,
}

#[derive(Debug)]
struct Known {
    places: usize,
    entries: Bucket,
    said: Bucket,
}

/// One place; left when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    address: Address,
}

impl Crowd {
    pub(crate) fn new(share: Share) -> Arc<Self> {
        let (clock, known) = (Clock::starting_at(Timestamp(0)), HashMap::new());
        let inner = Inner { clock, known, tidy_at: REMEMBERED };
        Arc::new(Self { share, inner: Mutex::new(inner) })
    }

    /// Takes a place, or says after how many milliseconds to come back.
    pub(crate) fn enter(self: &Arc<Self>, address: Address) -> Result<Place, i64> {
        let mut inner = self.inner();
        let Inner { clock, known, tidy_at } = &mut *inner;
        let now = clock.now();
        if known.len() >= *tidy_at && !known.contains_key(&address) {
            known.retain(|_, one| !one.is_as_new(now));
            // Where most are here, not everybody who enters looks at all of them.
            *tidy_at = REMEMBERED.max(2 * known.len());
        }
        let one = known.entry(address).or_insert_with(|| Known {
            places: 0,
            entries: Bucket::new(self.share.entries, now),
            said: Bucket::new(self.share.said, now),
        });
        if one.places >= self.share.places {
            return Err(NO_PLACE_MS);
        }
        one.entries.take(now)?;
        one.places += 1;
        drop(inner);
        Ok(Place { crowd: self.clone(), address })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held left whole counts behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_as_new(&self, now: Timestamp) -> bool {
        self.places == 0 && self.entries.is_full(now) && self.said.is_full(now)
    }
}

impl Place {
    /// So much was read: frames, or bytes. Says for how many milliseconds nothing else is read here.
    pub(crate) fn heard(&self, much: f64) -> Option<i64> {
        let mut inner = self.crowd.inner();
        let Inner { clock, known, .. } = &mut *inner;
        known.get_mut(&self.address)?.said.owe(clock.now(), much)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.crowd.inner();
        let Inner { clock, known, .. } = &mut *inner;
        let now = clock.now();
        if let Some(one) = known.get_mut(&self.address) {
            one.places = one.places.saturating_sub(1);
            if one.is_as_new(now) {
                known.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Rate = Rate { at_once: 1000.0, per_second: 1000.0 };

    fn address(last: u8) -> Address {
        Address::of([192, 0, 2, last].into())
    }

    #[test]
    fn each_address_has_its_places_and_who_leaves_makes_room() {
        let crowd = Crowd::new(Share { places: 2, entries: PLENTY, said: PLENTY });
        let first = crowd.enter(address(1)).unwrap();
        let _second = crowd.enter(address(1)).unwrap();
        assert_eq!(crowd.enter(address(1)).unwrap_err(), NO_PLACE_MS);
        let _other = crowd.enter(address(2)).unwrap();
        drop(first);
        crowd.enter(address(1)).unwrap();
    }

    #[test]
    fn entering_over_and_over_is_limited_although_one_leaves() {
        let entries = Rate { at_once: 2.0, per_second: 0.001 };
        let crowd = Crowd::new(Share { places: 9, entries, said: PLENTY });
        for _ in 0..2 {
            drop(crowd.enter(address(1)).unwrap());
        }
        assert!(crowd.enter(address(1)).unwrap_err() > 1000);
    }

    #[test]
    fn many_pages_of_one_address_share_what_they_may_say() {
        let said = Rate { at_once: 2.0, per_second: 1.0 };
        let crowd = Crowd::new(Share { places: 9, entries: PLENTY, said });
        let pages = [1, 2, 3, 4].map(|_| crowd.enter(address(1)).unwrap());
        let waits: Vec<_> = pages.iter().map(|page| page.heard(1.0).unwrap_or(0)).collect();
        assert!(waits[0] == 0 && waits[1] == 0, "{waits:?}");
        assert!(waits[2] > 900 && waits[3] > 1900, "each waits behind the others: {waits:?}");
    }
}
