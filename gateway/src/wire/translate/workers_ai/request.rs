//! The internal representation, into the request that Workers AI reads.

use serde::Serialize;
use serde_json::value::RawValue;

use super::messages::{Message, write_messages};
use crate::{
    kernel::config::ReasoningControl,
    wire::{
        WireError,
        translate::{
            Target,
            ir::{AnswerFormat, Asked, Effort, Request, Settings, Thinking, Tool},
            json,
            losses::Losses,
            offered_tools,
        },
    },
};

#[derive(Serialize)]
struct Body<'a> {
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    stream: bool,
}

#[derive(Serialize)]
struct ToolDefinition<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

/// All of it has to be there.
#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Parameters<'a> {
    Given(&'a RawValue),
    None { r#type: &'static str, properties: NoProperties },
}

#[derive(Serialize)]
struct NoProperties {}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonObject,
    JsonSchema { json_schema: &'a RawValue },
}

/// The body of a request.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(in crate::wire::translate) fn write_request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let Settings {
        answer_format,
        effort,
        thinking,
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        log_probabilities,
        media: _,
        voice: _,
        demands: _,
        hints: _,
    } = &request.settings;
    if !request.stop.is_empty() {
        losses.demand_field("stop".into())?;
    }
    losses.demand(log_probabilities.as_ref())?;
    losses.hint(request.user.as_ref());
    json(&Body {
        messages: write_messages(&request.turns, losses)?,
        tools: offered_tools::without_choice(request, losses)?.iter().map(write_tool).collect(),
        response_format: write_answer_format(answer_format.as_ref(), request.stream, losses)?,
        reasoning_effort: write_effort(effort.as_ref(), thinking.as_ref(), target, losses),
        max_tokens: request.output_limit,
        temperature: request.temperature,
        top_p: request.top_p,
        top_k: Asked::value_of(top_k.as_ref()),
        seed: Asked::value_of(seed.as_ref()),
        frequency_penalty: Asked::value_of(frequency_penalty.as_ref()),
        presence_penalty: Asked::value_of(presence_penalty.as_ref()),
        stream: request.stream,
    })
}

fn write_tool(tool: &Tool) -> ToolDefinition<'_> {
    ToolDefinition {
        r#type: "function",
        function: Function {
            name: &tool.name,
            description: tool.description.as_deref().unwrap_or_default(),
            parameters: tool.schema.as_deref().map_or(
                Parameters::None { r#type: "object", properties: NoProperties {} },
                Parameters::Given,
            ),
        },
    }
}

/// Streams have no JSON mode. <https://developers.cloudflare.com/workers-ai/features/json-mode/>
fn write_answer_format<'a>(
    format: Option<&'a Asked<AnswerFormat>>,
    is_streaming: bool,
    losses: &mut Losses,
) -> Result<Option<ResponseFormat<'a>>, WireError> {
    match format.map(|asked| &asked.value) {
        Some(_) if is_streaming => losses.demand(format).map(|()| None),
        Some(AnswerFormat::JsonObject) => Ok(Some(ResponseFormat::JsonObject)),
        Some(AnswerFormat::Schema { schema, .. }) => {
            Ok(Some(ResponseFormat::JsonSchema { json_schema: schema }))
        }
        None => Ok(None),
    }
}

/// The few models here that take an effort have OpenAI's three words for it.
fn write_effort(
    effort: Option<&Asked<Effort>>,
    thinking: Option<&Asked<Thinking>>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<&'static str> {
    let level = match Asked::value_of(effort) {
        Some(Effort::Minimal | Effort::Low) => Some("low"),
        Some(Effort::Medium) => Some("medium"),
        Some(Effort::High | Effort::ExtraHigh | Effort::Maximal) => Some("high"),
        Some(Effort::None) | None => None,
    };
    let level = level.filter(|_| target.reasoning == Some(ReasoningControl::Effort));
    if level.is_none() {
        losses.hint(effort);
        losses.hint(thinking);
    }
    level
}
