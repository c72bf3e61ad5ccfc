//! A client's Anthropic messages request, into the internal representation.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    messages::{Block, CacheControl, Message, parse, read_message, read_system},
    server_tools,
};
use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{AnswerFormat, Asked, Effort, Request, Settings, Thinking, Tool, ToolChoice, Turn},
        other_fields,
    },
};

/// The fields that are read here, and those that are the transport's.
const TAKEN: [&str; 14] = [
    "model",
    "system",
    "messages",
    "tools",
    "tool_choice",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "thinking",
    "output_config",
    "stream",
    "metadata",
];
/// What changes nothing but cost, speed or bookkeeping.
const HINTS: [&str; 5] =
    ["cache_control", "context_management", "diagnostics", "service_tier", "speed"];

/// The fields of a tool of the client's: when it is loaded, from where it is called and how its
/// input comes is for what no other API has.
const TOOL_TAKEN: [&str; 6] =
    ["type", "name", "description", "input_schema", "strict", "cache_control"];
const TOOL_HINTS: [&str; 4] =
    ["allowed_callers", "defer_loading", "eager_input_streaming", "input_examples"];
const THINKING_TAKEN: [&str; 2] = ["type", "budget_tokens"];
/// Whether thoughts are told: they are, where the provider tells them.
const THINKING_HINTS: [&str; 1] = ["display"];
const OUTPUT_CONFIG_TAKEN: [&str; 2] = ["effort", "format"];
/// What the model is told of its means, which it need not heed.
const OUTPUT_CONFIG_HINTS: [&str; 1] = ["task_budget"];

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    system: Content<Block>,
    messages: Vec<Message>,
    tools: Option<Vec<Box<RawValue>>>,
    tool_choice: Option<Choice>,
    stop_sequences: Option<Vec<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<i64>,
    max_tokens: Option<i64>,
    thinking: Option<Box<RawValue>>,
    output_config: Option<Box<RawValue>>,
    stream: Option<bool>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct ToolDefinition {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    description: Option<String>,
    input_schema: Option<Box<RawValue>>,
    strict: Option<bool>,
    cache_control: Option<CacheControl>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Deserialize)]
struct ThinkingConfig {
    #[serde(rename = "type")]
    kind: String,
    budget_tokens: Option<i64>,
}

#[derive(Deserialize)]
struct OutputConfig {
    effort: Option<String>,
    format: Option<OutputFormat>,
}

#[derive(Deserialize)]
struct OutputFormat {
    schema: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Metadata {
    user_id: Option<String>,
}

/// # Errors
///
/// `Invalid` where the body is not a messages request, `Unsupported` naming the field that no
/// other dialect could carry.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let read: Body = parse(body)?;
    let mut settings = Settings {
        top_k: read.top_k.map(|value| Asked::new("top_k", value)),
        ..Settings::default()
    };
    // A zero fills the prompt cache without an answer, which no other API has.
    if read.max_tokens == Some(0) {
        settings.demands.push("max_tokens".into());
    }
    read_thinking(read.thinking.as_deref(), &mut settings)?;
    read_output_config(read.output_config.as_deref(), &mut settings)?;
    other_fields::note(body, &TAKEN, &HINTS, &mut settings);
    let mut turns = Vec::with_capacity(read.messages.len() + 1);
    let system = read_system(read.system)?;
    if !system.is_empty() {
        turns.push(Turn::System(system));
    }
    for message in read.messages {
        turns.push(read_message(message)?);
    }
    let one_tool_at_a_time = read.tool_choice.as_ref().and_then(|it| it.disable_parallel_tool_use);
    let (mut tools, mut server_tools) = (Vec::new(), Vec::new());
    for (index, raw) in read.tools.into_iter().flatten().enumerate() {
        let tool: ToolDefinition = parse(raw.get().as_bytes())?;
        if let Some(kind) = tool.kind.as_deref().filter(|kind| *kind != "custom") {
            let mark = tool.cache_control.map(CacheControl::mark);
            server_tools.push(server_tools::read(index, kind, mark, &raw, &mut settings)?);
        } else {
            other_fields::note_within("tools", &raw, &TOOL_TAKEN, &TOOL_HINTS, &mut settings);
            tools.push(read_tool(tool)?);
        }
    }
    Ok(Request {
        turns,
        tools,
        server_tools,
        tool_choice: read.tool_choice.map(read_tool_choice).transpose()?,
        parallel_tool_calls: one_tool_at_a_time.map(|is_disabled| !is_disabled),
        stop: read.stop_sequences.unwrap_or_default(),
        temperature: read.temperature,
        top_p: read.top_p,
        output_limit: read.max_tokens,
        stream: read.stream.unwrap_or(false),
        user: read
            .metadata
            .and_then(|metadata| metadata.user_id)
            .map(|value| Asked::new("metadata.user_id", value)),
        verbosity: None,
        settings,
    })
}

fn read_thinking(thinking: Option<&RawValue>, settings: &mut Settings) -> Result<(), WireError> {
    let Some(raw) = thinking else { return Ok(()) };
    let ThinkingConfig { kind, budget_tokens } = parse(raw.get().as_bytes())?;
    other_fields::note_within("thinking", raw, &THINKING_TAKEN, &THINKING_HINTS, settings);
    let asked = |value| Some(Asked::new("thinking", value));
    settings.thinking = match (kind.as_str(), budget_tokens) {
        ("disabled", _) => None,
        ("enabled", Some(tokens)) => asked(Thinking::Budget(tokens)),
        _ => asked(Thinking::Adaptive),
    };
    Ok(())
}

fn read_output_config(config: Option<&RawValue>, settings: &mut Settings) -> Result<(), WireError> {
    let Some(raw) = config else { return Ok(()) };
    let OutputConfig { effort, format } = parse(raw.get().as_bytes())?;
    let (taken, hints) = (&OUTPUT_CONFIG_TAKEN, &OUTPUT_CONFIG_HINTS);
    other_fields::note_within("output_config", raw, taken, hints, settings);
    settings.effort =
        effort.as_deref().map(|name| Effort::asked("output_config.effort", name)).transpose()?;
    let schema = format.and_then(|format| format.schema);
    settings.answer_format = schema.map(|schema| {
        let format = AnswerFormat::Schema { name: None, description: None, schema, strict: None };
        Asked::new("output_config.format", format)
    });
    Ok(())
}

fn read_tool(tool: ToolDefinition) -> Result<Tool, WireError> {
    let name = tool.name.ok_or_else(|| WireError::invalid("tools", "a tool needs its `name`"))?;
    Ok(Tool {
        name,
        description: tool.description,
        schema: tool.input_schema,
        strict: tool.strict,
        cache_mark: tool.cache_control.map(CacheControl::mark),
    })
}

fn read_tool_choice(choice: Choice) -> Result<ToolChoice, WireError> {
    match (choice.kind.as_str(), choice.name) {
        ("auto", _) => Ok(ToolChoice::Auto),
        ("none", _) => Ok(ToolChoice::None),
        ("any", _) => Ok(ToolChoice::Any),
        ("tool", Some(name)) => Ok(ToolChoice::Named(name)),
        _ => Err(WireError::unsupported(
            "tool_choice",
            "`tool_choice` must be auto, none, any or a named tool to be translated",
        )),
    }
}
