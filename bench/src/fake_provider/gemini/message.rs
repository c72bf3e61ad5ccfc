//! Messages of protocol buffers as JSON, which is what Google's APIs read: fields that a message
//! does not have and values of another type are refused, every one of them by its place.
//! <https://protobuf.dev/programming-guides/json>

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};

use super::service::Service;
use crate::fake_provider::fault::Fault;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const DECODER: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// A kind of message: its fields.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

/// A field of a message, in camel case.
#[derive(Debug)]
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    is_list: bool,
    only: Option<Service>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    /// Base64 of either alphabet.
    Bytes,
    /// A value of an enumeration, by the name of its type.
    Choice(&'static str, &'static [&'static str]),
    /// JSON of the caller's own.
    Any,
    One(&'static Message),
    /// Messages by keys of the caller's own.
    Map(&'static Message),
}

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fake_provider) struct Violation {
    /// In snake case, as Google's errors have it.
    pub(in crate::fake_provider) place: String,
    pub(in crate::fake_provider) description: String,
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, is_list: false, only: None }
    }

    pub(super) const fn list(name: &'static str, kind: Kind) -> Self {
        Self { is_list: true, ..Self::new(name, kind) }
    }

    /// The field is one of this service alone.
    pub(super) const fn only(self, service: Service) -> Self {
        Self { only: Some(service), ..self }
    }
}

/// A body as the message that it has to be, its names in camel case.
pub(super) fn read(body: &[u8], message: &Message, service: Service) -> Result<Value, Fault> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let Value::Object(fields) = body else {
        return Err(Fault::NotJson("Root element must be a message.".to_owned()));
    };
    let mut reader = Reader { service, violations: Vec::new() };
    let read = reader.message(message, fields, "");
    if reader.violations.is_empty() {
        Ok(read)
    } else {
        Err(Fault::FieldViolations(reader.violations))
    }
}

struct Reader {
    service: Service,
    violations: Vec<Violation>,
}

impl Reader {
    fn message(&mut self, message: &Message, given: Map<String, Value>, place: &str) -> Value {
        let mut read = Map::with_capacity(given.len());
        for (name, value) in given {
            let Some(field) = self.field(message, &name) else {
                self.refuse_name(&name, place);
                continue;
            };
            // Null is as good as nothing.
            if !value.is_null() {
                let place = within(place, &snake_case(field.name));
                read.insert(field.name.to_owned(), self.field_value(field, value, &place));
            }
        }
        Value::Object(read)
    }

    fn field(&self, message: &Message, name: &str) -> Option<&'static Field> {
        let is_meant = |field: &&Field| {
            let is_here = field.only.is_none_or(|service| service == self.service);
            is_here && (field.name == name || snake_case(field.name) == name)
        };
        message.fields.iter().find(is_meant)
    }

    fn field_value(&mut self, field: &Field, value: Value, place: &str) -> Value {
        match value {
            Value::Array(items) if field.is_list => {
                let items = items.into_iter().enumerate();
                items
                    .map(|(index, item)| self.value(field.kind, item, &format!("{place}[{index}]")))
                    .collect()
            }
            // A single value passes for a list of one.
            value if field.is_list => Value::Array(vec![self.value(field.kind, value, place)]),
            value => self.value(field.kind, value, place),
        }
    }

    fn value(&mut self, kind: Kind, value: Value, place: &str) -> Value {
        match (kind, value) {
            (Kind::Any, value) => value,
            (Kind::One(message), Value::Object(fields)) => self.message(message, fields, place),
            (Kind::Map(message), Value::Object(entries)) => {
                let mut read = Map::with_capacity(entries.len());
                for (index, (key, entry)) in entries.into_iter().enumerate() {
                    let place = format!("{place}[{index}].value");
                    read.insert(key, self.value(Kind::One(message), entry, &place));
                }
                Value::Object(read)
            }
            (kind, value) => {
                if !kind.takes(&value) {
                    self.refuse_value(kind, &value, place);
                }
                value
            }
        }
    }

    fn refuse_name(&mut self, name: &str, place: &str) {
        let at = if place.is_empty() { String::new() } else { format!(" at '{place}'") };
        self.violations.push(Violation {
            place: place.to_owned(),
            description: format!(
                "Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field."
            ),
        });
    }

    fn refuse_value(&mut self, kind: Kind, value: &Value, place: &str) {
        let type_name = kind.type_name(self.service);
        let is_badly_encoded = matches!(kind, Kind::Bytes) && value.is_string();
        let fault = if is_badly_encoded { "Base64 decoding failed for " } else { "" };
        self.violations.push(Violation {
            place: place.to_owned(),
            description: format!("Invalid value at '{place}' ({type_name}), {fault}{value}"),
        });
    }
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Bytes => value.as_str().is_some_and(|text| bytes_of(text).is_some()),
            // Numbers may come as texts.
            Self::Integer => match value {
                Value::String(text) => text.parse::<i64>().is_ok(),
                value => value.is_i64() || value.is_u64(),
            },
            Self::Number => match value {
                Value::String(text) => text.parse::<f64>().is_ok(),
                value => value.is_number(),
            },
            Self::Flag => value.is_boolean(),
            Self::Choice(_, names) => value
                .as_str()
                .is_some_and(|given| names.iter().any(|name| name.eq_ignore_ascii_case(given))),
            Self::Any => true,
            Self::One(_) | Self::Map(_) => value.is_object(),
        }
    }

    fn type_name(self, service: Service) -> String {
        match self {
            Self::Text => "TYPE_STRING".to_owned(),
            Self::Bytes => "TYPE_BYTES".to_owned(),
            Self::Integer => "TYPE_INT32".to_owned(),
            Self::Number => "TYPE_FLOAT".to_owned(),
            Self::Flag => "TYPE_BOOL".to_owned(),
            Self::Choice(name, _) => format!("type.googleapis.com/{}.{name}", service.package()),
            Self::Any | Self::One(_) | Self::Map(_) => "TYPE_MESSAGE".to_owned(),
        }
    }
}

/// The bytes in a text: base64 of either alphabet, with or without its padding.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    DECODER.decode(text.replace('-', "+").replace('_', "/")).ok()
}

fn within(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static NODE: Message = Message {
        fields: &[
            Field::new("maxTokens", Kind::Integer),
            Field::new("mode", Kind::Choice("Mode", &["AUTO", "ANY"])),
            Field::list("children", Kind::One(&NODE)),
            Field::new("named", Kind::Map(&NODE)),
            Field::new("args", Kind::Any),
            Field::new("data", Kind::Bytes),
            Field::new("store", Kind::Flag).only(Service::AiStudio),
        ],
    };

    fn violations(body: &Value, service: Service) -> Vec<String> {
        match read(body.to_string().as_bytes(), &NODE, service) {
            Err(Fault::FieldViolations(list)) => {
                list.into_iter().map(|violation| violation.description).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_spellings_of_a_name_are_read_as_one() {
        let body = json!({ "max_tokens": "5", "children": [{ "maxTokens": 6 }], "mode": null });
        let read = read(body.to_string().as_bytes(), &NODE, Service::Vertex).unwrap();
        assert_eq!(read, json!({ "maxTokens": "5", "children": [{ "maxTokens": 6 }] }));
    }

    #[test]
    fn every_unknown_name_is_refused_at_its_place() {
        let body = json!({
            "oops": 1, "children": [{ "named": { "a": { "$ref": "x" } } }],
            "args": { "anything": 1 },
        });
        assert_eq!(
            violations(&body, Service::AiStudio),
            [
                "Invalid JSON payload received. Unknown name \"oops\": Cannot find field.",
                "Invalid JSON payload received. Unknown name \"$ref\" at \
                 'children[0].named[0].value': Cannot find field.",
            ]
        );
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_the_type_that_it_should_have() {
        let body = json!({ "maxTokens": true, "mode": "SOME" });
        assert_eq!(
            violations(&body, Service::Vertex),
            [
                "Invalid value at 'max_tokens' (TYPE_INT32), true",
                "Invalid value at 'mode' \
                 (type.googleapis.com/google.cloud.aiplatform.v1.Mode), \"SOME\"",
            ]
        );
    }

    #[test]
    fn bytes_come_in_either_alphabet_of_base64() {
        for text in ["-_-_", "+/+/", "YQ==", "YQ", "context_engineering_is_the_way_to_go"] {
            let body = json!({ "data": text });
            assert!(read(body.to_string().as_bytes(), &NODE, Service::Vertex).is_ok(), "{text}");
        }
        let body = json!({ "data": "data:image/png;base64,YQ==" });
        assert_eq!(
            violations(&body, Service::Vertex),
            ["Invalid value at 'data' (TYPE_BYTES), Base64 decoding failed for \
              \"data:image/png;base64,YQ==\""]
        );
    }

    #[test]
    fn a_field_of_one_service_is_unknown_to_the_other() {
        let body = json!({ "store": true });
        assert!(read(body.to_string().as_bytes(), &NODE, Service::AiStudio).is_ok());
        assert_eq!(violations(&body, Service::Vertex).len(), 1);
    }
}
