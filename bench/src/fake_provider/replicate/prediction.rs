//! A prediction: of a text, or of pictures.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::fake_provider::{
    answer::{Answer, Content, Question, last_user_text},
    directives::Directives,
    fault::Fault,
    ledger::{Units, Usage},
    reply::{Payload, Prepared},
    script::{Frame, PIECE, Script, quoted},
};

/// What is predicted, and with which model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prediction {
    model: String,
    input: Value,
}

impl Prediction {
    pub(super) fn begun(model: String, body: &[u8]) -> Result<Self, Fault> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        let input = body["input"].clone();
        if !input["prompt"].is_string() {
            return Err(Fault::MissingField("prompt"));
        }
        Ok(Self { model, input })
    }

    /// The prediction of an id, which is all of it in hexadecimal digits.
    pub(super) fn of(id: &str) -> Option<Self> {
        let digits = |at: usize| u8::from_str_radix(id.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..id.len()).step_by(2).map(digits).collect();
        let told: Value = serde_json::from_slice(&bytes?).ok()?;
        Some(Self { model: told["m"].as_str()?.to_owned(), input: told["i"].clone() })
    }

    fn id(&self) -> String {
        let told = json!({ "m": self.model, "i": self.input }).to_string();
        told.bytes().fold(String::new(), |mut id, byte| {
            // Writing to a string cannot fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    fn is_of_pictures(&self) -> bool {
        self.model.contains("flux")
    }

    fn answer(&self, directives: &Directives) -> Answer {
        let prompt = self.input["prompt"].as_str().unwrap_or_default();
        let limit = ["max_tokens", "max_completion_tokens"];
        let question = Question {
            body_bytes: prompt.len(),
            output_limit: limit.iter().find_map(|name| self.input[name].as_u64()),
            last_user_text: last_user_text(&json!([{ "role": "user", "content": prompt }])),
            ..Question::default()
        };
        Answer::to(&question, directives)
    }

    /// The prediction as far as it is, at the address of this host.
    pub(super) fn told(&self, status: &str, host: &str) -> Result<String, Fault> {
        let id = self.id();
        let at = format!("http://{host}/v1/predictions/{id}");
        let mut told = json!({
            "id": id, "model": self.model, "version": "hidden", "input": self.input, "logs": "",
            "output": null, "data_removed": false, "error": null, "source": "api", "status": status,
            "created_at": "2026-01-01T00:00:00.000Z", "started_at": null, "completed_at": null,
            "urls": {
                "cancel": format!("{at}/cancel"), "get": at, "web": format!("http://{host}/p/{id}"),
                "stream": format!("http://{host}/v1/streams/{id}"),
            },
        });
        if status == "succeeded" {
            let Ended { output, metrics, .. } = self.ended()?;
            told["output"] = output;
            told["metrics"] = metrics;
            told["started_at"] = "2026-01-01T00:00:00.100Z".into();
            told["completed_at"] = "2026-01-01T00:00:01.000Z".into();
        }
        Ok(told.to_string())
    }

    fn ended(&self) -> Result<Ended, Fault> {
        let directives = Directives::of(&self.model)?;
        if self.is_of_pictures() {
            let images = self.input["num_outputs"].as_u64().unwrap_or(1);
            let at = |index| format!("https://replicate.delivery/fake/out-{index}.webp");
            let usage = Usage { units: Units { images, ..Units::default() }, ..Usage::default() };
            let output = (0..images).map(at).collect();
            let metrics = json!({ "image_count": images, "predict_time": 0.9 });
            return Ok(Ended { output, metrics, usage });
        }
        let answer = self.answer(&directives);
        let mut metrics = json!({ "predict_time": 0.9, "total_time": 1.0 });
        if !directives.is_without_usage {
            metrics["input_token_count"] = answer.usage.input.into();
            metrics["output_token_count"] = answer.usage.output.into();
        }
        let (text, usage) = (text_of(&answer).to_owned(), answer.usage);
        let half = text.floor_char_boundary(text.len() / 2);
        Ok(Ended { output: json!([text[..half], text[half..]]), metrics, usage })
    }

    /// The whole prediction, for whoever waits for it.
    pub(super) fn whole(&self, host: &str) -> Result<Prepared, Fault> {
        let directives = Directives::of(&self.model)?;
        let usage = self.ended()?.usage;
        let payload = Payload::Whole(self.told("succeeded", host)?);
        Ok(Prepared { model: self.model.clone(), directives, usage, payload })
    }

    /// The stream of a text.
    pub(super) fn streamed(&self) -> Result<Prepared, Fault> {
        let directives = Directives::of(&self.model)?;
        let answer = self.answer(&directives);
        let mut script = Script::default();
        let text = text_of(&answer).to_owned();
        script.push_run(Frame::around(&quoted(PIECE)), text, directives.chunks, false);
        script.push_fixed("event: done\nid: 2\ndata: {}\n\n");
        let payload = Payload::Stream(script.sealed_by(as_event));
        Ok(Prepared { model: self.model.clone(), usage: answer.usage, directives, payload })
    }
}

struct Ended {
    output: Value,
    metrics: Value,
    usage: Usage,
}

fn text_of(answer: &Answer) -> &str {
    match &answer.content {
        Content::Text(text) => text,
        Content::Calls(_) => "",
    }
}

/// A piece of text as an event; what is an event already stays one.
fn as_event(piece: &[u8]) -> bytes::Bytes {
    let Ok(text) = serde_json::from_slice::<String>(piece) else {
        return bytes::Bytes::copy_from_slice(piece);
    };
    let data = text.replace('\n', "\ndata: ");
    bytes::Bytes::from(format!("event: output\nid: 1\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_known_again_by_its_id() {
        let body = br#"{"input":{"prompt":"hello","max_tokens":5}}"#;
        let begun = Prediction::begun("meta/fake@chunks=2".to_owned(), body).unwrap();
        assert_eq!(Prediction::of(&begun.id()), Some(begun));
        assert_eq!(Prediction::of("zz"), None);
    }
}
