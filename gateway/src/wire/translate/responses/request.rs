//! A client's Responses request, into the internal representation.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    asked_tools,
    items::{Item, read_item},
    namespaces::joined,
};
use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{Asked, AssistantPart, Effort, Request, Settings, SystemPart, Tool, Turn, UserPart},
        openai_settings::{self, WrittenSchema},
        openai_tool_choice, other_fields,
    },
};

/// The fields that are read here, and those that are the transport's. What else `include` asks for
/// is there anyway, or belongs to tools that are refused.
const TAKEN: [&str; 18] = [
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tool_calls",
    "temperature",
    "top_p",
    "max_output_tokens",
    "text",
    "reasoning",
    "include",
    "top_logprobs",
    "stream",
    "stream_options",
    "user",
    "safety_identifier",
];
/// What `include` asks for how likely tokens were by.
const LOG_PROBABILITIES: &str = "message.output_text.logprobs";
/// What changes nothing but cost, speed or bookkeeping.
const HINTS: [&str; 8] = [
    "metadata",
    "store",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
    "client_metadata",
    "access_programs",
];

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    input: Content<Item>,
    instructions: Option<String>,
    tools: Option<Vec<Box<RawValue>>>,
    tool_choice: Option<Box<RawValue>>,
    parallel_tool_calls: Option<bool>,
    max_tool_calls: Option<i64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_output_tokens: Option<i64>,
    text: Option<TextConfig>,
    reasoning: Option<Reasoning>,
    include: Option<Vec<String>>,
    top_logprobs: Option<i64>,
    stream: Option<bool>,
    user: Option<String>,
    safety_identifier: Option<String>,
}

#[derive(Deserialize)]
struct ToolDefinition {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
    tools: Option<Vec<ToolDefinition>>,
}

#[derive(Deserialize)]
struct TextConfig {
    format: Option<TextFormat>,
    verbosity: Option<String>,
}

#[derive(Deserialize)]
struct TextFormat {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    description: Option<String>,
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct Reasoning {
    effort: Option<String>,
}

#[derive(Deserialize)]
struct NamedChoice {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

/// # Errors
///
/// `Invalid` where the body is not a Responses request, `Unsupported` naming the field that no
/// other dialect could carry.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let read: Body = serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a Responses request: {error}"))
    })?;
    let mut settings = Settings {
        effort: read
            .reasoning
            .and_then(|reasoning| reasoning.effort)
            .map(|name| Effort::asked("reasoning.effort", &name))
            .transpose()?,
        log_probabilities: openai_settings::log_probabilities(
            read.include.iter().flatten().any(|it| it == LOG_PROBABILITIES).then_some("include"),
            read.top_logprobs,
        ),
        ..Settings::default()
    };
    let verbosity = read_text_config(read.text, &mut settings)?;
    other_fields::note(body, &TAKEN, &HINTS, &mut settings);
    let (mut tools, mut server_tools) = (Vec::new(), Vec::new());
    for (index, raw) in read.tools.into_iter().flatten().enumerate() {
        let tool: ToolDefinition = serde_json::from_str(raw.get()).map_err(|error| {
            WireError::invalid("tools", format!("`tools[{index}]` cannot be read: {error}"))
        })?;
        if matches!(tool.kind.as_str(), "function" | "namespace") {
            read_tool(tool, None, &mut tools, &mut settings)?;
        } else {
            server_tools.push(asked_tools::read(index, &tool.kind, &raw, &mut settings)?);
        }
    }
    asked_tools::limit(&mut server_tools, read.max_tool_calls, &mut settings);
    let instructions = read.instructions.filter(|text| !text.is_empty());
    let system = instructions.map(|text| Turn::System(vec![SystemPart::Text(text)]));
    let mut turns: Vec<Turn> = system.into_iter().collect();
    match read.input {
        Content::Text(text) => turns.push(Turn::User(vec![UserPart::Text(text)])),
        Content::Parts(items) => {
            for item in items {
                push(&mut turns, read_item(item)?);
            }
        }
    }
    let choice = read.tool_choice.as_deref().map(|choice| {
        openai_tool_choice::read(choice, &mut tools, &mut server_tools, named_function)
    });
    Ok(Request {
        turns,
        tool_choice: choice.transpose()?,
        tools,
        server_tools,
        parallel_tool_calls: read.parallel_tool_calls,
        stop: Vec::new(),
        temperature: read.temperature,
        top_p: read.top_p,
        output_limit: read.max_output_tokens,
        stream: read.stream.unwrap_or(false),
        user: openai_settings::person(read.user, read.safety_identifier),
        verbosity,
        settings,
    })
}

/// What the model thought, said and called is one item each here, and one turn elsewhere; so are
/// the results of calls that it made at once.
fn push(turns: &mut Vec<Turn>, turn: Turn) {
    match (turns.last_mut(), turn) {
        (Some(Turn::Assistant(earlier)), Turn::Assistant(parts))
            if !are_two_messages(earlier, &parts) =>
        {
            let said = said(earlier);
            earlier.extend(parts.into_iter().map(|part| match part {
                AssistantPart::Citation(citation) => {
                    AssistantPart::Citation(citation.moved_by(said))
                }
                other => other,
            }));
        }
        (Some(Turn::User(earlier)), Turn::User(parts))
            if are_results(earlier) && are_results(&parts) =>
        {
            earlier.extend(parts);
        }
        (_, turn) => turns.push(turn),
    }
}

/// Two messages in a row stay two: elsewhere the texts of one message are read as one.
fn are_two_messages(earlier: &[AssistantPart], parts: &[AssistantPart]) -> bool {
    let is_text = |part: Option<&AssistantPart>| matches!(part, Some(AssistantPart::Text(_)));
    is_text(earlier.last()) && is_text(parts.first())
}

/// How much a turn says, in characters.
fn said(parts: &[AssistantPart]) -> usize {
    let texts = parts.iter().map(|part| match part {
        AssistantPart::Text(text) => text.chars().count(),
        _ => 0,
    });
    texts.sum()
}

fn are_results(parts: &[UserPart]) -> bool {
    parts.iter().all(|part| matches!(part, UserPart::ToolResult(_)))
}

/// How long the answer is to be; its format is a setting.
fn read_text_config(
    text: Option<TextConfig>,
    settings: &mut Settings,
) -> Result<Option<Asked<String>>, WireError> {
    let Some(TextConfig { format, verbosity }) = text else { return Ok(None) };
    if let Some(TextFormat { kind, name, description, schema, strict }) = format {
        let description = description.map(|value| Asked::new("text.format.description", value));
        let written = Some(WrittenSchema { name, description, schema, strict });
        settings.answer_format = openai_settings::answer_format("text.format", &kind, written)?;
    }
    Ok(verbosity.map(|value| Asked::new("text.verbosity", value)))
}

fn read_tool(
    tool: ToolDefinition,
    namespace: Option<&str>,
    tools: &mut Vec<Tool>,
    settings: &mut Settings,
) -> Result<(), WireError> {
    let name = |name: Option<String>| {
        name.ok_or_else(|| WireError::invalid("tools", "a tool needs its `name`"))
    };
    match (tool.kind.as_str(), namespace) {
        ("function", _) => tools.push(Tool {
            name: joined(namespace, &name(tool.name)?),
            description: tool.description,
            schema: tool.parameters,
            strict: tool.strict,
            cache_mark: None,
        }),
        ("namespace", None) => {
            let namespace = name(tool.name)?;
            for inner in tool.tools.into_iter().flatten() {
                read_tool(inner, Some(&namespace), tools, settings)?;
            }
        }
        (kind, _) => settings.demands.push(other_fields::tool(kind)),
    }
    Ok(())
}

fn named_function(choice: &str) -> Option<String> {
    let read: NamedChoice = serde_json::from_str(choice).ok()?;
    if read.kind == "function" {
        return read.name;
    }
    asked_tools::kind(&read.kind).map(|kind| kind.name().to_owned())
}
