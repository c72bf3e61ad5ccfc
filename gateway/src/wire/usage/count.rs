//! A count of tokens in a provider's words, read as it comes: nothing is built for it.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::TOKENS_LIMIT;

/// A count, forgiving: what is no number counts as not told, a fraction is cut, and what is out
/// of all bounds is brought back into them. A strange detail must not cost the whole report.
pub(in super::super) fn count<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Count)
}

struct Count;

impl<'de> Visitor<'de> for Count {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a count")
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Option<i64>, E> {
        Ok(Some(count.clamp(0, TOKENS_LIMIT)))
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Option<i64>, E> {
        self.visit_i64(i64::try_from(count).unwrap_or(TOKENS_LIMIT))
    }

    fn visit_f64<E: Error>(self, count: f64) -> Result<Option<i64>, E> {
        #[expect(clippy::cast_possible_truncation, reason = "it saturates; a fraction is cut")]
        let whole = count as i64;
        self.visit_i64(whole)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<i64>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<i64>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
