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
//!
//! | OpenAI | Titan on Bedrock | Cohere on Bedrock | Vertex AI |
//! |---|---|---|---|
//! | `input`, a text or several | `inputText`; several are refused | `texts` | `instances[].content` |
//! | `input` as tokens | refused | refused | refused |
//! | `dimensions` | `dimensions` from version 2 on | `output_dimension` | `parameters.outputDimensionality` |
//! | `input_type` | refused | as at Cohere | refused |
//! | an input that is too long is refused | | `truncate: NONE` | `autoTruncate: false` |
//! | `usage.prompt_tokens` | `inputTextTokenCount` | a header | `statistics.token_count` of each |

mod answer;
mod clouds;
mod request;

pub use self::answer::translate_embeddings;
pub use self::clouds::is_there_on_bedrock;
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
            | Dialect::BedrockEmbeddings
            | Dialect::VertexEmbeddings
    )
}
