//! Embeddings between dialects: clients ask in OpenAI's, providers have their own.
//!
//! No conversation is in them, so they do not go through the internal representation. The sources
//! are the official SDKs' types (openai, cohere, ollama, google-genai, cloudflare).
//!
//! | OpenAI | Cohere | Ollama | Gemini | Workers AI |
//! |---|---|---|---|---|
//! | `input`, a text or several | `texts` | `input` | `requests[].content` | `text` |
//! | `input` as tokens | refused | refused | refused | refused |
//! | `dimensions` | `output_dimension` | `dimensions` | `requests[].outputDimensionality` | refused |
//! | `encoding_format` | as the client asks, whatever the provider sends | | | |
//! | `user` | dropped | dropped | dropped | dropped |
//! | `input_type`, which Cohere's clients send | `input_type`; `search_document` where none is said | refused | refused | refused |
//! | an input that is too long is refused | `truncate: NONE` | `truncate: false` | | |
//! | `usage.prompt_tokens` | `meta.billed_units` | `prompt_eval_count` | `usageMetadata` | 0 where it is not told |

mod answer;
mod request;

pub use self::answer::translate_embeddings;
pub(super) use self::request::write_request;
use crate::wire::Dialect;

/// Whether a provider's dialect is one of embeddings, and not OpenAI's own.
pub(super) const fn are_asked_in(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::CohereEmbed
            | Dialect::OllamaEmbed
            | Dialect::GeminiEmbeddings
            | Dialect::WorkersAiEmbeddings
    )
}
