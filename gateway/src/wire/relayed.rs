//! APIs beside conversations: passed on to the providers that have them, and translated for none.
//!
//! Sources: the official SDK of OpenAI (`openai.types`), and for reranking, which OpenAI has not,
//! the API that Cohere, Jina and the servers of open models share.

mod media;
mod rerank_on_bedrock;
mod usage;
mod watch;

pub use self::{media::seconds_of_audio, rerank_on_bedrock::rerank_on_bedrock};
pub(super) use self::{
    media::{most_image_tokens, units_of_request},
    usage::of_response,
    watch::RelayedWatch,
};

/// One of these APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelayedApi {
    /// Is a text or a picture harmful?
    Moderations,
    /// Which documents fit a question best?
    Rerank,
    /// Makes pictures.
    ImageGenerations,
    /// Changes pictures.
    ImageEdits,
    /// Makes pictures like one.
    ImageVariations,
    /// Reads a text aloud.
    Speech,
    /// Writes down what is said.
    Transcriptions,
    /// Writes down in English what is said.
    Translations,
    /// Speaks and listens over a `WebSocket`.
    Realtime,
}

impl RelayedApi {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Moderations,
        Self::Rerank,
        Self::ImageGenerations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
        Self::Realtime,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
            Self::ImageGenerations => "image_generations",
            Self::ImageEdits => "image_edits",
            Self::ImageVariations => "image_variations",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
            Self::Translations => "translations",
            Self::Realtime => "realtime",
        }
    }

    /// Where it is below a base URL.
    #[must_use]
    pub const fn path(self) -> &'static [&'static str] {
        match self {
            Self::Moderations => &["moderations"],
            Self::Rerank => &["rerank"],
            Self::ImageGenerations => &["images", "generations"],
            Self::ImageEdits => &["images", "edits"],
            Self::ImageVariations => &["images", "variations"],
            Self::Speech => &["audio", "speech"],
            Self::Transcriptions => &["audio", "transcriptions"],
            Self::Translations => &["audio", "translations"],
            Self::Realtime => &["realtime"],
        }
    }

    /// Whether its requests are forms with files in them.
    #[must_use]
    pub const fn takes_files(self) -> bool {
        matches!(
            self,
            Self::ImageEdits | Self::ImageVariations | Self::Transcriptions | Self::Translations
        )
    }

    /// The model of a request that names none, as OpenAI has it; none where one has to be named.
    #[must_use]
    pub const fn usual_model(self) -> Option<&'static str> {
        match self {
            Self::Moderations => Some("omni-moderation-latest"),
            Self::ImageGenerations | Self::ImageEdits | Self::ImageVariations => Some("dall-e-2"),
            _ => None,
        }
    }

    /// The field that a request cannot do without; files are looked for elsewhere.
    #[must_use]
    pub(super) const fn required_field(self) -> Option<&'static str> {
        match self {
            Self::Moderations | Self::Speech => Some("input"),
            Self::Rerank => Some("query"),
            Self::ImageGenerations | Self::ImageEdits => Some("prompt"),
            Self::ImageVariations | Self::Transcriptions | Self::Translations | Self::Realtime => {
                None
            }
        }
    }
}
