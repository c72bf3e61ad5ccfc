//! What of an answer is written in a value.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A string as it is written, with its escapes and without its quotes; of anything else but null,
/// all of it.
#[derive(Debug, Clone, Default)]
pub(in crate::wire) struct Written<'a>(pub(in crate::wire) Cow<'a, str>);

impl Written<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'a RawValue>::deserialize(deserializer)?.get();
        let written = match raw.as_bytes().first() {
            Some(b'n') => "",
            Some(b'"') => &raw[1..raw.len() - 1],
            _ => raw,
        };
        Ok(Self(Cow::Borrowed(written)))
    }
}

/// Something that can be added up.
pub(super) trait Sum: Default {
    fn add(&mut self, other: Self);
}

/// The sum of a list; a null is an empty one.
#[derive(Debug, Clone, Default)]
pub(super) struct SumOf<T>(pub(super) T);

impl<'de, T: Sum + Deserialize<'de>> Deserialize<'de> for SumOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SumVisitor(PhantomData))
    }
}

struct SumVisitor<T>(PhantomData<T>);

impl<'de, T: Sum + Deserialize<'de>> Visitor<'de> for SumVisitor<T> {
    type Value = SumOf<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<SumOf<T>, E> {
        Ok(SumOf(T::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SumOf<T>, A::Error> {
        // One is the rule, and nothing has to be copied for it.
        let mut sum: T = list.next_element()?.unwrap_or_default();
        while let Some(part) = list.next_element()? {
            sum.add(part);
        }
        Ok(SumOf(sum))
    }
}
