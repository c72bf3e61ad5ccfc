//! Fits a body to a provider that does not take every field of its dialect.
//!
//! A field that asks for nothing is cut, one that the provider has under another name is renamed,
//! and one that it does not take is refused or, where that is wanted, cut and told. Every other
//! byte stays.

use std::{borrow::Cow, ops::Range};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, value::RawValue};

use self::members::{Member, members_of};
use super::super::WireError;

mod members;

/// Which fields a provider does not take as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldRules {
    /// Fields that it refuses, each with the value that asks for no more than leaving the field
    /// out does, where that is not null, false, zero or empty.
    pub unsupported: Vec<(&'static str, Option<&'static Value>)>,
    /// Fields that it has under another name: ours, its own.
    pub renamed: Vec<(&'static str, &'static str)>,
    /// Fields that change nothing there, and may be refused.
    pub needless: Vec<&'static str>,
}

/// A body that a provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FittedBody {
    /// The body; the one that was given, uncopied, where nothing had to change.
    pub body: Bytes,
    /// Fields that asked for something and were cut, in the order of the body.
    pub dropped: Vec<&'static str>,
}

/// What becomes of a member.
enum Fate {
    Stays,
    Goes,
    IsRenamed(&'static str),
}

impl FieldRules {
    /// Whether every body is fine as it is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.unsupported.is_empty() && self.renamed.is_empty() && self.needless.is_empty()
    }

    /// Fits a body, which must be one JSON object. `drops` says that what the provider refuses is
    /// to be cut; `provider` is its name for people.
    ///
    /// # Errors
    /// [`WireError::Unsupported`], naming the field, where it asks for something that the provider
    /// refuses and is not to be cut.
    pub fn fit(&self, body: &Bytes, provider: &str, drops: bool) -> Result<FittedBody, WireError> {
        // A body that is no object was refused before; here it passes as it is.
        let members = std::str::from_utf8(body).ok().and_then(members_of).unwrap_or_default();
        let mut dropped = Vec::new();
        let mut fates = Vec::with_capacity(members.len());
        for member in &members {
            let (fate, refused) = self.fate(member, &members);
            if let Some(field) = refused {
                if !drops {
                    return Err(refusal(field, provider));
                }
                if !dropped.contains(&field) {
                    dropped.push(field);
                }
            }
            fates.push(fate);
        }
        Ok(FittedBody { body: edited(body, &members, &fates), dropped })
    }

    /// What becomes of a member, and the field that it asks for in vain.
    fn fate(&self, member: &Member<'_>, all: &[Member<'_>]) -> (Fate, Option<&'static str>) {
        let name = &*member.name;
        if self.needless.contains(&name) {
            return (Fate::Goes, None);
        }
        if let Some((_, theirs)) = self.renamed.iter().find(|(ours, _)| *ours == name) {
            // Where both names are there, the provider's own is the one that it would heed.
            let is_settled = all.iter().any(|other| other.name == *theirs && !other.is_null());
            let goes = member.is_null() || is_settled;
            return (if goes { Fate::Goes } else { Fate::IsRenamed(theirs) }, None);
        }
        if member.is_null() && self.renamed.iter().any(|(_, theirs)| *theirs == name) {
            // A null beside the renamed field would win with most readers.
            return (Fate::Goes, None);
        }
        match self.unsupported.iter().find(|(field, _)| *field == name) {
            Some((_, neutral)) if asks_for_nothing(member.value, *neutral) => (Fate::Goes, None),
            Some((field, _)) => (Fate::Goes, Some(field)),
            None => (Fate::Stays, None),
        }
    }
}

/// The names of a body's members; none where it is no object.
pub(super) fn member_names(body: &[u8]) -> Vec<String> {
    let members = std::str::from_utf8(body).ok().and_then(members_of).unwrap_or_default();
    members.into_iter().map(|member| member.name.into_owned()).collect()
}

fn refusal(field: &'static str, provider: &str) -> WireError {
    WireError::unsupported(
        field,
        format!(
            "`{field}` is not taken by {provider}, which serves this model. Leave it out or choose \
             another model; an administrator can have such fields left out with \
             `unsupported_fields: drop`."
        ),
    )
}

fn asks_for_nothing(raw: &RawValue, neutral: Option<&Value>) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(raw.get()) else { return false };
    let is_empty = match &value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    is_empty || neutral.is_some_and(|neutral| is_same(&value, neutral))
}

/// Whether two values are one, however a number is written.
fn is_same(value: &Value, other: &Value) -> bool {
    match (value.as_f64(), other.as_f64()) {
        (Some(value), Some(other)) => value.total_cmp(&other).is_eq(),
        _ => value == other,
    }
}

fn edited(body: &Bytes, members: &[Member<'_>], fates: &[Fate]) -> Bytes {
    let changes = changes(members, fates);
    if changes.is_empty() {
        return body.clone();
    }
    let mut out = BytesMut::with_capacity(body.len() + 32);
    let mut from = 0;
    for (span, text) in changes {
        out.extend_from_slice(&body[from..span.start]);
        out.extend_from_slice(text.as_bytes());
        from = span.end;
    }
    out.extend_from_slice(&body[from..]);
    out.freeze()
}

/// What is replaced by what, in order. A member goes with the comma behind it, and the last ones
/// with the comma before them.
fn changes(members: &[Member<'_>], fates: &[Fate]) -> Vec<(Range<usize>, Cow<'static, str>)> {
    let is_gone = |at: usize| matches!(fates.get(at), Some(Fate::Goes));
    let mut changes = Vec::new();
    let mut at = 0;
    while at < members.len() {
        match &fates[at] {
            Fate::Stays => at += 1,
            Fate::IsRenamed(theirs) => {
                let quoted = Value::from(*theirs).to_string();
                changes.push((members[at].key.clone(), quoted.into()));
                at += 1;
            }
            Fate::Goes => {
                let first = at;
                while is_gone(at) {
                    at += 1;
                }
                let span = match (members.get(at), first.checked_sub(1)) {
                    (Some(next), _) => members[first].key.start..next.key.start,
                    (None, Some(before)) => members[before].end..members[at - 1].end,
                    (None, None) => members[first].key.start..members[at - 1].end,
                };
                changes.push((span, "".into()));
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests;
