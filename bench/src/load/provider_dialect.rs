//! The dialects of providers, as the gateway under test is configured with them.
//!
//! All of them are the fake provider. A client is answered by one or the other by the model that
//! it names.

use std::{fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};

use super::client_dialect::ClientDialect;

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderDialect {
    /// OpenAI's chat completions, and its embeddings.
    OpenaiChat,
    /// OpenAI's responses.
    OpenaiResponses,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Google's `generateContent` and `batchEmbedContents`.
    Gemini,
    /// Amazon Bedrock's Converse.
    BedrockConverse,
    /// Cohere's chat and embeddings.
    Cohere,
    /// Ollama's own chat and embeddings.
    Ollama,
    /// Cloudflare's Workers AI.
    WorkersAi,
}

impl ProviderDialect {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::BedrockConverse,
        Self::Cohere,
        Self::Ollama,
        Self::WorkersAi,
    ];

    /// Those that answer clients of a dialect.
    pub(super) fn answering(client: ClientDialect) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |provider| {
            client != ClientDialect::OpenaiEmbeddings || provider.has_embeddings()
        })
    }

    /// Whether calls of the client are passed on as they are.
    pub(super) fn is_own_of(self, client: ClientDialect) -> bool {
        let own = match client {
            ClientDialect::OpenaiChat | ClientDialect::OpenaiEmbeddings => Self::OpenaiChat,
            ClientDialect::OpenaiResponses => Self::OpenaiResponses,
            ClientDialect::AnthropicMessages => Self::AnthropicMessages,
            ClientDialect::Gemini => Self::Gemini,
        };
        self == own
    }

    fn has_embeddings(self) -> bool {
        matches!(
            self,
            Self::OpenaiChat | Self::Gemini | Self::Cohere | Self::Ollama | Self::WorkersAi
        )
    }

    /// The model of it, as callers of the gateway name it.
    pub(super) fn gateway_model(self, client: ClientDialect) -> String {
        match client {
            ClientDialect::OpenaiEmbeddings => format!("{}-embedding", self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// One of `providers` in the gateway's configuration.
    pub(super) fn provider(self, fake: SocketAddr) -> String {
        let (kind, path, more) = match self {
            Self::OpenaiChat => ("openai", "/v1", ""),
            Self::OpenaiResponses => ("openai", "/v1", ", has_responses: true"),
            Self::AnthropicMessages => ("anthropic", "", ""),
            Self::Gemini => ("gemini", "/v1beta", ""),
            Self::BedrockConverse => ("bedrock", "", ""),
            Self::Cohere => ("cohere", "/cohere", ""),
            Self::Ollama => ("ollama", "", ""),
            Self::WorkersAi => ("workers-ai", "/client/v4/accounts/0123456789abcdef/ai/run", ""),
        };
        let name = self.name();
        format!(
            "  {name}: {{ kind: {kind}, base_url: \"http://{fake}{path}\", api_key: \"sk-fake\"{more} }}\n"
        )
    }

    /// One of `backends` of a model: this provider, by this name of the fake's.
    pub(super) fn backend(self, upstream_model: &str) -> String {
        let (before, more) = match self {
            Self::OpenaiChat => ("", ", api: chat"),
            Self::OpenaiResponses => ("", ", api: responses"),
            Self::WorkersAi => ("@cf/acme/", ""),
            _ => ("", ""),
        };
        format!("{{ provider: {}, model: \"{before}{upstream_model}\"{more} }}", self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic-messages",
            Self::Gemini => "gemini",
            Self::BedrockConverse => "bedrock-converse",
            Self::Cohere => "cohere",
            Self::Ollama => "ollama",
            Self::WorkersAi => "workers-ai",
        }
    }
}

impl fmt::Display for ProviderDialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.name().replace('-', " "))
    }
}
