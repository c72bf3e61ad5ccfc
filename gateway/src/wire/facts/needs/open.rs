//! Needs of requests in the dialects of OpenAI and of Anthropic, whose fields have one meaning
//! each, wherever they are.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{PromptLength, RequestNeeds, content};
use crate::{
    kernel::config::Modality,
    wire::{
        Dialect,
        facts::{Picked, searches},
    },
};

const FIELDS: [&str; 13] = [
    "messages",
    "input",
    "tools",
    "functions",
    "response_format",
    "text",
    "output_format",
    "output_config",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "modalities",
    "dimensions",
];
const MESSAGES: usize = 0;
const INPUT: usize = 1;
const TOOLS: usize = 2;
const FUNCTIONS: usize = 3;
const RESPONSE_FORMAT: usize = 4;
const TEXT: usize = 5;
const OUTPUT_FORMAT: usize = 6;
const OUTPUT_CONFIG: usize = 7;
const REASONING_EFFORT: usize = 8;
const REASONING: usize = 9;
const THINKING: usize = 10;
const MODALITIES: usize = 11;
const DIMENSIONS: usize = 12;

type Fields<'a> = Picked<'a, { FIELDS.len() }>;

/// What may say that an answer is held to a schema: a format, or what holds one.
#[derive(Deserialize)]
struct Format<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    format: Option<&'a RawValue>,
}

/// How hard a model is asked to think, in the words of each API that has an object for it.
#[derive(Deserialize)]
struct Thinking<'a> {
    /// Anthropic's.
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    /// Of the Responses API.
    #[serde(borrow)]
    effort: Option<Cow<'a, str>>,
    /// `OpenRouter`'s.
    enabled: Option<bool>,
    max_tokens: Option<i64>,
}

pub(super) fn read(dialect: Dialect, body: &[u8]) -> RequestNeeds {
    let Some(fields) = fields(body) else { return RequestNeeds::default() };
    let prompt = match dialect {
        Dialect::OpenAiResponses => INPUT,
        _ => MESSAGES,
    };
    let mut inputs = Vec::new();
    if let Some(list) = fields.value(prompt) {
        content::add(list, &mut inputs);
    }
    RequestNeeds {
        prompt_field: match dialect {
            Dialect::OpenAiCompletions => "prompt",
            _ => fields.name(prompt),
        },
        inputs,
        outputs: outputs(&fields),
        tools: first(&fields, [TOOLS, FUNCTIONS], offers_tools),
        schema: first(&fields, [RESPONSE_FORMAT, TEXT, OUTPUT_FORMAT, OUTPUT_CONFIG], is_schema),
        reasoning: first(&fields, [REASONING_EFFORT, REASONING, THINKING], asks_for_thoughts),
        ..RequestNeeds::default()
    }
}

/// Those of a request for a moderation, which may show pictures.
pub(super) fn moderated(body: &[u8]) -> RequestNeeds {
    let mut inputs = Vec::new();
    if let Some(input) = fields(body).and_then(|fields| fields.value(INPUT)) {
        content::add(input, &mut inputs);
    }
    RequestNeeds { prompt_field: FIELDS[INPUT], inputs, ..RequestNeeds::default() }
}

/// Those of a request for embeddings.
pub(super) fn embedded(body: &[u8]) -> RequestNeeds {
    let Some(fields) = fields(body) else { return RequestNeeds::default() };
    let dimensions = fields.value(DIMENSIONS);
    RequestNeeds {
        prompt_field: FIELDS[INPUT],
        prompt: fields.value(INPUT).map(PromptLength::of_longest).unwrap_or_default(),
        outputs: vec![Modality::Embedding],
        dimensions: dimensions.and_then(|raw| serde_json::from_str(raw.get()).ok()),
        ..RequestNeeds::default()
    }
}

fn fields(body: &[u8]) -> Option<Fields<'_>> {
    Picked::read(std::str::from_utf8(body).ok()?, &FIELDS).ok()
}

/// The first of these fields that says so.
fn first<const N: usize>(
    fields: &Fields<'_>,
    indices: [usize; N],
    says: fn(&RawValue) -> bool,
) -> Option<&'static str> {
    let index = indices.into_iter().find(|index| fields.value(*index).is_some_and(says))?;
    Some(fields.name(index))
}

fn outputs(fields: &Fields<'_>) -> Vec<Modality> {
    let asked = fields.value(MODALITIES);
    let asked = asked.and_then(|raw| serde_json::from_str::<Vec<Modality>>(raw.get()).ok());
    asked.filter(|asked| !asked.is_empty()).unwrap_or_else(|| vec![Modality::Text])
}

/// A search of the web is done by the provider, and needs no model that calls tools.
fn offers_tools(raw: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Tool<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<Cow<'a, str>>,
    }
    let tools: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    tools.into_iter().any(|tool| {
        let tool = serde_json::from_str::<Tool<'_>>(tool.get()).ok();
        let kind = tool.as_ref().and_then(|tool| tool.kind.as_deref());
        !kind.is_some_and(searches::is_search)
    })
}

fn is_schema(raw: &RawValue) -> bool {
    let Ok(Format { kind, format }) = serde_json::from_str(raw.get()) else { return false };
    kind.as_deref() == Some("json_schema") || format.is_some_and(is_schema)
}

fn asks_for_thoughts(raw: &RawValue) -> bool {
    if let Ok(effort) = serde_json::from_str::<Cow<'_, str>>(raw.get()) {
        return effort != "none";
    }
    let Ok(thinking) = serde_json::from_str::<Thinking<'_>>(raw.get()) else { return false };
    let Thinking { kind, effort, enabled, max_tokens } = thinking;
    kind.is_some_and(|kind| kind != "disabled")
        || effort.is_some_and(|effort| effort != "none")
        || enabled == Some(true)
        || max_tokens.is_some_and(|tokens| tokens > 0)
}
