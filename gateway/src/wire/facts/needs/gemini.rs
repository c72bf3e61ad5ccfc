//! Needs of requests in Google's dialect, whose fields have two names each.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{RequestNeeds, content::modality_of_media};
use crate::kernel::config::Modality;

const TOOLS: &str = "tools";
const RESPONSE_SCHEMA: &str = "generationConfig.responseSchema";
const THINKING_CONFIG: &str = "generationConfig.thinkingConfig";

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, alias = "generation_config", rename = "generationConfig")]
    generation: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow, alias = "inline_data")]
    inline_data: Option<Data<'a>>,
    #[serde(borrow, alias = "file_data")]
    file_data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, alias = "mime_type", rename = "mimeType")]
    media_type: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool<'a> {
    #[serde(borrow, alias = "function_declarations")]
    function_declarations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generation<'a> {
    #[serde(alias = "response_schema")]
    response_schema: Option<IgnoredAny>,
    #[serde(
        alias = "response_json_schema",
        alias = "_responseJsonSchema",
        alias = "_response_json_schema"
    )]
    response_json_schema: Option<IgnoredAny>,
    #[serde(borrow, default, alias = "response_modalities")]
    response_modalities: Vec<Cow<'a, str>>,
    #[serde(borrow, alias = "thinking_config")]
    thinking_config: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    #[serde(rename = "thinkingBudget", alias = "thinking_budget")]
    budget_tokens: Option<i64>,
    #[serde(rename = "thinkingLevel", alias = "thinking_level")]
    level: Option<IgnoredAny>,
    #[serde(alias = "include_thoughts")]
    include_thoughts: Option<bool>,
}

pub(super) fn read(body: &[u8]) -> RequestNeeds {
    let Ok(read) = serde_json::from_slice::<Body<'_>>(body) else {
        return RequestNeeds::default();
    };
    let generation = read.generation.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let (schema, outputs, reasoning) =
        generation.as_ref().map_or((false, Vec::new(), false), generated);
    RequestNeeds {
        prompt_field: "contents",
        inputs: read.contents.map(shown).unwrap_or_default(),
        outputs: if outputs.is_empty() { vec![Modality::Text] } else { outputs },
        tools: read.tools.is_some_and(offers_tools).then_some(TOOLS),
        schema: schema.then_some(RESPONSE_SCHEMA),
        reasoning: reasoning.then_some(THINKING_CONFIG),
        ..RequestNeeds::default()
    }
}

/// Whether the answer is held to a schema, what it is to be, and whether thoughts come before it.
fn generated(generation: &Generation<'_>) -> (bool, Vec<Modality>, bool) {
    let has_schema =
        generation.response_schema.is_some() || generation.response_json_schema.is_some();
    let named = generation.response_modalities.iter();
    let outputs = named.filter_map(|name| match &*name.to_ascii_lowercase() {
        "text" => Some(Modality::Text),
        "image" => Some(Modality::Image),
        "audio" => Some(Modality::Audio),
        "video" => Some(Modality::Video),
        _ => None,
    });
    let thinking = generation.thinking_config;
    let thinking = thinking.and_then(|raw| serde_json::from_str::<Thinking>(raw.get()).ok());
    let asks = thinking.is_some_and(|thinking| {
        thinking.budget_tokens.is_some_and(|tokens| tokens != 0)
            || thinking.level.is_some()
            || thinking.include_thoughts == Some(true)
    });
    (has_schema, outputs.collect(), asks)
}

fn shown(contents: &RawValue) -> Vec<Modality> {
    let mut shown = Vec::new();
    for content in one_or_more::<Content<'_>>(contents) {
        for part in content.parts {
            let Ok(part) = serde_json::from_str::<Part<'_>>(part.get()) else { continue };
            for data in [part.inline_data, part.file_data].into_iter().flatten() {
                let modality = data.media_type.as_deref().and_then(modality_of_media);
                if let Some(modality) = modality.filter(|modality| !shown.contains(modality)) {
                    shown.push(modality);
                }
            }
        }
    }
    shown
}

/// What Google does by itself needs no model that calls tools.
fn offers_tools(tools: &RawValue) -> bool {
    let declares = |tool: Tool<'_>| {
        tool.function_declarations.is_some_and(|raw| !matches!(raw.get(), "null" | "[]"))
    };
    one_or_more(tools).into_iter().any(declares)
}

/// A list, or one of what it would hold.
fn one_or_more<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Vec<T> {
    serde_json::from_str(raw.get())
        .or_else(|_| serde_json::from_str(raw.get()).map(|one| vec![one]))
        .unwrap_or_default()
}
