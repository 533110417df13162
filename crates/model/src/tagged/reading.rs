//! From an object with a tag to an enum.

use super::Tagged;
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};
use std::{fmt, marker::PhantomData};

/// Reads one object.
#[derive(Debug)]
pub struct Reading<T>(PhantomData<T>);

impl<T> Reading<T> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a visitor is not a value")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Tagged> Visitor<'de> for Reading<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", T::TAG)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        match map.next_key_seed(Key(T::TAG))? {
            Some(Found::Tag) => T::variant(AfterTag(map)),
            Some(Found::Other(key)) => tag_later(key, map),
            None => Err(A::Error::missing_field(T::TAG)),
        }
    }
}

/// An object whose tag comes after `first`. It is written anew with the tag first: code that reads
/// each enum from a tree as well as from text would be a twentieth of the program (P18).
#[cfg(not(target_arch = "wasm32"))]
fn tag_later<'de, T: Tagged, A: MapAccess<'de>>(first: String, mut map: A) -> Result<T, A::Error> {
    let mut object = serde_json::Map::new();
    object.insert(first, map.next_value()?);
    while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
        object.insert(key, value);
    }
    let tag = object.remove(T::TAG).ok_or_else(|| A::Error::missing_field(T::TAG))?;
    let text = with_tag_first(T::TAG, &tag, &object).map_err(A::Error::custom)?;
    let mut again = serde_json::Deserializer::from_str(&text);
    again.deserialize_map(Reading::new()).map_err(A::Error::custom)
}

#[cfg(not(target_arch = "wasm32"))]
fn with_tag_first(
    tag: &str,
    variant: &serde_json::Value,
    object: &serde_json::Map<String, serde_json::Value>,
) -> serde_json::Result<String> {
    use serde::ser::{SerializeMap, Serializer};
    let mut text = Vec::new();
    let mut to = serde_json::Serializer::new(&mut text);
    let mut entries = to.serialize_map(None)?;
    entries.serialize_entry(tag, variant)?;
    for (key, value) in object {
        entries.serialize_entry(key, value)?;
    }
    entries.end()?;
    String::from_utf8(text).map_err(serde_json::Error::custom)
}

/// The dashboard hears nobody but its own backend, which writes the tag first.
#[cfg(target_arch = "wasm32")]
fn tag_later<'de, T: Tagged, A: MapAccess<'de>>(_: String, _: A) -> Result<T, A::Error> {
    Err(A::Error::missing_field(T::TAG))
}

/// The key of an entry: the tag's or another.
enum Found {
    Tag,
    Other(String),
}

struct Key(&'static str);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Found, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Found, E> {
        Ok(if key == self.0 { Found::Tag } else { Found::Other(key.to_owned()) })
    }
}

/// An object whose next value is the tag's and whose further entries are the variant's.
#[derive(Debug)]
pub struct AfterTag<A>(pub A);

impl<'de, A: MapAccess<'de>> Deserializer<'de> for AfterTag<A> {
    type Error = A::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("only an enum has a tag"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for AfterTag<A> {
    type Error = A::Error;
    type Variant = Entries<A>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        mut self,
        seed: V,
    ) -> Result<(V::Value, Entries<A>), A::Error> {
        let variant = self.0.next_value_seed(seed)?;
        Ok((variant, Entries(self.0)))
    }
}

/// The fields of the variant.
#[derive(Debug)]
pub struct Entries<A>(A);

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Entries<A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        while self.0.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a tuple has no fields to stand beside a tag"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }
}
