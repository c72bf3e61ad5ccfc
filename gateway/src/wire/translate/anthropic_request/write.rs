//! The internal representation, into the Anthropic messages request that a provider reads.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        ir::{AssistantPart, Image, Request, Tool, ToolChoice, ToolResult, Turn, UserPart},
        json,
    },
};

/// Sent where neither the client nor the gateway names a limit, since this API demands one; every
/// model accepts this one.
const DEFAULT_OUTPUT_LIMIT: i64 = 4_096;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    system: String,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    stream: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a RawValue,
    },
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Url { url: &'a str },
    Base64 { media_type: &'a str, data: &'a str },
}

#[derive(Serialize)]
struct ToolDefinition<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: InputSchema<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum InputSchema<'a> {
    Given(&'a RawValue),
    NoArguments { r#type: &'static str },
}

#[derive(Serialize)]
struct Choice<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    format: OutputFormat<'a>,
}

#[derive(Serialize)]
struct OutputFormat<'a> {
    r#type: &'static str,
    schema: &'a RawValue,
}

#[derive(Serialize)]
struct Metadata<'a> {
    user_id: &'a str,
}

/// # Errors
///
/// `Unsupported` for a temperature above 1, which this API does not have.
pub(in crate::wire::translate) fn write(
    request: &Request,
    upstream_model: &str,
) -> Result<Vec<u8>, WireError> {
    json(&Body {
        model: upstream_model,
        max_tokens: request.output_limit.unwrap_or(DEFAULT_OUTPUT_LIMIT),
        system: write_system(&request.turns),
        messages: write_messages(&request.turns),
        tools: request.tools.iter().map(write_tool).collect(),
        tool_choice: write_tool_choice(request),
        stop_sequences: (!request.stop.is_empty()).then_some(&request.stop),
        temperature: request.temperature.map(at_most_one).transpose()?,
        top_p: request.top_p,
        output_config: request.answer_schema.as_deref().map(write_answer_schema),
        metadata: request.user.as_deref().map(|user_id| Metadata { user_id }),
        stream: request.stream,
    })
}

fn at_most_one(temperature: f64) -> Result<f64, WireError> {
    if temperature > 1.0 {
        let detail = format!(
            "`temperature` is {temperature}, but this model's provider takes 0 to 1; send 1 or less"
        );
        return Err(WireError::unsupported("temperature", detail));
    }
    Ok(temperature)
}

/// System messages stand before the conversation, wherever the client put them: not every model
/// takes one in between.
fn write_system(turns: &[Turn]) -> String {
    let texts: Vec<&str> = turns
        .iter()
        .filter_map(|turn| match turn {
            Turn::System(text) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.join("\n\n")
}

/// One message for each side in turn: the results of parallel tool calls must share one.
fn write_messages(turns: &[Turn]) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for turn in turns {
        let (role, blocks) = match turn {
            Turn::System(_) => continue,
            Turn::User(parts) => (Role::User, parts.iter().filter_map(write_user_part).collect()),
            Turn::Assistant(parts) => {
                (Role::Assistant, parts.iter().filter_map(write_assistant_part).collect::<Vec<_>>())
            }
        };
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => messages.push(Message { role, content: blocks }),
        }
    }
    messages
}

fn write_user_part(part: &UserPart) -> Option<Block<'_>> {
    match part {
        UserPart::Text(text) => write_text(text),
        UserPart::Image(image) => Some(write_image(image)),
        UserPart::ToolResult(result) => Some(write_tool_result(result)),
    }
}

fn write_assistant_part(part: &AssistantPart) -> Option<Block<'_>> {
    match part {
        AssistantPart::Text(text) => write_text(text),
        AssistantPart::ToolCall(call) => {
            Some(Block::ToolUse { id: &call.id, name: &call.name, input: call.arguments.json() })
        }
    }
}

/// An empty text block is refused by the provider, and says nothing.
fn write_text(text: &str) -> Option<Block<'_>> {
    (!text.is_empty()).then_some(Block::Text { text })
}

fn write_tool_result(result: &ToolResult) -> Block<'_> {
    let texts = result.texts.iter().filter_map(|text| write_text(text));
    Block::ToolResult {
        tool_use_id: &result.call_id,
        content: texts.chain(result.images.iter().map(write_image)).collect(),
        is_error: result.is_error,
    }
}

fn write_image(image: &Image) -> Block<'_> {
    let source = match image {
        Image::Url(url) => Source::Url { url },
        Image::Base64 { media_type, data } => Source::Base64 { media_type, data },
    };
    Block::Image { source }
}

fn write_tool(tool: &Tool) -> ToolDefinition<'_> {
    ToolDefinition {
        name: &tool.name,
        description: tool.description.as_deref(),
        input_schema: tool
            .schema
            .as_deref()
            .map_or(InputSchema::NoArguments { r#type: "object" }, InputSchema::Given),
        strict: tool.strict.unwrap_or(false),
    }
}

/// The wish for one tool at a time is a part of the choice here, so it may need a choice to be in.
fn write_tool_choice(request: &Request) -> Option<Choice<'_>> {
    if request.tools.is_empty() {
        return None;
    }
    let one_at_a_time = (request.parallel_tool_calls == Some(false)).then_some(true);
    let (kind, name, disable_parallel_tool_use) = match &request.tool_choice {
        Some(ToolChoice::None) => ("none", None, None),
        Some(ToolChoice::Any) => ("any", None, one_at_a_time),
        Some(ToolChoice::Named(name)) => ("tool", Some(name.as_str()), one_at_a_time),
        Some(ToolChoice::Auto) => ("auto", None, one_at_a_time),
        None => ("auto", None, Some(one_at_a_time?)),
    };
    Some(Choice { r#type: kind, name, disable_parallel_tool_use })
}

fn write_answer_schema(schema: &RawValue) -> OutputConfig<'_> {
    OutputConfig { format: OutputFormat { r#type: "json_schema", schema } }
}
