//! `generationConfig`: how the answer is made.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{schema, speech, within};
use crate::wire::{
    WireError,
    translate::ir::{AnswerFormat, Asked, Effort, LogProbabilities, Settings, Thinking},
};

const TAKEN: [&str; 31] = [
    "temperature",
    "topP",
    "top_p",
    "topK",
    "top_k",
    "candidateCount",
    "candidate_count",
    "maxOutputTokens",
    "max_output_tokens",
    "stopSequences",
    "stop_sequences",
    "presencePenalty",
    "presence_penalty",
    "frequencyPenalty",
    "frequency_penalty",
    "seed",
    "responseMimeType",
    "response_mime_type",
    "responseSchema",
    "response_schema",
    "responseJsonSchema",
    "response_json_schema",
    "responseModalities",
    "response_modalities",
    "speechConfig",
    "speech_config",
    "responseLogprobs",
    "response_logprobs",
    "logprobs",
    "thinkingConfig",
    "thinking_config",
];
const THINKING_TAKEN: [&str; 6] = [
    "includeThoughts",
    "include_thoughts",
    "thinkingBudget",
    "thinking_budget",
    "thinkingLevel",
    "thinking_level",
];
/// How closely images are looked at.
const HINTS: [&str; 2] = ["mediaResolution", "media_resolution"];

const THINKING_CONFIG: &str = "generationConfig.thinkingConfig";
const RESPONSE_SCHEMA: &str = "generationConfig.responseSchema";
const RESPONSE_MIME_TYPE: &str = "generationConfig.responseMimeType";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GenerationConfig {
    temperature: Option<f64>,
    #[serde(alias = "top_p")]
    top_p: Option<f64>,
    #[serde(alias = "top_k")]
    top_k: Option<f64>,
    #[serde(alias = "candidate_count")]
    candidate_count: Option<i64>,
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<i64>,
    #[serde(alias = "stop_sequences")]
    stop_sequences: Option<Vec<String>>,
    #[serde(alias = "presence_penalty")]
    presence_penalty: Option<f64>,
    #[serde(alias = "frequency_penalty")]
    frequency_penalty: Option<f64>,
    seed: Option<i64>,
    #[serde(alias = "response_mime_type")]
    response_mime_type: Option<String>,
    #[serde(alias = "response_schema")]
    response_schema: Option<Value>,
    #[serde(alias = "response_json_schema")]
    response_json_schema: Option<Value>,
    #[serde(alias = "response_modalities")]
    response_modalities: Option<Vec<String>>,
    #[serde(alias = "speech_config")]
    speech_config: Option<Box<RawValue>>,
    #[serde(alias = "response_logprobs")]
    response_logprobs: Option<bool>,
    logprobs: Option<i64>,
    #[serde(alias = "thinking_config")]
    thinking_config: Option<Box<RawValue>>,
}

/// Thoughts are told whether or not they are asked for (`includeThoughts`): another vendor's model
/// has them anyway, and its signature belongs to them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    #[serde(alias = "thinking_budget")]
    thinking_budget: Option<i64>,
    #[serde(alias = "thinking_level")]
    thinking_level: Option<String>,
}

/// What every dialect has a place for.
#[derive(Default)]
pub(super) struct Generation {
    pub(super) stop: Vec<String>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) output_limit: Option<i64>,
}

/// # Errors
///
/// `Invalid` where a field is not what this API takes.
pub(super) fn read_generation(
    raw: &RawValue,
    settings: &mut Settings,
) -> Result<Generation, WireError> {
    within::note("generationConfig", raw, &TAKEN, &HINTS, settings);
    let read: GenerationConfig = parse("generationConfig", raw)?;
    settings.top_k = read.top_k.map(whole).transpose()?;
    settings.seed = read.seed.map(|value| Asked::new("generationConfig.seed", value));
    settings.presence_penalty = penalty("generationConfig.presencePenalty", read.presence_penalty);
    settings.frequency_penalty =
        penalty("generationConfig.frequencyPenalty", read.frequency_penalty);
    settings.log_probabilities = log_probabilities(read.response_logprobs, read.logprobs);
    let modalities = read.response_modalities.unwrap_or_default();
    speech::read_media(&modalities, settings);
    if let Some(raw) = read.speech_config {
        speech::read_voice(&raw, settings);
    }
    if read.candidate_count.is_some_and(|count| count != 1) {
        settings.demands.push("generationConfig.candidateCount".into());
    }
    let google = read.response_schema.map(schema::json_schema);
    let answer_schema = read.response_json_schema.or(google);
    read_answer_format(read.response_mime_type.as_deref(), answer_schema, settings);
    read.thinking_config.map(|raw| read_thinking(&raw, settings)).transpose()?;
    Ok(Generation {
        stop: read.stop_sequences.unwrap_or_default(),
        temperature: read.temperature,
        top_p: read.top_p,
        output_limit: read.max_output_tokens,
    })
}

/// One word of a list (`text/x.enum`) is a form that no other API has.
fn read_answer_format(
    media_type: Option<&str>,
    answer_schema: Option<Value>,
    settings: &mut Settings,
) {
    match (media_type, answer_schema) {
        (None | Some("" | "text/plain"), None) => {}
        (None | Some("" | "text/plain" | "application/json"), Some(answer_schema)) => {
            let closed = schema::closed(answer_schema);
            let strict = Some(schema::is_strict(&closed));
            settings.answer_format = schema::raw(&closed).map(|schema| {
                let format = AnswerFormat::Schema { name: None, description: None, schema, strict };
                Asked::new(RESPONSE_SCHEMA, format)
            });
        }
        (Some("application/json"), None) => {
            settings.answer_format = Some(Asked::new(RESPONSE_MIME_TYPE, AnswerFormat::JsonObject));
        }
        _ => settings.demands.push(RESPONSE_MIME_TYPE.into()),
    }
}

fn read_thinking(raw: &RawValue, settings: &mut Settings) -> Result<(), WireError> {
    within::note(THINKING_CONFIG, raw, &THINKING_TAKEN, &[], settings);
    let read: ThinkingConfig = parse(THINKING_CONFIG, raw)?;
    let thinking = |value| Some(Asked::new(THINKING_CONFIG, value));
    match read.thinking_budget {
        None => {}
        Some(0) => settings.effort = Some(Asked::new(THINKING_CONFIG, Effort::None)),
        Some(tokens) if tokens < 0 => settings.thinking = thinking(Thinking::Adaptive),
        Some(tokens) => settings.thinking = thinking(Thinking::Budget(tokens)),
    }
    let level = read.thinking_level.map(|level| level.to_ascii_lowercase());
    if let Some(level) = level.filter(|level| level != "thinking_level_unspecified") {
        settings.effort =
            Some(Effort::asked("generationConfig.thinkingConfig.thinkingLevel", &level)?);
    }
    Ok(())
}

/// How many of the likeliest others are told says nothing where none are asked for.
fn log_probabilities(
    is_asked: Option<bool>,
    alternatives: Option<i64>,
) -> Option<Asked<LogProbabilities>> {
    let alternatives = alternatives.filter(|count| *count > 0);
    let alternatives = alternatives.map(|count| Asked::new("generationConfig.logprobs", count));
    let asked = is_asked.filter(|is_asked| *is_asked);
    asked
        .map(|_| Asked::new("generationConfig.responseLogprobs", LogProbabilities { alternatives }))
}

/// A penalty of zero asks for nothing.
fn penalty(field: &'static str, value: Option<f64>) -> Option<Asked<f64>> {
    value.filter(|value| *value != 0.0).map(|value| Asked::new(field, value))
}

/// The official SDK writes this count with a fraction: `40.0`.
fn whole(top_k: f64) -> Result<Asked<i64>, WireError> {
    let field = "generationConfig.topK";
    if top_k.fract() != 0.0 || !(0.0..=1e9).contains(&top_k) {
        return Err(WireError::invalid(field, format!("`{field}` must be a whole number")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within bounds")]
    Ok(Asked::new(field, top_k as i64))
}

fn parse<'a, T: Deserialize<'a>>(field: &'static str, raw: &'a RawValue) -> Result<T, WireError> {
    serde_json::from_str(raw.get())
        .map_err(|error| WireError::invalid(field, format!("`{field}` cannot be read: {error}")))
}
