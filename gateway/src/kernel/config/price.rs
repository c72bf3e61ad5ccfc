//! Prices as the configuration writes them.

use serde::Deserialize;
use shared::Money;

/// Dollars per million tokens, by disjoint token class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Prompt tokens.
    pub input: Money,
    /// Prompt tokens read from the provider's cache; as `input` if left out.
    #[serde(default)]
    pub cached_input: Option<Money>,
    /// Prompt tokens written to the provider's cache; as `input` if left out.
    #[serde(default)]
    pub cache_write: Option<Money>,
    /// Answer tokens.
    #[serde(default)]
    pub output: Money,
    /// Reasoning tokens; as `output` if left out.
    #[serde(default)]
    pub reasoning: Option<Money>,
}
