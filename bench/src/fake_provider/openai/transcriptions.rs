//! `POST /v1/audio/transcriptions` and `/v1/audio/translations`.
//!
//! Source: openai's `Transcription` and `TranscriptionTextDoneEvent`. Models named `whisper-…` are
//! billed by the second, never stream and have every form; all others are billed by tokens, as
//! those named `gpt-4o-transcribe`, and have JSON and text. Translations tell no usage.

use serde_json::{Value, json};

use super::{beside::bare, sound, transcript::Transcript};
use crate::fake_provider::{
    answer::{Answer, Content, Question, tokens_in},
    directives::Directives,
    fault::Fault,
    form::Form,
    ledger::{Units, Usage},
    reply::{Payload, Prepared},
    script::{Frame, PIECE, Script},
    vendor_call::VendorCall,
};

/// What a second of sound that is listened to counts for.
const TOKENS_PER_SECOND: u64 = 10;

/// Writes down what is said.
pub(super) fn transcribe(call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    Heard::of(&Form::read(call)?)?.prepare(true)
}

/// Writes it down in English.
pub(super) fn translate(call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    let heard = Heard { is_streaming: false, ..Heard::of(&Form::read(call)?)? };
    heard.prepare(false)
}

struct Heard {
    model: String,
    directives: Directives,
    seconds: f64,
    prompt: Option<String>,
    language: Option<String>,
    form: String,
    is_streaming: bool,
    is_word_by_word: bool,
}

impl Heard {
    fn of(form: &Form) -> Result<Self, Fault> {
        let model = form.text("model").ok_or(Fault::MissingField("model"))?;
        let directives = Directives::of(&model)?;
        let file = form.files("file").next().ok_or(Fault::MissingField("file"))?;
        let is_whisper = bare(&model).starts_with("whisper");
        let wants = form.text("response_format").unwrap_or_else(|| "json".to_owned());
        if !is_whisper && !matches!(&*wants, "json" | "text") {
            return Err(Fault::Invalid(format!(
                "response_format '{wants}' is not compatible with model '{model}'. Use 'json' or \
                 'text' instead."
            )));
        }
        Ok(Self {
            seconds: sound::seconds(&file.content),
            prompt: form.text("prompt"),
            language: form.text("language"),
            form: wants,
            is_streaming: !is_whisper && form.text("stream").as_deref() == Some("true"),
            is_word_by_word: form.texts("timestamp_granularities").any(|each| each == "word"),
            model,
            directives,
        })
    }

    fn prepare(self, tells_usage: bool) -> Result<Prepared, Fault> {
        let Self { model, directives, .. } = &self;
        let is_whisper = bare(model).starts_with("whisper");
        let answer = Answer::to(&Question::default(), directives);
        let Content::Text(text) = answer.content else {
            return Err(Fault::Invalid("what was said is no text".to_owned()));
        };
        let prompt = self.prompt.as_deref().map_or(0, |prompt| tokens_in(prompt.len()));
        let seconds = sound::billed(self.seconds);
        let usage = if is_whisper {
            Usage { units: Units { seconds, ..Units::default() }, ..Usage::default() }
        } else {
            let heard = seconds.saturating_mul(TOKENS_PER_SECOND);
            let input = directives.input_tokens.unwrap_or(heard + prompt);
            Usage { input, output: answer.usage.output, ..Usage::default() }
        };
        let told = if is_whisper { by_seconds(usage) } else { by_tokens(usage, prompt) };
        let told = (tells_usage && !directives.is_without_usage).then_some(told);
        let payload = if self.is_streaming {
            Payload::Stream(events(&text, told, directives))
        } else {
            let transcript = Transcript {
                text,
                seconds: self.seconds,
                language: self.language.clone().unwrap_or_else(|| "english".to_owned()),
                usage: told,
                is_word_by_word: self.is_word_by_word,
            };
            transcript.in_form(&self.form).ok_or_else(|| {
                Fault::Invalid(format!("Invalid value: '{}' is no response format.", self.form))
            })?
        };
        Ok(Prepared { usage, payload, model: self.model, directives: self.directives })
    }
}

fn by_seconds(usage: Usage) -> Value {
    json!({ "type": "duration", "seconds": usage.units.seconds })
}

/// `prompt` is what of the input is text.
fn by_tokens(usage: Usage, prompt: u64) -> Value {
    let text = prompt.min(usage.input);
    json!({
        "type": "tokens", "input_tokens": usage.input, "output_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "input_token_details": { "text_tokens": text, "audio_tokens": usage.input - text },
    })
}

fn events(text: &str, usage: Option<Value>, directives: &Directives) -> Script {
    let event = |event: &Value| format!("data: {event}\n\n");
    let mut script = Script::default();
    let delta = event(&json!({ "type": "transcript.text.delta", "delta": PIECE }));
    script.push_run(
        Frame::around(&delta),
        text.to_owned(),
        directives.chunks,
        directives.is_stamped,
    );
    let mut done = json!({ "type": "transcript.text.done", "text": text });
    if let Some(usage) = usage {
        done["usage"] = usage;
    }
    script.push_fixed(event(&done));
    script
}
