//! The dialects in which clients call: where a call goes, how it bears its key, and what its
//! stream looks like.

use std::fmt;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, InvalidHeaderValue},
};
use memchr::memmem;
use serde::{Deserialize, Serialize};

const ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientDialect {
    /// OpenAI's chat completions.
    OpenaiChat,
    /// OpenAI's responses.
    OpenaiResponses,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Google's `generateContent`.
    Gemini,
    /// OpenAI's embeddings.
    OpenaiEmbeddings,
}

impl ClientDialect {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::OpenaiEmbeddings,
    ];

    /// Where a call of a model goes.
    pub(super) fn path(self, model: &str, is_streaming: bool) -> String {
        match self {
            Self::OpenaiChat => "/v1/chat/completions".to_owned(),
            Self::OpenaiResponses => "/v1/responses".to_owned(),
            Self::AnthropicMessages => "/v1/messages".to_owned(),
            Self::Gemini if is_streaming => {
                format!("/v1beta/models/{model}:streamGenerateContent?alt=sse")
            }
            Self::Gemini => format!("/v1beta/models/{model}:generateContent"),
            Self::OpenaiEmbeddings => "/v1/embeddings".to_owned(),
        }
    }

    /// The headers that the vendor's own clients bear their key in.
    pub(super) fn credential(self, key: &str) -> Result<HeaderMap, InvalidHeaderValue> {
        let named = |name, value: &str| Ok((name, HeaderValue::from_str(value)?));
        let mut headers = HeaderMap::new();
        let (name, value) = match self {
            Self::AnthropicMessages => named(HeaderName::from_static("x-api-key"), key),
            Self::Gemini => named(HeaderName::from_static("x-goog-api-key"), key),
            _ => named(AUTHORIZATION, &format!("Bearer {key}")),
        }?;
        headers.insert(name, value);
        if self == Self::AnthropicMessages {
            headers.insert("anthropic-version", ANTHROPIC_VERSION);
        }
        Ok(headers)
    }

    /// What stands right before the text of a piece.
    pub(super) fn before_text(self) -> &'static [u8] {
        match self {
            Self::OpenaiChat | Self::OpenaiEmbeddings => b"\"content\":\"",
            Self::OpenaiResponses => b"\"delta\":\"",
            Self::AnthropicMessages | Self::Gemini => b"\"text\":\"",
        }
    }

    /// Whether the data of an event says that the answer has come to its proper end.
    pub(super) fn is_end(self, data: &[u8]) -> bool {
        let has = |mark: &[u8]| memmem::find(data, mark).is_some();
        match self {
            Self::OpenaiChat | Self::OpenaiEmbeddings => data.starts_with(b"[DONE]"),
            Self::OpenaiResponses => has(b"\"type\":\"response.completed\""),
            Self::AnthropicMessages => has(b"\"type\":\"message_stop\""),
            Self::Gemini => has(b"\"finishReason\":\"STOP\""),
        }
    }
}

impl fmt::Display for ClientDialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::OpenaiChat => "openai chat",
            Self::OpenaiResponses => "openai responses",
            Self::AnthropicMessages => "anthropic messages",
            Self::Gemini => "gemini",
            Self::OpenaiEmbeddings => "openai embeddings",
        })
    }
}
