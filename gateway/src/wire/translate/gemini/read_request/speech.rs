//! In which media the answer is, and whose voice it has.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::translate::ir::{Asked, Media, Settings};

const MODALITIES: &str = "generationConfig.responseModalities";
const SPEECH: &str = "generationConfig.speechConfig";

/// One voice of those that the provider names; several speakers, and a language, are not told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpeechConfig {
    #[serde(alias = "voice_config")]
    voice_config: VoiceConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VoiceConfig {
    #[serde(alias = "prebuilt_voice_config")]
    prebuilt_voice_config: PrebuiltVoice,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PrebuiltVoice {
    #[serde(alias = "voice_name")]
    voice_name: String,
}

pub(super) fn read_media(modalities: &[String], settings: &mut Settings) {
    match Media::named(modalities) {
        Some(media) if media.is_text_alone() => {}
        Some(media) => settings.media = Some(Asked::new(MODALITIES, media)),
        None => settings.demands.push(MODALITIES.into()),
    }
}

pub(super) fn read_voice(raw: &RawValue, settings: &mut Settings) {
    match serde_json::from_str::<SpeechConfig>(raw.get()) {
        Ok(config) => {
            let name = config.voice_config.prebuilt_voice_config.voice_name;
            settings.voice = Some(Asked::new(SPEECH, name));
        }
        Err(_) if raw.get() == "null" => {}
        Err(_) => settings.demands.push(SPEECH.into()),
    }
}
