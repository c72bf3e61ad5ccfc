//! Arguments that a JSON Schema allows, for tool calls and structured answers.
//!
//! Covers what tool definitions in the wild use: types, enums, constants, defaults, unions and
//! local references. The same schema always gives the same value.

use serde_json::{Map, Value, json};

/// Deeper than this, a value is left empty: recursive schemas end here.
const DEPTH_LIMIT: usize = 12;

/// A value that `schema` allows.
pub(super) fn example_of(schema: &Value) -> Value {
    Example { root: schema }.of(schema, "value", DEPTH_LIMIT)
}

struct Example<'a> {
    root: &'a Value,
}

impl Example<'_> {
    fn of(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.of(target, name, depth - 1));
        }
        for fixed in ["const", "default"] {
            if let Some(value) = schema.get(fixed) {
                return value.clone();
            }
        }
        if let Some(value) = first(schema, "enum") {
            return value.clone();
        }
        for union in ["anyOf", "oneOf", "allOf"] {
            if let Some(variant) = first(schema, union) {
                return self.of(variant, name, depth - 1);
            }
        }
        self.of_type(schema, name, depth)
    }

    fn of_type(&self, schema: &Value, name: &str, depth: usize) -> Value {
        match type_of(schema) {
            "object" => self.object(schema, depth),
            "array" => match schema.get("items") {
                Some(items) => json!([self.of(items, name, depth - 1)]),
                None => json!([]),
            },
            "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            "number" => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(format!("example {name}")),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let members: Map<String, Value> = properties
            .into_iter()
            .flatten()
            .map(|(name, member)| (name.clone(), self.of(member, name, depth - 1)))
            .collect();
        Value::Object(members)
    }
}

fn type_of(schema: &Value) -> &str {
    let named = match schema.get("type") {
        Some(Value::Array(_)) => first(schema, "type").and_then(Value::as_str),
        Some(one) => one.as_str(),
        None => None,
    };
    let implied = if schema.get("items").is_some() { "array" } else { "object" };
    named.unwrap_or(implied)
}

fn first<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    schema.get(key).and_then(Value::as_array).and_then(|values| values.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_schema_of_the_tool() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string" },
                "unit": { "enum": ["celsius", "fahrenheit"] },
                "days": { "type": "integer", "minimum": 3 },
                "exact": { "type": "boolean" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "place": { "$ref": "#/$defs/place" },
                "note": { "anyOf": [{ "type": "null" }, { "type": "string" }] },
                "limit": { "type": ["number", "null"] },
            },
            "$defs": { "place": { "properties": { "zone": { "const": "UTC" } } } },
        });
        assert_eq!(
            example_of(&schema),
            json!({
                "city": "example city", "unit": "celsius", "days": 3, "exact": true,
                "tags": ["example tags"], "place": { "zone": "UTC" }, "note": null, "limit": 1.5,
            })
        );
    }

    #[test]
    fn a_schema_that_contains_itself_comes_to_an_end() {
        let schema = json!({ "properties": { "child": { "$ref": "#" } } });
        assert!(example_of(&schema)["child"]["child"].is_object());
    }

    #[test]
    fn no_schema_means_no_arguments() {
        assert_eq!(example_of(&json!({})), json!({}));
        assert_eq!(example_of(&Value::Null), json!({}));
    }
}
