//! `models`: what callers may ask for, and where it is served.

use serde::Deserialize;

use super::{Affinity, Capabilities, Prices, Strategy};

/// One of `models`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What callers ask for. A `*` stands for any text, which `$1`, `$2` and so on mean in the
    /// names at providers.
    pub name: String,
    /// Other names that callers may ask by.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The teams whose members see it; with `users` left out as well, everyone does.
    #[serde(default)]
    pub teams: Option<Vec<String>>,
    /// The users who see it, by their e-mail addresses.
    #[serde(default)]
    pub users: Option<Vec<String>>,
    /// Dollars per million tokens. Without it, calls are recorded as unpriced and hard budgets
    /// refuse them.
    #[serde(default)]
    pub price: Option<Prices>,
    /// The longest answer, in tokens, where the caller sets no limit.
    #[serde(default = "default_output_limit")]
    pub max_output_tokens: i64,
    /// What it can do, wherever it is served.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// By what the backend of a call is chosen.
    #[serde(default)]
    pub strategy: Strategy,
    /// What of a call keeps it with the backend that had the ones before.
    #[serde(default)]
    pub affinity: Affinity,
    /// Models that are asked instead where this one cannot be, in order, as far as the caller may use
    /// them.
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// Where it is served, in order of priority.
    pub backends: Vec<Backend>,
}

const fn default_output_limit() -> i64 {
    4_096
}

/// One of a model's `backends`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// A name in `providers`.
    pub provider: String,
    /// What the provider calls the model; the same name if left out.
    #[serde(default)]
    pub model: Option<String>,
    /// How the model is told how hard to think, where the client speaks another dialect than the
    /// provider; left out, such a wish is dropped.
    #[serde(default)]
    pub reasoning: Option<ReasoningControl>,
    /// By which API the model is asked, where its provider has several; left out, as the client
    /// asks where the provider can be asked so, and else by chat completions.
    #[serde(default)]
    pub api: Option<ModelApi>,
    /// What it costs here; as the model's price says if left out.
    #[serde(default)]
    pub price: Option<Prices>,
    /// What it can do here, where that differs from the model's capabilities.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// Where data is processed, in the organization's own words, such as `eu`.
    #[serde(default)]
    pub region: Option<String>,
    /// How many calls it gets beside the others, of `weighted` and `least_busy`; 1 if left out, and
    /// with 0 it is asked where the others fail.
    #[serde(default)]
    pub weight: Option<u32>,
    /// How many calls it may have at once, of this node; any number if left out.
    #[serde(default)]
    pub max_concurrent: Option<u32>,
}

/// By which API a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelApi {
    /// Chat completions.
    Chat,
    /// The Responses API, which some models have alone.
    Responses,
    /// Anthropic's messages, by which Azure serves Anthropic's models.
    Messages,
}

/// How a model is told how hard to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningControl {
    /// By an effort: OpenAI's `reasoning_effort`, Anthropic's adaptive thinking.
    Effort,
    /// By a budget of tokens: Anthropic's thinking of models before adaptive thinking.
    Budget,
}
