//! What a session knows: its configuration, its items, and what was heard.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// Sixteen bits, 24,000 times a second, or G.711.
const PCM_BYTES_PER_SECOND: u64 = 48_000;
const TELEPHONE_BYTES_PER_SECOND: u64 = 8_000;
/// <https://platform.openai.com/docs/guides/realtime-costs>
const TOKENS_PER_SECOND: u64 = 10;

#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) configuration: Value,
    pub(super) items: Vec<Value>,
    pub(super) buffered_bytes: u64,
    /// Sound of all turns, in bytes.
    turn_bytes: u64,
}

impl Conversation {
    pub(super) fn new(model: &str, serial: u64) -> Self {
        let configuration = json!({
            "type": "realtime", "object": "realtime.session", "id": format!("sess_fake{serial:x}"),
            "model": model, "output_modalities": ["audio"],
            "instructions": "Be kind, and talk quickly.",
            "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "tracing": null,
            "truncation": "auto", "prompt": null, "expires_at": 1_763_003_600, "include": null,
            "audio": {
                "input": {
                    "format": { "type": "audio/pcm", "rate": 24_000 }, "transcription": null,
                    "noise_reduction": null, "turn_detection": null,
                },
                "output": {
                    "format": { "type": "audio/pcm", "rate": 24_000 }, "voice": "alloy", "speed": 1.0,
                },
            },
        });
        Self { configuration, items: Vec::new(), buffered_bytes: 0, turn_bytes: 0 }
    }

    /// Takes over what a caller wants of the session.
    pub(super) fn configure(&mut self, wishes: &Value) {
        merge(&mut self.configuration, wishes);
    }

    /// What is said of the input, by the names of both versions.
    pub(super) fn of_input(&self, name: &str, of_beta: &str) -> &Value {
        let current = &self.configuration["audio"]["input"][name];
        if current.is_null() { &self.configuration[of_beta] } else { current }
    }

    pub(super) fn detects_turns(&self) -> bool {
        !self.of_input("turn_detection", "turn_detection").is_null()
    }

    /// The model that writes down what is heard.
    pub(super) fn transcription_model(&self) -> Option<String> {
        let transcription = self.of_input("transcription", "input_audio_transcription");
        transcription["model"].as_str().map(str::to_owned)
    }

    /// Hears a piece of sound; gives whether it is all silence. None if it is no sound.
    pub(super) fn hear(&mut self, audio: &Value) -> Option<bool> {
        let sound = BASE64_STANDARD.decode(audio.as_str()?).ok()?;
        self.buffered_bytes += sound.len() as u64;
        Some(sound.iter().all(|byte| *byte == 0))
    }

    /// Makes a turn of what was heard; gives its length in bytes.
    pub(super) fn commit(&mut self, item: Value) -> u64 {
        let bytes = std::mem::take(&mut self.buffered_bytes);
        self.turn_bytes += bytes;
        self.items.push(item);
        bytes
    }

    pub(super) fn heard_tokens(&self) -> u64 {
        self.tokens_in(self.turn_bytes)
    }

    pub(super) fn tokens_in(&self, bytes: u64) -> u64 {
        (bytes * TOKENS_PER_SECOND).div_ceil(self.bytes_per_second())
    }

    pub(super) fn seconds_in(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.bytes_per_second())
    }

    fn bytes_per_second(&self) -> u64 {
        let format = self.of_input("format", "input_audio_format").to_string();
        if format.contains("pcmu") || format.contains("pcma") || format.contains("g711") {
            TELEPHONE_BYTES_PER_SECOND
        } else {
            PCM_BYTES_PER_SECOND
        }
    }

    pub(super) fn last_id(&self) -> Value {
        self.items.last().map_or(Value::Null, |item| item["id"].clone())
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_change_what_they_name_and_nothing_else() {
        let mut conversation = Conversation::new("fake", 1);
        conversation.configure(&json!({"audio": {"input": {"transcription": {"model": "w"}}}}));
        assert_eq!(conversation.transcription_model().as_deref(), Some("w"));
        assert_eq!(conversation.configuration["audio"]["output"]["voice"], "alloy");
    }

    #[test]
    fn a_second_of_sound_is_ten_tokens_in_either_format() {
        let mut conversation = Conversation::new("fake", 1);
        let sound = BASE64_STANDARD.encode(vec![1; 48_000]);
        assert_eq!(conversation.hear(&json!(sound)), Some(false));
        conversation.commit(json!({}));
        assert_eq!(conversation.heard_tokens(), 10);
        conversation.configure(&json!({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}));
        assert_eq!(conversation.heard_tokens(), 60);
    }
}
