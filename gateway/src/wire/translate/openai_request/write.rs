//! The internal representation, into the chat completion request that a provider reads.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::{
    LimitField, WireError,
    translate::{
        ir::{
            AssistantPart, Image, Request, Tool, ToolCall, ToolChoice, ToolResult, Turn, UserPart,
        },
        json,
    },
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Message<'a> {
    System {
        content: &'a str,
    },
    User {
        content: UserContent<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CallOfTool<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum UserContent<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Serialize)]
struct CallOfTool<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct ToolDefinition<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Choice<'a> {
    Word(&'static str),
    Named { r#type: &'static str, function: NamedFunction<'a> },
}

#[derive(Serialize)]
struct NamedFunction<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a RawValue,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// Usage is always asked for in a stream: the meter needs it whether or not the client does.
pub(in crate::wire::translate) fn write(
    request: &Request,
    upstream_model: &str,
    limit_field: LimitField,
) -> Result<Vec<u8>, WireError> {
    let limit = request.output_limit;
    let has_tools = !request.tools.is_empty();
    json(&Body {
        model: upstream_model,
        messages: request.turns.iter().flat_map(write_turn).collect(),
        tools: request.tools.iter().map(write_tool).collect(),
        tool_choice: request.tool_choice.as_ref().map(write_tool_choice),
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| has_tools),
        stop: (!request.stop.is_empty()).then_some(&request.stop),
        temperature: request.temperature,
        top_p: request.top_p,
        max_tokens: limit.filter(|_| limit_field == LimitField::MaxTokens),
        max_completion_tokens: limit.filter(|_| limit_field == LimitField::MaxCompletionTokens),
        response_format: request.answer_schema.as_deref().map(write_response_format),
        user: request.user.as_deref(),
        stream: request.stream,
        stream_options: request.stream.then_some(StreamOptions { include_usage: true }),
    })
}

fn write_turn(turn: &Turn) -> Vec<Message<'_>> {
    match turn {
        Turn::System(content) => vec![Message::System { content }],
        Turn::User(parts) => write_user(parts),
        Turn::Assistant(parts) if parts.is_empty() => Vec::new(),
        Turn::Assistant(parts) => vec![write_assistant(parts)],
    }
}

/// Tool results first, since each must follow the call that it answers, then what the user says.
/// A tool message holds only text here, so the images of a result move into the user's message.
fn write_user(parts: &[UserPart]) -> Vec<Message<'_>> {
    let mut messages = Vec::new();
    let mut said = Vec::new();
    for part in parts {
        match part {
            UserPart::Text(text) => said.push(Part::Text { text }),
            UserPart::Image(image) => said.push(write_image(image)),
            UserPart::ToolResult(result) => {
                messages.push(write_tool_result(result));
                said.extend(result.images.iter().map(write_image));
            }
        }
    }
    match said.as_slice() {
        [] => {}
        [Part::Text { text }] => messages.push(Message::User { content: UserContent::Text(text) }),
        _ => messages.push(Message::User { content: UserContent::Parts(said) }),
    }
    messages
}

/// There is no flag for a failed tool, so the text says it.
fn write_tool_result(result: &ToolResult) -> Message<'_> {
    let text = result.texts.join("\n");
    let content = if result.is_error { format!("Error: {text}") } else { text };
    Message::Tool { tool_call_id: &result.call_id, content }
}

fn write_image(image: &Image) -> Part<'_> {
    let url = match image {
        Image::Url(url) => url.clone(),
        Image::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
    };
    Part::ImageUrl { image_url: ImageUrl { url } }
}

fn write_assistant(parts: &[AssistantPart]) -> Message<'_> {
    let mut content = None;
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Text(text) => content.get_or_insert_with(String::new).push_str(text),
            AssistantPart::ToolCall(call) => tool_calls.push(write_tool_call(call)),
        }
    }
    Message::Assistant { content, tool_calls }
}

fn write_tool_call(call: &ToolCall) -> CallOfTool<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.text() };
    CallOfTool { id: &call.id, r#type: "function", function }
}

fn write_tool(tool: &Tool) -> ToolDefinition<'_> {
    ToolDefinition {
        r#type: "function",
        function: Function {
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters: tool.schema.as_deref(),
            strict: tool.strict,
        },
    }
}

fn write_tool_choice(choice: &ToolChoice) -> Choice<'_> {
    match choice {
        ToolChoice::Auto => Choice::Word("auto"),
        ToolChoice::None => Choice::Word("none"),
        ToolChoice::Any => Choice::Word("required"),
        ToolChoice::Named(name) => {
            Choice::Named { r#type: "function", function: NamedFunction { name } }
        }
    }
}

/// The name is required and means nothing to the model.
fn write_response_format(schema: &RawValue) -> ResponseFormat<'_> {
    let json_schema = JsonSchema { name: "answer", strict: true, schema };
    ResponseFormat { r#type: "json_schema", json_schema }
}
