//! What the gateway must know of a request: one pass, borrowed, everything else untouched.
//!
//! What is governed (the model, the stream, the limits) must be readable in one way only, so a
//! field that is there twice, or in another spelling of its case, is refused.

mod batch;
mod gemini;
mod needs;
mod pick;
mod relayed;
mod searches;
mod state;

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::Units;

use self::pick::{Ambiguity, Picked};
pub use self::relayed::Files;
pub use self::{
    batch::{BatchEndpoint, BatchLine, BatchOrder, BatchWork, MessageBatch},
    gemini::ModelPath,
    needs::{PromptLength, RequestNeeds},
};
use super::{Dialect, RelayedApi, WireError};

/// The longest model name, in bytes.
const MODEL_LIMIT_BYTES: usize = 256;
/// How long a completion is at most where nothing is said, at OpenAI and at most compatible servers.
/// <https://platform.openai.com/docs/api-reference/completions/create>
const USUAL_COMPLETION: i64 = 16;
/// The most choices that one request may ask for.
const CHOICES_LIMIT: i64 = 128;

/// llama.cpp's limit, which overrides `max_tokens` there and is ignored or refused elsewhere.
const N_PREDICT: &str = "n_predict";
/// The limit of the Responses API, of no meaning elsewhere.
const MAX_OUTPUT_TOKENS: &str = "max_output_tokens";

const GOVERNED: [&str; 20] = [
    "model",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    N_PREDICT,
    MAX_OUTPUT_TOKENS,
    "n",
    "n_cmpl",
    "best_of",
    "messages",
    "input",
    "thinking",
    "previous_response_id",
    "conversation",
    "prompt",
    "background",
    "tools",
    "web_search_options",
    "max_tool_calls",
];
const MODEL: usize = 0;
const STREAM: usize = 1;
const STREAM_OPTIONS: usize = 2;
/// Every field by which an answer can be limited.
const LIMITS: Range<usize> = 3..7;
const MAX_TOKENS: usize = 4;
/// Every field by which several answers can be asked for. `n_cmpl` is llama.cpp's, where it
/// overrides `n`; of the `best_of` completions that are made, and billed, `n` are shown.
const CHOICES: Range<usize> = 7..10;
const MESSAGES: usize = 10;
const INPUT: usize = 11;
const THINKING: usize = 12;
/// What of a Responses request refers to what a provider keeps.
const KEPT: Range<usize> = 13..16;
/// What a completion continues; of a Responses request, one of the above.
const PROMPT: usize = 15;
const BACKGROUND: usize = 16;
const TOOLS: usize = 17;
const WEB_SEARCH_OPTIONS: usize = 18;
const MAX_TOOL_CALLS: usize = 19;

/// What a body asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// The model as the caller names it.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub is_streaming: bool,
    /// The longest answer that the caller wants, in tokens, by a field that every provider of the
    /// dialect knows; where other fields say more, the largest, because the provider chooses
    /// which one it reads.
    pub output_limit: Option<i64>,
    /// How many tokens of the answer are for thinking (Anthropic's `thinking.budget_tokens`); the
    /// limit has to be larger.
    pub thinking_tokens: i64,
    /// How many answers the caller wants.
    pub choices: i64,
    /// Whether the caller wants usage at the end of a stream.
    pub asks_for_usage: bool,
    /// The most that the request can use beside tokens.
    pub units: Units,
    /// The most tokens of pictures and sound in its files.
    pub file_tokens: i64,
    /// Where the body names the model, if it does.
    pub(super) model_span: Option<Range<usize>>,
    pub(super) limits: Vec<WrittenLimit>,
    pub(super) stream_options: Option<WrittenStreamOptions>,
    /// The object that holds the limit, where the dialect has one.
    pub(super) generation_config: Option<WrittenObject>,
}

/// A limit as it is written in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenLimit {
    pub(super) name: &'static str,
    pub(super) span: Range<usize>,
    /// None for a null.
    pub(super) value: Option<i64>,
}

/// An object within the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenObject {
    pub(super) span: Range<usize>,
    pub(super) is_null: bool,
}

/// The stream options as they are written in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenStreamOptions {
    pub(super) span: Range<usize>,
    pub(super) is_null: bool,
    /// Where the value of `include_usage` stands in the body.
    pub(super) include_usage_span: Option<Range<usize>>,
}

impl RequestFacts {
    /// Reads the governed fields of a body that names its model.
    ///
    /// # Errors
    /// [`WireError::Invalid`], naming the field, the limit and what is expected.
    pub fn read(dialect: Dialect, body: &[u8]) -> Result<Self, WireError> {
        let text = utf8(body)?;
        if let Dialect::Relayed(api) = dialect {
            return relayed::read(api, text, None);
        }
        let picked = Picked::read(text, &GOVERNED).map_err(|error| malformed(&error))?;
        refuse_ambiguity(picked.ambiguity())?;
        let (model, model_span) = read_model(picked.value(MODEL), picked.span(MODEL))?;
        let limits = read_limits(dialect, &picked)?;
        check_required(dialect, &picked)?;
        if dialect == Dialect::OpenAiResponses {
            state::refuse_what_is_kept(&picked)?;
        }
        let (asks_for_usage, stream_options) = read_stream_options(&picked)?;
        let is_streaming = match picked.value(STREAM) {
            Some(raw) => typed(raw, "stream", "true or false")?,
            None => false,
        };
        let choices = read_choices(&picked)?;
        let searches = searches::most(
            picked.value(TOOLS),
            picked.value(WEB_SEARCH_OPTIONS),
            picked.value(MAX_TOOL_CALLS),
        );
        let searches = searches.saturating_mul(choices);
        Ok(Self {
            model,
            is_streaming,
            output_limit: output_limit(dialect, &limits)
                .or_else(|| (dialect == Dialect::OpenAiCompletions).then_some(USUAL_COMPLETION)),
            thinking_tokens: read_thinking(&picked),
            choices,
            asks_for_usage,
            units: Units { searches, ..Units::default() },
            file_tokens: 0,
            model_span: Some(model_span),
            limits,
            stream_options,
            generation_config: None,
        })
    }

    /// Reads the fields of a form, as the JSON object that they are taken for, and what its files
    /// can use.
    ///
    /// # Errors
    /// As [`RequestFacts::read`].
    pub fn read_form(api: RelayedApi, fields: &[u8], files: Files) -> Result<Self, WireError> {
        relayed::read(api, utf8(fields)?, Some(files))
    }
}

fn utf8(body: &[u8]) -> Result<&str, WireError> {
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        WireError::invalid(None, format!("The body is not UTF-8: byte {at} is not valid."))
    })
}

/// How many tokens of an answer are kept for thinking; a provider says what is wrong with the
/// field where something is.
fn read_thinking(picked: &Governed<'_>) -> i64 {
    #[derive(Deserialize)]
    struct Thinking {
        #[serde(default)]
        budget_tokens: i64,
    }
    let thinking = picked.value(THINKING).and_then(|raw| serde_json::from_str(raw.get()).ok());
    thinking.map_or(0, |thinking: Thinking| thinking.budget_tokens.max(0))
}

fn read_model(
    raw: Option<&RawValue>,
    span: Option<Range<usize>>,
) -> Result<(String, Range<usize>), WireError> {
    let missing = || WireError::invalid("model", "`model` is missing; name a model.");
    let raw = raw.ok_or_else(missing)?;
    let span = span.ok_or_else(missing)?;
    let model: String = typed(raw, "model", "a string")?;
    check_model_name(&model)?;
    Ok((model, span))
}

fn check_model_name(model: &str) -> Result<(), WireError> {
    if model.is_empty() || model.len() > MODEL_LIMIT_BYTES || model.contains(char::is_control) {
        return Err(WireError::invalid(
            "model",
            format!("`model` must have 1 to {MODEL_LIMIT_BYTES} bytes, none of them a control."),
        ));
    }
    Ok(())
}

fn read_limits(dialect: Dialect, picked: &Governed<'_>) -> Result<Vec<WrittenLimit>, WireError> {
    // Anthropic takes a zero: it fills the prompt cache without an answer.
    let least = match dialect {
        Dialect::AnthropicMessages => 0,
        _ => 1,
    };
    let is_read = |index: &usize| {
        dialect == Dialect::OpenAiResponses || GOVERNED[*index] != MAX_OUTPUT_TOKENS
    };
    let mut limits = Vec::new();
    for index in LIMITS.filter(is_read) {
        if let Some(span) = picked.span(index) {
            let name = GOVERNED[index];
            limits.push(WrittenLimit { name, span, value: count(picked, index, least)? });
        }
    }
    Ok(limits)
}

fn output_limit(dialect: Dialect, limits: &[WrittenLimit]) -> Option<i64> {
    let is_known = |limit: &WrittenLimit| {
        let is_of_dialect = match dialect {
            Dialect::OpenAiResponses => limit.name == MAX_OUTPUT_TOKENS,
            _ => limit.name != N_PREDICT,
        };
        limit.value.is_some() && is_of_dialect
    };
    limits.iter().any(is_known).then(|| limits.iter().filter_map(|limit| limit.value).max())?
}

fn read_choices(picked: &Governed<'_>) -> Result<i64, WireError> {
    let mut choices = 1;
    for index in CHOICES {
        let asked = count(picked, index, 1)?.unwrap_or(1);
        check_choices(GOVERNED[index], asked)?;
        choices = asked.max(choices);
    }
    Ok(choices * prompts(picked))
}

/// Each prompt of a list is continued on its own. A list of numbers is one, given as tokens.
fn prompts(picked: &Governed<'_>) -> i64 {
    let list: Vec<&RawValue> = picked
        .value(PROMPT)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let are_prompts = list.first().is_some_and(|first| first.get().starts_with(['"', '[']));
    if are_prompts { i64::try_from(list.len()).unwrap_or(i64::MAX) } else { 1 }
}

fn check_choices(name: &'static str, asked: i64) -> Result<(), WireError> {
    if asked > CHOICES_LIMIT {
        let detail = format!("`{name}` must be at most {CHOICES_LIMIT}.");
        return Err(WireError::invalid(name, detail));
    }
    Ok(())
}

fn read_stream_options(
    picked: &Governed<'_>,
) -> Result<(bool, Option<WrittenStreamOptions>), WireError> {
    let Some(span) = picked.span(STREAM_OPTIONS) else { return Ok((false, None)) };
    let Some(raw) = picked.value(STREAM_OPTIONS) else {
        let written = WrittenStreamOptions { span, is_null: true, include_usage_span: None };
        return Ok((false, Some(written)));
    };
    let options = Picked::read(raw.get(), &["include_usage"]).map_err(|_| {
        WireError::invalid("stream_options", "`stream_options` must be an object or left out.")
    })?;
    refuse_ambiguity(options.ambiguity())?;
    let asks = match options.value(0) {
        Some(raw) => typed(raw, "stream_options.include_usage", "true or false")?,
        None => false,
    };
    let include_usage_span =
        options.span(0).map(|inner| span.start + inner.start..span.start + inner.end);
    Ok((asks, Some(WrittenStreamOptions { span, is_null: false, include_usage_span })))
}

type Governed<'a> = Picked<'a, { GOVERNED.len() }>;

fn check_required(dialect: Dialect, picked: &Governed<'_>) -> Result<(), WireError> {
    let has_messages = || picked.value(MESSAGES).is_some_and(|raw| raw.get().starts_with('['));
    match dialect {
        Dialect::OpenAiChat | Dialect::AnthropicMessages if !has_messages() => {
            Err(WireError::invalid("messages", "`messages` must be a list of messages."))
        }
        Dialect::AnthropicMessages if picked.value(MAX_TOKENS).is_none() => {
            Err(WireError::invalid(
                "max_tokens",
                "`max_tokens` is missing; say how long the answer may be.",
            ))
        }
        Dialect::OpenAiResponses if picked.value(INPUT).is_none() => {
            Err(WireError::invalid("input", "`input` is missing; give a text or a list of items."))
        }
        Dialect::OpenAiCompletions if picked.value(PROMPT).is_none() => {
            Err(WireError::invalid("prompt", "`prompt` is missing; give a text to continue."))
        }
        Dialect::OpenAiEmbeddings if picked.value(INPUT).is_none() => {
            Err(WireError::invalid("input", "`input` is missing; give a text or a list of texts."))
        }
        _ => Ok(()),
    }
}

fn malformed(error: &serde_json::Error) -> WireError {
    if error.is_data() {
        return WireError::invalid(None, "The body must be a JSON object.");
    }
    let how = if error.is_eof() { "it ends too early" } else { "it breaks" };
    WireError::invalid(
        None,
        format!(
            "The body is not valid JSON: {how} at line {}, column {}.",
            error.line(),
            error.column()
        ),
    )
}

fn refuse_ambiguity(ambiguity: Option<&Ambiguity>) -> Result<(), WireError> {
    match ambiguity {
        None => Ok(()),
        Some(Ambiguity::Twice(name)) => Err(twice(name)),
        Some(Ambiguity::Lookalike { name, written }) => Err(WireError::invalid(
            *name,
            format!(
                "`{written}` differs from `{name}` in case only, and servers disagree on what \
                 that means; write `{name}`."
            ),
        )),
    }
}

fn twice(name: &'static str) -> WireError {
    WireError::invalid(name, format!("`{name}` is there twice; send it once."))
}

fn typed<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    name: &'static str,
    expected: &str,
) -> Result<T, WireError> {
    serde_json::from_str(raw.get())
        .map_err(|_| WireError::invalid(name, format!("`{name}` must be {expected}.")))
}

fn count(picked: &Governed<'_>, index: usize, least: i64) -> Result<Option<i64>, WireError> {
    picked.value(index).map(|raw| whole_number(raw, GOVERNED[index], least)).transpose()
}

fn whole_number(raw: &RawValue, name: &'static str, least: i64) -> Result<i64, WireError> {
    let number: i64 = typed(raw, name, &format!("a whole number of at least {least}"))?;
    if number < least {
        return Err(WireError::invalid(name, format!("`{name}` must be at least {least}.")));
    }
    Ok(number)
}

#[cfg(test)]
mod tests;
