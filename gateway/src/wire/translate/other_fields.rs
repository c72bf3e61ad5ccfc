//! The fields of a request that its reader does not take: known to the client's dialect alone, or
//! to nobody.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::ir::Settings;

/// The longest name that is repeated to a client, in characters.
const NAME_LIMIT_CHARACTERS: usize = 64;

/// Notes every field of `body` that is not in `taken` and asks for something: as a hint where it
/// is in `hints`, else as a demand. A body that is no JSON object has none.
pub(super) fn note(
    body: &[u8],
    taken: &[&str],
    hints: &'static [&'static str],
    settings: &mut Settings,
) {
    let mut visitor = Others { taken, hints, settings };
    // The reader has said what is wrong with a body that cannot be read.
    let _ = serde_json::Deserializer::from_slice(body).deserialize_map(&mut visitor);
}

/// As [`note`], of an object within the body; its fields are told with its place before them.
pub(super) fn note_within(
    place: &str,
    object: &RawValue,
    taken: &[&str],
    hints: &'static [&'static str],
    settings: &mut Settings,
) {
    let mut found = Settings::default();
    note(object.get().as_bytes(), taken, hints, &mut found);
    let named = |field: Cow<'static, str>| Cow::Owned(format!("{place}.{field}"));
    settings.demands.extend(found.demands.into_iter().map(named));
    settings.hints.extend(found.hints.into_iter().map(named));
}

/// The name of a tool that only its own provider has, by its kind.
pub(super) fn tool(kind: &str) -> Cow<'static, str> {
    Cow::Owned(format!("tools.{}", shown(kind)))
}

struct Others<'a> {
    taken: &'a [&'a str],
    hints: &'static [&'static str],
    settings: &'a mut Settings,
}

impl<'de> Visitor<'de> for &mut Others<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            let value: &RawValue = fields.next_value()?;
            if self.taken.contains(&name.as_str()) || asks_for_nothing(value.get()) {
                continue;
            }
            match self.hints.iter().find(|hint| **hint == name) {
                Some(hint) => self.settings.hints.push(Cow::Borrowed(hint)),
                None => self.settings.demands.push(Cow::Owned(shown(&name))),
            }
        }
        Ok(())
    }
}

/// `top_logprobs: 0` and `mcp_servers: []` are what happens anyway; an empty object may be a wish
/// (`web_search_options: {}`).
fn asks_for_nothing(value: &str) -> bool {
    let list = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    matches!(value, "null" | "false" | "0" | "0.0" | r#""""#)
        || list.is_some_and(|items| items.trim_ascii().is_empty())
}

/// A name that an error and a header may repeat, whatever the client wrote.
pub(super) fn shown(name: &str) -> String {
    let is_plain =
        |character: &char| character.is_ascii_alphanumeric() || "_-.".contains(*character);
    name.chars().filter(is_plain).take(NAME_LIMIT_CHARACTERS).collect()
}
