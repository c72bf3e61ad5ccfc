//! The internal representation, into the body of a `generateContent` request.
//!
//! The model, and whether the answer is streamed, are in the path and not here.

mod contents;
mod generation;
mod media;
mod parts;
mod signatures;
mod speech;
mod thinking;

use serde::Serialize;
use serde_json::value::RawValue;

use self::{
    contents::{Content, write_contents},
    speech::{SpeechConfig, write_media},
    thinking::{ThinkingConfig, write_thinking},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{
            AnswerFormat, Asked, LogProbabilities, Request, ServerToolWish, Settings, SystemPart,
            ToolChoice, Turn,
        },
        json,
        losses::Losses,
    },
};

/// The most stop sequences that this API takes.
const STOP_LIMIT: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<SystemInstruction>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<Tools<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    generation_config: GenerationConfig<'a>,
}

#[derive(Serialize)]
struct SystemInstruction {
    parts: [SystemText; 1],
}

#[derive(Serialize)]
struct SystemText {
    text: String,
}

/// Functions, or one of the tools that Google runs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Tools<'a> {
    FunctionDeclarations(Vec<FunctionDeclaration<'a>>),
    GoogleSearch(NoSettings),
    UrlContext(NoSettings),
    CodeExecution(NoSettings),
}

#[derive(Serialize)]
struct NoSettings {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionDeclaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    function_calling_config: FunctionCallingConfig<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCallingConfig<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_modalities: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speech_config: Option<SpeechConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
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
    losses.hint(request.user.as_ref());
    json(&Body {
        system_instruction: write_system(&request.turns, losses),
        contents: write_contents(&request.turns, target, losses)?,
        tools: write_tools(request, losses),
        tool_config: write_tool_config(request, losses)?,
        generation_config: write_generation_config(request, target, losses)?,
    })
}

/// System messages stand before the conversation, wherever the client put them.
fn write_system(turns: &[Turn], losses: &mut Losses) -> Option<SystemInstruction> {
    let mut texts = Vec::new();
    for turn in turns {
        let Turn::System(parts) = turn else { continue };
        for part in parts {
            match part {
                SystemPart::Text(text) if text.is_empty() => {}
                SystemPart::Text(text) => texts.push(text.as_str()),
                SystemPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            }
        }
    }
    let text = texts.join("\n\n");
    (!text.is_empty()).then_some(SystemInstruction { parts: [SystemText { text }] })
}

fn write_tools<'a>(request: &'a Request, losses: &mut Losses) -> Option<Vec<Tools<'a>>> {
    let tools = &request.tools;
    if tools.iter().any(|tool| tool.cache_mark.is_some()) {
        losses.hint_field("cache_control".into());
    }
    let declarations = tools.iter().map(|tool| FunctionDeclaration {
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters_json_schema: tool.schema.as_deref(),
    });
    let functions =
        (!tools.is_empty()).then(|| Tools::FunctionDeclarations(declarations.collect()));
    let googles = request.server_tools.iter().filter_map(|tool| match tool.wish {
        ServerToolWish::WebSearch(_) => Some(Tools::GoogleSearch(NoSettings {})),
        ServerToolWish::WebFetch(_) => Some(Tools::UrlContext(NoSettings {})),
        ServerToolWish::CodeExecution => Some(Tools::CodeExecution(NoSettings {})),
        ServerToolWish::Other(_) => None,
    });
    let all: Vec<_> = functions.into_iter().chain(googles).collect();
    (!all.is_empty()).then_some(all)
}

/// That arguments follow their schema strictly is a mode here, and a part of every forced call;
/// that one answer holds a single call cannot be asked.
fn write_tool_config<'a>(
    request: &'a Request,
    losses: &mut Losses,
) -> Result<Option<ToolConfig<'a>>, WireError> {
    if request.tools.is_empty() {
        return Ok(None);
    }
    let may_call = !matches!(request.tool_choice, Some(ToolChoice::None));
    if may_call && request.parallel_tool_calls == Some(false) {
        losses.demand_field("parallel_tool_calls".into())?;
    }
    let is_strict = request.tools.iter().any(|tool| tool.strict == Some(true));
    let (mode, allowed) = match &request.tool_choice {
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Any) => ("ANY", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some([name.as_str()])),
        Some(ToolChoice::Auto) | None if is_strict => ("VALIDATED", None),
        Some(ToolChoice::Auto) => ("AUTO", None),
        None => return Ok(None),
    };
    let config = FunctionCallingConfig { mode, allowed_function_names: allowed };
    Ok(Some(ToolConfig { function_calling_config: config }))
}

fn write_generation_config<'a>(
    request: &'a Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<GenerationConfig<'a>, WireError> {
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
    Ok(GenerationConfig {
        max_output_tokens: request.output_limit,
        temperature: request.temperature,
        top_p: request.top_p,
        top_k: Asked::value_of(top_k.as_ref()),
        stop_sequences: write_stop(&request.stop, losses)?,
        seed: write_seed(seed.as_ref(), losses),
        presence_penalty: Asked::value_of(presence_penalty.as_ref()),
        frequency_penalty: Asked::value_of(frequency_penalty.as_ref()),
        response_logprobs: log_probabilities.as_ref().map(|_| true),
        logprobs: LogProbabilities::alternatives_of(log_probabilities.as_ref()),
        response_mime_type: answer_format.as_ref().map(|_| "application/json"),
        response_json_schema: answer_format.as_ref().and_then(|asked| schema_of(&asked.value)),
        response_modalities: media.as_ref().map(|asked| write_media(asked.value)),
        speech_config: voice.as_ref().map(|asked| SpeechConfig::of(&asked.value)),
        thinking_config: write_thinking(effort.as_ref(), thinking.as_ref(), target, losses),
    })
}

/// # Errors
///
/// `Unsupported` for more of them than this API takes, unless some may be dropped.
fn write_stop<'a>(stop: &'a [String], losses: &mut Losses) -> Result<&'a [String], WireError> {
    let Some(taken) = stop.get(..STOP_LIMIT).filter(|taken| taken.len() < stop.len()) else {
        return Ok(stop);
    };
    losses.demand_field("stop".into()).map(|()| taken).map_err(|_| {
        let detail = format!(
            "there are {} stop sequences, but this model's provider takes at most {STOP_LIMIT}; \
             send fewer",
            stop.len()
        );
        WireError::unsupported("stop", detail)
    })
}

/// A seed has 32 bits here, and a larger one is refused.
fn write_seed(seed: Option<&Asked<i64>>, losses: &mut Losses) -> Option<i32> {
    let written = seed.and_then(|asked| i32::try_from(asked.value).ok());
    if written.is_none() {
        losses.hint(seed);
    }
    written
}

fn schema_of(format: &AnswerFormat) -> Option<&RawValue> {
    match format {
        AnswerFormat::JsonObject => None,
        AnswerFormat::Schema { schema, .. } => Some(schema),
    }
}
