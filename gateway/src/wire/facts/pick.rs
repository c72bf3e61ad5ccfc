//! Picks named members out of a JSON object in one pass, borrowed, without building a tree.
//!
//! Gateway and provider must read the same value, so what they could read differently is told: a
//! member that is there twice, and a name that differs in case only. (Go's `encoding/json`, which
//! several compatible servers use, matches names by Unicode case folding, and the last one wins.)

use std::{fmt, ops::Range};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members that were asked for, in the order in which they were asked for.
pub(super) struct Picked<'a, const N: usize> {
    text: &'a str,
    names: &'static [&'static str; N],
    values: [Option<&'a RawValue>; N],
    ambiguity: Option<Ambiguity>,
}

/// Why a member could be read in two ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ambiguity {
    /// It is there twice.
    Twice(&'static str),
    /// Another name differs from it in case only.
    Lookalike { name: &'static str, written: String },
}

impl<'a, const N: usize> Picked<'a, N> {
    /// Reads the whole text, which must be one JSON object.
    pub(super) fn read(
        text: &'a str,
        names: &'static [&'static str; N],
    ) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let (values, ambiguity) = deserializer.deserialize_map(PickVisitor { names })?;
        deserializer.end()?;
        Ok(Self { text, names, values, ambiguity })
    }

    pub(super) fn ambiguity(&self) -> Option<&Ambiguity> {
        self.ambiguity.as_ref()
    }

    /// The name under which a member was asked for.
    pub(super) fn name(&self, index: usize) -> &'static str {
        self.names[index]
    }

    /// The member as it is written; a null counts as left out.
    pub(super) fn value(&self, index: usize) -> Option<&'a RawValue> {
        self.values[index].filter(|raw| raw.get() != "null")
    }

    /// Where the member's value stands in the text, null or not.
    pub(super) fn span(&self, index: usize) -> Option<Range<usize>> {
        self.values[index].map(|raw| {
            let start = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
            start..start + raw.get().len()
        })
    }
}

struct PickVisitor<const N: usize> {
    names: &'static [&'static str; N],
}

impl<'de, const N: usize> Visitor<'de> for PickVisitor<N> {
    type Value = ([Option<&'de RawValue>; N], Option<Ambiguity>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; N];
        let mut ambiguity = None;
        while let Some(name) = map.next_key_seed(NameSeed { names: self.names })? {
            match name {
                Name::Asked(index) if values[index].is_none() => {
                    values[index] = Some(map.next_value()?);
                }
                Name::Asked(index) => {
                    ambiguity.get_or_insert(Ambiguity::Twice(self.names[index]));
                    map.next_value::<IgnoredAny>()?;
                }
                Name::Lookalike(found) => {
                    ambiguity.get_or_insert(found);
                    map.next_value::<IgnoredAny>()?;
                }
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((values, ambiguity))
    }
}

enum Name {
    Asked(usize),
    Lookalike(Ambiguity),
    Other,
}

struct NameSeed {
    names: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_str<E>(self, written: &str) -> Result<Name, E> {
        if let Some(index) = self.names.iter().position(|name| *name == written) {
            return Ok(Name::Asked(index));
        }
        let lookalike = self.names.iter().find(|name| folds_to(written, name));
        Ok(lookalike.map_or(Name::Other, |name| {
            Name::Lookalike(Ambiguity::Lookalike { name, written: written.to_owned() })
        }))
    }
}

/// Whether a name is taken for another by simple Unicode case folding; of what folds to ASCII
/// beyond ASCII there are only the long s and the Kelvin sign.
fn folds_to(written: &str, name: &str) -> bool {
    let fold = |letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    written.chars().map(fold).eq(name.chars().map(fold))
}
