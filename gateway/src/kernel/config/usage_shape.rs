//! How a compatible provider's usage object differs from OpenAI's.

use serde::Deserialize;

/// Where the counts of a usage object are. What is left out is as OpenAI has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageShape {
    /// Where tokens that were read from the cache are counted. They are always within
    /// `prompt_tokens`.
    pub cached: CachedField,
    /// Where reasoning is counted.
    pub reasoning: ReasoningField,
    /// Where a stream has its usage object.
    pub stream: UsagePlace,
    /// `citation_tokens` are billed as input, beside `prompt_tokens`.
    pub citations: bool,
    /// Where searches of the web are counted, which have a price of their own.
    pub searches: SearchesField,
    /// `total_tokens` alone is told: of embeddings, which have no answer, that is the prompt.
    pub total_only: bool,
}

/// Where tokens that were read from the cache are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CachedField {
    /// `prompt_tokens_details.cached_tokens`
    #[default]
    Details,
    /// `prompt_cache_hit_tokens`
    PromptCacheHitTokens,
    /// `cached_tokens` beside `prompt_tokens`
    CachedTokens,
}

/// Where reasoning is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningField {
    /// In `completion_tokens_details.reasoning_tokens`, within `completion_tokens` unless
    /// `total_tokens` says otherwise.
    #[default]
    Within,
    /// In `completion_tokens_details.reasoning_tokens`, beside `completion_tokens` unless
    /// `total_tokens` says otherwise.
    Beside,
    /// In `reasoning_tokens`, beside `completion_tokens` and not in `total_tokens`.
    TopLevel,
}

/// Where searches of the web are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchesField {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In `num_search_queries`.
    NumSearchQueries,
    /// In `server_tool_use.web_search_requests`.
    ServerToolUse,
}

/// Where a stream has its usage object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsagePlace {
    /// In `usage` of a chunk.
    #[default]
    Chunk,
    /// There, or in `x_groq.usage`.
    XGroq,
    /// There, or in `choices[].usage`.
    Choice,
}
