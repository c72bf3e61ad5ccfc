//! The internal representation, into the chat completion request that a provider reads.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    web_search::{self, WebSearchOptions},
    write_messages::{Message, write_messages},
};
use crate::wire::{
    LimitField, WireError,
    translate::{
        Target,
        ir::{
            AnswerFormat, Asked, Effort, LogProbabilities, Media, Request, Settings, Thinking,
            Tool, ToolChoice,
        },
        json,
        losses::Losses,
    },
};

/// The largest budget for thoughts that is a low effort, in tokens; a middle one follows.
const LOW_EFFORT_TOKENS: i64 = 4_096;
const MEDIUM_EFFORT_TOKENS: i64 = 16_384;
/// The voice in OpenAI's own examples.
const USUAL_VOICE: &str = "alloy";
/// The longest name of a person that OpenAI takes.
const USER_LIMIT_BYTES: usize = 64;

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
    web_search_options: Option<WebSearchOptions<'a>>,
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
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modalities: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<Spoken<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

/// How a spoken answer is to sound.
#[derive(Serialize)]
struct Spoken<'a> {
    voice: &'a str,
    format: &'static str,
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
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonObject,
    JsonSchema { json_schema: JsonSchema<'a> },
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    strict: bool,
    schema: &'a RawValue,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// Usage is always asked for in a stream: the meter needs it whether or not the client does.
///
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
        effort,
        thinking,
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        log_probabilities,
        media,
        voice,
        demands: _,
        hints: _,
    } = &request.settings;
    losses.demand(top_k.as_ref())?;
    let limit = request.output_limit;
    let has_tools = !request.tools.is_empty();
    if request.tools.iter().any(|tool| tool.cache_mark.is_some()) {
        losses.hint_field("cache_control".into());
    }
    json(&Body {
        model: target.model,
        messages: write_messages(&request.turns, losses)?,
        tools: request.tools.iter().map(write_tool).collect(),
        tool_choice: request.tool_choice.as_ref().map(write_tool_choice),
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| has_tools),
        web_search_options: web_search::write(&request.server_tools),
        stop: (!request.stop.is_empty()).then_some(&request.stop),
        temperature: request.temperature,
        top_p: request.top_p,
        max_tokens: limit.filter(|_| target.limit_field == LimitField::MaxTokens),
        max_completion_tokens: limit
            .filter(|_| target.limit_field == LimitField::MaxCompletionTokens),
        response_format: answer_format.as_ref().map(|asked| write_answer_format(&asked.value)),
        reasoning_effort: write_effort(effort.as_ref(), thinking.as_ref(), target, losses),
        modalities: media.as_ref().map(|asked| write_media(asked.value)),
        audio: write_voice(media.as_ref(), voice.as_ref()),
        seed: Asked::value_of(seed.as_ref()),
        frequency_penalty: Asked::value_of(frequency_penalty.as_ref()),
        presence_penalty: Asked::value_of(presence_penalty.as_ref()),
        logprobs: log_probabilities.as_ref().map(|_| true),
        top_logprobs: LogProbabilities::alternatives_of(log_probabilities.as_ref()),
        user: write_user(request.user.as_ref(), losses),
        stream: request.stream,
        stream_options: request.stream.then_some(StreamOptions { include_usage: true }),
    })
}

/// A longer one is refused by the provider.
fn write_user<'a>(user: Option<&'a Asked<String>>, losses: &mut Losses) -> Option<&'a str> {
    let user = user?;
    if user.value.len() > USER_LIMIT_BYTES {
        losses.hint(Some(user));
        return None;
    }
    Some(&user.value)
}

/// An answer that is spoken or drawn always has its words here.
fn write_media(media: Media) -> Vec<&'static str> {
    let named = [("text", true), ("image", media.images), ("audio", media.speech)];
    named.into_iter().filter(|(_, is_asked)| *is_asked).map(|(name, _)| name).collect()
}

/// A voice has to be named here; a client of another API may leave the choice to its provider.
fn write_voice<'a>(
    media: Option<&Asked<Media>>,
    voice: Option<&'a Asked<String>>,
) -> Option<Spoken<'a>> {
    media.filter(|asked| asked.value.speech)?;
    let voice = voice.map_or(USUAL_VOICE, |asked| asked.value.as_str());
    Some(Spoken { voice, format: "pcm16" })
}

/// Only some models here take an effort, and the others refuse the field.
pub(in crate::wire::translate) fn write_effort(
    effort: Option<&Asked<Effort>>,
    thinking: Option<&Asked<Thinking>>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<&'static str> {
    if !target.takes_effort() {
        losses.hint(effort);
        losses.hint(thinking);
        return None;
    }
    match (Asked::value_of(effort), Asked::value_of(thinking)) {
        (Some(effort), _) => Some(effort.name()),
        (None, Some(Thinking::Budget(tokens))) if tokens <= LOW_EFFORT_TOKENS => Some("low"),
        (None, Some(Thinking::Budget(tokens))) if tokens <= MEDIUM_EFFORT_TOKENS => Some("medium"),
        (None, Some(Thinking::Budget(_))) => Some("high"),
        (None, Some(Thinking::Adaptive) | None) => None,
    }
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
fn write_answer_format(format: &AnswerFormat) -> ResponseFormat<'_> {
    match format {
        AnswerFormat::JsonObject => ResponseFormat::JsonObject,
        AnswerFormat::Schema { name, description, schema, strict } => ResponseFormat::JsonSchema {
            json_schema: JsonSchema {
                name: name.as_deref().unwrap_or("answer"),
                description: description.as_ref().map(|asked| asked.value.as_str()),
                strict: strict.unwrap_or(true),
                schema,
            },
        },
    }
}
