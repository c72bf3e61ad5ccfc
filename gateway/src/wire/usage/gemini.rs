//! Google's usage object, of the Gemini API and of Vertex AI.
//!
//! Source: `GenerateContentResponseUsageMetadata` and `UsageMetadata` (google-genai), and
//! <https://ai.google.dev/api/generate-content#UsageMetadata>. `promptTokenCount` includes what was
//! read from the cache; what Google's own tools found is a prompt beside it; thoughts are beside
//! `candidatesTokenCount`. Media are within their whole, told by modality: audio and images have
//! prices of their own, video and documents have that of text.

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count, details, openai::take, searches, tier_name};

/// What Google has told in one object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct GeminiUsage {
    #[serde(default, deserialize_with = "count")]
    prompt_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cached_content_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    tool_use_prompt_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    candidates_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    thoughts_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    total_token_count: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    prompt_tokens_details: Vec<OfModality>,
    #[serde(default, deserialize_with = "details")]
    cache_tokens_details: Vec<OfModality>,
    #[serde(default, deserialize_with = "details")]
    candidates_tokens_details: Vec<OfModality>,
    /// The Gemini API's tier.
    service_tier: Option<Box<RawValue>>,
    /// Vertex AI's word for the same.
    traffic_type: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfModality {
    modality: Option<String>,
    #[serde(default, deserialize_with = "count")]
    token_count: Option<i64>,
}

/// The usage of a whole answer; none where it tells of none.
pub(super) fn of_response(body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct WithUsage<'a> {
        #[serde(borrow)]
        usage_metadata: Option<&'a RawValue>,
        #[serde(borrow)]
        candidates: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Candidate<'a> {
        #[serde(borrow)]
        grounding_metadata: Option<&'a RawValue>,
    }
    let WithUsage { usage_metadata, candidates } = serde_json::from_slice(body).ok()?;
    let mut report = GeminiUsage::report(usage_metadata?.get())?;
    let candidates = candidates.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let candidates: Option<Vec<Candidate<'_>>> = candidates;
    let grounds = candidates.into_iter().flatten().filter_map(|it| it.grounding_metadata);
    report.units.searches = grounds.map(searches::in_grounds).sum();
    Some(report)
}

impl GeminiUsage {
    /// Whether a usage object tells of the prompt, without reading all of it.
    pub(in super::super) fn tells_of_prompt(raw: &str) -> bool {
        memmem::find(raw.as_bytes(), b"\"promptTokenCount\"").is_some()
    }

    /// The report of a usage object; none where it does not tell of the prompt.
    pub(in super::super) fn report(raw: &str) -> Option<UsageReport> {
        let usage: Self = serde_json::from_str(raw).ok()?;
        let (tokens, service_tier) = (usage.tokens()?, usage.tier());
        Some(UsageReport { tokens, units: Units::default(), raw: raw.to_owned(), service_tier })
    }

    fn tokens(&self) -> Option<TokenCounts> {
        // What is said to be a part cannot be more than is left of the whole. Cached tokens come
        // first: of whichever medium they are, they are cheaper.
        let mut input = self.prompt_token_count?;
        let cached_input = take(&mut input, self.cached_content_token_count);
        let audio_input = take(&mut input, self.uncached("AUDIO"));
        let image_input = take(&mut input, self.uncached("IMAGE"));
        let mut output = self.candidates_token_count.unwrap_or(0);
        let reasoning = if self.counts_thoughts_within() {
            take(&mut output, self.thoughts_token_count)
        } else {
            self.thoughts_token_count.unwrap_or(0)
        };
        let audio_output = take(&mut output, tokens_of(&self.candidates_tokens_details, "AUDIO"));
        let image_output = take(&mut output, tokens_of(&self.candidates_tokens_details, "IMAGE"));
        Some(TokenCounts {
            input: input + self.tool_use_prompt_token_count.unwrap_or(0),
            cached_input,
            output,
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
            ..TokenCounts::default()
        })
    }

    fn uncached(&self, modality: &str) -> Option<i64> {
        let cached = tokens_of(&self.cache_tokens_details, modality).unwrap_or(0);
        tokens_of(&self.prompt_tokens_details, modality).map(|all| (all - cached).max(0))
    }

    /// The total is the sum of all four counts. Where it already is without the thoughts, they are
    /// a part of the candidates, and must not be owed twice.
    fn counts_thoughts_within(&self) -> bool {
        let others = [
            self.prompt_token_count,
            self.tool_use_prompt_token_count,
            self.candidates_token_count,
        ];
        let without_thoughts: i64 = others.into_iter().flatten().sum();
        self.total_token_count == Some(without_thoughts)
    }

    /// The tier in which the call was served; none for the ordinary one.
    fn tier(&self) -> Option<String> {
        let word = |raw: &Option<Box<RawValue>>| -> Option<String> {
            let word: String = serde_json::from_str(raw.as_ref()?.get()).ok()?;
            Some(word.to_ascii_lowercase())
        };
        let traffic = word(&self.traffic_type).and_then(|traffic| match traffic.as_str() {
            "on_demand" | "traffic_type_unspecified" => None,
            other => Some(other.strip_prefix("on_demand_").unwrap_or(other).to_owned()),
        });
        let tier = traffic.or_else(|| word(&self.service_tier))?;
        if tier == "unspecified" {
            return None;
        }
        tier_name(&to_raw_value(&tier).ok()?)
    }
}

/// None where nothing is told of the modality.
fn tokens_of(details: &[OfModality], modality: &str) -> Option<i64> {
    let told = details.iter().filter(|of| of.modality.as_deref() == Some(modality));
    told.map(|of| of.token_count).reduce(|sum, count| Some(sum? + count?)).flatten()
}

#[cfg(test)]
mod tests;
