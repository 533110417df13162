//! Reads a line of a transcript: two fields of its own, then those of its body.

use super::{LineBody, TranscriptLine};
use crate::tagged::{AfterTag, Tagged};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use std::fmt;

impl<'de> Deserialize<'de> for TranscriptLine {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ReadingLine)
    }
}

struct ReadingLine;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineKey {
    Seq,
    At,
    Line,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for ReadingLine {
    type Value = TranscriptLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a transcript")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TranscriptLine, A::Error> {
        let (mut seq, mut at) = (None, None);
        loop {
            match map.next_key()?.ok_or_else(|| A::Error::missing_field(LineBody::TAG))? {
                LineKey::Seq => seq = Some(map.next_value()?),
                LineKey::At => at = Some(map.next_value()?),
                LineKey::Line => break,
                LineKey::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(TranscriptLine {
            seq: seq.ok_or_else(|| A::Error::missing_field("seq"))?,
            at: at.ok_or_else(|| A::Error::missing_field("at"))?,
            body: LineBody::variant(AfterTag(map))?,
        })
    }
}
