//! The dialects.

use super::RelayedApi;

/// A vendor's language for one kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions.
    OpenAiChat,
    /// OpenAI's completions, from before there were chats.
    OpenAiCompletions,
    /// OpenAI's responses.
    OpenAiResponses,
    /// OpenAI's embeddings.
    OpenAiEmbeddings,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Google's `generateContent`.
    Gemini,
    /// Amazon Bedrock's Converse.
    BedrockConverse,
    /// Cohere's chat, version 2.
    CohereChat,
    /// Ollama's own chat.
    OllamaChat,
    /// The text generation of Cloudflare's Workers AI.
    WorkersAi,
    /// Predictions of language models at Replicate.
    Replicate,
    /// Predictions of pictures at Replicate.
    ReplicatePictures,
    /// Cohere's embeddings, version 2.
    CohereEmbed,
    /// Ollama's own embeddings.
    OllamaEmbed,
    /// Google's `batchEmbedContents`.
    GeminiEmbeddings,
    /// The embeddings of Cloudflare's Workers AI.
    WorkersAiEmbeddings,
    /// The embeddings of Titan and of Cohere on Amazon Bedrock, by `InvokeModel`.
    BedrockEmbeddings,
    /// The embeddings of Google's models on Vertex AI, by `predict`.
    VertexEmbeddings,
    /// An API that is no conversation, and is only passed on.
    Relayed(RelayedApi),
}

impl Dialect {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::OpenAiCompletions => "openai_completions",
            Self::OpenAiResponses => "openai_responses",
            Self::OpenAiEmbeddings => "openai_embeddings",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Gemini => "gemini",
            Self::BedrockConverse => "bedrock_converse",
            Self::CohereChat => "cohere_chat",
            Self::OllamaChat => "ollama_chat",
            Self::WorkersAi => "workers_ai",
            Self::Replicate => "replicate",
            Self::ReplicatePictures => "replicate_pictures",
            Self::CohereEmbed => "cohere_embed",
            Self::OllamaEmbed => "ollama_embed",
            Self::GeminiEmbeddings => "gemini_embeddings",
            Self::WorkersAiEmbeddings => "workers_ai_embeddings",
            Self::BedrockEmbeddings => "bedrock_embeddings",
            Self::VertexEmbeddings => "vertex_embeddings",
            Self::Relayed(api) => api.as_str(),
        }
    }
}
