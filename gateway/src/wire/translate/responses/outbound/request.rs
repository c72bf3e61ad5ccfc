//! The internal representation, into the Responses request that a provider reads.
//!
//! Nothing is kept at the provider: the conversation is in each request, with what the model
//! thought encrypted in it.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    super::asked_tools,
    input::{Input, Item, write_input},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{
            AnswerFormat, Asked, LogProbabilities, Request, ServerToolWish, Settings, Tool,
            ToolChoice,
        },
        json,
        losses::Losses,
        openai_request::write_effort,
    },
};

/// The longest name of a person that this API takes.
const PERSON_LIMIT_CHARACTERS: usize = 128;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<AnyTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tool_calls: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<i64>,
    store: bool,
    stream: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnyTool<'a> {
    Clients(ToolDefinition<'a>),
    Providers(asked_tools::Written<'a>),
}

/// Whether a tool is strict has to be said: left out, it is here, and elsewhere it is not.
#[derive(Serialize)]
struct ToolDefinition<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Parameters<'a>,
    strict: bool,
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
#[serde(untagged)]
enum Choice<'a> {
    Word(&'static str),
    Named { r#type: &'static str, name: &'a str },
}

#[derive(Serialize)]
struct TextConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<TextFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TextFormat<'a> {
    JsonObject,
    JsonSchema {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        strict: bool,
        schema: &'a RawValue,
    },
}

#[derive(Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

/// The output limit is sent as it is, also where OpenAI's own models take no smaller one than 16:
/// it is an upper bound, for which the caller pays.
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
    losses.demand(top_k.as_ref())?;
    losses.demand(frequency_penalty.as_ref())?;
    losses.demand(presence_penalty.as_ref())?;
    losses.hint(seed.as_ref());
    let has_tools = !request.tools.is_empty();
    if request.tools.iter().any(|tool| tool.cache_mark.is_some()) {
        losses.hint_field("cache_control".into());
    }
    let Input { instructions, items } = write_input(&request.turns, losses)?;
    json(&Body {
        model: target.model,
        instructions,
        input: items,
        tools: write_tools(request),
        tool_choice: request.tool_choice.as_ref().map(write_tool_choice),
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| has_tools),
        max_tool_calls: asked_tools::most_uses(&request.server_tools),
        temperature: request.temperature,
        top_p: request.top_p,
        max_output_tokens: request.output_limit,
        text: write_text_config(answer_format.as_ref(), request.verbosity.as_ref()),
        reasoning: write_reasoning(&request.settings, target, losses),
        safety_identifier: write_person(request.user.as_ref(), losses),
        include: write_include(request, target, log_probabilities.is_some()),
        top_logprobs: LogProbabilities::alternatives_of(log_probabilities.as_ref()),
        store: false,
        stream: request.stream,
    })
}

/// Who asks a model to think, in Anthropic's words, wants to see the thoughts; an effort alone
/// asks for none.
fn write_reasoning(
    settings: &Settings,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<Reasoning> {
    let (effort, thinking) = (settings.effort.as_ref(), settings.thinking.as_ref());
    let effort = write_effort(effort, thinking, target, losses);
    let wants_thoughts = thinking.is_some() && target.takes_effort();
    let summary = wants_thoughts.then_some("auto");
    (effort.is_some() || summary.is_some()).then_some(Reasoning { effort, summary })
}

/// What is not told unasked. A model that does not think refuses to be asked for its thoughts.
fn write_include(
    request: &Request,
    target: &Target<'_>,
    wants_likelihoods: bool,
) -> Vec<&'static str> {
    let thoughts = target.reasoning.map(|_| "reasoning.encrypted_content");
    let likelihoods = wants_likelihoods.then_some("message.output_text.logprobs");
    let of_tools = request.server_tools.iter().filter_map(|tool| match tool.wish {
        ServerToolWish::WebSearch(_) => Some("web_search_call.action.sources"),
        ServerToolWish::CodeExecution => Some("code_interpreter_call.outputs"),
        ServerToolWish::WebFetch(_) | ServerToolWish::Other(_) => None,
    });
    thoughts.into_iter().chain(likelihoods).chain(of_tools).collect()
}

/// A longer one is refused by the provider.
fn write_person<'a>(person: Option<&'a Asked<String>>, losses: &mut Losses) -> Option<&'a str> {
    let person = person?;
    if person.value.chars().count() > PERSON_LIMIT_CHARACTERS {
        losses.hint(Some(person));
        return None;
    }
    Some(&person.value)
}

fn write_tools(request: &Request) -> Vec<AnyTool<'_>> {
    let clients = request.tools.iter().map(|tool| AnyTool::Clients(write_tool(tool)));
    let providers = request.server_tools.iter().filter_map(asked_tools::write);
    clients.chain(providers.map(AnyTool::Providers)).collect()
}

fn write_tool(tool: &Tool) -> ToolDefinition<'_> {
    let nothing = Parameters::None { r#type: "object", properties: NoProperties {} };
    ToolDefinition {
        r#type: "function",
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters: tool.schema.as_deref().map_or(nothing, Parameters::Given),
        strict: tool.strict.unwrap_or(false),
    }
}

fn write_tool_choice(choice: &ToolChoice) -> Choice<'_> {
    match choice {
        ToolChoice::Auto => Choice::Word("auto"),
        ToolChoice::None => Choice::Word("none"),
        ToolChoice::Any => Choice::Word("required"),
        ToolChoice::Named(name) => Choice::Named { r#type: "function", name },
    }
}

fn write_text_config<'a>(
    format: Option<&'a Asked<AnswerFormat>>,
    verbosity: Option<&'a Asked<String>>,
) -> Option<TextConfig<'a>> {
    let format = format.map(|asked| write_answer_format(&asked.value));
    let verbosity = verbosity.map(|asked| asked.value.as_str());
    (format.is_some() || verbosity.is_some()).then_some(TextConfig { format, verbosity })
}

/// The name is required and means nothing to the model.
fn write_answer_format(format: &AnswerFormat) -> TextFormat<'_> {
    match format {
        AnswerFormat::JsonObject => TextFormat::JsonObject,
        AnswerFormat::Schema { name, description, schema, strict } => TextFormat::JsonSchema {
            name: name.as_deref().unwrap_or("answer"),
            description: description.as_ref().map(|asked| asked.value.as_str()),
            strict: strict.unwrap_or(true),
            schema,
        },
    }
}
