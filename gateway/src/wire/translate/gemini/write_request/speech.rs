//! In which media the answer is, and whose voice it has.
//! <https://ai.google.dev/gemini-api/docs/speech-generation>

use serde::Serialize;

use crate::wire::translate::ir::Media;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpeechConfig<'a> {
    voice_config: VoiceConfig<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VoiceConfig<'a> {
    prebuilt_voice_config: PrebuiltVoice<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PrebuiltVoice<'a> {
    voice_name: &'a str,
}

impl<'a> SpeechConfig<'a> {
    pub(super) fn of(voice_name: &'a str) -> Self {
        Self { voice_config: VoiceConfig { prebuilt_voice_config: PrebuiltVoice { voice_name } } }
    }
}

/// A model that speaks says nothing in writing beside it, though clients of other APIs have to ask
/// for both.
pub(super) fn write_media(media: Media) -> Vec<&'static str> {
    let has_text = media.text && !media.speech;
    let named = [("TEXT", has_text), ("IMAGE", media.images), ("AUDIO", media.speech)];
    named.into_iter().filter(|(_, is_asked)| *is_asked).map(|(name, _)| name).collect()
}
