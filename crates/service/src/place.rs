//! Where visitors are: by their address, where the operator gave a database of addresses in the
//! MaxMind format; else by the browser's time zone; else by the region of its language.
//!
//! Invariant: nobody is asked over the network. What the database says is data like any other: it
//! is made into plain lines, and one that is damaged costs a place and nothing else.

use crate::address::Address;
use bellhop_model::{
    limits::TITLE_CHARS,
    rules,
    visit::{KnownBy, Place},
};
use maxminddb::{MaxMindDbError, Reader, geoip2};
use std::{collections::HashMap, path::Path, sync::LazyLock};

/// The country of each time zone.
static ZONES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("place/zones.txt").lines().filter(|line| !line.starts_with('#'));
    let countries = lines.filter_map(|line| line.split_once(' '));
    let zones = countries.flat_map(|(country, zones)| zones.split(' ').map(move |z| (z, country)));
    zones.collect()
});

/// See the module.
#[derive(Default)]
pub(crate) struct Atlas {
    addresses: Option<Reader<Vec<u8>>>,
}

impl std::fmt::Debug for Atlas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Atlas").field("addresses", &self.addresses.is_some()).finish()
    }
}

impl Atlas {
    /// With the database of addresses at `path`, which is read as a whole.
    pub(crate) fn open(path: &Path) -> Result<Self, MaxMindDbError> {
        Ok(Self { addresses: Some(Reader::open_readfile(path)?) })
    }

    /// Where somebody with these is; nowhere where none of them tells.
    pub(crate) fn find(&self, address: Option<Address>, time_zone: &str, language: &str) -> Place {
        let by_address = address.and_then(|address| self.look_up(address));
        let country = |country: &str, known_by: KnownBy| Place {
            country: country.to_owned(),
            known_by,
            ..Place::default()
        };
        let by_zone = || ZONES.get(time_zone).map(|code| country(code, KnownBy::TimeZone));
        let by_language = || Some(country(&region_of(language)?, KnownBy::Language));
        by_address.or_else(by_zone).or_else(by_language).unwrap_or_default()
    }

    fn look_up(&self, address: Address) -> Option<Place> {
        let found = self.addresses.as_ref()?.lookup(address.ip());
        match found.and_then(|found| found.decode::<geoip2::City<'_>>()) {
            Ok(found) => place_of(&found?),
            Err(error) => {
                tracing::debug!(%error, "the database of addresses does not answer");
                None
            }
        }
    }
}

fn place_of(found: &geoip2::City<'_>) -> Option<Place> {
    let plain = |text: Option<&str>| rules::clean_line(text.unwrap_or_default(), TITLE_CHARS);
    let country = found.country.iso_code.filter(|code| code.len() == 2)?;
    let region = found.subdivisions.first().and_then(|region| region.names.english);
    Some(Place {
        country: plain(Some(country)),
        region: plain(region),
        city: plain(found.city.names.english),
        known_by: KnownBy::Address,
    })
}

/// The region of a language tag, such as `KR` of `ko-KR` (BCP 47: two letters, after the language
/// and a script; what follows a single letter is an extension).
fn region_of(language: &str) -> Option<String> {
    let mut parts = language.split(['-', '_']).skip(1).take_while(|part| part.len() > 1);
    let is_region = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic());
    parts.find(is_region).map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("Asia/Seoul", "en-GB", "KR", KnownBy::TimeZone)]
    #[case("Asia/Calcutta", "", "IN", KnownBy::TimeZone)]
    #[case("America/Argentina/Ushuaia", "ko", "AR", KnownBy::TimeZone)]
    #[case("UTC", "zh-Hant-TW", "TW", KnownBy::Language)]
    #[case("", "en_us", "US", KnownBy::Language)]
    #[case("<script>", "ko", "", KnownBy::Language)]
    #[case("Etc/GMT+9", "x-klingon", "", KnownBy::Language)]
    #[case("", "en-u-ca-gregory", "", KnownBy::Language)]
    #[case("", "en-GB-u-ca-gregory", "GB", KnownBy::Language)]
    fn r_051_without_a_database_the_time_zone_and_then_the_language_tell_the_country(
        #[case] time_zone: &str,
        #[case] language: &str,
        #[case] country: &str,
        #[case] known_by: KnownBy,
    ) {
        let place = Atlas::default().find(None, time_zone, language);
        let expected = Place { country: country.to_owned(), known_by, ..Place::default() };
        assert_eq!(place, expected);
    }

    #[test]
    fn every_line_of_the_table_is_a_country_and_its_zones() {
        assert!(ZONES.len() > 400);
        for (zone, country) in ZONES.iter() {
            assert!(zone.contains('/') && zone.is_ascii(), "{zone}");
            assert!(
                country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()),
                "{zone}"
            );
        }
    }
}
