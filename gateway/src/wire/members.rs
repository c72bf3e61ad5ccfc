//! The members of a JSON object: some are put in, replaced or taken out, and each value that is
//! not stays as it was written.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The object with other values: each edit names a member and its JSON text, or nothing where the
/// member goes. A member that is not there is put behind the others.
///
/// # Errors
/// Where the text is no JSON object.
pub(super) fn edited(
    object: &str,
    edits: &[(&str, Option<&str>)],
) -> Result<String, serde_json::Error> {
    let Members(members) = serde_json::from_str(object)?;
    let added: usize =
        edits.iter().map(|(name, value)| name.len() + value.map_or(0, str::len)).sum();
    let mut out = String::with_capacity(object.len() + added + 8 * edits.len());
    let mut put = |name: &str, value: &str| {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&serde_json::Value::from(name).to_string());
        out.push(':');
        out.push_str(value);
    };
    for (name, value) in &members {
        match edits.iter().find(|(edited, _)| edited == name) {
            None => put(name, value.get()),
            Some((_, Some(value))) => put(name, value),
            Some((_, None)) => {}
        }
    }
    for (name, value) in edits {
        if let Some(value) = value
            && !members.iter().any(|(member, _)| member == name)
        {
            put(name, value);
        }
    }
    if out.is_empty() {
        out.push('{');
    }
    out.push('}');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_edited_stays_as_it_was_written() {
        let object = r#"{ "a": 1.50, "b":{"c": [1 ,2]}, "ü\"": "\u00fc", "d": null }"#;
        let edits = [("a", Some("2")), ("d", None), ("e", Some("true")), ("f", None)];
        let expected = r#"{"a":2,"b":{"c": [1 ,2]},"ü\"":"\u00fc","e":true}"#;
        assert_eq!(edited(object, &edits).unwrap(), expected);
    }

    #[test]
    fn an_object_may_become_empty_and_was_one() {
        assert_eq!(edited("{}", &[]).unwrap(), "{}");
        assert_eq!(edited(r#"{"a":1}"#, &[("a", None)]).unwrap(), "{}");
        assert_eq!(edited("{}", &[("a", Some("1"))]).unwrap(), r#"{"a":1}"#);
        assert!(edited("[]", &[]).is_err() && edited("{", &[]).is_err());
    }
}
