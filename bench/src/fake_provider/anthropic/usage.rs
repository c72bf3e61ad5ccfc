//! Usage as Anthropic reports it: input, cache reads and cache writes are disjoint.

use serde::Serialize;

use crate::fake_provider::ledger::Usage;

/// `usage` of a message.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MessageUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation: CacheCreation,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_tool_use: Option<ServerToolUse>,
    service_tier: &'static str,
}

/// `usage` of the event that ends a stream.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FinalUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_tool_use: Option<ServerToolUse>,
}

#[derive(Debug, Clone, Serialize)]
struct ServerToolUse {
    web_search_requests: u64,
    web_fetch_requests: u64,
}

#[derive(Debug, Clone, Serialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

#[derive(Debug, Clone, Serialize)]
struct OutputDetails {
    thinking_tokens: u64,
}

fn server_tool_use(usage: Usage) -> Option<ServerToolUse> {
    let web_search_requests = usage.units.searches;
    (web_search_requests > 0)
        .then_some(ServerToolUse { web_search_requests, web_fetch_requests: 0 })
}

fn details(usage: Usage) -> Option<OutputDetails> {
    (usage.reasoning > 0).then_some(OutputDetails { thinking_tokens: usage.reasoning })
}

impl From<Usage> for MessageUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input - usage.cached - usage.cache_write,
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cached,
            cache_creation: CacheCreation {
                ephemeral_5m_input_tokens: usage.cache_write,
                ephemeral_1h_input_tokens: 0,
            },
            output_tokens: usage.output,
            output_tokens_details: details(usage),
            server_tool_use: server_tool_use(usage),
            service_tier: "standard",
        }
    }
}

impl From<Usage> for FinalUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input - usage.cached - usage.cache_write,
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cached,
            output_tokens: usage.output,
            output_tokens_details: details(usage),
            server_tool_use: server_tool_use(usage),
        }
    }
}
