//! The members of a JSON object and where they stand.

use std::{borrow::Cow, fmt, ops::Range};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One member of an object.
pub(in super::super) struct Member<'a> {
    /// Its name, without escapes where they mean a text.
    pub(in super::super) name: Cow<'a, str>,
    /// Its value as it is written.
    pub(in super::super) value: &'a RawValue,
    /// Where its name stands, quotes included.
    pub(in super::super) key: Range<usize>,
    /// Where its value ends.
    pub(in super::super) end: usize,
}

impl Member<'_> {
    pub(in super::super) fn is_null(&self) -> bool {
        self.value.get() == "null"
    }
}

/// The members of the object that `text` is; none where it is no object.
pub(in super::super) fn members_of(text: &str) -> Option<Vec<Member<'_>>> {
    serde_json::Deserializer::from_str(text).deserialize_map(Members { text }).ok()
}

struct Members<'a> {
    text: &'a str,
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            // A name that is no text, with half of a surrogate pair, is nobody's: as it is written.
            let name =
                serde_json::from_str(key.get()).map_or(Cow::Borrowed(key.get()), |Name(name)| name);
            let (key, end) = (self.span(key), self.span(value).end);
            members.push(Member { name, value, key, end });
        }
        Ok(members)
    }
}

/// Serde borrows a `Cow` only where it is told to.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Members<'_> {
    fn span(&self, raw: &RawValue) -> Range<usize> {
        let start = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + raw.get().len()
    }
}
