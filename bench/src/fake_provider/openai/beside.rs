//! What OpenAI has beside chats and embeddings, and where. Reranking, which OpenAI has not, is here
//! because those who have it speak OpenAI's API otherwise.

use super::{completions, images, moderations, rerank, responses, speech, transcriptions};
use crate::fake_provider::{fault::Fault, reply::Prepared, vendor_call::VendorCall};

/// One of these calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call {
    Completions,
    Moderations,
    Responses,
    Rerank,
    ImageGenerations,
    ImageEdits,
    ImageVariations,
    Speech,
    Transcriptions,
    Translations,
}

impl Call {
    /// The call at a path.
    pub(in crate::fake_provider) fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/completions" => Self::Completions,
            "/v1/moderations" => Self::Moderations,
            "/v1/responses" => Self::Responses,
            "/v1/rerank" => Self::Rerank,
            "/v1/images/generations" => Self::ImageGenerations,
            "/v1/images/edits" => Self::ImageEdits,
            "/v1/images/variations" => Self::ImageVariations,
            "/v1/audio/speech" => Self::Speech,
            "/v1/audio/transcriptions" => Self::Transcriptions,
            "/v1/audio/translations" => Self::Translations,
            _ => return None,
        })
    }

    /// The answer to a request.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Completions => completions::prepare(call.body, call.serial),
            Self::Moderations => moderations::prepare(call.body, call.serial),
            Self::Responses => responses::prepare(call.body, call.serial),
            Self::Rerank => rerank::prepare(call.body, call.serial),
            Self::ImageGenerations => images::generate(call),
            Self::ImageEdits => images::edit(call),
            Self::ImageVariations => images::vary(call),
            Self::Speech => speech::prepare(call.body),
            Self::Transcriptions => transcriptions::transcribe(call),
            Self::Translations => transcriptions::translate(call),
        }
    }
}

/// What a model is called without its directives.
pub(super) fn bare(model: &str) -> &str {
    model.split_once('@').map_or(model, |(name, _)| name)
}
