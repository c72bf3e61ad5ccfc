//! What arrives: every surface builds a [`Call`] and enters the one pipeline with it.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use shared::{
    Timestamp,
    id::{RequestId, SessionId},
};

use super::Upload;
use crate::{
    kernel::Secret,
    wire::{BatchWork, Dialect, ModelPath, RelayedApi, RequestFacts, RequestNeeds, WireError},
};

/// Through which door a call came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// `/v1/chat/completions`
    OpenAiChat,
    /// `/v1/completions`
    OpenAiCompletions,
    /// `/v1/responses`
    OpenAiResponses,
    /// `/v1/embeddings`
    OpenAiEmbeddings,
    /// `/v1/messages`
    AnthropicMessages,
    /// `/v1beta/models/{model}:generateContent`
    Gemini,
    /// `/v1/images/…`, `/v1/audio/…`, `/v1/moderations`, `/v1/rerank`, `/v1/realtime`
    Relayed(RelayedApi),
    /// `/v1/batches`
    OpenAiBatches,
    /// `/v1/messages/batches`
    AnthropicBatches,
    /// The chat page.
    Chat,
}

impl Surface {
    /// The dialect that is spoken there, requests, answers and errors alike.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::OpenAiChat | Self::OpenAiBatches | Self::Chat => Dialect::OpenAiChat,
            Self::OpenAiCompletions => Dialect::OpenAiCompletions,
            Self::OpenAiResponses => Dialect::OpenAiResponses,
            Self::OpenAiEmbeddings => Dialect::OpenAiEmbeddings,
            Self::AnthropicMessages | Self::AnthropicBatches => Dialect::AnthropicMessages,
            Self::Gemini => Dialect::Gemini,
            Self::Relayed(api) => Dialect::Relayed(api),
        }
    }

    /// The stable name in records and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::OpenAiCompletions => "openai_completions",
            Self::OpenAiResponses => "openai_responses",
            Self::OpenAiEmbeddings => "openai_embeddings",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Gemini => "gemini",
            Self::Relayed(api) => api.as_str(),
            Self::OpenAiBatches => "openai_batches",
            Self::AnthropicBatches => "anthropic_batches",
            Self::Chat => "chat",
        }
    }
}

/// What the caller proves itself with.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// An API key.
    ApiKey(Secret),
    /// A browser session that `identity` has already found; looked up again, so that one that
    /// has ended in between does not count.
    Session(SessionId),
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, as text.
    pub ip: String,
    /// The `User-Agent`, cut to what a record holds.
    pub user_agent: String,
    /// The id under which the request is in the log.
    pub request_id: String,
}

/// One AI request, before anything about it is known.
#[derive(Debug)]
pub struct Call {
    /// The `x-request-id`.
    pub request_id: RequestId,
    /// Through which door it came.
    pub surface: Surface,
    /// What the caller proves itself with.
    pub credential: Credential,
    /// The vendor's own headers (`anthropic-beta`, `anthropic-version`, `openai-beta`), for a backend of the
    /// same dialect.
    pub vendor_headers: HeaderMap,
    /// What the path says of the model, in a dialect that has it there.
    pub path: Option<ModelPath>,
    /// The body as it came; of a form, its fields as a JSON object.
    pub body: Bytes,
    /// The form as it came.
    pub upload: Option<Arc<Upload>>,
    /// What the requests of a batch can use, where it is one that is to be begun.
    pub batch: Option<Arc<BatchWork>>,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl Call {
    /// What is asked for by a body in the call's dialect: by its own, or by one made of it.
    ///
    /// # Errors
    /// [`WireError`], naming the field at fault.
    pub fn facts_of(&self, body: &[u8]) -> Result<RequestFacts, WireError> {
        if let Some(work) = &self.batch {
            return Ok(RequestFacts::of_batch(work));
        }
        match (&self.path, &self.upload, self.surface) {
            (Some(path), _, Surface::Relayed(RelayedApi::Realtime)) => {
                RequestFacts::of_session(path)
            }
            (Some(path), ..) => RequestFacts::read_at(path, body),
            (_, Some(upload), Surface::Relayed(api)) => {
                RequestFacts::read_form(api, body, upload.files())
            }
            (_, _, surface) => RequestFacts::read(surface.dialect(), body),
        }
    }
    /// What the call needs of a model, by its facts; the requests of a batch have needs each.
    #[must_use]
    pub fn needs(&self, facts: &RequestFacts, window_tokens: Option<i64>) -> RequestNeeds {
        if self.batch.is_some() {
            return RequestNeeds::default();
        }
        RequestNeeds::read(self.surface.dialect(), &self.body, facts, window_tokens)
    }
}
