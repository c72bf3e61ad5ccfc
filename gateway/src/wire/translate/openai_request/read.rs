//! A client's chat completion request, into the internal representation.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    messages::{Message, read_message},
    web_search,
};
use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{AnswerFormat, Asked, Effort, Media, Request, Settings, Tool},
        openai_settings::{self, WrittenSchema},
        openai_tool_choice, other_fields,
    },
};

/// The fields that are read here, and those that are the transport's.
const TAKEN: [&str; 28] = [
    "model",
    "messages",
    "tools",
    "tool_choice",
    "web_search_options",
    "parallel_tool_calls",
    "stop",
    "temperature",
    "top_p",
    "top_k",
    "max_completion_tokens",
    "max_tokens",
    "response_format",
    "reasoning_effort",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "n",
    "modalities",
    "audio",
    "stream",
    "stream_options",
    "user",
    "safety_identifier",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "verbosity",
];
/// The one form of sound that is the same everywhere.
const SAMPLES: &str = "pcm16";
/// What changes nothing but cost, speed or bookkeeping.
const HINTS: [&str; 7] = [
    "metadata",
    "store",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
];

#[derive(Deserialize)]
struct Body {
    messages: Vec<Message>,
    tools: Option<Vec<ToolDefinition>>,
    web_search_options: Option<Box<RawValue>>,
    tool_choice: Option<Box<RawValue>>,
    parallel_tool_calls: Option<bool>,
    stop: Option<Content<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    /// Not OpenAI's, but of most servers that resemble it.
    top_k: Option<i64>,
    max_completion_tokens: Option<i64>,
    max_tokens: Option<i64>,
    response_format: Option<ResponseFormat>,
    reasoning_effort: Option<String>,
    verbosity: Option<String>,
    seed: Option<i64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    n: Option<i64>,
    modalities: Option<Vec<String>>,
    audio: Option<Spoken>,
    logprobs: Option<bool>,
    top_logprobs: Option<i64>,
    logit_bias: Option<Map<String, Value>>,
    stream: Option<bool>,
    user: Option<String>,
    safety_identifier: Option<String>,
}

#[derive(Deserialize)]
struct ToolDefinition {
    #[serde(rename = "type")]
    kind: String,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    name: Option<String>,
    description: Option<String>,
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct NamedChoice {
    function: Option<NamedFunction>,
}

#[derive(Deserialize)]
struct NamedFunction {
    name: String,
}

/// How a spoken answer is to sound.
#[derive(Deserialize)]
struct Spoken {
    voice: Option<Box<RawValue>>,
    format: Option<String>,
}

/// # Errors
///
/// `Invalid` where the body is not a chat completion request, `Unsupported` naming the field that
/// no other dialect could carry.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let read: Body = serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a chat completion request: {error}"))
    })?;
    let mut settings = Settings {
        answer_format: read.response_format.map(read_response_format).transpose()?.flatten(),
        effort: read
            .reasoning_effort
            .as_deref()
            .map(|name| Effort::asked("reasoning_effort", name))
            .transpose()?,
        top_k: read.top_k.map(|value| Asked::new("top_k", value)),
        seed: read.seed.map(|value| Asked::new("seed", value)),
        frequency_penalty: openai_settings::penalty("frequency_penalty", read.frequency_penalty),
        presence_penalty: openai_settings::penalty("presence_penalty", read.presence_penalty),
        log_probabilities: openai_settings::log_probabilities(
            (read.logprobs == Some(true)).then_some("logprobs"),
            read.top_logprobs,
        ),
        ..Settings::default()
    };
    let demands = [
        ("n", read.n.is_some_and(|n| n != 1)),
        ("logit_bias", read.logit_bias.is_some_and(|bias| !bias.is_empty())),
    ];
    let demanded = demands.into_iter().filter(|(_, is_asked)| *is_asked);
    settings.demands.extend(demanded.map(|(field, _)| field.into()));
    read_media(&read.modalities.unwrap_or_default(), read.audio, &mut settings);
    other_fields::note(body, &TAKEN, &HINTS, &mut settings);
    let mut turns = Vec::with_capacity(read.messages.len());
    for message in read.messages {
        turns.push(read_message(message, &mut settings)?);
    }
    let search = read.web_search_options.as_deref();
    let search = search.map(|raw| web_search::read(raw, &mut settings)).transpose()?;
    let mut server_tools = search.into_iter().collect();
    let tools = read.tools.into_iter().flatten();
    let mut tools = tools.filter_map(|tool| read_tool(tool, &mut settings)).collect();
    let choice = read.tool_choice.as_deref().map(|choice| {
        openai_tool_choice::read(choice, &mut tools, &mut server_tools, named_function)
    });
    Ok(Request {
        turns,
        tool_choice: choice.transpose()?,
        server_tools,
        tools,
        parallel_tool_calls: read.parallel_tool_calls,
        stop: read.stop.map(openai_settings::stops).unwrap_or_default(),
        temperature: read.temperature,
        top_p: read.top_p,
        output_limit: read.max_completion_tokens.or(read.max_tokens),
        stream: read.stream.unwrap_or(false),
        user: openai_settings::person(read.user, read.safety_identifier),
        verbosity: read.verbosity.map(|value| Asked::new("verbosity", value)),
        settings,
    })
}

/// Another provider speaks in plain samples, as `pcm16` is; nothing here makes another file of it.
fn read_media(modalities: &[String], spoken: Option<Spoken>, settings: &mut Settings) {
    match Media::named(modalities) {
        Some(media) if media.is_text_alone() => {}
        Some(media) => settings.media = Some(Asked::new("modalities", media)),
        None => settings.demands.push("modalities".into()),
    }
    let Some(Spoken { voice, format }) = spoken else { return };
    let name = voice.and_then(|voice| serde_json::from_str(voice.get()).ok());
    match (name, format.as_deref()) {
        (Some(name), None | Some(SAMPLES)) => settings.voice = Some(Asked::new("audio", name)),
        (Some(_), Some(_)) if settings.media.is_some_and(|asked| asked.value.speech) => {
            settings.demands.push("audio.format".into());
        }
        _ => settings.demands.push("audio".into()),
    }
}

fn read_tool(tool: ToolDefinition, settings: &mut Settings) -> Option<Tool> {
    let Some(function) = tool.function else {
        settings.demands.push(other_fields::tool(&tool.kind));
        return None;
    };
    Some(Tool {
        name: function.name,
        description: function.description,
        schema: function.parameters,
        strict: function.strict,
        cache_mark: None,
    })
}

fn named_function(choice: &str) -> Option<String> {
    let read: NamedChoice = serde_json::from_str(choice).ok()?;
    read.function.map(|function| function.name)
}

fn read_response_format(format: ResponseFormat) -> Result<Option<Asked<AnswerFormat>>, WireError> {
    let written = format.json_schema.map(|JsonSchema { name, description, schema, strict }| {
        let field = "response_format.json_schema.description";
        let description = description.map(|value| Asked::new(field, value));
        WrittenSchema { name, description, schema, strict }
    });
    openai_settings::answer_format("response_format", &format.kind, written)
}
