//! A source's JSON, read with bounds: objects whose values stay as they are written until somebody
//! asks for them.

use std::{borrow::Cow, collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The largest document; the largest known source has 4 MB.
pub const LARGEST_DOCUMENT_BYTES: usize = 32 * 1024 * 1024;
/// The most entries of one object or list; the largest known source has five thousand.
const MOST_ENTRIES: usize = 100_000;

/// Why a document cannot be used: nothing of it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is too large.
    #[error("has {0} bytes; at most {LARGEST_DOCUMENT_BYTES} are read")]
    TooLarge(usize),
    /// It is no text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is a page for people, such as that of a proxy.
    #[error("is a page of HTML where JSON was expected")]
    Html,
    /// It is no JSON, or not of the form that was expected.
    #[error("{0}")]
    Json(String),
    /// It has the right form and tells of no model.
    #[error("names no model")]
    NoModels,
    /// What it tells of most models cannot be understood, so the rest is not believed either.
    #[error("{bad} of {all} entries cannot be understood, such as {example}")]
    Mostly {
        /// How many.
        bad: usize,
        /// Of how many.
        all: usize,
        /// One of them, and why.
        example: String,
    },
}

/// The text of a document that may be read.
pub(super) fn text(body: &[u8]) -> Result<&str, Unreadable> {
    if body.len() > LARGEST_DOCUMENT_BYTES {
        return Err(Unreadable::TooLarge(body.len()));
    }
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotUtf8)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.as_bytes().first() {
        None => Err(Unreadable::Empty),
        Some(b'<') => Err(Unreadable::Html),
        Some(_) => Ok(text),
    }
}

fn unreadable(error: &serde_json::Error) -> Unreadable {
    Unreadable::Json(error.to_string())
}

/// The object that a document is.
pub(super) fn object(text: &str) -> Result<Object<'_>, Unreadable> {
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

/// The list that a document is, or has under one of these keys.
pub(super) fn list<'a>(text: &'a str, keys: &[&str]) -> Result<Vec<&'a RawValue>, Unreadable> {
    if text.starts_with('[') {
        let List(items) = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        return Ok(items);
    }
    let object = object(text)?;
    let found = keys.iter().find_map(|key| object.written(key));
    let found = found.ok_or_else(|| {
        Unreadable::Json(format!("expected an object with a list `{}`", keys.join("` or `")))
    })?;
    let List(items) = serde_json::from_str(found).map_err(|error| unreadable(&error))?;
    Ok(items)
}

/// An object; no key is there twice.
#[derive(Default)]
pub(super) struct Object<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    /// The object that a value is; none where it is something else.
    pub(super) fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// How the value of a key is written; none where there is none or it is null.
    pub(super) fn written(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|value| value.get()).filter(|written| *written != "null")
    }

    /// The keys with how their values are written, in the order of the keys, so that the same
    /// document gives the same remarks.
    pub(super) fn sorted(&self) -> Vec<(&str, &'a RawValue)> {
        let mut fields: Vec<_> = self.0.iter().map(|(key, value)| (&**key, *value)).collect();
        fields.sort_unstable_by_key(|(key, _)| *key);
        fields
    }

    /// The object under a key; none where there is none or it is something else.
    pub(super) fn inner(&self, key: &str) -> Option<Self> {
        serde_json::from_str(self.written(key)?).ok()
    }

    /// The list under a key; nothing where there is none or it is something else.
    pub(super) fn items(&self, key: &str) -> Vec<&'a RawValue> {
        self.written(key)
            .and_then(|written| serde_json::from_str::<List<'_>>(written).ok())
            .map_or_else(Vec::new, |List(items)| items)
    }

    /// The text under a key; none where there is none or it is something else.
    pub(super) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.written(key).and_then(unquoted)
    }

    /// Whether a key says true or false; none where it says neither.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.written(key)? {
            "true" | "\"true\"" => Some(true),
            "false" | "\"false\"" => Some(false),
            _ => None,
        }
    }
}

/// The text that a value is.
pub(super) fn unquoted(written: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(written).ok().map(|Text(text)| text)
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = HashMap::new();
                while let Some(Text(key)) = map.next_key()? {
                    if fields.len() == MOST_ENTRIES {
                        return Err(too_many());
                    }
                    let shown = key.chars().take(80).collect::<String>();
                    if fields.insert(key, map.next_value()?).is_some() {
                        let detail = format!("the key `{}` is there twice", shown.escape_debug());
                        return Err(A::Error::custom(detail));
                    }
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

struct List<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = List<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == MOST_ENTRIES {
                        return Err(too_many());
                    }
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

fn too_many<E: Error>() -> E {
    E::custom(format!("there are more than {MOST_ENTRIES} entries"))
}

/// A text that is borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> String {
        let refused = text(body).and_then(object).map(|_| ());
        refused.unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_object_of_json_is_refused_with_the_reason() {
        assert!(refused(b"<!DOCTYPE html>").contains("HTML"));
        assert!(refused(b"  \n").contains("empty"));
        assert!(refused(b"\xff\xfe{}").contains("UTF-8"));
        assert!(refused(b"{\"a\": 1").contains("line 1"));
        assert!(refused(b"[1]").contains("expected an object"));
        assert!(refused(b"{\"a\": NaN}").contains("line 1"));
        assert!(refused(b"{\"a\": 1, \"a\": 2}").contains("`a` is there twice"));
        assert!(refused(b"{} {}").contains("trailing"));
    }

    #[test]
    fn a_document_beyond_the_limits_is_refused_before_it_is_kept() {
        assert!(refused(&vec![b' '; LARGEST_DOCUMENT_BYTES + 1]).contains("bytes"));
        let entries: Vec<String> = (0..=MOST_ENTRIES).map(|at| format!("\"{at}\":0")).collect();
        assert!(refused(format!("{{{}}}", entries.join(",")).as_bytes()).contains("more than"));
        let items = format!("[{}0]", "0,".repeat(MOST_ENTRIES));
        assert!(list(&items, &[]).unwrap_err().to_string().contains("more than"));
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let read = object(&deep).unwrap();
        assert_eq!(read.items("a").len(), 1);
        assert!(read.inner("a").is_none());
    }

    #[test]
    fn a_value_is_what_it_is_and_nothing_else() {
        let read = object(r#"{"n": null, "t": "a\u0062", "f": "true", "o": {"x": 1}}"#).unwrap();
        assert_eq!(read.written("n"), None);
        assert_eq!(read.text("t").as_deref(), Some("ab"));
        assert_eq!(read.text("o"), None);
        assert_eq!((read.flag("f"), read.flag("t")), (Some(true), None));
        assert_eq!(read.inner("o").unwrap().written("x"), Some("1"));
    }
}
