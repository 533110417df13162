//! Enums as objects that name their variant: `{"kind":"said", …}`.
//!
//! serde's own `#[serde(tag = "…")]` reads the whole object into a tree before it looks for the
//! tag, and makes the code for that anew for every such enum: a good part of the dashboard's wasm
//! (P18), and a copy of every frame. Here the tag is read first, for whatever this program writes
//! has it first; what others write may have it anywhere in the object.
//!
//! An enum says `#[serde(remote = "Self")]`, so that serde derives plain functions that choose a
//! variant by its name, and [`tagged!`](crate::tagged) makes the two traits of them.

mod reading;
mod writing;

pub use reading::{AfterTag, Reading};
pub use writing::Writing;

use serde::Deserializer;

/// An enum whose variants serde can read by name.
pub trait Tagged: Sized {
    /// The field that names the variant.
    const TAG: &'static str;

    /// What serde derived.
    ///
    /// # Errors
    /// When `from` is none of the variants.
    fn variant<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

/// Makes `Serialize` and `Deserialize` of what serde derived for `Self` as a remote type.
#[macro_export]
macro_rules! tagged {
    ($($kind:ty: $tag:literal),+ $(,)?) => { $(
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, $crate::tagged::Writing::new($tag, to))
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_map($crate::tagged::Reading::new())
            }
        }

        impl $crate::tagged::Tagged for $kind {
            const TAG: &'static str = $tag;

            fn variant<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::deserialize(from)
            }
        }
    )+ };
}

#[cfg(test)]
mod tests;
