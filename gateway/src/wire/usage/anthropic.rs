//! Anthropic's usage object, whole or spread over the events of a stream.

use serde::Deserialize;
use serde_json::{Map, Value, value::to_raw_value};
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count, details, tier_name};

/// What Anthropic has told so far.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct AnthropicUsage {
    members: Map<String, Value>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_read_input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_creation_input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    cache_creation: CacheCreation,
    #[serde(default, deserialize_with = "details")]
    output_tokens_details: OutputDetails,
    #[serde(default, deserialize_with = "details")]
    server_tool_use: ServerToolUse,
}

/// How often the provider's own tools were used; reading a page costs nothing but its tokens.
#[derive(Default, Deserialize)]
struct ServerToolUse {
    #[serde(default, deserialize_with = "count")]
    web_search_requests: Option<i64>,
}

/// Which of the tokens written to the cache stay how long.
#[derive(Default, Deserialize)]
struct CacheCreation {
    #[serde(default, deserialize_with = "count")]
    ephemeral_1h_input_tokens: Option<i64>,
}

#[derive(Default, Deserialize)]
struct OutputDetails {
    #[serde(default, deserialize_with = "count")]
    thinking_tokens: Option<i64>,
}

impl Usage {
    fn prompt(&self) -> TokenCounts {
        let written = self.cache_creation_input_tokens.unwrap_or(0);
        let for_an_hour = self.cache_creation.ephemeral_1h_input_tokens.unwrap_or(0).min(written);
        TokenCounts {
            input: self.input_tokens.unwrap_or(0),
            cached_input: self.cache_read_input_tokens.unwrap_or(0),
            cache_write: written - for_an_hour,
            cache_write_1h: for_an_hour,
            ..TokenCounts::default()
        }
    }
}

impl AnthropicUsage {
    pub(super) fn read(raw: &str) -> Option<Self> {
        serde_json::from_str(raw).ok().map(|members| Self { members })
    }

    /// Lays a later usage object over what was told before: its counts are cumulative, so what it
    /// names replaces, and what it leaves out or leaves null stands.
    pub(in super::super) fn lay(&mut self, later: &str) {
        let Some(later) = Self::read(later) else { return };
        let told = later.members.into_iter().filter(|(_, value)| !value.is_null());
        self.members.extend(told);
    }

    /// The report, with everything that was told in one object.
    pub(in super::super) fn report(&self) -> Option<UsageReport> {
        let raw = serde_json::to_string(&self.members).ok()?;
        let (units, service_tier) = (self.units(), self.service_tier());
        Some(UsageReport { tokens: self.tokens()?, units, raw, service_tier })
    }

    /// The tokens; none before the answer's were told.
    pub(super) fn tokens(&self) -> Option<TokenCounts> {
        let usage = self.counts()?;
        let answer = usage.output_tokens?;
        let reasoning = usage.output_tokens_details.thinking_tokens.unwrap_or(0).min(answer);
        Some(TokenCounts { output: answer - reasoning, reasoning, ..usage.prompt() })
    }

    /// What is billed beside tokens.
    pub(super) fn units(&self) -> Units {
        let used = self.counts().map(|usage| usage.server_tool_use).unwrap_or_default();
        Units { searches: used.web_search_requests.unwrap_or(0), ..Units::default() }
    }

    /// The tier in which the call was served; none for the ordinary one.
    pub(super) fn service_tier(&self) -> Option<String> {
        let told = self.members.get("service_tier")?;
        tier_name(&to_raw_value(told).ok()?)
    }

    /// The tokens of the prompt; none before they were told.
    pub(in super::super) fn prompt(&self) -> Option<TokenCounts> {
        let usage = self.counts()?;
        usage.input_tokens.is_some().then(|| usage.prompt())
    }

    fn counts(&self) -> Option<Usage> {
        Usage::deserialize(&self.members).ok()
    }
}
