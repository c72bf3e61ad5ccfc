//! Reads a link from JSON, with its members in the order in which they stand, whatever they are:
//! also those that a later version adds.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::super::form::Members;

/// A link of an export.
pub(super) struct ReadLink(Vec<(String, Value)>);

enum Value {
    Text(String),
    Number(i64),
    List(Vec<ReadLink>),
}

impl ReadLink {
    /// Puts the members as they stand.
    pub(super) fn put(&self, to: &mut impl Members) {
        for (name, value) in &self.0 {
            match value {
                Value::Text(text) => to.text(name, text),
                Value::Number(number) => to.whole(name, *number),
                Value::List(parts) => to.list(name, parts, |to, part| part.put(to)),
            }
        }
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(found, value)| match value {
            Value::Text(text) if found == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// A member that is a number; zero where there is none.
    pub(super) fn number(&self, name: &str) -> i64 {
        let number = self.0.iter().find_map(|(found, value)| match value {
            Value::Number(number) if found == name => Some(*number),
            _ => None,
        });
        number.unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for ReadLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Link;
        impl<'de> Visitor<'de> for Link {
            type Value = ReadLink;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the members of a link")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadLink, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(ReadLink(members))
            }
        }
        deserializer.deserialize_map(Link)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, a whole number or a list")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
                i64::try_from(number).map(Value::Number).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Value::List(parts))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
