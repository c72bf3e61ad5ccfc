//! `POST /v1/audio/speech`
//!
//! Models named `tts-…` are billed by the character, all others by tokens. A sound says nothing of
//! usage, which only its events do. The fake makes MP3, WAV and plain samples.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{beside::bare, sound};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::{Units, Usage},
    reply::{Payload, Prepared},
    script::Script,
};

const MOST_CHARACTERS: usize = 4_096;
/// Twenty tokens are a second of sound, in which fifteen characters are spoken.
const TOKENS_PER_SECOND: u64 = 20;
const CHARACTERS_PER_SECOND: u64 = 15;

#[derive(Debug, Deserialize)]
struct SpeechRequest {
    model: Option<String>,
    input: Option<String>,
    voice: Option<Value>,
    response_format: Option<String>,
    stream_format: Option<String>,
}

/// The answer to a request's body.
pub(super) fn prepare(body: &[u8]) -> Result<Prepared, Fault> {
    let request: SpeechRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let model = request.model.clone().ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    let input = request.input.as_deref().ok_or(Fault::MissingField("input"))?;
    request.voice.as_ref().ok_or(Fault::MissingField("voice"))?;
    let characters = input.chars().count();
    if characters > MOST_CHARACTERS {
        let message = format!("String should have at most {MOST_CHARACTERS} characters");
        return Err(Fault::Invalid(message));
    }
    let is_by_character = bare(&model).starts_with("tts-");
    let usage = if is_by_character {
        let characters = u64::try_from(characters).unwrap_or(u64::MAX);
        Usage { units: Units { characters, ..Units::default() }, ..Usage::default() }
    } else {
        by_tokens(input, &directives)
    };
    let (content_type, bytes) = sound_in(request.response_format.as_deref(), &directives)?;
    let chunks = bytes.chunks(bytes.len().div_ceil(directives.chunks).max(1));
    let payload = match request.stream_format.as_deref() {
        None | Some("audio") => {
            let mut script = Script::default();
            chunks.for_each(|chunk| script.push_piece(chunk.to_vec()));
            Payload::Media { content_type, script }
        }
        Some("sse") if !is_by_character => Payload::Stream(events(chunks, usage, &directives)),
        Some(other) => {
            return Err(Fault::Invalid(format!("Unsupported value: 'stream_format': '{other}'.")));
        }
    };
    Ok(Prepared { model, directives, usage, payload })
}

fn by_tokens(input: &str, directives: &Directives) -> Usage {
    let characters = u64::try_from(input.chars().count()).unwrap_or(u64::MAX);
    let spoken = characters.div_ceil(CHARACTERS_PER_SECOND).saturating_mul(TOKENS_PER_SECOND);
    Usage {
        input: directives.input_tokens.unwrap_or_else(|| tokens_in(input.len())),
        output: directives.output_tokens.unwrap_or(spoken),
        ..Usage::default()
    }
}

fn sound_in(
    format: Option<&str>,
    directives: &Directives,
) -> Result<(&'static str, Vec<u8>), Fault> {
    let bytes = directives.answer_bytes;
    Ok(match format.unwrap_or("mp3") {
        "mp3" => ("audio/mpeg", sound::mp3(bytes)),
        "wav" => ("audio/wav", sound::wave(bytes)),
        "pcm" => ("audio/pcm", sound::samples(bytes)),
        other => {
            return Err(Fault::Invalid(format!("The fake provider makes no sound in {other}.")));
        }
    })
}

/// Sound in events, and usage at its end.
fn events<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    usage: Usage,
    directives: &Directives,
) -> Script {
    let mut script = Script::default();
    for chunk in chunks {
        let delta = json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(chunk) });
        script.push_piece(format!("data: {delta}\n\n"));
    }
    let mut done = json!({ "type": "speech.audio.done" });
    if !directives.is_without_usage {
        done["usage"] = json!({
            "input_tokens": usage.input, "output_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
        });
    }
    script.push_fixed(format!("data: {done}\n\n"));
    script
}
