//! What the fake reads of a request for content, once every field of it is known.

use serde_json::{Map, Value};

use super::{
    conversation, message,
    request_fields::GENERATE_CONTENT,
    service::Service,
    settings::{self, declarations},
};
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice},
    fault::Fault,
};

#[derive(Debug)]
pub(super) struct GenerateRequest {
    fields: Value,
    body_bytes: usize,
}

impl GenerateRequest {
    /// Reads a body and refuses what the API refuses.
    pub(super) fn read(body: &[u8], service: Service) -> Result<Self, Fault> {
        let fields = message::read(body, &GENERATE_CONTENT, service)?;
        settings::check(&fields)?;
        let request = Self { fields, body_bytes: body.len() };
        conversation::check(request.contents(), service)?;
        Ok(request)
    }

    /// Whether the model is to show what it thinks.
    pub(super) fn wants_thoughts(&self) -> bool {
        self.config()["thinkingConfig"]["includeThoughts"] == true
    }

    /// Whether the model is to draw.
    pub(super) fn wants_picture(&self) -> bool {
        let mut media = self.config()["responseModalities"].as_array().into_iter().flatten();
        media.any(|medium| medium == "IMAGE")
    }

    /// Whether the model may search the web.
    pub(super) fn offers_search(&self) -> bool {
        let mut tools = self.fields["tools"].as_array().into_iter().flatten();
        tools.any(|tool| tool.get("googleSearch").is_some())
    }

    pub(super) fn question(&self) -> Question {
        let config = self.config();
        let limit = settings::whole(&config["maxOutputTokens"]);
        Question {
            body_bytes: self.body_bytes,
            output_limit: limit.and_then(|limit| u64::try_from(limit).ok()),
            tools: self.tools(),
            choice: self.choice(),
            may_call_several: true,
            last_user_text: conversation::last_user_text(self.contents()),
            turns: conversation::said_and_called(self.contents()),
            answer_schema: self.answer_schema(),
        }
    }

    fn contents(&self) -> &[Value] {
        self.fields["contents"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn config(&self) -> &Value {
        &self.fields["generationConfig"]
    }

    fn calling(&self) -> &Value {
        &self.fields["toolConfig"]["functionCallingConfig"]
    }

    /// The functions that may be called.
    fn tools(&self) -> Vec<Tool> {
        let allowed = self.calling()["allowedFunctionNames"].as_array();
        let is_allowed = |name: &str| {
            allowed.is_none_or(|names| names.is_empty() || names.iter().any(|each| each == name))
        };
        let tools = declarations(&self.fields).filter_map(|function| {
            let name = function["name"].as_str()?.to_owned();
            let schema = function.get("parametersJsonSchema").cloned();
            let schema = schema.unwrap_or_else(|| json_schema(&function["parameters"]));
            Some(Tool { name, schema })
        });
        tools.filter(|tool| is_allowed(&tool.name)).collect()
    }

    fn choice(&self) -> ToolChoice {
        match self.calling()["mode"].as_str() {
            Some("ANY") => ToolChoice::Required,
            Some("NONE") => ToolChoice::Forbidden,
            _ => ToolChoice::Auto,
        }
    }

    fn answer_schema(&self) -> Option<Value> {
        let config = self.config();
        let converted = config.get("responseSchema").map(json_schema);
        converted.or_else(|| config.get("responseJsonSchema").cloned())
    }
}

/// Gemini's schema in the words of JSON Schema, which has its types in lower case.
fn json_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| (name.clone(), json_schema_field(name, value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(json_schema).collect(),
        other => other.clone(),
    }
}

fn json_schema_field(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("type", Value::String(name)) => Value::String(name.to_lowercase()),
        ("default" | "example" | "enum", value) => value.clone(),
        (_, value) => json_schema(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(more: &Value) -> GenerateRequest {
        let mut body = json!({ "contents": [{ "parts": [{ "text": "use the tool" }] }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        GenerateRequest::read(body.to_string().as_bytes(), Service::AiStudio).unwrap()
    }

    #[test]
    fn functions_come_with_either_kind_of_schema() {
        let geminis = json!({ "type": "OBJECT", "properties": { "type": { "type": "STRING" } } });
        let plain = json!({ "type": "object", "properties": { "type": { "type": "string" } } });
        let tools = json!([{ "functionDeclarations": [
            { "name": "a", "parameters": geminis }, { "name": "b", "parametersJsonSchema": plain },
        ] }]);
        let question = request(&json!({ "tools": tools })).question();
        assert_eq!(question.last_user_text.as_deref(), Some("use the tool"));
        assert_eq!([&question.tools[0].schema, &question.tools[1].schema], [&plain, &plain]);
    }

    #[test]
    fn only_allowed_functions_may_be_called() {
        let calling = json!({ "mode": "ANY", "allowedFunctionNames": ["b"] });
        let request = request(&json!({
            "tools": [{ "functionDeclarations": [{ "name": "a" }, { "name": "b" }] }],
            "toolConfig": { "functionCallingConfig": calling },
        }));
        let question = request.question();
        assert_eq!((question.tools.len(), question.choice), (1, ToolChoice::Required));
        assert_eq!(question.tools[0].name, "b");
    }
}
