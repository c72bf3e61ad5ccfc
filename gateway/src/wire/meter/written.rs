//! How much of an answer is written in a value.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The bytes of a string as it is written, quotes apart; of anything else but null, all of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written(pub(super) u64);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let bytes = match raw.as_bytes().first() {
            Some(b'n') => 0,
            Some(b'"') => raw.len() - 2,
            _ => raw.len(),
        };
        Ok(Self(bytes as u64))
    }
}

/// Something that can be added up without keeping its parts.
pub(super) trait Sum: Default {
    fn add(&mut self, other: Self);
}

/// The sum of a list; a null is an empty one.
#[derive(Debug, Clone, Copy, Default)]
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
        let mut sum = T::default();
        while let Some(part) = list.next_element()? {
            sum.add(part);
        }
        Ok(SumOf(sum))
    }
}
