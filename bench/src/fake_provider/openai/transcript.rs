//! What was said, in each of the forms in which it can be asked for.
//!
//! Sources: openai's `Transcription`, `TranscriptionVerbose` and `TranslationVerbose`;
//! <https://www.w3.org/TR/webvtt1/>, and the files of `SubRip`.

use serde_json::{Value, json};

use crate::fake_provider::reply::Payload;

/// What was said.
pub(super) struct Transcript {
    pub(super) text: String,
    pub(super) seconds: f64,
    pub(super) language: String,
    /// Usage in a plain answer.
    pub(super) usage: Option<Value>,
    pub(super) is_word_by_word: bool,
}

impl Transcript {
    /// The answer in this form; none if there is no such form.
    pub(super) fn in_form(&self, form: &str) -> Option<Payload> {
        Some(match form {
            "json" => Payload::Whole(self.plain().to_string()),
            "verbose_json" => Payload::Whole(self.verbose().to_string()),
            "text" => Payload::Text(format!("{}\n", self.text)),
            "srt" => Payload::Text(format!("1\n{}\n{}\n\n", self.span(','), self.text)),
            "vtt" => Payload::Text(format!("WEBVTT\n\n{}\n{}\n\n", self.span('.'), self.text)),
            _ => return None,
        })
    }

    fn plain(&self) -> Value {
        self.with_usage(json!({ "text": self.text }))
    }

    fn verbose(&self) -> Value {
        let segment = json!({
            "id": 0, "seek": 0, "start": 0.0, "end": self.seconds, "text": self.text,
            "tokens": [50_364, 50_365], "temperature": 0.0, "avg_logprob": -0.2,
            "compression_ratio": 1.2, "no_speech_prob": 0.01,
        });
        let mut verbose = json!({
            "task": "transcribe", "language": self.language, "duration": self.seconds,
            "text": self.text, "segments": [segment],
        });
        if self.is_word_by_word {
            let words = self.text.split_whitespace();
            let word = |word: &str| json!({ "word": word, "start": 0.0, "end": self.seconds });
            verbose["words"] = json!(words.map(word).collect::<Vec<_>>());
        }
        self.with_usage(verbose)
    }

    fn with_usage(&self, mut answer: Value) -> Value {
        if let Some(usage) = &self.usage {
            answer["usage"] = usage.clone();
        }
        answer
    }

    /// From its beginning to its end; what parts the milliseconds differs.
    fn span(&self, separator: char) -> String {
        let at = |seconds: f64| {
            let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
            let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
            let milliseconds = (rest.fract() * 1000.0).floor();
            format!("{hours:02}:{minutes:02}:{:02}{separator}{milliseconds:03}", rest.floor())
        };
        format!("{} --> {}", at(0.0), at(self.seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtitles_tell_their_times_as_players_read_them() {
        let transcript = Transcript {
            text: "hello".to_owned(),
            seconds: 3_725.5,
            language: "english".to_owned(),
            usage: None,
            is_word_by_word: false,
        };
        let told = |form| match transcript.in_form(form) {
            Some(Payload::Text(text)) => text,
            other => panic!("{other:?} is no text"),
        };
        assert_eq!(told("srt"), "1\n00:00:00,000 --> 01:02:05,500\nhello\n\n");
        assert_eq!(told("vtt"), "WEBVTT\n\n00:00:00.000 --> 01:02:05.500\nhello\n\n");
        assert!(transcript.in_form("docx").is_none());
    }
}
