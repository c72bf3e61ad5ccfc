//! Shapes of requests as Amazon's service models describe them, and what a service says where a
//! request has another.

use http::StatusCode;
use serde_json::Value;

use crate::fake_provider::vendor::Fault;

/// What a value has to be.
#[derive(Debug)]
pub(super) enum Shape {
    /// An object with these members.
    Structure(&'static [Member]),
    /// An object with exactly one of these members; the name is the service model's.
    Union(&'static str, &'static [Member]),
    /// A list, of at least so many.
    List { of: &'static Shape, least: usize },
    /// An object with any names.
    Map(&'static Shape),
    /// A text.
    Text(Text),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number, at least this.
    Whole { least: i64 },
    /// A number from nought to one.
    Share,
    /// True or false.
    Flag,
    /// Bytes, in base64.
    Blob,
    /// Anything.
    Document,
}

/// How long a text may be, and what of.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) least: usize,
    pub(super) most: usize,
    /// Punctuation that is taken besides letters and digits; any text if there is none here.
    pub(super) punctuation: Option<&'static str>,
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: &'static Shape,
    is_required: bool,
}

/// A member that may be left out.
pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, is_required: false }
}

/// A member that may not.
pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, is_required: true }
}

impl Shape {
    /// Refuses a value of another shape; `place` is where it stands.
    pub(super) fn check(&self, value: &Value, place: &str) -> Result<(), Fault> {
        match self {
            Self::Structure(members) => check_members(value, members, place),
            Self::Union(name, members) => {
                check_members(value, members, place)?;
                check_is_one(value, name, members, place)
            }
            Self::List { of, least } => {
                let items = value.as_array().ok_or_else(|| unreadable(value, "a list"))?;
                if items.len() < *least {
                    let rule = format!("Member must have length greater than or equal to {least}");
                    return Err(violation(&Value::from("[]"), place, &rule));
                }
                let mut numbered = items.iter().enumerate();
                numbered.try_for_each(|(index, item)| {
                    of.check(item, &format!("{place}.{}.member", index + 1))
                })
            }
            Self::Map(of) => {
                let members = value.as_object().ok_or_else(|| unreadable(value, "a map"))?;
                members.iter().try_for_each(|(name, value)| {
                    of.check(value, &format!("{place}.{name}.member"))
                })
            }
            Self::Text(text) => text.check(value, place),
            Self::OneOf(words) => {
                let word = value.as_str().ok_or_else(|| unreadable(value, "String"))?;
                let rule = format!("Member must satisfy enum value set: [{}]", words.join(", "));
                if words.contains(&word) { Ok(()) } else { Err(violation(value, place, &rule)) }
            }
            Self::Whole { least } => {
                let number = value.as_i64().ok_or_else(|| unreadable(value, "Integer"))?;
                let rule = format!("Member must have value greater than or equal to {least}");
                if number >= *least { Ok(()) } else { Err(violation(value, place, &rule)) }
            }
            Self::Share => {
                let number = value.as_f64().ok_or_else(|| unreadable(value, "Float"))?;
                let (bound, rule) = if number < 0.0 { (0, "greater") } else { (1, "less") };
                let rule = format!("Member must have value {rule} than or equal to {bound}");
                let is_share = (0.0..=1.0).contains(&number);
                if is_share { Ok(()) } else { Err(violation(value, place, &rule)) }
            }
            Self::Flag => value.as_bool().map(drop).ok_or_else(|| unreadable(value, "Boolean")),
            Self::Blob => check_blob(value),
            Self::Document => Ok(()),
        }
    }
}

impl Text {
    fn check(&self, value: &Value, place: &str) -> Result<(), Fault> {
        let text = value.as_str().ok_or_else(|| unreadable(value, "String"))?;
        let length = text.chars().count();
        if length < self.least {
            let least = self.least;
            let rule = format!("Member must have length greater than or equal to {least}");
            return Err(violation(value, place, &rule));
        }
        if length > self.most {
            let rule = format!("Member must have length less than or equal to {}", self.most);
            return Err(violation(value, place, &rule));
        }
        let Some(punctuation) = self.punctuation else { return Ok(()) };
        let is_taken =
            |letter: char| letter.is_ascii_alphanumeric() || punctuation.contains(letter);
        if text.chars().all(is_taken) {
            return Ok(());
        }
        let pattern = format!("[a-zA-Z0-9{punctuation}]+");
        let rule = format!("Member must satisfy regular expression pattern: {pattern}");
        Err(violation(value, place, &rule))
    }
}

fn check_members(value: &Value, members: &[Member], place: &str) -> Result<(), Fault> {
    let given = value.as_object().ok_or_else(|| unreadable(value, "a structure"))?;
    let at =
        |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    if let Some(name) = given.keys().find(|name| members.iter().all(|known| known.name != **name)) {
        let known: Vec<_> = members.iter().map(|member| member.name).collect();
        return Err(Fault::Invalid(format!(
            "Unknown parameter in input: \"{}\", must be one of: {}",
            at(name),
            known.join(", ")
        )));
    }
    members.iter().try_for_each(|member| match given.get(member.name) {
        None | Some(Value::Null) if member.is_required => {
            Err(violation(&Value::Null, &at(member.name), "Member must not be null"))
        }
        None | Some(Value::Null) => Ok(()),
        Some(value) => member.shape.check(value, &at(member.name)),
    })
}

/// Exactly one member of a union is set. Places are told as the service does it in this one case.
fn check_is_one(value: &Value, name: &str, members: &[Member], place: &str) -> Result<(), Fault> {
    if value.as_object().is_some_and(|given| given.len() == 1) {
        return Ok(());
    }
    let known: Vec<_> = members.iter().map(|member| member.name).collect();
    Err(Fault::Invalid(format!(
        "{name} object at {} must set one of the following keys: {}.",
        counted_from_nought(place),
        known.join(", ")
    )))
}

/// `messages.1.member.content.2.member` as `messages.0.content.1`.
fn counted_from_nought(place: &str) -> String {
    let parts = place.split('.').filter(|part| *part != "member");
    let counted = parts.map(|part| match part.parse::<usize>() {
        Ok(number) => number.saturating_sub(1).to_string(),
        Err(_) => part.to_owned(),
    });
    counted.collect::<Vec<_>>().join(".")
}

fn check_blob(value: &Value) -> Result<(), Fault> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = value.as_str().ok_or_else(|| unreadable(value, "a blob"))?;
    STANDARD.decode(text).map(drop).map_err(|error| serialization(&error.to_string()))
}

fn violation(value: &Value, place: &str, rule: &str) -> Fault {
    let shown = match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("'{text}'"),
        other => format!("'{other}'"),
    };
    Fault::Invalid(format!(
        "1 validation error detected: Value {shown} at '{place}' failed to satisfy constraint: \
         {rule}"
    ))
}

fn unreadable(value: &Value, wanted: &str) -> Fault {
    let kind = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(_) => "BOOLEAN_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    serialization(&format!("{kind} can not be converted to {wanted}"))
}

fn serialization(message: &str) -> Fault {
    let message = message.to_owned();
    Fault::Named { status: StatusCode::BAD_REQUEST, name: "SerializationException", message }
}
