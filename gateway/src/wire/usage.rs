//! Reads a provider's usage object into disjoint token classes.
//!
//! Sources: the official SDKs' `CompletionUsage` (openai) and `Usage` (anthropic). OpenAI counts
//! cache reads and writes and audio within `prompt_tokens`, reasoning and audio within
//! `completion_tokens`; Anthropic counts cache reads and writes beside `input_tokens`, and
//! thinking within `output_tokens`.

mod anthropic;
mod bedrock;
mod cohere;
mod count;
mod embeddings;
mod gemini;
mod ollama;
mod openai;
mod replicate;
mod responses;
mod searches;
mod workers_ai;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

pub use self::embeddings::with_input_tokens;
pub(super) use self::{
    anthropic::AnthropicUsage,
    bedrock::of_response as usage_of_converse,
    cohere::cohere_report,
    count::count,
    gemini::GeminiUsage,
    ollama::ollama_report,
    replicate::{addresses_in, cut_off_reason, replicate_report},
    searches::{in_grounds as searches_in_grounds, in_output as searches_in_output},
    workers_ai::workers_ai_report,
};
use super::{Dialect, relayed};
use crate::kernel::config::UsageShape;

/// More tokens than any call has; a provider that reports more is not believed, and sums of
/// several such counts stay far from overflow.
const TOKENS_LIMIT: i64 = 1 << 40;

/// What a provider reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Tokens by disjoint class.
    pub tokens: TokenCounts,
    /// What is billed beside them.
    pub units: Units,
    /// The usage object as the provider wrote it.
    pub raw: String,
    /// The tier in which the provider has served the call; none for the ordinary one.
    pub service_tier: Option<String>,
}

/// The usage of a whole answer; none where the provider reports none. `shape` says how a compatible
/// provider differs from OpenAI; other dialects have one shape. Where there is one, the body has been
/// read to its end and is whole JSON.
#[must_use]
pub fn usage_of_response(dialect: Dialect, shape: UsageShape, body: &[u8]) -> Option<UsageReport> {
    match dialect {
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::OpenAiCompletions
        | Dialect::AnthropicMessages => usage_member(dialect, shape, body),
        Dialect::Relayed(api) => relayed::of_response(api, body),
        Dialect::Gemini | Dialect::GeminiEmbeddings => gemini::of_response(body),
        Dialect::BedrockConverse => bedrock::of_response(body),
        Dialect::CohereChat | Dialect::CohereEmbed => cohere::of_response(body),
        Dialect::OllamaChat | Dialect::OllamaEmbed => ollama::of_response(body),
        Dialect::WorkersAi | Dialect::WorkersAiEmbeddings => workers_ai::of_response(body),
        Dialect::BedrockEmbeddings => embeddings::of_bedrock(body),
        Dialect::VertexEmbeddings => embeddings::of_vertex(body),
        Dialect::Replicate => replicate::of_text(body),
        Dialect::ReplicatePictures => replicate::of_pictures(body),
    }
}

/// The usage in an answer's `usage`, as OpenAI and Anthropic have it.
fn usage_member(dialect: Dialect, shape: UsageShape, body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct WithUsage<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
        #[serde(borrow)]
        service_tier: Option<&'a RawValue>,
        #[serde(borrow)]
        output: Option<&'a RawValue>,
    }
    let WithUsage { usage, service_tier, output } = serde_json::from_slice(body).ok()?;
    let mut report = usage_of_object(dialect, shape, usage?.get())?;
    if let (Dialect::OpenAiResponses, Some(output)) = (dialect, output) {
        report.units.searches = searches::in_output(output);
    }
    Some(UsageReport {
        service_tier: report.service_tier.or_else(|| tier_name(service_tier?)),
        ..report
    })
}

/// A service tier's name; none for the ordinary one, which every vendor names differently, and
/// for what is no name.
pub(super) fn tier_name(raw: &RawValue) -> Option<String> {
    const LONGEST_NAME_BYTES: usize = 64;
    if matches!(raw.get(), "\"default\"" | "\"standard\"" | "\"auto\"" | "null") {
        return None;
    }
    let name: String = serde_json::from_str(raw.get()).ok()?;
    // A column of PostgreSQL takes no NUL, and a name has no control.
    let is_name = name.len() <= LONGEST_NAME_BYTES && !name.contains(char::is_control);
    is_name.then_some(name)
}

/// The usage in a usage object of OpenAI's or Anthropic's.
pub(super) fn usage_of_object(
    dialect: Dialect,
    shape: UsageShape,
    raw: &str,
) -> Option<UsageReport> {
    let mut units = Units::default();
    let (tokens, service_tier) = match dialect {
        // OpenAI tells the tier beside its usage object.
        Dialect::OpenAiChat | Dialect::OpenAiCompletions | Dialect::OpenAiEmbeddings => {
            units.searches = openai::searches(raw, shape);
            (openai::tokens(raw, shape)?, None)
        }
        Dialect::OpenAiResponses => (responses::tokens(raw)?, None),
        Dialect::AnthropicMessages => {
            let usage = AnthropicUsage::read(raw)?;
            units = usage.units();
            (usage.tokens()?, usage.service_tier())
        }
        Dialect::Gemini
        | Dialect::BedrockConverse
        | Dialect::CohereChat
        | Dialect::OllamaChat
        | Dialect::WorkersAi
        | Dialect::Replicate
        | Dialect::CohereEmbed
        | Dialect::OllamaEmbed
        | Dialect::GeminiEmbeddings
        | Dialect::WorkersAiEmbeddings
        | Dialect::BedrockEmbeddings
        | Dialect::VertexEmbeddings
        | Dialect::ReplicatePictures
        | Dialect::Relayed(_) => return None,
    };
    Some(UsageReport { tokens, units, raw: raw.to_owned(), service_tier })
}

/// An object of details, forgiving: anything else counts as not told.
pub(super) fn details<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + serde::de::DeserializeOwned,
    D: Deserializer<'de>,
{
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;
