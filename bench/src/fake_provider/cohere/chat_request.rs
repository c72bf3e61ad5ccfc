//! What the fake reads of a chat's request. A field that Cohere does not know is refused.

use serde_json::{Map, Value};

use super::citations::{self, Sources};
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice, last_user_text},
    fault::Fault,
    spelled_out::turns,
};

const TAKEN: [&str; 21] = [
    "model",
    "messages",
    "tools",
    "strict_tools",
    "documents",
    "citation_options",
    "response_format",
    "safety_mode",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "k",
    "p",
    "logprobs",
    "tool_choice",
    "thinking",
    "priority",
    "stream",
];
/// Numbers and the bounds within which they are taken.
const BOUNDS: [(&str, f64, f64); 4] = [
    ("k", 0.0, 500.0),
    ("p", 0.01, 0.99),
    ("frequency_penalty", 0.0, 1.0),
    ("presence_penalty", 0.0, 1.0),
];

#[derive(Debug)]
pub(super) struct ChatRequest(Map<String, Value>);

impl ChatRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let request: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        refuse_unknown(&request, &TAKEN)?;
        let request = Self(request);
        request.check_numbers()?;
        request.check_choice()?;
        request.check_messages()?;
        Ok(request)
    }

    pub(super) fn model(&self) -> Result<String, Fault> {
        self.field("model").as_str().map(str::to_owned).ok_or(Fault::MissingField("model"))
    }

    pub(super) fn is_streaming(&self) -> bool {
        *self.field("stream") == true
    }

    pub(super) fn question(&self, body_bytes: usize) -> Question {
        Question {
            body_bytes,
            output_limit: self.field("max_tokens").as_u64(),
            tools: self.tools(),
            choice: self.choice(),
            may_call_several: true,
            last_user_text: last_user_text(self.field("messages")),
            turns: turns(self.field("messages")),
            answer_schema: self.answer_schema(),
        }
    }

    /// Whether the model is to show what it thinks.
    pub(super) fn thinks(&self) -> bool {
        self.field("thinking")["type"] == "enabled"
    }

    /// What the answer can cite.
    pub(super) fn sources(&self) -> Sources {
        let mode = self.field("citation_options")["mode"].as_str().unwrap_or("ENABLED");
        if matches!(mode, "OFF" | "DISABLED") {
            return Sources::default();
        }
        citations::sources(self.field("documents"), self.field("messages"))
    }

    fn field(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn check_numbers(&self) -> Result<(), Fault> {
        for (name, least, most) in BOUNDS {
            if self.field(name).as_f64().is_some_and(|number| number < least || number > most) {
                return invalid(&format!("{name} must be between {least} and {most} inclusive."));
            }
        }
        if self.thinks() && self.field("thinking")["token_budget"] == 0 {
            return invalid("thinking.token_budget must be a positive integer");
        }
        Ok(())
    }

    fn check_choice(&self) -> Result<(), Fault> {
        match self.field("tool_choice") {
            Value::Null => Ok(()),
            Value::String(choice) if matches!(choice.as_str(), "REQUIRED" | "NONE") => {
                if self.tools().is_empty() {
                    return invalid("tool_choice is only supported with tools");
                }
                Ok(())
            }
            other => invalid(&format!("tool_choice must be one of REQUIRED, NONE, not {other}")),
        }
    }

    /// Messages have a known role, and every result has a call before it.
    fn check_messages(&self) -> Result<(), Fault> {
        let messages = self.field("messages").as_array().filter(|messages| !messages.is_empty());
        let messages = messages.ok_or(Fault::MissingField("messages"))?;
        let mut called: Vec<&Value> = Vec::new();
        for message in messages {
            match message["role"].as_str() {
                Some("user" | "system") => {}
                Some("assistant") => {
                    let calls = message["tool_calls"].as_array().into_iter().flatten();
                    called.extend(calls.map(|call| &call["id"]));
                }
                Some("tool") if called.contains(&&message["tool_call_id"]) => {}
                Some("tool") => {
                    let id = &message["tool_call_id"];
                    return invalid(&format!("tool call id {id} not found in previous tool calls"));
                }
                _ => return invalid(&format!("{} is not a valid role", message["role"])),
            }
        }
        Ok(())
    }

    fn tools(&self) -> Vec<Tool> {
        let tools = self.field("tools").as_array().into_iter().flatten();
        tools
            .filter_map(|tool| {
                let name = tool["function"]["name"].as_str()?.to_owned();
                Some(Tool { name, schema: tool["function"]["parameters"].clone() })
            })
            .collect()
    }

    fn choice(&self) -> ToolChoice {
        match self.field("tool_choice").as_str() {
            Some("REQUIRED") => ToolChoice::Required,
            Some(_) => ToolChoice::Forbidden,
            None => ToolChoice::Auto,
        }
    }

    fn answer_schema(&self) -> Option<Value> {
        let format = self.field("response_format");
        (format["type"] == "json_object").then(|| format["json_schema"].clone())
    }
}

fn invalid(message: &str) -> Result<(), Fault> {
    Err(Fault::Invalid(format!("invalid request: {message}")))
}

/// Refuses a field that is not `taken`.
pub(super) fn refuse_unknown(fields: &Map<String, Value>, taken: &[&str]) -> Result<(), Fault> {
    match fields.keys().find(|field| !taken.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => Err(Fault::Named {
            status: http::StatusCode::UNPROCESSABLE_ENTITY,
            name: "unknown field",
            message: format!("unknown field: parameter '{field}' is not a valid field"),
        }),
    }
}
