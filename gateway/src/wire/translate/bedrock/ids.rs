//! Ids of tool calls as this API takes them.

use std::{borrow::Cow, collections::HashMap};

/// The longest id, in bytes.
const ID_LIMIT_BYTES: usize = 64;

/// Gives an id that this API does not take another one, the same for a call and its result.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    changed: HashMap<&'a str, String>,
}

impl<'a> Ids<'a> {
    pub(super) fn write(&mut self, id: &'a str) -> Cow<'a, str> {
        if is_taken(id) {
            return Cow::Borrowed(id);
        }
        let next = self.changed.len();
        Cow::Owned(self.changed.entry(id).or_insert_with(|| format!("call-{next}")).clone())
    }
}

fn is_taken(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=ID_LIMIT_BYTES).contains(&id.len()) && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_where_it_can_and_has_one_other_where_it_cannot() {
        let mut ids = Ids::default();
        let long = "x".repeat(65);
        let written: Vec<_> = ["call_1", "a|b", &long, "a|b", "functions.f:0", ""]
            .into_iter()
            .map(|id| ids.write(id).into_owned())
            .collect();
        assert_eq!(written, ["call_1", "call-0", "call-1", "call-0", "functions.f:0", "call-2"]);
    }
}
