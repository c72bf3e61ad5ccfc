//! The tools of a request.
//!
//! A conversation with calls is refused without tools. Where none may be called, the tools of
//! those calls are named all the same, and described as closed.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    fields::wants_one_at_a_time,
    is_anthropic,
    messages::{CachePoint, write_cache_mark},
};
use crate::wire::translate::{
    ir::{AssistantPart, CacheMark, Request, Tool, ToolChoice, Turn},
    losses::Losses,
};

const CLOSED: &str = "This tool was called before. It is closed now and must not be called.";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolConfig<'a> {
    tools: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Entry<'a> {
    ToolSpec(Specification<'a>),
    CachePoint(CachePoint),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Specification<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Schema<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

#[derive(Serialize)]
struct Schema<'a> {
    json: SchemaObject<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SchemaObject<'a> {
    Given(&'a RawValue),
    NoArguments { r#type: &'static str },
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Choice<'a> {
    Auto {},
    Any {},
    Tool { name: &'a str },
}

pub(super) fn write_tools<'a>(
    request: &'a Request,
    model: &str,
    losses: &mut Losses,
) -> Option<ToolConfig<'a>> {
    let tools = match &request.tool_choice {
        Some(ToolChoice::None) => write_closed(&request.turns, Some(losses)),
        _ if request.tools.is_empty() => write_closed(&request.turns, None),
        _ => write_open(&request.tools, model, losses),
    };
    let tool_choice = match &request.tool_choice {
        _ if request.tools.is_empty() => None,
        Some(ToolChoice::Any) => Some(Choice::Any {}),
        Some(ToolChoice::Named(name)) => Some(Choice::Tool { name }),
        // Said by the model's own field.
        Some(ToolChoice::Auto) if wants_one_at_a_time(request) && is_anthropic(model) => None,
        Some(ToolChoice::Auto) => Some(Choice::Auto {}),
        Some(ToolChoice::None) | None => None,
    };
    (!tools.is_empty()).then_some(ToolConfig { tools, tool_choice })
}

fn write_open<'a>(tools: &'a [Tool], model: &str, losses: &mut Losses) -> Vec<Entry<'a>> {
    let mut entries = Vec::with_capacity(tools.len());
    for tool in tools {
        let description = tool.description.as_deref().filter(|text| !text.is_empty());
        let json = match tool.schema.as_deref() {
            Some(schema) => SchemaObject::Given(schema),
            None => SchemaObject::NoArguments { r#type: "object" },
        };
        entries.push(Entry::ToolSpec(Specification {
            name: &tool.name,
            description,
            input_schema: Schema { json },
            strict: tool.strict.unwrap_or(false),
        }));
        let mark = tool.cache_mark.and_then(|mark| write_tool_mark(mark, model, losses));
        entries.extend(mark.map(Entry::CachePoint));
    }
    entries
}

/// Only Anthropic's models keep tools.
fn write_tool_mark(mark: CacheMark, model: &str, losses: &mut Losses) -> Option<CachePoint> {
    if is_anthropic(model) {
        return write_cache_mark(mark, model, losses);
    }
    losses.hint_field("cache_control".into());
    None
}

/// The tools that were called, as ones that cannot be; that a model heeds it is not promised, so
/// the loss is told where there is one to be told.
fn write_closed<'a>(turns: &'a [Turn], losses: Option<&mut Losses>) -> Vec<Entry<'a>> {
    let mut seen = HashSet::new();
    let parts = turns.iter().filter_map(|turn| match turn {
        Turn::Assistant(parts) => Some(parts),
        Turn::System(_) | Turn::User(_) => None,
    });
    let entries: Vec<_> = parts
        .flatten()
        .filter_map(|part| match part {
            AssistantPart::ToolCall(call) => Some(call.name.as_str()),
            _ => None,
        })
        .filter(|name| seen.insert(*name))
        .map(|name| {
            Entry::ToolSpec(Specification {
                name,
                description: Some(CLOSED),
                input_schema: Schema { json: SchemaObject::NoArguments { r#type: "object" } },
                strict: false,
            })
        })
        .collect();
    if let Some(losses) = losses.filter(|_| !entries.is_empty()) {
        losses.hint_field("tool_choice".into());
    }
    entries
}
