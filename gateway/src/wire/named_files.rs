//! Which files that a provider keeps a body names, wherever it names them.
//!
//! Every API that is served here names one in `file_id`, and several in `file_ids`: OpenAI's within
//! parts of messages, in tools and in masks, Anthropic's within sources of blocks. A body that
//! mentions neither is not read.

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use memchr::memmem::Finder;
use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use super::WireError;

static FILE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("file_id"));
/// How JSON may spell a character of ASCII.
static ESCAPED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\u00"));

/// The most files that one body names.
const MOST_FILES: usize = 500;

/// The ids, each once.
///
/// # Errors
/// [`WireError::Invalid`] where there are too many, or the body cannot be read to its end.
pub fn named_files(body: &[u8]) -> Result<BTreeSet<String>, WireError> {
    let mut found = BTreeSet::new();
    if !may_name_files(body) {
        return Ok(found);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let walk = Walk { found: &mut found, named_by: NamedBy::Nothing };
    walk.deserialize(&mut deserializer).map_err(|error| {
        let detail = format!("The body names files and cannot be read to its end: {error}.");
        WireError::invalid(None, detail)
    })?;
    if found.len() > MOST_FILES {
        let detail = format!("A request may name {MOST_FILES} files; name fewer.");
        return Err(WireError::invalid("file_id", detail));
    }
    Ok(found)
}

/// No letter of the names is spelled otherwise than by itself or by its number, which is 0x5f to
/// 0x6c.
fn may_name_files(body: &[u8]) -> bool {
    let is_of_name = |at: usize| matches!(body.get(at + ESCAPED.needle().len()), Some(b'5' | b'6'));
    FILE.find(body).is_some() || ESCAPED.find_iter(body).any(is_of_name)
}

/// Under which name a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    FileId,
    FileIds,
    Nothing,
}

/// Looks through one value.
struct Walk<'a> {
    found: &'a mut BTreeSet<String>,
    named_by: NamedBy,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let named_by = match name.as_str() {
                "file_id" => NamedBy::FileId,
                "file_ids" => NamedBy::FileIds,
                _ => NamedBy::Nothing,
            };
            map.next_value_seed(Walk { found: self.found, named_by })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let named_by = match self.named_by {
            NamedBy::FileIds => NamedBy::FileId,
            _ => NamedBy::Nothing,
        };
        while list.next_element_seed(Walk { found: self.found, named_by })?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.named_by == NamedBy::FileId {
            self.found.insert(text.to_owned());
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"messages":[{"content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#, &["file-1"])]
    #[case(r#"{"input":[{"content":[{"type":"input_image","file_id":"file-1"}]}]}"#, &["file-1"])]
    #[case(r#"{"tools":[{"container":{"type":"auto","file_ids":["file-2","file-1"]}}]}"#, &["file-1", "file-2"])]
    #[case(r#"{"content":[{"source":{"type":"file","file_id":"file_1"}}]}"#, &["file_1"])]
    #[case(r#"{"f\u0069le\u005Fid":"file-1","file_id":"file-\u0032"}"#, &["file-1", "file-2"])]
    #[case(r#"{"file_id":{"type":"string"},"file_ids":[["x"],null,1.5e3],"n":"file_id"}"#, &[])]
    #[case(r#"{"file_id":null,"say":"\u006e\u00e9e","id":"file-1"}"#, &[])]
    fn files_are_found_wherever_they_are_named(#[case] body: &str, #[case] expected: &[&str]) {
        let found = named_files(body.as_bytes()).unwrap();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_body_that_mentions_none_is_not_read() {
        assert!(named_files(br#"{"messages": nonsense \u00e9"#).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_to_its_end_is_refused_where_it_may_name_files() {
        let deep = format!(r#"{{"a":{}{},"file_id":"file-1"}}"#, "[".repeat(500), "]".repeat(500));
        assert!(named_files(deep.as_bytes()).is_err());
        let ids: Vec<String> = (0..=MOST_FILES).map(|number| format!("\"{number}\"")).collect();
        let many = format!(r#"{{"file_ids":[{}]}}"#, ids.join(","));
        assert_eq!(named_files(many.as_bytes()).unwrap_err().pointer(), Some("file_id"));
    }
}
