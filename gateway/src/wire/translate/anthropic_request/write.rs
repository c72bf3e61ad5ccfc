//! The internal representation, into the Anthropic messages request that a provider reads.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    server_tools,
    thinking::{ThinkingConfig, write_reasoning},
    write_messages::{CacheControl, Message, System, write_messages, write_system},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{AnswerFormat, Asked, Request, Settings, Tool, ToolChoice},
        json,
        losses::Losses,
    },
};

/// Sent where neither the client nor the gateway names a limit, since this API demands one; every
/// model accepts this one.
const DEFAULT_OUTPUT_LIMIT: i64 = 4_096;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: i64,
    #[serde(skip_serializing_if = "System::is_empty")]
    system: System<'a>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<AnyTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    stream: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnyTool<'a> {
    Clients(ToolDefinition<'a>),
    Providers(server_tools::Written<'a>),
}

#[derive(Serialize)]
struct ToolDefinition<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: InputSchema<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutputFormat<'a>>,
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
/// `Unsupported`, naming the field that cannot be expressed here.
pub(in crate::wire::translate) fn write(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let Settings {
        answer_format,
        effort: _,
        thinking: _,
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
    losses.demand(frequency_penalty.as_ref())?;
    losses.demand(presence_penalty.as_ref())?;
    losses.demand(log_probabilities.as_ref())?;
    losses.hint(seed.as_ref());
    let max_tokens = request.output_limit.unwrap_or(DEFAULT_OUTPUT_LIMIT);
    let reasoning = write_reasoning(request, max_tokens, target, losses);
    let thinks = reasoning.thinking.is_some();
    let format = write_answer_format(answer_format.as_ref(), losses)?;
    let has_output_config = reasoning.effort.is_some() || format.is_some();
    json(&Body {
        model: target.model,
        max_tokens,
        system: write_system(&request.turns),
        messages: write_messages(&request.turns, losses)?,
        tools: write_tools(request),
        tool_choice: write_tool_choice(request),
        stop_sequences: (!request.stop.is_empty()).then_some(&request.stop),
        temperature: unless(thinks, "temperature", request.temperature, losses)
            .map(|value| at_most_one(value, losses))
            .transpose()?
            .flatten(),
        top_p: unless(thinks, "top_p", request.top_p, losses),
        top_k: unless(thinks, "top_k", top_k.as_ref().map(|asked| asked.value), losses),
        thinking: reasoning.thinking,
        output_config: has_output_config
            .then_some(OutputConfig { effort: reasoning.effort, format }),
        metadata: request.user.as_ref().map(|asked| Metadata { user_id: &asked.value }),
        stream: request.stream,
    })
}

/// A model that thinks samples in its own way, and refuses another.
fn unless<T>(
    thinks: bool,
    field: &'static str,
    value: Option<T>,
    losses: &mut Losses,
) -> Option<T> {
    if thinks && value.is_some() {
        losses.hint_field(field.into());
    }
    value.filter(|_| !thinks)
}

fn at_most_one(temperature: f64, losses: &mut Losses) -> Result<Option<f64>, WireError> {
    if temperature <= 1.0 {
        return Ok(Some(temperature));
    }
    losses.demand_field("temperature".into()).map(|()| None).map_err(|_| {
        let detail = format!(
            "`temperature` is {temperature}, but this model's provider takes 0 to 1; send 1 or less"
        );
        WireError::unsupported("temperature", detail)
    })
}

fn write_tools(request: &Request) -> Vec<AnyTool<'_>> {
    let clients = request.tools.iter().map(|tool| AnyTool::Clients(write_tool(tool)));
    let providers = request.server_tools.iter().filter_map(server_tools::write);
    clients.chain(providers.map(AnyTool::Providers)).collect()
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
        cache_control: tool.cache_mark.map(CacheControl::from),
    }
}

/// The wish for one tool at a time is a part of the choice here, so it may need a choice to be in.
fn write_tool_choice(request: &Request) -> Option<Choice<'_>> {
    if request.tools.is_empty() && request.server_tools.is_empty() {
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

/// A schema is always followed strictly here; that the answer be some object cannot be asked.
fn write_answer_format<'a>(
    format: Option<&'a Asked<AnswerFormat>>,
    losses: &mut Losses,
) -> Result<Option<OutputFormat<'a>>, WireError> {
    match format.map(|asked| &asked.value) {
        Some(AnswerFormat::Schema { schema, .. }) => {
            Ok(Some(OutputFormat { r#type: "json_schema", schema }))
        }
        Some(AnswerFormat::JsonObject) => losses.demand(format).map(|()| None),
        None => Ok(None),
    }
}
