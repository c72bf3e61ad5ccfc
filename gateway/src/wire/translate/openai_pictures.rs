//! Pictures and speech in chat completions: `audio` as OpenAI has it, `images` as servers that
//! resemble it do, of which the most used is
//! <https://openrouter.ai/docs/features/multimodal/image-generation>.

use serde::{Deserialize, Serialize};

use super::{
    TranslationContext,
    data_url::DataUrl,
    ir::{Image, ImageSource, Speech},
    nonsense,
};
use crate::wire::WireError;

/// A picture, as a server tells it.
#[derive(Deserialize)]
pub(super) struct ReadPicture {
    image_url: ReadUrl,
}

#[derive(Deserialize)]
struct ReadUrl {
    url: String,
}

/// What is spoken, as OpenAI tells it; in a stream, some of it.
#[derive(Deserialize)]
pub(super) struct ReadSpeech {
    data: Option<String>,
    transcript: Option<String>,
}

impl ReadPicture {
    /// # Errors
    ///
    /// `Nonsense` where it is within its address, but not as base64.
    pub(super) fn image(self) -> Result<Image, WireError> {
        let source = match DataUrl::read(&self.image_url.url) {
            DataUrl::None => ImageSource::Url(self.image_url.url),
            DataUrl::Base64 { media_type, data } => ImageSource::Base64 { media_type, data },
            DataUrl::Other => return Err(nonsense("a picture of its answer is not base64")),
        };
        Ok(Image { source, detail: None })
    }
}

impl ReadSpeech {
    /// Nothing where only bookkeeping is told.
    pub(super) fn speech(self) -> Option<Speech> {
        let data = self.data.unwrap_or_default();
        let transcript = self.transcript.unwrap_or_default();
        let is_empty = data.is_empty() && transcript.is_empty();
        (!is_empty).then_some(Speech { data, transcript })
    }
}

/// A picture, as a client reads it.
#[derive(Serialize)]
pub(super) struct WrittenPicture {
    r#type: &'static str,
    image_url: WrittenUrl,
    index: usize,
}

#[derive(Serialize)]
struct WrittenUrl {
    url: String,
}

impl WrittenPicture {
    pub(super) fn of(image: &Image, index: usize) -> Self {
        let url = match &image.source {
            ImageSource::Url(url) => url.clone(),
            ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        };
        Self { r#type: "image_url", image_url: WrittenUrl { url }, index }
    }
}

/// What is spoken, as a client reads it. It is kept nowhere, so its id expires at once.
#[derive(Serialize)]
pub(super) struct WrittenSpeech<'a> {
    id: String,
    expires_at: i64,
    data: &'a str,
    transcript: &'a str,
}

impl<'a> WrittenSpeech<'a> {
    pub(super) fn of(speech: &'a Speech, context: &TranslationContext) -> Self {
        Self {
            id: format!("audio_{}", context.id),
            expires_at: context.created_at_seconds,
            data: &speech.data,
            transcript: &speech.transcript,
        }
    }
}
