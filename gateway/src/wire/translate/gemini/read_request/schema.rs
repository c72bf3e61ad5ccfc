//! Google's schemas, which are `OpenAPI`'s, as JSON schemas: <https://ai.google.dev/api/caching#Schema>
//!
//! | Google | JSON schema |
//! |---|---|
//! | `type: STRING` | `type: string` |
//! | `nullable` | one more type, or one more of `anyOf`, and one more of `enum` |
//! | `propertyOrdering` | the order of `properties` |
//! | `example` | `examples` |
//! | `defs`, `ref` | `$defs`, `$ref` |
//! | `format`: `int32`, `int64`, `float`, `double`, `enum` | says nothing beside the type |
//! | counts as text | numbers |
//!
//! The names of both spellings are read; what is not known stays as it is.

use serde_json::{Map, Value, value::RawValue};

/// Formats that say how a number or a choice is kept, which JSON does not care about.
const FORMATS_OF_STORAGE: [&str; 5] = ["int32", "int64", "float", "double", "enum"];
/// What holds one schema, or a list of them.
const SCHEMAS_BELOW: [&str; 10] = [
    "items",
    "anyOf",
    "any_of",
    "additionalProperties",
    "additional_properties",
    "oneOf",
    "allOf",
    "prefixItems",
    "prefix_items",
    "not",
];
/// Names that JSON schemas have otherwise.
const JSON_NAMES: [(&str, &str); 10] = [
    ("additional_properties", "additionalProperties"),
    ("any_of", "anyOf"),
    ("prefix_items", "prefixItems"),
    ("max_items", "maxItems"),
    ("max_length", "maxLength"),
    ("max_properties", "maxProperties"),
    ("min_items", "minItems"),
    ("min_length", "minLength"),
    ("min_properties", "minProperties"),
    ("defs", "$defs"),
];
/// What holds a schema by each name.
const NAMED_SCHEMAS: [&str; 3] = ["properties", "defs", "$defs"];

/// The JSON schema of a schema.
pub(super) fn json_schema(schema: Value) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut out = Map::new();
    let mut is_nullable = false;
    let mut order = Vec::new();
    for (name, value) in members {
        let told = match (name.as_str(), value) {
            ("nullable", value) => {
                is_nullable = value == Value::Bool(true);
                continue;
            }
            ("propertyOrdering" | "property_ordering", Value::Array(names)) => {
                order = names;
                continue;
            }
            ("type", Value::String(kind)) if kind == "TYPE_UNSPECIFIED" => continue,
            ("type", Value::String(kind)) => kind.to_ascii_lowercase().into(),
            ("format", Value::String(format)) if is_of_storage(&format) => continue,
            ("example", value) => {
                out.insert("examples".to_owned(), Value::Array(vec![value]));
                continue;
            }
            ("ref" | "$ref", Value::String(place)) => {
                let place = place.replacen("#/defs/", "#/$defs/", 1);
                out.insert("$ref".to_owned(), place.into());
                continue;
            }
            (name, value) if is_named(name) => each_named(value),
            (name, value) if is_below(name) => each(value),
            (name, value) => as_number(name, value),
        };
        out.insert(json_name(&name), told);
    }
    in_order(&mut out, &order);
    if is_nullable {
        make_nullable(&mut out);
    }
    Value::Object(out)
}

/// The schema of an answer: an object has no properties but those that are named, as Google's
/// models write it and as other vendors want it said.
pub(super) fn closed(mut schema: Value) -> Value {
    close(&mut schema);
    schema
}

/// Whether a vendor that takes strict schemas takes this one: it must name every property of every
/// object, and want all of them.
pub(super) fn is_strict(schema: &Value) -> bool {
    let Value::Object(members) = schema else { return true };
    let is_whole = match members.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            let required = members.get("required").and_then(Value::as_array);
            let is_required =
                |name: &String| required.is_some_and(|it| it.iter().any(|it| it == name));
            members.get("additionalProperties") == Some(&Value::Bool(false))
                && properties.keys().all(is_required)
        }
        None => members.get("type").is_none_or(|kind| kind != "object"),
    };
    is_whole
        && members.iter().all(|(name, value)| match value {
            Value::Object(named) if is_named(name) => named.values().all(is_strict),
            Value::Array(schemas) if is_below(name) => schemas.iter().all(is_strict),
            schema if is_below(name) => is_strict(schema),
            _ => true,
        })
}

/// A schema as text.
pub(super) fn raw(schema: &Value) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(schema).ok()
}

fn close(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for (name, value) in members.iter_mut() {
        match value {
            Value::Object(named) if is_named(name) => named.values_mut().for_each(close),
            Value::Array(schemas) if is_below(name) => schemas.iter_mut().for_each(close),
            schema if is_below(name) => close(schema),
            _ => {}
        }
    }
    let has_properties = members.get("properties").is_some_and(Value::is_object);
    if has_properties && !members.contains_key("additionalProperties") {
        members.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

fn is_named(name: &str) -> bool {
    NAMED_SCHEMAS.contains(&name)
}

fn is_below(name: &str) -> bool {
    SCHEMAS_BELOW.contains(&name)
}

fn each(value: Value) -> Value {
    match value {
        Value::Array(schemas) => Value::Array(schemas.into_iter().map(json_schema).collect()),
        one => json_schema(one),
    }
}

fn each_named(value: Value) -> Value {
    let Value::Object(schemas) = value else { return value };
    Value::Object(schemas.into_iter().map(|(name, value)| (name, json_schema(value))).collect())
}

fn is_of_storage(format: &str) -> bool {
    FORMATS_OF_STORAGE.contains(&format)
}

fn json_name(name: &str) -> String {
    let known = JSON_NAMES.iter().find(|(ours, _)| *ours == name);
    known.map_or(name, |(_, theirs)| theirs).to_owned()
}

/// Protobuf's JSON writes large whole numbers as text.
fn as_number(name: &str, value: Value) -> Value {
    let is_count = name.starts_with("min") || name.starts_with("max");
    let number = value.as_str().filter(|_| is_count).and_then(|text| text.parse::<i64>().ok());
    number.map_or(value, Value::from)
}

fn in_order(schema: &mut Map<String, Value>, order: &[Value]) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    let mut unordered = std::mem::take(properties);
    for name in order.iter().filter_map(Value::as_str) {
        properties.extend(unordered.shift_remove(name).map(|value| (name.to_owned(), value)));
    }
    properties.extend(unordered);
}

fn make_nullable(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = schema.get_mut("enum") {
        choices.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(kind) => *kind = Value::Array(vec![kind.take(), "null".into()]),
        None => {
            if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
                choices.push(serde_json::json!({ "type": "null" }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_told_as_a_json_schema() {
        let told = json_schema(json!({
            "type": "OBJECT",
            "propertyOrdering": ["when", "type"],
            "required": ["type"],
            "properties": {
                "type": {"type": "STRING", "format": "enum", "enum": ["a"], "nullable": true},
                "any_of": {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": true},
                "when": {"type": "STRING", "format": "date-time", "example": "now"},
                "many": {"type": "ARRAY", "min_items": "2", "items": {"type": "INTEGER", "format": "int64"}},
                "free": {"type": "TYPE_UNSPECIFIED", "default": {"type": "STRING"}},
            },
        }));
        let expected = json!({
            "type": "object",
            "required": ["type"],
            "properties": {
                "when": {"type": "string", "format": "date-time", "examples": ["now"]},
                "type": {"type": ["string", "null"], "enum": ["a", null]},
                "any_of": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
                "many": {"type": "array", "minItems": 2, "items": {"type": "integer"}},
                "free": {"default": {"type": "STRING"}},
            },
        });
        assert_eq!(told.to_string(), expected.to_string());
    }

    #[test]
    fn definitions_are_found_under_their_new_name() {
        let told = json_schema(json!({
            "defs": {"a": {"type": "STRING"}}, "items": {"ref": "#/defs/a"},
        }));
        let expected = json!({"$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}});
        assert_eq!(told, expected);
    }

    #[test]
    fn an_answer_has_no_properties_but_those_that_are_named() {
        let told = closed(json!({
            "type": "object",
            "properties": {"a": {"type": "object", "properties": {}}},
            "$defs": {
                "b": {"properties": {"c": {}}, "additionalProperties": true},
                "properties": {"type": "string"},
            },
        }));
        assert_eq!(told["additionalProperties"], false);
        assert_eq!(told["properties"]["a"]["additionalProperties"], false);
        assert_eq!(told["$defs"]["b"]["additionalProperties"], true);
        assert_eq!(told["$defs"].as_object().unwrap().len(), 2, "a name is no keyword");
    }

    #[test]
    fn a_schema_is_strict_where_every_property_is_wanted() {
        let object = |required: Value| {
            closed(json!({"type": "object", "properties": {"a": {}}, "required": required}))
        };
        assert!(is_strict(&object(json!(["a"]))));
        assert!(!is_strict(&object(json!([]))));
        assert!(!is_strict(&json!({"type": "array", "items": object(json!([]))})));
        assert!(!is_strict(&json!({"type": "object"})), "any object");
        assert!(is_strict(&json!({"type": "string"})));
    }
}
